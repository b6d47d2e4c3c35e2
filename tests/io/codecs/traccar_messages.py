"""What Traccar's `jt600` decoder forwards for a recorded frame (a row of `seal_messages/messages.csv`).

Written from the facts of that decoder: speed in knots, alarms comma-joined, battery 255 as `charge`, one time for fix
and device, the serial number only of text messages.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

STATUS_BITS = [
    "lbs",
    "fence_in",
    "fence_out",
    "rope_cut_alarm",
    "vibration_alarm",
    "ack_required",
    "rope_inserted",
    "motor_locked",
    "long_unlock_alarm",
    "wrong_pwd_alarm",
    "illegal_card_alarm",
    "low_batt_alarm",
    "back_cover_alarm",
    "back_cover_closed",
    "motor_fault",
]
ALARMS = {
    "fence_in": "geofenceEnter",
    "fence_out": "geofenceExit",
    "rope_cut_alarm": "powerCut",
    "vibration_alarm": "vibration",
    "low_batt_alarm": "lowBattery",
    "motor_fault": "fault",
}
KNOTS_PER_MPH = 0.868976
BATTERY_CHARGING = 255


def frames(shared_data: Path) -> list[dict[str, Any]]:
    """Decoded frames of e-seals with a position, in file order."""
    with (shared_data / "seal_messages" / "messages.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["protocol"] == "jt600_jt701" and row["decoded_json"]]
    return [frame for row in rows for frame in json.loads(row["decoded_json"])]


def is_status_frame(frame: dict[str, Any]) -> bool:
    return "motor_locked" in frame


def is_lock_event(frame: dict[str, Any]) -> bool:
    return "event_source" in frame


def forwarded(frame: dict[str, Any], *, event_source: bool = True, **position: Any) -> dict[str, Any]:
    """The message; `event_source=False` as an older Traccar writes lock events; `position` overrides."""
    moment = frame["ts"].replace("Z", ".000+00:00")
    if is_lock_event(frame):
        knots, attributes = frame["speed_kmh"] * KNOTS_PER_MPH, _lock_event(frame, event_source=event_source)
    elif is_status_frame(frame):
        knots, attributes = frame["speed_kmh"] / 1.852, _status(frame)
    else:
        knots = frame["speed_mph"] * KNOTS_PER_MPH
        attributes = {"sat": frame["sats"], "batteryLevel": frame["battery"], "status": int(frame["status_bits"], 2)}
        attributes["index"] = 33
    return {
        "position": {
            "id": 0,
            "deviceId": 5,
            "protocol": "jt600",
            "serverTime": "2024-05-01T08:00:03.000+00:00",
            "deviceTime": moment,
            "fixTime": moment,
            "outdated": False,
            "valid": frame["fix"],
            "latitude": frame["lat"],
            "longitude": frame["lon"],
            "altitude": 0.0,
            "speed": knots,
            "course": float(frame["course"]),
            "address": None,
            "accuracy": 0.0,
            "network": {"radioType": "gsm", "cellTowers": [{"cellId": 1, "locationAreaCode": 2}]},
            "attributes": attributes,
            **position,
        },
        "device": {"id": 5, "uniqueId": frame["dev"], "name": "seal", "status": "online", "attributes": {}},
    }


def _status(frame: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "odometer": frame["mileage_km"] * 1000,
        "sat": frame["sats"],
        "blocked": bool(frame["motor_locked"]),
        "status": sum(frame[name] << bit for bit, name in enumerate(STATUS_BITS)),
    }
    alarms = [alarm for name, alarm in ALARMS.items() if frame[name]]
    if alarms:
        attributes["alarm"] = ",".join(alarms)
    if frame["battery"] == BATTERY_CHARGING:
        attributes["charge"] = True
    else:
        attributes["batteryLevel"] = frame["battery"]
    return attributes


def _lock_event(frame: dict[str, Any], *, event_source: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {"eventSource": frame["event_source"]} if event_source else {}
    if frame["rfid"] != "0000000000":
        attributes["driverUniqueId"] = frame["rfid"]
    return attributes
