"""Slots as a field's value: what the typed decoder and `coerce` would make of them, for plain values only.

Each reader has one value for absent (that of the packed column) and one for odd, which no field can hold.
"""

from __future__ import annotations

import math

from sealtrack.core.jit import helper
from sealtrack.io.codecs.coerce import LONGEST_TEXT
from sealtrack.io.codecs.scan.numbers import Text, decimal, time_ms
from sealtrack.io.codecs.scan.syntax import FALSE, NAMES_A_WHERE, NULL, REAL, TEXT, TRUE, WHOLE, Row
from sealtrack.io.codecs.times import LATEST_MS
from sealtrack.schema import NO_TIME

ODD_TIME = NO_TIME + 1
ODD_WHOLE = -2
ABSENT, NO, YES, ODD_BOOL = -1, 0, 1, -2


@helper
def slot_at(work: Row, where: int, name: int) -> Row:
    """The SLOT_DTYPE row of a key that is there."""
    return work["slots"][where * NAMES_A_WHERE + name]


@helper
def slot_kind(work: Row, where: int, name: int) -> int:
    """What the value is; a key that is not there counts as null, as in the slow reading."""
    return slot_at(work, where, name)["kind"] if (work["seen"][where] >> name) & 1 else NULL


@helper
def real_of(work: Row, where: int, name: int, low: float, high: float) -> float:
    """A float field: NaN = absent, infinite = odd."""
    kind = slot_kind(work, where, name)
    if kind == NULL:
        return math.nan
    if kind != WHOLE and kind != REAL:
        return math.inf
    slot = slot_at(work, where, name)
    value = decimal(slot["mantissa"], slot["exp10"])
    if slot["stop"] == 1 and not (kind == WHOLE and slot["mantissa"] == 0):  # the integer -0 is 0
        value = -value
    return value if low <= value <= high else math.inf


@helper
def whole_of(work: Row, where: int, name: int, high: int) -> int:
    """An integer field from 0 to `high`: -1 = absent, ODD_WHOLE = odd."""
    kind = slot_kind(work, where, name)
    if kind == NULL:
        return -1
    slot = slot_at(work, where, name)
    is_plain = kind == WHOLE and slot["stop"] == 0 and slot["mantissa"] <= high
    return slot["mantissa"] if is_plain else ODD_WHOLE


@helper
def bool_of(work: Row, where: int, name: int) -> int:
    """A bool field: ABSENT, NO, YES or ODD_BOOL."""
    kind = slot_kind(work, where, name)
    if kind == NULL:
        return ABSENT
    return YES if kind == TRUE else NO if kind == FALSE else ODD_BOOL


@helper
def time_of(text: Text, work: Row, where: int, name: int) -> int:
    """A time field: NO_TIME = absent, ODD_TIME = odd."""
    kind = slot_kind(work, where, name)
    if kind == NULL:
        return NO_TIME
    slot = slot_at(work, where, name)
    if kind == TEXT:
        ms = time_ms(text, slot["start"], slot["stop"])
        return ODD_TIME if ms == NO_TIME else ms
    is_plain = kind == WHOLE and slot["stop"] == 0 and slot["mantissa"] <= LATEST_MS
    return slot["mantissa"] if is_plain else ODD_TIME


@helper
def text_of(work: Row, where: int, name: int, into: Row) -> bool:
    """Put where the text of a name field lies into `into` (start, stop; stop = start where absent); False when odd."""
    into["start"] = 0
    into["stop"] = 0
    kind = slot_kind(work, where, name)
    if kind == NULL:
        return True
    slot = slot_at(work, where, name)
    if kind != TEXT or not 1 <= slot["stop"] - slot["start"] <= LONGEST_TEXT:
        return False
    into["start"] = slot["start"]
    into["stop"] = slot["stop"]
    return True
