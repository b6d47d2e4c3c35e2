"""The properties of a geofence: each against its declaration in `sealtrack.schema.Geofence`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import Any, NamedTuple

import numpy as np

from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.model import Feature
from sealtrack.geofence.schedule import parse_schedule
from sealtrack.schema import Field, FieldType, Geofence, fields

ROLES = ("port", "border_gate", "customs_yard", "rest_area", "staging_yard", "checkpoint", "dead_zone")
_ONLY_FOR = {
    "half_width_m": "corridor",
    **dict.fromkeys(("permits", "forbids", "role", "schedule", "speed_limit"), "zone"),
}
_FIELDS = {item.name: item for item in fields(Geofence)}
_FIRST_MS, _LAST_MS = 946_684_800_000, 253_402_300_799_999
"""Years 2000 to 9999: seconds given for milliseconds fall short of it."""


class _Bad(Exception):  # noqa: N818 - one value's fault on its way to the list, never leaves this module
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


class Checked(NamedTuple):
    """The values that could be read, by name, and what is wrong with the others."""

    values: dict[str, Any]
    """Text, float (speed and width), int (milliseconds), tuple of text (lists), tuple of bool (schedule)."""
    faults: list[Fault]


def check_properties(feature: Feature) -> Checked:
    """Each known property as its declared type; a fault for each that is missing, unknown, misplaced or wrong."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, raw in feature.properties.items():
        try:
            values[name] = _value(_known(name), raw)
        except _Bad as bad:
            faults.append(Fault(feature.file, feature.label, name, bad.message, bad.remedy))
    together = [*_missing(feature, values), *_misplaced(values), *_interplay(values)]
    faults += [Fault(feature.file, feature.label, *fault) for fault in together]
    return Checked(values, faults)


def _known(name: str) -> Field:
    if name in _FIELDS:
        return _FIELDS[name]
    close = get_close_matches(name, _FIELDS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"remove it, known are {', '.join(_FIELDS)}"
    raise _Bad("is an unknown key", hint)


def _value(item: Field, raw: Any) -> Any:
    match item.f.type:
        case FieldType.FLOAT:
            return _number(item, raw)
        case FieldType.LIST:
            return _list(item, raw)
        case FieldType.TIME:
            return _time_ms(raw)
        case FieldType.CHOICE:
            return _choice(item, str(raw).strip())
        case _:
            return {"id": _id, "schedule": _schedule}.get(item.name, _text)(raw)


def _text(raw: Any) -> str:
    if not isinstance(raw, str | int | float | np.integer):
        raise _Bad(f"is not text ({raw!r})", "write plain text")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)  # a table reader made the id 7 of a file with gaps a 7.0
    text = str(raw).strip()
    if not text.isprintable():
        raise _Bad("has control characters", "write plain text")
    return text


def _id(raw: Any) -> str:
    text = _text(raw)
    if "|" in text:
        raise _Bad(f"is {text!r}, and a shipment joins alternative routes by |", "choose an id without it")
    return text


def _number(item: Field, raw: Any) -> float:
    low, high = item.f.low or 0.0, item.f.high or math.inf
    try:
        value = float(raw)
    except (TypeError, ValueError):
        raise _Bad(f"is not a number ({raw!r})", f"write {low:g} to {high:g} {item.f.unit}") from None
    if not low <= value <= high:
        raise _Bad(f"is {value:g}", f"write {low:g} to {high:g} {item.f.unit}")
    return value


def _choice(item: Field, text: str) -> str:
    if text not in item.f.choices:
        raise _Bad(f"is {text!r}", f"use {' or '.join(item.f.choices)}")
    return text


def _list(item: Field, raw: Any) -> tuple[str, ...]:
    """A list as GeoJSON has it, or text joined by `;`; sorted, because order means nothing."""
    if isinstance(raw, str):
        raw = _json_list(raw) if raw.lstrip().startswith("[") else raw.split(";")
    if not isinstance(raw, list | tuple | np.ndarray):
        raise _Bad(f"is not a list ({raw!r})", f"use {', '.join(item.f.choices)}")
    words = {str(word).strip() for word in raw} - {""}
    return tuple(sorted(_choice(item, word) for word in words))


def _json_list(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise _Bad(f"is not a list ({text!r})", "write a JSON list, or words joined by `;`") from None
    return value if isinstance(value, list) else [value]


def _time_ms(raw: Any) -> int:
    remedy = "write RFC 3339 with an offset, such as 2026-01-31T00:00:00+07:00, or integer epoch ms"
    if isinstance(raw, int | float | np.integer) and not isinstance(raw, bool):
        if not _FIRST_MS <= raw <= _LAST_MS:
            raise _Bad(f"is {raw}, which is no time from 2000 on in milliseconds", remedy)
        return int(raw)
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        raise _Bad(f"is not a time ({raw!r})", remedy) from None
    if moment.tzinfo is None:
        raise _Bad(f"has no offset from UTC ({raw})", remedy)
    return round(moment.timestamp() * 1000)


def _schedule(raw: Any) -> tuple[bool, ...]:
    try:
        return parse_schedule(str(raw))
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        raise _Bad(message, remedy) from None


def _missing(feature: Feature, values: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    for item in _FIELDS.values():
        if item.required and item.name not in feature.properties:
            choices = f" ({' or '.join(item.f.choices)})" if item.f.choices else ""
            yield item.name, "is missing", f"give it{choices}"
    if values.get("kind") == "corridor" and "half_width_m" not in feature.properties:
        yield "half_width_m", "is missing", "say how far from the line the truck may be, in metres"


def _misplaced(values: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    kind = values.get("kind")
    for name, only in _ONLY_FOR.items():
        if kind is not None and kind != only and values.get(name):
            yield name, f"has no meaning for a {kind}", f"remove it, or make the feature a {only}"


def _interplay(values: dict[str, Any]) -> Iterable[tuple[str, str, str] | tuple[str, str, str, Level]]:
    start, end = values.get("valid_from"), values.get("valid_to")
    if start is not None and end is not None and start >= end:
        yield "valid_to", "is not after valid_from", "exchange or correct them"
    if values.get("permits") and values.get("forbids"):
        yield "forbids", "contradicts permits", "keep one of them", Level.warning
    role = values.get("role")
    if role is not None and role not in ROLES:
        yield "role", f"is {role!r}, which no rule knows", f"known are {', '.join(ROLES)}", Level.warning
    effects = ("permits", "forbids", "role", "speed_limit")
    if values.get("kind") == "zone" and not any(values.get(name) for name in effects):
        yield "", "is a zone that changes nothing", f"give it one of {', '.join(effects)}", Level.warning
