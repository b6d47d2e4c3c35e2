from __future__ import annotations

import json
from typing import Any

import pytest

from sealtrack.columns import Reports
from sealtrack.io.codecs import decode_sightings
from sealtrack.schema import FLAG_SIGHTING, Sighting
from tests.io.codecs.builders import RECEIVED_MS, TIME, TIME_MS, batch, faults

PLAIN = {"sighting_id": "A", "time": TIME, "source": "anpr", "shipment_id": "S1"}


def decode(**changes: Any) -> tuple[list[Sighting], list[tuple[str, str]]]:
    reports, rejected = decode_sightings(batch(json.dumps({**PLAIN, **changes}).encode()))
    return reports.sightings, faults(rejected)


def test_a_sighting_with_all_its_fields() -> None:
    more = {"lat": 21.5, "lon": 106.25, "zone_id": "Z", "plate": "15C-1", "seal_id": "S", "note": "n", "device_id": "7"}
    assert decode(**more, vehicle="15C-2", colour="red") == (
        [
            Sighting(
                sighting_id="A",
                time=TIME_MS,
                source="anpr",
                device_id="7",
                shipment_id="S1",
                vehicle="15C-2",
                lat=21.5,
                lon=106.25,
                zone_id="Z",
                plate="15C-1",
                seal_id="S",
                note="n",
                received=RECEIVED_MS,
            )
        ],
        [],
    )


def test_it_was_received_when_the_record_says_whatever_the_payload_says() -> None:
    [one] = decode(received="2020-01-01T00:00:00Z")[0]
    assert one.received == RECEIVED_MS
    reports, _ = decode_sightings(batch(json.dumps(PLAIN).encode(), received_ms=-1))
    assert reports.rows["received_ms"].tolist() == [TIME_MS]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sighting_id": ""}, ("sighting_id", "missing")),
        ({"time": "noon"}, ("time", "not_a_time")),
        ({"source": None}, ("source", "missing")),
        ({"shipment_id": None}, ("", "names_nothing")),
    ],
)
def test_what_says_nothing_of_anybody_is_set_aside(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert decode(**changes) == ([], [fault])


def test_an_unknown_source_is_named() -> None:
    found, [(field, _)] = decode(source="rumour")
    assert (found, field) == ([], "source")


def test_half_a_place_is_none() -> None:
    [one], rejected = decode(lat=21.5)
    assert (one.lat, one.lon) == (None, None)
    assert rejected == [("lon", "missing")]


def test_neighbours_of_what_cannot_be_read_are_used_with_their_own_offsets() -> None:
    good = json.dumps(PLAIN).encode()
    reports, rejected = decode_sightings(batch(good, b"{", None, good))
    assert isinstance(reports, Reports)
    assert reports.rows["offset"].tolist() == [10, 13]
    assert (reports.rows["flags"] == FLAG_SIGHTING).all()
    assert (reports.rows["partition"] < 0).all(), "a partition of the positions' topic would be committed"
    assert [(one.offset, one.reason) for one in rejected] == [(11, "not_json"), (12, "empty")]
