"""Receivers that are deceived, and those that are only out of order, say what their labels promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from replay.maker import Catalogue, Feed, Label, Spec, make
from replay.maker.deceit import DECEIT, DECEIT_TWINS
from sealtrack.schema import Kind
from tests.replay.conftest import ROUTE
from tests.replay.test_defeats import VALLEY
from tests.replay.test_maker_truth import error_m, label

Maker = Callable[..., Feed]
MINUTE_MS = 60_000


@pytest.fixture
def trip(catalogue: Catalogue) -> Maker:
    zones = {**catalogue.zones, VALLEY.id: VALLEY}

    def one(name: str, seed: int = 5) -> Feed:
        return make(Spec(seed=seed, episodes=((name,),), loss=0.0, **ROUTE), catalogue._replace(zones=zones))  # type: ignore[arg-type]

    return one


def told(feed: Feed, one: Label) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Time, (lat, lon) and speed of the reports within a label, in order, each once."""
    order = np.argsort(feed.reports["time"], kind="stable")
    _, once = np.unique(feed.reports["time"][order], return_index=True)
    rows = order[once]
    time = feed.reports["time"][rows]
    rows = rows[(time >= one.start_ms) & (time < one.end_ms)]
    columns = feed.reports
    return columns["time"][rows], np.column_stack([columns["lat"][rows], columns["lon"][rows]]), columns["speed"][rows]


@pytest.mark.parametrize("name", sorted(DECEIT | DECEIT_TWINS))
def test_only_the_deceived_are_guilty(trip: Maker, name: str) -> None:
    expects = {one.expect for one in trip(name).labels if one.cause == name}
    assert ("must" in expects) == (name in DECEIT)


@pytest.mark.parametrize("seed", range(3))
def test_a_frozen_position_is_one_position_at_full_speed(trip: Maker, seed: int) -> None:
    feed = trip("frozen", seed)
    time, place, speed = told(feed, label(feed, Kind.position_anomaly))
    assert len(np.unique(place, axis=0)) == 1
    assert np.median(speed) > 25
    assert time[-1] - time[0] > 4 * MINUTE_MS


@pytest.mark.parametrize("seed", range(3))
def test_a_smooth_track_goes_on_as_it_began(trip: Maker, seed: int) -> None:
    feed = trip("smooth", seed)
    time, place, _ = told(feed, label(feed, Kind.position_anomaly))
    ahead = (time[2:] - time[1:-1]) / (time[1:-1] - time[:-2])
    expected = place[1:-1] + ahead[:, None] * (place[1:-1] - place[:-2])
    off_m = np.hypot(*((place[2:] - expected) * (110_700, 104_000)).T)
    assert len(off_m) > 30
    assert off_m.max() < 0.5


def test_a_truck_that_stands_may_be_held_still(trip: Maker) -> None:
    feed = trip("held_still")
    _, place, speed = told(feed, label(feed, Kind.position_anomaly, "must_not"))
    assert len(np.unique(place, axis=0)) == 1
    assert speed.max() < 3


@pytest.mark.parametrize(("name", "ahead_ms"), [("clock_ahead", 130 * MINUTE_MS), ("clock_unset", None)])
def test_a_wrong_clock_leaves_the_positions_right(trip: Maker, name: str, ahead_ms: int | None) -> None:
    feed = trip(name)
    lag = feed.reports["received"] - feed.reports["time"]
    wrong = (feed.reports["time"] < 1_262_304_000_000) if ahead_ms is None else lag < -100 * MINUTE_MS
    assert wrong.sum() > 20
    assert np.nanmedian(error_m(feed)[wrong]) < 20
    one = label(feed, Kind.position_anomaly, "may")
    received = feed.reports["received"][wrong]
    assert one.start_ms < received.min() < received.max() < one.end_ms + 10 * MINUTE_MS


def test_a_dark_valley_is_silent_inside(trip: Maker) -> None:
    feed = trip("dark_valley")
    one = label(feed, Kind.signal_loss, "may")
    assert one.end_ms - one.start_ms > 5 * MINUTE_MS
    assert len(told(feed, one)[0]) == 0
