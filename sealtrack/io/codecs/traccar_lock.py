"""What Traccar's attributes say about the lock: status word, alarms, lock events.

Traccar's `jt600` decoder serves JT701-type e-seals. It names few of their facts: some bits of the status word become an
`alarm`, the rest stay in the integer `status`; lock events (message P45) carry `eventSource` and `driverUniqueId` only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sealtrack.schema import Event, Lock

STATUS_CELL_TOWER = 1 << 0
STATUS_ROPE_INSERTED = 1 << 6
STATUS_MOTOR_LOCKED = 1 << 7

STATUS_EVENT = {
    3: Event.rope_cut,
    4: Event.vibration,
    8: Event.unlocked_too_long,
    9: Event.wrong_password,
    10: Event.illegal_card,
    11: Event.low_battery,
    12: Event.back_cover_open,
    14: Event.motor_fault,
}
"""Bit of the status word to event."""

ALARM_EVENT = {
    "powerCut": Event.rope_cut,  # an e-seal has no power line to cut: Traccar's name for the rope bit
    "fault": Event.motor_fault,
    "lowBattery": Event.low_battery,
    "lowPower": Event.low_battery,
    "vibration": Event.vibration,
    "tampering": Event.tampering,
    "removing": Event.removing,
    "jamming": Event.jamming,
    "lock": Event.lock,
    "unlock": Event.unlock,
    "door": Event.door,
    "sos": Event.sos,
}
"""Traccar's alarm name to event; others (overspeed, geofenceEnter, …) become `other`: our own rules judge these."""

SOURCE_EVENTS = {
    1: (Event.unlock,),  # authorised card
    2: (Event.illegal_card,),
    3: (Event.other,),  # the card that binds a vehicle to the seal opens nothing
    4: (Event.unlock, Event.remote_unlock),  # static password, by platform or SMS
    5: (Event.lock,),  # locked itself
    6: (Event.unlock,),  # dynamic password
    7: (Event.unlock,),  # Bluetooth
    # Rope pulled out of the unlocked body. A cut has its own status bit; calling this a cut would make every regular
    # removal at the destination a tamper alert, while an `unlock` elsewhere alerts all the same.
    8: (Event.unlock,),
}
"""`eventSource` of a lock event to events."""

_SEAL_PROTOCOLS = (None, "jt600", "jt701")


class LockFacts(NamedTuple):
    """What one position's attributes say about the seal."""

    lock: str | None
    events: list[str]
    is_lock_event: bool
    """A message about an operation of the lock (P45), not a timed report."""
    is_cell_tower_fix: bool


def lock_facts(protocol: object, attributes: dict[str, Any]) -> LockFacts:
    """Lock state and events. Never raises; what is in a wrong type counts as absent, an unknown code as `other`."""
    status = _status_word(protocol, attributes)
    events = [event for bit, event in STATUS_EVENT.items() if status is not None and status >> bit & 1]
    alarms = attributes.get("alarm")
    if isinstance(alarms, str):
        events += [ALARM_EVENT.get(name.strip(), Event.other) for name in alarms.split(",") if name.strip()]
    operated = _operations(protocol, attributes)
    events += operated
    return LockFacts(
        _lock_state(status, protocol, attributes, events),
        [event.value for event in dict.fromkeys(events)],
        bool(operated),
        status is not None and bool(status & STATUS_CELL_TOWER),
    )


def _status_word(protocol: object, attributes: dict[str, Any]) -> int | None:
    """The 16 bits, if `status` is that word.

    The same protocol puts other integers under this name: text messages (which carry `index`) and the vehicle variant
    (`ignition`). Only the binary seal message sets `blocked` beside it.
    """
    status = attributes.get("status")
    if protocol not in _SEAL_PROTOCOLS or not isinstance(status, int) or isinstance(status, bool):
        return None
    if "blocked" not in attributes and ("index" in attributes or "ignition" in attributes):
        return None
    return status if 0 <= status < 1 << 16 else None


def _operations(protocol: object, attributes: dict[str, Any]) -> list[Event]:
    source = attributes.get("eventSource")
    if isinstance(source, int | str):
        code = int(source) if str(source).isascii() and str(source).isdigit() and len(str(source)) < 4 else -1
        return list(SOURCE_EVENTS.get(code, (Event.other,)))
    # Older Traccar forwards a lock event with nothing but the card that opened the lock.
    if protocol == "jt600" and attributes.get("driverUniqueId") and "status" not in attributes:
        return [Event.unlock]
    return []


def _lock_state(status: int | None, protocol: object, attributes: dict[str, Any], events: list[Event]) -> str | None:
    if Event.rope_cut in events:
        return Lock.cut.name
    if status is not None:
        closed = STATUS_ROPE_INSERTED | STATUS_MOTOR_LOCKED
        return Lock.locked.name if status & closed == closed else Lock.unlocked.name
    blocked = attributes.get("blocked")
    if isinstance(blocked, bool) and protocol in _SEAL_PROTOCOLS and "ignition" not in attributes:
        return Lock.locked.name if blocked else Lock.unlocked.name
    if Event.unlock in events:
        return Lock.unlocked.name
    return Lock.locked.name if Event.lock in events else None
