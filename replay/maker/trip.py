"""One trip: place its episodes on the road, drive it, tell its story, render its reports."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.maker import legs
from replay.maker.episodes import MAY, MINUTE_MS, MUST, Episode, arrival, modify
from replay.maker.laying import Named, Plan, lay_all
from replay.maker.legs import Leg
from replay.maker.motion import Motion, drive
from replay.maker.reports import Columns, Receiver, Seal, render
from replay.maker.road import Floats, Road
from replay.maker.sightings import sightings
from replay.maker.story import SPEEDING_KMH, Edits, Label, Passage, SealEvent, Span
from sealtrack.schema import Event, Kind, Shipment, Sighting

Rng = np.random.Generator


class Driven(NamedTuple):
    named: list[Named]
    """All episodes that take part."""
    laid: list[tuple[Named, Leg]]
    """Those with a leg of their own, ascending along the road."""
    path: legs.Path
    motion: Motion


class Trip(NamedTuple):
    shipment: Shipment
    columns: Columns
    truth: Columns
    labels: list[Label]
    sightings: list[Sighting]


def make_trip(road: Road, shipment: Shipment, plan: Plan, receiver: Receiver, rng: Rng) -> Trip:
    """Drive `shipment` (its `depart_at` counts, its `closed_at` and `arrive_by` are set here) through `plan`."""
    named, laid = lay_all(road, plan, rng)
    path = legs.join(road, [leg for _, leg in laid], (_wait_s(rng), _wait_s(rng)), _pace(road, rng))
    motion = drive(path.xy, path.limit_ms, path.halts)
    edits = _story(road, shipment, Driven(named, laid, path, motion), rng)
    depart_ms, end_ms = shipment.depart_at, _clock(shipment, motion.t_s[-1])
    arrives = not any(leg.final for _, leg in laid)
    shipment = _closed(shipment, road, end_ms if arrives else None, edits.due_ms)
    drawn = render(motion, Seal(shipment.seal_id, (depart_ms, end_ms), receiver, road.plane), edits, rng)
    seen = sightings(shipment, motion, road.plane, edits, rng) if edits.trackers or edits.spotted else []
    return Trip(shipment, drawn.columns, drawn.truth, edits.labels, seen)


def _story(road: Road, shipment: Shipment, driven: Driven, rng: Rng) -> Edits:
    """What all episodes, the fitting of the seal and the arrival do to the reports."""
    edits = Edits()
    edits.events.append(SealEvent(shipment.depart_at + 3 * MINUTE_MS, Event.lock, "locked", shipment.open_cards[0]))
    for (one, leg), nodes in zip(driven.laid, driven.path.spans, strict=True):
        passage = _passage(road, Passage.blank(shipment, one.name), leg, nodes, driven)
        _tell(one, passage, rng, edits)
        edits.labels += _passed_by(road, one, leg, passage)
    halt = (_clock(shipment, driven.motion.t_s[-2]), _clock(shipment, driven.motion.t_s[-1]))
    for one in driven.named:
        if one.episode.site == "whole":
            _tell(one, Passage(shipment, one.name, shipment.depart_at, halt[0], (0, 0), (0, 0)), rng, edits)
    if not any(leg.final for _, leg in driven.laid):
        at_end = [one for one in driven.named if one.episode.site == "arrival"] or [
            Named("arrival", (), Episode(arrival))
        ]
        for one in at_end:
            _tell(one, Passage(shipment, one.name, *halt, halt, (0, 0)), rng, edits)
    return edits


def _passed_by(road: Road, one: Named, leg: Leg, passage: Passage) -> list[Label]:
    """What else is true of a leg that leaves out a checkpoint on its way: off the road, or only beside the zone."""
    if one.episode.site == "checkpoint" or leg.final:
        return []
    left_out = [
        yard
        for yard in road.yards
        if yard.role == "checkpoint"
        and leg.start < yard.node < leg.end
        and not shapely.contains_xy(yard.area, leg.xy[:, 0], leg.xy[:, 1]).any()
    ]
    span = (passage.enter_ms, passage.leave_ms)
    expect = MAY if passage.outside == (0, 0) else MUST
    return [passage.label(Kind.skipped_checkpoint, span, expect, f"leaves out {yard.zone_id}") for yard in left_out]


def _clock(shipment: Shipment, t_s: float) -> int:
    return shipment.depart_at + round(t_s) * 1000


def _closed(shipment: Shipment, road: Road, closed_at: int | None, due_ms: int | None) -> Shipment:
    """Due after the road at 22 km/h and three hours for halts, unless said otherwise."""
    if due_ms is None:
        due_ms = shipment.depart_at + round(road.line.length / 22 * 3.6) * 1000 + 180 * MINUTE_MS
        due_ms = due_ms // 900_000 * 900_000
    return replace(shipment, arrive_by=due_ms, closed_at=closed_at)


def _wait_s(rng: Rng) -> float:
    return float(rng.uniform(12, 30)) * 60


def _pace(road: Road, rng: Rng) -> Floats:
    """(n nodes,) factor on the road's limits: a driver, and traffic that changes every 2 km."""
    knots = np.arange(0, len(road.xy) + 80, 80)
    traffic = np.exp(-np.abs(rng.normal(0, 0.15, len(knots))))
    return np.interp(np.arange(len(road.xy)), knots, traffic) * float(rng.uniform(0.92, 1.12))


def _passage(road: Road, blank: Passage, leg: Leg, nodes: Span, driven: Driven) -> Passage:
    """`blank` with the times of its leg, which are the path's nodes `nodes`."""

    def clock(node: int) -> int:
        return _clock(blank.shipment, driven.motion.arrival_s(node, driven.path.halts))

    enter, leave = clock(nodes[0]), clock(nodes[1])
    halt = ((enter + leave) // 2,) * 2
    if leg.zone_id is not None and leg.area is not None:
        way = shapely.points(driven.path.xy[nodes[0] : nodes[1] + 1])
        halt = (clock(nodes[0] + int(np.argmin(shapely.distance(way, leg.area.centroid)))),) * 2
    if leg.halt is not None:
        stand = clock(nodes[0] + leg.halt)
        halt = (stand, stand + round(leg.halt_s) * 1000)
    if leg.final:
        leave = halt[1]
    xy = driven.path.xy[nodes[0] : nodes[1] + 1]

    def span(where: NDArray[np.bool_]) -> Span:
        hit = nodes[0] + np.flatnonzero(where)
        return (clock(int(hit[0])), clock(min(int(hit[-1]) + 1, nodes[1]))) if len(hit) else (0, 0)

    outside = span(legs.outside_m(road, xy) > road.half_width_m)
    inside = (0, 0) if leg.area is None else span(shapely.contains_xy(leg.area, xy[:, 0], xy[:, 1]))
    pauses = tuple((at := clock(nodes[0] + one.node), at + round(one.duration_s) * 1000) for one in leg.pauses)
    fast = _fast(blank, driven, enter, leave)
    return Passage(blank.shipment, blank.cause, enter, leave, halt, outside, inside, fast, pauses, leg.zone_id)


def _fast(blank: Passage, driven: Driven, enter_ms: int, leave_ms: int) -> Span:
    at_ms = blank.shipment.depart_at + driven.motion.t_s * 1000
    fast = (at_ms >= enter_ms) & (at_ms <= leave_ms) & (driven.motion.v_ms > SPEEDING_KMH / 3.6)
    return (int(at_ms[fast][0]), int(at_ms[fast][-1])) if fast.any() else (0, 0)


def _tell(one: Named, passage: Passage, rng: Rng, edits: Edits) -> None:
    one.episode.tell(passage, rng, edits)
    for modifier in one.modifiers:
        modify(modifier, passage, rng, edits)
