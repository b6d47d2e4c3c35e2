"""Alerts to JSON and back, rejected records to JSON: one encoding each, the same in files and in Kafka."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from sealtrack.errors import Rejected
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.times import time_text
from sealtrack.schema import Alert, FieldType, fields

ALERT_FIELDS = fields(Alert)


def alert_json(alert: Alert) -> bytes:
    """One line of JSON: fields in the order of the schema, evidence by key. Equal alerts give equal bytes."""
    return _encoder.encode(alert_object(alert))


def alert_object(alert: Alert) -> dict[str, Any]:
    """The alert as JSON values: times as text, absent as None, evidence already encoded."""
    found: dict[str, Any] = {}
    for item in ALERT_FIELDS:
        value = getattr(alert, item.name)
        if item.f.type is FieldType.TIME and value is not None:
            value = time_text(value)
        elif item.f.type is FieldType.OBJECT:
            value = msgspec.Raw(_sorting.encode(value))
        found[item.name] = value
    return found


def alert_of(found: dict[str, Any]) -> Alert:
    """The alert in a JSON object. FieldError if a field is absent or cannot be read."""
    clean: dict[str, Any] = {}
    for item in ALERT_FIELDS:
        try:
            clean[item.name] = coerce(item, found.get(item.name))
        except FieldError as error:
            raise FieldError(error.reason, f"field {item.name}: {error.message}") from None
        if item.required and clean[item.name] is None:
            raise FieldError("missing", f"field {item.name} is required and absent")
    return Alert(**clean)


def rejected_json(rejected: Rejected) -> bytes:
    """One line of JSON for the dead-letter topic or file; a value that is not UTF-8 goes under `value_base64`."""
    found: dict[str, Any] = rejected._asdict()
    try:
        found["value"] = rejected.value.decode()
    except UnicodeDecodeError:
        found["value"], found["value_base64"] = None, rejected.value  # msgspec writes bytes as base64
    return _encoder.encode(found)


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise NotImplementedError(f"evidence cannot hold a {type(value).__name__}")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_sorting = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")
