"""What a week of reports says of each seal is kept: nobody waits for millions of them to be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """One table, filled at the next count."""
    op.create_table(
        "seal_quality",
        sa.Column("seal_id", sa.Text(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_seal_quality")),
    )
