"""Section 10: whose a sighting is, where it is, and when it is walked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from sealtrack.schema import FLAG_SIGHTING, Sighting
from tests.naive.admission import Fix, admitted_t, is_beyond
from tests.naive.gate import Step
from tests.naive.geometry import distance_m
from tests.naive.terms import Case


@dataclass(frozen=True)
class Seen:
    """A sighting of one shipment."""

    t: int
    r: int
    place: Fix | None
    signs: frozenset[str]
    """Of plate, seal and watcher: another plate, another seal, a source that is no tracker."""
    order: tuple[Any, ...]
    good: Fix | None = None
    """The last accepted fix."""


def sightings_of(told: list[Sighting], case: Case) -> list[Seen]:
    """Those of the shipment that are walked, each once."""
    found: dict[tuple[Any, ...], Seen] = {}
    for sighting in told:
        r = sighting.time if sighting.received is None else sighting.received
        t = admitted_t(sighting.time, r, case)
        if is_beyond(t, r, case) or not _is_of(sighting, t, case):
            continue
        place = _place(sighting, t, case)
        signs = _signs(sighting, case.at(t))
        content = (sighting.sighting_id, t, place, signs)
        if content not in found or r < found[content].r:
            found[content] = Seen(t, r, place, signs, (t, -1, r, _rest(place)))
    return sorted(found.values(), key=lambda seen: seen.order)


def _is_of(sighting: Sighting, t: int, case: Case) -> bool:
    """Whether the first name that the sighting gives is the shipment's, and the shipment is under way then."""
    vehicle = case.at(t).shipment.vehicle
    names = (
        (sighting.shipment_id, case.shipment.shipment_id),
        (sighting.vehicle, vehicle),
        (sighting.seal_id, case.shipment.seal_id),
        (sighting.plate, vehicle),
    )
    given, own = next(((given, own) for given, own in names if plain(given)), (None, None))
    return bool(given) and plain(given) == plain(own) and case.shipment.depart_at <= t < case.end


def plain(text: str | None) -> str:
    """A plate without case, blanks and punctuation."""
    return "".join(letter for letter in (text or "").upper() if letter.isalnum())


def _signs(sighting: Sighting, case: Case) -> frozenset[str]:
    # reading: a plate without a letter or a figure was not read; the number of a seal is read as a plate is
    plate, seal = plain(sighting.plate), plain(sighting.seal_id)
    signs = {
        "plate": plate and plain(case.shipment.vehicle) and plate != plain(case.shipment.vehicle),
        "seal": seal and seal != plain(case.shipment.seal_id),
        "watcher": sighting.source != "tracker",
    }
    return frozenset(sign for sign, holds in signs.items() if holds)


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
            walked.append(replace(one, good=good))
    return walked
