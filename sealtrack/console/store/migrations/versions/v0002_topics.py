"""Editions of the geofences, trips to be judged again, and sightings found by all the names that they can mean."""

import sqlalchemy as sa
from alembic import op

from sealtrack.console.intake.records import sighting_of
from sealtrack.declared import key_of

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Two tables, and the sightings written anew under their keys."""
    op.create_table(
        "editions",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_editions")),
    )
    op.create_table(
        "unjudged",
        sa.Column("shipment_id", sa.Text(), nullable=False),
        sa.Column("late_reports", sa.Integer(), nullable=False),
        sa.Column("horizon_needed_s", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("shipment_id", name=op.f("pk_unjudged")),
    )
    _key_sightings()


def _key_sightings() -> None:
    told = sa.text('SELECT sighting_id, time_ms, record, "offset", partition FROM sightings')
    rows = [dict(row) for row in op.get_bind().execute(told).mappings()]
    op.drop_table("sightings")
    made = op.create_table(
        "sightings",
        sa.Column("sighting_id", sa.Text(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("partition", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sighting_id", name=op.f("pk_sightings")),
    )
    op.create_index("ix_sightings_key", "sightings", ["key", "time_ms"], unique=False)
    if rows:
        keyed = [row | {"key": ":".join(key_of(sighting_of(row["record"])))} for row in rows]
        op.bulk_insert(made, keyed)
