"""A road, a yard and a few trucks as files, small enough to judge in the head."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

START_MS = 1_772_600_400_000
"""2026-03-04T05:00:00Z"""
ROAD_LAT = 20.85
DEGREE_M = 104_000
"""Metres a degree of longitude on the road, near enough."""
Fence = tuple[dict[str, Any], str, list[Any]]
"""Properties, geometry type, coordinates."""
FENCES: list[Fence] = [
    ({"id": "R1", "name": "Coast road", "kind": "corridor", "half_width_m": 500}, "LineString", [
        [106.5 + 0.01 * step, ROAD_LAT] for step in range(61)
    ]),
    ({"id": "Z0", "name": "Yard", "kind": "zone", "role": "customs_yard", "permits": ["open", "stop"]}, "Polygon", [
        [[106.49, 20.84], [106.51, 20.84], [106.51, 20.86], [106.49, 20.86], [106.49, 20.84]]
    ]),
]  # fmt: skip


def write_fences(folder: Path, fences: list[Fence] = FENCES) -> Path:
    features = [
        {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}
        for properties, kind, coordinates in fences
    ]
    path = folder / "fences.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def write_shipments(folder: Path, **seals: str) -> Path:
    """A shipment for each keyword: `VN1="S1"` is shipment VN1 under seal S1."""
    rows = [
        {"shipment_id": shipment, "seal_id": seal, "route_id": "R1", "depart_at": START_MS, "origin_zone": "Z0"}
        for shipment, seal in seals.items()
    ]
    return write_csv(folder / "shipments.csv", rows)


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def drive(seal: str, *, halt_min: int = 0, minutes: int = 60) -> list[dict[str, Any]]:
    """A report every 30 s along the road at 40 km/h from minute 0; after 20 minutes it halts for `halt_min`."""
    rows = []
    metres = 0.0
    for half_minute in range(2 * minutes):
        halted = 20 <= half_minute / 2 < 20 + halt_min
        metres += 0 if halted else 333.0
        noise_m = 2 * (half_minute % 3)  # a track without any is no receiver's
        rows.append(report(seal, half_minute * 30, metres + noise_m, speed=0 if halted else 40))
    return rows


def report(seal: str, at_s: int, metres: float, **more: Any) -> dict[str, Any]:
    return {
        "seal_id": seal,
        "time": START_MS + at_s * 1000,
        "received": START_MS + at_s * 1000 + 2000,
        "lat": ROAD_LAT,
        "lon": round(106.5 + metres / DEGREE_M, 6),
        "speed": 40,
        "lock": "locked",
        **more,
    }
