"""Stretches of a drive: what replaces the road between two of its nodes, and how the whole path is put together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from replay.maker.catalogue import Area
from replay.maker.motion import TOP_MS, Halt
from replay.maker.road import STEP_M, Floats, Road, Yard, resample, smooth

RURAL_MS = 45 / 3.6
"""Speed on whatever is not the declared road."""
STRAIGHTEN_M = 3_000
"""Length over which a racer's road is averaged."""


class NoRoomError(ValueError):
    """An episode finds no place on the road."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of the drive in place of the road's nodes `start`..`end` (inclusive)."""

    start: int
    end: int
    xy: Floats
    """(m, 2) nodes about STEP_M apart."""
    limit_ms: Floats
    """(m,)"""
    halt: int | None = None
    """Index into `xy` where the truck stands for `halt_s`."""
    halt_s: float = 0.0
    final: bool = False
    """The drive ends with this leg."""
    pauses: tuple[Halt, ...] = ()
    """Further halts; their nodes are indices into `xy`."""
    area: Area | None = None
    """The zone it leads into, in the plane."""
    zone_id: str | None = None
    """The zone it is about."""


@dataclass(frozen=True, slots=True)
class Path:
    """The whole way of one trip."""

    xy: Floats
    limit_ms: Floats
    halts: list[Halt]
    spans: list[tuple[int, int]]
    """First and last node of each leg, in the order the legs were given."""


def along(road: Road, start: int, end: int) -> Leg:
    """The road itself."""
    return Leg(start, end, road.xy[start : end + 1], road.limit_ms[start : end + 1])


def creeping(road: Road, start: int, end: int, rng: np.random.Generator) -> Leg:
    """A traffic jam: 3-9 km/h, in waves of 100-300 m."""
    count = end - start + 1
    knots = np.cumsum(rng.integers(4, 12, count // 4 + 2))
    kmh = np.interp(np.arange(count), knots, rng.uniform(3, 9, len(knots)))
    return Leg(start, end, road.xy[start : end + 1], kmh / 3.6)


def roadside(road: Road, start: int, end: int, off_m: float, halt_s: float) -> Leg:
    """Pull off the road by `off_m` in the middle of the stretch, stand there, and come back."""
    middle = (start + end) // 2
    ahead = road.xy[middle + 1] - road.xy[middle - 1]
    right = np.array([ahead[1], -ahead[0]]) / np.hypot(*ahead)
    return _through(road, start, end, road.xy[middle] + off_m * right, halt_s)


def into_yard(road: Road, yard: Yard, start: int, end: int, halt_s: float) -> Leg:
    """Turn into a zone beside the road, stand in its middle, and come back."""
    return replace(_through(road, start, end, yard.xy, halt_s), area=yard.area)


def back_and_forth(road: Road, start: int, end: int, halt_s: float) -> Leg:
    """Along the road, turn at its end after `halt_s`, all the way back, turn again and go on."""
    once, limit = road.xy[start : end + 1], road.limit_ms[start : end + 1]
    xy = np.vstack([once, once[-2::-1], once[1:]])
    return Leg(start, end, xy, np.concatenate([limit, limit[-2::-1], limit[1:]]), end - start, halt_s)


def straightened(road: Road, start: int, end: int, limit_ms: float) -> Leg:
    """As the road, but with bends so wide that they do not slow a truck down."""
    half = round(STRAIGHTEN_M / STEP_M / 2)
    total = np.cumsum(np.vstack([np.zeros((1, 2)), road.xy[start - half : end + half + 1]]), axis=0)
    wide = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    ramp = np.minimum(np.arange(len(wide)), np.arange(len(wide))[::-1])
    share = np.clip(ramp / half, 0.0, 1.0)[:, None]
    xy = resample((1 - share) * road.xy[start : end + 1] + share * wide)
    return Leg(start, end, xy, np.full(len(xy), limit_ms))


def _through(road: Road, start: int, end: int, place: Floats, halt_s: float) -> Leg:
    middle = (start + end) // 2
    there = resample(np.vstack([road.xy[start : middle - 3], place[None]]))
    back = resample(np.vstack([place[None], road.xy[middle + 4 : end + 1]]))[1:]
    xy = np.vstack([there, back])
    return Leg(start, end, xy, np.full(len(xy), RURAL_MS), len(there) - 1, halt_s)


def parallel(road: Road, start: int, end: int, off_m: float, halt_s: float = 0.0) -> Leg:
    """Turn off, drive roughly parallel to the road `off_m` beside it, and join it again; may stand half-way.

    The side is the one away from which the road bends, so that the road does not come along after all.
    """
    a, b = road.xy[start], road.xy[end]
    chord = b - a
    length = float(np.hypot(*chord))
    left = np.array([-chord[1], chord[0]]) / length
    bulge = float(np.mean((road.xy[start : end + 1] - a) @ left))
    side = -1.0 if bulge > 0 else 1.0
    u = np.linspace(0.0, 1.0, max(8, int(length / 250)))
    ramp = np.clip(np.minimum(u, 1 - u) / 0.3, 0.0, 1.0)
    sway = 0.04 * off_m * np.sin(9 * np.pi * u) * ramp
    offset = side * (off_m * ramp * ramp * (3 - 2 * ramp) + sway)
    xy = resample(a + u[:, None] * chord + offset[:, None] * left)
    halt = len(xy) // 2 if halt_s else None
    return Leg(start, end, xy, np.full(len(xy), RURAL_MS), halt, halt_s)


def beside(road: Road, start: int, end: int, off_m: float) -> Leg:
    """Along the road, bend for bend, but up to `off_m` to its right."""
    ahead = np.gradient(road.xy[start : end + 1], axis=0)
    right = np.column_stack([ahead[:, 1], -ahead[:, 0]]) / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    u = np.linspace(0.0, 1.0, end - start + 1)
    ramp = np.clip(np.minimum(u, 1 - u) / 0.3, 0.0, 1.0)
    xy = resample(smooth(road.xy[start : end + 1] + (off_m * ramp * ramp * (3 - 2 * ramp))[:, None] * right))
    return Leg(start, end, xy, np.full(len(xy), RURAL_MS))


def away(road: Road, start: int, length_m: float, side: float, halt_s: float) -> Leg:
    """Turn off for good: `length_m` at an angle of 60° to the road's general direction, then stand."""
    last = min(start + round(length_m / STEP_M / 2), len(road.xy) - 1)
    ahead = road.xy[last] - road.xy[start]
    ahead /= np.hypot(*ahead)
    left = np.array([-ahead[1], ahead[0]])
    u = np.linspace(0.0, 1.0, max(8, int(length_m / 400)))
    forward = 0.5 * length_m * u
    outward = side * 0.87 * length_m * u * np.clip(u / 0.1, 0.2, 1.0) + 150 * np.sin(14 * u)
    xy = resample(road.xy[start] + forward[:, None] * ahead + outward[:, None] * left)
    # end = start: the leg takes one node of the road, the rest is never driven
    return Leg(start, start, xy, np.full(len(xy), RURAL_MS), len(xy) - 1, halt_s, final=True)


def outside_m(road: Road, xy: Floats) -> Floats:
    """(n,) metres from the approved line."""
    return np.asarray(shapely.distance(shapely.points(xy), road.line), np.float64)


def join(road: Road, legs: list[Leg], wait_s: tuple[float, float], pace: Floats) -> Path:
    """The path of a trip: the road with `legs` (ascending, disjoint) in it, `wait_s` at both ends.

    `pace` (n road nodes,) multiplies the road's own limits: the driver and the traffic of that hour.
    """
    limit = np.minimum(road.limit_ms * pace, TOP_MS)
    xy: list[Floats] = []
    limits: list[Floats] = []
    halts = [Halt(0, wait_s[0])]
    spans = []
    at = count = 0
    for leg in legs:
        xy += [road.xy[at : leg.start], leg.xy]
        limits += [limit[at : leg.start], leg.limit_ms]
        first = count + leg.start - at
        count = first + len(leg.xy)
        spans.append((first, count - 1))
        halts += [Halt(first + pause.node, pause.duration_s) for pause in leg.pauses]
        if leg.halt is not None:
            halts.append(Halt(first + leg.halt, leg.halt_s))
        at = len(road.xy) if leg.final else leg.end + 1
    if at < len(road.xy):
        halts.append(Halt(count + len(road.xy) - at - 1, wait_s[1]))
    whole = np.vstack([*xy, road.xy[at:]])
    return Path(_soften(whole, spans), np.concatenate([*limits, limit[at:]]), halts, spans)


def _soften(xy: Floats, spans: list[tuple[int, int]]) -> Floats:
    """Round the corners where legs meet the road. The road itself is smooth already."""
    for first, last in spans:
        part = slice(max(first - 6, 0), last + 7)
        xy[part] = smooth(xy[part])
    return xy


def free_stretch(
    road: Road, taken: list[tuple[int, int]], length: int, *, clear: bool, rng: np.random.Generator
) -> int:
    """First node of a random stretch of `length` nodes that meets no `taken` one; NoRoomError if there is none.

    `clear` asks for a stretch away from all zones that permit anything.
    """
    margin = round(4_000 / STEP_M)
    starts = np.arange(margin, len(road.xy) - length - margin)
    free: NDArray[np.bool_] = np.ones(len(starts), np.bool_)
    for first, last in taken:
        free &= (starts + length + margin // 2 < first) | (starts > last + margin // 2)
    if clear:
        blocked = np.concatenate([[0], np.cumsum(~road.clear)])
        free &= blocked[starts + length] == blocked[starts]
    if not free.any():
        raise NoRoomError(
            f"no room on the road for a stretch of {length * STEP_M / 1000:.0f} km; give the trip fewer episodes"
        )
    return int(rng.choice(starts[free]))
