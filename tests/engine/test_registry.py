"""What is declared at once and what is declared record by record is the same to the kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealtrack.engine.atlas import Atlas
from sealtrack.engine.registry import Registry
from sealtrack.geofence import Catalogue
from sealtrack.policy import AppliesTo, Policies, Policy
from sealtrack.schema import Shipment
from tests.core.world import catalogue

HOUR = 3_600_000
POLICIES = Policies(
    sets={"slow": Policy(stop_warning_s=300.0), "ore": Policy(stop_warning_s=600.0)},
    applies_to={"ore": AppliesTo(cargo=("ore",), unit=("north",))},
)
RECORDS = st.lists(
    st.builds(
        Shipment,
        shipment_id=st.sampled_from("ABCDE"),
        seal_id=st.sampled_from(["s", "t", "u"]),
        route_id=st.sampled_from(["road", "bypass", "road|bypass", "", "moon|road", "road|road|road|road|road"]),
        depart_at=st.integers(1, 40).map(lambda hour: hour * HOUR),
        arrive_by=st.none() | st.just(90 * HOUR),
        closed_at=st.none() | st.just(50 * HOUR),
        origin_zone=st.sampled_from([None, "port", "nowhere"]),
        destination_zone=st.sampled_from([None, "yard", "gate"]),
        cargo=st.sampled_from([None, "ore"]),
        unit=st.sampled_from([None, "north"]),
        policy=st.sampled_from([None, "slow", "misspelt"]),
        open_cards=st.sampled_from([(), ("a",), ("b", "a")]),
        amended_at=st.none() | st.integers(1, 3).map(lambda hour: hour * HOUR),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


def terms_of(registry: Registry, slot: int) -> list[tuple[object, ...]]:
    """All rows of a shipment, the last terms first, with what stands behind their numbers."""
    found: list[tuple[object, ...]] = []
    row = registry.store.info[slot]
    names = registry.card_names()
    while True:
        start = int(row["card_start"])
        cards = [names[code] for code in registry.store.cards[start : start + int(row["card_count"])]]
        plain = [name for name in row.dtype.names if name not in ("card_start", "earlier", "end_ms")]
        end_ms = None if found else int(row["end_ms"])  # of the last terms only
        found.append((cards, end_ms, *(np.array(row[name]).tolist() for name in plain)))
        if row["earlier"] < 0:
            return found
        row = registry.store.terms[row["earlier"]]


def known(registry: Registry) -> list[object]:
    store, n = registry.store, len(registry.shipments)
    slots = [
        store.seal_slots[store.seal_start[code] : store.seal_start[code + 1]].tolist()
        for code in range(len(registry.seals))
    ]
    return [
        registry.slots,
        registry.card_names(),
        dict(zip(registry.seals, slots, strict=True)),
        [terms_of(registry, slot) for slot in range(n)],
        store.due_ms[:n].tolist(),
        store.kept["checkpoints"].tolist()[:n],
        store.kept["checkpoints"][n:].any(),
    ]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(records=RECORDS, cuts=st.lists(st.integers(0, 12), max_size=3).map(sorted))
def test_however_the_records_are_cut_the_rows_are_the_same(
    country: Catalogue, records: list[Shipment], cuts: list[int]
) -> None:
    registries = [Registry(Atlas(country), POLICIES) for _ in range(2)]
    said = [registries[0].put([record])[1] for record in records]
    parts = [records[start:end] for start, end in zip([0, *cuts], [*cuts, len(records)], strict=True)]
    told = [registries[1].put(part)[1] for part in parts]
    assert [line for lines in said for line in lines] == [line for lines in told for line in lines]
    assert known(registries[0]) == known(registries[1])


def test_a_seal_used_again_ends_the_shipment_before_and_no_other_is_touched(country: Catalogue) -> None:
    registry = Registry(Atlas(country), Policies())
    first = Shipment(shipment_id="A", seal_id="s", route_id="road", depart_at=HOUR)
    others = [replace(first, shipment_id=f"O{i}", seal_id=f"o{i}") for i in range(20)]
    registry.put([first, *others])
    touched, _ = registry.put([replace(first, shipment_id="B", depart_at=5 * HOUR)])
    assert touched == [registry.slots["A"], registry.slots["B"]]
    assert registry.store.info["end_ms"][touched[0]] == 5 * HOUR
    code = registry.seals["s"]
    start, end = registry.store.seal_start[code : code + 2]
    assert registry.store.seal_slots[start:end].tolist() == touched


def test_records_told_again_take_no_room(country: Catalogue) -> None:
    registry = Registry(Atlas(country), Policies())
    first = Shipment(shipment_id="A", seal_id="s", route_id="road", depart_at=HOUR, open_cards=("a", "b"))
    later = replace(first, amended_at=9 * HOUR)
    registry.put([first, later])
    sizes = len(registry.store.terms), len(registry.store.cards)
    for hour in range(2, 40):
        registry.put([replace(first, depart_at=hour * HOUR)])
    assert (len(registry.store.terms), len(registry.store.cards)) == sizes
    assert [row[2] for row in terms_of(registry, 0)] == [HOUR, 39 * HOUR]
