"""Make a feed from a spec: many shipments on one road, with ground truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.maker.catalogue import Catalogue, read_catalogue
from replay.maker.episodes import OFFENCES
from replay.maker.fleet import declare
from replay.maker.laying import EXTRA_OFFENCES, Plan
from replay.maker.reports import Columns, Receiver
from replay.maker.road import Road, build_road
from replay.maker.story import Label
from replay.maker.together import Amendment, bring_together, records, with_outages
from replay.maker.trip import Trip, make_trip
from replay.maker.undeclared import with_undeclared
from sealtrack.schema import Shipment, Sighting

CATALOGUE = Path(__file__).parents[2] / "geofences"
START_MS = 1_773_100_800_000
"""2026-03-10T00:00:00Z, 07:00 in Vietnam."""
OFFENCE_SHARES: Mapping[str, float] = dict.fromkeys(OFFENCES, 0.01) | {
    "detour": 0.04,
    "unloading": 0.03,
    "stop": 0.05,
    "opening": 0.04,
    "jammer": 0.02,
}
TWIN_SHARES: Mapping[str, float] = {
    "rest_stop": 0.5,
    "fuel_stop": 0.5,
    "jam": 0.3,
    "tunnel": 0.2,
    "spikes": 0.1,
    "wild": 0.02,
    "dropped_zero": 0.03,
}
DEFAULT_MIX: Mapping[str, float] = {**OFFENCE_SHARES, **TWIN_SHARES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything a feed depends on, besides the catalogue: the same spec gives the same feed."""

    seed: int
    route: str = "haiphong-huunghi"
    origin_zone: str = "port-dinhvu"
    destination_zone: str = "gate-huunghi"
    n_shipments: int = 1
    start_ms: int = START_MS
    departures_h: float = 14.0
    """Departures are spread over so many hours."""
    interval_s: float = 30.0
    noise_m: float = 5.0
    """Sigma of the receiver's noise, per axis."""
    loss: float = 0.01
    """Share of reports that never arrive."""
    lateness: float = 0.0
    """Share of shipments that drive through a hole in coverage and upload what they stored in a burst."""
    episodes: tuple[tuple[str, ...], ...] = ()
    """What the first shipments go through, each by the names in `replay.maker.episodes`."""
    declared: tuple[str, ...] = ()
    """`route_id` of the first shipments, where it is not `route`: alternatives (`A|B`), or a road they do not take."""
    meetings: tuple[tuple[int, ...], ...] = ()
    """Numbers, from 1, of shipments that stand at one place together; each needs the episode `meet` or `standstill`."""
    outages: tuple[tuple[float, float], ...] = ()
    """Hours after the start, and minutes: nobody is heard then."""
    amended: tuple[Amendment, ...] = ()
    mix: Mapping[str, float] = field(default_factory=dict)
    """For the shipments after those: episode name to its share of shipments. At most one offence a shipment."""


class Feed(NamedTuple):
    reports: Columns
    """Wire name of `sealtrack.schema.Report` to a column; ascending `received`. Times in epoch ms, text as str."""
    truth: Columns
    """`lat`, `lon`, `speed` (km/h) without any noise or fault, parallel to `reports`."""
    shipments: list[Shipment]
    """Several records of one where it was amended."""
    labels: list[Label]
    sightings: list[Sighting]


def make(spec: Spec, catalogue: Catalogue | None = None) -> Feed:
    """The feed of a spec, on the catalogue of this repository unless another is given.

    ValueError if the spec names what is not in the catalogue, or more than the road has room for.
    """
    catalogue = catalogue or read_catalogue(CATALOGUE)
    rng = np.random.default_rng(spec.seed)
    road = build_road(catalogue, spec.route, spec.origin_zone, spec.destination_zone, rng)
    trips = [_trip(spec, road, index) for index in range(max(spec.n_shipments, len(spec.episodes)))]
    bring_together(trips, spec.meetings, lambda index, late_ms: _trip(spec, road, index, late_ms))
    trips = [with_outages(trip, _outages(spec)) for trip in trips]
    agreed = [records(trip.shipment, number, spec.amended) for number, trip in enumerate(trips, 1)]
    trips = [
        with_undeclared(trip, spec.route, road, catalogue, more[1:]) for trip, more in zip(trips, agreed, strict=True)
    ]
    order = np.argsort(np.concatenate([trip.columns["received"] for trip in trips]), kind="stable")
    reports = _stack([trip.columns for trip in trips], order)
    truth = _stack([trip.truth for trip in trips], order)
    labels = [label for trip in trips for label in trip.labels]
    seen = sorted((one for trip in trips for one in trip.sightings), key=lambda one: (one.received, one.sighting_id))
    return Feed(reports, truth, [record for one in agreed for record in one], labels, seen)


def _outages(spec: Spec) -> list[tuple[int, int]]:
    starts = [spec.start_ms + round(after_h * 3_600_000) for after_h, _ in spec.outages]
    return [(start, start + round(minutes * 60_000)) for start, (_, minutes) in zip(starts, spec.outages, strict=True)]


def _trip(spec: Spec, road: Road, index: int, late_ms: int = 0) -> Trip:
    # a stream of its own: another shipment more or less changes none of the others
    rng = np.random.default_rng([spec.seed, index])
    count = max(spec.n_shipments, len(spec.episodes))
    depart_ms = spec.start_ms + round((index + rng.uniform(0, 0.8)) * spec.departures_h * 3600 / count) * 1000
    zones = (spec.origin_zone, spec.destination_zone)
    route = spec.declared[index] if index < len(spec.declared) else spec.route
    shipment = declare(index, route=route, zones=zones, depart_ms=depart_ms + late_ms // 1_000 * 1_000, rng=rng)
    plan = Plan(spec.episodes[index]) if index < len(spec.episodes) else _draw(spec, rng)
    met = [number for number, members in enumerate(spec.meetings) if index + 1 in members]
    plan = plan._replace(meeting=spec.seed * 1_000 + met[0] if met else None)
    return make_trip(road, shipment, plan, Receiver(spec.interval_s, spec.noise_m, spec.loss), rng)


def _draw(spec: Spec, rng: np.random.Generator) -> Plan:
    offences = {name: share for name, share in spec.mix.items() if _is_offence(name)}
    shares = np.array([*offences.values(), max(0.0, 1 - sum(offences.values()))])
    offence = int(rng.choice(len(shares), p=shares / shares.sum()))
    episodes = (list(offences)[offence],) if offence < len(offences) else ()
    twins = {name: share for name, share in spec.mix.items() if name not in offences} | {"hole": spec.lateness}
    return Plan(episodes, tuple(name for name, share in twins.items() if rng.random() < share))


def _is_offence(name: str) -> bool:
    return name.rsplit(":", maxsplit=1)[-1] in OFFENCES | EXTRA_OFFENCES


def _stack(parts: Sequence[Columns], order: NDArray[np.intp]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
