"""The native codec: what is read, what is refused, and that nothing raises."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.errors import UsageError
from sealtrack.io.codecs import codec
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock
from tests.io.codecs.builders import RECEIVED_MS, TIME, TIME_MS, batch, clean_reports, decode, faults, report

NUMBERS = {
    "lat": "lat",
    "lon": "lon",
    "speed": "speed_kmh",
    "heading": "heading_deg",
    "accuracy": "accuracy_m",
    "battery": "battery_pct",
}
WHOLE = {"satellites": "satellites", "seq": "seq"}


@given(clean_reports)
def test_what_is_encoded_is_decoded(fields: dict[str, Any]) -> None:
    reports, rejected = decode(fields)
    assert not rejected
    row = reports.rows[0]
    assert reports.seals[row["seal"]] == fields["seal_id"]
    assert row["time_ms"] == fields["time"]
    for name, column in NUMBERS.items():
        expected = np.array(fields.get(name, np.nan)).astype(row[column].dtype)
        assert row[column] == expected or np.isnan([row[column], expected]).all()
    for name, column in WHOLE.items():
        assert row[column] == fields.get(name, -1)
    assert Lock(row["lock"]).name == fields.get("lock", "unknown")
    assert row["events"] == sum(EVENT_BIT[name] for name in fields.get("events", ()))
    assert (reports.cards[row["card"]] if row["card"] >= 0 else None) == fields.get("card")
    assert bool(row["flags"] & FLAG_INVALID) == (fields.get("valid") is False)
    assert bool(row["flags"] & FLAG_BUFFERED) == (fields.get("buffered") is True)


@given(clean_reports)
def test_numbers_written_as_text_mean_the_same(fields: dict[str, Any]) -> None:
    as_text = {
        name: str(value).lower()
        if isinstance(value, bool)
        else ";".join(value)
        if isinstance(value, list)
        else str(value)
        for name, value in fields.items()
    }
    plain, _ = decode(fields)
    quoted, rejected = decode(as_text)
    assert not rejected
    assert repr(quoted.rows.tolist()) == repr(plain.rows.tolist())
    assert (quoted.seals, quoted.cards) == (plain.seals, plain.cards)


def test_received_and_place_come_from_the_record() -> None:
    reports, rejected = decode(
        report(received="1999-01-01T00:00:00Z"), report(received="rubbish"), first=41, partition=7
    )
    assert not rejected, "the payload's own stamp is evidence, not input"
    assert reports.rows["received_ms"].tolist() == [RECEIVED_MS] * 2
    assert reports.rows["offset"].tolist() == [41, 42]
    assert reports.rows["partition"].tolist() == [7, 7]


def test_a_topic_without_timestamps_falls_back_on_the_device() -> None:
    reports, _ = decode(report(), received_ms=-1)
    assert reports.rows["received_ms"].tolist() == [TIME_MS]


def test_batches_share_dictionaries_of_text() -> None:
    reports, _ = decode(report(card="A"), report(seal_id="S2"), report(card="B"), report(card="A"))
    assert (reports.seals, reports.rows["seal"].tolist()) == (["S1", "S2"], [0, 1, 0, 0])
    assert (reports.cards, reports.rows["card"].tolist()) == (["A", "B"], [0, -1, 1, 0])


def test_unknown_fields_are_ignored_and_unknown_events_kept_as_a_fact() -> None:
    reports, rejected = decode(report(events=["rope_cut", "hatch_blown", "VIBRATION"], colour={"r": [1, 2]}))
    assert not rejected
    assert reports.rows["events"][0] == EVENT_BIT["rope_cut"] | EVENT_BIT["other"] | EVENT_BIT["vibration"]


def test_null_island_is_kept_as_given() -> None:
    reports, _ = decode(report(lat=0, lon=0))
    assert reports.rows[["lat", "lon"]].tolist() == [(0.0, 0.0)]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("lat", 91, "out_of_range"),
        ("lon", -180.5, "out_of_range"),
        ("lat", "21,5", "not_a_number"),
        ("lat", True, "not_a_number"),
        ("lon", "nan", "not_a_number"),
        ("speed", "fast", "not_a_number"),
        ("speed", 1e300, "out_of_range"),
        ("accuracy", -1, "out_of_range"),
        ("heading", [90], "not_a_number"),
        ("battery", 255, "out_of_range"),
        ("satellites", 7.5, "not_whole"),
        ("satellites", 1000, "out_of_range"),
        ("seq", 2**60, "out_of_range"),
        ("seq", "12a", "not_a_number"),
        ("valid", "perhaps", "not_a_bool"),
        ("buffered", 2, "not_a_bool"),
        ("card", {"id": 1}, "not_text"),
        ("card", "x" * 1001, "too_long"),
        ("card", "\ud800", "not_utf8"),
    ],
)
def test_a_bad_optional_field_never_costs_the_seal_event(field: str, value: Any, reason: str) -> None:
    fields = {"lat": 21.5, "lon": 105.5, "lock": "cut", "events": ["rope_cut"], field: value}
    reports, rejected = decode(report(**fields))
    assert faults(rejected) == [(field, reason)]
    row = reports.rows[0]
    assert (row["time_ms"], row["lock"], row["events"]) == (TIME_MS, Lock.cut, EVENT_BIT["rope_cut"])
    assert np.isnan([row["lat"], row["lon"]]).all() == (field in ("lat", "lon")), "a position is dropped as a pair"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("lock", "broken", "unknown_choice"), ("lock", 3, "unknown_choice"), ("events", 5, "not_a_list")],
)
def test_unreadable_lock_fields_are_named(field: str, value: Any, reason: str) -> None:
    reports, rejected = decode(report(**{field: value}))
    assert (len(reports), faults(rejected)) == (1, [(field, reason)])


@pytest.mark.parametrize("constant", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_numbers_that_are_no_json_spoil_only_their_field(constant: bytes) -> None:
    reports, rejected = decode(b'{"seal_id":"S","time":%d,"lock":"cut","lat":1,"lon":%b}' % (TIME_MS, constant))
    assert faults(rejected) == [("lon", "not_finite")]
    assert reports.rows["lock"].tolist() == [Lock.cut]


@pytest.mark.parametrize(("given_field", "absent"), [("lat", "lon"), ("lon", "lat")])
def test_half_a_position_is_none(given_field: str, absent: str) -> None:
    reports, rejected = decode(report(**{given_field: 10.0}))
    assert faults(rejected) == [(absent, "missing")]
    assert np.isnan(reports.rows[0][given_field])


def test_every_fault_of_a_report_is_named() -> None:
    _, rejected = decode(report(lat=99, speed="x", battery=-1))
    assert [one.field for one in rejected] == ["lat", "speed", "battery"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"time": TIME}, [("seal_id", "missing")]),
        ({"seal_id": "", "time": TIME}, [("seal_id", "missing")]),
        ({"seal_id": ["S"], "time": TIME}, [("seal_id", "not_text")]),
        ({"seal_id": "S"}, [("time", "missing")]),
        ({"seal_id": "S", "time": None}, [("time", "missing")]),
        ({"seal_id": "S", "time": "noon"}, [("time", "not_a_time")]),
        ({"seal_id": "S", "time": "2024-05-01T08:00:00"}, [("time", "no_zone")]),
        ({"seal_id": "S", "time": 1.5}, [("time", "not_a_time")]),
        ({"seal_id": "S", "time": 10**18}, [("time", "out_of_range")]),
        ({}, [("seal_id", "missing"), ("time", "missing")]),
    ],
)
def test_without_its_required_fields_a_report_is_set_aside(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    value = json.dumps(fields).encode()
    reports, rejected = codec("json").decode_reports(batch(value))
    assert len(reports) == 0
    assert faults(rejected) == expected
    assert {(one.source, one.partition, one.offset, one.value) for one in rejected} == {
        ("seal.positions", 2, 10, value)
    }


@pytest.mark.parametrize("seal_fact", [{"lock": "cut"}, {"events": ["back_cover_open"]}])
def test_a_seal_event_without_time_is_judged_when_it_was_received(seal_fact: Any) -> None:
    reports, rejected = decode({"seal_id": "S", "time": "noon", "lat": 1.0, "lon": 2.0, **seal_fact})
    assert faults(rejected) == [("time", "not_a_time")]
    assert reports.rows["time_ms"].tolist() == [RECEIVED_MS]
    assert np.isnan(reports.rows["lat"]).all(), "where it was at another time says nothing"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"x" * 2_000_000, "too_large"),
        (b"lat=1", "not_json"),
        (b'{"seal_id":"S"', "not_json"),
        (b'{"seal_id":' + b"9" * 6000 + b"}", "not_json"),
        (b"\xff\xfe", "not_utf8"),
        (b'{"seal_id":"S\xff","time":1}', "not_utf8"),
        (b'{"seal_id":"S","time":1,"note":"\xed\xa0\x80"}', "not_utf8"),
        (b"[" * 100_000, "not_json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not_json"),
        (b"[1]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"seal_id":"S","time":1,"lock":"cut","lock":"locked"}', "duplicate_key"),
    ],
)
def test_hostile_records_are_set_aside_and_their_neighbours_read(value: Any, reason: str) -> None:
    good = json.dumps(report()).encode()
    reports, rejected = codec("json").decode_reports(batch(good, value, good))
    assert reports.rows["offset"].tolist() == [10, 12]
    assert faults(rejected) == [("", reason)]
    assert rejected[0].value == (value or b"")
    assert "\n" not in str(rejected[0])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
field_names = st.sampled_from(["seal_id", "time", "lat", "lon", "speed", "lock", "events", "card", "seq", "valid"])


@pytest.mark.parametrize("name", ["json", "traccar"])
@given(value=st.binary(max_size=60) | st.dictionaries(field_names, json_values).map(lambda o: json.dumps(o).encode()))
def test_nothing_that_arrives_raises_or_vanishes(name: str, value: Any) -> None:
    reports, rejected = codec(name).decode_reports(batch(value))
    assert len(reports) or rejected
    assert np.isfinite(reports.rows["time_ms"]).all()


def test_an_unknown_codec_is_named() -> None:
    with pytest.raises(UsageError, match="choose one of json, traccar"):
        codec("protobuf")
