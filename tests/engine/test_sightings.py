"""Sightings keep the engine's promises: no order, no batches, no late declaration, no snapshot changes what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealtrack.columns import Reports, concat, pack_sightings
from sealtrack.declared import plain
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue, load, middle_of_zone
from sealtrack.policy import Policies
from sealtrack.schema import Alert, Shipment, Sighting
from tests.core.feeds import HOUR, MINUTE, START, Case, cases, pack
from tests.core.world import AREAS, catalogue
from tests.engine.test_engine import HORIZON_MS, _kept, messy, standing
from tests.naive.geometry import distance_m

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


@st.composite
def seen_of(draw: st.DrawFn, case: Case) -> list[Sighting]:
    """Sightings of the truck: beside the seal and far from it, by name, plate or seal, on time and late."""
    seen = []
    for number in range(draw(st.integers(1, 12))):
        raw = draw(st.sampled_from(case.reports))
        time = raw["time_ms"] + draw(st.sampled_from([0, 0, 30_000, 7 * MINUTE, 3 * HOUR]))
        place = {} if raw.get("lat") is None else {"lat": raw["lat"], "lon": raw["lon"]}
        if place:
            place["lat"] += draw(st.sampled_from([0.0, 0.0, 0.0, 0.01, 0.3]))
        named = draw(
            st.sampled_from([{"shipment_id": "s1"}, {"shipment_id": "S-2"}, {"seal_id": "SEAL"}, {"plate": "A1"}])
        )
        read = draw(st.sampled_from([{}, {}, {}, {"plate": "B2"}, {"seal_id": "other"}]))
        seen.append(
            Sighting(
                sighting_id=f"seen-{number}",
                time=max(time, START - HOUR),
                received=max(time, START - HOUR) + draw(st.sampled_from([0, MINUTE, 5 * HOUR])),
                source=draw(st.sampled_from(["tracker", "tracker", "camera"])),
                zone_id=draw(st.sampled_from([None, "gate", "nowhere"])),
                **(named | read | draw(st.sampled_from([place, {}]))),
            )
        )
    return seen


def together(case: Case, seen: Sequence[Sighting]) -> Reports:
    both = concat([pack(case.reports), pack_sightings(seen)])
    return both.take(both.rows["received_ms"].argsort(kind="stable"))


def trips(case: Case) -> list[Shipment]:
    return [replace(shipment, vehicle="A-1") for shipment in case.shipments]


def history(country: Catalogue, case: Case, read: Reports, cuts: Sequence[int] = ()) -> list[Alert]:
    engine = Engine(country, Policies(case.policy))
    told, _ = engine.register(trips(case))
    for start, end in pairwise([0, *cuts, len(read)]):
        told += engine.process(read[start:end])
    return told + engine.process(concat([]), case.clock_ms)


@pytest.mark.compiled
@messy
@given(case=cases(), data=st.data())
def test_order_and_copies_of_sightings_change_nothing_in_the_end(
    country: Catalogue, case: Case, data: st.DataObject
) -> None:
    seen = data.draw(seen_of(case))
    read = together(case, seen)
    copies = data.draw(st.lists(st.integers(0, len(read) - 1), max_size=10))
    dice = data.draw(st.randoms(use_true_random=True))
    order = np.array([*range(len(read)), *copies])
    first = read.rows["received_ms"][order]
    last = np.maximum(first, read.rows["time_ms"][order] + HORIZON_MS)
    moments = [dice.uniform(a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    shuffled = read.take(order[np.argsort(moments, kind="stable")])
    assert standing(history(country, case, shuffled)) == standing(history(country, case, read))


@pytest.mark.compiled
@messy
@given(case=cases(), data=st.data())
def test_batches_change_nothing(country: Catalogue, case: Case, data: st.DataObject) -> None:
    read = together(case, data.draw(seen_of(case)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(read)), max_size=12)))
    assert history(country, case, read, cuts) == history(country, case, read)


@pytest.mark.compiled
@messy
@given(case=cases(), data=st.data(), cut=st.floats(0, 1))
def test_a_shipment_may_be_declared_after_it_was_seen(
    country: Catalogue, case: Case, data: st.DataObject, cut: float
) -> None:
    case = _kept(case)
    seen = [one for one in data.draw(seen_of(case)) if (one.received or 0) - one.time <= HORIZON_MS]
    read = together(case, seen)
    middle = int(cut * len(read))
    engine = Engine(country, Policies(case.policy))
    told, _ = engine.register([replace(trip, vehicle="B2") for trip in trips(case)[:1]])
    told += engine.process(read[:middle])
    told += engine.register(trips(case))[0]
    told += engine.process(read[middle:], case.clock_ms)
    assert standing(told) == standing(history(country, case, read))


@pytest.mark.compiled
@messy
@given(case=cases(), data=st.data(), cut=st.floats(0, 1))
def test_a_snapshot_goes_on_as_if_nothing_had_happened(
    country: Catalogue, case: Case, data: st.DataObject, cut: float
) -> None:
    read = together(case, data.draw(seen_of(case)))
    middle = int(cut * len(read))
    first, second = Engine(country, Policies(case.policy)), Engine(country, Policies(case.policy))
    first.process(read[:middle])
    second.restore(first.snapshot())
    assert second.unclaimed() == first.unclaimed()
    assert second.register(trips(case)) == first.register(trips(case))
    assert second.process(read[middle:], case.clock_ms) == first.process(read[middle:], case.clock_ms)


@pytest.mark.parametrize("plate", ["15C-123.45", "15c 12345", "15C/12345 "])
def test_a_plate_is_the_same_however_it_is_written(plate: str) -> None:
    assert plain(plate) == "15c12345"
    assert plain("29Đ-1") != plain("29D-1")


def test_the_middle_of_a_zone_is_as_far_from_its_corners_as_it_says(country: Catalogue) -> None:
    lat, lon, error_m = middle_of_zone(country.fences, country.zone_ids.index("gate"))
    corners = AREAS["gate"][0]
    assert (lon, lat) == pytest.approx([sum(axis) / 2 for axis in zip(corners[0], corners[2], strict=True)])
    assert error_m == pytest.approx(max(distance_m((lon, lat), corner) for corner in corners), rel=1e-4)


def test_the_whole_catalogue_has_middles() -> None:
    vietnam = load(ROOT / "geofences")
    places = np.array([middle_of_zone(vietnam.fences, zone) for zone in range(len(vietnam.zone_ids))])
    assert np.isfinite(places).all()


def test_a_sighting_that_still_means_the_same_is_not_judged_again(country: Catalogue) -> None:
    engine = Engine(country)
    engine.register([Shipment(shipment_id="s1", seal_id="seal", route_id="road", depart_at=START)])
    seen = [
        Sighting(sighting_id=f"seen-{number}", time=START + number * MINUTE, source="camera", shipment_id="s1")
        for number in range(20)
    ]
    engine.process(pack_sightings(seen))
    assert len(engine._sightings.join_again([0])) == 0
