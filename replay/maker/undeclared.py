"""A truck on a road that its shipment does not declare: the whole drive is the offence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from replay.maker.catalogue import Catalogue
from replay.maker.episodes import MUST, MUST_NOT
from replay.maker.road import Road
from replay.maker.story import Label, Passage
from replay.maker.together import declared_at
from replay.maker.trip import Trip
from sealtrack.schema import Kind, Shipment


def with_undeclared(
    trip: Trip, driven: str, road: Road, catalogue: Catalogue, amendments: Sequence[Shipment] = ()
) -> Trip:
    """The trip, with a label from leaving to regaining the declared routes where `driven` is none of them.

    `amendments`: later records of the shipment; what counts is the route declared when the truck is off it.
    """
    agreed = [trip.shipment, *amendments]
    if all(driven in record.route_id.split("|") for record in agreed):
        return trip
    where = shapely.points(road.plane.to_xy(np.column_stack([trip.truth["lon"], trip.truth["lat"]])))
    time = trip.columns["time"]
    held = np.array([declared_at(agreed, int(ms)) for ms in time])
    outside = np.zeros(len(time), np.bool_)
    for route in {record.route_id for record in agreed}:
        lines = [catalogue.corridor(route_id) for route_id in route.split("|")]
        off_m = [
            shapely.distance(where, shapely.LineString(road.plane.to_xy(x.lonlat))) - x.half_width_m for x in lines
        ]
        outside |= (held == route) & (np.min(off_m, axis=0) > 0)
    if not outside.any():
        note = "the way round was approved before the truck took it"
        span = (int(time.min()), int(time.max()))
        twin = Passage.blank(trip.shipment, "amended").label(Kind.route_deviation, span, MUST_NOT, note)
        return trip._replace(labels=[*trip.labels, twin])
    return trip._replace(labels=[*trip.labels, _label(trip, (int(time[outside].min()), int(time[outside].max())))])


def _label(trip: Trip, span: tuple[int, int]) -> Label:
    note = f"drives another road than {trip.shipment.route_id}"
    return Passage.blank(trip.shipment, "undeclared").label(Kind.route_deviation, span, MUST, note)
