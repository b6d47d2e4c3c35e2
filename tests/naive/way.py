"""Section 4, The way: where a truck went between two fixes, as far as that can be known."""

from __future__ import annotations

from typing import NamedTuple

from tests.naive.admission import Fix
from tests.naive.fences import Corridor, approved
from tests.naive.geometry import Point, distance_m, is_met_twice, on_line, point_at
from tests.naive.terms import Case

SHARES = [i / 16 for i in range(1, 16)]


class Way(NamedTuple):
    points: list[Point]
    length_m: float


def way(a: Fix, b: Fix, case: Case, t: int, e: float) -> Way:
    """The way between two fixes. `t`: when corridors are asked; `e`: how far outside them a fix may lie."""
    corridor = _shared_corridor(a, b, case, t, e)
    if corridor is None:
        return Way(straight(a, b), distance_m(a.point, b.point))
    from_m, to_m = (on_line(fix.point, corridor.line).along_m for fix in (a, b))
    beside = [_minus(fix.point, point_at(corridor.line, m)) for fix, m in ((a, from_m), (b, to_m))]
    points = [
        _plus(point_at(corridor.line, from_m + (to_m - from_m) * share), _between(beside[0], beside[1], share))
        for share in SHARES
    ]
    return Way(points, abs(to_m - from_m))


def straight(a: Fix, b: Fix) -> list[Point]:
    return [_between(a.point, b.point, share) for share in SHARES]


def excess_m(fix: Fix, corridor: Corridor) -> float:
    return on_line(fix.point, corridor.line).distance_m - corridor.half_width_m


def _shared_corridor(a: Fix, b: Fix, case: Case, t: int, e: float) -> Corridor | None:
    # reading: the terms are those of t, too, whatever they were at the other fix
    case = case.at(t)
    held = [
        corridor
        for corridor in approved(case.fences, case.shipment, t).values()
        if all(excess_m(fix, corridor) <= e and not is_vague(fix, corridor) for fix in (a, b))
    ]
    return min(held, key=lambda corridor: excess_m(b, corridor), default=None)


def is_vague(fix: Fix, corridor: Corridor) -> bool:
    """Whether the fix does not tell where along the corridor it lies."""
    return is_met_twice(corridor.line, corridor.half_width_m, on_line(fix.point, corridor.line).along_m)


def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1]


def _plus(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1]


def _between(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
