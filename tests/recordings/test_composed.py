"""Composed: messages of real e-seals, moved in time and place onto the real track of a truck between Lashio and Muse.

No public recording has both. The track is vehicle 1's first trip (a fix every five seconds or so), the messages are
those of `seal_messages` as Traccar forwards them: the Tema episode (opened, shaken, back cover off, then left open; 15
minutes without a fix) and lock events (message P45: a card that opens, a lock that closes itself).
"""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sealtrack.geofence.draft import draft
from sealtrack.io.codecs import time_text
from sealtrack.replay import replay
from sealtrack.schema import Alert, Kind, Shipment
from tests.io.codecs.traccar_messages import forwarded, frames, is_lock_event
from tests.recordings.common import catalogue, epoch_ms, square

SEAL = "7581206748"
CARD_OPENS, CLOSES_ITSELF = 1, 5
"""Event sources of message P45."""
EPISODE_AT = 150
"""Fix of the track at which the episode begins."""
DELAY_MS = 3_000


@pytest.fixture(scope="module")
def track(shared_data: Path) -> pd.DataFrame:
    """One report for each time, the lock closed."""
    rows = pd.read_csv(shared_data / "drvr_myanmar_trucks" / "points.csv.gz")
    rows = rows[(rows["trip"] == "vehicle1-trip1") & (rows["event"] == "vehicle-position")]
    rows = rows.assign(seal_id=SEAL, time=epoch_ms(rows["ts"]), lock="locked").assign(
        received=lambda table: table["time"] + DELAY_MS
    )
    kept = rows[["seal_id", "time", "received", "lat", "lon", "lock"]]
    return kept.drop_duplicates("time").sort_values("time").reset_index(drop=True)


def moved(frame: dict[str, Any], at_ms: int, lat: float, lon: float) -> dict[str, Any]:
    """The message as it would have come from this seal, then and there."""
    stamp = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    frame = {**frame, "dev": SEAL, "ts": stamp, "lat": lat, "lon": lon}
    return forwarded(frame, serverTime=time_text(at_ms + DELAY_MS))


def tema(shared_data: Path, track: pd.DataFrame) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """The episode from fix EPISODE_AT on, and the track without the fixes of those 15 minutes: the seal had none.

    The last known position that each message repeats is another place: it must not be taken for a fix.
    """
    episode = [frame for frame in frames(shared_data) if frame["dev"] == SEAL]
    first, *_ = made = [int(datetime.fromisoformat(frame["ts"]).timestamp() * 1e3) for frame in episode]
    begin = int(track["time"][EPISODE_AT]) + 1_000
    messages = [moved(frame, begin + at - first, 22.0, 96.0) for frame, at in zip(episode, made, strict=True)]
    silent = (track["time"] > begin - 1_000) & (track["time"] <= begin + made[-1] - first)
    return messages, track[~silent].reset_index(drop=True)


def lock_event(shared_data: Path, source: int, fix: pd.Series[Any]) -> dict[str, Any]:
    (frame,) = (one for one in frames(shared_data) if is_lock_event(one) and one["event_source"] == source)
    return moved(frame, int(fix["time"]) + 1_000, fix["lat"], fix["lon"])


def judged(
    folder: Path, track: pd.DataFrame, messages: list[dict[str, Any]], *zones: dict[str, Any], **declared: Any
) -> list[Alert]:
    """Seal alerts of the shipment; its corridor is the track's own, so that nothing else is to be said of the drive."""
    track.to_csv(folder / "track.csv", index=False)
    lines = [json.dumps(message) for message in messages]
    (folder / "seal.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    road = draft(track["lat"].to_numpy(), track["lon"].to_numpy(), route_id="R", half_width_m=2_000.0)
    low, high = int(track["time"].iloc[0]), int(track["time"].iloc[-1])
    shipment = Shipment(
        shipment_id="T1", seal_id=SEAL, route_id="R", depart_at=low, closed_at=high + 3_600_000, **declared
    )
    feeds = [folder / "track.csv", folder / "seal.ndjson"]
    result = replay(feeds, catalogue(folder, [road, *zones]), [shipment])
    assert result.rejected == []
    assert result.problems == []
    return [alert for alert in result.alerts if alert.kind in {Kind.seal_open, Kind.seal_tamper}]


def test_the_tema_episode_on_the_road_is_placed_by_interval(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    messages, rest = tema(shared_data, track)
    opened, tampered = judged(tmp_path, rest, messages)
    before, after = track.iloc[EPISODE_AT], rest[rest["time"] > track["time"][EPISODE_AT]].iloc[0]
    begin = int(before["time"]) + 1_000
    assert (opened.kind, opened.severity, opened.start) == (Kind.seal_open, "critical", begin)
    assert opened.end == after["time"], "closed again when a report says so"
    assert (tampered.kind, tampered.severity, tampered.start) == (Kind.seal_tamper, "critical", begin + 39_000)
    assert tampered.evidence["events"] == ["back_cover_open"]
    for alert in (opened, tampered):
        assert [alert.lat, alert.lon] == pytest.approx([before["lat"], before["lon"]], abs=1e-6)
        assert alert.evidence["last_fix_at"] == time_text(int(before["time"]))
        assert alert.evidence["next_fix_at"] == time_text(int(after["time"]))


def test_in_a_yard_that_permits_it_the_opening_is_none_but_the_tampering_is(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    """The yard holds the last fix before the episode and the next one after it."""
    messages, rest = tema(shared_data, track)
    begin = track.iloc[EPISODE_AT]
    yard = square("YARD", begin["lat"], begin["lon"], half_m=40_000, permits=["open"])
    [tampered] = judged(tmp_path, rest, messages, yard)
    assert (tampered.kind, tampered.evidence["events"]) == (Kind.seal_tamper, ["back_cover_open"])


def test_opened_inside_and_next_seen_outside_counts_from_the_opening(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    messages, rest = tema(shared_data, track)
    before = track.iloc[EPISODE_AT]
    yard = square("YARD", before["lat"], before["lon"], half_m=200, permits=["open"])
    opened, tampered = judged(tmp_path, rest, messages, yard)
    assert (opened.kind, opened.start) == (Kind.seal_open, int(before["time"]) + 1_000)
    assert tampered.kind == Kind.seal_tamper


def test_a_card_opens_on_the_road_and_the_lock_closes_itself(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    """The track says nothing of the lock: the two messages alone bound the opening."""
    fix, later = track.iloc[EPISODE_AT], track.iloc[EPISODE_AT + 30]
    messages = [lock_event(shared_data, CARD_OPENS, fix), lock_event(shared_data, CLOSES_ITSELF, later)]
    [opened] = judged(tmp_path, track.assign(lock=""), messages)
    assert (opened.kind, opened.severity, opened.status) == (Kind.seal_open, "critical", "closed")
    assert (opened.start, opened.end) == (fix["time"] + 1_000, later["time"] + 1_000)
    assert [opened.lat, opened.lon] == pytest.approx([fix["lat"], fix["lon"]], abs=1e-6)
    assert opened.evidence["card"] == messages[0]["position"]["attributes"]["driverUniqueId"]


@pytest.mark.parametrize(("cards", "severity"), [((), None), (("0012260888",), None), (("0000000001",), "warning")])
def test_in_the_yard_the_card_decides(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path, cards: tuple[str, ...], severity: str | None
) -> None:
    fix = track.iloc[EPISODE_AT]
    yard = square("YARD", fix["lat"], fix["lon"], half_m=300, permits=["open"])
    message = lock_event(shared_data, CARD_OPENS, fix)
    found = judged(tmp_path, track, [message], yard, destination_zone="YARD", open_cards=cards)
    assert [(alert.kind, alert.severity) for alert in found] == ([(Kind.seal_open, severity)] if severity else [])


def test_another_yard_than_the_declared_one_does_not_permit_it(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    fix, end = track.iloc[EPISODE_AT], track.iloc[-1]
    here = square("HERE", fix["lat"], fix["lon"], half_m=300, permits=["open"])
    there = square("THERE", end["lat"], end["lon"], half_m=300, permits=["open"])
    [opened] = judged(
        tmp_path, track, [lock_event(shared_data, CARD_OPENS, fix)], here, there, destination_zone="THERE"
    )
    assert (opened.kind, opened.severity, opened.start) == (Kind.seal_open, "critical", fix["time"] + 1_000)


def test_a_message_that_comes_an_hour_late_says_the_same(
    shared_data: Path, track: pd.DataFrame, tmp_path: Path
) -> None:
    messages, rest = tema(shared_data, track)
    in_time = judged(tmp_path, rest, messages)
    for message in messages:
        made = datetime.fromisoformat(message["position"]["deviceTime"]).timestamp()
        message["position"]["serverTime"] = time_text(int(made * 1e3) + 3_600_000)
    late = judged(tmp_path, rest, messages)
    assert [dataclasses.replace(one, detected_at=0, version=0, evidence={}) for one in late] == [
        dataclasses.replace(one, detected_at=0, version=0, evidence={}) for one in in_time
    ]
    assert [one.detected_at - other.detected_at for one, other in zip(late, in_time, strict=True)] == [3_597_000] * 2
