"""Whether a truck has reached its destination, and whether it still can in time (judgement section 7)."""

from __future__ import annotations

from sealtrack.core.fences import PERMITS_OPEN
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.meeting import is_met_twice
from sealtrack.core.state import NO_ZONE, Fix, Row, Rules, Store
from sealtrack.core.zones import ANY, find_zone, holds
from sealtrack.schema import NO_TIME


@helper
def has_arrived(rules: Rules, store: Store, slot: int, lat: float, lon: float, t_ms: int) -> bool:
    """True at the destination; where none is named, in a zone that permits open, or at the end of a route."""
    info = store.info[slot]
    fences = rules.fences
    if info["destination"] != NO_ZONE:
        return holds(fences, info["destination"], lat, lon, 0.0, t_ms)
    catalogue = rules.policies[info["policy"]]["catalogue"]
    if find_zone(fences, catalogue, lat, lon, 0.0, t_ms, PERMITS_OPEN, info["routes"], 0, ANY) >= 0:
        return True
    for i in range(info["n_routes"]):
        r = fences.routes[info["routes"][i]]
        last = fences.vertices[r["vertex_start"] + r["vertex_count"] - 1]
        if distance_m(lat, lon, last["lat"], last["lon"]) <= r["half_width_m"]:
            return True
    return False


@helper
def note_arrival(rules: Rules, store: Store, slot: int, trip: Row, before: Fix, report: Row) -> None:
    """From the deadline on, remember where it found the truck, and the first fix at the destination from then on."""
    deadline_ms = store.info[slot]["arrive_by_ms"]
    if deadline_ms == NO_TIME or report["time_ms"] <= deadline_ms or trip["arrived_ms"] != NO_TIME:
        return
    good = trip["good"]
    in_time = before[0] != NO_TIME and before[0] <= deadline_ms
    if in_time:
        trip["due_fix_ms"], trip["due_lat"], trip["due_lon"] = before
    if in_time and has_arrived(rules, store, slot, before[1], before[2], before[0]):
        trip["arrived_ms"] = before[0]
        return
    if good["ms"] == report["time_ms"] and has_arrived(rules, store, slot, good["lat"], good["lon"], good["ms"]):
        trip["arrived_ms"] = good["ms"]


@helper
def _predicted_ms(rules: Rules, policy: Row, info: Row, i: int, t_ms: int, route_m: float) -> int:
    """When the rest of the way along alternative `i` may be done at the earliest; NO_TIME when nothing tells."""
    if info["toward"][i] == 0 or is_met_twice(rules, info["routes"][i], route_m):
        return NO_TIME
    rest_m = max(0.0, info["toward"][i] * (info["goal_m"][i] - route_m))
    return int(t_ms + int(rest_m / policy["road_kmh"] * 3600.0))


@helper
def _latest_ms(policy: Row, deadline_ms: int) -> float:
    """Who is predicted after this is overdue."""
    return deadline_ms + 1e3 * policy["overdue_margin_s"]


@helper
def may_be_late(rules: Rules, policy: Row, info: Row, trip: Row, t_ms: int, route_m: float) -> bool:
    """False where `note_delay` would note nothing of a fix inside the shipment's only corridor."""
    deadline_ms = info["arrive_by_ms"]
    if deadline_ms == NO_TIME or t_ms > deadline_ms or info["end_ms"] <= deadline_ms + 1:
        return False
    if trip["late_ms"] != NO_TIME:
        return True
    return _predicted_ms(rules, policy, info, 0, t_ms, route_m) > _latest_ms(policy, deadline_ms)


@helper
def note_delay(rules: Rules, policy: Row, store: Store, info: Row, slot: int, trip: Row, report: Row) -> None:
    """Before the deadline: remember the accepted fix from which on it can no longer be met, until one shows it can."""
    last = store.info[slot]
    deadline_ms = last["arrive_by_ms"]
    closed_in_time = last["end_ms"] <= deadline_ms + 1
    if deadline_ms == NO_TIME or report["time_ms"] > deadline_ms or closed_in_time:
        return
    good = trip["good"]
    i = trip["near_route"]
    arrival_ms = NO_TIME
    if i >= 0 and trip["excess_m"] <= good["error_m"] and info["destination"] == last["destination"]:
        arrival_ms = _predicted_ms(rules, policy, info, i, good["ms"], trip["route_m"][i])
    late = arrival_ms > _latest_ms(policy, deadline_ms)
    if arrival_ms == NO_TIME and trip["late_ms"] == NO_TIME:
        return
    in_time = arrival_ms != NO_TIME and not late
    if in_time or has_arrived(rules, store, slot, good["lat"], good["lon"], good["ms"]):
        trip["late_ms"] = NO_TIME
    elif trip["late_ms"] == NO_TIME:
        trip["late_ms"], trip["late_lat"], trip["late_lon"] = good["ms"], good["lat"], good["lon"]
        trip["late_received_ms"] = report["received_ms"]
        trip["late_arrival_ms"] = arrival_ms
