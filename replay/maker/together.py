"""What goes beyond one trip: meetings, a network that fails for everybody, a route amended on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from replay.maker.episodes import MAY, MINUTE_MS
from replay.maker.story import Label, Passage
from replay.maker.trip import Trip
from sealtrack.schema import Kind, Shipment

Make = Callable[[int, int], Trip]
"""Trip number `index`, departing so many ms later than it would."""

APART_MS = 40_000
"""Who meets others comes so long after the one before."""
MET = ("meet", "standstill")
HOUR_MS = 60 * MINUTE_MS


class Amendment(NamedTuple):
    """From a moment on a shipment may take another route."""

    shipment: int
    """Its number, from 1."""
    after_h: float
    """Hours after its departure."""
    route: str


def bring_together(trips: list[Trip], meetings: Sequence[Sequence[int]], make: Make) -> None:
    """Shift the departures of those who meet so that they stand at their place together; numbers from 1, in place."""
    for numbers in meetings:
        if len(numbers) < 2:
            raise ValueError(f"meetings: {list(numbers)} must name two shipments or more")
        first = _met(trips[numbers[0] - 1])
        for rank, number in enumerate(numbers[1:], 1):
            late_ms = first.start_ms + rank * APART_MS - _met(trips[number - 1]).start_ms
            trips[number - 1] = make(number - 1, late_ms)
        for number in numbers:
            others = [_met(trips[other - 1]) for other in numbers if other != number]
            trips[number - 1] = _shared(trips[number - 1], others)


def _met(trip: Trip) -> Label:
    found = [label for label in trip.labels if label.kind == Kind.rendezvous and label.cause in MET]
    if not found:
        raise ValueError(f"{trip.shipment.shipment_id} is named in `meetings`; give it an episode of {', '.join(MET)}")
    return found[0]


def _shared(trip: Trip, others: Sequence[Label]) -> Trip:
    """The trip with its meeting cut to the time that it shares with somebody."""
    mine = _met(trip)
    start = max(mine.start_ms, min(label.start_ms for label in others))
    end = min(mine.end_ms, max(label.end_ms for label in others))
    cut = mine._replace(start_ms=start, end_ms=end)
    return trip._replace(labels=[cut if label is mine else label for label in trip.labels])


def with_outages(trip: Trip, outages: Sequence[tuple[int, int]]) -> Trip:
    """The trip without what was sent while the operator's network was down; nothing of it was stored."""
    for span in outages:
        time = trip.columns["time"]
        kept = (time < span[0]) | (time >= span[1])
        if kept.all():
            continue
        columns, truth = ({k: v[kept] for k, v in part.items()} for part in (trip.columns, trip.truth))
        blank = Passage.blank(trip.shipment, "outage")
        label = blank.label(Kind.signal_loss, span, MAY, "the network is down for everybody; nothing stored")
        trip = trip._replace(columns=columns, truth=truth, labels=[*trip.labels, label])
    return trip


def records(shipment: Shipment, number: int, amendments: Sequence[Amendment]) -> list[Shipment]:
    """All records of a shipment: as it was declared, and as it was amended."""
    own = [one for one in amendments if one.shipment == number]
    at = [shipment.depart_at + round(one.after_h * HOUR_MS) for one in own]
    return [shipment, *(replace(shipment, route_id=x.route, amended_at=ms) for x, ms in zip(own, at, strict=True))]


def declared_at(shipments: Sequence[Shipment], time_ms: int) -> str:
    """The route that these records of one shipment declare at a moment."""
    order = sorted(shipments, key=lambda shipment: shipment.amended_at or 0)
    starts = np.array([shipment.amended_at or 0 for shipment in order])
    return order[max(int(np.searchsorted(starts, time_ms, side="right")) - 1, 0)].route_id
