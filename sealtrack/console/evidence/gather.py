"""Collects from the store what an incident was judged from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
_BEFORE_MS = 86_400_000
"""Reports this long before departure are packed too: what a seal said before it was declared is held for it."""


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


def named_in(alerts: Sequence[Alert], shipment_id: str) -> list[str]:
    """The other shipments that the evidence names."""
    known: dict[str, None] = {}
    for alert in alerts:
        _names(alert.evidence, known)
    known.pop(shipment_id, None)
    return list(known)


def _names(value: Any, known: dict[str, None]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("shipment_id", "shipments", "partners", "neighbours"):
                for one in inner if isinstance(inner, list) else [inner]:
                    if isinstance(one, str):
                        known[one] = None
            _names(inner, known)
    elif isinstance(value, list):
        for inner in value:
            _names(inner, known)


def overlapping(connection: Connection, row: Any) -> list[str]:
    """Every shipment that was on its way while this one was."""
    declared = connection.execute(select(shipments).where(shipments.c.shipment_id == row.shipment_id)).one()
    first, last = interval(connection, declared)
    last = min(last, max(clock_ms(connection), first))
    ends = or_(shipments.c.closed_ms.is_(None), shipments.c.closed_ms >= first)
    where = (shipments.c.depart_ms <= last, shipments.c.depart_ms >= first - 30 * _BEFORE_MS, ends)
    return list(connection.scalars(select(shipments.c.shipment_id).where(*where).order_by(shipments.c.shipment_id)))


def material(connection: Connection, shipment_ids: Sequence[str]) -> Material | None:
    """What these shipments were judged from; None if that is more than MOST_REPORTS."""
    declared = connection.execute(select(shipments).where(shipments.c.shipment_id.in_(shipment_ids))).all()
    seals = [row.seal_id for row in declared]
    # Other trips of the same seals say where these begin and end.
    same = connection.scalars(select(shipments.c.shipment_id).where(shipments.c.seal_id.in_(seals))).all()
    records = shipment_records_of(connection, sorted({*shipment_ids, *same}))
    own = [one for one in records if one.shipment_id in set(shipment_ids)]
    spans, moments = [], []
    for row in declared:
        first, last = interval(connection, row)
        moments += [first, last]
        within = [moment.between(first - _BEFORE_MS, last + _BEFORE_MS) for moment in _moments()]
        spans.append(and_(reports.c.seal_id == row.seal_id, or_(*within)))
    joined = select(reports, sources.c.topic).join(sources, sources.c.id == reports.c.source).where(or_(*spans))
    ordered = joined.order_by(reports.c.received_ms, reports.c.source, reports.c.partition, reports.c.offset)
    found = connection.execute(ordered.limit(MOST_REPORTS + 1)).all()
    if len(found) > MOST_REPORTS:
        return None
    seen = sightings_of(connection, own, min(moments), max(moments))
    return Material(records, [Seen(row.partition, row.offset, sighting_of(row.record)) for row in seen], found)


def _moments() -> tuple[Any, Any]:
    """A device whose clock is wrong is found by when it was heard."""
    return reports.c.time_ms, reports.c.received_ms
