"""Declared records as JSON and back: what the store keeps of a shipment or a sighting, whole."""

from __future__ import annotations

import msgspec

from sealtrack.schema import Shipment, Sighting


def record_json(record: Shipment | Sighting) -> str:
    """All fields; times as milliseconds."""
    return msgspec.json.encode(record, order="deterministic").decode()


def shipment_of(text: str) -> Shipment:
    """What `record_json` wrote."""
    return msgspec.json.decode(text, type=Shipment)


def sighting_of(text: str) -> Sighting:
    """What `record_json` wrote."""
    return msgspec.json.decode(text, type=Sighting)
