"""One reading of one field, whatever it came from: JSON value, CSV text, Arrow scalar.

`coerce` is the slow, exact reading. Fast paths (a typed JSON decoder, Arrow casts) may accept what it would accept with
the same result; all that they refuse comes here, so that each error is worded in one place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime

import numpy as np

from sealtrack.io.codecs.times import EARLIEST_MS, LATEST_MS, datetime_ms, text_ms
from sealtrack.schema import Field, FieldType

LONGEST_TEXT = 1000
"""Characters in a text field. Names and ids are shorter; more is a mistake or an attack on memory."""
LONGEST_SHOWN = 40
F4_MAX = float(np.finfo(np.float32).max)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BOOLS = {"true": True, "1": True, "false": False, "0": False}


class FieldError(ValueError):
    """A value that its field cannot hold."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def coerce(item: Field, value: object) -> object | None:
    """`value` as the field's Python type, None if absent (None or empty text).

    Times become int milliseconds, lists tuples of text. Raises FieldError with a reason code and a sentence that says
    what is expected.
    """
    if value is None or value == "":
        return None
    return _READERS[item.f.type](item, value)


def shown(value: object) -> str:
    """`value` as it appears in a message: quoted, and never longer than a line can bear."""
    text = repr(value[:LONGEST_SHOWN] if isinstance(value, str | bytes | list) else value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _text(_item: Field, value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = _digits(value)  # ids are often all digits and lose their quotes on the way
    if not isinstance(value, str):
        raise FieldError("not_text", f"{shown(value)} is not text; write it in quotes")
    if len(value) > LONGEST_TEXT:
        raise FieldError("too_long", f"{len(value)} characters; at most {LONGEST_TEXT} are kept")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldError("not_utf8", f"{shown(value)} holds half a character; write it in UTF-8") from None
    return value


def _time(item: Field, value: object) -> int:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise FieldError("no_zone", f"{value} has no time zone; append Z or an offset such as +07:00")
        return datetime_ms(value)
    if isinstance(value, str) and (":" in value or not _NUMBER.fullmatch(value.strip())):
        return _text_time(value)
    try:
        ms = _whole(item, value)
    except FieldError:
        raise FieldError("not_a_time", _time_remedy(value)) from None
    if not EARLIEST_MS <= ms <= LATEST_MS:
        raise FieldError("out_of_range", f"{shown(value)} is no time in milliseconds since 1970")
    return ms


def _text_time(value: str) -> int:
    try:
        return text_ms(value)
    except LookupError:
        raise FieldError("no_zone", f"{shown(value)} has no time zone; append Z or an offset such as +07:00") from None
    except (ValueError, OverflowError):
        raise FieldError("not_a_time", _time_remedy(value)) from None


def _time_remedy(value: object) -> str:
    return f"{shown(value)} is no time; write 2024-05-01T08:00:00Z or whole milliseconds since 1970"


def _number(item: Field, value: object) -> float:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise FieldError("not_a_number", f"{shown(value)} is not a number; write digits with a decimal point")
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError("not_a_number", f"{shown(value)} is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise FieldError("not_finite", f"{value} is not a finite number; leave the field out or write null")
    low, high = number_range(item)
    if not low <= value <= high:
        unit = f" {item.f.unit}" if item.f.unit else ""
        raise FieldError("out_of_range", f"{shown(value)} is outside {_bounds(item)}{unit}")
    return float(value)


def number_range(item: Field) -> tuple[float, float]:
    """Least and greatest value of a number field: as declared, else what its packed column can hold."""
    low = -F4_MAX if item.f.low is None else item.f.low
    high = F4_MAX if item.f.high is None else item.f.high
    return low, high


def _bounds(item: Field) -> str:
    low, high = number_range(item)
    return f"{low:g} … {high:g}"


def _whole(item: Field, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,20}\s*", value, re.ASCII):
        value = int(value)
    number = _number(item, value)
    if number != int(number):
        raise FieldError("not_whole", f"{shown(value)} is not a whole number")
    return value if isinstance(value, int) else int(number)


def _bool(_item: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    known = _BOOLS.get(str(value).strip().lower()) if isinstance(value, str | int) else None
    if known is None:
        raise FieldError("not_a_bool", f"{shown(value)} is neither true nor false")
    return known


def _choice(item: Field, value: object) -> str:
    name = value.strip().lower() if isinstance(value, str) else ""
    if name not in item.f.choices:
        raise FieldError("unknown_choice", f"{shown(value)} is none of {', '.join(item.f.choices)}")
    return name


def _list(item: Field, value: object) -> tuple[str, ...]:
    """Entries that are no text are kept as the text they show: a device event in a wrong type is still an event."""
    if isinstance(value, str):
        entries: list[object] = list(value.split(";"))
    elif isinstance(value, list | tuple):
        entries = [entry for entry in value if entry is not None]
    else:
        raise FieldError("not_a_list", f"{shown(value)} is not a list of texts")
    names = [entry.strip() if isinstance(entry, str) else shown(entry) for entry in entries]
    for name in names:
        _text(item, name)
        if item.f.choices and name and name not in item.f.choices:
            raise FieldError("unknown_choice", f"{shown(name)} is none of {', '.join(item.f.choices)}")
    return tuple(name for name in names if name)


def _object(_item: Field, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise FieldError("not_an_object", f"{shown(value)} is not an object")
    return value


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python refuses to print thousands of digits
        raise FieldError("too_long", f"a number of {value.bit_length()} bits is no name") from None


_READERS: dict[FieldType, Callable[[Field, object], object]] = {
    FieldType.TEXT: _text,
    FieldType.TIME: _time,
    FieldType.FLOAT: _number,
    FieldType.INT: _whole,
    FieldType.BOOL: _bool,
    FieldType.CHOICE: _choice,
    FieldType.LIST: _list,
    FieldType.OBJECT: _object,
}
