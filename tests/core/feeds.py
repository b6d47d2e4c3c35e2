"""Feeds of seals as they come: trips with detours and stops, and all that goes wrong between truck and gateway."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sealtrack.columns import Reports, blank_rows
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Shipment
from tests.core.world import point_on

START = 1_772_217_000_000
"""2026-02-27T18:30:00Z, a Friday: the weekend comes on the way."""
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
DEGREE_M = 111_000.0
MOST_REPORTS = 260
TAMPERING = ["rope_cut", "wrong_password", "illegal_card", "back_cover_open", "motor_fault", "vibration"]

Raw = dict[str, Any]
"""A report in the twin's form: columns of REPORT_DTYPE, text as text; what is absent is missing."""


@dataclass(frozen=True)
class Leg:
    """A part of a trip, told at one reporting interval."""

    what: str
    """drive, jam, stop, detour, bypass, leap (a tow along the road unseen)."""
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

    def __repr__(self) -> str:
        return f"<{len(self.reports)} reports, clock {self.clock_ms}, {self.shipments}>"


RATE = st.sampled_from([0.0, 0.0, 0.01, 0.03, 0.1])
LEGS = st.builds(
    Leg,
    what=st.sampled_from(["drive", "drive", "jam", "stop", "stop", "detour", "bypass", "leap"]),
    minutes=st.sampled_from([5, 10, 14, 18, 25, 40, 90, 120]),
    interval_s=st.sampled_from([5, 30, 30, 60, 120, 300, 600]),
    size=st.floats(0, 1),
)
TROUBLES = st.builds(
    Troubles,
    **dict.fromkeys(["spike", "wild", "zero", "fixless", "opening", "tamper", "copy", "clock", "vague"], RATE),
    shed=st.sampled_from([0.0, 0.0, 0.01, 0.05]),
    silent=st.sampled_from([0.0, 0.0, 0.01, 0.03]),
    kept=st.sampled_from([0.0, 0.5, 1.0]),
    late=st.sampled_from([0.0, 0.0, 0.3]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dice = random.Random(draw(st.integers(0, 2**32)))
    legs = draw(st.lists(LEGS, min_size=1, max_size=6))
    start_m = draw(st.sampled_from([0.0, 0.0, 9_000.0, 18_000.0, 55_000.0, 64_000.0]))
    truth = drive(legs, start_m, dice)
    sent = send(truth, draw(TROUBLES), dice)
    last_ms = max(raw["received_ms"] for raw in sent)
    shipments = draw(declared(START, max(raw["time_ms"] for raw in truth)))
    waits = [0, MINUTE, 12 * MINUTE, 2 * HOUR, 31 * DAY]
    return Case(sent, shipments, last_ms + draw(st.sampled_from(waits)))


@st.composite
def declared(draw: st.DrawFn, first_ms: int, last_ms: int) -> list[Shipment]:
    named = draw(st.booleans())
    half_ms = (first_ms + last_ms) // 2
    one = Shipment(
        shipment_id="S1",
        seal_id="seal",
        route_id=draw(st.sampled_from(["road", "road", "road|bypass", "unknown"])),
        depart_at=first_ms - draw(st.sampled_from([0, HOUR])),
        origin_zone="port" if named else None,
        destination_zone=draw(st.sampled_from(["gate", "gate", "nowhere"])) if named else None,
        closed_at=draw(st.sampled_from([None, None, half_ms + 7 * MINUTE, last_ms + HOUR])),
        open_cards=draw(st.sampled_from([(), ("officer",)])),
    )
    if not draw(st.booleans()):
        return [one]
    two = Shipment(
        shipment_id="S2",
        seal_id="seal",
        route_id="road",
        depart_at=draw(st.sampled_from([half_ms, one.depart_at])),
        destination_zone="gate",
    )
    return [one, two]


def drive(legs: list[Leg], start_m: float, dice: random.Random) -> list[Raw]:
    """The truth, told by a good receiver."""
    told: list[Raw] = []
    t, along_m = float(START), start_m
    drift = [0.0, 0.0]
    for leg in legs:
        speed_kmh = {"drive": 20 + 70 * leg.size, "jam": 3 + 3 * leg.size, "stop": 0.0}.get(leg.what, 40.0)
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
            along_m += speed_kmh / 3.6 * step_s
    return told


def send(truth: list[Raw], troubles: Troubles, dice: random.Random) -> list[Raw]:
    """What the gateway gets, in the order of `received`; `offset` says the order."""
    got: list[Raw] = []
    silent_until = held_until = 0
    opened = hidden = 0
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
        hidden = dice.randint(3, 40) if dice.random() < troubles.shed else max(0, hidden - 1)
        if hidden:
            _lose_fix(raw, dice)
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
