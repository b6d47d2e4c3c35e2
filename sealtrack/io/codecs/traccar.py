"""The Traccar codec: `{"position": {…}, "device": {…}}` as Traccar forwards it to Kafka.

Each message is turned into a native report, then read like one. `position.id` is 0 (forwarded before it is stored) and
is no identity.
"""

from __future__ import annotations

from typing import Any

from sealtrack.columns import Reports
from sealtrack.errors import Rejected
from sealtrack.io.codecs import scan
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.records import Form, decode_records
from sealtrack.io.codecs.times import CLOCK_SET_SINCE_MS
from sealtrack.io.codecs.traccar_lock import LockFacts, lock_facts
from sealtrack.io.codecs.traccar_values import BATTERY_CHARGING, KMH_PER_KNOT, STALE_FIX_MS
from sealtrack.io.codecs.wire import REPORT_FIELDS, Fault, Wire, wire_of
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Event

_FIELDS = {item.name: item for item in REPORT_FIELDS}


def decode_reports(batch: RecordBatch) -> tuple[Reports, list[Rejected]]:
    """Reports in `batch` and what could not be read in it. `received` is the record's timestamp. Never raises."""
    return decode_records(batch, FORM)


def is_traccar(found: dict[str, Any]) -> bool:
    """Whether `found` has Traccar's shape rather than the native one."""
    return isinstance(found.get("position"), dict) and isinstance(found.get("device"), dict)


def read_object(found: dict[str, Any], row: int, faults: list[Fault], received_ms: int | None) -> Any:
    """A forwarded position. Without `received_ms` (files) it was received at `serverTime`."""
    if not is_traccar(found):
        faults.append(Fault(row, "", "not_traccar", 'no "position" and "device" objects; is this Traccar\'s topic?'))
        return Wire()
    position, device = found["position"], found["device"]
    attributes = position.get("attributes") or {}
    if not isinstance(attributes, dict):
        faults.append(Fault(row, "attributes", "not_an_object", "position.attributes is not an object"))
        attributes = {}
    return wire_of(_native(position, device, attributes, received_ms), row, faults)


def _native(
    position: dict[str, Any], device: dict[str, Any], attributes: dict[str, Any], received_ms: int | None
) -> dict[str, Any]:
    facts = lock_facts(position.get("protocol"), attributes)
    time, is_stale = _time(position, received_ms)
    battery, charging = _battery(attributes)
    has_fix = position.get("latitude") != 0 or position.get("longitude") != 0
    return {
        "seal_id": device.get("uniqueId"),
        "time": time,
        "lat": position.get("latitude") if has_fix else None,
        "lon": position.get("longitude") if has_fix else None,
        "speed": _speed(position, facts),
        "heading": position.get("course"),
        "accuracy": position.get("accuracy") or None,  # Traccar writes 0 for unknown
        "valid": False if is_stale or facts.is_cell_tower_fix else position.get("valid"),
        "lock": facts.lock,
        "events": facts.events + charging,
        "card": attributes.get("driverUniqueId"),
        "battery": battery,
        "satellites": attributes.get("sat"),
        "seq": attributes.get("index"),
        "received": position.get("serverTime"),
        "buffered": attributes.get("archive"),
    }


def _time(position: dict[str, Any], received_ms: int | None) -> tuple[object, bool]:
    """When the report was made, and whether its position is older.

    A fresh fix dates its report. A stale or invalid one is dated by the device, so that the lock status beside it is
    judged when it was true. A clock that was never set says nothing: then it is the moment of reception.
    """
    fixed_ms, made_ms = _readable_ms(position.get("fixTime")), _readable_ms(position.get("deviceTime"))
    is_stale = position.get("valid") is False or position.get("outdated") is True
    if fixed_ms is not None and made_ms is not None and made_ms - fixed_ms > STALE_FIX_MS:
        is_stale = True
    time = made_ms if made_ms is not None and (is_stale or fixed_ms is None) else fixed_ms
    if time is None:
        return position.get("deviceTime") or position.get("fixTime"), is_stale
    if time < CLOCK_SET_SINCE_MS:
        received_ms = _readable_ms(position.get("serverTime")) if received_ms is None else received_ms
        return (time if received_ms is None else received_ms), True
    return time, is_stale


def _readable_ms(value: object) -> int | None:
    try:
        found = coerce(_FIELDS["time"], value)
    except FieldError:
        return None
    return found if isinstance(found, int) else None


def _speed(position: dict[str, Any], facts: LockFacts) -> object:
    """km/h. Lock events carry a speed that devices fill at random: left out."""
    if facts.is_lock_event:
        return None
    try:
        knots = coerce(_FIELDS["speed"], position.get("speed"))
    except FieldError:
        return position.get("speed")  # refused again, and named, when the native report is read
    return knots * KMH_PER_KNOT if isinstance(knots, float) else None


def _battery(attributes: dict[str, Any]) -> tuple[object, list[str]]:
    """Percent, and the event that it is being charged (then the level is not known)."""
    level = attributes.get("batteryLevel")
    if level == BATTERY_CHARGING:
        return None, [Event.charging.value]
    return level, [Event.charging.value] if attributes.get("charge") is True else []


FORM = Form(read_object, scan.TRACCAR)
