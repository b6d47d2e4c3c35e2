from __future__ import annotations

import json
from typing import Any

import pytest

from sealtrack.io.codecs import decode_shipments
from sealtrack.schema import Shipment
from tests.io.codecs.builders import batch, faults

PLAIN = {"shipment_id": "A", "seal_id": "S", "route_id": "r1|r2", "depart_at": "2024-05-01T08:00:00Z"}


def decode(**changes: Any) -> tuple[list[Shipment], list[tuple[str, str]]]:
    shipments, rejected = decode_shipments(batch(json.dumps({**PLAIN, **changes}).encode()))
    return shipments, faults(rejected)


def test_a_shipment_with_all_its_fields() -> None:
    shipments, rejected = decode(
        open_cards=["1", "2"], arrive_by=1_714_600_000_000, origin_zone="port", policy="minerals", note="ignored"
    )
    assert not rejected
    assert shipments == [
        Shipment(
            shipment_id="A",
            seal_id="S",
            route_id="r1|r2",
            depart_at=1_714_550_400_000,
            arrive_by=1_714_600_000_000,
            origin_zone="port",
            open_cards=("1", "2"),
            policy="minerals",
        )
    ]


@pytest.mark.parametrize("field", ["shipment_id", "seal_id", "route_id", "depart_at"])
@pytest.mark.parametrize("absent", [None, ""])
def test_without_a_required_field_it_is_set_aside(field: str, absent: Any) -> None:
    assert decode(**{field: absent}) == ([], [(field, "missing")])


def test_an_unreadable_deadline_does_not_leave_a_shipment_unwatched() -> None:
    shipments, rejected = decode(arrive_by="tomorrow")
    assert rejected == [("arrive_by", "not_a_time")]
    assert shipments[0].arrive_by is None


def test_an_amendment_of_which_nobody_knows_when_is_set_aside() -> None:
    assert decode(amended_at="noon") == ([], [("amended_at", "not_a_time")])


def test_a_shipment_cannot_end_before_it_starts() -> None:
    assert decode(closed_at="2024-05-01T07:59:59Z") == ([], [("closed_at", "before_departure")])


def test_records_that_are_no_shipment() -> None:
    good = json.dumps(PLAIN).encode()
    shipments, rejected = decode_shipments(batch(good, None, b"{", b"7", good))
    assert len(shipments) == 2
    assert [(one.offset, one.reason) for one in rejected] == [(11, "empty"), (12, "not_json"), (13, "not_an_object")]
