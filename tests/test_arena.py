"""The memory of a tail: it follows the horizon, not the length of the trip, and serves again what it has left."""

from __future__ import annotations

import pytest

from sealtrack.core.pages import PAGE
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.schema import Shipment
from tests.core.feeds import HOUR, MINUTE, SECOND, START, pack
from tests.core.world import catalogue, point_on

pytestmark = pytest.mark.compiled
HORIZON_H = 6


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def on_road(seal: str, hour: int) -> list[dict[str, object]]:
    """A report a minute for an hour, up and down the road."""
    rows: list[dict[str, object]] = []
    for minute in range(60 * hour, 60 * hour + 60):
        lon, lat = point_on("road", 2_000 + 500 * abs(minute % 200 - 100))
        time_ms = START + minute * MINUTE
        rows.append(
            {"seal": seal, "time_ms": time_ms, "lat": lat, "lon": lon, "received_ms": time_ms + 2 * SECOND,
             "offset": minute, "lock": "locked"}
        )  # fmt: skip
    return rows


def pages_after(country: Catalogue, hours: int) -> int:
    """Pages of the arena that were ever given out to a trip of so many hours."""
    engine = Engine(country)
    engine.register([Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START)])
    for hour in range(hours):
        engine.process(pack(on_road("seal", hour)))
    return int(engine._registry.store.arena["used"][0])


def test_a_tail_is_as_long_as_the_horizon_not_as_the_trip(country: Catalogue) -> None:
    after_a_day, after_three = (pages_after(country, hours) for hours in (24, 72))
    assert after_a_day >= HORIZON_H * 60 / PAGE
    assert max(after_a_day, after_three) <= 2 * HORIZON_H * 60 / PAGE


def test_a_snapshot_of_a_trimmed_tail_goes_on_as_the_engine_does(country: Catalogue) -> None:
    first, second = Engine(country), Engine(country)
    shipment = Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START)
    first.register([shipment])
    for hour in range(15):
        first.process(pack(on_road("seal", hour)))
    second.restore(first.snapshot())
    between = START + 11 * HOUR + 20 * SECOND
    stored = {"received_ms": START + 15 * HOUR}
    late = [
        row | stored | {"time_ms": between + k * MINUTE, "lock": "unlocked"}
        for k, row in enumerate(on_road("seal", 11)[::3])
    ]
    told = [
        [alert for rows in (late, on_road("seal", 15)) for alert in engine.process(pack(rows))]
        for engine in (first, second)
    ]
    assert told[0]
    assert told[0] == told[1]
