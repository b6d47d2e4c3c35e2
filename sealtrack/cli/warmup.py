"""`sealtrack warmup`: compile everything now, so that the first replay or service start does not wait for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_REST = "from sealtrack.cli.warmup import compile_rest; compile_rest()"


def warmup() -> None:
    """Compile the rules and keep them on disk, e.g. while a container image is built."""
    from sealtrack.cli import talk

    talk.first_use()
    started_s = time.monotonic()
    with _rest_meanwhile():
        _exercise()
    talk.note(f"The rules are compiled ({time.monotonic() - started_s:.1f} s).")


def compile_rest() -> None:
    """Everything but the rules: the JSON scanner, and how a shipment's tail is read and written."""
    from sealtrack.engine import arena, tails
    from sealtrack.io.codecs import scan

    scan.compile_now()
    tails.tail_rows(arena.with_slots(arena.empty_stores(1), 1), 0)


@contextmanager
def _rest_meanwhile() -> Iterator[None]:
    """Compile the rest in a process of its own: where there are two processors it costs no time."""
    quiet = subprocess.DEVNULL
    child = subprocess.Popen([sys.executable, "-c", _REST], stdin=quiet, stdout=quiet, stderr=quiet)  # noqa: S603
    try:
        yield
    except BaseException:
        child.kill()
        raise
    finally:
        child.wait()
    compile_rest()  # what the child has left on disk; where it has failed, here and now


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
