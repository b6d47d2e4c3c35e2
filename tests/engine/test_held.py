"""Reports of seals that no shipment has: they wait, and whoever makes up seals and cards cannot fill the memory."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from sealtrack.engine import Engine
from sealtrack.engine import held as held_module
from sealtrack.engine.held import LARGEST_SEAL, Held
from sealtrack.engine.registry import ANOTHER_CARD
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policy
from sealtrack.replay import final
from sealtrack.schema import REPORT_DTYPE, Shipment
from tests.core.feeds import MINUTE, SECOND, START, Raw, pack
from tests.core.world import catalogue, point_on


def rows(seals: list[int], cards: list[int] | None = None) -> np.ndarray:
    made = np.zeros(len(seals), REPORT_DTYPE)
    made["seal"] = seals
    made["card"] = -1 if cards is None else cards
    made["offset"] = np.arange(len(seals))
    return made


def offsets(held: Held, seal: str) -> list[int]:
    return held.claim(seal, 7, lambda _name: 0)["offset"].tolist()  # type: ignore[no-any-return]


def test_what_is_held_comes_back_in_order_with_registered_codes_and_cards() -> None:
    held = Held()
    held.begin(["a", "b"], ["x", "y"])
    held.add(rows([-2, -3, -2, 0], [-3, -1, 0, -2]), {"known": 0}, {"registered card": 0})
    numbers = {"y": 5, "registered card": 6, "x": 8}
    again = Held.load(msgspec.msgpack.decode(msgspec.msgpack.encode(held.dump())))
    for one in (held, again):
        found = one.claim("a", 3, numbers.__getitem__)
        assert (found["offset"].tolist(), found["seal"].tolist(), found["card"].tolist()) == ([0, 2], [3, 3], [5, 6])
        assert one.claim("known", 4, numbers.__getitem__)["card"].tolist() == [8]
        assert offsets(one, "a") == []
        assert offsets(one, "b") == [1]


def test_of_one_seal_the_oldest_reports_give_way() -> None:
    held = Held()
    held.begin(["a"], [])
    held.add(rows([-2] * (LARGEST_SEAL + 5)), {}, {})
    assert held.forgotten == 5
    assert offsets(held, "a") == list(range(5, LARGEST_SEAL + 5))


def test_a_seal_that_reports_every_5_seconds_is_held_for_the_whole_horizon() -> None:
    assert Policy().horizon_s <= LARGEST_SEAL * 5


def test_of_many_seals_those_heard_longest_ago_give_way_and_no_more_bytes_are_held() -> None:
    held = Held(most_bytes=1_000_000)
    for number in range(5_000):
        held.begin([f"made up {number}", "real"], [])
        held.add(rows([-2, -3]), {}, {})
    held_bytes = sum(len(seal) + len(data) for seal, data, _ in held.dump())
    assert held_bytes < 1_000_000
    assert held.forgotten > 3_000
    assert len(offsets(held, "real")) == min(5_000, LARGEST_SEAL)
    assert offsets(held, "made up 4999") == [0]
    assert offsets(held, "made up 0") == []


def test_many_cards_of_a_seal_are_bounded_too() -> None:
    held = Held(most_bytes=1_000_000)
    for number in range(1_000):
        held.begin(["a"], ["c" * 999 + str(number)])
        held.add(rows([-2], [-2]), {}, {})
    ((_, data, cards),) = held.dump()
    assert len(data) // REPORT_DTYPE.itemsize == 1_000
    assert len(cards) == 64


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def opened(seal: str, at_s: int, card: str) -> Raw:
    lon, lat = point_on("road", 20_000.0)
    t = START + at_s * SECOND
    said: Raw = {
        "seal": seal,
        "time_ms": t,
        "received_ms": t + SECOND,
        "lat": lat,
        "lon": lon,
        "lock": "unlocked",
        "card": card,
    }
    return said | {"partition": 0, "offset": at_s}


@pytest.mark.compiled
def test_made_up_cards_do_not_fill_the_memory_and_declared_ones_are_known(
    country: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sealtrack.engine.registry.MOST_CARDS", 50)
    engine = Engine(country)
    shipment = Shipment(shipment_id="S1", seal_id="seal", route_id="road", depart_at=START - MINUTE)
    engine.register([shipment])
    told = engine.process(pack([opened("stranger", n, f"stranger's {n}") for n in range(200)]))
    assert len(engine._registry.cards) == 0, "nobody is known by then"
    told += engine.process(pack([opened("seal", 200 + n, f"made up {n}") for n in range(200)]))
    assert len(engine._registry.cards) == 51
    (alert,) = [one for one in final(told) if one.kind == "seal_open"]
    assert alert.evidence["card"] in ("made up 0", ANOTHER_CARD)
    assert held_module.MOST_BYTES < 100_000_000
