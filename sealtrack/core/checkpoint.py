"""skipped_checkpoint: off the way before a checkpoint, and on it again behind (judgement section 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import write
from sealtrack.core.fences import CHECKPOINT
from sealtrack.core.gate import set_place
from sealtrack.core.jit import helper
from sealtrack.core.state import CLOSED_STATUS, SKIPPED, STEP, WARNING, Row, Rows, Rules
from sealtrack.core.zones import OF_ROUTES, find_zone, in_polygon, zone_in_force


@helper
def forget_way(trip: Row) -> None:
    """No place on the way is known any more."""
    trip["way_route"] = -1


@helper
def held_by(rules: Rules, info: Row, i: int, lat: float, lon: float, margin_m: float, t_ms: int) -> int:
    """The first checkpoint in force on route alternative `i` within `margin_m` of the place: a span's number, or -1."""
    catalogue, this = rules.policies[info["policy"]]["catalogue"], info["routes"][i : i + 1]
    if find_zone(rules.fences, catalogue, lat, lon, margin_m, t_ms, CHECKPOINT, this, 1, OF_ROUTES) < 0:
        return -1
    route = info["routes"][i]
    for k in range(rules.span_start[route], rules.span_start[route + 1]):
        zone = rules.spans[k]["zone"]
        if zone_in_force(rules.fences, zone, t_ms) and in_polygon(rules.fences, zone, lat, lon, margin_m):
            return k
    return -1


@helper
def middle_m(rules: Rules, k: int) -> float:
    """The middle of span `k`."""
    return 0.5 * (rules.spans[k]["from_m"] + rules.spans[k]["to_m"])


@helper
def on_way_m(rules: Rules, info: Row, trip: Row) -> float:
    """How far along its nearest corridor the accepted fix `trip["good"]` is on the way; NaN when it is not."""
    good = trip["good"]
    i, at_m = trip["near_route"], trip["route_m"][trip["near_route"]]
    k = held_by(rules, info, i, good["lat"], good["lon"], good["error_m"], good["ms"])
    if k >= 0:
        return middle_m(rules, k)
    if not trip["excess_m"] <= good["error_m"]:
        return math.nan
    route = info["routes"][i]
    for k in range(rules.span_start[route], rules.span_start[route + 1]):
        span = rules.spans[k]
        if span["from_m"] <= at_m <= span["to_m"] and zone_in_force(rules.fences, span["zone"], good["ms"]):
            return math.nan  # beside a checkpoint, not through it
    return at_m


@helper
def count_skipped(rules: Rules, route: int, from_m: float, to_m: float, t_ms: int) -> tuple[int, int]:
    """(how many checkpoints in force lie strictly between the two places, zone of the first of them; -1 if none)."""
    count = 0
    first = -1
    low_m, high_m = min(from_m, to_m), max(from_m, to_m)
    nearest_m = math.inf
    for k in range(rules.span_start[route], rules.span_start[route + 1]):
        span = rules.spans[k]
        if low_m < span["from_m"] and span["to_m"] < high_m and zone_in_force(rules.fences, span["zone"], t_ms):
            count += 1
            away_m = abs(middle_m(rules, k) - from_m)
            if away_m < nearest_m:
                nearest_m, first = away_m, span["zone"]
    return count, first


@helper
def write_skipped(slot: int, trip: Row, report: Row, count: int, zone: int, at_m: float, out: Rows, n: int) -> int:
    """A closed alert from the last place on the way to this one; returns n + 1."""
    write(out, n, STEP, slot, trip, SKIPPED, CLOSED_STATUS, report["time_ms"], report["time_ms"])
    row, way = out[n], trip["way"]
    row["severity"] = WARNING
    row["count"] = count
    row["events"] = 0
    row["card"] = -1
    row["partition"] = report["partition"]
    row["start_ms"] = way["ms"]
    row["detected_ms"] = report["received_ms"]
    row["first_offset"] = row["last_offset"] = report["offset"]
    row["before_fix_ms"] = way["ms"]
    row["after_fix_ms"] = report["time_ms"]
    row["lat"] = way["lat"]
    row["lon"] = way["lon"]
    row["peak"] = zone
    row["start_route_m"] = trip["way_m"]
    row["end_route_m"] = at_m
    return n + 1


@helper
def _be_on_way(
    rules: Rules, route: int, slot: int, trip: Row, report: Row, lat: float, lon: float, at_m: float, out: Rows, n: int
) -> int:
    """The truck is on the way here: what did it leave out since the last such place?"""
    if trip["way_route"] == route and trip["way_off"]:
        count, zone = count_skipped(rules, route, trip["way_m"], at_m, report["time_ms"])
        if count > 0:
            n = write_skipped(slot, trip, report, count, zone, at_m, out, n)
    trip["way_route"] = route
    trip["way_off"] = 0
    trip["way_m"] = at_m
    set_place(trip["way"], report["time_ms"], lat, lon, 0.0)
    return n


@helper
def walk_checkpoint(rules: Rules, info: Row, slot: int, trip: Row, report: Row, jumped: bool, out: Rows, n: int) -> int:
    """skipped_checkpoint for an accepted fix; `info` names the approved routes."""
    if len(rules.spans) == 0:
        return n
    if jumped:
        forget_way(trip)
    at_m = math.nan if math.isnan(trip["excess_m"]) else on_way_m(rules, info, trip)
    if math.isnan(at_m):
        trip["way_off"] = 1
        return n
    route, good = info["routes"][trip["near_route"]], trip["good"]
    return _be_on_way(rules, route, slot, trip, report, good["lat"], good["lon"], at_m, out, n)


@helper
def walk_seen_at_checkpoint(
    rules: Rules, info: Row, slot: int, trip: Row, sighting: Row, error_m: float, out: Rows, n: int
) -> int:
    """skipped_checkpoint for a sighting with a place: by a checkpoint it is on the way.

    Along which corridor, the last accepted fix says.
    """
    lat, lon = sighting["lat"], sighting["lon"]
    if len(rules.spans) == 0 or math.isnan(trip["excess_m"]) or math.isnan(lat):
        return n
    i = trip["near_route"]
    k = held_by(rules, info, i, lat, lon, error_m, sighting["time_ms"])
    if k < 0:
        return n
    return _be_on_way(rules, info["routes"][i], slot, trip, sighting, lat, lon, middle_m(rules, k), out, n)
