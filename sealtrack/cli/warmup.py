"""`sealtrack warmup`: compile everything now, so that the first replay or service start does not wait for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_SCANNER = "from sealtrack.io.codecs.scan import compile_now; compile_now()"


def warmup() -> None:
    """Compile the rules and keep them on disk, e.g. while a container image is built."""
    from sealtrack.cli import talk

    talk.first_use()
    started_s = time.monotonic()
    with _scanner_meanwhile():
        _exercise()
    talk.note(f"The rules are compiled ({time.monotonic() - started_s:.1f} s).")


@contextmanager
def _scanner_meanwhile() -> Iterator[None]:
    """Compile the JSON scanner in a process of its own: where there are two processors it costs no time."""
    from sealtrack.io.codecs import scan

    quiet = subprocess.DEVNULL
    child = subprocess.Popen([sys.executable, "-c", _SCANNER], stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603
    try:
        yield
    except BaseException:
        child.kill()
        raise
    finally:
        child.wait()
    scan.compile_now()  # what the child has left on disk; where it has failed, here and now


def _exercise() -> None:
    """One report of one shipment, time passing, and the shipment amended: that calls every entry point of the core."""
    from dataclasses import replace

    from sealtrack import data, geofence
    from sealtrack.columns import Reports, blank_rows
    from sealtrack.engine import Engine
    from sealtrack.schema import Shipment

    time_ms = 1_700_000_000_000
    engine = Engine(geofence.load(data.path("geofences")))
    shipment = Shipment(shipment_id="warmup", seal_id="warmup", route_id="", depart_at=time_ms)
    engine.register([shipment])
    rows = blank_rows(1)
    rows["seal"], rows["time_ms"], rows["received_ms"] = 0, time_ms, time_ms
    engine.process(Reports(rows, ["warmup"]), time_ms + 1)
    engine.register([replace(shipment, closed_at=time_ms + 2)])
