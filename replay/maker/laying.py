"""Finds a place on the road for each episode of a trip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from replay.maker import legs
from replay.maker.company import COMPANY_OFFENCES, COMPANY_TWINS
from replay.maker.conduct import CONDUCT_OFFENCES, CONDUCT_TWINS
from replay.maker.deceit import DECEIT, DECEIT_TWINS
from replay.maker.defeats import BENIGN, DEFEATS
from replay.maker.episodes import EPISODES, Episode, lay_yard
from replay.maker.legs import Leg, NoRoomError
from replay.maker.road import STEP_M, Road
from replay.maker.story import Span

Rng = np.random.Generator
YARD_NODES = 14
"""Half the stretch of road that a visit to a yard takes."""

GATE_NODES = 40
"""A queue ends so far before the destination's middle."""
INSIDE_NODES = 20
"""A dead zone takes the fix so far behind its edge, so that the last fix lies in it."""

STUBBORN = {
    "meeting": 2e9,
    "rest": 1e9,
    "checkpoint": 6e8,
    "dead_zone": 5e8,
    "gate": 4e8,
    "forbidden": 2e8,
    "yard": 1e8,
}
"""Kinds of places of which there are few are given away first; the others by their length, m."""

EXTRA_OFFENCES = CONDUCT_OFFENCES | DEFEATS | COMPANY_OFFENCES | DECEIT
"""Offences that belong to no default mix."""
KNOWN = EPISODES | EXTRA_OFFENCES | CONDUCT_TWINS | BENIGN | COMPANY_TWINS | DECEIT_TWINS


class Named(NamedTuple):
    """An episode as asked for: `late:detour`."""

    name: str
    modifiers: tuple[str, ...]
    episode: Episode

    @classmethod
    def parse(cls, text: str) -> Named:
        *modifiers, name = text.split(":")
        if name not in KNOWN:
            raise ValueError(f"no episode {name!r}; there are {', '.join(KNOWN)}")
        return cls(name, tuple(modifiers), KNOWN[name])


class Plan(NamedTuple):
    """What a trip holds besides driving."""

    episodes: tuple[str, ...]
    filling: tuple[str, ...] = ()
    """Left out where the road has no room for them; the others raise NoRoomError then."""
    meeting: int | None = None
    """Seed of the place where it meets others, who have the same."""


def lay_all(road: Road, plan: Plan, rng: Rng) -> tuple[list[Named], list[tuple[Named, Leg]]]:
    """All episodes that take part, and those with a leg of their own with it, ascending along the road.

    The ones with the least choice of a place come first.
    """
    taken: list[Span] = []
    takes_part, laid = [], []
    asked = [(Named.parse(text), True) for text in plan.episodes]
    asked += [(Named.parse(text), False) for text in plan.filling]
    for one, needed in sorted(asked, key=lambda pair: (not pair[1], -_stubborn(pair[0].episode), pair[0].name)):
        if one.episode.site not in ("whole", "arrival"):
            try:
                leg, span = _lay(road, one.episode, taken, rng, plan.meeting)
            except NoRoomError:
                if needed:
                    raise
                continue
            taken.append(span)
            laid.append((one, leg))
        takes_part.append(one)
    return takes_part, sorted(laid, key=lambda pair: pair[1].start)


def _stubborn(episode: Episode) -> float:
    return STUBBORN.get(episode.site, episode.length_m[1])


class _Site(NamedTuple):
    """What decides where an episode goes."""

    road: Road
    episode: Episode
    taken: list[Span]
    rng: Rng
    meeting: int | None


def _lay(road: Road, episode: Episode, taken: list[Span], rng: Rng, meeting: int | None) -> tuple[Leg, Span]:
    return _PLACES[episode.site](_Site(road, episode, taken, rng, meeting))


def _lay_rest(at: _Site) -> tuple[Leg, Span]:
    start = int(len(at.road.xy) * at.rng.uniform(0.5, 0.75))
    return at.episode.lay(at.road, start, start, at.rng), (start, len(at.road.xy))


def _length(at: _Site) -> int:
    return int(at.rng.uniform(*at.episode.length_m) / STEP_M)


def _lay_gate(at: _Site) -> tuple[Leg, Span]:
    length = _length(at)
    start = len(at.road.xy) - 1 - GATE_NODES - length
    return at.episode.lay(at.road, start, start + length, at.rng), (start, len(at.road.xy))


def _lay_stretch(at: _Site) -> tuple[Leg, Span]:
    length = _length(at)
    start = legs.free_stretch(at.road, at.taken, length, clear=at.episode.clear, rng=at.rng)
    return at.episode.lay(at.road, start, start + length, at.rng), (start, start + length)


def _lay_dead_zone(at: _Site) -> tuple[Leg, Span]:
    if not at.road.dead:
        raise NoRoomError("the road meets no zone with the role dead_zone; give the scenario one in geofences.geojson")
    first, last = at.road.dead[int(at.rng.integers(len(at.road.dead)))]
    span = (first + INSIDE_NODES, last - INSIDE_NODES)
    return at.episode.lay(at.road, *span, at.rng), span


def _lay_checkpoint(at: _Site) -> tuple[Leg, Span]:
    half = _length(at) // 2
    for yard in at.road.yards:
        span = (yard.node - half, yard.node + half)
        if yard.role == "checkpoint" and all(span[1] < first or span[0] > last for first, last in at.taken):
            leg = at.episode.lay(at.road, *span, at.rng)
            return replace(leg, area=yard.area, zone_id=yard.zone_id), span
    raise NoRoomError("no checkpoint left on the road; name a route with one, and one such episode a trip")


def _lay_meeting(at: _Site) -> tuple[Leg, Span]:
    """At the place that all who take part know; laid before all that could take it."""
    if at.meeting is None:
        raise NoRoomError("nobody to meet; name the shipments that do in `meetings`")
    length = _length(at)
    start = legs.free_stretch(at.road, [], length, clear=True, rng=np.random.default_rng(at.meeting))
    return at.episode.lay(at.road, start, start + length, at.rng), (start, start + length)


def _lay_yard(at: _Site) -> tuple[Leg, Span]:
    def is_free(node: int) -> bool:
        return all(node + YARD_NODES < first or node - YARD_NODES > last for first, last in at.taken)

    beside = at.road.forbidden if at.episode.site == "forbidden" else at.road.yards
    yards = [yard for yard in beside if is_free(yard.node)]
    if not yards:
        raise NoRoomError("no such zone left beside the road to turn into; give the trip fewer such episodes")
    yard = yards[int(at.rng.integers(len(yards)))]
    span = (yard.node - YARD_NODES, yard.node + YARD_NODES)
    return lay_yard(at.road, yard, *span, at.rng), span


_PLACES: dict[str, Callable[[_Site], tuple[Leg, Span]]] = {
    "stretch": _lay_stretch,
    "rest": _lay_rest,
    "yard": _lay_yard,
    "forbidden": _lay_yard,
    "checkpoint": _lay_checkpoint,
    "dead_zone": _lay_dead_zone,
    "meeting": _lay_meeting,
    "gate": _lay_gate,
}
