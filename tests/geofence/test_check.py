"""Every fault is named, with the feature's id, the property and a remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack import geofence, schema
from sealtrack.errors import GeofenceError, InputError
from sealtrack.geofence import Fault, Level
from tests.geofence.builders import ROAD, YARD, feature, moved, road, square, write, yard

BOWTIE = [[105.8, 21.0], [105.81, 21.01], [105.81, 21.0], [105.8, 21.01], [105.8, 21.0]]
SWAPPED = [[lat, lon] for lon, lat in YARD]
GAP = [ROAD[:2], moved(ROAD[1:], lon=0.05)]
LONG_JUMP = [*ROAD, [106.30, 21.05]]

FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    # what, the feature, the property at fault, words of the message
    ("self-intersection", yard(BOWTIE), "geometry", "invalid ring: Self-intersection"),
    ("swapped axes", yard(SWAPPED), "geometry", "latitude and longitude are swapped; write longitude first"),
    ("one vertex swapped", road([*ROAD[:2], ROAD[2][::-1]]), "geometry", "write longitude first, [105.9, 21.05]"),
    ("projected metres", yard(moved(YARD, lon=500_000)), "geometry", "outside the earth"),
    ("zero width", road(half_width_m=0), "half_width_m", "is 0; write 20 to 20000 m"),
    ("absurd width", road(half_width_m=5e6), "half_width_m", "is 5e+06"),
    ("no width", road(half_width_m=None), "half_width_m", "is missing"),
    ("width in words", road(half_width_m="wide"), "half_width_m", "is not a number"),
    ("parts that do not meet", feature("MultiLineString", GAP, id="road", kind="corridor", half_width_m=1500),
     "geometry", "gap of 5,1"),
    ("long jump", road(LONG_JUMP), "geometry", "41.6 km without a vertex"),
    ("the pole", road([[0, 90], [10, 90]]), "geometry", "has no length"),
    ("a point that repeats", road([ROAD[0], ROAD[0]]), "geometry", "has no length"),
    ("180th meridian", road([[179.95, 1.0], [-179.95, 1.0]]), "geometry", "crosses the 180th meridian"),
    ("unknown key", yard(colour="red"), "colour", "unknown key; remove it"),
    ("misspelt key", road(half_widht_m=1500), "half_widht_m", "did you mean half_width_m?"),
    ("no id", yard(id=None), "id", "is missing"),
    ("blank id", yard(id="  "), "id", "is missing"),
    ("id of two lines", yard(id="a\nb"), "id", "control characters"),
    ("id with the sign of alternatives", road(id="a|b"), "id", "joins alternative routes"),
    ("no kind", yard(kind=None), "kind", "is missing; give it (corridor or zone)"),
    ("unknown kind", yard(kind="circle"), "kind", "is 'circle'; use corridor or zone"),
    ("line for a zone", road(kind="zone", half_width_m=None), "geometry", "is a LineString; a zone needs a Polygon"),
    ("point", feature("Point", [105.8, 21.0], id="p", kind="zone"), "geometry", "is a Point"),
    ("unknown permit", yard(permits=["park"]), "permits", "is 'park'; use stop or open"),
    ("unknown prohibition", yard(permits=None, forbids=["leave"]), "forbids", "use enter"),
    ("permits of a corridor", road(permits=["stop"]), "permits", "has no meaning for a corridor"),
    ("width of a zone", yard(half_width_m=500), "half_width_m", "has no meaning for a zone"),
    ("illegible schedule", yard(schedule="office hours"), "schedule", "write it like `Mon-Fri 06:00-22:00"),
    ("half hours", yard(schedule="Mon 06:30-22:00 UTC"), "schedule", "full hour"),
    ("unknown day", yard(schedule="Mon-Fry 06:00-22:00 UTC"), "schedule", "knows no day `Fry`"),
    ("unknown time zone", yard(schedule="Mon 06:00-22:00 Asia/Hanoy"), "schedule", "knows no time zone"),
    ("summer time", yard(schedule="Mon 06:00-22:00 Europe/Warsaw"), "schedule", "one fixed offset"),
    ("empty interval", yard(valid_from="2026-02-01T00:00:00Z", valid_to="2026-01-01T00:00:00Z"),
     "valid_to", "is not after valid_from"),
    ("time without offset", yard(valid_from="2026-02-01 10:00"), "valid_from", "has no offset from UTC"),
    ("seconds for milliseconds", yard(valid_from=1_767_225_600), "valid_from", "no time from 2000 on in milliseconds"),
    ("illegible time", yard(valid_from="soon"), "valid_from", "is not a time"),
    ("speed limit", yard(speed_limit=500), "speed_limit", "is 500; write 5 to 150 km/h"),
    ("no geometry", feature("", None, id="yard", kind="zone"), "geometry", "is missing, empty or broken"),
    ("empty geometry", yard([]), "geometry", "is missing, empty or broken"),
    ("unclosed ring", yard(YARD[:-1]), "geometry", "unclosed ring"),
    ("one-point line", road(ROAD[:1]), "geometry", "a line of one point"),
    ("NaN", yard([*YARD[:2], [float("nan"), 21.0], *YARD[2:]]), "geometry", "not a number"),
]  # fmt: skip


def faults_of(path: Path, level: Level = Level.error) -> list[Fault]:
    return [fault for fault in geofence.examine([path])[0] if fault.level is level]


@pytest.mark.parametrize(("wrong", "field", "words"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_named_with_its_feature_and_a_remedy(
    tmp_path: Path, wrong: dict[str, Any], field: str, words: str
) -> None:
    path = write(tmp_path / "fences.geojson", wrong, road(id="good"))
    faults = faults_of(path)
    assert [(fault.file, fault.field) for fault in faults] == [(str(path), field)]
    assert words in str(faults[0])
    named = str(wrong["properties"].get("id", "")).strip() or "#1"
    assert faults[0].feature_id == named
    assert faults[0].remedy
    assert "\n" not in str(faults[0])


def test_what_is_right_has_no_fault(tmp_path: Path) -> None:
    night = yard(id="night", schedule="Mon-Fri 22:00-06:00 Asia/Ho_Chi_Minh, Sun 00:00-24:00 UTC")
    path = write(tmp_path / "fences.geojson", road(), yard(role="port"), night)
    faults, catalogue = geofence.examine([path])
    assert faults == []
    assert catalogue is not None
    assert catalogue.zone_ids == ["night", "yard"]


def test_an_id_used_twice_is_named_in_whichever_file(tmp_path: Path) -> None:
    write(tmp_path / "a.geojson", road(), yard())
    write(tmp_path / "b.geojson", yard(square(105.9, 21.0, 0.01)))
    (fault,) = faults_of(tmp_path)
    assert (fault.file, fault.feature_id, fault.field) == (str(tmp_path / "b.geojson"), "yard", "id")
    assert "feature 2 in" in fault.message


def test_axes_swapped_inside_the_valid_range_are_noticed_by_the_neighbours(tmp_path: Path) -> None:
    lagos = [yard(square(3.4, 6.4 + n / 10, 0.01), id=f"yard-{n}") for n in range(3)]
    kaduna = [yard(square(7.4, 10.5, 0.01), id="far-away"), yard(square(20.5, 37.0, 0.01), id="swapped")]
    patras = yard(square(37.0, 20.8, 0.01), id="near-swapped")
    faults = faults_of(write(tmp_path / "fences.geojson", *lagos, *kaduna, patras))
    assert {fault.feature_id for fault in faults} == {"swapped", "near-swapped"}
    assert "look swapped" in faults[0].message


def test_all_faults_of_a_feature_are_named_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "fences.geojson", yard(BOWTIE, colour="red", permits=["park"], speed_limit=1))
    assert {fault.field for fault in faults_of(path)} == {"colour", "permits", "speed_limit", "geometry"}


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (yard(role="prot"), "'prot', which no rule knows"),
        (yard(permits=None), "changes nothing"),
        (yard(forbids=["enter"]), "contradicts permits"),
        (yard(square(105.0, 21.0, 0.5)), "km²; draw the yard itself"),
        (road([[105.80 + n / 1000, 21.0] for n in range(50)] + [[105.95, 21.0]]), "10.5 km without a vertex"),
    ],
    ids=["role", "no effect", "contradiction", "huge", "odd jump"],
)
def test_a_warning_does_not_keep_a_fence_from_use(tmp_path: Path, odd: dict[str, Any], words: str) -> None:
    path = write(tmp_path / "fences.geojson", odd)
    (warning,) = faults_of(path, Level.warning)
    assert words in str(warning)
    assert geofence.load(path).sha256


def test_load_lists_every_fault_and_loads_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "fences.geojson", road(half_width_m=0), yard(colour="red"))
    with pytest.raises(GeofenceError) as caught:
        geofence.load(path)
    first, *lines = str(caught.value).splitlines()
    assert first == "geofences not used, 2 faults:"
    assert [line.strip().split(": ")[0] for line in lines] == [
        f"{path}, feature road, half_width_m",
        f"{path}, feature yard, colour",
    ]


def test_an_unreadable_file_does_not_hide_the_faults_of_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "bad.geojson").write_text("not json")
    write(tmp_path / "good.geojson", yard(colour="red"))
    faults, catalogue = geofence.examine([tmp_path, tmp_path / "absent.kml"])
    assert [(Path(fault.file).name, fault.level) for fault in faults] == [
        ("bad.geojson", Level.unreadable),
        ("absent.kml", Level.unreadable),
        ("good.geojson", Level.error),
    ]
    assert catalogue is None
    with pytest.raises(InputError, match=r"bad\.geojson: cannot be read"):
        geofence.load(tmp_path)


def test_a_folder_or_a_file_with_nothing_in_it_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no geofence file"):
        geofence.load(tmp_path)
    with pytest.raises(GeofenceError, match="holds no feature"):
        geofence.load(write(tmp_path / "empty.geojson"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = [item.name for item in schema.fields(schema.Geofence)]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    said=st.dictionaries(st.sampled_from([*NAMES, "colour"]), JSON), kind=st.sampled_from(["zone", "corridor", None])
)
def test_no_property_value_whatever_breaks_the_check(tmp_path: Path, said: dict[str, Any], kind: str | None) -> None:
    properties = {**said, "kind": kind} if kind else said
    path = write(tmp_path / "fences.geojson", feature("Polygon", [YARD], **properties), road())
    faults, catalogue = geofence.examine([path])
    assert (catalogue is None) == any(fault.level is not Level.warning for fault in faults)
    assert all(str(fault).isprintable() for fault in faults)
