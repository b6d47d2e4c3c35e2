"""Section 10: whose a sighting is, where it is, and when it is walked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sealtrack.schema import FLAG_SIGHTING, Shipment, Sighting
from tests.naive.admission import Fix, admitted_t, is_beyond
from tests.naive.gate import Step
from tests.naive.geometry import distance_m
from tests.naive.terms import Case, shipment_end


@dataclass(frozen=True)
class Seen:
    """A sighting of one shipment."""

    t: int
    r: int
    place: Fix | None
    wrong: bool
    """Another truck, or another seal."""
    tracker: bool
    order: tuple[Any, ...]
    good: Fix | None = None
    """The last accepted fix."""


def sightings_of(told: list[Sighting], case: Case, shipments: list[Shipment]) -> list[Seen]:
    """Those of the shipment that are walked, each once; `shipments`: the last terms of all."""
    found: dict[tuple[Any, ...], Seen] = {}
    for sighting in told:
        r = sighting.time if sighting.received is None else sighting.received
        t = admitted_t(sighting.time, r, case)
        if is_beyond(t, r, case) or whose(sighting, t, shipments) != case.shipment.shipment_id:
            continue
        place = _place(sighting, t, case)
        wrong, tracker = _is_wrong(sighting, case.at(t)), sighting.source == "tracker"
        content = (sighting.sighting_id, t, place, wrong, tracker)
        if content not in found or r < found[content].r:
            found[content] = Seen(t, r, place, wrong, tracker, (t, -1, r, _rest(place)))
    return sorted(found.values(), key=lambda seen: seen.order)


def whose(sighting: Sighting, t: int, shipments: list[Shipment]) -> str | None:
    """The shipment that is named by the first name that the sighting gives."""
    if sighting.shipment_id:
        named = [s for s in shipments if s.shipment_id == sighting.shipment_id]
    elif sighting.vehicle:
        named = [s for s in shipments if plain(s.vehicle) == plain(sighting.vehicle)]
    elif sighting.seal_id:
        named = [s for s in shipments if s.seal_id == sighting.seal_id]
    elif sighting.plate:
        named = [s for s in shipments if plain(s.vehicle) == plain(sighting.plate)]
    else:
        named = []
    held = [s for s in named if s.depart_at <= t < shipment_end(s, shipments)]
    # reading: of several that hold t the one that departed last, as with reports
    return max(held, key=lambda s: (s.depart_at, s.shipment_id)).shipment_id if held else None


def plain(text: str | None) -> str:
    """A plate without case, blanks and punctuation."""
    return "".join(letter for letter in (text or "").upper() if letter.isalnum())


def _is_wrong(sighting: Sighting, case: Case) -> bool:
    # reading: a shipment without a vehicle has no wrong plate
    # reading: a plate without a letter or a figure was not read; the number of a seal is read as a plate is
    plate, vehicle, seal = plain(sighting.plate), plain(case.shipment.vehicle), plain(sighting.seal_id)
    return bool(plate and vehicle and plate != vehicle) or bool(seal and seal != plain(case.shipment.seal_id))


def _place(sighting: Sighting, t: int, case: Case) -> Fix | None:
    lat, lon = sighting.lat, sighting.lon
    if lat is not None and lon is not None and math.isfinite(lat) and math.isfinite(lon):
        return Fix(lat, lon, t, case.at(t).policy.sighting_error_m)
    zone = case.fences.zones.get(sighting.zone_id or "")
    if zone is None:
        return None
    west, south, east, north = zone.polygon.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    corners = [ring for part in getattr(zone.polygon, "geoms", [zone.polygon]) for ring in part.exterior.coords]
    return Fix(middle[1], middle[0], t, max(distance_m(middle, (x, y)) for x, y in corners))


def _rest(place: Fix | None) -> tuple[tuple[bool, Any], ...]:
    """A sighting among reports of the same (t, seq, r): what a report has and a sighting has not is absent."""
    lat, lon = ((False, 0), (False, 0)) if place is None else ((True, place.lat), (True, place.lon))
    absent = (False, 0)
    return (lat, lon, *[absent] * 4, (True, 0), (True, 0), absent, (True, FLAG_SIGHTING))


def merge(steps: list[Step], seen: list[Seen]) -> list[Step | Seen]:
    """Reports and sightings in walking order; each sighting with the fix accepted last before it."""
    walked: list[Step | Seen] = []
    good: Fix | None = None
    both: list[Step | Seen] = [*steps, *seen]
    for one in sorted(both, key=lambda one: one.report.order if isinstance(one, Step) else one.order):
        if isinstance(one, Step):
            good = one.last
            walked.append(one)
        else:
            walked.append(Seen(one.t, one.r, one.place, one.wrong, one.tracker, one.order, good))
    return walked
