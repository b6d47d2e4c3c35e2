"""What a recording says about standing still, found slowly and without the detector's own notions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sealtrack.schema import Alert
from tests.recordings.common import Plane


def surely_stood(
    xy: NDArray[np.float64], time_ms: NDArray[np.int64], *, within_m: float, at_least_s: float
) -> list[tuple[int, int]]:
    """First and last time (ms) of the longest stretches that stay within a distance of one of their own fixes.

    Each fix in turn is the centre; the longest stretches come first, what overlaps them is left out.
    """
    found = []
    for centre in range(len(xy)):
        far = np.flatnonzero(np.hypot(*(xy - xy[centre]).T) > within_m)
        first = max([0, *(far[far < centre] + 1)])
        last = min([len(xy) - 1, *(far[far > centre] - 1)])
        if time_ms[last] - time_ms[first] >= at_least_s * 1e3:
            found.append((int(time_ms[first]), int(time_ms[last])))
    found.sort(key=lambda one: one[0] - one[1])
    kept: list[tuple[int, int]] = []
    for low, high in found:
        if all(high < other_low or low > other_high for other_low, other_high in kept):
            kept.append((low, high))
    return kept


def strays_m(alert: Alert, plane: Plane, xy: NDArray[np.float64], time_ms: NDArray[np.int64]) -> float:
    """The second largest distance of a fix of the stop from its place: the largest may be a wild one.

    The stop is as long as it says that the truck stood: `end` of one that nobody saw left is the shipment's.
    """
    during = (time_ms >= alert.start) & (time_ms <= alert.start + alert.evidence["stood_s"] * 1e3)
    distance = np.sort(np.hypot(*(xy[during] - plane.xy([alert.lat], [alert.lon])).T))
    return float(distance[-2]) if len(distance) > 1 else np.inf


def covered(low: int, high: int, alerts: Sequence[Alert], slack_ms: int) -> bool:
    return any(alert.start <= low + slack_ms and end_of(alert) >= high - slack_ms for alert in alerts)


def end_of(alert: Alert) -> int:
    return 2**62 if alert.end is None else alert.end
