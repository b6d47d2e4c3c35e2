"""A truck on a road that its shipment does not declare: the whole drive is the offence."""

from __future__ import annotations

import numpy as np
import shapely

from replay.maker.catalogue import Catalogue
from replay.maker.episodes import MUST
from replay.maker.road import Road
from replay.maker.story import Label, Passage
from replay.maker.trip import Trip
from sealtrack.schema import Kind


def with_undeclared(trip: Trip, driven: str, road: Road, catalogue: Catalogue) -> Trip:
    """The trip, with a label from leaving to regaining the declared routes where `driven` is none of them."""
    declared = trip.shipment.route_id.split("|")
    lines = [catalogue.corridor(route_id) for route_id in declared]
    if driven in declared:
        return trip
    where = shapely.points(road.plane.to_xy(np.column_stack([trip.truth["lon"], trip.truth["lat"]])))
    off_m = [shapely.distance(where, shapely.LineString(road.plane.to_xy(x.lonlat))) - x.half_width_m for x in lines]
    outside = trip.columns["time"][np.min(off_m, axis=0) > 0]
    return trip._replace(labels=[*trip.labels, _label(trip, (int(outside.min()), int(outside.max())))])


def _label(trip: Trip, span: tuple[int, int]) -> Label:
    note = f"drives another road than {trip.shipment.route_id}"
    return Passage.blank(trip.shipment, "undeclared").label(Kind.route_deviation, span, MUST, note)
