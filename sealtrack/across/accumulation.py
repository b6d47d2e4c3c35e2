"""Several stops, each too short to alert, that together are an unauthorised one (judgement section 11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealtrack.across.digests import ShortStop
from sealtrack.across.near import distance_m
from sealtrack.policy import Policy

CREEP_M = 1_000.0
CREEP_KMH = 10.0
"""A stop this near to the one before, or reached from it so slowly, is one with it: a queue creeps."""


@dataclass(frozen=True, slots=True)
class Accumulation:
    """Short stops that make one alert."""

    stops: tuple[ShortStop, ...]
    """By start."""
    halts: int
    """How many they are when a creeping queue counts once."""
    probing: bool
    """The seal was opened or tampered with before the first one."""
    completed_at: int
    """When the stop that completed it was seen to end."""

    @property
    def stood_s(self) -> float:
        return sum(map(_duration_s, self.stops))


Halt = list[ShortStop]
"""Stops that count as one, by start."""


def accumulations(stops: Iterable[ShortStop], acts: Sequence[int], policy: Policy) -> list[Accumulation]:
    """What a shipment's short stops amount to; `acts`: the starts of its seal_open and seal_tamper alerts, ms."""
    closed = (stop for stop in stops if stop.end is not None)
    short = sorted((s for s in closed if _duration_s(s) < policy.stop_warning_s), key=lambda stop: stop.start)
    left = _halts(short)
    found = []
    while left:
        first = left[0][0]
        group = [halt for halt in left if _joins(first, halt[0], policy)]
        probing = any(0 <= first.start - act <= 1e3 * policy.accumulate_s for act in acts)
        completed_at = _completed_at([stop for halt in group for stop in halt], policy, probing=probing)
        if completed_at is None:
            left = left[1:]
            continue
        found.append(Accumulation(tuple(stop for halt in group for stop in halt), len(group), probing, completed_at))
        left = [halt for halt in left if halt not in group]
    return found


def _halts(stops: Sequence[ShortStop]) -> list[Halt]:
    halts: list[Halt] = []
    for stop in stops:
        if halts and _creeps(halts[-1][-1], stop):
            halts[-1].append(stop)
        else:
            halts.append([stop])
    return halts


def _creeps(a: ShortStop, b: ShortStop) -> bool:
    between_h = max(0, b.start - (a.end or a.start)) / 3.6e6
    return distance_m(a, b) <= max(CREEP_M, 1e3 * CREEP_KMH * between_h)


def _joins(first: ShortStop, stop: ShortStop, policy: Policy) -> bool:
    soon = stop.start - first.start <= 1e3 * policy.accumulate_s
    return soon and distance_m(first, stop) <= policy.accumulate_m


def _completed_at(stops: Sequence[ShortStop], policy: Policy, *, probing: bool) -> int | None:
    """When these stops, which come in the order of time, sufficed; None when they do not."""
    for n in range(2, len(stops) + 1):
        halts = len(_halts(stops[:n]))
        stood_s = sum(map(_duration_s, stops[:n]))
        if (probing and halts >= 2) or (halts >= policy.accumulate_stops and stood_s >= policy.stop_warning_s):
            return stops[n - 1].closed_at
    return None


def _duration_s(stop: ShortStop) -> float:
    return ((stop.end or stop.start) - stop.start) / 1e3
