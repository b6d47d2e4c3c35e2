"""The gate that keeps wild fixes from every rule (judgement section 3, "Gate")."""

from __future__ import annotations

import math

from sealtrack.core.geodesy import distance_m, is_within
from sealtrack.core.jit import helper
from sealtrack.core.state import Row
from sealtrack.schema import FLAG_DISTRUSTED, FLAG_INVALID, FLAG_SIGHTING, NO_TIME

ACCEPTED, MENDED, JUMP, WILD, WILD_GROSS, NO_FIX = range(6)
"""What the gate says of a report's position. MENDED and JUMP are accepted too."""

MEND_M = 2_000.0
FIRM_FIXES = 20
FIRM_M = 20_000.0
"""A chain of candidates so long, over such a distance, is true even if each of its fixes could be mended."""
FEW_MENDED = 3
"""So many mended fixes in a row are undone by one that is in reach of the last fix accepted as it was reported."""


@helper
def has_fix(report: Row) -> bool:
    """True when the report carries a position that can be judged at all."""
    lat, lon = report["lat"], report["lon"]
    if math.isnan(lat) or math.isnan(lon) or report["flags"] & FLAG_INVALID:
        return False
    return abs(lat) <= 90.0 and abs(lon) <= 180.0 and not (lat == 0.0 and lon == 0.0)


@helper
def is_trusted(report: Row) -> bool:
    """True when the report carries a fix that the gate accepted as it was reported."""
    return has_fix(report) and report["flags"] & (FLAG_DISTRUSTED | FLAG_SIGHTING) == 0


@helper
def fix_error(report: Row, policy: Row) -> float:
    """The fix's own uncertainty, metres."""
    accuracy = report["accuracy_m"]
    if accuracy > policy["fix_error_m"]:
        return float(accuracy)
    return policy["fix_error_m"]


@helper
def allowance_m(place: Row, t_ms: int, error_m: float, policy: Row) -> float:
    """How far from `place` a fix at `t_ms` may be."""
    travel = policy["max_speed_kmh"] / 3.6e3 * abs(t_ms - place["ms"])
    stated = max(0.0, place["error_m"] - policy["fix_error_m"]) + max(0.0, error_m - policy["fix_error_m"])
    return travel + policy["reach_slack_m"] + stated


@helper
def set_place(place: Row, t_ms: int, lat: float, lon: float, error_m: float) -> None:
    """Write one PLACE_DTYPE record."""
    place["ms"] = t_ms
    place["lat"] = lat
    place["lon"] = lon
    place["error_m"] = error_m


@helper
def without_zero(x: float) -> float:
    """`x` as it was before a device dropped the leading zero of its decimals: 116.99751 was 116.099751."""
    whole = math.trunc(x)
    return whole + (x - whole) / 10.0


@helper
def mend(place: Row, lat: float, lon: float, allowed_m: float) -> tuple[float, float]:
    """(lat, lon) with a dropped zero restored so that it is in reach of `place`; NaN when no such reading fits."""
    near_m = min(allowed_m, MEND_M + allowed_m / 2)
    lat0, lon0 = without_zero(lat), without_zero(lon)
    if distance_m(place["lat"], place["lon"], lat0, lon) <= near_m:
        return lat0, lon
    if distance_m(place["lat"], place["lon"], lat, lon0) <= near_m:
        return lat, lon0
    if distance_m(place["lat"], place["lon"], lat0, lon0) <= near_m:
        return lat0, lon0
    return math.nan, math.nan


@helper
def _in_reach(place: Row, t_ms: int, lat: float, lon: float, error_m: float, policy: Row) -> bool:
    return is_within(place["lat"], place["lon"], lat, lon, allowance_m(place, t_ms, error_m, policy))


@helper
def accept(trip: Row, t_ms: int, lat: float, lon: float, error_m: float) -> None:
    """Believe the fix as it was reported."""
    set_place(trip["good"], t_ms, lat, lon, error_m)
    set_place(trip["raw"], t_ms, lat, lon, error_m)
    trip["cand_n"] = 0
    trip["mended_n"] = 0


@helper
def _note_candidate(trip: Row, t_ms: int, lat: float, lon: float, error_m: float, policy: Row) -> bool:
    """Add the fix to the chain of consistent ones out of reach; True when the chain is long enough to be believed."""
    cand = trip["cand"]
    if trip["cand_n"] > 0 and _in_reach(cand, t_ms, lat, lon, error_m, policy):
        trip["cand_n"] += 1
    else:
        trip["cand_n"] = 1
        trip["cand_first_ms"] = t_ms
        trip["cand_lat"] = lat
        trip["cand_lon"] = lon
        trip["cand_from_raw"] = _in_reach(trip["raw"], t_ms, lat, lon, error_m, policy)
    set_place(cand, t_ms, lat, lon, error_m)
    return trip["cand_n"] >= policy["jump_fixes"] and t_ms - trip["cand_first_ms"] >= 1e3 * policy["jump_s"]


@helper
def _has_come_far(trip: Row) -> bool:
    """The chain of candidates is that of a truck, not of coordinates that lost a zero: they move ten times as fast.

    Else a jump to where mending happens to make sense would have every true fix mended for the rest of the trip.
    """
    cand = trip["cand"]
    if trip["cand_n"] < FIRM_FIXES:
        return False
    return distance_m(trip["cand_lat"], trip["cand_lon"], cand["lat"], cand["lon"]) >= FIRM_M


@helper
def _judge_fix(trip: Row, report: Row, policy: Row) -> int:
    t_ms, lat, lon = report["time_ms"], report["lat"], report["lon"]
    error_m = fix_error(report, policy)
    good = trip["good"]
    if good["ms"] == NO_TIME or _in_reach(good, t_ms, lat, lon, error_m, policy):
        accept(trip, t_ms, lat, lon, error_m)
        return ACCEPTED
    if 0 < trip["mended_n"] <= FEW_MENDED and _in_reach(trip["raw"], t_ms, lat, lon, error_m, policy):
        accept(trip, t_ms, lat, lon, error_m)
        return ACCEPTED
    allowed_m = allowance_m(good, t_ms, error_m, policy)
    away_m = distance_m(good["lat"], good["lon"], lat, lon)
    mended_lat = mended_lon = math.nan
    if trip["earlier"]["ms"] != NO_TIME:  # the first fix of all may itself be the wild one
        mended_lat, mended_lon = mend(good, lat, lon, allowed_m)
    mended = not math.isnan(mended_lat)
    believed = _note_candidate(trip, t_ms, lat, lon, error_m, policy)
    if believed and (trip["cand_from_raw"] or not mended or _has_come_far(trip)):
        accept(trip, t_ms, lat, lon, error_m)
        return JUMP
    if mended:
        set_place(good, t_ms, mended_lat, mended_lon, error_m)
        trip["mended_n"] += 1
        return MENDED
    return WILD_GROSS if away_m - allowed_m >= policy["wild_gross_m"] else WILD


@helper
def pass_gate(trip: Row, report: Row, policy: Row) -> int:
    """Judge the report's fix; when it is accepted, `trip["good"]` is the fix. Marks the report when it is not trusted.

    A mended fix never becomes `raw`, the last one accepted as reported: were it wrong, every true fix after it would
    look like one to be mended as well.
    """
    report["flags"] &= ~FLAG_DISTRUSTED & 0xFF
    if not has_fix(report):
        return NO_FIX
    verdict = _judge_fix(trip, report, policy)
    if verdict != ACCEPTED and verdict != JUMP:
        report["flags"] |= FLAG_DISTRUSTED
    return verdict
