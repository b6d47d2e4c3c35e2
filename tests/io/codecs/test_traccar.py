"""The Traccar codec, trap by trap (the recorded frames do not show all of them)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sealtrack.io.codecs.times import text_ms
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock
from tests.io.codecs.builders import RECEIVED_MS, TIME, TIME_MS, decode, faults


def message(attributes: Any = None, **position: Any) -> dict[str, Any]:
    plain = {"protocol": "jt600", "valid": True, "fixTime": TIME, "deviceTime": TIME, "latitude": 21.0}
    plain |= {"longitude": 105.5, "speed": 10.0, "course": 90.0, "accuracy": 0.0, "id": 0}
    return {"position": {**plain, "attributes": attributes or {}, **position}, "device": {"uniqueId": "S1"}}


def row_of(attributes: Any = None, **position: Any) -> Any:
    reports, rejected = decode(message(attributes, **position), name="traccar")
    assert not rejected
    return reports.rows[0]


def bits(*names: str) -> int:
    return sum(EVENT_BIT[name] for name in names)


@pytest.mark.parametrize(
    ("bit", "event"),
    [
        (3, "rope_cut"),
        (4, "vibration"),
        (8, "unlocked_too_long"),
        (9, "wrong_password"),
        (10, "illegal_card"),
        (11, "low_battery"),
        (12, "back_cover_open"),
        (14, "motor_fault"),
    ],
)
def test_each_status_bit_that_is_an_event(bit: int, event: str) -> None:
    assert row_of({"blocked": True, "status": 1 << bit})["events"] == bits(event)


@pytest.mark.parametrize("bit", [1, 2, 5, 6, 7, 13, 15])
def test_the_other_status_bits_are_no_events(bit: int) -> None:
    assert row_of({"blocked": True, "status": 1 << bit})["events"] == 0


@pytest.mark.parametrize(
    ("attributes", "lock"),
    [
        ({"status": 0b1100_0000}, Lock.locked),
        ({"status": 0b1100_1000}, Lock.cut),
        ({"status": 0b0100_0000}, Lock.unlocked),
        ({"status": 0b1000_0000}, Lock.unlocked),
        ({"status": 0}, Lock.unlocked),
        ({"blocked": True}, Lock.locked),
        ({"blocked": False}, Lock.unlocked),
        ({"blocked": True, "ignition": True}, Lock.unknown),
        ({"alarm": "powerCut"}, Lock.cut),
        ({"alarm": "unlock"}, Lock.unlocked),
        ({}, Lock.unknown),
        ({"status": "locked"}, Lock.unknown),
        ({"status": 1 << 20}, Lock.unknown),
    ],
)
def test_the_state_of_the_lock(attributes: Any, lock: Lock) -> None:
    assert row_of(attributes)["lock"] == lock


def test_the_status_of_another_protocol_is_not_ours() -> None:
    row = row_of({"status": 1 << 9, "blocked": True}, protocol="huabao")
    assert (row["lock"], row["events"]) == (Lock.unknown, 0)


def test_alarms_are_comma_joined() -> None:
    row = row_of({"alarm": "powerCut, vibration,lowBattery,fault,overspeed"})
    assert row["events"] == bits("rope_cut", "vibration", "low_battery", "motor_fault", "other")


@pytest.mark.parametrize(
    ("source", "events", "lock"),
    [
        (1, ["unlock"], Lock.unlocked),
        (2, ["illegal_card"], Lock.unknown),
        (3, ["other"], Lock.unknown),
        (4, ["unlock", "remote_unlock"], Lock.unlocked),
        (5, ["lock"], Lock.locked),
        (6, ["unlock"], Lock.unlocked),
        (7, ["unlock"], Lock.unlocked),
        (8, ["unlock"], Lock.unlocked),
        ("1", ["unlock"], Lock.unlocked),
        (99, ["other"], Lock.unknown),
        ("¹", ["other"], Lock.unknown),
    ],
)
def test_lock_events(source: Any, events: list[str], lock: Lock) -> None:
    row = row_of({"eventSource": source, "driverUniqueId": "0012"})
    assert (row["events"], row["lock"]) == (bits(*events), lock)
    assert np.isnan(row["speed_kmh"])


def test_plain_fields_are_converted() -> None:
    row = row_of({"sat": 9, "batteryLevel": 80, "index": 77, "archive": True}, accuracy=12.5)
    assert row["speed_kmh"] == pytest.approx(18.52)
    assert (row["heading_deg"], row["accuracy_m"], row["satellites"]) == (90, 12.5, 9)
    assert (row["battery_pct"], row["seq"], row["flags"]) == (80, 77, FLAG_BUFFERED)
    assert row["received_ms"] == RECEIVED_MS


def test_battery_255_is_charging() -> None:
    row = row_of({"batteryLevel": 255})
    assert np.isnan(row["battery_pct"])
    assert row["events"] == bits("charging")


@pytest.mark.parametrize(
    "position",
    [
        {"fixTime": "2024-04-30T08:00:00Z"},  # a day-old fix, repeated
        {"fixTime": "2024-05-01T07:58:59Z", "valid": True},
        {"fixTime": "2024-05-01T07:59:50Z", "valid": False},
        {"fixTime": "2024-05-01T07:59:50Z", "outdated": True},
    ],
)
def test_a_stale_fix_does_not_date_the_lock_status(position: Any) -> None:
    row = row_of({"status": 0}, **position)
    assert (row["time_ms"], row["flags"]) == (TIME_MS, FLAG_INVALID)


def test_a_fresh_fix_dates_its_report() -> None:
    row = row_of(fixTime="2024-05-01T07:59:30Z")
    assert (row["time_ms"], row["flags"]) == (text_ms("2024-05-01T07:59:30Z"), 0)


def test_a_cell_tower_fix_is_invalid() -> None:
    assert row_of({"status": 1, "blocked": False})["flags"] == FLAG_INVALID


def test_a_clock_that_was_never_set() -> None:
    never = "2000-01-01T00:03:01Z"
    row = row_of({"status": 1 << 12}, fixTime=never, deviceTime=never, latitude=0, longitude=0, valid=False)
    assert (row["time_ms"], row["events"]) == (RECEIVED_MS, bits("back_cover_open"))
    assert np.isnan([row["lat"], row["lon"]]).all()


def test_a_report_with_unreadable_times_is_judged_when_received() -> None:
    reports, rejected = decode(message({"status": 0}, fixTime="?", deviceTime="?"), name="traccar")
    assert faults(rejected) == [("time", "not_a_time")]
    assert reports.rows["time_ms"].tolist() == [RECEIVED_MS]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"seal_id": "S", "time": TIME}, ("", "not_traccar")),
        ({"position": {}, "device": None}, ("", "not_traccar")),
        ({"position": {"fixTime": TIME}, "device": {}}, ("seal_id", "missing")),
    ],
)
def test_what_is_no_forwarded_position(value: Any, fault: tuple[str, str]) -> None:
    reports, rejected = decode(value, name="traccar")
    assert (len(reports), faults(rejected)) == (0, [fault])


def test_wrong_types_cost_only_themselves() -> None:
    value = message({"status": 1 << 9}, speed="fast", latitude=[1], accuracy={})
    reports, rejected = decode(value, message("x"), name="traccar")
    assert faults(rejected) == [
        ("lat", "not_a_number"),
        ("speed", "not_a_number"),
        ("attributes", "not_an_object"),
    ]
    assert reports.rows["events"].tolist() == [bits("wrong_password"), 0]
