"""Traccar's shape: the slots of position, device and attributes to a packed row, as `codecs.traccar` reads them."""

from __future__ import annotations

import math

import numpy as np

from sealtrack.core.jit import helper, inlined_helper
from sealtrack.io.codecs.scan.compiled import byte_at
from sealtrack.io.codecs.scan.names import (
    ACCURACY,
    ALARM,
    ARCHIVE,
    ATTRIBUTES,
    BATTERY_LEVEL,
    BLOCKED,
    CHARGE,
    COURSE,
    DEVICE,
    DEVICE_TIME,
    DRIVER_UNIQUE_ID,
    EVENT_SOURCE,
    FIX_TIME,
    IGNITION,
    INDEX,
    LATITUDE,
    LONGITUDE,
    OUTDATED,
    POSITION,
    PROTOCOL,
    SAT,
    SERVER_TIME,
    SPEED,
    STATUS,
    UNIQUE_ID,
    VALID,
)
from sealtrack.io.codecs.scan.native import F4_HIGH, LAST_SEQ, MOST_SATELLITES
from sealtrack.io.codecs.scan.numbers import Text
from sealtrack.io.codecs.scan.syntax import (
    IN_ATTRIBUTES,
    IN_DEVICE,
    IN_POSITION,
    NULL,
    OBJECT,
    TEXT,
    TOP,
    Row,
)
from sealtrack.io.codecs.scan.values import (
    ABSENT,
    NO,
    ODD_BOOL,
    ODD_TIME,
    ODD_WHOLE,
    YES,
    bool_of,
    real_of,
    slot_at,
    slot_kind,
    text_of,
    time_of,
    whole_of,
)
from sealtrack.io.codecs.scan.words import (
    ALARM_WORDS,
    NOT_THERE,
    OTHER,
    PROTOCOL_JT600,
    PROTOCOL_NONE,
    PROTOCOL_OTHER,
    PROTOCOL_WORDS,
    event_bit,
    word_value,
)
from sealtrack.io.codecs.times import CLOCK_SET_SINCE_MS, LATEST_MS
from sealtrack.io.codecs.traccar_lock import (
    SOURCE_EVENTS,
    STATUS_CELL_TOWER,
    STATUS_EVENT,
    STATUS_MOTOR_LOCKED,
    STATUS_ROPE_INSERTED,
)
from sealtrack.io.codecs.traccar_values import BATTERY_CHARGING, KMH_PER_KNOT, STALE_FIX_MS
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, NO_TIME, Event, Lock

LAST_STATUS = (1 << 16) - 1
MOST_KNOTS = F4_HIGH / 4
STATUS_BITS = np.array([EVENT_BIT[STATUS_EVENT[n]] if n in STATUS_EVENT else 0 for n in range(16)], np.int64)
SOURCE_BITS = np.full(1000, OTHER, np.int64)
for _source, _events in SOURCE_EVENTS.items():
    SOURCE_BITS[_source] = sum(EVENT_BIT[event] for event in _events)
ROPE_CUT, UNLOCK, LOCKS, CHARGING = (
    EVENT_BIT[event] for event in (Event.rope_cut, Event.unlock, Event.lock, Event.charging)
)
LOCKED, UNLOCKED, CUT = int(Lock.locked), int(Lock.unlocked), int(Lock.cut)


@helper
def _is_given(work: Row, name: int) -> bool:
    return (work["seen"][IN_ATTRIBUTES] >> name) & 1 == 1


@inlined_helper
def _protocol(text: Text, work: Row) -> int:
    kind = slot_kind(work, IN_POSITION, PROTOCOL)
    if kind == NULL:
        return PROTOCOL_NONE
    slot = slot_at(work, IN_POSITION, PROTOCOL)
    if kind != TEXT:
        return NOT_THERE
    found = word_value(text, slot["start"], slot["stop"], PROTOCOL_WORDS)
    return PROTOCOL_OTHER if found == NOT_THERE else found


@inlined_helper
def _status_word(work: Row, protocol: int) -> int:
    """The 16 bits, -1 where `status` is not that word, ODD_WHOLE for what is no plain integer."""
    if not _is_given(work, STATUS):
        return -1
    status = whole_of(work, IN_ATTRIBUTES, STATUS, LATEST_MS)
    if status < 0:
        return ODD_WHOLE
    is_other = not _is_given(work, BLOCKED) and (_is_given(work, INDEX) or _is_given(work, IGNITION))
    return -1 if protocol == PROTOCOL_OTHER or is_other or status > LAST_STATUS else status


@inlined_helper
def _alarms(text: Text, work: Row) -> int:
    kind = slot_kind(work, IN_ATTRIBUTES, ALARM)
    if kind == NULL:
        return 0
    if kind != TEXT:
        return NOT_THERE
    slot = slot_at(work, IN_ATTRIBUTES, ALARM)
    bits = 0
    start = slot["start"]
    for i in range(slot["start"], slot["stop"] + 1):
        if i == slot["stop"] or byte_at(text, i) == 44:
            bit = event_bit(text, start, i, ALARM_WORDS)
            if bit == NOT_THERE:
                return NOT_THERE
            bits |= bit
            start = i + 1
    return bits


@inlined_helper
def _operations(work: Row, protocol: int, has_card: int) -> int:
    source = whole_of(work, IN_ATTRIBUTES, EVENT_SOURCE, 999)
    if source == ODD_WHOLE:
        return NOT_THERE
    if source >= 0:
        return SOURCE_BITS[source]
    return UNLOCK if protocol == PROTOCOL_JT600 and has_card and not _is_given(work, STATUS) else 0


@inlined_helper
def _lock_state(work: Row, status: int, protocol: int, blocked: int, events: int) -> int:
    if events & ROPE_CUT:
        return CUT
    if status >= 0:
        closed = STATUS_ROPE_INSERTED | STATUS_MOTOR_LOCKED
        return LOCKED if status & closed == closed else UNLOCKED
    if blocked != ABSENT and protocol != PROTOCOL_OTHER and not _is_given(work, IGNITION):
        return LOCKED if blocked == YES else UNLOCKED
    if events & UNLOCK:
        return UNLOCKED
    return LOCKED if events & LOCKS else 0


@inlined_helper
def _battery(work: Row, row: Row) -> int:
    """Fill `battery_pct`; the bit `charging` or 0, NOT_THERE when odd."""
    level = real_of(work, IN_ATTRIBUTES, BATTERY_LEVEL, 0.0, float(BATTERY_CHARGING))
    charge = bool_of(work, IN_ATTRIBUTES, CHARGE)
    if charge == ODD_BOOL or (level > 100.0 and level != BATTERY_CHARGING):
        return NOT_THERE
    row["battery_pct"] = math.nan if level == BATTERY_CHARGING else level
    return CHARGING if level == BATTERY_CHARGING or charge == YES else 0


@inlined_helper
def _lock_facts(text: Text, work: Row, row: Row, has_card: int) -> bool:
    """Fill lock, events, battery and what a lock event or a cell-tower fix spoils; False when odd."""
    protocol = _protocol(text, work)
    status = _status_word(work, protocol)
    blocked = bool_of(work, IN_ATTRIBUTES, BLOCKED)
    alarms = _alarms(text, work)
    operated = _operations(work, protocol, has_card)
    charging = _battery(work, row)
    is_odd = protocol == NOT_THERE or status == ODD_WHOLE or alarms == NOT_THERE or operated == NOT_THERE
    if is_odd or charging == NOT_THERE or blocked == ODD_BOOL:
        return False
    events = alarms | operated
    if status >= 0:
        for bit in range(16):
            if (status >> bit) & 1:
                events |= STATUS_BITS[bit]
        if status & STATUS_CELL_TOWER:
            row["flags"] |= FLAG_INVALID
    row["lock"] = _lock_state(work, status, protocol, blocked, events)
    row["events"] = events | charging
    if operated:
        row["speed_kmh"] = math.nan
    return True


@inlined_helper
def _when(text: Text, work: Row, received_ms: int, row: Row) -> bool:
    """Fill the times, and the flag of a position that is not as fresh; False when odd."""
    fixed_ms = time_of(text, work, IN_POSITION, FIX_TIME)
    made_ms = time_of(text, work, IN_POSITION, DEVICE_TIME)
    server_ms = time_of(text, work, IN_POSITION, SERVER_TIME)
    valid = bool_of(work, IN_POSITION, VALID)
    outdated = bool_of(work, IN_POSITION, OUTDATED)
    if fixed_ms == ODD_TIME or made_ms == ODD_TIME or server_ms == ODD_TIME or max(fixed_ms, made_ms) == NO_TIME:
        return False
    if valid == ODD_BOOL or outdated == ODD_BOOL or received_ms > LATEST_MS:
        return False
    both = fixed_ms != NO_TIME and made_ms != NO_TIME
    is_stale = valid == NO or outdated == YES or (both and made_ms - fixed_ms > STALE_FIX_MS)
    t_ms = made_ms if made_ms != NO_TIME and (is_stale or fixed_ms == NO_TIME) else fixed_ms
    if t_ms < CLOCK_SET_SINCE_MS:
        is_stale = True
        stand_in = server_ms if received_ms < 0 else received_ms
        t_ms = t_ms if stand_in == NO_TIME else stand_in
    row["time_ms"] = t_ms
    row["received_ms"] = server_ms
    row["flags"] = FLAG_INVALID if is_stale else 0
    return True


@helper
def read_traccar(
    text: Text,
    work: Row,
    received_ms: int,
    row: Row,
    seal: Row,
    card: Row,
) -> bool:
    """Fill a blank row, and say where the names lie; False when something is odd. `received_ms` -1 = not known."""
    if slot_kind(work, TOP, POSITION) != OBJECT or slot_kind(work, TOP, DEVICE) != OBJECT:
        return False
    attributes = slot_kind(work, IN_POSITION, ATTRIBUTES)
    if attributes != OBJECT and attributes != NULL:
        return False
    if not text_of(work, IN_DEVICE, UNIQUE_ID, seal) or seal["stop"] == seal["start"]:
        return False
    if not text_of(work, IN_ATTRIBUTES, DRIVER_UNIQUE_ID, card):
        return False
    if not _when(text, work, received_ms, row):
        return False
    knots = real_of(work, IN_POSITION, SPEED, -MOST_KNOTS, MOST_KNOTS)
    heading = real_of(work, IN_POSITION, COURSE, -F4_HIGH, F4_HIGH)
    accuracy = real_of(work, IN_POSITION, ACCURACY, 0.0, F4_HIGH)
    lat = real_of(work, IN_POSITION, LATITUDE, -90.0, 90.0)
    lon = real_of(work, IN_POSITION, LONGITUDE, -180.0, 180.0)
    if math.isinf(knots) or math.isinf(heading) or math.isinf(accuracy) or math.isinf(lat) or math.isinf(lon):
        return False
    has_fix = lat != 0.0 or lon != 0.0
    row["speed_kmh"] = knots * KMH_PER_KNOT
    row["heading_deg"] = heading
    row["accuracy_m"] = math.nan if accuracy == 0.0 else accuracy
    row["lat"] = lat if has_fix else math.nan
    row["lon"] = lon if has_fix else math.nan
    satellites = whole_of(work, IN_ATTRIBUTES, SAT, MOST_SATELLITES)
    row["satellites"] = satellites
    row["seq"] = whole_of(work, IN_ATTRIBUTES, INDEX, LAST_SEQ)
    buffered = bool_of(work, IN_ATTRIBUTES, ARCHIVE)
    if satellites == ODD_WHOLE or row["seq"] == ODD_WHOLE or buffered == ODD_BOOL:
        return False
    row["flags"] |= FLAG_BUFFERED if buffered == YES else 0
    return _lock_facts(text, work, row, card["stop"] > card["start"])
