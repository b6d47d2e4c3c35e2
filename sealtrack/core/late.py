"""Reports beyond the horizon: not walked, but their seal events still alert (judgement section 8)."""

from __future__ import annotations

import math

from sealtrack.core.gate import fix_error, has_fix
from sealtrack.core.jit import helper
from sealtrack.core.seal import UNLOCK_BITS, card_refused, is_opened, tamper_bits, tamper_severity
from sealtrack.core.state import (
    CLOSED_STATUS,
    CRITICAL,
    LATE,
    LATE_SEEN,
    OPENING,
    TAMPER,
    WARNING,
    Row,
    Rows,
    Rules,
    Store,
)
from sealtrack.core.tail import SAID_FLAGS
from sealtrack.core.terms import terms_at
from sealtrack.core.zones import may_open
from sealtrack.schema import NO_TIME

LATE_FLAG = 1
LOW_BITS = 0xFFFFFFFF
SPREAD = 1_000_003


@helper
def _fold(total: int, value: float) -> int:
    """One more number in a sum that depends on all of them and their order; NaN is a number like others."""
    scaled = -1 if math.isnan(value) else int(value * 1e6)
    return (total * SPREAD + (scaled & LOW_BITS)) & LOW_BITS


@helper
def _sum_said(report: Row) -> int:
    """A number that copies of a report share, and other reports hardly ever."""
    total = (report["time_ms"] & LOW_BITS) * SPREAD + (report["time_ms"] >> 32)
    total = ((total & LOW_BITS) * SPREAD + (report["seq"] & LOW_BITS)) & LOW_BITS
    total = _fold(_fold(total, report["lat"]), report["lon"])
    total = _fold(_fold(total, report["speed_kmh"]), report["heading_deg"])
    total = _fold(_fold(total, report["accuracy_m"]), report["battery_pct"])
    total = _fold(_fold(total, float(report["events"])), float(report["lock"]))
    total = _fold(_fold(total, float(report["satellites"])), float(report["flags"] & SAID_FLAGS))
    return _fold(total, float(report["card"]))


@helper
def count_late(store: Store, slot: int, report: Row) -> None:
    """Count a report beyond the horizon, unless it is known to be a copy of one that was counted.

    `Store.late_seen` must have a row left.
    """
    kept = store.kept[slot]
    if kept["late_row"] < 0:
        kept["late_row"] = store.arena[0]["late"]
        store.arena[0]["late"] += 1
    seen = store.late_seen[kept["late_row"]]
    kept["late_by_ms"] = max(kept["late_by_ms"], report["received_ms"] - report["time_ms"])
    said = _sum_said(report)
    known = min(kept["late_n"], LATE_SEEN)
    for i in range(known):
        if seen[i] == said:
            return
    if known < LATE_SEEN:
        seen[known] = said
    kept["late_n"] += 1
    store.arena[0]["late_reports"] += 1


@helper
def _write(out: Rows, n: int, slot: int, report: Row, kind: int, severity: int, events: int) -> int:
    row = out[n]
    t_ms = report["time_ms"]
    row["type"] = LATE
    row["kind"] = kind
    row["status"] = CLOSED_STATUS
    row["severity"] = severity
    row["flag"] = LATE_FLAG
    row["slot"] = slot
    row["count"] = 1
    row["events"] = events
    row["card"] = report["card"]
    row["partition"] = report["partition"]
    row["start_ms"] = row["end_ms"] = row["step_ms"] = t_ms
    row["detected_ms"] = report["received_ms"]
    row["first_offset"] = row["last_offset"] = report["offset"]
    row["before_fix_ms"] = t_ms if has_fix(report) else NO_TIME
    row["after_fix_ms"] = NO_TIME
    row["lat"] = report["lat"] if has_fix(report) else math.nan
    row["lon"] = report["lon"] if has_fix(report) else math.nan
    row["peak"] = 0.0
    row["start_route_m"] = row["end_route_m"] = math.nan
    return n + 1


@helper
def judge_late(rules: Rules, store: Store, slot: int, report: Row, out: Rows, n: int) -> int:
    """Write a LATE row for an opening and one for tampering; returns the next free row."""
    info = terms_at(store, slot, report["time_ms"])
    policy = rules.policies[info["policy"]]
    bits = tamper_bits(report)
    if bits != 0:
        n = _write(out, n, slot, report, TAMPER, tamper_severity(bits), bits)
    if not is_opened(report):
        return n
    permitted = has_fix(report) and may_open(
        rules, info, report["lat"], report["lon"], fix_error(report, policy), report["time_ms"]
    )
    if permitted and not card_refused(store, info, report["card"]):
        return n
    severity = WARNING if permitted else CRITICAL
    return _write(out, n, slot, report, OPENING, severity, report["events"] & UNLOCK_BITS)
