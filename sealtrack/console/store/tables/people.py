"""Users, their units, sessions, and failed logins."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table

from sealtrack.console.store.tables.base import metadata, ms, number, text

users = Table(
    "users",
    metadata,
    text("user", primary_key=True),
    text("name"),
    text("role"),
    text("password"),  # argon2id
    Column("must_change", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    text("language"),
    ms("created_ms", nullable=False),
)

user_units = Table(
    "user_units",
    metadata,
    Column("user", ForeignKey("users.user"), primary_key=True),
    text("unit", primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    text("token", primary_key=True),  # SHA-256 of it: who reads the store cannot use it
    Column("user", ForeignKey("users.user"), nullable=False, index=True),
    text("csrf"),
    Column("bearer", Boolean, nullable=False),
    ms("created_ms", nullable=False),
    ms("used_ms", nullable=False),
    ms("expires_ms", nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    number(),
    text("key"),  # name:… or address:…
    ms("at_ms", nullable=False),
    Index("ix_attempts_key", "key", "at_ms"),
    Index("ix_attempts_at", "at_ms"),
)
"""Logins that are being checked, or failed, in the last minute."""
