"""What is true of simulated trips beyond what the maker meant: by chance, or because of the link."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.detection.world import World
from replay.maker import Feed, Label
from replay.maker.story import Span
from sealtrack.schema import Kind, Shipment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FOREVER_MS = 2**62
SILENT_S, SILENT_INTERVALS = 600.0, 2.5
"""What DESIGN calls a silence, by the interval that the seal was truly set to."""
EDGE_DEG = 0.0005
"""Some 50 m, which the straight way between two reports may cut off a bend."""
MEETING_MS, MEETING_M = 270_000, 200.0
"""So long and so near is a meeting, with a margin for reports in between and noise."""
CREEPING_KMH = 1.0
DEGREE_M = 108_000.0


def also_true(feed: Feed, world: World, interval_s: float) -> list[Label]:
    """Labels to add to those of the feed, whose seals report every `interval_s`."""
    return [*_never_arriving(feed), *_inside_forbidden(feed, world), *_met_by_chance(feed), *_unheard(feed, interval_s)]


def _never_arriving(feed: Feed) -> list[Label]:
    """Who has gone for good is overdue from the deadline on."""
    return [
        Label(Kind.overdue, shipment.shipment_id, shipment.arrive_by or 0, FOREVER_MS, "must", "leave", "never arrives")
        for shipment in feed.shipments
        if shipment.closed_at is None
    ]


def _inside_forbidden(feed: Feed, world: World) -> list[Label]:
    """Whose way happens to lead through a forbidden zone was there: an alert tells the truth."""
    zones = [zone.polygon for zone in world.maker.zones.values() if zone.forbidden]
    area = shapely.union_all(zones).buffer(EDGE_DEG)
    labels = []
    for shipment, time, lonlat, _ in _drives(feed):
        ways = shapely.linestrings(np.stack([lonlat[:-1], lonlat[1:]], axis=1))
        for i in np.flatnonzero(shapely.intersects(ways, area)):
            span = int(time[i]), int(time[i + 1])
            labels.append(_may(Kind.forbidden_zone, shipment, span, "passing", "was in a forbidden zone"))
    return labels


def _met_by_chance(feed: Feed) -> list[Label]:
    """Who stands beside another truck, for fuel or in a jam, does so whatever both are up to."""
    halts = [halt for drive in _drives(feed) for halt in _halts(*drive)]
    labels = []
    for shipment, span, place in halts:
        for other, theirs, there in halts:
            shared = max(span[0], theirs[0]), min(span[1], theirs[1])
            off_m = math.hypot(*(place - there)) * DEGREE_M
            if other is not shipment and shared[1] - shared[0] >= MEETING_MS and off_m <= MEETING_M:
                labels.append(_may(Kind.rendezvous, shipment, shared, "chance", f"stands beside {other.shipment_id}"))
    return labels


def _drives(feed: Feed) -> Iterator[tuple[Shipment, Ints, Floats, Floats]]:
    """Each shipment with time, (lon, lat) and speed of its truth, in order of time."""
    for shipment in feed.shipments:
        mine = np.flatnonzero(feed.reports["seal_id"] == shipment.seal_id)
        mine = mine[np.argsort(feed.reports["time"][mine], kind="stable")]
        if len(mine) > 1:
            lonlat = np.column_stack([feed.truth["lon"], feed.truth["lat"]])[mine]
            yield shipment, feed.reports["time"][mine], lonlat, feed.truth["speed"][mine]


def _halts(shipment: Shipment, time: Ints, lonlat: Floats, speed: Floats) -> Iterator[tuple[Shipment, Span, Floats]]:
    """When and where it stood or crept for as long as a meeting takes."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], speed < CREEPING_KMH, [False]]).astype(np.int8)))
    for first, beyond in edges.reshape(-1, 2):
        if time[beyond - 1] - time[first] >= MEETING_MS:
            yield shipment, (int(time[first]), int(time[beyond - 1])), lonlat[first:beyond].mean(axis=0)


def _unheard(feed: Feed, interval_s: float) -> list[Label]:
    """Where reports are lost in a row or the link stalls, nothing is heard for as long as the rule says."""
    limit_ms = 1_000 * max(SILENT_S, SILENT_INTERVALS * interval_s)
    labels = []
    for shipment in feed.shipments:
        heard = np.sort(feed.reports["received"][feed.reports["seal_id"] == shipment.seal_id])
        for i in np.flatnonzero(np.diff(heard) > limit_ms):
            span = int(heard[i]), int(heard[i + 1])
            labels.append(_may(Kind.signal_loss, shipment, span, "unheard", "nothing was received"))
    return labels


def _may(kind: Kind, shipment: Shipment, span: Span, cause: str, note: str) -> Label:
    return Label(kind, shipment.shipment_id, *span, "may", cause, note)
