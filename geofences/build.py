"""Builds the catalogue: `roads.csv` and `places.csv` to `vietnam.geojson`.

python geofences/build.py                 writes vietnam.geojson; the same tables give the same bytes
python geofences/build.py --check ROADS   prints how far each corridor lies from the nearest road of a line file

A corridor is a chain of road legs, so that corridors which share a road share its waypoints.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
OUT = HERE / "vietnam.geojson"

NORTH = "ql5 ql1-langson ql1-dongdang"
CORRIDORS = [
    # id, name, half width in metres, legs in driving order
    ("haiphong-huunghi", "Hải Phòng – Hữu Nghị", 1500, f"dinhvu {NORTH} dongdang-huunghi"),
    ("haiphong-tanthanh", "Hải Phòng – Tân Thanh", 1500, f"dinhvu {NORTH} dongdang-tanthanh"),
    ("haiphong-cocnam", "Hải Phòng – Cốc Nam", 1500, f"dinhvu {NORTH} dongdang-cocnam"),
    ("haiphong-chima", "Hải Phòng – Chi Ma", 1500, "dinhvu ql5 ql1-langson langson-chima"),
    ("lachhuyen-huunghi", "Lạch Huyện – Hữu Nghị", 1500, f"lachhuyen {NORTH} dongdang-huunghi"),
    ("haiphong-mongcai", "Hải Phòng – Móng Cái", 1500, "dinhvu ql10 ql18"),
    ("haiphong-laocai", "Hải Phòng – Lào Cai", 2000, "dinhvu ql5 hanoi-vietri ql2 ql70"),
    ("catlai-mocbai", "Cát Lái – Mộc Bài", 1500, "catlai ql22"),
    ("vinh-cautreo", "Vinh – Cầu Treo", 1500, "vinh ql8"),
    ("vungang-chalo", "Vũng Áng – Cha Lo", 2000, "vungang ql12"),
    ("danang-laobao", "Đà Nẵng – Lao Bảo", 1500, "tiensa ql1-central ql9"),
]

PERMITS = {
    "port": ["stop", "open"],
    "border_gate": ["stop", "open"],
    "customs_yard": ["stop", "open"],
    "rest_area": ["stop"],
    "staging_yard": ["stop"],
    "checkpoint": ["stop"],
}
CORNERS = 16
"""A zone is drawn as a regular polygon of so many corners."""
M_PER_DEG = 111_195.0
"""Metres a degree on a sphere: exact enough for a circle whose radius is a round guess."""


class Offset(NamedTuple):
    """How far a corridor's line lies from the nearest road, sampled every 500 m."""

    corridor: str
    length_km: float
    median_m: float
    p95_m: float
    max_m: float
    within_pct: float
    """Share of the line that has a road within the corridor's half width."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", metavar="ROADS", type=Path, help="line file of roads to compare with")
    roads = parser.parse_args().check
    if roads is None:
        OUT.write_text(build(), encoding="utf-8")
        return
    print(f"{'corridor':<20} {'km':>6} {'median m':>9} {'p95 m':>7} {'max m':>7} {'within %':>9}")
    for row in offsets(roads):
        print("{:<20} {:>6.0f} {:>9.0f} {:>7.0f} {:>7.0f} {:>9.1f}".format(*row))


def build() -> str:
    """The text of `vietnam.geojson`: one feature a line, so that a review shows what changed."""
    features = [*_corridors(), *_zones()]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def offsets(roads: Path) -> Iterator[Offset]:
    """Compares each corridor with the roads in metres, on the UTM zone of northern Vietnam."""
    import geopandas as gpd  # noqa: PLC0415 - building the catalogue needs the standard library only
    import numpy as np  # noqa: PLC0415

    utm = 32648
    network = gpd.read_file(roads).to_crs(utm).geometry
    corridors = gpd.GeoDataFrame.from_features(_corridors(), crs=4326).to_crs(utm)
    for row in corridors.itertuples():
        along_m = np.arange(0.0, row.geometry.length, 500.0)
        points = gpd.GeoSeries(row.geometry.interpolate(m) for m in along_m).set_crs(utm)
        _, off_m = network.sindex.nearest(points, return_all=False, return_distance=True)
        p95_m, within_pct = np.percentile(off_m, 95), 100 * np.mean(off_m <= row.half_width_m)
        yield Offset(row.id, row.geometry.length / 1000, np.median(off_m), p95_m, off_m.max(), within_pct)


def _corridors() -> Iterator[dict[str, Any]]:
    legs: dict[str, list[list[float]]] = {}
    for row in _table("roads.csv"):
        legs.setdefault(row["leg"], []).append([float(row["lon"]), float(row["lat"])])
    for name, title, half_width_m, chain in CORRIDORS:
        line = [point for leg in chain.split() for point in legs[leg]]
        properties = {"id": name, "name": title, "kind": "corridor", "half_width_m": half_width_m}
        yield _feature(properties, {"type": "LineString", "coordinates": line})


def _zones() -> Iterator[dict[str, Any]]:
    for row in _table("places.csv"):
        ring = _circle(float(row["lat"]), float(row["lon"]), float(row["radius_m"]))
        role = row["role"]
        properties = {"id": row["id"], "name": row["name"], "kind": "zone", "role": role, "permits": PERMITS[role]}
        yield _feature(properties, {"type": "Polygon", "coordinates": [ring]})


def _circle(lat: float, lon: float, radius_m: float) -> list[list[float]]:
    ring = []
    for corner in range(CORNERS):
        angle = 2 * math.pi * corner / CORNERS  # from east, against the clock, as RFC 7946 has outer rings
        north, east = math.sin(angle) * radius_m, math.cos(angle) * radius_m
        step_lon = east / (M_PER_DEG * math.cos(math.radians(lat)))
        ring.append([round(lon + step_lon, 5), round(lat + north / M_PER_DEG, 5)])
    return [*ring, ring[0]]


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
