"""What suffices to come to the same alerts again, no more than the user may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from sealtrack.console.access.users import User
from sealtrack.console.desk import Desk
from sealtrack.console.evidence.gather import Case, Material, Span, material
from sealtrack.console.evidence.groups import groups, visible
from sealtrack.console.evidence.lines import report_lines, reports_of
from sealtrack.console.evidence.names import REPORTS
from sealtrack.console.evidence.rerun import differences, rerun
from sealtrack.console.intake.documents import earlier_policies
from sealtrack.console.problems import Problem
from sealtrack.console.scope import own_shipments, sees_all
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.track import interval
from sealtrack.engine.atlas import Edition, edition_at
from sealtrack.policy import Policies
from sealtrack.schema import Shipment


@dataclass(frozen=True, slots=True)
class Sufficient:
    """What goes into a pack, and what differs even so, which the pack says of itself."""

    taken: Material
    editions: Sequence[Edition]
    """Of the geofences: those that judge one of the shipments taken, by time."""
    policies: Policies
    unproven: list[str]


def sufficient(connection: Connection, desk: Desk, user: User, row: Any, case: Case) -> Sufficient:
    """The least that gives the same alerts. 403 where that takes shipments of units that are not the user's."""
    best: Sufficient | None = None
    more = False
    for group, whole in _allowed(connection, user, row, case):
        taken = material(connection, group, _others_trips(connection, user, row))
        if taken is None:
            break
        more = more or not whole
        taken = _blank_others(connection, user, row, taken)
        for policies in (desk.policies, *earlier_policies(connection, desk.policies)):
            found = _judged(desk, row, case, taken, policies)
            if best is None or len(found.unproven) < len(best.unproven):
                best = found
            if not best.unproven:
                return best
    if best is None:
        raise Problem(409, "This shipment has too many reports for one pack.", code="too_large")
    if more:
        why = "It takes shipments of other units to prove this incident: ask somebody who sees all units for the pack."
        raise Problem(403, why, code="units")
    return best


def _judged(desk: Desk, row: Any, case: Case, taken: Material, policies: Policies) -> Sufficient:
    editions = _judging(desk, taken.shipments)
    reports = reports_of(report_lines(taken.reports), REPORTS)
    again = rerun(reports, taken.shipments, taken.sightings, editions, policies, case.clock_ms)
    faults = differences(case.alerts, [alert for alert in again if alert.shipment_id == row.shipment_id])
    return Sufficient(taken, editions, policies, faults)


def _judging(desk: Desk, records: Sequence[Shipment]) -> list[Edition]:
    """Those in force when one of these was declared or amended: among fewer, the same ones judge the same records."""
    declared = [one.depart_at if one.amended_at is None else one.amended_at for one in records]
    found = {edition_at(desk.editions, at_ms) for at_ms in declared}
    return [edition for edition in desk.editions if edition in found] or list(desk.editions)


def _allowed(connection: Connection, user: User, row: Any, case: Case) -> Iterator[tuple[list[str], bool]]:
    """Groups of shipments, as far as the user sees them, and whether that is all of the group."""
    for group in groups(connection, row, case.alerts):
        own = {row.shipment_id} | (set(group) if sees_all(user) else visible(connection, user, group))
        yield [name for name in group if name in own], len(own) >= len(group)


def _others_trips(connection: Connection, user: User, row: Any) -> list[Span]:
    """When the seal was on trips that the user does not see."""
    if sees_all(user):
        return []
    where = (shipments.c.seal_id == row.seal_id, ~own_shipments(user), shipments.c.shipment_id != row.shipment_id)
    found = connection.execute(select(shipments).where(*where)).all()
    return [Span(one.seal_id, *interval(connection, one)) for one in found]


def _blank_others(connection: Connection, user: User, row: Any, taken: Material) -> Material:
    """Trips of the same seals for other units: when they were, not what they carried."""
    if sees_all(user):
        return taken
    own = visible(connection, user, sorted({one.shipment_id for one in taken.shipments})) | {row.shipment_id}
    nothing: dict[str, Any] = {"declaration_no": None, "carrier": None, "vehicle": None, "cargo": None}
    records = [one if one.shipment_id in own else replace(one, **nothing) for one in taken.shipments]
    return replace(taken, shipments=records)
