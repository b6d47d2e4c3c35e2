"""The statistics' figures against a plain count of the same decisions, on SQLite and on PostgreSQL."""

from __future__ import annotations

import random
from collections import defaultdict
from math import ceil
from statistics import median
from typing import Any

import pytest
from sqlalchemy import update

from sealtrack.console.store import Store
from sealtrack.console.store.tables.judged import incidents
from sealtrack.schema import Kind
from sealtrack.settings import Console
from tests.console.made import alert, fill_store, shipment
from tests.console.people import Caller, People, client_of

SETTINGS = Console(four_eyes="never", logins_per_minute=1000)
KINDS = [Kind.seal_open, Kind.speeding, Kind.route_deviation, Kind.unauthorised_stop]
TRIPS = 30


def _made(chance: random.Random) -> list[dict[str, Any]]:
    """Trips with what was told of them and what people said of that."""
    return [
        {
            "number": n,
            "unit": chance.choice(["Đội 1", "Đội 2"]),
            "route": chance.choice(["r1", "r2", "r1|r2"]),
            "kinds": chance.sample(KINDS, chance.randint(0, 3)),
            "verdict": chance.choice(["confirmed", "false", "explained", None]),
            "officer": chance.choice([0, 1]),
            "wait_s": chance.randint(1, 5_000),
        }
        for n in range(TRIPS)
    ]


def _fill(store: Store, trips: list[dict[str, Any]]) -> None:
    declared = [shipment(one["number"], unit=one["unit"], route_id=one["route"]) for one in trips]
    # Alerts a minute apart are one incident.
    told = [alert(one["number"], kind, lat=20 + one["number"] / 10) for one in trips for kind in one["kinds"]]
    fill_store(store, declared, told, SETTINGS)


def _decide(trips: list[dict[str, Any]], officers: list[Caller], store: Store) -> None:
    for one in trips:
        caller = officers[one["officer"]]
        if not one["kinds"] or one["verdict"] is None:
            continue
        [item] = caller.get("/incidents", shipment=f"S{one['number']}")["items"]
        caller.post(f"/incidents/{item['incident_id']}/verdict", {"verdict": one["verdict"], "reason": "other"})
        officers[1 - one["officer"]].post(f"/incidents/{item['incident_id']}/note", {"text": "seen"})
        with store.writing() as connection:
            where = incidents.c.shipment_id == f"S{one['number']}"
            answered = incidents.c.opened_ms + one["wait_s"] * 1000
            connection.execute(update(incidents).where(where).values(responded_ms=answered))


def _groups(by: str, one: dict[str, Any]) -> list[str]:
    found: dict[str, list[str]] = {"unit": [one["unit"]], "route": one["route"].split("|"), "rule": list(one["kinds"])}
    return found[by]


@pytest.mark.parametrize("by", ["unit", "route", "rule"])
def test_precision_response_times_and_rates_are_what_a_plain_count_gives(empty: Store, by: str) -> None:
    trips = _made(random.Random(by))
    _fill(empty, trips)
    with client_of(empty, SETTINGS) as client:
        people = People(empty, client)
        officers = [people("analyst", "an"), people("analyst", "binh")]
        _decide(trips, officers, empty)
        found = {item["name"]: item for item in officers[0].get("/statistics", by=by)["items"]}
    expected: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in trips:
        for name in _groups(by, one):
            expected[name].append(one)
    for name, members in expected.items():
        told = [one for one in members if one["kinds"]]
        said = [one["verdict"] for one in told if one["verdict"]]
        waits = sorted(one["wait_s"] for one in told if one["verdict"])
        alerts = len(told) if by == "rule" else sum(len(one["kinds"]) for one in told)
        trips_counted = TRIPS if by == "rule" else len(members)
        item = found[name]
        assert (item["incidents"], item["alerts"], item["trips"]) == (len(told), alerts, trips_counted)
        assert item["alerts_per_100_trips"] == round(100 * alerts / trips_counted, 1)
        right = len(said) - said.count("false")
        assert item["precision_pct"] == (round(100 * right / len(said), 1) if said else None)
        assert item["offences_pct"] == (round(100 * said.count("confirmed") / len(said), 1) if said else None)
        assert item["answered"] == len(waits)
        assert item["response_median_s"] == (round(median(waits)) if waits else None)
        assert item["response_p90_s"] == (waits[ceil(0.9 * len(waits)) - 1] if waits else None)


def test_an_officer_has_the_response_times_of_what_they_answered_first(empty: Store) -> None:
    trips = [one | {"kinds": [Kind.seal_open], "verdict": "confirmed"} for one in _made(random.Random(1))]
    _fill(empty, trips)
    with client_of(empty, SETTINGS) as client:
        people = People(empty, client)
        officers = [people("analyst", "an"), people("analyst", "binh")]
        _decide(trips, officers, empty)
        found = {item["name"]: item for item in officers[0].get("/statistics", by="officer")["items"]}
    for number, name in enumerate(("an", "binh")):
        waits = [one["wait_s"] for one in trips if one["officer"] == number]
        assert (found[name]["answered"], found[name]["response_median_s"]) == (len(waits), round(median(waits)))
        assert found[name]["incidents"] == TRIPS, "both had to do with all of them"


def test_repeated_stops_and_whose_they_are(empty: Store) -> None:
    declared = [shipment(n, open_cards=[f"card{n % 2}"], carrier="Same") for n in range(3)]
    stops = [alert(n, Kind.unauthorised_stop, lat=21.5, lon=106.5 + (n == 2) * 0.1) for n in range(3)]
    fill_store(empty, declared, stops, SETTINGS)
    with client_of(empty, SETTINGS) as client:
        analyst = People(empty, client)("analyst", "an")
        name = analyst.get("/incidents", shipment="S0")["items"][0]["incident_id"]
        analyst.post(f"/incidents/{name}/acknowledge")
        [place] = analyst.get("/statistics")["places"]
        assert (place["seals"], place["seal_ids"], place["cards"]) == (2, ["L0", "L1"], ["card0", "card1"])
        assert (place["carriers"], place["officers"], place["shipments"]) == (["Same"], ["an"], ["S0", "S1"])
        counted = {
            by: {item["name"]: item["repeat_stops"] for item in analyst.get("/statistics", by=by)["items"]}
            for by in ("carrier", "seal", "card", "officer", "rule")
        }
    assert counted["carrier"] == {"Same": 2}
    assert counted["seal"] == {"L0": 1, "L1": 1, "L2": 0}
    assert counted["card"] == {"card0": 1, "card1": 1}
    assert counted["officer"] == {"an": 1}
    assert {name: n for name, n in counted["rule"].items() if n} == {"unauthorised_stop": 2}
