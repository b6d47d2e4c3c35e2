"""Records of a declared class from a file: CSV, NDJSON, JSON (array) or Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from sealtrack.errors import InputError, Rejected
from sealtrack.io.codecs.declared import Form, Origin, record_of
from sealtrack.io.files.tables import read_rows

Record = TypeVar("Record")


def read_declared(path: Path, form: Form[Record]) -> tuple[list[tuple[Origin, Record]], list[Rejected]]:
    """The records and where each stands, and the rows that cannot be used.

    InputError for a file as a whole that cannot be read, or holds no rows.
    """
    found: list[tuple[Origin, Record]] = []
    rejected: list[Rejected] = []
    rows = read_rows(path, form.record)
    if not rows:
        raise InputError(f"{path}: holds no {form.noun}s")
    for row in rows:
        origin = Origin(str(path), 0, row.number, row.value)
        one = record_of(row.found, form, origin, rejected)
        if one is not None:
            found.append((origin, one))
    return found, rejected
