"""How seals were defeated in known cases, and what looks the same and is not.

They belong to no default mix, so that feeds made before them stay what they were; name them to have them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replay.maker import legs
from replay.maker.episodes import MAY, MINUTE_MS, MUST, MUST_NOT, Episode, Tell
from replay.maker.legs import Leg
from replay.maker.motion import Halt
from replay.maker.road import STEP_M, Road
from replay.maker.story import Blind, Drain, Edits, Passage, Relay, SealEvent
from sealtrack.schema import Event, Kind

Rng = np.random.Generator


def _roadside(tell: Tell, low_min: float, high_min: float) -> Episode:
    """Stands so long at the roadside."""

    def lay(road: Road, start: int, end: int, rng: Rng) -> Leg:
        return legs.roadside(road, start, end, 35.0, float(rng.uniform(low_min, high_min)) * 60)

    return Episode(tell, lay, (1_000, 1_000), clear=True)


def _lay_probing(road: Road, start: int, end: int, rng: Rng) -> Leg:
    """Three short stops on the road, then a way off it with a long one."""
    turn = start + (end - start) // 4
    first = legs.along(road, start, turn - 1)
    off_m = max(road.half_width_m + 1_500, float(rng.uniform(3_000, 6_000)))
    then = legs.parallel(road, turn, end, off_m, float(rng.uniform(30, 50)) * 60)
    pauses = tuple(Halt(int(len(first.xy) * share), float(rng.uniform(6, 8)) * 60) for share in (0.3, 0.55, 0.8))
    limit_ms = np.concatenate([first.limit_ms, then.limit_ms])
    halt = None if then.halt is None else len(first.xy) + then.halt
    return Leg(start, end, np.vstack([first.xy, then.xy]), limit_ms, halt, then.halt_s, pauses=pauses)


def _lay_gate_queue(road: Road, start: int, end: int, rng: Rng) -> Leg:
    """Stop and go: 300-450 m at walking speed, then 3-8 minutes without moving."""
    leg = legs.creeping(road, start, end, rng)
    steps = rng.integers(round(300 / STEP_M), round(450 / STEP_M), end - start)
    nodes = [int(node) for node in np.cumsum(steps) if node < end - start]
    return replace(leg, pauses=tuple(Halt(node, float(rng.uniform(3, 8)) * 60) for node in nodes))


def _emptied(p: Passage, _: Rng, e: Edits) -> None:
    cut = p.halt[0] + 8 * MINUTE_MS
    e.events.append(SealEvent(cut, Event.rope_cut, "cut"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, "stands at the roadside and is emptied"))
    e.labels.append(p.label(Kind.seal_tamper, (cut, cut), MUST, "rope cut while it stands there"))
    e.labels.append(p.label(Kind.seal_tamper, (cut, cut + 1_440 * MINUTE_MS), MAY, "the rope stays cut"))


def _probing(p: Passage, _: Rng, e: Edits) -> None:
    at = p.enter_ms + MINUTE_MS // 2
    e.events += [SealEvent(at, Event.wrong_password), SealEvent(at + MINUTE_MS, Event.back_cover_open)]
    e.labels.append(p.label(Kind.seal_tamper, (at, at + MINUTE_MS), MUST, "tampered with at the junction"))
    tries = (p.pauses[0][0], p.pauses[-1][1])
    e.labels.append(p.label(Kind.unauthorised_stop, tries, MUST, "three short stops, to see whether anybody comes"))
    e.labels.append(p.label(Kind.route_deviation, p.outside, MUST, "after three short stops it leaves the route"))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, "unloads off the route"))


def _door_work(p: Passage, _: Rng, e: Edits) -> None:
    shaken = range(p.halt[0] + 3 * MINUTE_MS, p.halt[1] - 3 * MINUTE_MS, 2 * MINUTE_MS)
    e.events += [SealEvent(at, Event.vibration) for at in shaken]
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST, "hinges taken off, the seal intact; it shakes"))


def _remote_opening(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.halt[0] + MINUTE_MS, p.halt[1] - MINUTE_MS)
    e.events += [SealEvent(span[0], Event.remote_unlock, "unlocked"), SealEvent(span[1], Event.lock, "locked")]
    e.labels.append(p.label(Kind.seal_open, span, MUST, "opened on the road by a remote password"))


def _yard_opening(p: Passage, _: Rng, e: Edits) -> None:
    card, span = p.shipment.open_cards[0], (p.halt[0] + 5 * MINUTE_MS, p.halt[1] - 5 * MINUTE_MS)
    e.events += [SealEvent(span[0], Event.unlock, "unlocked", card), SealEvent(span[1], Event.lock, "locked", card)]
    e.labels.append(p.label(Kind.seal_open, span, MUST, "opened with a good card where only stopping is permitted"))


def _relayed(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.relays.append(Relay(span, ahead_s=45 * 60))
    e.labels.append(p.label(Kind.position_anomaly, span, MUST, "speaks from 45 minutes further on: a relayed position"))
    behind = "the true place lies behind the false one"
    e.labels.append(p.label(Kind.route_reversal, (p.leave_ms, p.leave_ms + 60 * MINUTE_MS), MAY, behind))


def _breakdown(p: Passage, _: Rng, e: Edits) -> None:
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MAY, "breaks down; true, and explained by a verdict"))
    for kind in (Kind.route_deviation, Kind.seal_open, Kind.seal_tamper, Kind.signal_loss):
        e.labels.append(p.label(kind, (p.enter_ms, p.leave_ms), MUST_NOT, "breakdown with the seal intact"))


def _gate_queue(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    note = "congestion before the gate, stop and go"
    e.labels.append(p.label(Kind.unauthorised_stop, span, MAY, f"{note}; true, and explained by a verdict"))
    e.labels.append(p.label(Kind.route_reversal, span, MUST_NOT, note))


def _battery_theft(p: Passage, _: Rng, e: Edits) -> None:
    at = (p.halt[0] + p.halt[1]) // 2000 * 1000
    e.events += [SealEvent(at, Event.back_cover_open), SealEvent(at + 20_000, Event.low_battery)]
    e.drains.append(Drain(at, 4.0, 30.0, 1.0))
    e.silent.append((at + MINUTE_MS, at + 1_440 * MINUTE_MS))
    for kind in (Kind.seal_tamper, Kind.low_battery, Kind.signal_loss):
        note = "battery stolen in a rest area; true, and explained by a verdict"
        e.labels.append(p.label(kind, (at, at + 1_440 * MINUTE_MS), MAY, note))
    e.labels.append(p.label(Kind.unauthorised_stop, p.halt, MUST_NOT, "stands in a zone that permits it"))


def _dead_zone(p: Passage, _: Rng, e: Edits) -> None:
    span = (p.enter_ms, p.leave_ms)
    e.blind.append(Blind(span, stale=False))
    for kind in (Kind.jamming, Kind.signal_loss, Kind.unauthorised_stop):
        e.labels.append(p.label(kind, span, MUST_NOT, "no fix in a known dead zone, reports go on"))


DEFEATS: dict[str, Episode] = {
    "emptied": _roadside(_emptied, 40, 70),
    "probing": Episode(_probing, _lay_probing, (26_000, 32_000)),
    "door_work": _roadside(_door_work, 30, 50),
    "remote_opening": _roadside(_remote_opening, 8, 12),
    "yard_opening": Episode(_yard_opening, site="yard"),
    "relayed": Episode(_relayed, length_m=(30_000, 40_000)),
}
"""Each has at least one `must` label."""

BENIGN: dict[str, Episode] = {
    "breakdown": _roadside(_breakdown, 100, 200),
    "gate_queue": Episode(_gate_queue, _lay_gate_queue, (3_000, 3_500), site="gate"),
    "battery_theft": Episode(_battery_theft, site="yard"),
    "dead_zone": Episode(_dead_zone, site="dead_zone"),
}
"""The same surface, no offence."""
