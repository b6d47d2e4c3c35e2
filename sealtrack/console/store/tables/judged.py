"""What the engine says: versions of alerts, the incidents they make, and trips that it could not judge whole."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, Table

from sealtrack.console.store.tables.base import Number, metadata, ms, number, text, words

alerts = Table(
    "alerts",
    metadata,
    text("alert_id", primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("last", Boolean, nullable=False),  # the highest version of its alert
    text("kind"),
    text("status"),
    text("severity"),
    text("shipment_id"),
    text("seal_id"),
    ms("start_ms", nullable=False),
    ms("end_ms"),
    Column("lat", Float),
    Column("lon", Float),
    text("evidence"),  # JSON
    ms("detected_ms", nullable=False),
    Index("ix_alerts_shipment", "shipment_id", "last"),
    Index("ix_alerts_start", "last", "start_ms"),
)

incidents = Table(
    "incidents",
    metadata,
    number(),
    text("incident_id"),  # id of its first alert: it changes when late evidence puts another one first
    text("shipment_id"),
    text("seal_id"),
    Column("score", Integer, nullable=False),
    text("severity"),
    Column("weight", Integer, nullable=False),  # of the severity, to sort by
    text("kinds"),  # ",route_deviation,seal_open,"
    ms("start_ms", nullable=False),
    ms("end_ms"),
    Column("open", Boolean, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    ms("detected_ms", nullable=False),  # newest of its alerts
    ms("opened_ms", nullable=False),  # when this store first heard of it
    ms("updated_ms", nullable=False),
    # Of the shipment, copied here so that a page of the queue is read from one index.
    words("unit"),
    words("route_id"),
    words("carrier"),
    words("vehicle"),
    words("cargo"),
    text("search"),
    # What people did.
    Column("revision", Integer, nullable=False, server_default="0"),  # grows with each decision of a person
    text("status"),
    words("assigned_unit"),
    words("assigned_to"),
    words("verdict"),
    words("verdict_reason"),
    words("closing_by"),  # asked to close it; a second person must agree
    ms("due_ms", nullable=False),
    ms("responded_ms"),
    ms("closed_ms"),
    Column("withdrawn", Boolean, nullable=False),  # all its alerts were retracted
    Column("suppressed", Boolean, nullable=False),
    Column("queued", Boolean, nullable=False),  # somebody must look at it: neither closed, withdrawn nor suppressed
    Index("ix_incidents_score", "queued", "score", "start_ms", "id"),
    Index("ix_incidents_start", "queued", "start_ms", "id"),
    Index("ix_incidents_opened", "queued", "opened_ms", "id"),
    Index("ix_incidents_all_score", "score", "start_ms", "id"),
    Index("ix_incidents_all_start", "start_ms", "id"),
    Index("ix_incidents_all_opened", "opened_ms", "id"),
    Index("ix_incidents_unit", "unit", "queued", "score"),
    Index("ix_incidents_shipment", "shipment_id"),
    Index("ix_incidents_updated", "updated_ms"),
    Index("ix_incidents_seal", "seal_id", "start_ms"),
    Index("ix_incidents_due", "status", "due_ms"),
)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    text("alert_id", primary_key=True),
    Column("incident", Number, ForeignKey("incidents.id"), nullable=False, index=True),
)
"""Which incident an alert belongs to, or did before it was retracted: any id that an incident ever had finds it."""

unjudged = Table(
    "unjudged",
    metadata,
    text("shipment_id", primary_key=True),
    Column("late_reports", Integer, nullable=False),
    Column("horizon_needed_s", Integer, nullable=False),
)
"""Shipments of which reports came beyond the horizon: their trip is to be replayed with a longer one."""
