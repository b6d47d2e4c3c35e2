"""Places where stops and openings repeat, and who had to do with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select

from sealtrack.console.store.tables.declared import shipment_cards
from sealtrack.console.store.tables.judged import alerts, incident_alerts, incidents
from sealtrack.schema import Kind, Status

CELL_DEG = 0.005
"""Stops within about 500 m are at one place."""
_MOST = 50
_KINDS = (Kind.unauthorised_stop, Kind.seal_open, Kind.rendezvous)

Repeats = Mapping[int, Mapping[str, int]]
"""Incident to kind to its alerts at places that other trips used, too."""
T = TypeVar("T")


@dataclass(slots=True)
class Deciders:
    """Who decided about an incident."""

    all: list[str] = field(default_factory=list)
    first: str | None = None
    """Who answered it."""

    def add(self, user: str, *, answers: bool) -> None:
        """The next decision in time."""
        if user not in self.all:
            self.all.append(user)
        if answers and self.first is None:
            self.first = user


def places_of(
    connection: Connection, span: list[ColumnElement[bool]], who: Mapping[int, Deciders]
) -> tuple[Repeats, list[dict[str, Any]]]:
    """Repeated stops by incident, and the places of more than one, those that most seals used first."""
    columns = (alerts.c.lat, alerts.c.lon, alerts.c.seal_id, alerts.c.shipment_id, alerts.c.kind)
    joined = (
        select(*columns, incidents.c.carrier, incidents.c.id)
        .join(incident_alerts, incident_alerts.c.alert_id == alerts.c.alert_id)
        .join(incidents, incidents.c.id == incident_alerts.c.incident)
        .where(*span, alerts.c.last, alerts.c.status != Status.retracted, alerts.c.lat.is_not(None))
        .where(alerts.c.kind.in_(_KINDS))
    )
    cells: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in connection.execute(joined):
        cells[round(row.lat / CELL_DEG), round(row.lon / CELL_DEG)].append(row)
    repeats: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for rows in cells.values():
        if len({row.shipment_id for row in rows}) > 1:
            for row in rows:
                repeats[row.id][row.kind] += 1
    several = sorted((rows for rows in cells.values() if len(rows) > 1), key=_rank)[:_MOST]
    cards = cards_of(connection, sorted({row.shipment_id for rows in several for row in rows}))
    return repeats, [_place(rows, cards, who) for rows in several]


def _rank(rows: list[Any]) -> tuple[int, int, float]:
    return -len({row.seal_id for row in rows}), -len(rows), sum(row.lat for row in rows) / len(rows)


def _place(rows: list[Any], cards: Mapping[str, list[str]], who: Mapping[int, Deciders]) -> dict[str, Any]:
    ids = {row.shipment_id for row in rows}
    return {
        "lat": sum(row.lat for row in rows) / len(rows),
        "lon": sum(row.lon for row in rows) / len(rows),
        "alerts": len(rows),
        "seals": len({row.seal_id for row in rows}),
        "carriers": sorted({row.carrier for row in rows if row.carrier}),
        "seal_ids": sorted({row.seal_id for row in rows}),
        "cards": sorted({card for one in ids for card in cards.get(one, [])}),
        "officers": sorted({user for row in rows if row.id in who for user in who[row.id].all}),
        "shipments": sorted(ids),
    }


def cards_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """Shipment to the cards that may open its seal."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in parts(ids):
        for row in connection.execute(select(shipment_cards).where(shipment_cards.c.shipment_id.in_(part))):
            found[row.shipment_id].append(row.card)
    return found


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """SQLite takes so many values at once."""
    for start in range(0, len(values), 10_000):
        yield values[start : start + 10_000]
