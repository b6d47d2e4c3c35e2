from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealtrack.errors import InputError, TransportError, UsageError
from sealtrack.io.codecs import alert_json
from sealtrack.io.files import read_alerts, write_alerts
from sealtrack.schema import Alert, Kind, Severity, Status
from tests.io.codecs.test_alerts import ALERT

SUFFIXES = [".ndjson", ".csv", ".parquet", ".geojson"]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1, max_size=8)
times = st.integers(0, 4_000_000_000_000)
places = st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    lat, lon = draw(places) or (None, None)
    return Alert(
        alert_id=draw(texts),
        version=draw(st.integers(1, 99)),
        kind=str(draw(st.sampled_from(Kind))),
        status=str(draw(st.sampled_from(Status))),
        severity=str(draw(st.sampled_from(Severity))),
        shipment_id=draw(texts),
        seal_id=draw(texts | st.sampled_from(["=1+1", "+7", "-x", "@x", "\tx", "'=x", "'"])),
        start=draw(times),
        end=draw(st.none() | times),
        lat=lat,
        lon=lon,
        evidence=draw(st.dictionaries(texts, st.integers(-9, 9) | texts | st.booleans(), max_size=3)),
        detected_at=draw(times),
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None, max_examples=40)
@given(written=st.lists(alerts(), min_size=1, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, suffix: str, written: Any) -> None:
    path = tmp_path_factory.mktemp("alerts") / f"a{suffix}"
    write_alerts(path, iter(written))
    assert read_alerts(path) == written


def test_ndjson_has_the_canonical_lines(tmp_path: Path) -> None:
    write_alerts(tmp_path / "a.ndjson", [ALERT, ALERT])
    assert (tmp_path / "a.ndjson").read_bytes() == (alert_json(ALERT) + b"\n") * 2


def test_geojson_has_a_point_or_no_place(tmp_path: Path) -> None:
    write_alerts(tmp_path / "a.geojson", [ALERT, replace(ALERT, lat=None, lon=None)])
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert [feature["geometry"] for feature in features] == [{"type": "Point", "coordinates": [105.25, 21.5]}, None]
    assert features[0]["properties"]["evidence"]["route_km"] == 12.5


def test_csv_cannot_run_in_a_spreadsheet(tmp_path: Path) -> None:
    hostile = ["=cmd()", "+1", "-1", "@x", "\tx", "\rx"]
    write_alerts(tmp_path / "a.csv", [replace(ALERT, seal_id=text) for text in hostile])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["seal_id"] for row in rows] == ["'" + text for text in hostile]
    assert rows[0]["start"] == "2024-05-01T08:00:00.000Z"
    assert json.loads(rows[0]["evidence"])["route_km"] == 12.5
    assert rows[0]["lat"] == "21.5"


def test_parquet_has_times_and_numbers(tmp_path: Path) -> None:
    write_alerts(tmp_path / "a.parquet", [ALERT])
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert str(schema.field("start").type) == "timestamp[ms, tz=UTC]"
    assert str(schema.field("lat").type) == "double"
    assert not schema.field("alert_id").nullable


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_alerts_make_a_file_with_none(tmp_path: Path, suffix: str) -> None:
    write_alerts(tmp_path / f"a{suffix}", [])
    assert read_alerts(tmp_path / f"a{suffix}") == []


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text("before")

    def breaking() -> Iterator[Alert]:
        yield ALERT
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        write_alerts(path, breaking())
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match="cannot be written"):
        write_alerts(tmp_path / "absent" / "a.csv", [ALERT])
    with pytest.raises(UsageError, match=r"suffix \.xlsx is not known"):
        write_alerts(tmp_path / "a.xlsx", [ALERT])
    with pytest.raises(UsageError, match="suffix none is not known"):
        write_alerts(tmp_path / "alerts", [ALERT])
    with pytest.raises(UsageError, match="uncompressed"):
        write_alerts(tmp_path / "a.csv.gz", [ALERT])


@pytest.mark.parametrize(
    ("content", "message"),
    [("{}\n", "row 1, field alert_id is required"), ("[\n", "row 1, not JSON"), ("7\n", "row 1, a JSON number")],
)
def test_an_alert_that_cannot_be_read_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(content)
    with pytest.raises(InputError, match=message):
        read_alerts(path)
