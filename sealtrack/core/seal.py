"""seal_open and seal_tamper: what the lock says, with or without a fix (judgement section 6).

No report is too bad for these rules: its position may be absent, wild or stale, its lock status is judged all the same.
"""

from __future__ import annotations

import math

from sealtrack.core.episode import begin, close_if_quiet, gather, judge, write
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.machine import ENTER, EXIT, IDLE, OPEN, UNKNOWN
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    OPEN_STATUS,
    OPENING,
    STEP,
    TAMPER,
    WARNING,
    Fix,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.zones import may_open
from sealtrack.schema import EVENT_BIT, NO_TIME, Lock

UNLOCK_BITS = EVENT_BIT["unlock"] | EVENT_BIT["remote_unlock"]
LOCK_BIT = EVENT_BIT["lock"]
ROPE_CUT_BIT = EVENT_BIT["rope_cut"]
BROKEN_BITS = ROPE_CUT_BIT | EVENT_BIT["back_cover_open"] | EVENT_BIT["tampering"] | EVENT_BIT["removing"]
"""Tampering that is critical by itself."""
ATTEMPT_BITS = EVENT_BIT["illegal_card"] | EVENT_BIT["wrong_password"] | EVENT_BIT["motor_fault"]
TAMPER_BITS = BROKEN_BITS | ATTEMPT_BITS

NEVER_LOCKED_FLAG, RELOCKED_FLAG = 2, 4
"""Bits of a seal_open's `flag`, beside that of a late alert."""

LOCKED, UNLOCKED, CUT = int(Lock.locked), int(Lock.unlocked), int(Lock.cut)


@helper
def is_opened(report: Row) -> bool:
    """True when the report says that the lock is or was just opened."""
    return report["lock"] == UNLOCKED or report["events"] & UNLOCK_BITS != 0


@helper
def is_locked(report: Row) -> bool:
    """True when the report says that the lock is or was just locked, and nothing else."""
    return (report["lock"] == LOCKED or report["events"] & LOCK_BIT != 0) and not is_opened(report)


@helper
def tamper_bits(report: Row) -> int:
    """The report's tamper events; lock = cut counts as rope_cut."""
    bits = report["events"] & TAMPER_BITS
    if report["lock"] == CUT:
        bits |= ROPE_CUT_BIT
    return bits


@helper
def tamper_severity(bits: int) -> int:
    """CRITICAL when something is broken, WARNING for attempts."""
    return CRITICAL if bits & BROKEN_BITS else WARNING


@helper
def card_refused(store: Store, info: Row, card: int) -> bool:
    """True when the shipment names its cards and `card` (-1 = none) is not among them."""
    if card < 0 or info["card_count"] == 0:
        return False
    for i in range(info["card_start"], info["card_start"] + info["card_count"]):
        if store.cards[i] == card:
            return False
    return True


@helper
def permitted_at(rules: Rules, info: Row, place: Row) -> bool:
    """True where the seal may be open, for a PLACE_DTYPE record."""
    return may_open(rules, info, place["lat"], place["lon"], place["error_m"], place["ms"])


@helper
def awaits_fix(trip: Row, k: int) -> bool:
    """True when rule `k`'s last episode began without a fix, and none has come since."""
    if trip["count"][k] == 0 or trip["after_fix_ms"][k] != NO_TIME:
        return False
    return trip["before_fix_ms"][k] != trip["since_ms"][k]


@helper
def note_after_fix(slot: int, trip: Row, k: int, t_ms: int, out: Rows, n: int) -> int:
    """The first fix after an episode that began without one: the other end of the interval it happened in."""
    if not awaits_fix(trip, k):
        return n
    trip["after_fix_ms"][k] = t_ms
    if math.isnan(trip["lat"][k]):
        trip["lat"][k] = trip["good"]["lat"]
        trip["lon"][k] = trip["good"]["lon"]
    if trip["phase"][k] == OPEN:
        return write(out, n, STEP, slot, trip, k, OPEN_STATUS, NO_TIME, t_ms)
    return write(out, n, STEP, slot, trip, k, CLOSED_STATUS, trip["miss_ms"][k], t_ms)


@helper
def begin_at(trip: Row, k: int, report: Row, accepted: bool, before: Fix) -> None:
    """Start an episode at the report's own fix, or at the last accepted one, `before`."""
    if accepted:
        begin(trip, k, report, trip["good"]["lat"], trip["good"]["lon"], report["time_ms"], math.nan)
    else:
        begin(trip, k, report, before[1], before[2], before[0], math.nan)


@helper
def number_opening(trip: Row, never_locked: bool) -> None:
    """Count the seal_open that has just begun; its number travels as `start_route_m`, how far it moved as `peak`."""
    trip["openings"] += 1
    trip["start_route_m"][OPENING] = trip["openings"]
    trip["flag"][OPENING] = NEVER_LOCKED_FLAG if never_locked else 0


@helper
def moved_m(trip: Row) -> float:
    """How far the last accepted fix lies from where the open seal_open began; 0 where that is not known."""
    lat, lon = trip["lat"][OPENING], trip["lon"][OPENING]
    return 0.0 if math.isnan(lat) else distance_m(lat, lon, trip["good"]["lat"], trip["good"]["lon"])


@helper
def walk_tamper(
    policy: Row, table: Rows, slot: int, trip: Row, before: Fix, report: Row, accepted: bool, out: Rows, n: int
) -> int:
    """Judge the report's tamper events."""
    n = close_if_quiet(policy, slot, trip, TAMPER, report["time_ms"], out, n)
    bits = tamper_bits(report)
    if bits == 0:
        return n
    if trip["phase"][TAMPER] == IDLE:
        begin_at(trip, TAMPER, report, accepted, before)
    gather(trip, TAMPER, report, 0.0, math.nan)
    return judge(table, slot, trip, TAMPER, ENTER, report, report["time_ms"], tamper_severity(bits), bits, out, n)


@helper
def resolve_wait(
    rules: Rules, table: Rows, info: Row, slot: int, trip: Row, before: Fix, report: Row, out: Rows, n: int
) -> int:
    """An opening waited for this accepted fix: outside it is an offence, inside it is forgotten."""
    wait_ms = trip["wait_ms"]
    trip["wait_ms"] = NO_TIME
    if permitted_at(rules, info, trip["good"]):
        return n
    if trip["phase"][OPENING] == IDLE:
        begin_at(trip, OPENING, report, math.isnan(before[1]), before)
        trip["before_fix_ms"][OPENING] = before[0]
        trip["after_fix_ms"][OPENING] = report["time_ms"]
        trip["first_offset"][OPENING] = trip["wait_offset"]
        trip["partition"][OPENING] = trip["wait_partition"]
        trip["card"][OPENING] = trip["wait_card"]
        number_opening(trip, trip["wait_never_locked"] != 0)
    gather(trip, OPENING, report, 0.0, math.nan)
    return judge(table, slot, trip, OPENING, ENTER, report, wait_ms, CRITICAL, trip["wait_events"], out, n)


@helper
def _is_in_doubt(trip: Row, report: Row, accepted: bool) -> bool:
    """True when the one fix outside may be a wild one: nobody opened the seal there, it was open where it may be."""
    if not accepted:
        return trip["wait_ms"] != NO_TIME
    return trip["rightly_open"] != 0 and report["events"] & UNLOCK_BITS == 0 and trip["phase"][OPENING] == IDLE


@helper
def opening_level(rules: Rules, store: Store, info: Row, trip: Row, report: Row, accepted: bool) -> tuple[int, int]:
    """(level, severity) of the report for seal_open; level UNKNOWN with severity WARNING means: wait for a fix."""
    if not is_opened(report):
        return (EXIT if is_locked(report) else UNKNOWN), 0
    refused = card_refused(store, info, report["card"])
    if report["card"] < 0 and trip["phase"][OPENING] == OPEN:
        refused = card_refused(store, info, trip["card"][OPENING])  # still open by whoever opened it
    good = trip["good"]
    if good["ms"] == NO_TIME:
        return (ENTER, CRITICAL) if refused else (UNKNOWN, WARNING)
    if not permitted_at(rules, info, good):
        return (UNKNOWN, WARNING) if not refused and _is_in_doubt(trip, report, accepted) else (ENTER, CRITICAL)
    if refused:
        return ENTER, WARNING
    return (EXIT, 0) if accepted else (UNKNOWN, WARNING)


@helper
def walk_opening(
    rules: Rules,
    store: Store,
    table: Rows,
    info: Row,
    slot: int,
    trip: Row,
    before: Fix,
    report: Row,
    accepted: bool,
    out: Rows,
    n: int,
) -> int:
    """Judge the report's lock state."""
    if accepted and trip["wait_ms"] != NO_TIME:
        n = resolve_wait(rules, table, info, slot, trip, before, report, out, n)
    level, severity = opening_level(rules, store, info, trip, report, accepted)
    if level == UNKNOWN:
        if severity == WARNING and trip["wait_ms"] == NO_TIME and trip["phase"][OPENING] == IDLE:
            trip["wait_ms"] = report["time_ms"]
            trip["wait_received_ms"] = report["received_ms"]
            trip["wait_offset"] = report["offset"]
            trip["wait_partition"] = report["partition"]
            trip["wait_card"] = report["card"]
            trip["wait_events"] = report["events"] & UNLOCK_BITS
            trip["wait_never_locked"] = 1 - trip["locked"]
        return n
    if level == ENTER:
        if trip["phase"][OPENING] == IDLE:
            begin_at(trip, OPENING, report, accepted, before)
            number_opening(trip, trip["locked"] == 0)
        gather(trip, OPENING, report, moved_m(trip) if accepted else 0.0, math.nan)
    else:
        trip["rightly_open"] = 1 if is_opened(report) else 0
        if is_locked(report) and trip["phase"][OPENING] == OPEN:
            trip["flag"][OPENING] |= RELOCKED_FLAG
    events = report["events"] & UNLOCK_BITS
    return judge(table, slot, trip, OPENING, level, report, report["time_ms"], severity, events, out, n)


@helper
def walk_seal(
    rules: Rules,
    store: Store,
    table: Rows,
    info: Row,
    slot: int,
    trip: Row,
    before: Fix,
    report: Row,
    accepted: bool,
    out: Rows,
    n: int,
) -> int:
    """Both seal rules for one report."""
    if accepted:
        for k in (OPENING, TAMPER):
            n = note_after_fix(slot, trip, k, report["time_ms"], out, n)
    n = walk_tamper(rules.policies[info["policy"]], table, slot, trip, before, report, accepted, out, n)
    n = walk_opening(rules, store, table, info, slot, trip, before, report, accepted, out, n)
    if is_locked(report):
        trip["locked"] = 1
    return n
