"""Time a report as one thing grows and the rest stays; a picture of it in results/curves.svg."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.engine import judge_s, with_zones
from benchmarks.speed.feed import National, national
from benchmarks.speed.row import Row
from benchmarks.speed.workers import shared_us
from replay.maker.feed import CATALOGUE
from sealtrack import geofence
from sealtrack.geofence import Catalogue

PICTURE = Path(__file__).parents[1] / "results" / "curves.svg"
ROUTE = "haiphong-huunghi"
Curve = dict[int, float]
"""From how much there is to nanoseconds a report."""
MOST = 2.0
"""The dearest point of a curve against the cheapest: a hundred times as much of anything may cost so much."""
WHY = (
    "What a report costs besides its own judging is fixed per batch (small feeds) and waiting for memory (many "
    "shipments: 10,000 of them have more state than the caches hold; what the next reports need is asked for ahead)."
)


def curves(scale: float) -> list[Row]:
    """Reports, shipments, zones, vertices of the route, workers."""
    catalogue = geofence.load(CATALOGUE)
    grow = max(scale, 0.1)
    each, at_once = (25, 100, 400), tuple(round(n * grow) for n in (500, 2_000, 8_000))
    judge_s(national(100, 50), catalogue)
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Curve] = {
            "reports a shipment": {n: _ns(national(round(1_000 * grow), n), catalogue) for n in each},
            "shipments": {n: _ns(national(n, 100), catalogue) for n in at_once},
            "zones": {n: _ns(_some(grow), with_zones(Path(folder), n)) for n in (100, 1_000, round(10_000 * grow))},
            "vertices of the route": {
                n: _ns(_some(grow), _with_vertices(Path(folder), n)) for n in (300, 1_500, 6_000)
            },
            "workers": shared_us(grow),
        }
    if scale >= 1:
        draw(found, PICTURE)
    return [_row(what, curve) for what, curve in found.items()]


def _some(grow: float) -> National:
    return national(round(1_000 * grow), 100)


def _ns(feed: National, catalogue: Catalogue) -> float:
    """Nanoseconds of processor time a report, the better of two."""
    return 1e9 * min(judge_s(feed, catalogue)[0] for _ in range(2)) / len(feed.reports)


def _row(what: str, curve: Curve) -> Row:
    said = ", ".join(f"{n:,} → {ns:,.0f} ns" for n, ns in curve.items())
    ratio = max(curve.values()) / min(curve.values())
    return Row(f"processor time a report as there are more {what}", f"flat: at most {MOST:g}× over the curve",
               f"{ratio:.2f}×: {said}", ratio <= MOST, {"ns_per_report": curve}, WHY)  # fmt: skip


def _with_vertices(folder: Path, count: int) -> Catalogue:
    """The catalogue with about so many vertices on the route that is driven: points between those that it has."""
    found = json.loads(next(CATALOGUE.glob("*.geojson")).read_text(encoding="utf-8"))
    for feature in found["features"]:
        if feature["properties"]["id"] == ROUTE:
            line = np.array(feature["geometry"]["coordinates"])[:, :2]
            lengths = np.hypot(*np.diff(line, axis=0).T)
            along = np.concatenate([[0.0], np.cumsum(lengths)])
            places = np.union1d(along, np.linspace(0.0, along[-1], max(2, count - len(along))))
            thicker = np.column_stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)])
            feature["geometry"]["coordinates"] = np.round(thicker, 7).tolist()
    path = folder / f"route-{count}.geojson"
    path.write_text(json.dumps(found), encoding="utf-8")
    return geofence.load(path)


def draw(found: Mapping[str, Mapping[int, float]], path: Path) -> None:
    """A line a curve, both axes logarithmic: flat is what is promised."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import

    mpl.use("svg")
    mpl.rcParams |= {"svg.hashsalt": "sealtrack", "svg.fonttype": "none"}
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, found_axes = plt.subplots(1, len(found), figsize=(3 * len(found), 2.8), sharey=True)
    axes: list[Any] = list(found_axes)
    for axis, (what, curve) in zip(axes, found.items(), strict=True):
        axis.loglog(list(curve), list(curve.values()), "o-", color="#3a6ea5")
        axis.set_xlabel(what)
        axis.set_ylim(100, 10_000)
        axis.grid(visible=True, alpha=0.3)
    axes[0].set_ylabel("ns of processor time a report")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
