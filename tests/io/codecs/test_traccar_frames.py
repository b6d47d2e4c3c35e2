"""The Traccar codec on what real e-seals sent: recorded frames, as Traccar would forward them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sealtrack.columns import Reports
from sealtrack.io.codecs.times import CLOCK_SET_SINCE_MS, text_ms
from sealtrack.schema import EVENT_BIT, FLAG_INVALID, Lock
from tests.io.codecs.builders import RECEIVED_MS, decode
from tests.io.codecs.traccar_messages import BATTERY_CHARGING, forwarded, frames, is_lock_event, is_status_frame

EVENT_OF_FRAME = {
    "rope_cut_alarm": "rope_cut",
    "vibration_alarm": "vibration",
    "long_unlock_alarm": "unlocked_too_long",
    "wrong_pwd_alarm": "wrong_password",
    "illegal_card_alarm": "illegal_card",
    "low_batt_alarm": "low_battery",
    "back_cover_alarm": "back_cover_open",
    "motor_fault": "motor_fault",
}
TEMA = "7581206748"


def decode_frame(frame: dict[str, Any], **options: Any) -> tuple[Reports, Any]:
    reports, rejected = decode(forwarded(frame, **options), name="traccar")
    assert not rejected
    return reports, reports.rows[0]


def event_names(bits: int) -> set[str]:
    return {name for name, bit in EVENT_BIT.items() if bits & bit}


def test_every_frame_keeps_its_place_time_and_motion(shared_data: Path) -> None:
    recorded = frames(shared_data)
    assert len(recorded) > 30
    for frame in recorded:
        reports, row = decode_frame(frame)
        assert reports.seals == [frame["dev"]]
        made_ms = text_ms(frame["ts"])
        assert row["time_ms"] == (made_ms if made_ms >= CLOCK_SET_SINCE_MS else RECEIVED_MS)
        if (frame["lat"], frame["lon"]) == (0, 0):
            assert np.isnan([row["lat"], row["lon"]]).all()
        else:
            assert (row["lat"], row["lon"]) == (frame["lat"], frame["lon"])
        if not is_lock_event(frame):
            kmh = frame["speed_kmh"] if "speed_kmh" in frame else frame["speed_mph"] * 1.609344
            assert row["speed_kmh"] == pytest.approx(kmh, rel=1e-4)
        assert row["heading_deg"] == frame["course"]
        assert np.isnan(row["accuracy_m"]), "Traccar's 0 m means unknown"
        assert bool(row["flags"] & FLAG_INVALID) >= (not frame["fix"])


def test_the_status_word_gives_lock_and_events(shared_data: Path) -> None:
    status_frames = [frame for frame in frames(shared_data) if is_status_frame(frame)]
    assert status_frames
    for frame in status_frames:
        _, row = decode_frame(frame)
        expected = {event for name, event in EVENT_OF_FRAME.items() if frame[name]}
        if frame["fence_in"] or frame["fence_out"]:
            expected.add("other")
        if frame["battery"] == BATTERY_CHARGING:
            expected.add("charging")
            assert np.isnan(row["battery_pct"])
        else:
            assert row["battery_pct"] == frame["battery"]
        assert event_names(row["events"]) == expected
        closed = frame["rope_inserted"] and frame["motor_locked"]
        assert row["lock"] == (Lock.cut if frame["rope_cut_alarm"] else Lock.locked if closed else Lock.unlocked)
        assert row["satellites"] == frame["sats"]
        assert bool(row["flags"] & FLAG_INVALID) == (not frame["fix"] or bool(frame["lbs"]))


def test_the_status_of_text_messages_is_another_word(shared_data: Path) -> None:
    texts = [frame for frame in frames(shared_data) if "status_bits" in frame]
    assert texts
    for frame in texts:
        _, row = decode_frame(frame)
        assert (row["lock"], row["events"], row["seq"]) == (Lock.unknown, 0, 33)


def test_the_tema_episode(shared_data: Path) -> None:
    """Opened, shaken, back cover off, then left open: 15 minutes at one place without a fix."""
    episode = [frame for frame in frames(shared_data) if frame["dev"] == TEMA]
    reports, rejected = decode(*(forwarded(frame) for frame in episode), name="traccar")
    assert not rejected
    assert [event_names(bits) for bits in reports.rows["events"]] == [
        {"unlocked_too_long", "charging"},
        {"vibration"},
        {"back_cover_open"},
        *[{"unlocked_too_long"}] * 5,
    ]
    assert set(reports.rows["lock"]) == {Lock.unlocked}
    assert (reports.rows["flags"] & FLAG_INVALID).all(), "the position is the last known one"
    assert np.diff(reports.rows["time_ms"]).tolist() == [23_000, 16_000, 141_000, *[180_000] * 4]


@pytest.mark.parametrize("options", [{}, {"event_source": False}], ids=["current Traccar", "older Traccar"])
def test_a_card_that_opens_the_lock(shared_data: Path, options: dict[str, Any]) -> None:
    (frame,) = (frame for frame in frames(shared_data) if is_lock_event(frame) and frame["event_source"] == 1)
    reports, row = decode_frame(frame, **options)
    assert reports.cards == [frame["rfid"]]
    assert (row["lock"], event_names(row["events"])) == (Lock.unlocked, {"unlock"})
    assert np.isnan(row["speed_kmh"]), "lock events carry no reliable speed"


def test_a_lock_that_closes_itself(shared_data: Path) -> None:
    (frame,) = (frame for frame in frames(shared_data) if is_lock_event(frame) and frame["event_source"] == 5)
    _, row = decode_frame(frame)
    assert (row["lock"], event_names(row["events"]), row["card"]) == (Lock.locked, {"lock"}, -1)
