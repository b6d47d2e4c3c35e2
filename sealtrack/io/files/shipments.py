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

    Of two rows with the same `shipment_id` the first counts. InputError for a file as a whole that cannot be read.
    """
    path = Path(path)
    shipments: dict[str, Shipment] = {}
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
        if shipment.shipment_id in shipments:
            message = f"{shipment.shipment_id} stands in an earlier row, which is used; remove one"
            rejected.append(origin.rejected("shipment_id", "duplicate", message))
            continue
        shipments[shipment.shipment_id] = shipment
    return list(shipments.values()), rejected
