"""One catalogue, whatever the file format, the CRS, or the order of its features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from sealtrack import geofence
from sealtrack.errors import GeofenceError, InputError
from tests.geofence.builders import ROAD, feature, moved, road, square, write, yard

HOLE = square(105.798, 20.998, 0.004)


@pytest.fixture
def fences(tmp_path: Path) -> Path:
    """Every property in use, a yard with a hole, a zone of two parts."""
    yard_with_hole = yard(name="Bãi Đình Vũ", role="customs_yard", schedule="Mon-Sat 06:00-22:00 Asia/Ho_Chi_Minh")
    yard_with_hole["geometry"]["coordinates"].append(HOLE)
    parts = [[square(105.9, 21.0, 0.01)], [square(105.92, 21.0, 0.01)]]
    times = {"valid_from": "2026-01-01T00:00:00+07:00", "valid_to": "2027-01-01T00:00:00+07:00"}
    zone = feature("MultiPolygon", parts, id="slow", kind="zone", forbids=["enter"], speed_limit=40, **times)
    return write(tmp_path / "fences.geojson", road(name="Đường"), yard_with_hole, zone)


def frame_of(path: Path) -> gpd.GeoDataFrame:
    """The features with lists joined by `;`, as formats other than GeoJSON hold them."""
    frame = gpd.read_file(path)
    for name in ("permits", "forbids"):
        frame[name] = [";".join(words) if isinstance(words, list) or hasattr(words, "size") else None
                       for words in frame[name]]  # fmt: skip
    return frame


def test_every_format_gives_the_same_content(fences: Path, tmp_path: Path) -> None:
    expected = geofence.load(fences).sha256
    frame = frame_of(fences)
    frame.to_file(tmp_path / "fences.gpkg")
    frame.to_parquet(tmp_path / "fences.parquet")
    text = frame.assign(**{name: frame[name].astype(object).map(_iso) for name in ("valid_from", "valid_to")})
    text.to_file(tmp_path / "fences.kml", driver="LIBKML")
    found = {path.suffix: geofence.load(path).sha256 for path in tmp_path.iterdir()}
    assert found == dict.fromkeys((".geojson", ".gpkg", ".parquet", ".kml"), expected)


def _iso(moment: Any) -> str | None:
    return None if pd.isna(moment) else str(moment.isoformat())


@pytest.mark.parametrize("epsg", [32648, 3405, 3857], ids=["UTM 48N", "VN-2000", "web Mercator"])
def test_every_crs_gives_the_same_content(fences: Path, tmp_path: Path, epsg: int) -> None:
    projected = tmp_path / "projected.gpkg"
    frame_of(fences).to_crs(epsg).to_file(projected)
    assert geofence.load(projected).sha256 == geofence.load(fences).sha256


def test_a_list_of_geoparquet_may_stay_a_list(fences: Path, tmp_path: Path) -> None:
    gpd.read_file(fences).to_parquet(tmp_path / "lists.parquet")
    assert geofence.load(tmp_path / "lists.parquet").sha256 == geofence.load(fences).sha256


def test_order_and_split_over_files_do_not_matter_but_content_does(fences: Path, tmp_path: Path) -> None:
    whole = json.loads(fences.read_text(encoding="utf-8"))["features"]
    folder = tmp_path / "parts"
    folder.mkdir()
    write(folder / "a.geojson", whole[2], whole[0])
    write(folder / "b.geojson", whole[1])
    (folder / "notes.txt").write_text("not a geofence")
    expected = geofence.load(fences).sha256
    assert geofence.load(folder).sha256 == expected
    assert geofence.load(folder / "b.geojson", folder / "a.geojson").sha256 == expected
    whole[0]["properties"]["half_width_m"] = 1501
    assert geofence.load(write(tmp_path / "wider.geojson", *whole)).sha256 != expected


def test_all_layers_of_a_geopackage_are_read(fences: Path, tmp_path: Path) -> None:
    frame = frame_of(fences)
    for name in ("corridor", "zone"):
        frame[frame.kind == name].to_file(tmp_path / "layers.gpkg", layer=name)
    assert geofence.load(tmp_path / "layers.gpkg").sha256 == geofence.load(fences).sha256


def test_a_line_in_parts_that_meet_is_one_corridor(tmp_path: Path) -> None:
    parts = feature("MultiLineString", [ROAD[:2], ROAD[1:]], id="road", kind="corridor", half_width_m=1500)
    whole = geofence.load(write(tmp_path / "whole.geojson", road()))
    assert geofence.load(write(tmp_path / "parts.geojson", parts)).sha256 == whole.sha256


def test_a_missing_crs_is_a_fault(fences: Path, tmp_path: Path) -> None:
    frame = frame_of(fences)
    frame.set_crs(None, allow_override=True).to_parquet(tmp_path / "nowhere.parquet")
    with pytest.raises(GeofenceError, match=r"nowhere\.parquet: does not say its coordinate reference system"):
        geofence.load(tmp_path / "nowhere.parquet")


def test_metres_under_the_name_of_degrees_are_a_fault(fences: Path, tmp_path: Path) -> None:
    projected = frame_of(fences).to_crs(32648).set_crs(4326, allow_override=True)
    projected.to_file(tmp_path / "metres.gpkg")
    with pytest.raises(GeofenceError, match="feature road, geometry: has a coordinate outside the earth"):
        geofence.load(tmp_path / "metres.gpkg")


def test_kml_as_google_earth_writes_it(tmp_path: Path) -> None:
    data = {"id": "r1", "kind": "corridor", "half_width_m": "1500"}
    fields = "".join(f'<Data name="{name}"><value>{value}</value></Data>' for name, value in data.items())
    path = tmp_path / "earth.kml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
        f'<Placemark id="x1"><name>Route</name><styleUrl>#m</styleUrl><ExtendedData>{fields}</ExtendedData><LineString>'
        "<tessellate>1</tessellate><coordinates>105.8,21.0,0 105.85,21.02,0 105.9,21.05,0</coordinates>"
        "</LineString></Placemark></Folder></Document></kml>",
        encoding="utf-8",
    )
    catalogue = geofence.load(path)
    assert (catalogue.route_ids, catalogue.route_names) == (["r1"], ["Route"])
    assert catalogue.sha256 == geofence.load(write(tmp_path / "same.geojson", road(id="r1", name="Route"))).sha256


@pytest.mark.parametrize("name", ["bad.geojson", "bad.gpkg", "bad.kml", "bad.parquet", "bad.xyz"])
def test_a_file_of_another_sort_is_one_clear_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\x01 not a map")
    with pytest.raises(InputError, match=rf"^\S*{name}: cannot be read \(.*\); give one of \.geojson") as caught:
        geofence.load(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_gpx_track_is_sent_to_draft(tmp_path: Path) -> None:
    (tmp_path / "track.gpx").write_text("<gpx/>")
    with pytest.raises(InputError, match="sealtrack geofences draft"):
        geofence.load(tmp_path / "track.gpx")


def test_a_shift_of_a_metre_is_another_content(tmp_path: Path) -> None:
    one, two = (write(tmp_path / f"{n}.geojson", road(moved(ROAD, lat=n * 1e-5))) for n in range(2))
    assert geofence.load(one).sha256 != geofence.load(two).sha256
