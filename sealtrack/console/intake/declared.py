"""Shipments and sightings into the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from sealtrack.console.intake.records import record_json, shipment_of
from sealtrack.console.store.tables.declared import shipment_cards, shipment_records, shipments, sightings
from sealtrack.console.store.upsert import insert_new, put
from sealtrack.declared import holds_from, key_of, keys_of, last_terms
from sealtrack.schema import Shipment, Sighting


def take_shipments(connection: Connection, records: Sequence[Shipment]) -> list[str]:
    """Insert or replace records of shipments; returns the ids of the shipments they belong to."""
    rows = {
        (one.shipment_id, holds_from(one)): {
            "shipment_id": one.shipment_id,
            "amended_ms": holds_from(one),
            "record": record_json(one),
        }
        for one in records
    }
    put(connection, shipment_records, list(rows.values()))
    ids = list(dict.fromkeys(one.shipment_id for one in records))
    refresh_shipments(connection, ids)
    return ids


def refresh_shipments(connection: Connection, ids: Sequence[str]) -> None:
    """Bring the last terms of these shipments in line with their records; one without a record goes."""
    known = shipment_records_of(connection, ids)
    last = last_terms(known)
    gone = set(ids) - {one.shipment_id for one in last}
    connection.execute(delete(shipment_cards).where(shipment_cards.c.shipment_id.in_(ids)))
    connection.execute(delete(shipments).where(shipments.c.shipment_id.in_(gone)))
    put(connection, shipments, [_row(one) for one in last])
    cards = [{"shipment_id": one.shipment_id, "card": card} for one in last for card in set(one.open_cards)]
    insert_new(connection, shipment_cards, cards)


def shipment_records_of(connection: Connection, ids: Sequence[str]) -> list[Shipment]:
    """Every record of these shipments, in the order in which they came to hold."""
    table = shipment_records
    query = select(table.c.record).where(table.c.shipment_id.in_(ids)).order_by(table.c.shipment_id, table.c.amended_ms)
    return [shipment_of(record) for record in connection.scalars(query)]


def take_sightings(connection: Connection, found: Sequence[Sighting], places: Sequence[tuple[int, int]]) -> None:
    """Insert sightings; `places`: (partition, offset) of each."""
    rows = {
        one.sighting_id: {
            "sighting_id": one.sighting_id,
            "time_ms": one.time,
            "key": ":".join(key_of(one)),
            "record": record_json(one),
            "partition": partition,
            "offset": offset,
        }
        for one, (partition, offset) in zip(found, places, strict=True)
    }
    insert_new(connection, sightings, list(rows.values()))


def sightings_of(connection: Connection, records: Sequence[Shipment], from_ms: int, to_ms: int) -> Sequence[Row[Any]]:
    """What was seen of the shipments of these records between two moments, in the order of the topic."""
    keys = sorted({":".join(key) for one in records for key in keys_of(one)})
    where = (sightings.c.key.in_(keys), sightings.c.time_ms.between(from_ms, to_ms))
    query = select(sightings).where(*where).order_by(sightings.c.partition, sightings.c.offset)
    return connection.execute(query).all()


def _row(one: Shipment) -> dict[str, Any]:
    same = ("shipment_id", "seal_id", "route_id", "origin_zone", "destination_zone", "declaration_no", "carrier")
    row = {name: getattr(one, name) for name in (*same, "vehicle", "cargo", "unit", "policy")}
    times = {"depart_ms": one.depart_at, "arrive_by_ms": one.arrive_by, "closed_ms": one.closed_at}
    return row | times | {"amended_ms": one.amended_at}
