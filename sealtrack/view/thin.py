"""Thins tracks so that a page of them stays small, without losing a stop or a detour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(n, 3): seconds, metres east, metres north, by time."""

START_TOLERANCE_M = 10.0
SAMPLE = 20
"""About so many tracks are tried before all are thinned."""


def thin_all(tracks: Sequence[Points], budget: int) -> list[NDArray[np.intp]]:
    """For each track the points to keep, as few as `budget` in all where that is possible.

    The tolerance is START_TOLERANCE_M, doubled until the points fit; both ends of a track are always kept.
    """
    tolerance_m = _tolerance_m(tracks[:: max(1, len(tracks) // SAMPLE)], budget / max(1, sum(map(len, tracks))))
    kept = [thin(track, tolerance_m) for track in tracks]
    while sum(map(len, kept)) > max(budget, 2 * len(tracks)):
        tolerance_m *= 2
        # What is thinned at one tolerance is thinned further from what it left: n shrinks with every round.
        kept = [index[thin(track[index], tolerance_m)] for track, index in zip(tracks, kept, strict=True)]
    return kept


def _tolerance_m(sample: Sequence[Points], share: float) -> float:
    """What leaves this share of a sample: keeping nearly all of a million points first would take a minute."""
    wanted = max(share * sum(map(len, sample)), 2 * len(sample))
    tolerance_m = START_TOLERANCE_M
    while sum(len(thin(track, tolerance_m)) for track in sample) > wanted:
        tolerance_m *= 2
    return tolerance_m


def thin(points: Points, tolerance_m: float) -> NDArray[np.intp]:
    """Indices of the points to keep: from those, every other point is interpolated by time to within the tolerance.

    Douglas and Peucker's cut, with the distance to where the truck would be *at that time* (Meratnia and de By 2004,
    "top-down time ratio") in place of the distance to the line: a halt on a straight road stays a halt.
    """
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        off_m = _off_m(points[first : last + 1])
        worst = int(np.argmax(off_m))
        if off_m[worst] > tolerance_m:
            keep[first + worst] = True
            todo += [(first, first + worst), (first + worst, last)]
    return np.flatnonzero(keep)


def _off_m(points: Points) -> NDArray[np.float64]:
    start, end = points[0], points[-1]
    span_s = end[0] - start[0]
    share = (points[:, :1] - start[0]) / span_s if span_s else np.zeros((len(points), 1))
    off = points[:, 1:] - (start[1:] + share * (end[1:] - start[1:]))
    distance_m: NDArray[np.float64] = np.hypot(off[:, 0], off[:, 1])
    return distance_m
