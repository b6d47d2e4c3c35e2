"""JSON to columns, one core, against msgspec's typed decoder and polars."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from benchmarks.speed.feed import National, national
from benchmarks.speed.row import Row, cpu_s, million
from sealtrack.io.codecs import codec, scan, time_text, traccar
from sealtrack.io.codecs import json as native
from sealtrack.io.codecs.records import draft_one_by_one
from sealtrack.io.ports import RecordBatch
from sealtrack.schema import Lock

RECORDS = 100_000
Values = list[bytes]


def json_decode(scale: float) -> list[Row]:
    """Both shapes. The peers are asked for less: known fields as they stand, no check of ranges, times as text."""
    os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is first imported
    scan.compile_now()
    feed = national(1_000, max(1, round(RECORDS * scale / 1_000)))
    return [
        _compare("native", native_values(feed), _NATIVE, "json", scan.NATIVE),
        _compare("Traccar", _traccar(feed), _TRACCAR, "traccar", scan.TRACCAR),
    ]


def _compare(title: str, values: Values, wanted: Any, name: str, shape: int) -> Row:
    n = len(values)
    stamps = np.full(n, 1_773_100_800_000)
    batch = RecordBatch("seal.positions", 0, np.arange(n), stamps, [None] * n, list(values))
    decode = msgspec.json.Decoder(wanted).decode
    works: dict[str, Callable[[], object]] = {
        "sealtrack": lambda: codec(name).decode_reports(batch),
        "msgspec, objects": lambda: [decode(value) for value in values],
        "msgspec, columns": lambda: _columns([decode(value) for value in values], shape),
        "one by one": lambda: draft_one_by_one(values, stamps, _FORMS[name]),
    }
    polars = _polars(values)
    if polars is not None:
        works["polars, one thread"] = polars
    spent_s = dict.fromkeys(works, float("inf"))
    for _ in range(3):  # in turns, so that a neighbour's work meets all of them
        for work_name, work in works.items():
            spent_s[work_name] = min(spent_s[work_name], cpu_s(work, 1))
    rates = {work_name: n / s for work_name, s in spent_s.items()}
    odd = len(scan.scan(values, stamps, shape).odd)
    peers = {k: v for k, v in rates.items() if k not in ("sealtrack", "one by one")}
    best = max(v for k, v in peers.items() if k != "msgspec, objects")  # the same job: to columns
    said = ", ".join(f"{k} {million(v)} ({rates['sealtrack'] / v:.1f}×)" for k, v in peers.items())
    size = sum(map(len, values)) / n
    result = (
        f"{rates['sealtrack'] / best:.1f}× ({million(rates['sealtrack'])}; {said}; {size:.0f} bytes, {odd / n:.1%} odd)"
    )
    return Row(f"JSON report decode to columns, {title} shape, against msgspec typed decode and polars",
               "≥ 2× the better, on one core", result, rates["sealtrack"] >= 2 * best,
               {"records_per_s": rates, "bytes": size, "odd": odd / n})  # fmt: skip


def _columns(found: list[Any], shape: int) -> list[Any]:
    """The fields that a report has, numbers as arrays, text as lists."""
    numbers, texts = _FIELDS[shape]
    columns: list[Any] = [np.array(list(map(attrgetter(name), found)), np.float64) for name in numbers]
    return columns + [list(map(attrgetter(name), found)) for name in texts]


def _polars(values: Values) -> Callable[[], object] | None:
    try:
        import polars as pl  # noqa: PLC0415 - optional
    except ImportError:
        return None
    text = b"\n".join(values)
    return lambda: pl.read_ndjson(io.BytesIO(text))


def native_values(feed: National) -> Values:
    """The reports as a gateway writes them."""
    rows = feed.reports.rows
    has_fix = np.isfinite(rows["lat"]) & np.isfinite(rows["lon"])
    lats, lons = (
        [
            "null" if math.isnan(one) else repr(one)
            for one in np.where(has_fix, np.round(rows[name], 6), np.nan).tolist()
        ]
        for name in ("lat", "lon")
    )
    times = np.datetime_as_string(rows["time_ms"].astype("M8[ms]")).tolist()
    seals = [feed.reports.seals[code] for code in rows["seal"].tolist()]
    rounded = [
        np.round(rows[name].astype(np.float64), 1).tolist() for name in ("speed_kmh", "heading_deg", "battery_pct")
    ]
    locks = [Lock(code).name for code in rows["lock"].tolist()]
    counts = rows["satellites"].tolist(), rows["seq"].tolist()
    return [
        f'{{"seal_id":"{seal}","time":"{time}Z","lat":{lat},"lon":{lon},"speed":{speed},"heading":{heading:.0f},'
        f'"lock":"{lock}","events":[],"battery":{battery:.0f},"satellites":{satellites},"seq":{seq}}}'.replace(
            "nan", "null"
        ).encode()
        for seal, time, lat, lon, speed, heading, battery, lock, satellites, seq in zip(
            seals, times, lats, lons, *rounded, locks, *counts, strict=True
        )
    ]


def _traccar(feed: National) -> Values:
    found = []
    for row in feed.reports.rows:
        moment = time_text(int(row["time_ms"])).replace("Z", "+00:00")
        has_fix = not np.isnan(row["lat"])
        position = {
            "id": 0, "attributes": {
                "status": 192, "blocked": True, "batteryLevel": 80, "sat": 9, "distance": 233.55, "motion": True,
                "totalDistance": 1234567.25, "hours": 3600000,
            },
            "deviceId": int(row["seal"]), "type": None, "protocol": "jt600", "serverTime": moment, "deviceTime": moment,
            "fixTime": moment, "outdated": False, "valid": has_fix,
            "latitude": float(row["lat"]) if has_fix else 0.0, "longitude": float(row["lon"]) if has_fix else 0.0,
            "altitude": 0.0, "speed": round(float(np.nan_to_num(row["speed_kmh"])) / 1.852, 6), "course": 90.0,
            "address": None, "accuracy": 0.0, "network": None, "geofenceIds": None,
        }  # fmt: skip
        device = {
            "id": int(row["seal"]), "attributes": {}, "groupId": 0, "calendarId": 0, "name": "Xe tải 15C-123.45",
            "uniqueId": feed.reports.seals[row["seal"]], "status": "online", "lastUpdate": moment, "positionId": 0,
            "phone": None, "model": None, "contact": None, "category": None, "disabled": False, "expirationTime": None,
        }  # fmt: skip
        found.append(
            json.dumps({"position": position, "device": device}, separators=(",", ":"), ensure_ascii=False).encode()
        )
    return found


class _Native(msgspec.Struct, gc=False):
    seal_id: str
    time: str | int
    lat: float | None = None
    lon: float | None = None
    speed: float | None = None
    heading: float | None = None
    accuracy: float | None = None
    valid: bool | None = None
    lock: str | None = None
    events: list[str] | None = None
    card: str | None = None
    battery: float | None = None
    satellites: int | None = None
    seq: int | None = None


class _Attributes(msgspec.Struct, gc=False, rename="camel"):
    status: int | None = None
    blocked: bool | None = None
    alarm: str | None = None
    battery_level: float | None = None
    sat: int | None = None
    driver_unique_id: str | None = None
    event_source: int | None = None
    archive: bool | None = None


class _Position(msgspec.Struct, gc=False, rename="camel"):
    device_time: str
    fix_time: str
    latitude: float
    longitude: float
    speed: float
    attributes: _Attributes
    protocol: str | None = None
    server_time: str | None = None
    outdated: bool | None = None
    valid: bool | None = None
    course: float | None = None
    accuracy: float | None = None


class _Device(msgspec.Struct, gc=False, rename="camel"):
    unique_id: str


class _Forwarded(msgspec.Struct, gc=False):
    position: _Position
    device: _Device


_NATIVE, _TRACCAR = _Native, _Forwarded
_FORMS = {"json": native.read_object, "traccar": traccar.read_object}
_FIELDS = {
    scan.NATIVE: (
        ("lat", "lon", "speed", "heading", "battery", "satellites", "seq"),
        ("seal_id", "time", "lock", "events"),
    ),
    scan.TRACCAR: (
        ("position.latitude", "position.longitude", "position.speed", "position.course", "position.attributes.sat"),
        ("device.unique_id", "position.fix_time", "position.attributes.status", "position.attributes.alarm"),
    ),
}
