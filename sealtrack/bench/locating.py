"""The corridor test by itself, as a stage of the benchmark: every fix along the route of its shipment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sealtrack.columns import Reports
from sealtrack.core.fences import Fences
from sealtrack.core.jit import entry
from sealtrack.core.locate import locate_on_route
from sealtrack.geofence import Catalogue
from sealtrack.schema import Shipment

NO_ROUTE = -1


def locate(catalogue: Catalogue, shipments: Sequence[Shipment], reports: Reports) -> float:
    """Metres from the route, summed over all fixes; those of a seal without a known route are left out."""
    routes = routes_by_seal(catalogue, shipments, reports.seals)
    return float(_locate_all(catalogue.fences, routes, reports.rows, np.full(len(routes), -1, np.int64)))


def routes_by_seal(catalogue: Catalogue, shipments: Sequence[Shipment], seals: Sequence[str]) -> NDArray[np.int64]:
    """By seal, the number of the first route that a shipment of it declares; NO_ROUTE where none is known."""
    number = {route_id: i for i, route_id in enumerate(catalogue.route_ids)}
    declared = {one.seal_id: number.get(one.route_id.split("|")[0], NO_ROUTE) for one in shipments}
    return np.array([declared.get(seal, NO_ROUTE) for seal in seals], np.int64)


@entry
def _locate_all(fences: Fences, routes: NDArray[np.int64], rows: NDArray[np.void], hints: NDArray[np.int64]) -> float:
    """`routes` and `hints` (segments, -1 = none yet) by seal, as the engine keeps them."""
    total = 0.0
    for i in range(len(rows)):
        lat, lon, seal = rows[i]["lat"], rows[i]["lon"], rows[i]["seal"]
        if routes[seal] != NO_ROUTE and lat == lat and abs(lat) <= 90.0 and abs(lon) <= 180.0:  # noqa: PLR0124 - NaN
            distance_m, _, hints[seal] = locate_on_route(fences, routes[seal], lat, lon, hints[seal])
            total += distance_m
    return total
