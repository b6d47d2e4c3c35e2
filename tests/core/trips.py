"""Trips as they were driven, and what all that goes wrong between truck and gateway makes of them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

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
    """drive, race, back, jam, stop, detour, bypass, leap (a tow along the road unseen), halts (again and again, for
    some minutes), smooth (without a receiver's noise), frozen (told from one and the same place)."""
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
    speedless: str = "none"
    """Which reports tell no speed: none, some or all; zero: all say 0."""
    charge_pct: float = math.nan
    """Of the battery when the trip begins; NaN = the seal says nothing of it."""
    kept: float = 1.0
    """Share of silences whose reports are stored and sent afterwards."""
    late: float = 0.0
    """Share of silences that are sent after the horizon."""


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
        stuck_m = along_m
        while t < end and len(told) < MOST_REPORTS:
            aside_m = 0.0
            if leg.what == "detour":
                aside_m = 9_000 * leg.size * math.sin(math.pi * (t - begin) / (end - begin))
            if leg.what != "frozen":
                drift = [0.0 if leg.what == "smooth" else 0.8 * value + dice.gauss(0, 4) for value in drift]
            lon, lat = point_on(line, (stuck_m if leg.what == "frozen" else along_m) - base_m)
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
            step_s = leg.interval_s * (1.0 if leg.what == "smooth" else dice.choice([1, 1, 1, 1, 0.7, 1.3]))
            if leg.what == "halts":
                speed_kmh = 0.0 if (t - begin) % (11 * MINUTE) < (4 + 5 * leg.size) * MINUTE else 40.0
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
    if troubles.speedless != "none" and (troubles.speedless != "some" or dice.random() < 0.7):
        raw["speed_kmh"] = 0.0 if troubles.speedless == "zero" else None
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
