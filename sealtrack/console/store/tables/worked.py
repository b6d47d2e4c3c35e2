"""What people did: decisions, the audit log, suppressions, saved views, maintenance."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from sealtrack.console.store.tables.base import Number, metadata, ms, number, text, words

decisions = Table(
    "decisions",
    metadata,
    number(),
    Column("incident", Number, ForeignKey("incidents.id"), nullable=False),
    text("alert_id"),  # the incident's first alert when it was decided: follows the decision when incidents part
    ms("at_ms", nullable=False),
    text("user"),
    text("action"),
    words("unit"),
    words("officer"),
    words("verdict"),
    words("reason"),
    words("text"),
    Index("ix_decisions_incident", "incident", "id"),
    Index("ix_decisions_at", "at_ms"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    ms("at_ms", nullable=False),
    text("user"),
    text("action"),
    text("subject"),
    text("detail"),  # canonical JSON
    text("before"),  # hash of the entry before
    text("hash"),
    Index("ix_audit_subject", "subject", "seq"),
)

audit_head = Table(
    "audit_head", metadata, Column("id", Integer, primary_key=True), Column("seq", Number, nullable=False), text("hash")
)
"""One row: the newest entry. Whoever appends locks it first, so that the chain has no forks."""

suppressions = Table(
    "suppressions",
    metadata,
    number(),
    text("scope"),  # shipment, route, seal, zone
    text("value"),
    words("kind"),  # null: any
    ms("from_ms", nullable=False),
    ms("until_ms", nullable=False),
    text("reason"),
    text("owner"),
    text("units"),  # JSON: those of the owner; [] sees all
    words("outline"),  # JSON: of the zone, as it was: [[lat, …], [lon, …]], null between rings
    ms("ended_ms"),
    Index("ix_suppressions_until", "until_ms"),
)

views = Table(
    "views",
    metadata,
    number(),
    text("owner", index=True),
    text("name"),
    text("query"),
    Column("shared", Boolean, nullable=False),
)

maintenance = Table(
    "maintenance",
    metadata,
    number(),
    text("seal_id"),
    text("fault"),
    ms("opened_ms", nullable=False),
    ms("closed_ms"),
    words("owner"),
    words("text"),
    Index("ix_maintenance_seal", "seal_id", "closed_ms"),
)
"""A seal that needs somebody's care, and whose."""
