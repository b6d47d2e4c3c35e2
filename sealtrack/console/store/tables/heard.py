"""What seals said: their reports, where each was read, and how each seal is now."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, SmallInteger, Table

from sealtrack.console.store.tables.base import metadata, ms, text, words

sources = Table("sources", metadata, Column("id", Integer, primary_key=True), text("topic", unique=True))
"""Topics and files that reports were read from."""

reports = Table(
    "reports",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    text("seal_id"),
    ms("time_ms", nullable=False),
    ms("received_ms", nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("speed_kmh", Float),
    Column("heading_deg", Float),
    Column("accuracy_m", Float),
    Column("lock", SmallInteger, nullable=False),
    Column("events", BigInteger, nullable=False),
    words("card"),
    Column("battery_pct", Float),
    Column("satellites", SmallInteger),
    Column("seq", BigInteger),
    Column("flags", SmallInteger, nullable=False),
    Index("ix_reports_seal", "seal_id", "time_ms"),
    Index("ix_reports_time", "time_ms"),
)
"""Reports as they were packed (`sealtrack.schema.REPORT_DTYPE`); absent numbers are null."""

seals = Table(
    "seals",
    metadata,
    text("seal_id", primary_key=True),
    ms("heard_ms", nullable=False),  # latest `received`
    ms("time_ms", nullable=False),  # latest device time
    ms("fix_ms"),  # of the latest fix
    Column("lat", Float),
    Column("lon", Float),
    Column("speed_kmh", Float),
    Column("heading_deg", Float),
    Column("lock", SmallInteger, nullable=False),
    Column("battery_pct", Float),
    Column("satellites", SmallInteger),
    Index("ix_seals_heard", "heard_ms"),
)

seal_quality = Table(
    "seal_quality",
    metadata,
    text("seal_id", primary_key=True),
    Column("reports", Integer, nullable=False),
    Column("fixes", Integer, nullable=False),  # of them: reports with a position that can be used
    Column("broken", Integer, nullable=False),  # 1: one of them told of a broken device
)
"""The last seven days of each seal, counted now and then."""

offsets = Table(
    "offsets",
    metadata,
    text("topic", primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)
"""How far each topic has been taken, written in the transaction that took it."""

facts = Table("facts", metadata, text("name", primary_key=True), text("value"))
"""Single values: the clock of the data, the geofences and policy in use."""
