"""Where stops are permitted (judgement section 5), and the memory of it for a truck that stands there for hours.

Its mean moves by centimetres, and the ring of a port has many edges. So the zone that held it is remembered with the
distance to the nearest edge: whatever lies nearer to that place is inside as well, and it is only asked again whether
the zone is in force.
"""

from __future__ import annotations

from sealtrack.core.fences import PERMITS_STOP
from sealtrack.core.geodesy import no_further
from sealtrack.core.jit import helper
from sealtrack.core.state import NO_ZONE, Row, Rules
from sealtrack.core.zones import ANY, depth_m, find_zone, zone_in_force

SURE = 0.98
"""The plane of a zone's edges is that of one point: so much of a distance holds for its neighbours, too."""


@helper
def is_known_rest(rules: Rules, policy: Row, trip: Row, lat: float, lon: float, t_ms: int) -> bool:
    """True when what is remembered shows that stopping is permitted there."""
    zone = trip["rest_zone"]
    if zone == NO_ZONE or trip["rest_catalogue"] != policy["catalogue"]:
        return False
    near = no_further(trip["rest_lat"], trip["rest_lon"], lat, lon, SURE * trip["rest_m"])
    return near and zone_in_force(rules.fences, zone, t_ms)


@helper
def may_stop(rules: Rules, policy: Row, trip: Row, t_ms: int) -> bool:
    """True where a zone permits stopping at the anchor's mean."""
    lat, lon = trip["anchor"]["lat"], trip["anchor"]["lon"]
    if is_known_rest(rules, policy, trip, lat, lon, t_ms):
        return True
    catalogue, no_routes = policy["catalogue"], rules.fences.route_zones[:0]
    zone = find_zone(rules.fences, catalogue, lat, lon, policy["fix_error_m"], t_ms, PERMITS_STOP, no_routes, 0, ANY)
    if zone < 0:
        return False
    trip["rest_zone"] = zone
    trip["rest_catalogue"] = catalogue
    trip["rest_lat"] = lat
    trip["rest_lon"] = lon
    trip["rest_m"] = depth_m(rules.fences, zone, lat, lon)
    return True
