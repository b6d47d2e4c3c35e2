"""The records of the state topic. Lane p keeps its own in partition p:

- `position`: how far it has come, written whenever it publishes;
- `alert/<alert_id>`: the version that readers saw last, deleted when its shipment is forgotten;
- `checkpoint` and `checkpoint/<n>`: the engine's snapshot in parts, now and then.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from sealtrack.io.codecs.alerts import alert_json, alert_of
from sealtrack.io.ports import Message
from sealtrack.schema import Alert

Kind = TypeVar("Kind", bound=msgspec.Struct)

_PART = b"checkpoint/"
PART_BYTES = 900_000
"""A broker takes messages of a megabyte."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """All that follows from the records before `offset`, with the clock at `clock_ms`, is published."""

    offset: int
    clock_ms: int | None
    dealt: dict[str, int] = {}
    """`topic:partition` of shipments to the offset up to which this lane has told what could not be read."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of the lane's engine, taken when it stood at `offset`."""

    offset: int
    parts: int = 0
    crc: int = 0
    """Of the compressed snapshot."""
    strangers: list[str] = []
    """Seals heard in this lane whose key belongs in another one."""
    seen: dict[int, int] = {}
    """Of the sightings, by partition: the offset up to which the engine had them, but for …"""
    waiting: list[tuple[int, int]] = []
    """… those at these (partition, offset), which were received later than any report so far."""


@dataclass(frozen=True)
class LaneState:
    """What a lane left."""

    position: Position | None = None
    alerts: dict[str, Alert] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    snapshot: bytes = b""
    """Of the checkpoint; empty when there is none, or not the whole of it."""


def state_of(records: Mapping[bytes, bytes]) -> LaneState:
    """The state that stands in a lane's partition."""
    position = _read(records, b"position", Position)
    checkpoint = _read(records, b"checkpoint", Checkpoint)
    alerts = [alert_of(msgspec.json.decode(value)) for key, value in records.items() if key.startswith(b"alert/")]
    snapshot = b""
    if checkpoint is not None:
        packed = b"".join(records.get(_part_key(part), b"") for part in range(checkpoint.parts))
        snapshot = zlib.decompress(packed) if zlib.crc32(packed) == checkpoint.crc else b""
    return LaneState(position, {alert.alert_id: alert for alert in alerts}, checkpoint, snapshot)


def position_message(topic: str, lane: int, position: Position) -> Message:
    """How far the lane has come."""
    return Message(topic, b"position", msgspec.json.encode(position), partition=lane)


def alert_state(topic: str, lane: int, alert: Alert) -> Message:
    """What readers have seen of an alert."""
    return Message(topic, f"alert/{alert.alert_id}".encode(), alert_json(alert), partition=lane)


def forgotten_alert(topic: str, lane: int, alert_id: str) -> Message:
    """Nothing more will be said of an alert."""
    return Message(topic, f"alert/{alert_id}".encode(), None, partition=lane)


def checkpoint_messages(
    topic: str, lane: int, checkpoint: Checkpoint, snapshot: bytes, parts_before: int
) -> Iterator[Message]:
    """A checkpoint (its `parts` and `crc` are set here), and the deletion of the parts that the one before had more."""
    packed = zlib.compress(snapshot, 1)
    parts = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    head = msgspec.structs.replace(checkpoint, parts=len(parts), crc=zlib.crc32(packed))
    for number, part in enumerate(parts):
        yield Message(topic, _part_key(number), part, partition=lane)
    for number in range(len(parts), parts_before):
        yield Message(topic, _part_key(number), None, partition=lane)
    yield Message(topic, b"checkpoint", msgspec.json.encode(head), partition=lane)


def is_checkpoint_part(message: Message) -> bool:
    """Whether it carries a part of a snapshot, or removes one."""
    return message.key.startswith(_PART)


def _read(records: Mapping[bytes, bytes], key: bytes, kind: type[Kind]) -> Kind | None:
    return msgspec.json.decode(records[key], type=kind) if key in records else None


def _part_key(number: int) -> bytes:
    return _PART + f"{number:05}".encode()
