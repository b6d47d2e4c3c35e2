"""Checkpoints, meetings, sightings: what the labels say holds in the noise-free motion, and for all who take part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from replay.maker import Catalogue, Feed, Label, Spec, make
from replay.maker.catalogue import Zone
from replay.maker.company import COMPANY_OFFENCES, COMPANY_TWINS
from replay.maker.folder import sightings_csv
from replay.maker.together import Amendment
from sealtrack.schema import Kind
from tests.replay.conftest import ROUTE, WAYPOINTS
from tests.replay.test_maker_truth import UTM, during, label

BARRIER = Zone("barrier", "checkpoint", frozenset({"stop"}), shapely.Point(106.0785, 21.05).buffer(0.002))
Maker = Callable[..., Feed]
MINUTE_MS = 60_000
START_MS = Spec(seed=0).start_ms


@pytest.fixture
def trips(catalogue: Catalogue) -> Maker:
    zones = {**catalogue.zones, BARRIER.id: BARRIER}

    def some(*episodes: tuple[str, ...], seed: int = 5, **more: object) -> Feed:
        return make(Spec(seed=seed, episodes=episodes, **(ROUTE | more)), catalogue._replace(zones=zones))  # type: ignore[arg-type]

    return some


def inside(feed: Feed) -> NDArray[np.bool_]:
    return np.asarray(shapely.contains_xy(BARRIER.polygon, feed.truth["lon"], feed.truth["lat"]))


def met(feed: Feed) -> list[Label]:
    return [one for one in feed.labels if one.kind == Kind.rendezvous]


def places(feed: Feed, one: Label) -> NDArray[np.float64]:
    seal = next(s.seal_id for s in feed.shipments if s.shipment_id == one.shipment_id)
    hit = during(feed, one) & (feed.reports["seal_id"] == seal)
    assert hit.sum() > 5
    return np.column_stack(UTM.transform(feed.truth["lon"][hit], feed.truth["lat"][hit]))


ALONE = sorted(set(COMPANY_OFFENCES | COMPANY_TWINS) - {"meet", "standstill"})


@pytest.mark.parametrize("name", ALONE)
def test_offences_must_be_found_and_twins_must_not(trips: Maker, name: str) -> None:
    told = {one.expect for one in trips((name,)).labels if one.cause == name}
    assert told == {"must" if name in COMPANY_OFFENCES else "must_not"}


def test_who_drives_round_the_checkpoint_is_never_inside(trips: Maker) -> None:
    feed = trips(("round_checkpoint",))
    assert not inside(feed).any()
    skipped, off = label(feed, Kind.skipped_checkpoint), label(feed, Kind.route_deviation)
    assert skipped.start_ms < off.start_ms < off.end_ms < skipped.end_ms


def test_who_passes_it_halts_inside(trips: Maker) -> None:
    feed = trips(("through_checkpoint",))
    halt = during(feed, label(feed, Kind.unauthorised_stop, "must_not"))
    assert halt.sum() > 5
    assert inside(feed)[halt].all()


def test_who_is_waved_on_drives_beside_it_and_an_officer_saw_it(trips: Maker) -> None:
    feed = trips(("waved_on",))
    (seen,) = feed.sightings
    passing = label(feed, Kind.skipped_checkpoint, "must_not")
    assert not inside(feed).any()
    assert (seen.source, seen.zone_id, seen.lat) == ("officer", "barrier", None)
    assert passing.start_ms < seen.time < passing.end_ms


def test_short_stops_are_short_and_many(trips: Maker) -> None:
    feed = trips(("short_stops",))
    one = label(feed, Kind.unauthorised_stop)
    order = np.argsort(feed.reports["time"], kind="stable")
    time, standing = feed.reports["time"][order], feed.truth["speed"][order] < 0.1
    standing &= (time >= one.start_ms - MINUTE_MS) & (time <= one.end_ms + MINUTE_MS)
    edges = np.flatnonzero(np.diff(standing.astype(int)))
    minutes = (time[edges[1::2]] - time[edges[::2]]) / MINUTE_MS
    assert len(minutes) == 4
    assert 5 < minutes.min() < minutes.max() < 14


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("name", "count"), [("meet", 2), ("standstill", 6)])
def test_those_who_meet_stand_together(trips: Maker, name: str, count: int, seed: int) -> None:
    feed = trips(*[(name,)] * count, ("fuel_stop",), meetings=(tuple(range(1, count + 1)),), seed=seed)
    shared = met(feed)
    assert len(shared) == count
    middles = np.array([places(feed, one).mean(axis=0) for one in shared])
    assert np.hypot(*(middles - middles[0]).T).max() < 60
    for one in shared:
        assert one.end_ms - one.start_ms >= 5 * MINUTE_MS
        assert places(feed, one).std(axis=0).max() < 1  # it stands all the time


def test_who_meets_waits_for_the_first_and_nobody_else_is_moved(trips: Maker) -> None:
    alone = [one.depart_at for one in trips((), (), ("fuel_stop",)).shipments]
    both = [one.depart_at for one in trips(("meet",), ("meet",), ("fuel_stop",), meetings=((1, 2),)).shipments]
    assert [a == b for a, b in zip(alone, both, strict=True)] == [True, False, True]


def test_a_meeting_needs_the_episode_and_the_episode_a_meeting(trips: Maker) -> None:
    with pytest.raises(ValueError, match="named in `meetings`"):
        trips(("meet",), ("fuel_stop",), meetings=((1, 2),))
    with pytest.raises(ValueError, match="nobody to meet"):
        trips(("meet",))
    with pytest.raises(ValueError, match="two shipments or more"):
        trips(("meet",), meetings=((1,),))


def test_a_tracker_goes_where_the_truck_goes_until_it_leaves(trips: Maker) -> None:
    for name in ("tracked", "tracker_ahead", "seal_moved"):
        feed = trips((name,))
        leaves = label(feed, Kind.separation).start_ms if name == "seal_moved" else feed.reports["time"].max()
        order = np.argsort(feed.reports["time"], kind="stable")
        at = np.array([one.received or 0 for one in feed.sightings]) - 4_000
        lon, lat = (np.interp(at, feed.reports["time"][order], feed.truth[axis][order]) for axis in ("lon", "lat"))
        seen = np.array([(one.lon, one.lat) for one in feed.sightings])
        off_m = np.hypot((seen[:, 0] - lon) * 104_000, (seen[:, 1] - lat) * 110_700)
        within = (at > feed.reports["time"].min()) & (at < leaves)
        assert off_m[within].max() < 150, name
        assert {one.vehicle for one in feed.sightings} == {feed.shipments[0].vehicle}
        if name == "seal_moved":
            assert off_m[at > leaves + 20 * MINUTE_MS].min() > 3_000
        ahead_ms = {one.time + 4_000 - (one.received or 0) for one in feed.sightings}
        assert len(ahead_ms) == 1
        assert (max(ahead_ms) >= 20 * MINUTE_MS) == (name == "tracker_ahead")


def test_only_the_guilty_are_seen_with_another_plate_or_seal(trips: Maker) -> None:
    def read(name: str) -> set[tuple[str | None, str | None]]:
        feed = trips((name,))
        mine = feed.shipments[0]
        plates = {"".join(filter(str.isalnum, text)).upper() for text in (mine.vehicle or "",)}
        return {
            (
                None if one.plate is None else str("".join(filter(str.isalnum, one.plate)).upper() in plates),
                None if one.seal_id is None else str(one.seal_id == mine.seal_id),
            )
            for one in feed.sightings
        }

    assert read("plate_swapped") == {("False", None)}
    assert read("seal_swapped") == {(None, "False")}
    assert read("seen") == {("True", None), (None, "True"), ("True", "True")}


def test_sightings_are_written_with_the_wire_names(trips: Maker) -> None:
    header, first, *_ = sightings_csv(trips(("seen",)).sightings).splitlines()
    assert header.startswith("sighting_id,time,source,device_id,shipment_id,vehicle,lat,lon,zone_id,plate,seal_id")
    assert first.startswith("TQ26-0001-S00,2026-03-10T")


def test_nobody_is_heard_while_the_network_is_down(trips: Maker) -> None:
    feed = trips((), (), outages=((2.0, 30.0),), departures_h=0.2)
    span = (START_MS + 120 * MINUTE_MS, START_MS + 150 * MINUTE_MS)
    time = feed.reports["time"]
    assert not ((time >= span[0]) & (time < span[1])).any()
    down = [one for one in feed.labels if one.cause == "outage"]
    assert [(one.start_ms, one.end_ms, one.expect) for one in down] == [(*span, "may")] * 2


@pytest.mark.parametrize(("after_h", "expect"), [(0.0, "must_not"), (9.0, "must")])
def test_an_amendment_in_time_makes_the_way_round_right(catalogue: Catalogue, after_h: float, expect: str) -> None:
    usual = catalogue.corridor("here-there")
    bent = np.array([*WAYPOINTS[:3], (106.2, 21.05), *WAYPOINTS[3:]])
    roads = {usual.id: usual, "round": usual._replace(id="round", lonlat=bent)}
    spec = Spec(
        seed=5,
        episodes=((),),
        declared=("here-there",),
        amended=(Amendment(1, after_h, "here-there|round"),),
        **(ROUTE | {"route": "round"}),  # type: ignore[arg-type]
    )
    feed = make(spec, catalogue._replace(corridors=roads))
    first, second = feed.shipments
    assert (first.route_id, first.amended_at) == ("here-there", None)
    assert (second.route_id, second.amended_at) == ("here-there|round", first.depart_at + round(after_h * 3_600_000))
    assert [one.expect for one in feed.labels if one.kind == Kind.route_deviation] == [expect]
