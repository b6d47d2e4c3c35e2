"""The short way through the walk, for the report that nearly all are: it opens, closes and changes no episode.

`walk_calm` answers as `walk` would where each rule is idle and its own first question says that it stays so; then what
is left of the walk are the places and times that the next report is compared with, and they are set here as `walk` sets
them, by the same functions. Where a question is not plainly answered it says no, having changed nothing, and the
report takes the long way. So it may be left out at any report without any difference, which a test does.

It pays because these questions need a few numbers and one distance, and the long way some thirty calls.
"""

from __future__ import annotations

import math

from sealtrack.core.anomaly import leads_to
from sealtrack.core.arrival import may_be_late
from sealtrack.core.conduct import JAMMING_BIT, LOW_BATTERY_BIT
from sealtrack.core.fences import CHECKPOINT, FORBIDS_ENTER, LIMITS_SPEED, NEAR_M
from sealtrack.core.forbidden import SPARSE_MS
from sealtrack.core.gate import accept, allowance_m, fix_error, has_fix, set_place
from sealtrack.core.geodesy import is_within, no_further
from sealtrack.core.jit import helper
from sealtrack.core.locate import locate_on_route
from sealtrack.core.machine import IDLE
from sealtrack.core.meeting import is_met_twice
from sealtrack.core.rest import is_known_rest
from sealtrack.core.seal import LOCK_BIT, LOCKED, TAMPER_BITS, UNLOCK_BITS, awaits_fix
from sealtrack.core.speeding import forget_marks, is_marked, is_plainly_slower, reports_speed, set_mark
from sealtrack.core.state import N_RULES, OPENING, TAMPER, Fix, Row, Rules
from sealtrack.core.stop import LEFT, note_fix, settle
from sealtrack.core.walk import push_interval
from sealtrack.core.zones import rules_near
from sealtrack.schema import FLAG_CLOCK, FLAG_DISTRUSTED, FLAG_SIGHTING, NO_TIME, Lock

JUDGED_BITS = TAMPER_BITS | UNLOCK_BITS | LOCK_BIT | JAMMING_BIT | LOW_BATTERY_BIT
"""Events that some rule looks at; charging only ends an episode."""
AT_EACH_FIX = FORBIDS_ENTER | LIMITS_SPEED | CHECKPOINT
"""What is asked of the zones around a truck that stays in its corridor and does not stand."""
UNKNOWN_LOCK = int(Lock.unknown)


@helper
def _says_nothing(policy: Row, report: Row) -> bool:
    """A report with a fix, whose clock, lock, battery and speed are as they should be."""
    if report["events"] & JUDGED_BITS or report["flags"] & (FLAG_SIGHTING | FLAG_CLOCK):
        return False
    if not (report["lock"] == LOCKED or report["lock"] == UNKNOWN_LOCK):
        return False
    if report["battery_pct"] < policy["battery_low_pct"] or report["speed_kmh"] > policy["max_road_kmh"]:
        return False
    return has_fix(report)


@helper
def _is_idle(info: Row, trip: Row, t_ms: int) -> bool:
    """No episode is pending or open, nothing waits for this fix, and the deadline is still ahead or met."""
    if trip["good"]["ms"] == NO_TIME or trip["anchor"]["n"] == 0 or t_ms <= trip["walked_ms"]:
        return False
    if (
        trip["turned"]["ms"] != NO_TIME
        or trip["seen"]["ms"] != NO_TIME
        or trip["wait_ms"] != NO_TIME
        or trip["way_off"]
        or info["earlier"] >= 0
    ):
        return False
    deadline_ms = info["arrive_by_ms"]
    if deadline_ms != NO_TIME and t_ms > deadline_ms and trip["arrived_ms"] == NO_TIME:
        return False
    busy = 0
    for k in range(N_RULES):
        busy |= trip["phase"][k]
    return busy == IDLE and not awaits_fix(trip, OPENING) and not awaits_fix(trip, TAMPER)


@helper
def _is_ordinary_fix(rules: Rules, policy: Row, trip: Row, before: Fix, report: Row, error_m: float) -> bool:
    """In reach of the fix before it, measured by a receiver, and no zone around is asked for."""
    t_ms, lat, lon = report["time_ms"], report["lat"], report["lon"]
    if not is_within(before[1], before[2], lat, lon, allowance_m(trip["good"], t_ms, error_m, policy)):
        return False
    same = lat == trip["still"]["lat"] and lon == trip["still"]["lon"]
    if (same and report["speed_kmh"] >= policy["frozen_kmh"]) or leads_to(trip["earlier"], before, report):
        return False
    if error_m > NEAR_M or rules_near(rules.fences, policy["catalogue"], lat, lon) & AT_EACH_FIX:
        return False
    if rules.zones_forbid and t_ms - before[0] >= SPARSE_MS:
        return False
    slow = reports_speed(report) or is_marked(trip, t_ms)
    return slow or is_plainly_slower(policy, trip["mark"], t_ms, lat, lon, error_m)


@helper
def _stands_in_peace(rules: Rules, policy: Row, trip: Row, report: Row, error_m: float) -> bool:
    """Its stop, if that is one, is still too short for any rule, or it goes on where it is known to be permitted."""
    anchor, t_ms = trip["anchor"], report["time_ms"]
    if t_ms - anchor["start_ms"] < 1e3 * min(policy["short_stop_s"], policy["stop_warning_s"]):
        return True
    lat, lon, n = anchor["lat"], anchor["lon"], anchor["n"] + 1
    radius_m = policy["stop_radius_m"] + error_m - policy["fix_error_m"]
    if not no_further(lat, lon, report["lat"], report["lon"], radius_m):
        return False
    lat, lon = lat + (report["lat"] - lat) / n, lon + (report["lon"] - lon) / n
    return is_known_rest(rules, policy, trip, lat, lon, t_ms)


@helper
def _is_on_the_way(
    rules: Rules, policy: Row, info: Row, trip: Row, t_ms: int, away_m: float, route_m: float, error_m: float
) -> bool:
    """Inside the corridor, where the truck can have come along it, in time, no way back, and at no checkpoint."""
    route = info["routes"][0]
    if away_m - rules.fences.routes[route]["half_width_m"] > error_m:
        return False
    possible_m = policy["max_speed_kmh"] / 3.6e3 * (t_ms - trip["good"]["ms"]) + policy["reach_slack_m"]
    if abs(route_m - trip["route_m"][0]) > possible_m or may_be_late(rules, policy, info, trip, t_ms, route_m):
        return False
    if not is_met_twice(rules, route, route_m):
        if trip["progress_route"] != 0:
            return False
        gone_m = route_m - trip["progress_from_m"]
        if trip["progress_sign"] != 0:
            gone_m = 2 * trip["progress_sign"] * (trip["progress_m"] - route_m)  # half of it is noted
        elif gone_m < 0.0:
            gone_m = -gone_m
        if gone_m >= policy["reversal_m"]:
            return False
    for k in range(rules.span_start[route], rules.span_start[route + 1]):
        if rules.spans[k]["from_m"] <= route_m <= rules.spans[k]["to_m"]:
            return False
    return True


@helper
def _note_place(rules: Rules, info: Row, trip: Row, report: Row, away_m: float, route_m: float, hint: int) -> None:
    """Where it lies along the corridor, and that it is on the way there."""
    route = info["routes"][0]
    trip["near_route"] = 0
    trip["distance_m"][0] = away_m
    trip["route_m"][0] = route_m
    trip["hint"][0] = hint
    trip["excess_m"] = away_m - rules.fences.routes[route]["half_width_m"]
    further = trip["progress_sign"] * (trip["progress_m"] - route_m) < 0.0
    if further and not is_met_twice(rules, route, route_m):
        trip["progress_m"] = route_m
    if len(rules.spans) > 0:
        trip["way_route"] = route
        trip["way_m"] = route_m
        set_place(trip["way"], report["time_ms"], report["lat"], report["lon"], 0.0)


@helper
def _note_fix(policy: Row, trip: Row, before: Fix, report: Row, error_m: float) -> None:
    """What the gate, the anomalies and the stop detector compare the next fix with."""
    t_ms, lat, lon = report["time_ms"], report["lat"], report["lon"]
    report["flags"] &= ~FLAG_DISTRUSTED & 0xFF
    accept(trip, t_ms, lat, lon, error_m)
    set_place(trip["still"], t_ms, lat, lon, 0.0)
    trip["still_n"] = 1
    trip["smooth_n"] = 0
    set_place(trip["earlier"], before[0], before[1], before[2], 0.0)
    if reports_speed(report):
        forget_marks(trip)
    elif not is_marked(trip, t_ms):
        set_mark(trip)
    if note_fix(trip, report, before, policy) == LEFT:
        settle(trip)


@helper
def walk_calm(rules: Rules, info: Row, trip: Row, report: Row) -> bool:
    """Walk a report that changes no episode; False, and nothing is changed, where that is not plain to see."""
    policy = rules.policies[info["policy"]]
    t_ms = report["time_ms"]
    if info["n_routes"] != 1 or not _says_nothing(policy, report) or not _is_idle(info, trip, t_ms):
        return False
    error_m = fix_error(report, policy)
    before = (trip["good"]["ms"], trip["good"]["lat"], trip["good"]["lon"])
    if not _is_ordinary_fix(rules, policy, trip, before, report, error_m):
        return False
    if not _stands_in_peace(rules, policy, trip, report, error_m):
        return False
    route = info["routes"][0]
    r = rules.fences.routes[route]
    if not r["valid_from_ms"] <= t_ms < r["valid_to_ms"] or math.isnan(trip["distance_m"][0]):
        return False
    away_m, route_m, hint = locate_on_route(rules.fences, route, report["lat"], report["lon"], trip["hint"][0])
    if not _is_on_the_way(rules, policy, info, trip, t_ms, away_m, route_m, error_m):
        return False
    trip["walked_ms"] = t_ms
    push_interval(trip, report)
    _note_place(rules, info, trip, report, away_m, route_m, hint)
    _note_fix(policy, trip, before, report, error_m)
    if report["lock"] == LOCKED:
        trip["locked"] = 1
        trip["rightly_open"] = 0
    return True
