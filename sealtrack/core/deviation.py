"""route_deviation: outside every approved corridor (judgement sections 3 and 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge, write
from sealtrack.core.fences import Fences
from sealtrack.core.jit import helper
from sealtrack.core.locate import locate_on_route
from sealtrack.core.machine import ENTER, EXIT, IDLE, NEITHER
from sealtrack.core.meeting import is_met_twice
from sealtrack.core.state import CLOSED_STATUS, CRITICAL, DEVIATION, STEP, WARNING, Fix, Row, Rows, Rules
from sealtrack.core.zones import in_approved_zone
from sealtrack.schema import NO_TIME

SHORTCUT_SAMPLES = 16
SHORTCUT_WIDTHS = 1.5
"""A straight way that strays this many half widths from the line has left the corridor."""
SHORTCUT_FLAG = 1


@helper
def straight_way_m(fences: Fences, route: int, hint: int, lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Largest distance from the corridor's line on the straight way between two fixes."""
    largest_m = 0.0
    for i in range(1, SHORTCUT_SAMPLES):
        f = i / SHORTCUT_SAMPLES
        away_m, _, hint = locate_on_route(fences, route, lat1 + f * (lat2 - lat1), lon1 + f * (lon2 - lon1), hint)
        largest_m = max(largest_m, away_m)
    return largest_m


@helper
def is_shortcut(
    rules: Rules,
    policy: Row,
    trip: Row,
    i: int,
    route: int,
    before: Fix,
    before_excess_m: float,
    excess_m: float,
    before_route_m: float,
) -> bool:
    """True when the corridor cannot have taken the truck from the fix `before` to this one in the time between them."""
    good, route_m = trip["good"], trip["route_m"][i]
    travelled_m = abs(route_m - before_route_m)
    before_ms, before_lat, before_lon = before
    possible_m = policy["max_speed_kmh"] / 3.6e3 * (good["ms"] - before_ms) + policy["reach_slack_m"]
    if not (travelled_m > possible_m and before_excess_m <= good["error_m"] and excess_m <= good["error_m"]):
        return False
    if is_met_twice(rules, route, route_m) or is_met_twice(rules, route, before_route_m):
        return False
    strayed_m = straight_way_m(rules.fences, route, trip["hint"][i], before_lat, before_lon, good["lat"], good["lon"])
    return strayed_m > SHORTCUT_WIDTHS * rules.fences.routes[route]["half_width_m"]


@helper
def write_shortcut(
    slot: int, trip: Row, report: Row, before: Fix, route_m: float, travelled_m: float, out: Rows, n: int
) -> int:
    """A closed episode from the fix `before` to this one, beside the machine's own; returns n + 1."""
    before_ms, before_lat, before_lon = before
    n_after = write(out, n, STEP, slot, trip, DEVIATION, CLOSED_STATUS, report["time_ms"], report["time_ms"])
    row = out[n]
    row["flag"] = SHORTCUT_FLAG
    row["severity"] = WARNING
    row["count"] = 2
    row["start_ms"] = before_ms
    row["detected_ms"] = report["received_ms"]
    row["first_offset"] = report["offset"]
    row["last_offset"] = report["offset"]
    row["partition"] = report["partition"]
    row["events"] = 0
    row["card"] = -1
    row["before_fix_ms"] = before_ms
    row["after_fix_ms"] = report["time_ms"]
    row["lat"] = before_lat
    row["lon"] = before_lon
    row["peak"] = travelled_m
    row["start_route_m"] = route_m
    row["end_route_m"] = route_m + travelled_m
    return n_after


@helper
def locate(
    rules: Rules, policy: Row, info: Row, slot: int, trip: Row, before: Fix, report: Row, out: Rows, n: int
) -> tuple[int, bool]:
    """Place `trip["good"]` on every approved corridor in force; returns (n, True when well inside one of them).

    Sets near_route, excess_m (NaN when none is in force), and distance_m, route_m, hint of each.
    """
    good = trip["good"]
    trip["excess_m"] = math.nan
    well_inside = False
    shortcut = -1
    shortcut_route_m = shortcut_m = 0.0
    seen_whole = False
    for i in range(info["n_routes"]):
        route = info["routes"][i]
        r = rules.fences.routes[route]
        was_m, was_route_m = trip["distance_m"][i], trip["route_m"][i]
        trip["distance_m"][i] = math.nan
        if not r["valid_from_ms"] <= good["ms"] < r["valid_to_ms"]:
            continue
        away_m, route_m, hint = locate_on_route(rules.fences, route, good["lat"], good["lon"], trip["hint"][i])
        trip["distance_m"][i] = away_m
        trip["route_m"][i] = route_m
        trip["hint"][i] = hint
        excess_m = away_m - r["half_width_m"]
        if math.isnan(trip["excess_m"]) or excess_m < trip["excess_m"]:
            trip["excess_m"] = excess_m
            trip["near_route"] = i
        well_inside = well_inside or away_m <= policy["deviation_exit_ratio"] * r["half_width_m"]
        if not math.isnan(was_m) and before[0] != NO_TIME:
            was_excess_m = was_m - r["half_width_m"]
            if is_shortcut(rules, policy, trip, i, route, before, was_excess_m, excess_m, was_route_m):
                shortcut, shortcut_route_m, shortcut_m = i, was_route_m, abs(route_m - was_route_m)
            elif was_excess_m <= good["error_m"] and excess_m <= good["error_m"]:
                seen_whole = True  # along this alternative the truck can have stayed inside
    if shortcut >= 0 and not seen_whole:
        n = write_shortcut(slot, trip, report, before, shortcut_route_m, shortcut_m, out, n)
    return n, well_inside


@helper
def walk_deviation(
    rules: Rules, policy: Row, table: Rows, info: Row, slot: int, trip: Row, before: Fix, report: Row, out: Rows, n: int
) -> int:
    """Judge the accepted fix `trip["good"]`; `before` is (ms, lat, lon) of the accepted fix before it."""
    if info["n_routes"] == 0:
        return n
    n, well_inside = locate(rules, policy, info, slot, trip, before, report, out, n)
    good, excess_m = trip["good"], trip["excess_m"]
    outside = excess_m > good["error_m"]
    if math.isnan(excess_m) or (not outside and trip["phase"][DEVIATION] == IDLE):
        return n
    level = EXIT if well_inside else NEITHER
    severity = WARNING
    if not well_inside and in_approved_zone(rules, info, good["lat"], good["lon"], good["ms"]):
        level = EXIT
    elif outside:
        level = ENTER
        i = trip["near_route"]
        if trip["phase"][DEVIATION] == IDLE:
            begin(trip, DEVIATION, report, good["lat"], good["lon"], before[0], trip["route_m"][i])
        gather(trip, DEVIATION, report, trip["distance_m"][i], trip["route_m"][i])
        if excess_m > policy["deviation_critical_m"]:
            severity = CRITICAL
    return judge(table, slot, trip, DEVIATION, level, report, report["time_ms"], severity, 0, out, n)
