"""A report in clean Python values, on its way from bytes to packed columns."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from sealtrack.io.codecs.coerce import LONGEST_TEXT, FieldError, coerce, number_range
from sealtrack.schema import Field, FieldType, Report, fields

REPORT_FIELDS = fields(Report)


class Fault(NamedTuple):
    """One thing wrong with one row of a batch; `field` is "" when the row as a whole cannot be read."""

    row: int
    field: str
    reason: str
    message: str


def _strict_type(item: Field) -> Any:
    """The msgspec type that accepts only what needs no second look."""
    low, high = number_range(item)
    types: dict[FieldType, Any] = {
        FieldType.TEXT: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)],
        FieldType.TIME: str | int,
        FieldType.FLOAT: Annotated[float, msgspec.Meta(ge=low, le=high)],
        FieldType.INT: Annotated[int, msgspec.Meta(ge=math.ceil(low), le=math.floor(high))],
        FieldType.BOOL: bool,
        FieldType.LIST: list[Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]],
    }
    return Literal[item.f.choices] if item.f.type is FieldType.CHOICE else types[item.f.type]


Wire: Any = msgspec.defstruct(
    "Wire", [(item.name, _strict_type(item) | None, None) for item in REPORT_FIELDS], gc=False
)
"""All fields of `Report` by wire name, None where absent. Times are still text or integer."""


def _is_writable(text: str | None) -> bool:
    """False for half a surrogate pair, which JSON can spell but UTF-8 cannot."""
    return text is None or text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def wire_of(found: dict[str, Any], row: int, faults: list[Fault]) -> Any:
    """The report in `found`; fields that cannot be read are left out and named in `faults`. Never raises."""
    try:
        wire = msgspec.convert(found, Wire)
        if _is_writable(wire.seal_id) and _is_writable(wire.card):
            return wire
    except (msgspec.ValidationError, RecursionError):
        pass
    clean = {}
    for item in REPORT_FIELDS:
        try:
            clean[item.name] = coerce(item, found.get(item.name))
        except FieldError as error:
            faults.append(Fault(row, item.name, error.reason, error.message))
    return Wire(**clean)
