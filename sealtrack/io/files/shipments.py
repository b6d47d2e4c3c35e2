"""Shipments from a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from sealtrack.errors import Rejected
from sealtrack.io.codecs.shipments import SHIPMENT
from sealtrack.io.files.declared import read_declared
from sealtrack.schema import Shipment


def read_shipments(path: str | PathLike[str]) -> tuple[list[Shipment], list[Rejected]]:
    """Shipments in a CSV, NDJSON, JSON (array) or Parquet file, and the rows that cannot be used.

    Rows of one shipment with different `amended_at` stand side by side; of two with the same the first counts.
    InputError for a file as a whole that cannot be read.
    """
    shipments: dict[tuple[str, int | None], Shipment] = {}
    found, rejected = read_declared(Path(path), SHIPMENT)
    for origin, shipment in found:
        key = shipment.shipment_id, shipment.amended_at
        if key in shipments:
            again = " with this amended_at" if shipment.amended_at is not None else ""
            message = f"{shipment.shipment_id} stands in an earlier row{again}, which is used; remove one"
            rejected.append(origin.rejected("shipment_id", "duplicate", message))
            continue
        shipments[key] = shipment
    return list(shipments.values()), sorted(rejected, key=lambda one: one.offset)
