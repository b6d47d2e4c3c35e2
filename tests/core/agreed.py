"""What is declared of the shipments of a feed: routes, deadlines, zones, and terms that change on the way."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from sealtrack.schema import Shipment
from tests.core.trips import HOUR, MINUTE

VEHICLE = "15C-123.45"
ROUTES = st.sampled_from(["road", "road", "road|bypass", "road|loop", "loop", "unknown"])
CARDS = st.sampled_from([(), ("officer",)])


@st.composite
def agreed(draw: st.DrawFn, first_ms: int, last_ms: int) -> list[Shipment]:
    """One or two shipments of the seal, each of one or several records."""
    named = draw(st.booleans())
    half_ms = (first_ms + last_ms) // 2
    origin, destination = draw(
        st.sampled_from([("port", "gate"), ("port", "gate"), ("gate", "port"), ("port", "nowhere")])
    )
    soon = [last_ms + 2 * MINUTE, last_ms + 10 * MINUTE]
    due = [None, half_ms, max(first_ms, last_ms - 20 * MINUTE), last_ms, *soon, *soon, last_ms + 30 * MINUTE]
    one = Shipment(
        shipment_id="S1",
        seal_id="seal",
        route_id=draw(ROUTES),
        depart_at=first_ms - draw(st.sampled_from([0, HOUR])),
        arrive_by=draw(st.sampled_from(due)),
        origin_zone=origin if named else None,
        destination_zone=destination if named else None,
        closed_at=draw(st.sampled_from([None, None, half_ms + 7 * MINUTE, last_ms + HOUR])),
        open_cards=draw(CARDS),
        vehicle=draw(st.sampled_from([VEHICLE, VEHICLE, None])),
    )
    records = [one, *draw(amendments(one, first_ms, last_ms))]
    if not draw(st.booleans()):
        return records
    depart_ms = draw(st.sampled_from([half_ms, one.depart_at, last_ms + 10 * MINUTE]))
    two = Shipment(
        shipment_id="S2",
        seal_id="seal",
        route_id="road",
        depart_at=depart_ms,
        arrive_by=draw(st.sampled_from([None, depart_ms + 15 * MINUTE, depart_ms + 70 * MINUTE])),
        destination_zone="gate",
    )
    return [*records, two]


@st.composite
def amendments(draw: st.DrawFn, one: Shipment, first_ms: int, last_ms: int) -> list[Shipment]:
    """Further records of a shipment, in the order in which they are told."""
    found = []
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        share = draw(st.sampled_from([-0.1, 0.3, 0.3, 0.6, 1.1]))
        one = replace(
            one,
            amended_at=int(first_ms + share * (last_ms - first_ms)),
            route_id=draw(ROUTES),
            destination_zone=draw(st.sampled_from([one.destination_zone, "gate", "yard"])),
            open_cards=draw(CARDS),
            vehicle=draw(st.sampled_from([one.vehicle, one.vehicle, "29H-999.99"])),
            policy=draw(st.sampled_from([None, "strict"])),
        )
        found.append(one)
    return found
