"""skipped_checkpoint (section 4)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sealtrack.schema import Kind, Severity
from tests.naive.admission import Fix
from tests.naive.fences import Fences, in_force, place
from tests.naive.gate import Step
from tests.naive.geometry import Line, is_inside, lengths_m, on_line, outside_m, point_at, polygon_to_line_m
from tests.naive.machine import Alert
from tests.naive.progress import ring_mean
from tests.naive.sightings import Seen
from tests.naive.terms import Case

SPACING_M = 50.0


class Spot(NamedTuple):
    """P: a place on the way."""

    route_id: str
    route_m: float
    where: Fix


class Span(NamedTuple):
    zone_id: str
    from_m: float
    to_m: float


def skipped_checkpoints(walked: list[Step | Seen], case: Case) -> list[Alert]:
    found: list[Alert] = []
    last: Spot | None = None
    strayed = False
    number = -1
    for one in walked:
        t, r = (one.report.t, one.report.r) if isinstance(one, Step) else (one.t, one.r)
        if case.number_at(t) != number:
            last, number = None, case.number_at(t)
        terms = case.at(t)
        if isinstance(one, Seen):
            here = _met(one, terms)
        elif one.fix is not None:
            last = None if one.jump else last
            here = _on_the_way(one.fix, terms)
            strayed = strayed or here is None
        else:
            continue
        if here is None:
            continue
        if last is not None and last.route_id == here.route_id and strayed:
            found += _skipped(last, here, r, terms)
        last, strayed = here, False
    return found


def _on_the_way(fix: Fix, case: Case) -> Spot | None:
    spot = place(case.fences, case.shipment, fix.point, fix.t)
    if spot is None:
        return None
    at_one = _at_a_checkpoint(fix, spot.route_id, case)
    if at_one is not None:
        return at_one
    beside = any(span.from_m <= spot.route_m <= span.to_m for span in _in_force(spot.route_id, fix.t, case))
    return None if beside or spot.excess_m > fix.e else Spot(spot.route_id, spot.route_m, fix)


def _at_a_checkpoint(where: Fix, route_id: str, case: Case) -> Spot | None:
    """The middle of the span of the first checkpoint that the place is at."""
    for span in _in_force(route_id, where.t, case):
        if outside_m(where.point, case.fences.zones[span.zone_id].polygon) <= where.e:
            return Spot(route_id, (span.from_m + span.to_m) / 2, where)
    return None


def _in_force(route_id: str, t: int, case: Case) -> list[Span]:
    return [span for span in spans(case.fences, route_id) if in_force(case.fences.zones[span.zone_id], t)]


def _met(seen: Seen, case: Case) -> Spot | None:
    """Where a sighting at a checkpoint puts the truck."""
    if seen.place is None or seen.good is None or seen.signs & {"plate", "seal"}:
        return None
    then = case.at(seen.good.t)
    nearest = place(then.fences, then.shipment, seen.good.point, seen.good.t)
    # reading: where the terms changed since that fix, its corridor is no longer known
    if nearest is None or case.number_at(seen.good.t) != case.number_at(seen.t):
        return None
    return _at_a_checkpoint(seen.place, nearest.route_id, case)


def _skipped(last: Spot, here: Spot, r: int, case: Case) -> list[Alert]:
    low_m, high_m = sorted((last.route_m, here.route_m))
    # reading: in force at the moment when it is on the way again
    between = [
        span for span in _in_force(here.route_id, here.where.t, case) if low_m < span.from_m and span.to_m < high_m
    ]
    if not between:
        return []
    first = min(between, key=lambda span: abs((span.from_m + span.to_m) / 2 - last.route_m))
    where = last.where
    alert = Alert(Kind.skipped_checkpoint, Severity.warning, where.t, r, where.lat, where.lon, here.where.t)
    alert.evidence = {"checkpoints": len(between), "zone": first.zone_id}
    alert.written = here.where.t
    return [alert]


def spans(fences: Fences, route_id: str) -> list[Span]:
    """The checkpoints of a corridor, in the order of their names."""
    corridor = fences.corridors[route_id]
    return [
        Span(name, *_span(corridor.line, zone.polygon, ring_mean(zone)))
        for name, zone in sorted(fences.zones.items())
        if zone.role == "checkpoint" and polygon_to_line_m(zone.polygon, corridor.line) <= corridor.half_width_m
    ]


@cache
def _span(line: Line, polygon: object, mean: tuple[float, float]) -> tuple[float, float]:
    inside = [along_m for along_m in _points_m(line) if is_inside(point_at(line, along_m), polygon)]
    if not inside:
        return (on_line(mean, line).along_m,) * 2
    return min(inside), max(inside)


@cache
def _points_m(line: Line) -> list[float]:
    """route_m of the points every 50 m of the line, and of its vertices."""
    # reading: every 50 m from the line's start; vertices as it has them once no segment is longer than 1 km
    vertices_m = [float(lengths_m(line)[:i].sum()) for i in range(len(lengths_m(line)) + 1)]
    return sorted({*vertices_m, *(i * SPACING_M for i in range(int(vertices_m[-1] // SPACING_M) + 1))})
