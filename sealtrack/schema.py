"""Every field that crosses a boundary, declared once.

The classes below are the single source of names, types, units and meaning. NumPy dtypes, JSON and CSV readers, Arrow
schemas and `docs/schema.md` are derived from them through `fields()`. A field's attributes are in its `F`:

- `unit`, `doc`: for people and for `docs/schema.md`;
- `column`, `dtype`: the packed column of a report (unit in the name), where the field has one;
- `missing`: what that packed column holds when the field is absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np

Time = int
"""Milliseconds since 1970-01-01 UTC. On the wire: RFC 3339 text or that integer."""


class FieldType(StrEnum):
    TEXT = "text"
    TIME = "time"
    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    CHOICE = "choice"
    LIST = "list"
    """List of strings in JSON, joined by `;` in CSV."""
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class F:
    """What `Annotated` carries for one field."""

    doc: str
    type: FieldType
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    column: str = ""
    dtype: str = ""
    missing: float = 0


class Field(NamedTuple):
    """One declared field: its wire name, whether it must be there, and its `F`."""

    name: str
    required: bool
    f: F


class Lock(IntEnum):
    """State of shackle or rope, as stored in the `lock` column."""

    unknown = 0
    locked = 1
    unlocked = 2
    cut = 3


class Event(StrEnum):
    """Device events. The position in this list is the bit in the `events` column: append only."""

    rope_cut = "rope_cut"
    back_cover_open = "back_cover_open"
    illegal_card = "illegal_card"
    wrong_password = "wrong_password"  # noqa: S105 - an event's name, not a secret
    unlocked_too_long = "unlocked_too_long"
    vibration = "vibration"
    motor_fault = "motor_fault"
    low_battery = "low_battery"
    jamming = "jamming"
    unlock = "unlock"
    lock = "lock"
    door = "door"
    tampering = "tampering"
    removing = "removing"
    sos = "sos"
    remote_unlock = "remote_unlock"
    charging = "charging"
    other = "other"
    """Any name that is not in this list: kept as a fact, judged by no rule."""


EVENT_BIT: dict[str, int] = {event.value: 1 << index for index, event in enumerate(Event)}
"""Event name to its bit in the packed `events` column."""

NO_TIME = np.iinfo(np.int64).min
"""The packed value of an absent time."""

FLAG_INVALID = 1
"""`flags` bit: the device marked the fix `valid: false` (last known or cell-tower position)."""
FLAG_BUFFERED = 2
"""`flags` bit: stored by the device and uploaded late."""
FLAG_SIGHTING = 4
"""`flags` bit: not a report, but a sighting by somebody else (`Sighting`), walked with the reports."""
OTHER_PLATE, OTHER_SEAL, NOT_A_TRACKER = 1, 2, 4
"""`events` bits of a sighting: it reads another plate or seal than the shipment's; its source is not a tracker."""
FLAG_CLOCK = 8
"""`flags` bit, set by the engine: the device's clock was wrong, `received` stands for its time."""
FLAG_DISTRUSTED = 128
"""`flags` bit, set by the core alone: the gate did not accept the position as it was reported."""

_T, _X, _N, _I, _B = FieldType.TEXT, FieldType.TIME, FieldType.FLOAT, FieldType.INT, FieldType.BOOL


class Report:
    """A position report of a seal. Batches travel packed, as `REPORT_DTYPE` rows (see `sealtrack.columns`)."""

    seal_id: Annotated[str, F("the seal", _T, column="seal", dtype="i4", missing=-1)]
    time: Annotated[Time, F("device fix time, UTC", _X, column="time_ms", dtype="i8")]
    lat: Annotated[float | None, F("latitude, WGS84; null = no fix", _N, "°", low=-90, high=90, column="lat", dtype="f8", missing=np.nan)]
    lon: Annotated[float | None, F("longitude, WGS84; null = no fix", _N, "°", low=-180, high=180, column="lon", dtype="f8", missing=np.nan)]
    speed: Annotated[float | None, F("ground speed", _N, "km/h", column="speed_kmh", dtype="f4", missing=np.nan)]
    heading: Annotated[float | None, F("clockwise from north", _N, "°", column="heading_deg", dtype="f4", missing=np.nan)]
    accuracy: Annotated[float | None, F("the fix's own uncertainty", _N, "m", low=0, column="accuracy_m", dtype="f4", missing=np.nan)]
    valid: Annotated[bool | None, F("false = last known or cell-tower position", _B)]
    lock: Annotated[str | None, F("state of shackle or rope", FieldType.CHOICE, choices=("locked", "unlocked", "cut"), column="lock", dtype="i1")]
    events: Annotated[list[str] | None, F("device events", FieldType.LIST, column="events", dtype="u4")]
    card: Annotated[str | None, F("RFID card or account that operated the lock", _T, column="card", dtype="i4", missing=-1)]
    battery: Annotated[float | None, F("battery charge", _N, "%", low=0, high=100, column="battery_pct", dtype="f4", missing=np.nan)]
    satellites: Annotated[int | None, F("satellites in use", _I, low=0, high=127, column="satellites", dtype="i1", missing=-1)]
    seq: Annotated[int | None, F("device serial number of the report", _I, low=0, high=2**53, column="seq", dtype="i8", missing=-1)]
    received: Annotated[Time | None, F("when the gateway got it; in Kafka the record's timestamp, in a file this column, else `time`", _X, column="received_ms", dtype="i8")]
    buffered: Annotated[bool | None, F("stored by the device and uploaded late", _B)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A declared transport under seal."""

    shipment_id: Annotated[str, F("the shipment", _T)]
    seal_id: Annotated[str, F("the seal fitted to it", _T)]
    route_id: Annotated[str, F("approved route; alternatives joined by `|`", _T)]
    depart_at: Annotated[Time, F("sealed and released from", _X)]
    arrive_by: Annotated[Time | None, F("deadline of arrival", _X)] = None
    origin_zone: Annotated[str | None, F("zone where the seal is fitted and may be open", _T)] = None
    destination_zone: Annotated[str | None, F("zone where the seal may be opened", _T)] = None
    closed_at: Annotated[Time | None, F("released at destination", _X)] = None
    declaration_no: Annotated[str | None, F("customs declaration", _T)] = None
    carrier: Annotated[str | None, F("carrier", _T)] = None
    vehicle: Annotated[str | None, F("plate of the tractor", _T)] = None
    cargo: Annotated[str | None, F("kind of goods", _T)] = None
    open_cards: Annotated[tuple[str, ...], F("cards that may open the seal", FieldType.LIST)] = ()
    unit: Annotated[str | None, F("customs unit in charge", _T)] = None
    policy: Annotated[str | None, F("named threshold set", _T)] = None
    amended_at: Annotated[Time | None, F("from when this record holds; records with another time, or none, stand beside it", _X)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Somebody or something else saw a shipment, or what passes for it."""

    sighting_id: Annotated[str, F("the sighting", _T)]
    time: Annotated[Time, F("when it was seen", _X)]
    source: Annotated[str, F("who or what saw it", FieldType.CHOICE, choices=("camera", "scanner", "anpr", "tracker", "officer"))]
    device_id: Annotated[str | None, F("the camera, scanner, tracker or officer", _T)] = None
    shipment_id: Annotated[str | None, F("the shipment that was to be seen", _T)] = None
    vehicle: Annotated[str | None, F("plate of the tractor that was to be seen", _T)] = None
    lat: Annotated[float | None, F("latitude, WGS84", _N, "°", low=-90, high=90)] = None
    lon: Annotated[float | None, F("longitude, WGS84", _N, "°", low=-180, high=180)] = None
    zone_id: Annotated[str | None, F("zone where it was seen, if no coordinates are given", _T)] = None
    plate: Annotated[str | None, F("plate as read", _T)] = None
    seal_id: Annotated[str | None, F("seal number as read", _T)] = None
    note: Annotated[str | None, F("for people", _T)] = None
    received: Annotated[Time | None, F("when it was reported; in Kafka the record's timestamp, in a file this column, else `time`", _X)] = None


class Geofence:
    """Properties of one geofence feature. Its geometry is a LineString (corridor) or a Polygon (zone)."""

    id: Annotated[str, F("unique; a corridor's id is its route id", _T)]
    name: Annotated[str | None, F("for people", _T)]
    kind: Annotated[str, F("what the feature is", FieldType.CHOICE, choices=("corridor", "zone"))]
    half_width_m: Annotated[float | None, F("corridor: permitted distance from the line", _N, "m", low=20, high=20_000)]
    permits: Annotated[list[str] | None, F("zone: any of `stop`, `open`", FieldType.LIST, choices=("stop", "open"))]
    forbids: Annotated[list[str] | None, F("zone: `enter`", FieldType.LIST, choices=("enter",))]
    role: Annotated[str | None, F("zone: port, border_gate, customs_yard, rest_area, staging_yard, checkpoint, dead_zone, …", _T)]
    schedule: Annotated[str | None, F("when the zone's rules hold, e.g. `Mon-Fri 06:00-22:00 Asia/Ho_Chi_Minh`", _T)]
    valid_from: Annotated[Time | None, F("first moment the feature counts", _X)]
    valid_to: Annotated[Time | None, F("moment from which it no longer counts", _X)]
    speed_limit: Annotated[float | None, F("limit inside", _N, "km/h", low=5, high=150)]


class Kind(StrEnum):
    """Alert kinds."""

    route_deviation = "route_deviation"
    unauthorised_stop = "unauthorised_stop"
    seal_open = "seal_open"
    seal_tamper = "seal_tamper"
    signal_loss = "signal_loss"
    position_anomaly = "position_anomaly"
    forbidden_zone = "forbidden_zone"
    route_reversal = "route_reversal"
    speeding = "speeding"
    jamming = "jamming"
    low_battery = "low_battery"
    overdue = "overdue"
    silent_shipment = "silent_shipment"
    skipped_checkpoint = "skipped_checkpoint"
    separation = "separation"
    rendezvous = "rendezvous"


class Status(StrEnum):
    open = "open"
    closed = "closed"
    retracted = "retracted"


class Severity(StrEnum):
    info = "info"
    warning = "warning"
    critical = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One version of one alert."""

    alert_id: Annotated[str, F("deterministic: the same feed gives the same id", _T)]
    version: Annotated[int, F("1, 2, …", _I)]
    kind: Annotated[str, F("alert kind", FieldType.CHOICE, choices=tuple(Kind))]
    status: Annotated[str, F("state", FieldType.CHOICE, choices=tuple(Status))]
    severity: Annotated[str, F("weight", FieldType.CHOICE, choices=tuple(Severity))]
    shipment_id: Annotated[str, F("the shipment", _T)]
    seal_id: Annotated[str, F("the seal", _T)]
    start: Annotated[Time, F("when it began, back-dated to the first evidence", _X)]
    end: Annotated[Time | None, F("when it ended; null while open", _X)]
    lat: Annotated[float | None, F("where it began; null when no fix is known", _N, "°")]
    lon: Annotated[float | None, F("where it began; null when no fix is known", _N, "°")]
    evidence: Annotated[dict[str, Any], F("facts, each number with its unit in the name", FieldType.OBJECT)]
    detected_at: Annotated[Time, F("when the evidence sufficed: `received` of the confirming report, or the limit that passed", _X)]


class FlagRecord:
    """What stands against a shipment now, and why it must be looked at."""

    shipment_id: Annotated[str, F("the shipment", _T)]
    flagged: Annotated[bool, F("an alert of weight warning or more stands", _B)]
    seal_id: Annotated[str | None, F("the seal; where flagged, as all up to `updated_at`", _T)]
    severity: Annotated[str | None, F("of the gravest alert", FieldType.CHOICE, choices=tuple(Severity))]
    score: Annotated[int | None, F("of the incident: the points of the reasons added up", _I, low=0, high=100)]
    reasons: Annotated[list[Any] | None, F("array of reasons, see below", FieldType.OBJECT)]
    incident: Annotated[dict[str, Any] | None, F("the incident with the highest score, see below", FieldType.OBJECT)]
    incidents: Annotated[int | None, F("incidents of this shipment", _I)]
    alerts: Annotated[int | None, F("alerts of weight warning or more", _I)]
    updated_at: Annotated[Time | None, F("when the newest of them was detected", _X)]
    late_reports: Annotated[int, F("reports that came beyond the horizon, copies counted once (as far as the first 256 tell)", _I)]
    readjudicate: Annotated[bool, F("there are such reports: replay the whole trip with a longer `horizon_s`", _B)]
    horizon_needed_s: Annotated[int | None, F("a `horizon_s` that is long enough for them", _I, "s")]


class ReasonRecord:
    """Why a score is what it is: points of either sign, and words."""

    points: Annotated[int, F("what it adds; negative where the score ends at its highest value", _I)]
    text: Annotated[str, F("in words", _T)]
    kind: Annotated[str | None, F("alert kind, where it is about one", FieldType.CHOICE, choices=tuple(Kind))]
    alert_id: Annotated[str | None, F("the alert of that kind that counts: the gravest, the first of those", _T)]


class IncidentRecord:
    """Alerts of a shipment that touch in time or cause."""

    incident_id: Annotated[str, F("id of its first alert. Late evidence may put another alert first: look for an id that you kept in `alert_ids`", _T)]
    start: Annotated[Time, F("of the first alert", _X)]
    end: Annotated[Time | None, F("of the last one; null while one is open", _X)]
    open: Annotated[bool, F("an alert of it is open", _B)]
    severity: Annotated[str, F("of its gravest alert", FieldType.CHOICE, choices=tuple(Severity))]
    alert_ids: Annotated[list[str], F("its alerts of weight warning or more, by start", FieldType.LIST)]


@cache
def fields(record: type) -> tuple[Field, ...]:
    """The declared fields of a record, e.g. `Report` or `Alert`, in order."""
    return tuple(_fields(record))


def _fields(record: type) -> Iterator[Field]:
    for name, hint in get_type_hints(record, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        inner, f = get_args(hint)
        optional = NoneType in get_args(inner) or get_origin(inner) is tuple
        yield Field(name, not optional, f)


def field(record: type, name: str) -> Field:
    """The field called `name`; KeyError if it is not declared."""
    return {f.name: f for f in fields(record)}[name]


def _report_dtype() -> np.dtype[np.void]:
    packed = [(item.f.column, item.f.dtype) for item in fields(Report) if item.f.column]
    packed += [("flags", "u1"), ("partition", "i4"), ("offset", "i8")]
    return np.dtype(sorted(packed, key=lambda column: -np.dtype(column[1]).itemsize), align=True)


REPORT_DTYPE = _report_dtype()
"""A packed report: the columns of `Report`, `flags` (bits FLAG_*), and where it was read (`partition`, `offset`)."""
