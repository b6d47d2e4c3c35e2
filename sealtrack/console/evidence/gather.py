"""Collects from the store what an incident was judged from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, and_, or_, select

from sealtrack.console.audit import head_of
from sealtrack.console.intake.declared import shipment_records_of, sightings_of
from sealtrack.console.intake.records import sighting_of
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.store.alerts import standing, versions
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.heard import reports, sources
from sealtrack.console.store.tables.judged import incident_alerts
from sealtrack.console.store.tables.worked import audit
from sealtrack.console.track import interval
from sealtrack.schema import Alert, Shipment, Sighting

MOST_REPORTS = 500_000
_AT_ONCE = 100
_BEFORE_MS = 86_400_000
"""Reports this long before departure are packed too: what a seal said before it was declared is held for it."""


T = TypeVar("T")


class Seen(msgspec.Struct, frozen=True):
    """A sighting, and where it was read."""

    partition: int
    offset: int
    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Material:
    """What the engine needs to judge some shipments again."""

    shipments: Sequence[Shipment]
    sightings: Sequence[Seen]
    reports: Sequence[Any]
    """Rows of the store with their topic, in the order of `received`."""


@dataclass(frozen=True, slots=True)
class Case:
    """One incident's shipment: its alerts, and what people did."""

    alerts: Sequence[Alert]
    """The last version of each that stands."""
    history: Sequence[Alert]
    audit: Sequence[dict[str, Any]]
    audit_head: dict[str, Any]
    clock_ms: int


def case_of(connection: Connection, row: Any) -> Case:
    """What is known of the incident in `row`."""
    alerts = standing(connection, [row.shipment_id])[row.shipment_id]
    told = versions(connection, [alert.alert_id for alert in alerts])
    names = connection.scalars(select(incident_alerts.c.alert_id).where(incident_alerts.c.incident == row.id))
    subjects = [f"incident:{name}" for name in names]
    entries = select(audit).where(audit.c.subject.in_(subjects)).order_by(audit.c.seq)
    return Case(
        alerts,
        [one for each in told.values() for one in each],
        [dict(entry) for entry in connection.execute(entries).mappings()],
        head_of(connection),
        clock_ms(connection),
    )


def material(connection: Connection, shipment_ids: Sequence[str], hidden: Sequence[Span] = ()) -> Material | None:
    """What these shipments were judged from, but for reports in `hidden` spans; None if that is more than
    MOST_REPORTS.
    """
    declared = [row for part in _parts(shipment_ids) for row in _rows_of(connection, part)]
    # Other trips of the same seals say where these begin and end.
    seals = sorted({row.seal_id for row in declared})
    same = [
        name
        for part in _parts(seals)
        for name in connection.scalars(select(shipments.c.shipment_id).where(shipments.c.seal_id.in_(part)))
    ]
    wanted = sorted({*shipment_ids, *same})
    records = [one for part in _parts(wanted) for one in shipment_records_of(connection, part)]
    spans = {row.shipment_id: interval(connection, row) for row in declared}
    found = _reports(connection, declared, spans)
    if found is None:
        return None
    own = [one for one in records if one.shipment_id in spans]
    moments = [moment for span in spans.values() for moment in span]
    seen = [row for part in _parts(own) for row in sightings_of(connection, part, min(moments), max(moments))]
    plain = sorted({row.sighting_id: row for row in seen}.values(), key=lambda row: (row.partition, row.offset))
    return Material(
        records,
        [Seen(row.partition, row.offset, sighting_of(row.record)) for row in plain],
        [row for row in found if not any(span.holds(row) for span in hidden)],
    )


class Span(NamedTuple):
    """What a seal said on one of its trips."""

    seal_id: str
    first_ms: int
    last_ms: int

    def holds(self, row: Any) -> bool:
        """Whether a report was made on it."""
        return bool(row.seal_id == self.seal_id and self.first_ms <= row.time_ms <= self.last_ms)


def _rows_of(connection: Connection, names: Sequence[str]) -> Sequence[Any]:
    return connection.execute(select(shipments).where(shipments.c.shipment_id.in_(names))).all()


def _reports(
    connection: Connection, declared: Sequence[Any], spans: Mapping[str, tuple[int, int]]
) -> Sequence[Any] | None:
    """Reports of these trips in the order of `received`, each once."""
    found: dict[tuple[int, int, int], Any] = {}
    for part in _parts(declared):
        wanted = []
        for row in part:
            first, last = spans[row.shipment_id]
            within = [moment.between(first - _BEFORE_MS, last + _BEFORE_MS) for moment in _moments()]
            wanted.append(and_(reports.c.seal_id == row.seal_id, or_(*within)))
        joined = select(reports, sources.c.topic).join(sources, sources.c.id == reports.c.source).where(or_(*wanted))
        for row in connection.execute(joined.limit(MOST_REPORTS + 1)):
            found[row.source, row.partition, row.offset] = row
        if len(found) > MOST_REPORTS:
            return None
    return sorted(found.values(), key=lambda row: (row.received_ms, row.source, row.partition, row.offset))


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """A store takes an expression of so many parts."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _moments() -> tuple[Any, Any]:
    """A device whose clock is wrong is found by when it was heard."""
    return reports.c.time_ms, reports.c.received_ms
