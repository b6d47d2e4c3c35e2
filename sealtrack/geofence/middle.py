"""The middle of a zone, for what is known to be in it and no more."""

from __future__ import annotations

import numpy as np

from sealtrack.core.fences import Fences
from sealtrack.core.geodesy import A_M, E2, RAD


def middle_of_zone(fences: Fences, zone: int) -> tuple[float, float, float]:
    """(lat, lon, metres to the furthest ring vertex) of the middle of the box of zone number `zone`."""
    ring = slice(fences.zones[zone]["ring_start"], fences.zones[zone]["ring_end"])
    lats, lons = fences.ring_lat[ring], fences.ring_lon[ring]
    lat = float(np.nanmin(lats) + np.nanmax(lats)) / 2
    lon = float(np.nanmin(lons) + np.nanmax(lons)) / 2
    # The plane at the middle latitude, as in `core.geodesy`: a zone is small.
    sine = np.sin((lats + lat) / 2 * RAD)
    w = 1 - E2 * sine * sine
    north_m = (lats - lat) * RAD * A_M * (1 - E2) / w**1.5
    east_m = (lons - lon) * RAD * A_M / np.sqrt(w) * np.sqrt(1 - sine * sine)
    return lat, lon, float(np.nanmax(np.hypot(north_m, east_m)))
