"""Shipments from JSON objects or table rows."""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from typing import Any, NamedTuple

from sealtrack.errors import Rejected
from sealtrack.io.codecs.coerce import FieldError, coerce
from sealtrack.io.codecs.load import load_object
from sealtrack.io.codecs.times import text_ms, time_text
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Shipment, Time, fields

AMENDED = "@"
"""Between shipment_id and amended_at in the key of an amended record: each keeps its own place in a compacted topic."""


class Origin(NamedTuple):
    """Where a record stood, and the record as it came."""

    source: str
    partition: int
    offset: int
    value: bytes

    def rejected(self, field: str, reason: str, message: str) -> Rejected:
        return Rejected(self.source, self.partition, self.offset, field, reason, message, self.value)


def decode_shipments(batch: RecordBatch) -> tuple[list[Shipment], list[Rejected]]:
    """Records of shipments in `batch`, in order (one of the same `amended_at` is a correction), and what could not be
    read. Never raises.
    """
    shipments: list[Shipment] = []
    rejected: list[Rejected] = []
    for offset, value in zip(batch.offsets.tolist(), batch.values, strict=True):
        origin = Origin(batch.topic, batch.partition, offset, value or b"")
        try:
            found = load_object(value)
        except FieldError as error:
            rejected.append(origin.rejected("", error.reason, f"{error.message}; the shipment is not used"))
            continue
        shipment = shipment_of(found, origin, rejected)
        if shipment is not None:
            shipments.append(shipment)
    return shipments, rejected


def shipment_of(found: dict[str, Any], origin: Origin, rejected: list[Rejected]) -> Shipment | None:
    """The shipment in `found`; None if a required field is absent or unreadable or the shipment ends before it starts.

    An unreadable optional field is left out: a shipment under way is better watched without its deadline than not at
    all. Not so `amended_at`: the record would hold from the start. Either way `rejected` names the field.
    """
    clean: dict[str, Any] = {}
    usable = True
    for item in fields(Shipment):
        try:
            value = coerce(item, found.get(item.name))
        except FieldError as error:
            needed = item.required or item.name == "amended_at"
            outcome = "not used" if needed else "used without it"
            rejected.append(origin.rejected(item.name, error.reason, f"{error.message}; the shipment is {outcome}"))
            usable = usable and not needed
            continue
        if value is not None:
            clean[item.name] = value
        elif item.required:
            message = f"{item.name} is required and absent; the shipment is not used"
            rejected.append(origin.rejected(item.name, "missing", message))
            usable = False
    if not usable:
        return None
    shipment = Shipment(**clean)
    if shipment.closed_at is not None and shipment.closed_at < shipment.depart_at:
        message = f"closed at {time_text(shipment.closed_at)}, before it departs; the shipment is not used"
        rejected.append(origin.rejected("closed_at", "before_departure", message))
        return None
    return shipment


def record_named(key: str, known: Container[str]) -> tuple[str, Time | None]:
    """(shipment_id, amended_at) of the record that a key names: `shipment_id`, or `shipment_id@amended_at`.

    `known`: ids of shipments, which may hold the sign themselves.
    """
    shipment_id, at, stamp = key.rpartition(AMENDED)
    if at and key not in known:
        with suppress(ValueError, LookupError):
            return shipment_id, int(stamp) if stamp.lstrip("-").isdecimal() else text_ms(stamp)
    return key, None
