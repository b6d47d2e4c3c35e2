"""Sightings from JSON objects or table rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sealtrack.columns import Reports, pack_sightings
from sealtrack.errors import Rejected
from sealtrack.io.codecs.declared import Form, Origin, decode_declared
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Sighting

NAMES = ("shipment_id", "vehicle", "seal_id", "plate")
"""What a sighting may name its shipment by."""


def decode_sightings(batch: RecordBatch) -> tuple[Reports, list[Rejected]]:
    """Sightings in `batch` and what could not be read in it. `received` is the record's timestamp. Never raises."""
    found, rejected = decode_declared(batch, SIGHTING)
    stamps, offsets = batch.timestamps_ms.tolist(), batch.offsets.tolist()
    sightings = [replace(sighting, received=None if stamps[row] < 0 else stamps[row]) for row, sighting in found]
    return pack_sightings(sightings, [offsets[row] for row, _ in found], batch.partition), rejected


def _names_and_places(clean: dict[str, Any], origin: Origin, rejected: list[Rejected]) -> bool:
    if not any(name in clean for name in NAMES):
        message = f"names no shipment: give one of {', '.join(NAMES)}; the sighting is not used"
        rejected.append(origin.rejected("", "names_nothing", message))
        return False
    for given, absent in (("lat", "lon"), ("lon", "lat")):
        if given in clean and absent not in clean:
            del clean[given]
            message = f"{given} without {absent}; give both or neither; the sighting is used without them"
            rejected.append(origin.rejected(absent, "missing", message))
    return True


SIGHTING = Form(Sighting, "sighting", _names_and_places)
