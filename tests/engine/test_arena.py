"""The memory of a tail: it follows the horizon, not the length of the trip, and serves again what it has left."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sealtrack.core.cold import LINE
from sealtrack.core.pages import WARM
from sealtrack.engine import Engine
from sealtrack.engine.tails import tail_rows
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


def arena_after(country: Catalogue, hours: int) -> tuple[int, int]:
    """(pages, bytes for what is packed) of the arena that were ever given out to a trip of so many hours."""
    engine = Engine(country)
    engine.register([Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START)])
    for hour in range(hours):
        engine.process(pack(on_road("seal", hour)))
    arena = engine._registry.store.arena[0]
    return int(arena["used"]), int(arena["cold"]) * LINE


def test_a_tail_is_as_long_as_the_horizon_not_as_the_trip(country: Catalogue) -> None:
    (pages, packed), (pages_later, packed_later) = (arena_after(country, hours) for hours in (24, 72))
    assert max(pages, pages_later) <= WARM + 1, "of those that are read often"
    assert packed >= HORIZON_H * 60 * 10, "the reports of the horizon"
    assert packed_later <= 1.25 * packed


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


def test_tails_in_any_order_are_the_tails_in_order(country: Catalogue) -> None:
    seals = [f"seal{k}" for k in range(12)]
    rows = [row for seal in seals for hour in range(5) for row in on_road(seal, hour)]
    for k, row in enumerate(rows):
        row["received_ms"], row["seq"], row["offset"] = START + 5 * HOUR, k, k
        if k % 7 == 0:
            row["lat"] = row["lon"] = None
    dice = np.random.default_rng(11)
    tails = []
    for order in (np.arange(len(rows)), dice.permutation(len(rows)), np.arange(len(rows))[::-1]):
        engine, again = Engine(country), Engine(country)
        engine.register([Shipment(shipment_id=seal, seal_id=seal, route_id="road", depart_at=START) for seal in seals])
        for part in np.array_split(order, 20):
            engine.process(pack([rows[k] for k in part]))
        again.restore(engine.snapshot())
        tails += [all_tails(one) for one in (engine, again)]
    assert len(tails[0]) == len(rows)
    for name in set(tails[0].dtype.names or ()) - {"seal"}:  # codes are given in the order of reading
        assert len({tail[name].tobytes() for tail in tails}) == 1, name


def all_tails(engine: Engine) -> NDArray[np.void]:
    """The reports of all shipments, in order."""
    registry = engine._registry
    return np.concatenate([tail_rows(registry.stores, slot) for slot in range(len(registry.shipments))])
