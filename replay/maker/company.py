"""Episodes that somebody else takes part in: checkpoints, other trucks, and whoever sees the truck on its way.

They belong to no default mix, so that feeds made before them stay what they were; name them to have them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replay.maker import legs
from replay.maker.episodes import MAY, MINUTE_MS, MUST, MUST_NOT, Episode, Lay
from replay.maker.legs import Leg
from replay.maker.motion import Halt
from replay.maker.road import Road
from replay.maker.story import Edits, Passage, Spotted, Tracker
from sealtrack.schema import Kind

Rng = np.random.Generator
FOREVER_MS = 1_440 * MINUTE_MS
TRACKER_S = 300.0
FOREIGN_PLATE = "61C-987.65"
FOREIGN_SEAL = "7988888888"


def _lay_round(road: Road, start: int, end: int, rng: Rng) -> Leg:
    return legs.parallel(road, start, end, road.half_width_m + float(rng.uniform(1_200, 2_500)))


def _lay_through(road: Road, start: int, end: int, rng: Rng) -> Leg:
    """Stops at the barrier, where that is permitted."""
    leg = legs.along(road, start, end)
    return replace(leg, halt=(end - start) // 2, halt_s=float(rng.uniform(4, 9)) * 60)


def _lay_beside(road: Road, start: int, end: int, _: Rng) -> Leg:
    """Through the lane for heavy trucks, past the zone as it is drawn."""
    return legs.beside(road, start, end, 400.0)


def _lay_short_stops(road: Road, start: int, end: int, rng: Rng) -> Leg:
    """Four stops that are each too short to be one."""
    leg = legs.along(road, start, end)
    shares = np.array([0.1, 0.36, 0.62, 0.88]) + rng.uniform(-0.06, 0.06, 4)
    pauses = tuple(Halt(int((end - start) * share), float(rng.uniform(6.5, 11)) * 60) for share in shares)
    return replace(leg, pauses=pauses)


def _lay_meeting(low_min: float, high_min: float) -> Lay:
    def lay(road: Road, start: int, end: int, rng: Rng) -> Leg:
        return legs.roadside(road, start, end, float(rng.uniform(15, 50)), float(rng.uniform(low_min, high_min)) * 60)

    return lay


def _round(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.route_deviation, p.outside, MUST, "drives round the checkpoint"))
    e.labels.append(p.label(Kind.skipped_checkpoint, (p.enter_ms, p.leave_ms), MUST, "never shows itself there"))


def _through(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.skipped_checkpoint, (p.enter_ms, p.leave_ms), MUST_NOT, "halts at the barrier"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST_NOT, "stands where it must"))


def _waved_on(p: Passage, _: Rng, e: Edits) -> None:
    e.spotted.append(Spotted(p.halt[0], "officer", zone_id=p.zone_id))
    note = "beside the zone as it is drawn; an officer there saw it"
    e.labels.append(p.label(Kind.skipped_checkpoint, (p.enter_ms, p.leave_ms), MUST_NOT, note))


def _short_stops(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.pauses[0][0], p.pauses[-1][1])
    e.labels.append(
        p.label(Kind.unauthorised_stop, span, MUST, "four short stops, none of them long enough for itself")
    )


def _meet(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.rendezvous, p.halt, MUST, "stands with another sealed truck"))


def _standstill(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.rendezvous, p.halt, MAY, "stands among many in a jam; info, if anything"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST_NOT, "a jam that stands for some minutes"))


def _seal_moved(p: Passage, _: Rng, e: Edits) -> None:
    e.trackers.append(Tracker(TRACKER_S, leaves_ms=p.enter_ms))
    note = "the seal drives on, the tractor has gone elsewhere"
    e.labels.append(p.label(Kind.separation, (p.enter_ms, p.enter_ms + FOREVER_MS), MUST, note))


def _plate_swapped(p: Passage, _: Rng, e: Edits) -> None:
    e.spotted.append(Spotted(p.enter_ms, "anpr", plate=FOREIGN_PLATE))
    e.labels.append(
        p.label(Kind.separation, (p.enter_ms, p.enter_ms + FOREVER_MS), MUST, "a camera reads another plate")
    )


def _seal_swapped(p: Passage, _: Rng, e: Edits) -> None:
    e.spotted.append(Spotted(p.enter_ms, "scanner", seal_id=FOREIGN_SEAL))
    e.labels.append(
        p.label(Kind.separation, (p.enter_ms, p.enter_ms + FOREVER_MS), MUST, "a scanner reads another seal")
    )


def _tracked(p: Passage, _: Rng, e: Edits) -> None:
    e.trackers.append(Tracker(TRACKER_S))
    e.labels.append(p.label(Kind.separation, (p.enter_ms, p.leave_ms), MUST_NOT, "its own tracker is always with it"))


def _tracker_ahead(p: Passage, rng: Rng, e: Edits) -> None:
    ahead_min = int(rng.integers(20, 60))
    e.trackers.append(Tracker(TRACKER_S, ahead_ms=ahead_min * MINUTE_MS))
    note = f"its tracker's clock is {ahead_min} min ahead, its places are right"
    e.labels.append(p.label(Kind.separation, (p.enter_ms, p.leave_ms), MUST_NOT, note))


def _seen(p: Passage, _: Rng, e: Edits) -> None:
    plate = (p.shipment.vehicle or "").replace("-", " ").replace(".", "").lower()
    e.spotted += [
        Spotted(p.enter_ms, "anpr", plate=plate),
        Spotted((p.enter_ms + p.leave_ms) // 2, "scanner", seal_id=p.shipment.seal_id),
        Spotted(p.leave_ms, "officer", plate=p.shipment.vehicle, seal_id=p.shipment.seal_id),
    ]
    e.labels.append(
        p.label(Kind.separation, (p.enter_ms, p.leave_ms), MUST_NOT, "seen three times, plate and seal are right")
    )


COMPANY_OFFENCES: dict[str, Episode] = {
    "round_checkpoint": Episode(_round, _lay_round, (10_000, 10_000), site="checkpoint"),
    "short_stops": Episode(_short_stops, _lay_short_stops, (14_000, 20_000), clear=True),
    "meet": Episode(_meet, _lay_meeting(10, 13), (1_000, 1_000), site="meeting"),
    "seal_moved": Episode(_seal_moved, length_m=(1_000, 1_000), clear=True),
    "plate_swapped": Episode(_plate_swapped, length_m=(1_000, 1_000), clear=True),
    "seal_swapped": Episode(_seal_swapped, length_m=(1_000, 1_000), clear=True),
}
"""Each has at least one `must` label."""

COMPANY_TWINS: dict[str, Episode] = {
    "through_checkpoint": Episode(_through, _lay_through, (1_000, 1_000), site="checkpoint"),
    "waved_on": Episode(_waved_on, _lay_beside, (4_000, 4_000), site="checkpoint"),
    "standstill": Episode(_standstill, _lay_meeting(7, 12), (1_000, 1_000), site="meeting"),
    "tracked": Episode(_tracked, site="whole"),
    "tracker_ahead": Episode(_tracker_ahead, site="whole"),
    "seen": Episode(_seen, length_m=(30_000, 50_000)),
}
"""The same surface, no offence."""
