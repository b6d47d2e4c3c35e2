"""How a truck moves along a path: speed bounded by limits, bends and its own acceleration, with halts.

Exact between nodes (constant acceleration), so that a report at any moment is consistent with its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.maker.road import Floats

ACCELERATE_MS2 = 0.4
BRAKE_MS2 = 0.7
SIDEWAYS_MS2 = 1.5
"""A loaded container truck does not take a bend faster than this allows."""
SLOWEST_MS = 2.5
TOP_MS = 85 / 3.6
"""Of a driver who keeps the law, whatever the road allows."""
BEND_NODES = 4
"""Nodes over which a bend's curvature is measured."""


class Halt(NamedTuple):
    node: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Motion:
    """A drive: knots in time; between two knots the acceleration is constant."""

    t_s: Floats
    """Seconds since departure; a halt is two knots at one place."""
    s_m: Floats
    v_ms: Floats
    xy: Floats
    """(n, 2) position of each knot in the plane."""

    def at(self, t_s: Floats) -> tuple[Floats, Floats, Floats]:
        """Position (n, 2) m, speed (n,) m/s and heading (n,) degrees at moments within the drive."""
        i = np.clip(np.searchsorted(self.t_s, t_s, side="right") - 1, 0, len(self.t_s) - 2)
        tau = np.clip(t_s, 0, self.t_s[-1]) - self.t_s[i]
        span_s = self.t_s[i + 1] - self.t_s[i]
        gain = np.divide(self.v_ms[i + 1] - self.v_ms[i], span_s, out=np.zeros_like(tau), where=span_s > 0)
        moved = self.v_ms[i] * tau + gain * tau**2 / 2
        span_m = self.s_m[i + 1] - self.s_m[i]
        share = np.divide(moved, span_m, out=np.zeros_like(tau), where=span_m > 0)
        leg = self.xy[i + 1] - self.xy[i]
        return self.xy[i] + share[:, None] * leg, self.v_ms[i] + gain * tau, self._heading(i)

    def _heading(self, i: NDArray[np.intp]) -> Floats:
        """Over the ten knots around, so that it is defined in halts too."""
        ahead = self.xy[np.minimum(i + 5, len(self.xy) - 1)] - self.xy[np.maximum(i - 5, 0)]
        return np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1])) % 360

    def arrival_s(self, node: int, halts: list[Halt]) -> float:
        """When the truck reaches a node of its path, given the halts the motion was made with."""
        return float(self.t_s[node + sum(halt.node < node for halt in halts)])


def drive(xy: Floats, limit_ms: Floats, halts: list[Halt]) -> Motion:
    """Drive the path `xy` (n, 2) under `limit_ms` (n,), standing still at `halts` (ascending; both ends are added).

    The speed is the largest one within limits, bends and acceleration: on v² those bounds are straight lines over
    distance, so two running minima find it without a loop.
    """
    ds = np.maximum(np.hypot(*np.diff(xy, axis=0).T), 0.01)
    s = np.concatenate([[0.0], np.cumsum(ds)])
    v2 = np.minimum(limit_ms, bend_limit_ms(xy)) ** 2
    v2[[0, -1]] = 0.0
    v2[[halt.node for halt in halts]] = 0.0
    v2 = np.minimum.accumulate(v2 - 2 * ACCELERATE_MS2 * s) + 2 * ACCELERATE_MS2 * s
    v2 = np.minimum.accumulate((v2 + 2 * BRAKE_MS2 * s)[::-1])[::-1] - 2 * BRAKE_MS2 * s
    v = np.sqrt(np.maximum(v2, 0.0))
    dt = 2 * ds / np.maximum(v[1:] + v[:-1], 0.2)
    stay = np.zeros(len(s))
    nodes = np.array([halt.node for halt in halts], np.intp)
    stay[nodes] = [halt.duration_s for halt in halts]
    arrive = np.concatenate([[0.0], np.cumsum(dt + stay[:-1])])
    knots = np.sort(np.concatenate([np.arange(len(s)), nodes]))
    t = arrive[knots]
    t[np.searchsorted(knots, nodes, side="right") - 1] += stay[nodes]
    return Motion(t, s[knots], v[knots], xy[knots])


def bend_limit_ms(xy: Floats) -> Floats:
    """(n,) speed at which the path's curvature costs SIDEWAYS_MS2, never below SLOWEST_MS."""
    steps = np.diff(xy, axis=0)
    heading = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    turn = np.zeros(len(xy))
    half = BEND_NODES // 2
    turn[half:-half] = np.abs(heading[BEND_NODES - 1 :] - heading[: 1 - BEND_NODES])
    length_m = (BEND_NODES - 1) * np.median(np.hypot(*steps.T))
    limit: Floats = np.maximum(np.sqrt(SIDEWAYS_MS2 * length_m / np.maximum(turn, 1e-6)), SLOWEST_MS)
    return limit
