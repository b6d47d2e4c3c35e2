"""The queue: incidents by page, filtered and sorted in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from sealtrack.console.access.users import User
from sealtrack.console.scope import own_incidents
from sealtrack.console.store.search import like
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.times import shown

STATUSES = ("new", "acknowledged", "assigned", "escalated", "closed", "suppressed", "withdrawn")
TO_DO = ("new", "acknowledged", "assigned", "escalated")
SORTS = {
    "score": (incidents.c.score, incidents.c.start_ms, incidents.c.id),
    "age": (incidents.c.opened_ms, incidents.c.id),
    "start": (incidents.c.start_ms, incidents.c.id),
}
"""Each has an index with these columns in this order."""
LARGEST_PAGE = 200
_NAMED = ("severity", "unit", "route_id", "carrier", "vehicle", "cargo", "shipment_id", "seal_id", "verdict")
_NAMED_LATER = ("assigned_unit", "assigned_to")


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show. Each set of values is "any of"; an empty one asks nothing."""

    kind: Sequence[str] = ()
    status: Sequence[str] = ()
    """None: what somebody must still look at; `all`: everything."""
    values: Sequence[tuple[str, Sequence[str]]] = ()
    """Column to the values it may have."""
    from_ms: int | None = None
    to_ms: int | None = None
    q: str = ""
    sort: str = "score"
    descending: bool = True


def page(connection: Connection, user: User, wanted: Filter, number: int, size: int) -> dict[str, Any]:
    """One page of the user's incidents, the first one is 1."""
    where = conditions(user, wanted)
    total = connection.scalar(select(func.count()).select_from(incidents).where(where))
    rows = connection.execute(ordered(wanted).where(where).limit(size).offset((number - 1) * size))
    return {"total": total, "page": number, "size": size, "items": [item(row) for row in rows]}


def ordered(wanted: Filter) -> Select[Any]:
    """All incidents in the order asked for."""
    columns = SORTS[wanted.sort]
    return select(incidents).order_by(*(column.desc() if wanted.descending else column.asc() for column in columns))


def conditions(user: User, wanted: Filter) -> ColumnElement[bool]:
    """The user's own, and what the filter asks."""
    parts: list[ColumnElement[bool]] = [own_incidents(user), _status(wanted.status)]
    if wanted.kind:
        parts.append(or_(*(incidents.c.kinds.contains(f",{kind},", autoescape=True) for kind in wanted.kind)))
    parts += [incidents.c[name].in_(values) for name, values in wanted.values if values and name != "route_id"]
    parts += [_route(values) for name, values in wanted.values if values and name == "route_id"]
    if wanted.from_ms is not None:
        parts.append(or_(incidents.c.end_ms.is_(None), incidents.c.end_ms >= wanted.from_ms))
    if wanted.to_ms is not None:
        parts.append(incidents.c.start_ms < wanted.to_ms)
    if wanted.q:
        pattern = like(wanted.q)
        parts.append(or_(incidents.c.search.like(pattern, escape="\\"), incidents.c.incident_id == wanted.q))
    return and_(*parts)


def _route(values: Sequence[str]) -> ColumnElement[bool]:
    """A shipment may have several approved routes, joined by `|`."""
    joined = "|" + func.coalesce(incidents.c.route_id, "") + "|"
    return or_(*(joined.contains(f"|{value}|", autoescape=True) for value in values))


def _status(wanted: Sequence[str]) -> ColumnElement[bool]:
    if not wanted:
        return incidents.c.queued
    if "all" in wanted:
        return incidents.c.id.is_not(None)
    plain = [one for one in wanted if one not in ("suppressed", "withdrawn")]
    lying = incidents.c.suppressed.is_(False) & incidents.c.withdrawn.is_(False)
    parts: list[ColumnElement[bool]] = [incidents.c.status.in_(plain) & lying] if plain else []
    if "suppressed" in wanted:
        parts.append(incidents.c.suppressed & incidents.c.withdrawn.is_(False))
    if "withdrawn" in wanted:
        parts.append(incidents.c.withdrawn)
    return or_(*parts)


def item(row: Any) -> dict[str, Any]:
    """One incident as the list shows it."""
    same = (
        "incident_id", "shipment_id", "seal_id", "score", "severity", "open", "unit", "route_id", "carrier", "vehicle",
        "cargo", "assigned_unit", "assigned_to", "alerts", "lat", "lon", "verdict", "closing_by",
        "revision",
    )  # fmt: skip
    times = {"start": row.start_ms, "end": row.end_ms, "opened_at": row.opened_ms, "updated_at": row.updated_ms}
    return {
        **{name: getattr(row, name) for name in same},
        "kinds": row.kinds.strip(",").split(","),
        **{name: shown(ms) for name, ms in times.items()},
        "due_at": shown(row.due_ms) if row.responded_ms is None and row.status in TO_DO else None,
        "status": state(row),
        "suppressed": row.suppressed,
        "withdrawn": row.withdrawn,
    }


def state(row: Any) -> str:
    """The status that people see: one that was withdrawn or suppressed says so before anything else."""
    return "withdrawn" if row.withdrawn else "suppressed" if row.suppressed else str(row.status)


def counts(connection: Connection, user: User) -> dict[str, Any]:
    """New and queued incidents, by severity, and the newest one."""
    where = own_incidents(user) & incidents.c.queued
    by = connection.execute(
        select(incidents.c.severity, incidents.c.status, func.count(), func.max(incidents.c.opened_ms))
        .where(where)
        .group_by(incidents.c.severity, incidents.c.status)
    ).all()
    severities = {name: sum(row[2] for row in by if row[0] == name) for name in ("critical", "warning", "info")}
    latest = max((row[3] for row in by), default=None)
    changed = connection.scalar(select(func.max(incidents.c.updated_ms)).where(own_incidents(user)))
    return {
        "new": sum(row[2] for row in by if row[1] == "new"),
        "open": sum(row[2] for row in by),
        "by_severity": severities,
        "latest": shown(latest),
        "updated_at": shown(changed),
    }
