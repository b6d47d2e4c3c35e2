"""Editions of the geofences: each shipment is judged by the one in force when it departed or was amended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sealtrack.core.fences import join
from sealtrack.engine import Engine
from sealtrack.engine.atlas import Atlas, Edition
from sealtrack.errors import InputError
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies, Policy
from sealtrack.replay import final
from sealtrack.schema import NO_TIME, Alert, Shipment
from tests.core.feeds import HOUR, MINUTE, START, Raw, pack
from tests.core.roadworks import fed, move_road, shipment, way
from tests.core.world import catalogue

pytestmark = [pytest.mark.compiled, pytest.mark.filterwarnings("ignore:Generating overly large repr")]

CHANGED = START + HOUR


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="module")
def after_roadworks(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return move_road(tmp_path_factory.mktemp("after"))


OLD, NEW = shipment(1, START - MINUTE), shipment(2, CHANGED)
FEED = [*way(1, START), *way(2, CHANGED)]


def told(engine: Engine, raws: list[Raw]) -> list[Alert]:
    return engine.process(pack(raws))


def gist(alerts: list[Alert], shipment_id: str) -> list[Alert]:
    return [replace(alert, version=0) for alert in final(alerts) if alert.shipment_id == shipment_id]


def alone(geofences: Catalogue, *records: Shipment) -> list[Alert]:
    """What one catalogue alone says."""
    engine = Engine(geofences)
    said, _ = engine.register(records)
    return said + told(engine, fed(FEED))


def test_each_shipment_is_judged_as_by_its_edition_alone(country: Catalogue, after_roadworks: Catalogue) -> None:
    engine = Engine(country)
    engine.follow([Edition(NO_TIME, country), Edition(CHANGED, after_roadworks)])
    said, _ = engine.register([OLD, NEW])
    said += told(engine, fed(FEED))
    before, after = gist(alone(country, OLD, NEW), "S1"), gist(alone(after_roadworks, OLD, NEW), "S2")
    assert gist(said, "S1") == before
    assert gist(said, "S2") == after
    assert {alert.evidence["geofences"] for alert in before} <= {country.version}
    assert {alert.evidence["geofences"] for alert in after} == {after_roadworks.version}
    assert "route_deviation" in {alert.kind for alert in after}
    assert gist(alone(country, OLD, NEW), "S2") != after, "the change must matter, or nothing is tested"


def test_whenever_an_edition_becomes_known_the_end_is_the_same(country: Catalogue, after_roadworks: Catalogue) -> None:
    editions = [Edition(NO_TIME, country), Edition(CHANGED, after_roadworks)]
    ends = []
    for known_at in (0, 60, 130, len(FEED)):
        engine = Engine(country)
        said, _ = engine.register([OLD, NEW])
        said += told(engine, fed(FEED)[:known_at])
        said += engine.follow(editions)
        said += told(engine, fed(FEED)[known_at:])
        ends.append([gist(said, "S1"), gist(said, "S2")])
        assert engine.follow(editions) == []
    assert ends == [ends[0]] * 4


def test_an_amendment_is_judged_by_the_edition_in_force_then(country: Catalogue, after_roadworks: Catalogue) -> None:
    engine = Engine(country)
    engine.follow([Edition(NO_TIME, country), Edition(START + 15 * MINUTE, after_roadworks)])
    said, _ = engine.register([OLD, replace(OLD, amended_at=START + 35 * MINUTE)])
    said += told(engine, fed(way(1, START)))
    by_start = {alert.start: alert.evidence["geofences"] for alert in final(said)}
    assert {version for start, version in by_start.items() if start < START + 35 * MINUTE} <= {country.version}
    assert {version for start, version in by_start.items() if start >= START + 35 * MINUTE} == {after_roadworks.version}


def test_a_snapshot_goes_on_with_its_editions_and_without_them_is_refused(
    country: Catalogue, after_roadworks: Catalogue
) -> None:
    editions = [Edition(NO_TIME, country), Edition(CHANGED, after_roadworks)]
    first = Engine(country)
    first.follow(editions)
    first.register([OLD, NEW])
    told(first, fed(FEED)[:130])
    second = Engine(after_roadworks)  # what it began with does not matter
    second.follow(editions[::-1])
    second.restore(first.snapshot())
    assert second.follow(editions) == []
    rest = told(first, fed(FEED)[130:])
    assert rest
    assert told(second, fed(FEED)[130:]) == rest
    with pytest.raises(InputError, match=f"geofences {country.version}, which are not known any more"):
        Engine(after_roadworks).restore(first.snapshot())


def test_an_edition_that_came_while_the_snapshot_lay_there_is_told_as_differences(
    country: Catalogue, after_roadworks: Catalogue
) -> None:
    first = Engine(country)
    said, _ = first.register([OLD, NEW])
    said += told(first, fed(FEED))
    second = Engine(country)
    editions = [Edition(NO_TIME, country), Edition(CHANGED, after_roadworks)]
    second.follow(editions)
    second.restore(first.snapshot())
    said += second.follow(editions)
    assert gist(said, "S1") == gist(alone(country, OLD, NEW), "S1")
    assert gist(said, "S2") == gist(alone(after_roadworks, OLD, NEW), "S2")


def test_the_first_edition_holds_for_all_before_it(country: Catalogue, after_roadworks: Catalogue) -> None:
    atlas = Atlas(country)
    assert not atlas.follow([Edition(CHANGED, country)])
    assert atlas.follow([Edition(CHANGED, after_roadworks), Edition(START, country)])
    found = [atlas.version_of(shipment(1, at)) for at in (0, START, CHANGED - 1, CHANGED)]
    assert found == [country.version] * 3 + [after_roadworks.version]


def test_rows_of_policies_name_the_catalogue_that_they_are_looked_up_beside(
    country: Catalogue, after_roadworks: Catalogue
) -> None:
    atlas = Atlas(country)
    atlas.follow([Edition(0, country), Edition(1, after_roadworks)])
    rows = atlas.rules(Policies(Policy(), {"ore": Policy(stop_warning_s=600)})).policies
    assert rows["catalogue"].tolist() == [0, 0, 1, 1]
    assert rows["stop_warning_s"].tolist() == [900, 600, 900, 600]


def test_joined_catalogues_say_what_each_says(country: Catalogue, after_roadworks: Catalogue) -> None:
    joined = join([country.fences, after_roadworks.fences])
    shift = {name: len(getattr(country.fences, name)) for name in joined._fields}
    for own, there in zip(after_roadworks.fences.zones, joined.zones[shift["zones"] :], strict=True):
        for name in ("ring_lat", "ring_lon"):
            ring = getattr(after_roadworks.fences, name)[own["ring_start"] : own["ring_end"]]
            assert np.array_equal(getattr(joined, name)[there["ring_start"] : there["ring_end"]], ring, equal_nan=True)
        assert (own["schedule"] < 0) == (there["schedule"] < 0)
        if own["schedule"] >= 0:
            assert (joined.schedules[there["schedule"]] == after_roadworks.fences.schedules[own["schedule"]]).all()
