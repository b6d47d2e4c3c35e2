"""The small country before and after its road was moved, and trucks that drive there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from sealtrack.geofence import Catalogue, load
from sealtrack.schema import Shipment
from tests.core.feeds import SECOND, Raw
from tests.core.world import catalogue, point_on


def move_road(folder: Path) -> Catalogue:
    """The road is the bypass now, the rest area is gone, and a first zone shifts all numbers: written over the file."""
    catalogue(folder)
    path = folder / "country.geojson"
    country = json.loads(path.read_text())
    by_id = {one["properties"]["id"]: one for one in country["features"]}
    by_id["road"]["geometry"] = by_id["bypass"]["geometry"]
    del by_id["rest"]
    by_id["aaa"] = {
        "type": "Feature",
        "properties": {"id": "aaa", "kind": "zone", "forbids": ["enter"], "role": "other"},
        "geometry": by_id["gate"]["geometry"],
    }
    path.write_text(json.dumps(country | {"features": list(by_id.values())}))
    return load(path)


def shipment(number: int, depart_at: int) -> Shipment:
    return Shipment(shipment_id=f"S{number}", seal_id=f"seal-{number}", route_id="road", depart_at=depart_at)


def way(number: int, start_ms: int, halt_m: float = 13_000.0) -> list[Raw]:
    """Along the road in 53 minutes, 20 of which it halts: at the rest area, when it is at 13 km."""
    at_m = [*np.arange(0.0, halt_m, 1_000.0), *[halt_m] * 40, *np.arange(halt_m, 66_000.0, 1_000.0)]
    lonlat = [point_on("road", along_m) for along_m in at_m]
    times = [start_ms + (number * 7 + i * 30) * SECOND for i in range(len(at_m))]
    return [
        {"seal": f"seal-{number}", "time_ms": t, "received_ms": t + SECOND, "lat": lat, "lon": lon}
        for t, (lon, lat) in zip(times, lonlat, strict=True)
    ]


def fed(raws: list[Raw]) -> list[Raw]:
    ordered = sorted(raws, key=lambda raw: raw["received_ms"])
    return [raw | {"partition": 0, "offset": n} for n, raw in enumerate(ordered)]
