"""What users who are bound to a unit must not see of others, nor do for them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select, update

from sealtrack.console.access.roles import Role
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.judged import incidents
from tests.console.people import Caller, People
from tests.console.test_decide import _in_days

MINE, OTHERS = "Đội 2", "Đội 9"
SHIPMENT = "TQ26-0006"


@pytest.fixture
def member(people: People) -> Caller:
    """A supervisor of the unit whose only shipment is SHIPMENT."""
    with people.store.writing() as connection:
        for table in (shipments, incidents):
            connection.execute(update(table).values(unit=OTHERS))
            connection.execute(update(table).where(table.c.shipment_id == SHIPMENT).values(unit=MINE))
    return people("supervisor", "member", (MINE,))


def _next_trip(people: People, seal_id: str) -> None:
    """The seal is on a trip of another unit now."""
    with people.store.writing() as connection:
        clock = clock_ms(connection)
        trip = {"shipment_id": "NEXT", "seal_id": seal_id, "route_id": "haiphong-huunghi", "depart_ms": clock - 1}
        connection.execute(insert(shipments).values(trip | {"unit": OTHERS, "carrier": "Secret carrier"}))


def test_no_answer_of_any_list_names_another_units_shipment(people: People, member: Caller) -> None:
    everybody = people("admin", "all")
    with people.store.reading() as connection:
        foreign = set(connection.scalars(select(shipments.c.shipment_id).where(shipments.c.unit == OTHERS)))
        carriers = set(connection.scalars(select(shipments.c.carrier).where(shipments.c.unit == OTHERS)))
        carriers -= set(connection.scalars(select(shipments.c.carrier).where(shipments.c.unit == MINE)))
    assert len(foreign) > 10
    lists = [
        "/incidents?status=all&size=200", "/live", "/devices", "/congestion", "/handover?from=2020-01-01T00:00:00Z",
        "/suppressions?ended=true", "/officers", "/exports/incidents.csv?status=all", "/exports/devices.geojson",
        "/exports/statistics.csv?by=carrier", "/seals/7900000006", f"/shipments/{SHIPMENT}",
        *(f"/statistics?by={by}" for by in ("unit", "route", "carrier", "seal", "card", "officer", "rule")),
    ]  # fmt: skip
    everybody.post("/suppressions", {"shipment_id": "TQ26-0003", "until": _in_days(1), "reason": "r"}, status=201)
    for path in lists:
        answer = member.client.get(f"/api/v1{path}")
        assert answer.status_code == 200, path
        for name in foreign | carriers | {OTHERS}:
            assert json.dumps(name)[1:-1] not in answer.text, f"{path} tells of {name}"
            assert name not in answer.text, f"{path} tells of {name}"
    for name in sorted(foreign)[:3]:
        for path in (f"/shipments/{name}", f"/shipments/{name}/track"):
            assert member.ask("GET", path).status_code == 404


def test_where_a_seal_is_on_another_units_trip_is_not_told(people: People, member: Caller) -> None:
    with people.store.reading() as connection:
        seal_id = connection.scalar(select(shipments.c.seal_id).where(shipments.c.shipment_id == SHIPMENT))
    before = member.get(f"/seals/{seal_id}")["seal"]
    assert before["lat"] is not None
    _next_trip(people, str(seal_id))
    for found in (member.get(f"/seals/{seal_id}")["seal"], member.get(f"/shipments/{SHIPMENT}")["seal"]):
        assert (found["lat"], found["lon"], found["fix_at"], found["lock"]) == (None, None, None, None)
        assert found["battery_pct"] == before["battery_pct"]
    [device] = member.get("/devices")["items"]
    assert (device["lat"], device["lon"]) == (None, None)
    assert people("viewer").get(f"/seals/{seal_id}")["seal"]["lat"] is not None


def test_a_suppression_for_all_units_is_not_ended_by_one(people: People, member: Caller) -> None:
    everybody = people("supervisor", "all")
    body = {"until": _in_days(1), "reason": "road works"}
    made = everybody.post("/suppressions", {"route_id": "haiphong-huunghi", **body}, status=201)
    assert member.get(f"/suppressions/{made['id']}")["reason"] == "road works", "it holds for them, too"
    assert member.ask("DELETE", f"/suppressions/{made['id']}").status_code == 403
    assert everybody.ask("DELETE", f"/suppressions/{made['id']}").status_code == 200
    named = everybody.post("/suppressions", {"shipment_id": "TQ26-0003", **body}, status=201)
    assert member.ask("GET", f"/suppressions/{named['id']}").status_code == 404
    own = member.post("/suppressions", {"shipment_id": SHIPMENT, **body}, status=201)
    assert member.ask("DELETE", f"/suppressions/{own['id']}").status_code == 200


def test_an_admin_of_a_unit_cannot_make_more_of_anybody(people: People) -> None:
    admin = people("admin", "local", (MINE,))
    people.add("elsewhere", Role.viewer, (OTHERS,))
    people.add("everywhere", Role.viewer)
    assert [one["user"] for one in admin.get("/users")["items"]] == ["local"]
    new = {"user": "new", "name": "N", "role": "admin"}
    for units in ([], [OTHERS], [MINE, OTHERS]):
        admin.post("/users", {**new, "units": units}, status=403)
    admin.post("/users", {**new, "units": [MINE]}, status=201)
    for user in ("elsewhere", "everywhere"):
        assert admin.ask("PATCH", f"/users/{user}", {"new_password": True}).status_code == 404
    for units in ([], [OTHERS]):
        assert admin.ask("PATCH", "/users/local", {"units": units}).status_code == 403
        assert admin.ask("PATCH", "/users/new", {"units": units}).status_code == 403
