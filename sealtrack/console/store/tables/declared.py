"""What was declared: shipments, sightings, the geofence and policy files that judged them, which geofences when."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from sealtrack.console.store.tables.base import metadata, ms, text, words

shipments = Table(
    "shipments",
    metadata,
    text("shipment_id", primary_key=True),
    text("seal_id"),
    text("route_id"),
    ms("depart_ms", nullable=False),
    ms("arrive_by_ms"),
    ms("closed_ms"),
    words("origin_zone"),
    words("destination_zone"),
    words("declaration_no"),
    words("carrier"),
    words("vehicle"),
    words("cargo"),
    words("unit"),
    words("policy"),
    ms("amended_ms"),
    Index("ix_shipments_seal", "seal_id", "depart_ms"),
    Index("ix_shipments_carrier", "carrier", "depart_ms"),
    Index("ix_shipments_vehicle", "vehicle", "depart_ms"),
    Index("ix_shipments_depart", "depart_ms"),
)
"""The last terms of each shipment."""

shipment_records = Table(
    "shipment_records",
    metadata,
    text("shipment_id", primary_key=True),
    ms("amended_ms", primary_key=True, autoincrement=False),  # the first record: NO_TIME
    text("record"),  # JSON, as declared
)
"""Every record of a shipment: the engine needs them all to judge again."""

shipment_cards = Table(
    "shipment_cards",
    metadata,
    text("shipment_id", primary_key=True),
    text("card", primary_key=True, index=True),
)
"""The cards that may open the seal."""

sightings = Table(
    "sightings",
    metadata,
    text("sighting_id", primary_key=True),
    ms("time_ms", nullable=False),
    text("key"),  # by what it names its shipment: "vehicle:15c48212"
    text("record"),  # JSON
    ms("offset", nullable=False),
    ms("partition", nullable=False),
    Index("ix_sightings_key", "key", "time_ms"),
)

documents = Table(
    "documents",
    metadata,
    text("topic", primary_key=True),  # geofences, policy
    text("version", primary_key=True),  # SHA-256 of what the files mean
    text("name", primary_key=True),
    Column("content", LargeBinary, nullable=False),
    ms("at_ms", nullable=False),
)
"""Geofence and policy files as they were when this store heard of alerts judged by them."""

editions = Table(
    "editions",
    metadata,
    text("key", primary_key=True),  # of the record in the topic
    text("version"),  # of the document that holds it
    ms("from_ms", nullable=False),
)
"""The geofences that the topic holds: which are in force for what departs, or is amended, from when on."""
