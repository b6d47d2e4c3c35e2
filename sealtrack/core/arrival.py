"""Whether a truck has reached its destination (judgement section 7)."""

from __future__ import annotations

from sealtrack.core.fences import PERMITS_OPEN
from sealtrack.core.geodesy import distance_m
from sealtrack.core.jit import helper
from sealtrack.core.state import NO_ZONE, Fix, Row, Rules, Store
from sealtrack.core.zones import ANY, find_zone, holds
from sealtrack.schema import NO_TIME


@helper
def has_arrived(rules: Rules, store: Store, slot: int, lat: float, lon: float, t_ms: int) -> bool:
    """True at the destination; where none is named, in a zone that permits open, or at the end of a route."""
    info = store.info[slot]
    fences = rules.fences
    if info["destination"] != NO_ZONE:
        return holds(fences, info["destination"], lat, lon, 0.0, t_ms)
    if find_zone(fences, lat, lon, 0.0, t_ms, PERMITS_OPEN, info["routes"], 0, ANY) >= 0:
        return True
    for i in range(info["n_routes"]):
        r = fences.routes[info["routes"][i]]
        last = fences.vertices[r["vertex_start"] + r["vertex_count"] - 1]
        if distance_m(lat, lon, last["lat"], last["lon"]) <= r["half_width_m"]:
            return True
    return False


@helper
def note_arrival(rules: Rules, store: Store, slot: int, trip: Row, before: Fix, report: Row) -> None:
    """From the deadline on, remember where it found the truck, and the first fix at the destination from then on."""
    deadline_ms = store.info[slot]["arrive_by_ms"]
    if deadline_ms == NO_TIME or report["time_ms"] <= deadline_ms or trip["arrived_ms"] != NO_TIME:
        return
    good = trip["good"]
    in_time = before[0] != NO_TIME and before[0] <= deadline_ms
    if in_time:
        trip["due_fix_ms"], trip["due_lat"], trip["due_lon"] = before
    if in_time and has_arrived(rules, store, slot, before[1], before[2], before[0]):
        trip["arrived_ms"] = before[0]
        return
    if good["ms"] == report["time_ms"] and has_arrived(rules, store, slot, good["lat"], good["lon"], good["ms"]):
        trip["arrived_ms"] = good["ms"]
