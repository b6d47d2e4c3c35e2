"""A shipment that is long over is forgotten, and nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.replay import final
from sealtrack.schema import Alert, Shipment
from tests.core.feeds import DAY, HOUR, MINUTE, START, Raw, pack
from tests.core.world import catalogue, point_on

pytestmark = pytest.mark.compiled
TRIPS = 12


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def departs(trip: int) -> int:
    return START + 2 * trip * DAY


def shipment(trip: int) -> Shipment:
    """Two seals in turns, two days apart; every third trip is never closed."""
    closed = None if trip % 3 == 2 else departs(trip) + 3 * HOUR
    return Shipment(
        shipment_id=f"S{trip}", seal_id=f"seal{trip % 2}", route_id="road", depart_at=departs(trip), closed_at=closed
    )


def reports(trip: int) -> list[Raw]:
    """A drive of two hours with a cut, a silence, and a cut that is told late: after a day, and after nine."""
    raws: list[Raw] = []
    for minute in [*range(60), *range(100, 120)]:
        t = departs(trip) + minute * MINUTE
        lon, lat = point_on("road", 300.0 * minute)
        lock = "cut" if minute in (30, 110, 111) else "locked"
        late = {110: DAY, 111: 9 * DAY}.get(minute, 0)
        raws.append(
            {"seal": f"seal{trip % 2}", "time_ms": t, "lat": lat, "lon": lon, "lock": lock, "received_ms": t + late}
        )
    return raws


def feed() -> list[Raw]:
    raws = sorted((raw for trip in range(TRIPS) for raw in reports(trip)), key=lambda raw: raw["received_ms"])
    return [raw | {"partition": 0, "offset": offset} for offset, raw in enumerate(raws)]


def days(raws: Sequence[Raw]) -> list[list[Raw]]:
    return [[raw for raw in raws if (raw["received_ms"] - START) // DAY == day] for day in range(2 * TRIPS + 50)]


def live(country: Catalogue) -> tuple[Engine, list[Alert], list[str]]:
    """Day by day, each shipment declared when it departs, and what is over forgotten every evening."""
    engine = Engine(country)
    told: list[Alert] = []
    forgotten: list[str] = []
    for day, raws in enumerate(days(feed())):
        declared = [shipment(trip) for trip in range(TRIPS) if 2 * trip == day]
        told += engine.register(declared)[0]
        told += engine.process(pack(raws), START + (day + 1) * DAY)
        forgotten += engine.forget()
    return engine, told, forgotten


def test_the_alerts_are_those_of_an_engine_that_forgets_nothing(country: Catalogue) -> None:
    engine, told, forgotten = live(country)
    alone = Engine(country)
    history, _ = alone.register([shipment(trip) for trip in range(TRIPS)])
    history += alone.process(pack(feed()))
    history += alone.process(pack([]), START + (2 * TRIPS + 50) * DAY)
    assert [replace(one, version=0) for one in final(told)] == [replace(one, version=0) for one in final(history)]
    assert set(forgotten) == {alert.alert_id for alert in told}
    assert alone.forget()
    assert len(engine.snapshot()) == len(alone.snapshot()) < 5_000
    numbers: dict[str, list[int]] = {}
    for alert in told:
        numbers.setdefault(alert.alert_id, []).append(alert.version)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_what_was_forgotten_does_not_come_back_with_the_book(country: Catalogue) -> None:
    engine, _, _ = live(country)
    again = Engine(country)
    again.restore(engine.snapshot())
    assert again.register([shipment(trip) for trip in range(TRIPS)]) == ([], [])
    assert again.process(pack([]), START + 1_000 * DAY) == []


def test_few_that_are_over_wait_for_more(country: Catalogue) -> None:
    engine = Engine(country)
    late = replace(shipment(0), shipment_id="old", seal_id="old", depart_at=START - 60 * DAY, closed_at=None)
    under_way = [replace(shipment(0), shipment_id=f"now {i}", seal_id=f"now {i}", closed_at=None) for i in range(20)]
    engine.register([late, *under_way])
    engine.process(pack(reports(0)), START + DAY)
    assert engine.forget() == []
