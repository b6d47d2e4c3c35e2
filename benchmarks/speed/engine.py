"""The engine as a whole: in order, late, many zones, memory."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.speed.feed import National, national
from benchmarks.speed.row import Row, million
from replay.maker.feed import CATALOGUE
from sealtrack import geofence
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue

BATCH = 50_000
TAIL_H = 6
KB = 1024


def judge_s(feed: National, catalogue: Catalogue) -> tuple[float, Engine]:
    """Processor time of `Engine.process` over the whole feed, and the engine after it."""
    engine = Engine(catalogue)
    engine.register(feed.shipments)
    started_s = time.process_time()
    for start in range(0, len(feed.reports), BATCH):
        engine.process(feed.reports[start : start + BATCH])
    return time.process_time() - started_s, engine


def ordinary(scale: float) -> list[Row]:
    """In order, and with late reports."""
    catalogue = geofence.load(CATALOGUE)
    shipments, each = round(10_000 * scale), 200
    judge_s(national(100, 20), catalogue)
    plain, late = national(shipments, each), national(shipments, each, late=0.1)
    in_order_s = min(judge_s(plain, catalogue)[0] for _ in range(2))
    late_s = judge_s(late, catalogue)[0]
    rate, late_rate = len(plain.reports) / in_order_s, len(late.reports) / late_s
    said = f"{shipments:,} shipments, {len(plain.reports):,} reports"
    figures = {"shipments": shipments, "reports": len(plain.reports), "reports_per_s": rate, "late_per_s": late_rate}
    return [
        Row("core, full rule set, in order, 10,000 shipments interleaved", "≥ 10 M reports/s a core",
            f"{million(rate)} ({said}; `Engine.process`)", rate >= 10e6, figures),
        Row("10 % late reports (bursts of an hour)", "≥ 0.3× the in-order rate",
            f"{late_rate / rate:.2f}× ({million(late_rate)})", late_rate >= 0.3 * rate),
    ]  # fmt: skip


def many_zones(scale: float) -> list[Row]:
    """100,000 zones against 100, all in the country the trucks drive through."""
    feed = national(round(1_000 * scale), 200)
    few, many = 100, round(100_000 * scale)
    spent_s = {}
    with tempfile.TemporaryDirectory() as folder:
        for zones in (few, many):
            catalogue = with_zones(Path(folder), zones)
            spent_s[zones] = min(judge_s(feed, catalogue)[0] for _ in range(2))
    ratio = spent_s[many] / spent_s[few]
    figures = {"ns_per_report": {zones: 1e9 * s / len(feed.reports) for zones, s in spent_s.items()}}
    said = ", ".join(f"{ns:.0f} ns at {zones:,}" for zones, ns in figures["ns_per_report"].items())
    return [Row("100,000 zones against 100", "≤ 2× the time a report", f"{ratio:.2f}× ({said})", ratio <= 2, figures)]


def with_zones(folder: Path, count: int) -> Catalogue:
    """The catalogue with `count` more small zones that forbid entering, scattered beside the road."""
    rng = np.random.default_rng(count)
    middles = np.column_stack([rng.uniform(105.5, 107.2, count), rng.uniform(20.5, 22.2, count)])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * 0.0004
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"z{number}", "name": f"Z{number}", "kind": "zone", "permits": ["stop"]},
            "geometry": {"type": "Polygon", "coordinates": [np.round(middle + corners, 6).tolist()]},
        }
        for number, middle in enumerate(middles)
    ]
    path = folder / f"{count}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return geofence.load(CATALOGUE, path)


def memory(scale: float) -> list[Row]:
    """What the engine holds of a shipment whose tail is full."""
    shipments = round(1_000 * scale)
    feed = national(shipments, TAIL_H * 120)
    _, engine = judge_s(feed, geofence.load(CATALOGUE))
    held = engine.figures().memory_bytes / shipments / KB
    state = len(engine.snapshot()) / shipments / KB
    tail = len(feed.reports) / shipments
    result = f"{held:.1f} KB allocated ({tail:.0f} reports in the tail; {state:.1f} KB in a snapshot, not compressed)"
    figures = {"allocated_kb": held, "snapshot_kb": state}
    return [Row("memory per active shipment with a 6 h tail at 30 s", "≤ 32 KB", result, held <= 32, figures)]
