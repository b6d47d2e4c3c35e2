"""The stop detector (judgement section 5).

A stop is a mean that fixes stay near, not a cloud's diameter: it does not dissolve as noise makes the cloud grow, and
one wild fix only starts an `away` that the next fix clears. Roads not taken: a fixed anchor at the first fix breaks
when that fix was still rolling; an exponential mean follows a creeping queue at 1 s and calls it a stop.
"""

from __future__ import annotations

from sealtrack.core.geodesy import distance_m, no_further
from sealtrack.core.jit import helper
from sealtrack.core.state import Fix, Row
from sealtrack.schema import NO_TIME

LEAST_M_PER_DEG = 110_500.0
"""Less than a degree of latitude measures anywhere."""

NO_STOP, STATIONARY, LEFT = range(3)
"""What a fix says: nothing, the truck stands (anchor is current), it has left (`left_end_ms` dates the end)."""


@helper
def _start(anchor: Row, good: Row, offset: int, before: Fix, moved_m: float, policy: Row) -> None:
    """A new anchor at the fix `good`; its start is back-dated towards the fix `before` it, `moved_m` away."""
    t_ms, lat, lon = good["ms"], good["lat"], good["lon"]
    anchor["n"] = 1
    anchor["lat"] = lat
    anchor["lon"] = lon
    anchor["first_ms"] = t_ms
    anchor["last_ms"] = t_ms
    anchor["offset"] = offset
    anchor["start_ms"] = t_ms
    if before[0] != NO_TIME and t_ms - before[0] <= 1e3 * policy["silence_s"]:
        anchor["start_ms"] = min(t_ms, before[0] + int(moved_m / policy["cruise_kmh"] * 3600.0))


@helper
def _join(anchor: Row, t_ms: int, lat: float, lon: float) -> None:
    n = anchor["n"] + 1
    anchor["n"] = n
    anchor["lat"] += (lat - anchor["lat"]) / n
    anchor["lon"] += (lon - anchor["lon"]) / n
    anchor["last_ms"] = t_ms


@helper
def left_end_ms(trip: Row, policy: Row) -> int:
    """When the stop that `away` ended was left: between its last inside and its first outside fix."""
    last_ms = trip["anchor"]["last_ms"]
    if trip["away_ms"] - last_ms > 1e3 * policy["silence_s"]:
        return last_ms  # nothing shows that it stood through the silence
    travel_ms = int(trip["away_m"] / policy["cruise_kmh"] * 3600.0)
    return max(last_ms, trip["away_ms"] - travel_ms)


@helper
def _away_from(anchor: Row, before: Fix, moved_m: float, lat: float, lon: float) -> float:
    """How far the fix lies from an anchor's mean, which is often the fix before it."""
    if anchor["lat"] == before[1] and anchor["lon"] == before[2]:
        return moved_m
    return distance_m(anchor["lat"], anchor["lon"], lat, lon)


@helper
def _stay(trip: Row, t_ms: int, lat: float, lon: float) -> int:
    _join(trip["anchor"], t_ms, lat, lon)
    trip["away_n"] = 0
    return STATIONARY


@helper
def note_fix(trip: Row, report: Row, before: Fix, policy: Row) -> int:
    """Take the accepted fix `trip["good"]`; `before` is (ms, lat, lon) of the one before.

    Returns NO_STOP, STATIONARY or LEFT. After LEFT the anchor is still the stop that ended; call `settle` to go on.
    """
    good, anchor, away = trip["good"], trip["anchor"], trip["away"]
    t_ms, lat, lon = good["ms"], good["lat"], good["lon"]
    radius_m = policy["stop_radius_m"] + good["error_m"] - policy["fix_error_m"]
    if anchor["n"] > 0 and no_further(anchor["lat"], anchor["lon"], lat, lon, radius_m):
        return _stay(trip, t_ms, lat, lon)  # as of nearly all that stand: nothing is measured
    moved_m = distance_m(before[1], before[2], lat, lon)
    if anchor["n"] == 0:
        _start(anchor, good, report["offset"], before, moved_m, policy)
        return NO_STOP
    if trip["away_n"] == 0 or abs(anchor["lat"] - lat) * LEAST_M_PER_DEG <= radius_m:
        from_mean_m = _away_from(anchor, before, moved_m, lat, lon)
        if from_mean_m <= radius_m:
            return _stay(trip, t_ms, lat, lon)
        if trip["away_n"] == 0:
            trip["away_ms"] = t_ms
            trip["away_m"] = from_mean_m
    if trip["away_n"] > 0 and _away_from(away, before, moved_m, lat, lon) <= radius_m:
        _join(away, t_ms, lat, lon)
    else:
        _start(away, good, report["offset"], before, moved_m, policy)
    trip["away_n"] += 1
    if trip["away_n"] >= 2 and t_ms - trip["away_ms"] >= 1e3 * policy["stop_leave_s"]:
        return LEFT
    return NO_STOP


@helper
def settle(trip: Row) -> None:
    """After LEFT: what was away is the anchor now."""
    trip["anchor"] = trip["away"]
    trip["away_n"] = 0


@helper
def forget(trip: Row, report: Row, policy: Row) -> None:
    """After a jump: start anew at the accepted fix."""
    _start(trip["anchor"], trip["good"], report["offset"], (NO_TIME, 0.0, 0.0), 0.0, policy)
    trip["away_n"] = 0
