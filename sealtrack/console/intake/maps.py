"""Editions of the geofences into the store, as the service takes them from their topic."""

from __future__ import annotations

from sqlalchemy import Connection

from sealtrack.console.intake.documents import forget_edition, keep_edition
from sealtrack.console.intake.passed_over import tell_passed_over
from sealtrack.errors import InputError
from sealtrack.geofence import unpack
from sealtrack.io.ports import RecordBatch


def take_editions(connection: Connection, batch: RecordBatch) -> None:
    """Each record is a catalogue, in force from its timestamp on; a null takes the edition of its key back."""
    for row, value in enumerate(batch.values):
        key, offset = (batch.keys[row] or b"").decode(errors="replace"), int(batch.offsets[row])
        if value is None:
            forget_edition(connection, key)
            continue
        try:
            catalogue = unpack(value, "the geofences")
        except InputError as error:
            tell_passed_over(batch, offset, f"holds no geofences that can be used: {error}")
            continue
        keep_edition(connection, key, value, catalogue, int(batch.timestamps_ms[row]))
