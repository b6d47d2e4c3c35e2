"""More episodes: what trucks, drivers and devices do besides leaving, standing and opening.

They belong to no default mix, so that feeds made before them stay what they were; name them to have them.
"""

from __future__ import annotations

import numpy as np

from replay.maker import legs
from replay.maker.episodes import MINUTE_MS, MUST, MUST_NOT, Episode, Tell, arrival
from replay.maker.legs import Leg
from replay.maker.road import Road
from replay.maker.story import SPEEDING_KMH, Blind, Drain, Edits, Passage, Wild
from sealtrack.schema import Kind

Rng = np.random.Generator
LOW_PCT = 15.0
"""A battery below this will not last the trip."""


def _lay_reversal(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return legs.back_and_forth(road, start, end, float(rng.uniform(5, 40)))


def _lay_racing(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return legs.straightened(road, start, end, float(rng.uniform(SPEEDING_KMH + 12, SPEEDING_KMH + 30)) / 3.6)


def _forbidden(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.forbidden_zone, p.inside, MUST, "turns into a zone nobody may enter"))


def _reversal(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.route_reversal, (p.halt[0], p.leave_ms), MUST, "turns and drives back"))


def _racing(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.speeding, p.fast, MUST, "drives far faster than a truck may"))


def _jammed(p: Passage, rng: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.blind.append(Blind(span, stale=bool(rng.random() < 0.5)))
    e.labels.append(p.label(Kind.jamming, span, MUST, "no fix on open road, reports go on"))


def _flat_battery(p: Passage, rng: Rng, e: Edits) -> None:
    an_hour = float(rng.uniform(4, 12))
    e.drains.append(Drain(p.enter_ms, LOW_PCT + 1, an_hour, 1.0))
    low_ms = p.enter_ms + round(3.6e6 / an_hour)
    e.labels.append(p.label(Kind.low_battery, (low_ms, low_ms + 1_440 * MINUTE_MS), MUST, "battery runs flat"))


def _weak_battery(p: Passage, rng: Rng, e: Edits) -> None:
    e.drains.append(Drain(p.enter_ms, 30.0, float(rng.uniform(8, 20)), LOW_PCT + float(rng.uniform(1, 6))))
    e.labels.append(p.label(Kind.low_battery, (p.enter_ms, p.leave_ms), MUST_NOT, "battery weak, and stays so"))


def _due(low: float, high: float, expect: str, note: str) -> Tell:
    """Arrives between `low` and `high` minutes after the deadline."""

    def tell(p: Passage, rng: Rng, e: Edits) -> None:
        arrival(p, rng, e)
        e.due_ms = p.halt[0] - round(float(rng.uniform(low, high))) * MINUTE_MS
        e.labels.append(p.label(Kind.overdue, (min(e.due_ms, p.halt[0]), p.halt[0]), expect, note))

    return tell


def _silent(low: float, high: float, expect: str, note: str) -> Tell:
    """Not heard before between `low` and `high` minutes after departure."""

    def tell(p: Passage, rng: Rng, e: Edits) -> None:
        until_ms = min(p.enter_ms + round(float(rng.uniform(low, high))) * MINUTE_MS, p.leave_ms + 60 * MINUTE_MS)
        e.silent.append((p.enter_ms - 60 * MINUTE_MS, until_ms))
        e.labels.append(p.label(Kind.silent_shipment, (p.enter_ms, until_ms), expect, note))

    return tell


def _spoofed(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.wild.append(Wild(span, 8, 5_000, 80_000))
    e.labels.append(p.label(Kind.position_anomaly, span, MUST, "reports itself where it cannot be"))


def _gone_dark(p: Passage, _: Rng, e: Edits) -> None:
    e.silent.append((p.enter_ms, p.leave_ms))
    e.labels.append(p.label(Kind.signal_loss, (p.enter_ms, p.leave_ms), MUST, "silent, appears again further on"))


CONDUCT_OFFENCES: dict[str, Episode] = {
    "forbidden": Episode(_forbidden, site="forbidden"),
    "reversal": Episode(_reversal, _lay_reversal, (8_000, 15_000)),
    "racing": Episode(_racing, _lay_racing, (8_000, 14_000)),
    "jammed": Episode(_jammed, length_m=(20_000, 26_000), clear=True),
    "gone_dark": Episode(_gone_dark, length_m=(20_000, 45_000)),
    "flat_battery": Episode(_flat_battery, length_m=(1_000, 1_000)),
    "overdue": Episode(_due(20, 240, MUST, "arrives after the deadline"), site="arrival"),
    "never_heard": Episode(_silent(900, 1_000, MUST, "not heard on the whole trip"), site="whole"),
    "heard_late": Episode(_silent(50, 180, MUST, "not heard for the first hours"), site="whole"),
    "spoofed": Episode(_spoofed, length_m=(40_000, 60_000)),
}
"""Each has at least one `must` label."""

CONDUCT_TWINS: dict[str, Episode] = {
    "weak_battery": Episode(_weak_battery, length_m=(1_000, 1_000)),
    "in_time": Episode(_due(-40, -10, MUST_NOT, "arrives shortly before the deadline"), site="arrival"),
    "heard_soon": Episode(_silent(10, 25, MUST_NOT, "first heard some minutes after departure"), site="whole"),
}
"""The same surface, no offence."""
