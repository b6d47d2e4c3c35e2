"""What a recording says about standing still, found slowly and without the detector's own notions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def surely_stood(
    xy: NDArray[np.float64], time_ms: NDArray[np.int64], *, within_m: float, at_least_s: float
) -> list[tuple[int, int]]:
    """Longest stretches, as first and last index, that stay within a distance of one of their own fixes.

    Greedy: for each fix as a centre, the stretch around it; the longest first, overlapping ones left out.
    """
    found = []
    for centre in range(len(xy)):
        near = np.hypot(*(xy - xy[centre]).T) <= within_m
        first = last = centre
        while first > 0 and near[first - 1]:
            first -= 1
        while last < len(xy) - 1 and near[last + 1]:
            last += 1
        if time_ms[last] - time_ms[first] >= at_least_s * 1e3:
            found.append((first, last))
    found.sort(key=lambda one: time_ms[one[0]] - time_ms[one[1]])
    kept: list[tuple[int, int]] = []
    for first, last in found:
        if all(last < low or first > high for low, high in kept):
            kept.append((first, last))
    return sorted(kept)
