"""Records of shipments as the rows that the kernels read, many at once: few differ in route, zones and policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import Fences
from sealtrack.core.state import INFO_DTYPE, MAX_ROUTES, NO_ZONE, UNKNOWN_ZONE
from sealtrack.declared import holds_from
from sealtrack.engine.atlas import Atlas
from sealtrack.io.codecs.times import time_text
from sealtrack.policy import Policies
from sealtrack.schema import NO_TIME, Shipment

_Key = tuple[object, ...]


class Told(NamedTuple):
    """Records as rows, and what is wrong with them."""

    rows: NDArray[np.void]
    """INFO_DTYPE, a row for each, without what the others of its seal and shipment decide, and without cards."""
    problems: list[list[str]]
    """By row: a line for all that lets it be judged only in part."""


class TermsRows:
    """Where each record leads and by which policy it is judged, in numbers."""

    def __init__(self, atlas: Atlas, policies: Policies) -> None:
        self._atlas = atlas
        self._policies = policies
        self._policy_rows = {name: number for number, name in enumerate(policies.names())}
        self._along_m: dict[tuple[int, int], float] = {}
        self._along_of: Fences | None = None
        """Where zones lie along routes, by (route, zone) of these fences."""

    def of(self, records: Sequence[Shipment]) -> Told:
        """All of these, in their order."""
        keys: dict[_Key, int] = {}
        first: list[Shipment] = []
        which = np.empty(len(records), np.intp)
        for row, record in enumerate(records):
            number = which[row] = keys.setdefault(self._key(record), len(keys))
            if number == len(first):
                first.append(record)
        common = np.zeros(len(first), INFO_DTYPE)
        found = [self._fill(common[number], record) for number, record in enumerate(first)]
        rows: NDArray[np.void] = common[which]
        rows["depart_ms"] = [record.depart_at for record in records]
        rows["from_ms"] = [holds_from(record) for record in records]
        rows["arrive_by_ms"] = [NO_TIME if record.arrive_by is None else record.arrive_by for record in records]
        problems = [
            [f"{_who(record)}: {what}" for what in found[number]] if found[number] else []
            for record, number in zip(records, which.tolist(), strict=True)
        ]
        return Told(rows, problems)

    def _key(self, record: Shipment) -> _Key:
        """Records with the same one have the same row, but for their times."""
        chosen_by = (record.cargo, record.unit) if self._policies.applies_to else ()
        ends = record.origin_zone, record.destination_zone
        return self._atlas.number_of(record), record.route_id, *ends, record.policy, *chosen_by

    def _fill(self, info: NDArray[np.void], record: Shipment) -> list[str]:
        catalogue = self._atlas.number_of(record)
        zones = self._atlas.zones[catalogue]
        problems = self._fill_routes(info, record, catalogue)
        for column, name in (("origin", record.origin_zone), ("destination", record.destination_zone)):
            info[column] = zones.get(name, UNKNOWN_ZONE) if name else NO_ZONE
            if name and name not in zones:
                problems.append(f"unknown {column} zone {name}; it permits nothing")
        self._fill_direction(info)
        chosen = self._policies.choose(record)
        if record.policy and record.policy != chosen:
            problems.append(f"unknown policy {record.policy}; {chosen or 'the default'} is used")
        info["policy"] = self._policy_rows[chosen] + catalogue * len(self._policy_rows)
        return problems

    def _fill_routes(self, info: NDArray[np.void], record: Shipment, catalogue: int) -> list[str]:
        problems = []
        known = self._atlas.routes[catalogue]
        names = [name for name in record.route_id.split("|") if name]
        routes = [known[name] for name in names if name in known]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            what = f"unknown route {', '.join(unknown)}" if unknown else "no route"
            problems.append(f"{what}; without a corridor route_deviation cannot be judged")
        if len(routes) > MAX_ROUTES:
            problems.append(f"{len(routes)} alternative routes, only the first {MAX_ROUTES} are used")
        info["n_routes"] = min(len(routes), MAX_ROUTES)
        info["routes"][: info["n_routes"]] = routes[:MAX_ROUTES]
        return problems

    def _fill_direction(self, info: NDArray[np.void]) -> None:
        """Which way along each route the destination lies from the origin, and where; 0 when the zones do not tell."""
        origin, destination = int(info["origin"]), int(info["destination"])
        if origin < 0 or destination < 0:
            return
        for i in range(info["n_routes"]):
            route = int(info["routes"][i])
            info["goal_m"][i] = self._at_m(route, destination)
            origin_m = self._at_m(route, origin)
            if not (self._atlas.is_met_twice(route, origin_m) or self._atlas.is_met_twice(route, info["goal_m"][i])):
                info["toward"][i] = np.sign(info["goal_m"][i] - origin_m)

    def _at_m(self, route: int, zone: int) -> float:
        """Where along a route the vertex nearest to a zone's middle lies; few pairs of them serve all shipments."""
        if self._along_of is not self._atlas.fences:
            self._along_of = self._atlas.fences
            self._along_m.clear()
        if (route, zone) not in self._along_m:
            self._along_m[route, zone] = self._nearest_m(route, zone)
        return self._along_m[route, zone]

    def _nearest_m(self, route: int, zone: int) -> float:
        fences = self._atlas.fences
        r, z = fences.routes[route], fences.zones[zone]
        vertices = fences.vertices[r["vertex_start"] : r["vertex_start"] + r["vertex_count"]]
        ring = slice(z["ring_start"], z["ring_end"])
        dlat = vertices["lat"] - np.nanmean(fences.ring_lat[ring])
        dlon = vertices["lon"] - np.nanmean(fences.ring_lon[ring])
        return float(vertices["route_m"][np.argmin(np.hypot(dlat, dlon))])


def _who(record: Shipment) -> str:
    amended = "" if record.amended_at is None else f" as amended at {time_text(record.amended_at)}"
    return f"shipment {record.shipment_id}{amended}"
