"""A recorded track becomes the draft of a corridor that the track itself never leaves."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import Geod

from sealtrack import geofence
from sealtrack.errors import InputError
from sealtrack.geofence.draft import draft, draft_file
from tests.geofence.builders import ROAD, road, write, yard
from tests.geofence.test_compile import plane_distance_m

GEOD = Geod(ellps="WGS84")


def noisy_trip() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """400 fixes on a winding road with 15 m noise, halting for 100 of them."""
    rng = np.random.default_rng(7)
    step = np.concatenate([np.arange(200), np.full(100, 200), np.arange(200, 300)]) / 300
    lat, lon = 21.0 + 0.1 * step, 105.8 + 0.05 * np.sin(6 * step)
    lat, lon = lat + rng.normal(0, 15, 400) / 110_700, lon + rng.normal(0, 15, 400) / 103_900
    lat[50] = lon[50] = np.nan
    return lat, lon


def test_the_draft_follows_the_track_with_few_vertices(tmp_path: Path) -> None:
    lat, lon = noisy_trip()
    feature = draft(lat, lon, route_id="r", half_width_m=1000)
    assert len(feature["geometry"]["coordinates"]) < 40
    vertices = geofence.load(write(tmp_path / "r.geojson", feature)).fences.vertices
    seen = np.isfinite(lat)
    assert max(plane_distance_m(vertices, *fix) for fix in zip(lat[seen], lon[seen], strict=True)) < 120
    assert GEOD.inv(vertices["lon"][0], vertices["lat"][0], lon[0], lat[0])[2] < 1


def gpx(path: Path, tracks: int = 1) -> Path:
    points = "".join(f'<trkpt lat="{lat}" lon="{lon}"/>' for lon, lat in ROAD)
    track = f"<trk><name>one</name><trkseg>{points}</trkseg></trk>"
    path.write_text(
        f'<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">{track * tracks}</gpx>'
    )
    return path


def test_a_gpx_track_becomes_a_corridor(tmp_path: Path) -> None:
    feature = draft_file(gpx(tmp_path / "track.gpx"), route_id="road", half_width_m=1500, name="Road")
    assert feature["properties"] == {"id": "road", "name": "Road", "kind": "corridor", "half_width_m": 1500}
    assert feature["geometry"]["coordinates"] == ROAD


def test_two_tracks_or_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 2 lines or tracks; keep exactly one"):
        draft_file(gpx(tmp_path / "two.gpx", tracks=2), route_id="r", half_width_m=1500)
    with pytest.raises(InputError, match="has 0 lines"):
        draft_file(write(tmp_path / "yard.geojson", yard()), route_id="r", half_width_m=1500)
    with pytest.raises(InputError, match="no such file"):
        draft_file(tmp_path / "absent.gpx", route_id="r", half_width_m=1500)


@pytest.mark.parametrize("fixes", [[], [[21.0, 105.8]], [[21.0, 105.8], [21.0001, 105.8]], [[np.nan, np.nan]] * 3])
def test_a_track_that_goes_nowhere_is_refused(fixes: list[list[float]]) -> None:
    lat, lon = np.array(fixes, np.float64).reshape(-1, 2).T
    with pytest.raises(InputError, match="needs at least two fixes"):
        draft(lat, lon, route_id="r", half_width_m=1000)


def test_a_line_drawn_in_another_program_may_be_drafted_too(tmp_path: Path) -> None:
    drawn = write(tmp_path / "drawn.geojson", road(id=None, kind=None, half_width_m=None, colour="red"))
    feature = draft_file(drawn, route_id="new", half_width_m=800)
    assert geofence.load(write(tmp_path / "new.geojson", json.loads(json.dumps(feature)))).route_ids == ["new"]
