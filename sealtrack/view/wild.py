"""Finds the positions that a truck cannot have been at, so that the map does not draw lines to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sealtrack.policy import Policy
from sealtrack.view.thin import Points

LOOK_BACK = 200
"""Stretches before this one that it may follow on; wild positions in a row make more stretches than that only in a
feed that is broken altogether."""


def believable(points: Points, policy: Policy) -> NDArray[np.bool_]:
    """True for the fixes of the longest sequence that a truck can have driven.

    The track is cut wherever the next fix is out of reach; of the stretches the chain with the most fixes stays in
    which each can be reached from the one before. Unlike the engine, which must judge at once, this may look ahead.
    """
    cuts = np.flatnonzero(~_within_reach(points[:-1], points[1:], policy)) + 1
    if not len(cuts):
        return np.ones(len(points), bool)
    starts, ends = np.concatenate(([0], cuts)), np.concatenate((cuts, [len(points)]))
    fixes = ends - starts
    best, before = fixes.copy(), np.full(len(fixes), -1)
    for number in range(1, len(fixes)):
        first = max(0, number - LOOK_BACK)
        reached = _within_reach(points[ends[first:number] - 1], points[starts[number]], policy)
        chains = np.where(reached, best[first:number], 0)
        if chains.max() > 0:
            before[number] = first + int(np.argmax(chains))
            best[number] += chains.max()
    kept = np.zeros(len(points), bool)
    number = int(np.argmax(best))
    while number >= 0:
        kept[starts[number] : ends[number]] = True
        number = before[number]
    return kept


def _within_reach(a: Points, b: Points, policy: Policy) -> NDArray[np.bool_]:
    off = b - a
    reach_m = np.abs(off[..., 0]) * policy.max_speed_kmh / 3.6 + policy.reach_slack_m
    within: NDArray[np.bool_] = np.hypot(off[..., 1], off[..., 2]) <= reach_m
    return within
