"""The native shape: the slots of the outer object to a packed row."""

from __future__ import annotations

import math

from sealtrack.core.jit import helper, inlined_helper
from sealtrack.io.codecs.coerce import number_range
from sealtrack.io.codecs.scan.compiled import byte_at
from sealtrack.io.codecs.scan.names import (
    ACCURACY,
    BATTERY,
    BUFFERED,
    CARD,
    DEVICE,
    EVENTS,
    HEADING,
    LAT,
    LOCK,
    LON,
    POSITION,
    RECEIVED,
    SATELLITES,
    SEAL_ID,
    SEQ,
    SPEED,
    TIME,
    VALID,
)
from sealtrack.io.codecs.scan.numbers import Text
from sealtrack.io.codecs.scan.syntax import ARRAY, NULL, OBJECT, TEXT, TOP, Row, after_blanks, close_of_text
from sealtrack.io.codecs.scan.values import (
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
from sealtrack.io.codecs.scan.words import EVENT_WORDS, LOCK_WORDS, NOT_THERE, event_bit, word_value
from sealtrack.schema import FLAG_BUFFERED, FLAG_INVALID, Report, field

F4_LOW, F4_HIGH = number_range(field(Report, "speed"))
MOST_SATELLITES = int(number_range(field(Report, "satellites"))[1])
LAST_SEQ = int(number_range(field(Report, "seq"))[1])


@inlined_helper
def _lock(text: Text, work: Row) -> int:
    kind = slot_kind(work, TOP, LOCK)
    if kind == NULL:
        return 0
    slot = slot_at(work, TOP, LOCK)
    return word_value(text, slot["start"], slot["stop"], LOCK_WORDS) if kind == TEXT else NOT_THERE


@inlined_helper
def _events(text: Text, work: Row) -> int:
    """The packed `events`, NOT_THERE for an odd list. That it is well-formed is known by now."""
    kind = slot_kind(work, TOP, EVENTS)
    if kind == NULL:
        return 0
    if kind != ARRAY:
        return NOT_THERE
    bits = 0
    i = after_blanks(text, slot_at(work, TOP, EVENTS)["start"])
    while byte_at(text, i) != 93:
        if byte_at(text, i) != 34:
            return NOT_THERE
        end = close_of_text(text, i + 1)
        bit = event_bit(text, i + 1, end, EVENT_WORDS)
        if bit == NOT_THERE:
            return NOT_THERE
        bits |= bit
        i = after_blanks(text, end + 1)
        if byte_at(text, i) == 44:
            i = after_blanks(text, i + 1)
    return bits


@helper
def read_native(text: Text, work: Row, row: Row, seal: Row, card: Row) -> bool:
    """Fill a blank row from the outer object, and say where the names lie; False when a field is odd or missing."""
    if slot_kind(work, TOP, POSITION) == OBJECT and slot_kind(work, TOP, DEVICE) == OBJECT:
        return False  # Traccar's, in a file of native ones
    row["lat"] = real_of(work, TOP, LAT, -90.0, 90.0)
    row["lon"] = real_of(work, TOP, LON, -180.0, 180.0)
    speed = real_of(work, TOP, SPEED, F4_LOW, F4_HIGH)
    heading = real_of(work, TOP, HEADING, F4_LOW, F4_HIGH)
    accuracy = real_of(work, TOP, ACCURACY, 0.0, F4_HIGH)
    battery = real_of(work, TOP, BATTERY, 0.0, 100.0)
    row["speed_kmh"] = speed
    row["heading_deg"] = heading
    row["accuracy_m"] = accuracy
    row["battery_pct"] = battery
    is_odd = math.isinf(row["lat"]) or math.isinf(row["lon"]) or math.isinf(speed)
    is_odd = is_odd or math.isinf(heading) or math.isinf(accuracy) or math.isinf(battery)
    row["time_ms"] = time_of(text, work, TOP, TIME)
    row["received_ms"] = time_of(text, work, TOP, RECEIVED)
    is_odd = is_odd or row["time_ms"] <= ODD_TIME or row["received_ms"] == ODD_TIME
    satellites = whole_of(work, TOP, SATELLITES, MOST_SATELLITES)
    row["satellites"] = satellites
    row["seq"] = whole_of(work, TOP, SEQ, LAST_SEQ)
    is_odd = is_odd or satellites == ODD_WHOLE or row["seq"] == ODD_WHOLE
    valid = bool_of(work, TOP, VALID)
    buffered = bool_of(work, TOP, BUFFERED)
    is_odd = is_odd or valid == ODD_BOOL or buffered == ODD_BOOL
    row["flags"] = (FLAG_INVALID if valid == NO else 0) | (FLAG_BUFFERED if buffered == YES else 0)
    lock = _lock(text, work)
    events = _events(text, work)
    row["lock"] = lock
    row["events"] = events
    is_odd = is_odd or lock == NOT_THERE or events == NOT_THERE
    is_odd = is_odd or not text_of(work, TOP, SEAL_ID, seal) or not text_of(work, TOP, CARD, card)
    return not is_odd and seal["stop"] > seal["start"]
