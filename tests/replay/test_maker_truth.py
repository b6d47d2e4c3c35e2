"""Every label holds in the noise-free motion, measured in another projection than the maker's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyproj
import pytest
import shapely
from numpy.typing import NDArray

from replay.maker import Catalogue, Feed, Label, Spec, make
from replay.maker.episodes import OFFENCES, TWINS
from sealtrack.schema import Shipment
from tests.replay.conftest import ROUTE, WAYPOINTS

UTM = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
HALF_WIDTH_M = 1500.0
Maker = Callable[..., Feed]


@pytest.fixture
def trip(catalogue: Catalogue) -> Maker:
    def one(*episodes: str, seed: int = 5, **rest: float) -> Feed:
        return make(Spec(seed=seed, episodes=(episodes,), **ROUTE, **rest), catalogue)  # type: ignore[arg-type]

    return one


def label(feed: Feed, kind: str, expect: str = "must") -> Label:
    (only,) = [one for one in feed.labels if (one.kind, one.expect) == (kind, expect)]
    return only


def offset_m(feed: Feed) -> NDArray[np.float64]:
    """Metres from the approved line to where the truck really was, one a report."""
    line = shapely.LineString(np.column_stack(UTM.transform(*np.array(WAYPOINTS).T)))
    return np.asarray(shapely.distance(shapely.points(*UTM.transform(feed.truth["lon"], feed.truth["lat"])), line))


def error_m(feed: Feed) -> NDArray[np.float64]:
    """Metres between the reported and the real position, NaN without a fix."""
    reported = UTM.transform(feed.reports["lon"], feed.reports["lat"])
    real = UTM.transform(feed.truth["lon"], feed.truth["lat"])
    return np.where(np.isnan(feed.reports["lat"]), np.nan, np.hypot(reported[0] - real[0], reported[1] - real[1]))


def during(feed: Feed, one: Label, slack_s: float = 0) -> NDArray[np.bool_]:
    time = feed.reports["time"]
    return np.asarray((time >= one.start_ms - slack_s * 1000) & (time < one.end_ms + slack_s * 1000))


def in_a_zone(feed: Feed, catalogue: Catalogue, permission: str) -> NDArray[np.bool_]:
    area = shapely.union_all([zone.polygon for zone in catalogue.zones.values() if permission in zone.permits])
    return np.asarray(shapely.contains_xy(area, feed.truth["lon"], feed.truth["lat"]))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("episode", ["detour", "unloading"])
def test_a_detour_leaves_the_corridor_for_its_label_and_only_then(trip: Maker, episode: str, seed: int) -> None:
    feed = trip(episode, seed=seed)
    deviation = label(feed, "route_deviation")
    offset = offset_m(feed)
    assert (offset[during(feed, deviation, slack_s=-30)] > HALF_WIDTH_M).all()
    assert (offset[~during(feed, deviation, slack_s=30)] < HALF_WIDTH_M).all()
    assert 2_000 < offset.max() < 10_000


def test_one_who_leaves_for_good_does_not_come_back(trip: Maker) -> None:
    feed = trip("leave")
    deviation, stop = label(feed, "route_deviation"), label(feed, "unauthorised_stop")
    assert (offset_m(feed)[feed.reports["time"] > deviation.start_ms + 30_000] > HALF_WIDTH_M).all()
    assert (feed.truth["speed"][during(feed, stop, slack_s=-5)] == 0).all()
    assert feed.shipments[0].closed_at is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("episode", ["stop", "spiked:stop", "unloading"])
def test_an_unauthorised_stop_stands_where_none_is_permitted(
    trip: Maker, catalogue: Catalogue, episode: str, seed: int
) -> None:
    feed = trip(episode, seed=seed)
    stop = label(feed, "unauthorised_stop")
    held = during(feed, stop, slack_s=-5)
    assert 15 * 60_000 < stop.end_ms - stop.start_ms < 120 * 60_000
    assert (feed.truth["speed"][held] < 0.1).all()
    assert not in_a_zone(feed, catalogue, "stop")[held].any()


def test_a_spiked_stop_has_one_fix_half_a_kilometre_away(trip: Maker) -> None:
    feed = trip("spiked:stop", noise_m=3)
    far = error_m(feed)[during(feed, label(feed, "unauthorised_stop"))] > 400
    assert 1 <= far.sum() <= 2  # 2: the spike and its duplicate


@pytest.mark.parametrize("episode", ["opening", "unloading", "blind:opening", "late:opening"])
def test_an_opening_is_unlocked_outside_zones_for_its_label(trip: Maker, catalogue: Catalogue, episode: str) -> None:
    feed = trip(episode)
    opened = during(feed, label(feed, "seal_open"))
    assert (feed.reports["lock"][opened] == "unlocked").all()
    assert not in_a_zone(feed, catalogue, "open")[opened].any()
    elsewhere = ~opened & ~in_a_zone(feed, catalogue, "open")
    assert (feed.reports["lock"][elsewhere] == "locked").all()


def test_a_blind_opening_has_no_fix_around_it_but_reports(trip: Maker) -> None:
    feed = trip("blind:opening")
    around = during(feed, label(feed, "seal_open"), slack_s=180)
    assert around.sum() > 15
    assert np.isnan(feed.reports["lat"][around]).all()


def test_late_reports_come_hours_later_but_within_the_horizon(trip: Maker) -> None:
    feed = trip("late:detour")
    late = during(feed, label(feed, "route_deviation"))
    delay_h = (feed.reports["received"] - feed.reports["time"])[late] / 3.6e6
    assert feed.reports["buffered"][late].all()
    assert delay_h.min() > 0.3
    assert 1 < delay_h.max() < 6


@pytest.mark.parametrize(
    ("episode", "event"),
    [("rope_cut", "rope_cut"), ("back_cover", "back_cover_open"), ("wrong_password", "wrong_password"),
     ("illegal_card", "illegal_card")],
)  # fmt: skip
def test_tampering_is_an_event_outside_zones(trip: Maker, catalogue: Catalogue, episode: str, event: str) -> None:
    feed = trip(episode, loss=0.5)  # what a seal has to say about itself is never lost
    reported = np.array([event in names.split(";") for names in feed.reports["events"]])
    tamper = label(feed, "seal_tamper")
    assert reported.any()
    assert set(feed.reports["time"][reported]) <= set(range(tamper.start_ms, tamper.end_ms + 1, 1000))
    assert not in_a_zone(feed, catalogue, "open")[reported].any()


def test_a_jammer_ends_far_from_where_it_began(trip: Maker) -> None:
    feed = trip("jammer")
    loss = label(feed, "signal_loss")
    assert not during(feed, loss).any()
    before = feed.reports["time"] < loss.start_ms
    ends = [np.flatnonzero(before)[np.argmax(feed.reports["time"][before])],
            np.flatnonzero(~before)[np.argmin(feed.reports["time"][~before])]]  # fmt: skip
    x, y = UTM.transform(feed.truth["lon"][ends], feed.truth["lat"][ends])
    assert np.hypot(x[1] - x[0], y[1] - y[0]) > 20_000


def test_a_foreign_card_opens_at_the_destination(trip: Maker, catalogue: Catalogue) -> None:
    feed = trip("foreign_card")
    opened = during(feed, label(feed, "seal_open"))
    cards = set(feed.reports["card"][opened]) - {""}
    assert cards
    assert not cards & set(feed.shipments[0].open_cards)
    assert in_a_zone(feed, catalogue, "open")[opened].all()


@pytest.mark.parametrize("episode", sorted(TWINS))
def test_an_innocent_stays_in_the_corridor_and_stops_nowhere_else(
    trip: Maker, catalogue: Catalogue, episode: str
) -> None:
    feed = trip(episode)
    assert (offset_m(feed) < HALF_WIDTH_M).all()
    assert not [one for one in feed.labels if one.expect == "must"]
    standing = (feed.truth["speed"] < 1) & ~in_a_zone(feed, catalogue, "stop")
    assert longest_s(feed, standing) < 15 * 60
    unlocked = feed.reports["lock"] != "locked"
    assert in_a_zone(feed, catalogue, "open")[unlocked].all()


def longest_s(feed: Feed, chosen: NDArray[np.bool_]) -> float:
    """The longest run of chosen reports, in device time."""
    order = np.argsort(feed.reports["time"], kind="stable")
    time, chosen = feed.reports["time"][order] / 1000, chosen[order]
    starts = np.flatnonzero(np.diff(chosen.astype(int), prepend=0) == 1)
    ends = np.flatnonzero(np.diff(chosen.astype(int), append=0) == -1)
    return float((time[ends] - time[starts]).max(initial=0))


def test_a_rest_stop_is_longer_than_a_permitted_one_but_in_a_zone(trip: Maker, catalogue: Catalogue) -> None:
    feed = trip("rest_stop")
    rest = label(feed, "unauthorised_stop", "must_not")
    assert rest.end_ms - rest.start_ms > 20 * 60_000
    assert in_a_zone(feed, catalogue, "stop")[during(feed, rest)].all()


def test_a_jam_creeps(trip: Maker) -> None:
    feed = trip("jam")
    held = during(feed, label(feed, "unauthorised_stop", "must_not"))
    assert held.sum() > 15
    assert 2.5 < feed.truth["speed"][held].mean() < 10


def test_wild_fixes_are_far_from_a_truck_that_never_left(trip: Maker) -> None:
    feed = trip("wild")
    far = error_m(feed) > 4_500
    assert 6 <= far.sum() <= 12
    assert (np.diff(np.flatnonzero(far[np.argsort(feed.reports["seq"], kind="stable")])) >= 1).all()


def test_dropped_zeros_stand_where_a_decimal_began_with_zero(trip: Maker) -> None:
    feed = trip("dropped_zero", noise_m=3)
    far = error_m(feed) > 3_000
    real = np.column_stack([feed.truth["lat"], feed.truth["lon"]])[far]
    assert far.sum() > 10
    assert (np.min(real % 1, axis=1) < 0.1).all()


def test_a_tunnel_reports_without_a_fix(trip: Maker) -> None:
    kinds = set()
    for seed in range(8):
        feed = trip("tunnel", seed=seed)
        inside = during(feed, label(feed, "signal_loss", "must_not"))
        assert inside.sum() >= 2
        assert not feed.reports["valid"][inside].any()
        kinds.add(bool(np.isnan(feed.reports["lat"][inside]).all()))
    assert kinds == {True, False}  # both an empty and a stale position occur


def test_a_hole_is_uploaded_in_a_burst_in_any_order(trip: Maker) -> None:
    turns = set()
    for seed in range(10):
        feed = trip("hole", seed=seed)
        time = feed.reports["time"][feed.reports["buffered"]]
        steps = np.sign(np.diff(time))
        turns.add("forward" if steps.mean() > 0.8 else "reversed" if steps.mean() < -0.8 else "shuffled")
        received = feed.reports["received"][feed.reports["buffered"]]
        assert np.quantile(np.diff(received), 0.8) < 1_000
    assert turns == {"forward", "reversed", "shuffled"}


def test_every_offence_has_a_label_that_must_be_found(trip: Maker) -> None:
    for name in OFFENCES:
        feed = trip(name)
        assert [one for one in feed.labels if one.expect == "must" and one.cause == name], name
        shipment: Shipment = feed.shipments[0]
        assert all(shipment.depart_at <= one.start_ms <= one.end_ms for one in feed.labels)


def test_motion_is_physically_possible(trip: Maker) -> None:
    feed = trip("detour", "fuel_stop", "rest_stop", interval_s=5, loss=0.0)
    order = np.argsort(feed.reports["time"], kind="stable")
    x, y = UTM.transform(feed.truth["lon"][order], feed.truth["lat"][order])
    seconds = np.diff(feed.reports["time"][order]) / 1000
    new = seconds > 0
    kmh = np.hypot(np.diff(x), np.diff(y))[new] / seconds[new] * 3.6
    assert kmh.max() < 90
    change_ms2 = np.diff(feed.truth["speed"][order] / 3.6)[new] / seconds[new]
    assert change_ms2.min() > -0.8
    assert change_ms2.max() < 0.5


@pytest.mark.parametrize("noise_m", [3.0, 15.0, 50.0])
def test_noise_has_its_size_and_a_memory(trip: Maker, noise_m: float) -> None:
    feed = trip(interval_s=10, noise_m=noise_m, seed=9)
    order = np.argsort(feed.reports["seq"], kind="stable")
    moving = feed.truth["speed"][order] > 5
    east = ((feed.reports["lon"] - feed.truth["lon"])[order] * 104_000)[moving]
    usual = np.abs(east) < 5 * noise_m
    assert usual.mean() > 0.99
    assert 0.75 * noise_m < east[usual].std() < 1.35 * noise_m
    assert np.corrcoef(east[usual][1:], east[usual][:-1])[0, 1] > 0.6
