"""Shipments from a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from sealtrack.errors import InputError, Rejected
from sealtrack.io.codecs.coerce import FieldError
from sealtrack.io.codecs.shipments import Origin, shipment_of
from sealtrack.io.files.tables import read_rows
from sealtrack.schema import Shipment


def read_shipments(path: str | PathLike[str]) -> tuple[list[Shipment], list[Rejected]]:
    """Shipments in a CSV, NDJSON, JSON (array) or Parquet file, and the rows that cannot be used.

    Rows of one shipment with different `amended_at` stand side by side; of two with the same the first counts.
    InputError for a file as a whole that cannot be read.
    """
    path = Path(path)
    shipments: dict[tuple[str, int | None], Shipment] = {}
    rejected: list[Rejected] = []
    rows = read_rows(path, Shipment)
    if not rows:
        raise InputError(f"{path}: holds no shipments")
    for row in rows:
        origin = Origin(str(path), 0, row.number, row.value)
        if isinstance(row.found, FieldError):
            message = f"{row.found.message}; the shipment is not used"
            rejected.append(origin.rejected("", row.found.reason, message))
            continue
        shipment = shipment_of(row.found, origin, rejected)
        if shipment is None:
            continue
        key = shipment.shipment_id, shipment.amended_at
        if key in shipments:
            again = " with this amended_at" if shipment.amended_at is not None else ""
            message = f"{shipment.shipment_id} stands in an earlier row{again}, which is used; remove one"
            rejected.append(origin.rejected("shipment_id", "duplicate", message))
            continue
        shipments[key] = shipment
    return list(shipments.values()), rejected
