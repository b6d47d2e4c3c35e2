"""What all tables share: names of constraints, and the few column types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; as a primary key SQLite numbers only what is declared INTEGER."""


def ms(name: str, **options: Any) -> Column[int]:
    """A moment: milliseconds since 1970-01-01 UTC."""
    return Column(name, BigInteger, **options)


def text(name: str, **options: Any) -> Column[str]:
    """Text of any length, not null unless said otherwise."""
    return Column(name, Text, **{"nullable": False, **options})


def words(name: str) -> Column[str | None]:
    """Text that may be absent."""
    return Column(name, Text, nullable=True)


def number(**options: Any) -> Column[int]:
    """A running number of the store's own, called `id`."""
    return Column("id", Number, primary_key=True, autoincrement=True, **options)
