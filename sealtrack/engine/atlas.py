"""The versions of the geofences side by side, and which of them judges a shipment.

A version holds for what departs, or is amended, from its time on; the first one also for all before. So which one
judges a record follows from the record and the versions alone: every worker, every restart says the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import DEAD_ZONE, FORBIDS_ENTER, LIMITS_SPEED, Fences, join
from sealtrack.core.machine import machine_table
from sealtrack.core.meeting import stretches_met_twice
from sealtrack.core.spans import checkpoint_spans
from sealtrack.core.state import Rules
from sealtrack.errors import InputError
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.schema import NO_TIME, Shipment


class Edition(NamedTuple):
    """A catalogue, and the time from which it is the one in force."""

    from_ms: int
    catalogue: Catalogue


def edition_at(editions: Sequence[Edition], declared_ms: int) -> Edition:
    """Of editions by time, one at least, the one that judges what is declared for this moment."""
    return editions[max(0, bisect_right([one.from_ms for one in editions], declared_ms) - 1)]


class Atlas:
    """Catalogues by number, each with its routes and zones behind those of the one before.

    A catalogue that has a number keeps it: state that names routes and zones by number stays true.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.editions: list[Edition] = [Edition(NO_TIME, catalogue)]
        """By time; the first of them holds from the start."""
        self.catalogues: list[Catalogue] = []
        self._number([catalogue])

    def follow(self, editions: Sequence[Edition]) -> bool:
        """Take these for all the editions there are, one at least; False when that is nothing new."""
        ordered = sorted(editions, key=lambda one: (one.from_ms, one.catalogue.sha256))
        if _said(ordered) == _said(self.editions):
            return False
        self.editions = ordered
        known = {one.sha256 for one in self.catalogues}
        new = {one.catalogue.sha256: one.catalogue for one in ordered if one.catalogue.sha256 not in known}
        if new:
            self._number([*self.catalogues, *new.values()])
        return True

    def number_of(self, record: Shipment) -> int:
        """The catalogue that judges this record of a shipment."""
        declared_ms = record.depart_at if record.amended_at is None else record.amended_at
        return self._numbers[edition_at(self.editions, declared_ms).catalogue.sha256]

    def version_of(self, record: Shipment) -> str:
        """Its short name, for the evidence."""
        return self.catalogues[self.number_of(record)].version

    def rules(self, policies: Policies) -> Rules:
        """For the kernels. A row of policies for each catalogue: `catalogue number * number of policies + policy`."""
        rows = np.tile(policies.rows(), len(self.catalogues))
        rows["catalogue"] = np.repeat(np.arange(len(self.catalogues)), len(policies.names()))
        fences, (spans, span_start) = self.fences, checkpoint_spans(self.fences)
        twice, twice_start = self.twice
        return Rules(
            fences=fences,
            policies=rows,
            table=machine_table(rows),
            zones_forbid=_any(fences, FORBIDS_ENTER),
            zones_limit_speed=_any(fences, LIMITS_SPEED),
            zones_dead=_any(fences, DEAD_ZONE),
            twice=twice,
            twice_start=twice_start,
            spans=spans,
            span_start=span_start,
            short_way=True,
        )

    def is_met_twice(self, route: int, at_m: float) -> bool:
        """Whether the line of a route, by its number in `fences`, comes back near itself so far along it."""
        stretches = self.twice[0][self.twice[1][route] : self.twice[1][route + 1]]
        return bool(((stretches["from_m"] <= at_m) & (at_m <= stretches["to_m"])).any())

    def dump(self) -> dict[str, Any]:
        """For a snapshot: hashes by number, and the editions."""
        return {
            "catalogues": [one.sha256 for one in self.catalogues],
            "editions": [(one.from_ms, one.catalogue.sha256) for one in self.editions],
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Number the catalogues as `dump` did; InputError when one of them is not known here."""
        known = {one.sha256: one for one in self.catalogues}
        missing = [name for name in state["catalogues"] if name not in known]
        if missing:
            raise InputError(
                f"snapshot: taken with geofences {missing[0][:12]}, which are not known any more; "
                "start without it and replay the feed"
            )
        self._number([known[name] for name in state["catalogues"]])
        self.editions = [Edition(from_ms, known[name]) for from_ms, name in state["editions"]]

    def _number(self, catalogues: list[Catalogue]) -> None:
        self.catalogues = catalogues
        self._numbers = {one.sha256: number for number, one in enumerate(catalogues)}
        self.fences = join([one.fences for one in catalogues])
        self.twice = stretches_met_twice(self.fences)
        """Where routes come back near themselves, and by route its first stretch."""
        self.zone_ids = [zone for one in catalogues for zone in one.zone_ids]
        """By number in `fences`."""
        starts: NDArray[np.int64] = np.cumsum([[0, 0], *([len(c.route_ids), len(c.zone_ids)] for c in catalogues)], 0)
        self.routes = [_names(one.route_ids, int(starts[number, 0])) for number, one in enumerate(catalogues)]
        """By catalogue: route id to number in `fences`."""
        self.zones = [_names(one.zone_ids, int(starts[number, 1])) for number, one in enumerate(catalogues)]


def _names(ids: Sequence[str], start: int) -> dict[str, int]:
    return {name: start + number for number, name in enumerate(ids)}


def _said(editions: Sequence[Edition]) -> list[tuple[int, str]]:
    """The first edition's time is as good as any before it."""
    return [(one.from_ms if number else NO_TIME, one.catalogue.sha256) for number, one in enumerate(editions)]


def _any(fences: Fences, rule: int) -> bool:
    return bool((fences.zones["rules"] & rule).any())
