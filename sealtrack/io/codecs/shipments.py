"""Shipments from JSON objects or table rows."""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress
from typing import Any

from sealtrack.errors import Rejected
from sealtrack.io.codecs.declared import Form, Origin, decode_declared
from sealtrack.io.codecs.times import text_ms, time_text
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Shipment, Time

AMENDED = "@"
"""Between shipment_id and amended_at in the key of an amended record: each keeps its own place in a compacted topic."""


def decode_shipments(batch: RecordBatch) -> tuple[list[Shipment], list[Rejected]]:
    """Records of shipments in `batch`, in order (one of the same `amended_at` is a correction), and what could not be
    read. Never raises.
    """
    found, rejected = decode_declared(batch, SHIPMENT)
    return [shipment for _, shipment in found], rejected


def _ends_after_it_starts(clean: dict[str, Any], origin: Origin, rejected: list[Rejected]) -> bool:
    closed_at = clean.get("closed_at")
    if closed_at is None or closed_at >= clean["depart_at"]:
        return True
    message = f"closed at {time_text(closed_at)}, before it departs; the shipment is not used"
    rejected.append(origin.rejected("closed_at", "before_departure", message))
    return False


# Without its amended_at a record would hold from the start.
SHIPMENT = Form(Shipment, "shipment", _ends_after_it_starts, readable=frozenset({"amended_at"}))


def record_named(key: str, known: Container[str]) -> tuple[str, Time | None]:
    """(shipment_id, amended_at) of the record that a key names: `shipment_id`, or `shipment_id@amended_at`.

    `known`: ids of shipments, which may hold the sign themselves.
    """
    shipment_id, at, stamp = key.rpartition(AMENDED)
    if at and key not in known:
        with suppress(ValueError, LookupError):
            return shipment_id, int(stamp) if stamp.lstrip("-").isdecimal() else text_ms(stamp)
    return key, None
