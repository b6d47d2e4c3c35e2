"""The offences of trucks, drivers and devices beyond leaving, standing and opening are what their labels say."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from benchmarks.detection.world import World, build
from replay.maker import Feed, Label, Spec, make
from replay.maker.conduct import CONDUCT_OFFENCES, CONDUCT_TWINS
from replay.maker.feed import DEFAULT_MIX
from replay.maker.story import SPEEDING_KMH
from sealtrack.schema import Kind

MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("fences"))


def trip(world: World, episode: str, seed: int = 5) -> Feed:
    return make(Spec(seed=seed, loss=0.0, episodes=((episode,),)), world.maker)


def of_cause(feed: Feed, cause: str) -> Label:
    """The one about the episode itself: whoever arrives opens the seal besides."""
    (only,) = [label for label in feed.labels if label.cause == cause and label.kind != Kind.seal_open]
    return only


def during(feed: Feed, label: Label) -> NDArray[np.bool_]:
    return np.asarray((feed.reports["time"] >= label.start_ms) & (feed.reports["time"] < label.end_ms))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("episode", sorted(CONDUCT_OFFENCES))
def test_an_offence_has_one_label_that_lasts(world: World, episode: str, seed: int) -> None:
    label = of_cause(trip(world, episode, seed), episode)
    assert label.expect == "must"
    assert label.end_ms - label.start_ms >= MINUTE_MS


@pytest.mark.parametrize("episode", sorted(CONDUCT_TWINS))
def test_a_twin_is_no_offence(world: World, episode: str) -> None:
    assert {label.expect for label in trip(world, episode).labels} == {"must_not"}


def test_they_belong_to_no_default_mix() -> None:
    assert not set(DEFAULT_MIX) & {*CONDUCT_OFFENCES, *CONDUCT_TWINS}


def test_a_forbidden_zone_is_entered_when_the_label_says(world: World) -> None:
    feed = trip(world, "forbidden")
    area = shapely.union_all([zone.polygon for zone in world.maker.zones.values() if zone.forbidden])
    inside = np.asarray(shapely.contains_xy(area, feed.truth["lon"], feed.truth["lat"]))
    assert inside.any()
    assert (inside == during(feed, of_cause(feed, "forbidden"))).mean() > 0.99


def test_a_racer_is_faster_than_any_other(world: World) -> None:
    feed = trip(world, "racing")
    fast = feed.truth["speed"] > SPEEDING_KMH
    assert fast[during(feed, of_cause(feed, "racing"))].mean() > 0.8
    assert fast.sum() == fast[during(feed, of_cause(feed, "racing"))].sum()


def test_a_truck_that_turns_comes_back_where_it_was(world: World) -> None:
    feed = trip(world, "reversal")
    label = of_cause(feed, "reversal")
    order = np.argsort(feed.reports["time"], kind="stable")
    time, lat = feed.reports["time"][order], feed.truth["lat"][order]
    before, after = lat[time < label.start_ms], lat[time > label.start_ms]
    back = np.array([np.abs(before[-200:] - one).min() for one in after[20:60]])
    assert np.median(back) < 0.001, "some way back it is where it had been"


def test_a_jammed_seal_reports_without_fixes(world: World) -> None:
    feed = trip(world, "jammed")
    hit = during(feed, of_cause(feed, "jammed"))
    assert hit.sum() >= 20
    assert not feed.reports["valid"][hit].any()
    assert feed.reports["valid"][~hit].all()


def test_a_flat_battery_falls_below_the_limit_at_the_start_of_its_label(world: World) -> None:
    feed = trip(world, "flat_battery")
    low = feed.reports["battery"] < 15
    assert (low == during(feed, of_cause(feed, "flat_battery"))).mean() > 0.98


def test_an_overdue_truck_arrives_after_its_deadline_and_one_in_time_before(world: World) -> None:
    for episode, late in (("overdue", True), ("in_time", False)):
        feed = trip(world, episode)
        due, arrived = feed.shipments[0].arrive_by, of_cause(feed, episode).end_ms
        assert due is not None
        assert (due < arrived) == late


def test_a_seal_is_not_heard_before_its_silence_ends(world: World) -> None:
    late = trip(world, "heard_late")
    assert late.reports["received"].min() >= of_cause(late, "heard_late").end_ms
    assert len(trip(world, "never_heard").reports["time"]) == 0
