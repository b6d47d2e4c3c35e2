"""What sealtrack publishes, as records: one function a topic."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from sealtrack.errors import Rejected
from sealtrack.io.codecs.alerts import alert_json
from sealtrack.io.ports import Message
from sealtrack.schema import Alert

LARGEST_COPY = 150_000
"""Bytes of a rejected record that its dead letter repeats. JSON may need six for one, and the broker takes a
megabyte: a dead letter that is refused would stop the service. The rest stays where the record came from."""


def alert_message(topic: str, alert: Alert) -> Message:
    """One version of an alert, keyed by shipment."""
    return Message(topic, alert.shipment_id.encode(), alert_json(alert))


def flag_message(topic: str, record: Mapping[str, Any]) -> Message:
    """The live record of a flagged shipment; null deletes it when there is nothing to say of it any more."""
    value = msgspec.json.encode(record) if record["flagged"] or record["readjudicate"] else None
    return Message(topic, record["shipment_id"].encode(), value)


def geofences_message(topic: str, text: bytes, version: str, from_ms: int) -> Message:
    """An edition of the geofences, in force from its timestamp on; keyed so that compaction keeps each of them."""
    return Message(topic, f"{version}@{from_ms}".encode(), text, from_ms)


def dead_letter_message(topic: str, rejected: Rejected) -> Message:
    """What could not be read, why, and where it stands; keyed by that place, so that repetitions are recognised."""
    copy = rejected.value[:LARGEST_COPY]
    try:
        value, encoding = copy.decode(), "text"
    except UnicodeDecodeError:
        value, encoding = base64.b64encode(copy).decode(), "base64"
    letter = {
        "topic": rejected.source,
        "partition": rejected.partition,
        "offset": rejected.offset,
        "reason": rejected.reason,
        "field": rejected.field,
        "message": rejected.message,
        "value": value,
        "encoding": encoding,
        "truncated": len(copy) < len(rejected.value),
    }
    key = f"{rejected.source}:{rejected.partition}:{rejected.offset}"
    return Message(topic, key.encode(), msgspec.json.encode(letter))
