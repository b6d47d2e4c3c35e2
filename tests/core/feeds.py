"""Feeds of seals as they come: trips with detours and stops, and all that goes wrong between truck and gateway."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sealtrack.columns import Reports, blank_rows
from sealtrack.policy import Policy
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Shipment
from tests.core.world import point_on

START = 1_772_217_000_000
"""2026-02-27T18:30:00Z, a Friday: the weekend comes on the way."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
DEGREE_M = 111_000.0
ROAD_M = 67_600.0
MOST_REPORTS = 260
TAMPERING = ["rope_cut", "wrong_password", "illegal_card", "back_cover_open", "motor_fault", "vibration"]

Raw = dict[str, Any]
"""A report in the twin's form: columns of REPORT_DTYPE, text as text; what is absent is missing."""


@dataclass(frozen=True)
class Leg:
    """A part of a trip, told at one reporting interval."""

    what: str
    """drive, race, back, jam, stop, detour, bypass, leap (a tow along the road unseen)."""
    minutes: int
    interval_s: int
    size: float
    """0 to 1: how fast, how far aside."""


@dataclass(frozen=True)
class Troubles:
    """How often something is wrong with a report, as shares of the reports."""

    spike: float = 0.0
    wild: float = 0.0
    zero: float = 0.0
    fixless: float = 0.0
    opening: float = 0.0
    tamper: float = 0.0
    copy: float = 0.0
    clock: float = 0.0
    vague: float = 0.0
    shed: float = 0.0
    """Share of reports that begin a time without fixes."""
    silent: float = 0.0
    """Share of reports that begin a silence."""
    blind: float = 0.0
    """Share of reports that begin a long time without fixes."""
    jammed: float = 0.0
    rush: float = 0.0
    """Share of reports with a speed of their own."""
    charge_pct: float = math.nan
    """Of the battery when the trip begins; NaN = the seal says nothing of it."""
    kept: float = 1.0
    """Share of silences whose reports are stored and sent afterwards."""
    late: float = 0.0
    """Share of silences that are sent after the horizon."""


@dataclass(frozen=True, repr=False)
class Case:
    """A feed in the order of `received`, the shipments of its seal, and how long the clock runs on after it."""

    reports: list[Raw]
    shipments: list[Shipment]
    clock_ms: int
    policy: Policy = field(default_factory=Policy)

    def __repr__(self) -> str:
        return f"<{len(self.reports)} reports, clock {self.clock_ms}, {self.shipments}>"


RATE = st.sampled_from([0.0, 0.0, 0.01, 0.03, 0.1])
LEGS = st.builds(
    Leg,
    what=st.sampled_from(
        ["drive", "drive", "drive", "race", "back", "jam", "stop", "stop", "detour", "bypass", "leap"]
    ),
    minutes=st.sampled_from([5, 10, 14, 18, 25, 40, 90, 120]),
    interval_s=st.sampled_from([5, 30, 30, 60, 120, 300, 600]),
    size=st.floats(0, 1),
)
TROUBLES = st.builds(
    Troubles,
    **dict.fromkeys(["spike", "wild", "zero", "fixless", "opening", "tamper", "copy", "clock", "vague", "rush"], RATE),
    blind=st.sampled_from([0.0, 0.0, 0.005, 0.02]),
    jammed=st.sampled_from([0.0, 0.0, 0.02]),
    charge_pct=st.sampled_from([math.nan, 100.0, 24.0, 17.0]),
    shed=st.sampled_from([0.0, 0.0, 0.01, 0.05]),
    silent=st.sampled_from([0.0, 0.0, 0.01, 0.03]),
    kept=st.sampled_from([0.0, 0.5, 1.0]),
    late=st.sampled_from([0.0, 0.0, 0.3]),
)


POLICIES = st.builds(
    Policy,
    forbidden_fixes=st.sampled_from([2.0, 2.0, 1.0, 4.0]),
    speeding_fixes=st.sampled_from([3.0, 3.0, 2.0, 6.0]),
    reversal_m=st.sampled_from([5_000.0, 5_000.0, 1_000.0]),
    jamming_s=st.sampled_from([600.0, 600.0, 120.0]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dice = random.Random(draw(st.integers(0, 2**32)))
    legs = draw(st.lists(LEGS, min_size=1, max_size=6))
    start_m = draw(st.sampled_from([0.0, 0.0, 9_000.0, 18_000.0, 31_000.0, 41_000.0, 55_000.0, 64_000.0]))
    truth = drive(legs, start_m, dice, draw(st.sampled_from([1, 1, 1, -1])))
    sent = send(truth, draw(TROUBLES), dice)
    last_ms = max(raw["received_ms"] for raw in sent)
    shipments = draw(declared(START, max(raw["time_ms"] for raw in truth)))
    waits = [0, MINUTE, 12 * MINUTE, 2 * HOUR, 9 * HOUR, 31 * DAY]
    return Case(sent, shipments, last_ms + draw(st.sampled_from(waits)), draw(POLICIES))


@st.composite
def declared(draw: st.DrawFn, first_ms: int, last_ms: int) -> list[Shipment]:
    named = draw(st.booleans())
    half_ms = (first_ms + last_ms) // 2
    origin, destination = draw(
        st.sampled_from([("port", "gate"), ("port", "gate"), ("gate", "port"), ("port", "nowhere")])
    )
    due = [None, half_ms, max(first_ms, last_ms - 20 * MINUTE), last_ms, last_ms + 30 * MINUTE]
    one = Shipment(
        shipment_id="S1",
        seal_id="seal",
        route_id=draw(st.sampled_from(["road", "road", "road|bypass", "road|loop", "loop", "unknown"])),
        depart_at=first_ms - draw(st.sampled_from([0, HOUR])),
        arrive_by=draw(st.sampled_from(due)),
        origin_zone=origin if named else None,
        destination_zone=destination if named else None,
        closed_at=draw(st.sampled_from([None, None, half_ms + 7 * MINUTE, last_ms + HOUR])),
        open_cards=draw(st.sampled_from([(), ("officer",)])),
    )
    if not draw(st.booleans()):
        return [one]
    depart_ms = draw(st.sampled_from([half_ms, one.depart_at, last_ms + 10 * MINUTE]))
    two = Shipment(
        shipment_id="S2",
        seal_id="seal",
        route_id="road",
        depart_at=depart_ms,
        arrive_by=draw(st.sampled_from([None, depart_ms + 15 * MINUTE, depart_ms + 70 * MINUTE])),
        destination_zone="gate",
    )
    return [one, two]


def drive(legs: list[Leg], start_m: float, dice: random.Random, way: int = 1) -> list[Raw]:
    """The truth, told by a good receiver; `way` -1: from the road's end to its start."""
    told: list[Raw] = []
    t, along_m = float(START), start_m if way > 0 else ROAD_M - start_m
    drift = [0.0, 0.0]
    for leg in legs:
        speeds = {"drive": 20 + 70 * leg.size, "race": 90 + 50 * leg.size, "jam": 3 + 3 * leg.size, "stop": 0.0}
        speed_kmh = speeds.get(leg.what, 40.0)
        ahead = -way if leg.what == "back" else way
        line, base_m = ("bypass", along_m) if leg.what == "bypass" else ("road", 0.0)
        along_m += 20_000 * leg.size if leg.what == "leap" else 0.0
        begin, end = t, t + leg.minutes * MINUTE
        while t < end and len(told) < MOST_REPORTS:
            aside_m = 0.0
            if leg.what == "detour":
                aside_m = 9_000 * leg.size * math.sin(math.pi * (t - begin) / (end - begin))
            drift = [0.8 * value + dice.gauss(0, 4) for value in drift]
            lon, lat = point_on(line, along_m - base_m)
            told.append(
                {
                    "seal": "seal",
                    "time_ms": int(t),
                    "lat": round(lat + (aside_m + drift[0]) / DEGREE_M, 6),
                    "lon": round(lon + drift[1] / DEGREE_M, 6),
                    "speed_kmh": float(round(speed_kmh)),
                    "lock": "locked",
                }
            )
            step_s = leg.interval_s * dice.choice([1, 1, 1, 1, 0.7, 1.3])
            t += step_s * SECOND
            along_m = min(max(along_m + ahead * speed_kmh / 3.6 * step_s, 0.0), ROAD_M)
    return told


def send(truth: list[Raw], troubles: Troubles, dice: random.Random) -> list[Raw]:
    """What the gateway gets, in the order of `received`; `offset` says the order."""
    got: list[Raw] = []
    silent_until = held_until = 0
    opened = hidden = jammed = 0
    charge_pct, drain_pct = troubles.charge_pct, dice.choice([0.1, 0.4, 1.0])
    for number, true in enumerate(truth):
        raw = true | ({"seq": number} if troubles.copy else {})
        t = raw["time_ms"]
        if t >= silent_until and dice.random() < troubles.silent:
            silent_until = t + dice.randint(5, 90) * MINUTE
            late = 7 * HOUR if dice.random() < troubles.late else 0
            held_until = silent_until + late if dice.random() < troubles.kept else 0
        if t < silent_until and not held_until:
            continue
        raw["received_ms"] = max(t, held_until if t < silent_until else 0) + dice.randint(500, 20_000)
        if t < silent_until:
            raw["buffered"] = True
        opened = _operate(raw, opened, troubles, dice)
        _spoil(raw, troubles, dice)
        hidden = max(hidden, dice.randint(5, 80)) if dice.random() < troubles.blind else hidden
        hidden = dice.randint(3, 40) if dice.random() < troubles.shed else max(0, hidden - 1)
        if hidden:
            _lose_fix(raw, dice)
        jammed = dice.randint(1, 4) if dice.random() < troubles.jammed else max(0, jammed - 1)
        if jammed:
            raw["events"] = raw.get("events", set()) | {"jamming"}
        charge_pct += -drain_pct if dice.random() < 0.97 else dice.uniform(0, 12)
        charge_pct = min(max(charge_pct, 2.0), 100.0)
        _say_charge(raw, charge_pct, dice)
        got.append(raw)
        if dice.random() < troubles.copy:
            got.append(raw | {"received_ms": raw["received_ms"] + dice.choice([0, 3, 700, 3_600]) * SECOND})
    if not got:
        got = [truth[0] | {"received_ms": truth[0]["time_ms"]}]
    got.sort(key=lambda raw: raw["received_ms"])
    return [raw | {"partition": 0, "offset": offset} for offset, raw in enumerate(got)]


def _operate(raw: Raw, opened: int, troubles: Troubles, dice: random.Random) -> int:
    """What is done to the lock; returns for how many reports it stays open."""
    if dice.random() < troubles.opening:
        opened = dice.choice([1, 1, 4, 12])
        raw["events"] = {dice.choice(["unlock", "remote_unlock"])}
        if dice.random() < 0.5:
            raw["card"] = dice.choice(["officer", "stranger"])
    if opened:
        raw["lock"] = dice.choice(["unlocked", "unlocked", "unlocked", None])
    elif dice.random() < 0.2:
        raw["lock"] = None
    if dice.random() < troubles.tamper:
        raw["events"] = raw.get("events", set()) | {dice.choice(TAMPERING)}
        if dice.random() < 0.2:
            raw["lock"] = "cut"
    return max(0, opened - 1)


def _say_charge(raw: Raw, charge_pct: float, dice: random.Random) -> None:
    """What the device says of its battery."""
    if math.isnan(charge_pct):
        return
    if dice.random() < 0.8:
        raw["battery_pct"] = round(2 * charge_pct) / 2
    if dice.random() < 0.02:
        raw["events"] = raw.get("events", set()) | {dice.choice(["low_battery", "charging"])}


def _spoil(raw: Raw, troubles: Troubles, dice: random.Random) -> None:
    """What the receiver and the device's clock get wrong."""
    lat, lon = raw["lat"], raw["lon"]
    if dice.random() < troubles.spike:
        raw["lat"] = lat + dice.choice([-1, 1]) * dice.uniform(200, 900) / DEGREE_M
    if dice.random() < troubles.wild:
        raw["lat"], raw["lon"] = lat + dice.uniform(-1, 1), lon + dice.uniform(-1, 1)
    if dice.random() < troubles.zero:
        _drop_zero(raw)
    if dice.random() < troubles.fixless:
        _lose_fix(raw, dice)
    if dice.random() < troubles.vague:
        raw["accuracy_m"] = float(dice.choice([8, 40, 150, 600]))
    if dice.random() < troubles.rush:
        raw["speed_kmh"] = dice.choice([47.5, 48.0, 50.0, 51.0, 104.5, 105.0, 110.0, 110.5, 150.0, None])
    if dice.random() < 0.02:
        raw["events"] = raw.get("events", set()) | {"lock"}
    if dice.random() < troubles.clock:
        raw["time_ms"] = dice.choice([0, raw["received_ms"] + 2 * HOUR, raw["received_ms"] + 100 * SECOND])


def _drop_zero(raw: Raw) -> None:
    for name in ("lat", "lon"):
        whole, decimals = f"{raw[name]:.6f}".split(".")
        if decimals[0] == "0":
            raw[name] = float(f"{whole}.{decimals[1:]}")


def _lose_fix(raw: Raw, dice: random.Random) -> None:
    how = dice.randrange(4)
    if how == 0:
        raw["valid"] = False
    elif how == 1:
        raw["lat"] = raw["lon"] = 0.0
    else:
        raw["lat"] = raw["lon"] = None


def pack(raws: list[Raw]) -> Reports:
    """The same reports as the engine takes them."""
    rows = blank_rows(len(raws))
    seals = sorted({raw["seal"] for raw in raws})
    cards = sorted({raw["card"] for raw in raws if raw.get("card")})
    for row, raw in zip(rows, raws, strict=True):
        for name in rows.dtype.names or ():
            if name in raw and name not in ("seal", "card", "lock", "events") and raw[name] is not None:
                row[name] = raw[name]
        row["seal"] = seals.index(raw["seal"])
        row["card"] = cards.index(raw["card"]) if raw.get("card") else -1
        row["lock"] = Lock[raw.get("lock") or "unknown"]
        row["events"] = np.sum([EVENT_BIT[event] for event in raw.get("events", ())], dtype=np.uint32)
        row["flags"] = FLAG_INVALID * (raw.get("valid") is False) + FLAG_BUFFERED * bool(raw.get("buffered"))
    return Reports(rows, seals, cards)
