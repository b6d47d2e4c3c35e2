"""`sealtrack warmup`: compile everything now, so that the first replay or service start does not wait for it."""

from __future__ import annotations

import time


def warmup() -> None:
    """Compile the rules and keep them on disk, e.g. while a container image is built."""
    from sealtrack.cli import talk

    talk.first_use()
    started_s = time.monotonic()
    _exercise()
    talk.note(f"The rules are compiled ({time.monotonic() - started_s:.1f} s).")


def _exercise() -> None:
    """One report of one shipment, time passing, and the shipment amended, then JSON: that calls every entry point."""
    from dataclasses import replace

    from sealtrack import data, geofence
    from sealtrack.columns import Reports, blank_rows
    from sealtrack.engine import Engine
    from sealtrack.io.codecs import scan
    from sealtrack.schema import Shipment

    time_ms = 1_700_000_000_000
    engine = Engine(geofence.load(data.path("geofences")))
    shipment = Shipment(shipment_id="warmup", seal_id="warmup", route_id="", depart_at=time_ms)
    engine.register([shipment])
    rows = blank_rows(1)
    rows["seal"], rows["time_ms"], rows["received_ms"] = 0, time_ms, time_ms
    engine.process(Reports(rows, ["warmup"]), time_ms + 1)
    engine.register([replace(shipment, closed_at=time_ms + 2)])
    scan.compile_now()
