"""One JSON object to slots: where each known key's value lies, or the verdict that the record is odd.

Odd is whatever is not plain: an escape, a key twice, a blank before a colon, deep nesting, bytes that are no UTF-8, a
number of many digits, anything that is no JSON. An odd record is none of the scanner's business; what reads it word by
word decides. So nothing here need be tolerated or explained, and a false alarm costs time only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sealtrack.core.jit import helper, inlined_helper
from sealtrack.io.codecs.scan.compiled import byte_at, low_zeros, word_at
from sealtrack.io.codecs.scan.names import (
    ATTRIBUTES,
    DEVICE,
    NAME_BYTES,
    POSITION,
    UNKNOWN,
    is_name_at,
    name_at,
    text_hash,
)
from sealtrack.io.codecs.scan.numbers import ODD, Text, number

Row = Any
"""One record of a structured array."""

TOP, IN_POSITION, IN_DEVICE, IN_ATTRIBUTES, ELSEWHERE = range(5)
"""Objects whose values are kept, and all others."""

NULL, TRUE, FALSE, TEXT, WHOLE, REAL, OBJECT, ARRAY = range(8)
"""What a value is."""

SLOT_DTYPE = np.dtype(
    [("kind", "i8"), ("start", "i8"), ("stop", "i8"), ("mantissa", "i8"), ("exp10", "i8")], align=True
)
"""A value: of texts and arrays the bytes inside, of numbers the mantissa with its sign in `stop` (1 = negative)."""

DEEPEST = 8
MOST_KEYS = 256
"""Unknown keys that are remembered while their objects are open, to notice one that comes twice."""

LEVEL_DTYPE = np.dtype(
    [("where", "i8"), ("seen", "i8"), ("keys", "i8"), ("last", "i8"), ("is_array", "i8")], align=True
)
"""An object or array that is open: which one, keys seen as bits, where its unknown keys begin, its last key."""

NAMES_A_WHERE = 64
WORK_DTYPE = np.dtype(
    [
        ("slots", SLOT_DTYPE, (5 * NAMES_A_WHERE,)),  # see `slot_at`
        ("seen", "i8", (5,)),  # by object: which names it has, as bits
        ("levels", LEVEL_DTYPE, (DEEPEST,)),
        ("keys", "i8", (MOST_KEYS,)),
        ("follows", "i8", (5 * NAMES_A_WHERE,)),  # which name came after this one the last time
    ],
    align=True,
)
"""What is known of one object, and room to read it in."""

ONES, HIGH = 0x0101010101010101, -0x7F7F7F7F7F7F7F80
QUOTES, SLASHES, SPACES = 0x22 * ONES, 0x5C * ONES, 0x20 * ONES
WORD_TRUE, WORD_NULL, WORD_ALSE = (int.from_bytes(text, "little") for text in (b"true", b"null", b"alse"))
LOW_4 = 0xFFFFFFFF


@helper
def _after_letter(text: Text, i: int) -> int:
    """Place after the letter of two to four bytes of UTF-8 at `i`, or ODD."""
    word = word_at(text, i)
    first, second, third, fourth = word & 255, (word >> 8) & 255, (word >> 16) & 255, (word >> 24) & 255
    if second & 0xC0 != 0x80:
        return ODD
    if 0xC2 <= first <= 0xDF:
        return i + 2
    if third & 0xC0 != 0x80:
        return ODD
    if first & 0xF0 == 0xE0:
        is_bad = (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F)  # too long; half a pair
        return ODD if is_bad else i + 3
    if fourth & 0xC0 != 0x80 or not 0xF0 <= first <= 0xF4:
        return ODD
    return ODD if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F) else i + 4


@helper
def close_of_text(text: Text, i: int) -> int:
    """Place of the quote that closes the text from `i` on; ODD for an escape, control character or bad UTF-8.

    A text that begins with a colon is odd too: it looks like a key to whom counts keys by `":`.
    """
    if byte_at(text, i) == 58:
        return ODD
    while True:
        word = word_at(text, i)
        quotes = word ^ QUOTES
        slashes = word ^ SLASHES
        hits = ((quotes - ONES) & ~quotes) | ((slashes - ONES) & ~slashes) | ((word - SPACES) & ~word) | word
        hits &= HIGH  # the lowest is true: a borrow disturbs only bytes above one
        if hits == 0:
            i += 8
            continue
        i += low_zeros(hits) >> 3
        byte = byte_at(text, i)
        if byte == 34:
            return i
        if byte < 128:
            return ODD
        i = _after_letter(text, i)
        if i < 0:
            return ODD


@helper
def after_blanks(text: Text, i: int) -> int:
    """First place from `i` on that is no JSON white space; the text's end stops it."""
    byte = byte_at(text, i)
    while byte <= 32 and (byte == 32 or byte == 10 or byte == 13 or byte == 9):
        i += 1
        byte = byte_at(text, i)
    return i


@inlined_helper
def _scalar(text: Text, i: int, slot: Row) -> int:
    """Read the text, number or word at `i` into `slot`; returns the place after it, or ODD."""
    byte = byte_at(text, i)
    if byte == 34:
        end = close_of_text(text, i + 1)
        slot["kind"] = TEXT
        slot["start"] = i + 1
        slot["stop"] = end
        return ODD if end < 0 else end + 1
    is_negative = byte == 45
    if is_negative or 48 <= byte <= 57:
        start = i + 1 if is_negative else i
        end, mantissa, exp10, whole = number(text, start)
        slot["kind"] = WHOLE if whole else REAL
        slot["stop"] = 1 if is_negative else 0
        slot["mantissa"] = mantissa
        slot["exp10"] = exp10
        return end
    word = word_at(text, i)
    if word & LOW_4 == WORD_NULL:
        slot["kind"] = NULL
        return i + 4
    if word & LOW_4 == WORD_TRUE:
        slot["kind"] = TRUE
        return i + 4
    if byte == 102 and (word >> 8) & LOW_4 == WORD_ALSE:
        slot["kind"] = FALSE
        return i + 5
    return ODD


@helper
def _where_leads(where: int, name: int) -> int:
    """Which object the value of this key is."""
    if where == TOP and name == POSITION:
        return IN_POSITION
    if where == TOP and name == DEVICE:
        return IN_DEVICE
    return IN_ATTRIBUTES if where == IN_POSITION and name == ATTRIBUTES else ELSEWHERE


@inlined_helper
def _key(text: Text, i: int, work: Row, level: Row, used: int) -> tuple[int, int, int]:
    """The key that begins at `i`: (place of its value, name, unknown keys remembered); ODD for one that came before.

    The key that came after this one in this object the last time is looked at first: it is mostly right.
    """
    if byte_at(text, i) != 34:
        return ODD, 0, 0
    keys = work["keys"]
    name = work["follows"][level["where"] * NAMES_A_WHERE + level["last"]]
    if is_name_at(text, i + 1, name):
        end = i + 1 + NAME_BYTES[name]
    else:
        end = close_of_text(text, i + 1)
        if end < 0:
            return ODD, 0, 0
        name = name_at(text, i + 1, end - i - 1)
        work["follows"][level["where"] * NAMES_A_WHERE + level["last"]] = name
    if name < UNKNOWN:
        if (level["seen"] >> name) & 1:
            return ODD, 0, 0
        level["seen"] |= 1 << name
    else:
        if used == MOST_KEYS:
            return ODD, 0, 0
        keys[used] = text_hash(text, i + 1, end - i - 1)
        for k in range(level["keys"], used):
            if keys[k] == keys[used]:
                return ODD, 0, 0
        used += 1
    if byte_at(text, end + 1) != 58:
        return ODD, 0, 0
    level["last"] = name
    return after_blanks(text, end + 2), name, used


@helper
def _open(work: Row, depth: int, where: int, keys: int, is_array: int) -> None:
    level = work["levels"][depth]
    level["where"] = where
    level["seen"] = 0
    level["keys"] = keys
    level["last"] = UNKNOWN
    level["is_array"] = is_array


@inlined_helper
def _enter(text: Text, i: int, work: Row, depth: int, where: int, name: int, used: int) -> int:
    """Open the object or array at `i`, the value of a key; returns the place of what comes first in it."""
    is_object = byte_at(text, i) == 123
    slot = work["slots"][where * NAMES_A_WHERE + name]
    slot["kind"] = OBJECT if is_object else ARRAY
    slot["start"] = i + 1
    inner = _where_leads(where, name) if is_object else ELSEWHERE
    _open(work, depth, inner, used, 0 if is_object else 1)
    return after_blanks(text, i + 1)


@helper
def _may_close(text: Text, i: int, level: Row) -> bool:
    """True at the bracket that closes this object or array."""
    return byte_at(text, i) == (93 if level["is_array"] == 1 else 125)


@helper
def scan_object(text: Text, start: int, stop: int, work: Row) -> bool:
    """Read the object in the bytes from `start` to `stop` into a WORK_DTYPE row; False when it is odd.

    The text goes on for 16 bytes or more behind `stop`.
    """
    seen = work["seen"]
    seen[:] = 0
    i = after_blanks(text, start)
    if byte_at(text, i) != 123:
        return False
    depth = 0
    used = 0
    _open(work, 0, TOP, 0, 0)
    i = after_blanks(text, i + 1)
    is_empty = True
    while i < stop:  # else in the next record already
        level = work["levels"][depth]
        if not (is_empty and _may_close(text, i, level)):
            name = UNKNOWN
            where = ELSEWHERE
            if level["is_array"] == 0:
                i, name, used = _key(text, i, work, level, used)
                if i < 0:
                    return False
                where = level["where"]
            slot = work["slots"][where * NAMES_A_WHERE + name]
            if byte_at(text, i) == 123 or byte_at(text, i) == 91:
                depth += 1
                if depth == DEEPEST:
                    return False
                i = _enter(text, i, work, depth, where, name, used)
                is_empty = True
                continue
            i = _scalar(text, i, slot)
            if i < 0:
                return False
            i = after_blanks(text, i)
        is_empty = False
        while byte_at(text, i) != 44:
            level = work["levels"][depth]
            if i >= stop or not _may_close(text, i, level):
                return False
            seen[level["where"]] = level["seen"]
            used = level["keys"]
            if depth == 0:
                return after_blanks(text, i + 1) >= stop
            depth -= 1
            i = after_blanks(text, i + 1)
        i = after_blanks(text, i + 1)
    return False
