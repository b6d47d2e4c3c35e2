"""What cameras, scanners, trackers and officers saw of a shipment, and what of it is not as declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from sealtrack.console.desk import Desk
from sealtrack.console.intake.declared import shipment_records_of, sightings_of
from sealtrack.console.intake.records import sighting_of
from sealtrack.console.times import shown
from sealtrack.declared import terms_at
from sealtrack.engine.sightings import differences
from sealtrack.geofence import Catalogue, middle_of_zone
from sealtrack.schema import OTHER_PLATE, OTHER_SEAL, Sighting


def seen(connection: Connection, desk: Desk, shipment_id: str, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """Sightings between two moments, by time. `read`: `plate`, `seal`, which were read and are not the shipment's;
    `within_m`: how exact a place is that was told as a zone, else null; `lat`, `lon` null where no place is known.
    """
    records = shipment_records_of(connection, [shipment_id])
    found = []
    for row in sightings_of(connection, records, from_ms, to_ms):
        one = sighting_of(row.record)
        other = differences(one, terms_at(records, one.time))
        read = [name for bit, name in ((OTHER_PLATE, "plate"), (OTHER_SEAL, "seal")) if other & bit]
        names = ("sighting_id", "source", "device_id", "vehicle", "zone_id", "plate", "seal_id", "note")
        told = {name: getattr(one, name) for name in names} | {"at": shown(one.time), "read": read}
        places = {"partition": row.partition, "offset": row.offset}
        found.append(told | places | _place(one, desk.catalogue))
    return sorted(found, key=lambda one: str(one["at"]))


def _place(sighting: Sighting, catalogue: Catalogue | None) -> dict[str, float | None]:
    if sighting.lat is not None and sighting.lon is not None:
        return {"lat": sighting.lat, "lon": sighting.lon, "within_m": None}
    if catalogue is None or sighting.zone_id not in catalogue.zone_ids:
        return {"lat": None, "lon": None, "within_m": None}
    lat, lon, within_m = middle_of_zone(catalogue.fences, catalogue.zone_ids.index(sighting.zone_id))
    return {"lat": round(lat, 6), "lon": round(lon, 6), "within_m": round(within_m)}
