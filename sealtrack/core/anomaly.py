"""position_anomaly: positions and clocks that cannot be true (judgement section 4)."""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, close_if_quiet, gather, judge
from sealtrack.core.gate import ACCEPTED, JUMP, MENDED, NO_FIX, WILD, WILD_GROSS, set_place
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, IDLE, OPEN
from sealtrack.core.state import ANOMALY, INFO_SEVERITY, WARNING, Fix, Row, Rows
from sealtrack.schema import FLAG_CLOCK, NO_TIME

CAUSES = ("jump", "gross", "mended", "clock", "frozen", "smooth")
"""What raised it; the position here is the bit in the machine's `events`."""
JUMP_CAUSE, GROSS_CAUSE, MENDED_CAUSE, CLOCK_CAUSE, FROZEN_CAUSE, SMOOTH_CAUSE = (1 << i for i in range(len(CAUSES)))
OUT_OF_REACH = JUMP_CAUSE | GROSS_CAUSE | MENDED_CAUSE

MANY_GROSS = 3
"""Gross wild fixes in one position_anomaly that make it a warning."""
FROZEN_FIXES = 4
FROZEN_LONG = 1.5
"""One fix less will do where they span so many times as long, as those of a seal that reports seldom do."""
SMOOTH_M = 0.5
SMOOTH_DEG = SMOOTH_M / 110_000
"""More than that of latitude anywhere."""
SMOOTH_KMH = 20.0
SMOOTH_MS = 4_000
"""Fixes nearer in time prove nothing: a receiver that filters gives 34 so smooth ones in a row at 2 s, 5 at 4 s."""


@helper
def is_frozen(policy: Row, trip: Row, report: Row, verdict: int) -> bool:
    """True when the position has stayed the same to the last digit while the report says that the truck moves."""
    if verdict == NO_FIX:
        return False
    still = trip["still"]
    as_reported = verdict == ACCEPTED or verdict == JUMP
    same = report["lat"] == still["lat"] and report["lon"] == still["lon"]
    if as_reported and trip["still_n"] > 0 and same and report["speed_kmh"] >= policy["frozen_kmh"]:
        trip["still_n"] += 1
    else:
        trip["still_n"] = 1 if as_reported else 0
        set_place(still, report["time_ms"], report["lat"], report["lon"], 0.0)
    for_ms, frozen_ms = report["time_ms"] - still["ms"], 1e3 * policy["frozen_s"]
    if trip["still_n"] >= FROZEN_FIXES:
        return for_ms >= frozen_ms
    return trip["still_n"] == FROZEN_FIXES - 1 and for_ms >= FROZEN_LONG * frozen_ms


@helper
def leads_to(earlier: Row, before: Fix, report: Row) -> bool:
    """True when constant speed through the two places leads to the report's fix."""
    if earlier["ms"] == NO_TIME:
        return False
    step_ms, next_ms = before[0] - earlier["ms"], report["time_ms"] - before[0]
    if step_ms < SMOOTH_MS or next_ms < SMOOTH_MS:
        return False
    f = next_ms / step_ms
    lat = before[1] + f * (before[1] - earlier["lat"])
    lon = before[2] + f * (before[2] - earlier["lon"])
    if abs(lat - report["lat"]) > SMOOTH_DEG or distance_m(lat, lon, report["lat"], report["lon"]) > SMOOTH_M:
        return False
    return distance_m(earlier["lat"], earlier["lon"], before[1], before[2]) >= SMOOTH_KMH / 3.6e3 * step_ms


@helper
def is_smooth(policy: Row, trip: Row, before: Fix, report: Row, verdict: int) -> bool:
    """True when so many fixes lie where those before them lead that no receiver can have measured them."""
    if verdict == NO_FIX:
        return False
    if verdict == ACCEPTED and before[0] != NO_TIME and leads_to(trip["earlier"], before, report):
        trip["smooth_n"] += 1
    else:
        trip["smooth_n"] = 0
    if verdict == ACCEPTED or verdict == MENDED or verdict == JUMP:
        set_place(trip["earlier"], before[0], before[1], before[2], 0.0)
    return trip["smooth_n"] >= policy["smooth_fixes"]


@helper
def find_causes(policy: Row, trip: Row, before: Fix, report: Row, verdict: int) -> int:
    """Bits of CAUSES that the report shows; remembers what the next one is compared with."""
    causes = 0
    if verdict == JUMP:
        causes |= JUMP_CAUSE
    if verdict == WILD_GROSS:
        causes |= GROSS_CAUSE
    if verdict == MENDED:
        causes |= MENDED_CAUSE
    if report["flags"] & FLAG_CLOCK:
        causes |= CLOCK_CAUSE
    if is_frozen(policy, trip, report, verdict):
        causes |= FROZEN_CAUSE
    if is_smooth(policy, trip, before, report, verdict):
        causes |= SMOOTH_CAUSE
    return causes


@helper
def walk_anomaly(
    policy: Row, table: Rows, slot: int, trip: Row, before: Fix, report: Row, verdict: int, out: Rows, n: int
) -> int:
    """Judge the report; `before` is (ms, lat, lon) of the fix accepted before it."""
    n = close_if_quiet(policy, slot, trip, ANOMALY, report["time_ms"], out, n)
    causes = find_causes(policy, trip, before, report, verdict)
    if causes == 0:
        if verdict == WILD and trip["phase"][ANOMALY] == OPEN:
            trip["last_ms_2"][ANOMALY] = report["time_ms"]
        return n
    if trip["phase"][ANOMALY] == IDLE:
        begin(trip, ANOMALY, report, before[1], before[2], before[0], math.nan)
        trip["gross_n"] = 0
    if causes & (JUMP_CAUSE | GROSS_CAUSE):  # a mended one is a known fault of devices, and its place is known
        trip["gross_n"] += 1
    severity = INFO_SEVERITY
    if causes & (JUMP_CAUSE | FROZEN_CAUSE) or trip["gross_n"] >= MANY_GROSS:
        severity = WARNING
    out_m = 0.0
    if causes & OUT_OF_REACH:
        out_m = distance_m(before[1], before[2], report["lat"], report["lon"])
    gather(trip, ANOMALY, report, out_m, math.nan)
    return judge(table, slot, trip, ANOMALY, ENTER, report, report["time_ms"], severity, causes, out, n)
