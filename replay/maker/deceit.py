"""Episodes of receivers that are deceived, or only out of order, and of silences that somebody has a word for.

They belong to no default mix, so that feeds made before them stay what they were; name them to have them.
"""

from __future__ import annotations

import numpy as np

from replay.maker import legs
from replay.maker.episodes import MAY, MINUTE_MS, MUST, MUST_NOT, Episode, Tell
from replay.maker.legs import Leg
from replay.maker.road import Road
from replay.maker.story import Clock, Edits, Passage
from sealtrack.schema import Kind

Rng = np.random.Generator


def _frozen(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.frozen.append(span)
    e.labels.append(p.label(Kind.position_anomaly, span, MUST, "one position to the last digit, at full speed"))
    e.labels.append(p.label(Kind.unauthorised_stop, span, MAY, "by its position it stands"))


def _smooth(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.smooth.append(span)
    e.labels.append(p.label(Kind.position_anomaly, span, MUST, "a made-up track without any noise"))
    for kind in (Kind.route_deviation, Kind.forbidden_zone, Kind.skipped_checkpoint):
        e.labels.append(p.label(kind, span, MAY, "which leaves the road where that bends"))


def _held_still(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.halt[0] + MINUTE_MS, p.halt[1] - MINUTE_MS)
    e.frozen.append(span)
    e.labels.append(
        p.label(Kind.position_anomaly, span, MUST_NOT, "the receiver holds the place of a truck that stands")
    )


def _clock(ahead_min: int | None, note: str) -> Tell:
    def tell(p: Passage, _: Rng, e: Edits) -> None:
        span = (p.enter_ms, p.leave_ms)
        e.clocks.append(Clock(span, None if ahead_min is None else ahead_min * MINUTE_MS))
        e.labels.append(p.label(Kind.position_anomaly, span, MAY, note))
        for kind in (Kind.signal_loss, Kind.route_deviation, Kind.unauthorised_stop, Kind.route_reversal):
            e.labels.append(p.label(kind, span, MUST_NOT, note))

    return tell


def _lay_hidden_stop(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return legs.roadside(road, start, end, 35.0, float(rng.uniform(35, 70)) * 60)


def _hidden_stop(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.halt[0] - 6 * MINUTE_MS, p.halt[1] + 6 * MINUTE_MS)
    e.silent.append(span)
    e.labels.append(p.label(Kind.signal_loss, span, MUST, "silent while it stands, by its own doing"))


def _dark(p: Passage, _: Rng, e: Edits) -> None:
    e.silent.append((p.enter_ms, p.leave_ms))
    note = "silent in a known dead zone, nothing stored; true, and explained by a verdict"
    e.labels.append(p.label(Kind.signal_loss, (p.enter_ms, p.leave_ms), MAY, note))


DECEIT: dict[str, Episode] = {
    "frozen": Episode(_frozen, length_m=(6_000, 10_000)),
    "smooth": Episode(_smooth, length_m=(22_000, 28_000)),
    "hidden_stop": Episode(_hidden_stop, _lay_hidden_stop, (1_000, 1_000), clear=True),
}
"""Each has at least one `must` label."""

DECEIT_TWINS: dict[str, Episode] = {
    "held_still": Episode(_held_still, site="yard"),
    "clock_ahead": Episode(_clock(130, "the device's clock is two hours ahead"), length_m=(20_000, 30_000)),
    "clock_unset": Episode(_clock(None, "the device's clock was never set"), length_m=(20_000, 30_000)),
    "dark_valley": Episode(_dark, site="dead_zone"),
}
"""The same surface, no offence."""
