"""separation: somebody else saw the truck, or what passes for it, where the seal is not (judgement section 10)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, gather, judge
from sealtrack.core.gate import has_fix, set_place
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE
from sealtrack.core.state import CRITICAL, SEPARATION, WARNING, Fix, Row, Rows
from sealtrack.schema import NO_TIME, NOT_A_TRACKER, OTHER_PLATE, OTHER_SEAL

MISREAD_BITS = OTHER_PLATE | OTHER_SEAL
SAID_BITS = MISREAD_BITS | NOT_A_TRACKER
"""Bits of a sighting's `events`; those above tell sightings apart that agree in all else."""
FRESH_MS = 600_000
"""A fix older than this does not show that the seal is still with the truck."""
MANY = 3
"""Sightings elsewhere that make it critical."""


@helper
def sighting_error(sighting: Row, policy: Row) -> float:
    """How uncertain the place of a sighting is, metres."""
    accuracy = sighting["accuracy_m"]
    if math.isnan(accuracy):
        return policy["sighting_error_m"]
    return float(accuracy)


@helper
def _apart_m(fix: Row, policy: Row, t_ms: int, lat: float, lon: float, error_m: float) -> float:
    """How far out of a fix's reach a sighting lies; 0 or less within it."""
    travel = policy["max_speed_kmh"] / 3.6e3 * abs(t_ms - fix["ms"])
    stated = max(0.0, fix["error_m"] - policy["fix_error_m"])
    return distance_m(fix["lat"], fix["lon"], lat, lon) - travel - stated - error_m


@helper
def _enter(
    table: Rows, slot: int, trip: Row, seen: Fix, before_ms: int, card: int, bits: int, apart_m: float,
    report: Row, out: Rows, n: int
) -> int:  # fmt: skip
    """A level-2 sighting, made at `seen` and found out at `report`: itself, or the fix after it."""
    count = 0
    if trip["phase"][SEPARATION] == IDLE:
        begin(trip, SEPARATION, report, seen[1], seen[2], before_ms, math.nan)
        trip["card"][SEPARATION] = card
    else:
        count = trip["count"][SEPARATION]
    gather(trip, SEPARATION, report, max(0.0, apart_m), math.nan)
    severity = CRITICAL if bits & MISREAD_BITS or count + 1 >= MANY else WARNING
    return judge(table, slot, trip, SEPARATION, ENTER, report, seen[0], severity, bits, out, n)


@helper
def note_sighting(
    policy: Row, table: Rows, slot: int, trip: Row, sighting: Row, error_m: float, out: Rows, n: int
) -> int:
    """Compare a sighting with the last accepted fix; what that cannot tell waits for the next one."""
    t_ms = sighting["time_ms"]
    bits = int(sighting["events"] & SAID_BITS)
    placed = has_fix(sighting)
    good = trip["good"]
    known = good["ms"] != NO_TIME
    apart_m = 0.0
    if placed and known:
        apart_m = _apart_m(good, policy, t_ms, sighting["lat"], sighting["lon"], error_m)
    seen = (t_ms, math.nan, math.nan)
    if placed:
        seen = (t_ms, sighting["lat"], sighting["lon"])
    elif known:
        seen = (t_ms, good["lat"], good["lon"])
    if bits & MISREAD_BITS or apart_m > policy["separation_m"]:
        return _enter(table, slot, trip, seen, good["ms"], sighting["card"], bits, apart_m, sighting, out, n)
    if not placed:
        return n
    if known and apart_m <= 0.0 and t_ms - good["ms"] <= FRESH_MS:
        if trip["phase"][SEPARATION] == IDLE:
            return n
        return judge(table, slot, trip, SEPARATION, EXIT, sighting, t_ms, 0, 0, out, n)
    set_place(trip["seen"], t_ms, sighting["lat"], sighting["lon"], error_m)
    trip["seen_card"] = sighting["card"]
    trip["seen_bits"] = bits
    return n


@helper
def walk_separation(policy: Row, table: Rows, slot: int, trip: Row, before: Fix, report: Row, out: Rows, n: int) -> int:
    """At an accepted fix: could the truck have come here from where it was last seen?"""
    waits = trip["seen"]
    if waits["ms"] == NO_TIME:
        return n
    seen = (waits["ms"], waits["lat"], waits["lon"])
    apart_m = _apart_m(trip["good"], policy, seen[0], seen[1], seen[2], waits["error_m"])
    waits["ms"] = NO_TIME
    if apart_m <= policy["separation_m"]:
        return n
    return _enter(
        table, slot, trip, seen, before[0], trip["seen_card"], int(trip["seen_bits"]), apart_m, report, out, n
    )
