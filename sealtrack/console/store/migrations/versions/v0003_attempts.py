"""Failed logins stand in the store, and how often people decided about an incident."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A table and a column; nothing that is there already changes."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_key", "attempts", ["key", "at_ms"], unique=False)
    op.create_index("ix_attempts_at", "attempts", ["at_ms"], unique=False)
    op.add_column("incidents", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
