"""Known cases and their twins: what the notes of the scenarios promise holds in the noise-free motion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely

from replay.maker import Catalogue, Feed, Spec, make
from replay.maker.catalogue import Zone
from replay.maker.defeats import BENIGN, DEFEATS
from replay.maker.folder import FEED, SCENARIOS, SHIPMENTS, geofences
from sealtrack import geofence
from sealtrack.engine.incidents import incidents
from sealtrack.io.files import read_shipments
from sealtrack.replay import replay
from sealtrack.schema import Kind
from tests.replay.conftest import ROUTE, WAYPOINTS
from tests.replay.test_maker_truth import during, error_m, label, offset_m

VALLEY = Zone("valley", "dead_zone", frozenset(), shapely.Point(106.27, 21.4).buffer(0.08))
Maker = Callable[..., Feed]


@pytest.fixture
def trip(catalogue: Catalogue) -> Maker:
    zones = {**catalogue.zones, VALLEY.id: VALLEY}

    def one(*episodes: str) -> Feed:
        return make(Spec(seed=5, episodes=(episodes,), **ROUTE), catalogue._replace(zones=zones))  # type: ignore[arg-type]

    return one


def moments_standing(feed: Feed) -> list[float]:
    """Length of each halt between origin and destination, minutes."""
    order = np.argsort(feed.reports["time"], kind="stable")
    time, standing = feed.reports["time"][order], feed.truth["speed"][order] < 0.1
    edges = np.flatnonzero(np.diff(standing))[1:-1]  # the first and the last halt are the two ends
    return [(time[last] - time[first]) / 60_000 for first, last in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("name", DEFEATS)
def test_a_defeat_is_an_offence(trip: Maker, name: str) -> None:
    assert [one for one in trip(name).labels if (one.expect, one.cause) == ("must", name)]


@pytest.mark.parametrize("name", BENIGN)
def test_a_twin_is_none(trip: Maker, name: str) -> None:
    told = [one.expect for one in trip(name).labels if one.cause == name]
    assert told
    assert "must" not in told


def test_the_prober_halts_three_times_before_it_leaves_the_route(trip: Maker) -> None:
    feed = trip("probing")
    *short, unloading = moments_standing(feed)
    assert len(short) == 3
    assert 5 < min(short) <= max(short) < 9
    assert unloading > 25
    deviation = label(feed, Kind.route_deviation)
    assert offset_m(feed)[during(feed, deviation, slack_s=-60)].min() > 1_500
    assert label(feed, Kind.seal_tamper).end_ms < deviation.start_ms


def test_the_queue_moves_on_every_few_minutes(trip: Maker) -> None:
    halts = moments_standing(trip("gate_queue"))
    assert len(halts) >= 6
    assert max(halts) < 10


def test_a_relayed_position_is_tens_of_kilometres_off_and_only_then(trip: Maker) -> None:
    feed = trip("relayed")
    relayed = during(feed, label(feed, Kind.position_anomaly))
    assert np.nanmin(error_m(feed)[relayed]) > 10_000
    assert np.nanmedian(error_m(feed)[~relayed]) < 20


def test_the_fix_is_lost_inside_the_dead_zone_alone(trip: Maker) -> None:
    feed = trip("dead_zone")
    blind = np.isnan(feed.reports["lat"])
    inside = shapely.contains_xy(VALLEY.polygon, feed.truth["lon"], feed.truth["lat"])
    assert blind.sum() > 10
    assert inside[blind].all()


def test_a_dead_zone_needs_one_on_the_road(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="dead_zone"):
        make(Spec(seed=5, episodes=(("dead_zone",),), **ROUTE), catalogue)  # type: ignore[arg-type]


def test_only_who_did_not_declare_the_road_is_guilty_of_it(catalogue: Catalogue) -> None:
    usual = catalogue.corridor("here-there")
    bent = np.array([*WAYPOINTS[:3], (106.2, 21.05), *WAYPOINTS[3:]])
    roads = {usual.id: usual, "round": usual._replace(id="round", lonlat=bent)}
    declared = ("here-there|round", "here-there", "round")
    spec = Spec(seed=5, episodes=((), (), ()), declared=declared, **(ROUTE | {"route": "round"}))  # type: ignore[arg-type]
    feed = make(spec, catalogue._replace(corridors=roads))
    assert [shipment.route_id for shipment in feed.shipments] == list(declared)
    [guilty] = [one for one in feed.labels if one.expect == "must"]
    assert (guilty.kind, guilty.shipment_id, guilty.cause) == (Kind.route_deviation, "TQ26-0002", "undeclared")
    away = during(feed, guilty, slack_s=-60) & (feed.reports["seal_id"] == feed.shipments[1].seal_id)
    assert offset_m(feed)[away].min() > 1_400


def test_probing_is_one_incident() -> None:
    folder = SCENARIOS / "defeats"
    shipments, _ = read_shipments(folder / SHIPMENTS)
    result = replay([folder / FEED], geofence.load(*geofences("defeats")), shipments)
    [incident] = incidents(alert for alert in result.alerts if alert.shipment_id == "TQ26-0002")
    assert {alert.kind for alert in incident} == {"seal_tamper", "route_deviation", "unauthorised_stop"}
    assert [alert.severity for alert in incident if alert.evidence.get("probing")] == ["critical"]
