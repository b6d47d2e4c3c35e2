"""Feeds as they come: the reports of several seals, what was agreed on their shipments, and who saw them."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import strategies as st

from sealtrack.columns import Reports, blank_rows
from sealtrack.policy import Policies, Policy
from sealtrack.schema import EVENT_BIT, FLAG_BUFFERED, FLAG_INVALID, Lock, Shipment, Sighting
from tests.core.agreed import agreed
from tests.core.others import company, outage
from tests.core.seen import sightings
from tests.core.trips import DAY, DEGREE_M, HOUR, MINUTE, SECOND, START, Leg, Raw, Troubles, drive, send

__all__ = ["DAY", "DEGREE_M", "HOUR", "MINUTE", "SECOND", "START", "Case", "Raw", "cases", "pack"]


@dataclass(frozen=True, repr=False)
class Case:
    """A feed in the order of `received`, the shipments of its seals, and how long the clock runs on after it."""

    reports: list[Raw]
    shipments: list[Shipment]
    """Records in the order in which they are told."""
    clock_ms: int
    policy: Policy = field(default_factory=Policy)
    sightings: list[Sighting] = field(default_factory=list)

    @property
    def policies(self) -> Policies:
        """The default one, and a strict set that shipments may ask for."""
        strict = replace(self.policy, deviation_fixes=2.0, speeding_fixes=1.0, stop_warning_s=600.0, frozen_kmh=40.0)
        return Policies(self.policy, {"strict": strict})

    def __repr__(self) -> str:
        seen = [replace(one, note=None) for one in self.sightings]
        return f"<{len(self.reports)} reports, clock {self.clock_ms}, {self.shipments}, {seen}>"


RATE = st.sampled_from([0.0, 0.0, 0.01, 0.03, 0.1])
LEGS = st.builds(
    Leg,
    what=st.sampled_from(
        [
            "drive",
            "drive",
            "drive",
            "race",
            "back",
            "jam",
            "stop",
            "stop",
            "detour",
            "bypass",
            "leap",
            "halts",
            "halts",
            "smooth",
            "frozen",
        ]
    ),
    minutes=st.sampled_from([5, 6, 10, 14, 18, 25, 40, 90, 120]),
    interval_s=st.sampled_from([5, 30, 30, 60, 120, 300, 600]),
    size=st.floats(0, 1),
)
TRIPS = st.lists(LEGS, min_size=1, max_size=6)
PROBING = st.lists(
    st.builds(Leg, st.sampled_from(["halts"]), st.sampled_from([40, 90]), st.sampled_from([30, 60]), st.floats(0, 1)),
    min_size=1,
    max_size=2,
)
"""Halts again and again, told often enough for each to be seen."""
TROUBLES = st.builds(
    Troubles,
    **dict.fromkeys(["spike", "wild", "zero", "fixless", "opening", "tamper", "copy", "clock", "vague", "rush"], RATE),
    blind=st.sampled_from([0.0, 0.0, 0.005, 0.02]),
    jammed=st.sampled_from([0.0, 0.0, 0.02]),
    charge_pct=st.sampled_from([math.nan, 100.0, 24.0, 17.0]),
    speedless=st.sampled_from(["none", "none", "all", "some", "zero"]),
    shed=st.sampled_from([0.0, 0.0, 0.01, 0.05]),
    silent=st.sampled_from([0.0, 0.0, 0.01, 0.03]),
    kept=st.sampled_from([0.0, 0.5, 1.0]),
    late=st.sampled_from([0.0, 0.0, 0.3]),
)


POLICIES = st.builds(
    Policy,
    forbidden_fixes=st.sampled_from([2.0, 2.0, 1.0, 4.0]),
    speeding_fixes=st.sampled_from([3.0, 3.0, 2.0, 6.0]),
    max_road_kmh=st.sampled_from([110.0, 110.0, 45.0]),
    reversal_m=st.sampled_from([5_000.0, 5_000.0, 1_000.0]),
    jamming_s=st.sampled_from([600.0, 600.0, 120.0]),
    smooth_fixes=st.sampled_from([30.0, 8.0]),
    short_stop_s=st.sampled_from([300.0, 300.0, 120.0]),
    accumulate_stops=st.sampled_from([3.0, 2.0]),
    rendezvous_crowd=st.sampled_from([4.0, 2.0]),
    overdue_margin_s=st.sampled_from([900.0, 0.0]),
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dice = random.Random(draw(st.integers(0, 2**32)))
    legs = draw(st.one_of(TRIPS, TRIPS, TRIPS, PROBING))
    start_m = draw(st.sampled_from([0.0, 0.0, 9_000.0, 18_000.0, 31_000.0, 41_000.0, 55_000.0, 64_000.0]))
    truth = drive(legs, start_m, dice, draw(st.sampled_from([1, 1, 1, -1])))
    last_ms = max(raw["time_ms"] for raw in truth)
    lost_ms = draw(st.integers(START, last_ms))
    lost = (lost_ms, lost_ms + draw(st.sampled_from([0, 25 * MINUTE, 80 * MINUTE])))
    others = company(truth, draw(st.sampled_from([0, 0, 0, 1, 1, 2, 5])), lost, dice)
    shipments = draw(agreed(START, last_ms)) + others.shipments
    seen = sightings(truth, draw(st.sampled_from([0, 0, 3, 8, 20])), dice)
    sent = [*send(outage(truth, lost), draw(TROUBLES), dice), *others.reports]
    sent.sort(key=lambda raw: raw["received_ms"])
    last_ms = max([sent[-1]["received_ms"], *(one.received or one.time for one in seen)])
    waits = [0, 0, MINUTE, 12 * MINUTE, 2 * HOUR, 9 * HOUR, 31 * DAY]
    clock_ms = last_ms + draw(st.sampled_from(waits))
    reports = [raw | {"offset": offset} for offset, raw in enumerate(sent)]
    return Case(reports, shipments, clock_ms, draw(POLICIES), seen)


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
