"""`sealtrack run` as its own process on a real Kafka."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from sealtrack import geofence
from sealtrack.differences import differences
from sealtrack.geofence.draft import draft
from sealtrack.io.files import read_shipments
from sealtrack.io.ports import Message
from sealtrack.replay import replay
from sealtrack.schema import Shipment, Sighting
from tests.broker import Broker
from tests.broker.expect import GEOFENCES, SCENARIOS, assert_told_once, replayed, wait_until, without_places
from tests.broker.feed import produce, read_json
from tests.broker.worker import PATIENCE_S, Worker


@pytest.fixture
def worker(broker: Broker, tmp_path: Path) -> Worker:
    return Worker(broker, tmp_path, GEOFENCES)


def stage(worker: Worker, scenario: str, partitions: int = 3) -> None:
    worker.create_topics(partitions)
    worker.declare(SCENARIOS / scenario / "shipments.csv")
    worker.play(SCENARIOS / scenario / "feed.csv.gz")


@pytest.mark.parametrize("scenario", ["late-burst", "no-fix-opening", "wild-positions", "haiphong-huunghi", "company"])
def test_live_says_what_replay_says(worker: Worker, scenario: str) -> None:
    stage(worker, scenario)
    worker.run_until_end()
    expected = replayed(scenario)
    assert expected
    assert_told_once(worker.alerts(), expected)


def seen_on_the_way(scenario: str) -> list[Sighting]:
    """Composed: trackers beside the seals, one of which stays behind, a camera far off, a plate that is another's."""
    folder = SCENARIOS / scenario
    shipments = read_shipments(folder / "shipments.csv")[0]
    rows = pd.read_csv(folder / "feed.csv.gz", dtype={"seal_id": str}).dropna(subset=["lat", "lon"])
    rows["ms"] = [int(pd.Timestamp(moment).timestamp() * 1000) for moment in rows["time"]]
    seen = []
    for shipment in shipments:
        mine = rows[(rows["seal_id"] == shipment.seal_id) & (rows["ms"] >= shipment.depart_at)]
        fixes = mine.iloc[::10].to_dict("records")
        for number, fix in enumerate(fixes):
            at = fixes[min(number, len(fixes) // 2)] if shipment is shipments[0] else fix
            one = Sighting(
                sighting_id=f"{shipment.shipment_id}-{number}",
                time=fix["ms"],
                received=fix["ms"] + 5_000,
                source="tracker",
                shipment_id=shipment.shipment_id,
                lat=at["lat"],
                lon=at["lon"],
            )
            seen.append(one)
    camera = dataclasses.replace(seen[-9], sighting_id="camera", source="camera", lat=10.0)
    anpr = dataclasses.replace(seen[-3], sighting_id="anpr", source="anpr", seal_id="no seal of ours")
    return [*seen, camera, anpr, dataclasses.replace(seen[-5], sighting_id="lost", shipment_id="nobody")]


def test_sightings_say_the_same_live_and_replayed_and_after_a_restart(worker: Worker) -> None:
    scenario = "haiphong-huunghi"
    seen = seen_on_the_way(scenario)
    stage(worker, scenario)
    worker.see(seen[::-1])
    worker.run_until_end()
    folder = SCENARIOS / scenario
    shipments, _ = read_shipments(folder / "shipments.csv")
    expected = replay([folder / "feed.csv.gz"], geofence.load(GEOFENCES), shipments, sightings=seen)
    assert sum(alert.kind == "separation" for alert in expected.alerts) >= 3
    assert [line for line in expected.problems if "sightings" in line and "nobody" in line]
    for _ in range(2):
        assert_told_once(worker.alerts(), expected.alerts)
        worker.run_until_end()


@pytest.fixture
def border_road(shared_data: Path, tmp_path: Path) -> tuple[Path, Path, list[Shipment]]:
    """Feed, geofences and shipments: recorded trucks between Lashio and Muse, the corridor drawn from one of the trips.

    Composed: the seal events are put onto the recording, for it has none.
    """
    rows = pd.read_csv(shared_data / "drvr_myanmar_trucks" / "points.csv.gz")
    feed = rows[["seal_id", "lat", "lon", "heading"]].assign(
        time=rows["ts"],
        speed=rows["speed_kmh"],
        received=rows["received_ts"].fillna(rows["ts"]),
        lock="locked",
        events="",
    )
    feed.loc[feed.index[1500:1510], "lock"] = "cut"
    feed.loc[feed.index[3200:3230], ["lock", "events"]] = ["unlocked", "illegal_card"]
    feed.loc[feed.index[3205:3225], ["lat", "lon"]] = None
    feed.sort_values("received", kind="stable").to_csv(tmp_path / "feed.csv", index=False)
    drawn = rows[rows["trip"] == "vehicle1-trip1"].drop_duplicates("ts").sort_values("ts")
    road = draft(drawn["lat"].to_numpy(), drawn["lon"].to_numpy(), route_id="R", half_width_m=1000)
    fences = tmp_path / "road.geojson"
    fences.write_text(json.dumps({"type": "FeatureCollection", "features": [road]}), encoding="utf-8")
    start = int(pd.to_datetime(rows["ts"]).min().timestamp() * 1000)
    trips = [
        Shipment(shipment_id=f"trip-{seal}", seal_id=seal, route_id="R", depart_at=start)
        for seal in set(rows["seal_id"])
    ]
    return tmp_path / "feed.csv", fences, trips


def test_real_recordings_are_judged_alike_live_and_replayed(
    broker: Broker, tmp_path: Path, border_road: tuple[Path, Path, list[Shipment]]
) -> None:
    feed, fences, trips = border_road
    worker = Worker(broker, tmp_path, fences)
    worker.create_topics(3)
    worker.declare(trips)
    assert worker.play(feed) > 3000
    worker.run_until_end()
    expected = replay([feed], geofence.load(fences), trips).alerts
    assert {alert.kind for alert in expected} >= {"seal_tamper", "seal_open", "route_deviation"}
    assert differences(without_places(expected), without_places(worker.alerts())) == []


def test_flagged_shipments_stand_in_their_topic(worker: Worker) -> None:
    stage(worker, "late-burst", partitions=1)
    worker.run_until_end()
    flags = {flag["shipment_id"]: flag for flag in read_json(worker.broker.bootstrap, worker.topics.flagged) if flag}
    assert set(flags) == {"TQ26-0001", "TQ26-0002"}
    assert all(flag["score"] > 0 and flag["reasons"] for flag in flags.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_with_everything_committed(
    worker: Worker, start: Callable[[Worker], subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    stage(worker, "late-burst")
    process = start(worker)
    wait_until(worker.alerts, worker, process)
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert "stopped:" in worker.said()
    assert "Traceback" not in worker.said()
    worker.run_until_end()
    assert_told_once(worker.alerts(), replayed("late-burst"))


def test_poison_is_set_aside_with_reason_and_place(worker: Worker) -> None:
    worker.create_topics(1)
    worker.declare(SCENARIOS / "late-burst" / "shipments.csv")
    produce(worker.broker.bootstrap, [Message(worker.topics.positions, b"7900000001", b"{broken", 1_773_187_200_000)])
    count = worker.play(SCENARIOS / "late-burst" / "feed.csv.gz")
    produce(worker.broker.bootstrap, [Message(worker.topics.positions, b"7900000001", None, 1_773_187_200_000)])
    worker.run_until_end()
    letters = read_json(worker.broker.bootstrap, worker.topics.dead_letter)
    assert [(one["topic"], one["partition"], one["offset"], one["reason"]) for one in letters] == [
        (worker.topics.positions, 0, 0, "not_json"),
        (worker.topics.positions, 0, count + 1, "empty"),
    ]
    assert differences(without_places(replayed("late-burst")), without_places(worker.alerts())) == []


def test_a_broker_away_at_start_is_waited_for_without_a_traceback(
    own_broker: Broker, tmp_path: Path, start: Callable[[Worker], subprocess.Popen[bytes]]
) -> None:
    worker = Worker(own_broker, tmp_path, GEOFENCES)
    process = start(worker)
    wait_until(lambda: "does not answer" in worker.said(), worker, process)
    own_broker.start()
    wait_until(lambda: "shipments known" in worker.said(), worker, process)  # it has made its topics
    worker.declare(SCENARIOS / "late-burst" / "shipments.csv")
    worker.play(SCENARIOS / "late-burst" / "feed.csv.gz")
    wait_until(worker.alerts, worker, process)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert worker.said().partition(" answers")[0].count("does not answer") == 1
    assert "Traceback" not in worker.said()


def test_stopped_while_it_waits_for_the_broker_it_ends_cleanly(
    own_broker: Broker, tmp_path: Path, start: Callable[[Worker], subprocess.Popen[bytes]]
) -> None:
    worker = Worker(own_broker, tmp_path, GEOFENCES)
    process = start(worker)
    wait_until(lambda: "does not answer" in worker.said(), worker, process)
    process.terminate()
    assert process.wait(PATIENCE_S) == 0, worker.said()
    assert "Traceback" not in worker.said()
