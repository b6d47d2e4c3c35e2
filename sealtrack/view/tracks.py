"""The tracks of a replay, as the map draws them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports
from sealtrack.declared import last_terms
from sealtrack.policy import Policy
from sealtrack.schema import FLAG_INVALID, Shipment
from sealtrack.view.thin import thin_all
from sealtrack.view.wild import believable

POINT_BUDGET = 200_000
"""Points on one page, at about 14 bytes each."""
GAP_S = 600.0
"""A track is broken where no fix came for longer than this."""
WILD_DRAWN = 500
"""Wild positions of one track; they are drawn as dots."""
LONGEST_TRIP_MS = 30 * 86_400_000
_M_PER_DEGREE = 111_195.0
_PACK = 1e5


class Track(NamedTuple):
    """One shipment's fixes by time, in parts without gaps."""

    shipment_id: str
    seal_id: str
    parts: list[NDArray[np.float64]]
    """Each (n, 3): seconds since 1970, lat, lon; n is 2 or more."""
    wild: NDArray[np.float64]
    """(n, 3): the positions that the truck cannot have been at; at most WILD_DRAWN."""


def tracks(reports: Reports, shipments: Iterable[Shipment], budget: int = POINT_BUDGET) -> list[Track]:
    """The track of every shipment with fixes, thinned to about `budget` points together."""
    found = [track for track in _by_shipment(reports, shipments) if track.parts]
    parts = [part for track in found for part in track.parts]
    thinned = iter(
        [part[kept] for part, kept in zip(parts, thin_all([_metres(p) for p in parts], budget), strict=True)]
    )
    return [track._replace(parts=[next(thinned) for _ in track.parts]) for track in found]


def _by_shipment(reports: Reports, shipments: Iterable[Shipment]) -> Iterator[Track]:
    rows = reports.rows
    fix = np.isfinite(rows["lat"]) & np.isfinite(rows["lon"]) & ((rows["lat"] != 0) | (rows["lon"] != 0))
    fix &= (np.abs(rows["lat"]) <= 90) & (np.abs(rows["lon"]) <= 180) & (rows["flags"] & FLAG_INVALID == 0)
    rows = rows[fix]
    rows = rows[np.lexsort((rows["time_ms"], rows["seal"]))]
    code = {seal: number for number, seal in enumerate(reports.seals)}
    for shipment, end_ms in _intervals(shipments):
        seal = code.get(shipment.seal_id, -1)
        first, last = np.searchsorted(rows["seal"], [seal, seal + 1])
        times = rows["time_ms"][first:last]
        low, high = first + np.searchsorted(times, [shipment.depart_at, end_ms])
        mine = rows[low:high]
        points = np.column_stack((mine["time_ms"] / 1000, mine["lat"], mine["lon"])).astype(np.float64)
        kept = believable(_metres(points), Policy())
        yield Track(shipment.shipment_id, shipment.seal_id, _split(points[kept]), points[~kept][:WILD_DRAWN])


def _intervals(shipments: Iterable[Shipment]) -> Iterator[tuple[Shipment, int]]:
    """Each shipment and the first moment that is no longer its: a seal serves one shipment at a time."""
    ordered = sorted(last_terms(shipments), key=lambda s: (s.seal_id, s.depart_at))
    for shipment, after in zip(ordered, [*ordered, None][1:], strict=True):
        ends = [shipment.depart_at + LONGEST_TRIP_MS]
        if shipment.closed_at is not None:
            ends.append(shipment.closed_at + 1)
        if after is not None and after.seal_id == shipment.seal_id:
            ends.append(after.depart_at)
        yield shipment, min(ends)


def _split(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    cuts = np.flatnonzero(np.diff(points[:, 0]) > GAP_S) + 1
    parts = (_doubled(part) for part in np.split(points, cuts) if len(part))
    return list(parts)


def _doubled(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """A single fix is drawn as a line of no length, so that every part has two ends."""
    return np.repeat(part, 2, axis=0) if len(part) == 1 else part


def _metres(part: NDArray[np.float64]) -> NDArray[np.float64]:
    metres = part.copy()
    metres[:, 1] = part[:, 2] * _M_PER_DEGREE * np.cos(np.radians(part[:1, 1]))
    metres[:, 2] = part[:, 1] * _M_PER_DEGREE
    return metres


def pack(columns: Iterable[NDArray[np.float64]], *, timed: bool) -> list[int]:
    """Columns ([seconds,] lat, lon) as one list of whole numbers, each row as its difference from the row before.

    Degrees become 1e-5 degrees (1 m). `unpack` in geo.js reads it.
    """
    scale = [1.0, _PACK, _PACK] if timed else [_PACK, _PACK]
    whole = np.column_stack([np.rint(column * by) for column, by in zip(columns, scale, strict=True)]).astype(np.int64)
    flat: list[int] = np.diff(whole, axis=0, prepend=0).ravel().tolist()
    return flat
