"""From a kernel's row to an alert: names for its numbers."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sealtrack.core.anomaly import CAUSES, OUT_OF_REACH
from sealtrack.core.forbidden import CROSSING_FLAG
from sealtrack.core.grade import BACKFILLED_FLAG, DEAD_ZONE_FLAG
from sealtrack.core.late import LATE_FLAG
from sealtrack.core.seal import NEVER_LOCKED_FLAG, RELOCKED_FLAG
from sealtrack.core.speeding import MEASURED_FLAG
from sealtrack.core.state import (
    ANOMALY,
    CLOSED_STATUS,
    DEVIATION,
    FORBIDDEN,
    JAMMING,
    LOW_BATTERY,
    OPENING,
    OVERDUE,
    REVERSAL,
    SEPARATION,
    SILENCE,
    SKIPPED,
    SPEEDING,
    STOP,
    TAMPER,
    UNHEARD,
)
from sealtrack.engine.rows import Row
from sealtrack.io.codecs.times import time_text
from sealtrack.schema import NO_TIME, OTHER_PLATE, OTHER_SEAL, Alert, Event, Kind, Severity, Shipment, Status

KINDS = tuple(Kind)
SEVERITIES = tuple(Severity)
EVENTS = tuple(Event)


class Names(NamedTuple):
    """What the numbers in a row stand for."""

    cards: Callable[[], Sequence[str]]
    """By card code. Asked only where one is named: there may be very many."""
    zones: Sequence[str]
    """Zone ids, by zone number."""


def alert_id(shipment_id: str, kind: str, start_ms: int) -> str:
    """The same feed gives the same id: 16 hex digits of shipment, kind and start."""
    return hashlib.blake2b(f"{shipment_id}\n{kind}\n{start_ms}".encode(), digest_size=8).hexdigest()


def make_alert(row: Row, shipment: Shipment, names: Names) -> Alert:
    """The alert that a row describes, as version 1."""
    kind = KINDS[row.kind]
    status = Status.closed if row.status == CLOSED_STATUS else Status.open
    evidence = _evidence(row, names)
    return Alert(
        alert_id=alert_id(shipment.shipment_id, kind, row.start_ms),
        version=1,
        kind=kind,
        status=status,
        severity=SEVERITIES[row.severity],
        shipment_id=shipment.shipment_id,
        seal_id=shipment.seal_id,
        start=row.start_ms,
        end=_time(row.end_ms),
        lat=_degrees(row.lat),
        lon=_degrees(row.lon),
        evidence=evidence,
        detected_at=row.detected_ms,
    )


def _time(value: int) -> int | None:
    return None if value == NO_TIME else value


def _degrees(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _evidence(row: Row, names: Names) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if row.end_ms != NO_TIME:
        facts["duration_s"] = round((row.end_ms - row.start_ms) / 1e3, 1)
    facts |= _BY_KIND[row.kind](row)
    if row.kind in (OVERDUE, UNHEARD):
        return facts
    if row.kind in (FORBIDDEN, SKIPPED):
        facts["zone"] = names.zones[int(row.peak)]
    if row.kind not in (SILENCE, SKIPPED):
        facts["reports"] = row.count
    if row.card >= 0 and row.kind in (OPENING, TAMPER):
        facts["card"] = names.cards()[row.card]
    if row.kind == SEPARATION:
        return facts | {"sighting_id": names.cards()[row.card]}
    facts["partition"] = row.partition
    facts["first_offset"] = row.first_offset
    if row.kind != SILENCE:
        facts["last_offset"] = row.last_offset
    return facts


def _deviation(row: Row) -> dict[str, Any]:
    km = {"left_route_km": _km(row.start_route_m), "last_route_km": _km(row.end_route_m)}
    if row.flag:
        return {"shortcut": True, "route_gap_km": _km(row.peak)} | km
    return {"max_offset_m": round(row.peak, 1), "last_inside_at": _text(row.before_fix_ms)} | km


def _stop(row: Row) -> dict[str, Any]:
    return {"stood_s": round(row.peak, 1), "route_km": _km(row.start_route_m)}


def _seal(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {"events": [name.value for bit, name in enumerate(EVENTS) if row.events >> bit & 1]}
    if row.flag & LATE_FLAG:
        facts["late"] = True
    if row.before_fix_ms != row.start_ms:
        facts |= {"last_fix_at": _text(row.before_fix_ms), "next_fix_at": _text(row.after_fix_ms)}
    return facts


def _opening(row: Row) -> dict[str, Any]:
    if row.flag & LATE_FLAG:
        return _seal(row)
    facts: dict[str, Any] = {
        "never_locked": bool(row.flag & NEVER_LOCKED_FLAG),
        "opening_no": int(row.start_route_m),
        "moved_m": round(row.peak, 1),
    }
    if row.status == CLOSED_STATUS:
        facts["relocked"] = bool(row.flag & RELOCKED_FLAG)
    return _seal(row) | facts


def _silence(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {"limit_s": row.count, "last_fix_at": _text(row.before_fix_ms)}
    if row.status == CLOSED_STATUS:
        facts |= {"backfilled": bool(row.flag & BACKFILLED_FLAG), "unfilled_s": round(row.peak, 1)}
        if not math.isnan(row.start_route_m):
            facts |= {"spare_s": round(row.start_route_m), "could_detour_km": _km(row.end_route_m)}
    if row.flag & DEAD_ZONE_FLAG:
        facts["dead_zone"] = True
    return facts


def _anomaly(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {"causes": [name for bit, name in enumerate(CAUSES) if row.events >> bit & 1]}
    if row.events & OUT_OF_REACH:
        facts["max_jump_m"] = round(row.peak, 1)
    return facts | {"last_true_fix_at": _text(row.before_fix_ms)}


def _km(metres: float) -> float | None:
    return None if math.isnan(metres) else round(metres / 1e3, 3)


def _text(ms: int) -> str | None:
    return None if ms == NO_TIME else time_text(ms)


def _forbidden(row: Row) -> dict[str, Any]:
    return {"crossed_between_fixes": True} if row.flag & CROSSING_FLAG else {}


def _reversal(row: Row) -> dict[str, Any]:
    return {"max_back_m": round(row.peak, 1), "route_km": _km(row.start_route_m)}


def _speeding(row: Row) -> dict[str, Any]:
    measured = {"measured": True} if row.flag & MEASURED_FLAG else {}
    return {"max_speed_kmh": round(row.peak, 1), "limit_kmh": round(row.end_route_m, 1)} | measured


def _jamming(row: Row) -> dict[str, Any]:
    return {"said_by_device": bool(row.events), "last_fix_at": _text(row.before_fix_ms)}


def _battery(row: Row) -> dict[str, Any]:
    charge = row.end_route_m
    return {"battery_pct": None if math.isnan(charge) else round(charge, 1)}


def _clocked(row: Row) -> dict[str, Any]:
    return {"last_fix_at": _text(row.before_fix_ms)}


def _overdue(row: Row) -> dict[str, Any]:
    predicted = {} if row.after_fix_ms == NO_TIME else {"predicted_arrival": _text(row.after_fix_ms)}
    return _clocked(row) | predicted


def _skipped(row: Row) -> dict[str, Any]:
    km = {"left_route_km": _km(row.start_route_m), "rejoined_route_km": _km(row.end_route_m)}
    return {"checkpoints": row.count} | km


def _separation(row: Row) -> dict[str, Any]:
    read = [word for bit, word in ((OTHER_PLATE, "plate"), (OTHER_SEAL, "seal")) if row.events & bit]
    facts = {"max_apart_m": round(row.peak, 1), "last_fix_at": _text(row.before_fix_ms)}
    return facts | ({"read": read} if read else {})


_BY_KIND = {
    DEVIATION: _deviation,
    STOP: _stop,
    OPENING: _opening,
    TAMPER: _seal,
    SILENCE: _silence,
    ANOMALY: _anomaly,
    FORBIDDEN: _forbidden,
    REVERSAL: _reversal,
    SPEEDING: _speeding,
    JAMMING: _jamming,
    LOW_BATTERY: _battery,
    OVERDUE: _overdue,
    UNHEARD: _clocked,
    SKIPPED: _skipped,
    SEPARATION: _separation,
}
