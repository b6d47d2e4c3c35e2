"""What people decide about an incident. Each decision is one row and one audit entry, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from sealtrack.console.access.users import User, find_user
from sealtrack.console.audit import append
from sealtrack.console.choices import VERDICTS
from sealtrack.console.problems import Problem
from sealtrack.console.store.tables.judged import incident_alerts, incidents
from sealtrack.console.store.tables.worked import decisions
from sealtrack.settings import Console

SYSTEM = ""
"""The user that the console itself is in decisions and in the audit log."""


NOTE = "note"


@dataclass(frozen=True, slots=True)
class Change:
    """A decision about to be written: what it is called, what it says, what it does to the incident."""

    action: str
    values: dict[str, Any]
    unit: str | None = None
    officer: str | None = None
    verdict: str | None = None
    reason: str | None = None
    text: str | None = None


def acknowledge(row: Any) -> Change:
    """Somebody looks at it: the response time stops."""
    _open(row)
    if row.status not in ("new", "escalated"):
        raise Problem(409, f"This incident is {row.status} already.", code="state")
    return Change("acknowledge", {"status": "acknowledged"})


def assign(connection: Connection, row: Any, unit: str | None, officer: str | None) -> Change:
    """To a unit, an officer, or both; the officer must be a user who can see the incident."""
    _open(row)
    if not unit and not officer:
        raise Problem(422, "Name a unit or an officer.", code="invalid")
    found = find_user(connection, officer) if officer else None
    if officer and (found is None or not found.active):
        raise Problem(422, f"officer: there is no user {officer!r}.", code="invalid")
    if found and found.units and unit not in found.units and row.unit not in found.units:
        raise Problem(422, f"officer: {officer} does not see shipments of this unit.", code="invalid")
    values = {"status": "assigned", "assigned_unit": unit or row.assigned_unit, "assigned_to": officer}
    return Change("assign", values, unit=unit, officer=officer)


def note(text: str) -> Change:
    """For those who come after; also on a closed incident."""
    return Change(NOTE, {}, text=text)


def verdict(row: Any, found: str, reason: str, text: str | None) -> Change:
    """What it proved to be."""
    _open(row)
    if reason not in VERDICTS[found]:
        raise Problem(422, f"reason: for {found} one of {', '.join(VERDICTS[found])}.", code="invalid")
    # Who asked to close it did so because of another verdict.
    values = {"verdict": found, "verdict_reason": reason, "closing_by": None}
    values |= {"status": "acknowledged"} if row.status == "new" else {}
    return Change("verdict", values, verdict=found, reason=reason, text=text)


def escalate(row: Any, text: str | None) -> Change:
    """To the head of unit."""
    _open(row)
    if row.status == "escalated":
        raise Problem(409, "This incident is escalated already.", code="state")
    return Change("escalate", {"status": "escalated"}, unit=row.unit, text=text)


def close(row: Any, user: User, text: str | None, settings: Console, at_ms: int) -> Change:
    """Done with. Where policy wants four eyes the first to close it asks, and a second person agrees."""
    _open(row)
    if row.verdict is None:
        raise Problem(409, "Give a verdict first: what did the incident prove to be?", code="state")
    needed = settings.four_eyes == "always" or (settings.four_eyes == "critical" and row.severity == "critical")
    if needed and row.closing_by is None:
        return Change("close_asked", {"closing_by": user.user}, text=text)
    if needed and row.closing_by == user.user:
        raise Problem(409, "You asked to close this incident: somebody else must agree.", code="four_eyes")
    return Change("close", {"status": "closed", "closed_ms": at_ms, "queued": False, "closing_by": None}, text=text)


def reopen(row: Any, text: str | None) -> Change:
    """A closed incident is looked at again."""
    if row.status != "closed":
        raise Problem(409, "This incident is not closed.", code="state")
    values = {"status": "acknowledged", "closed_ms": None, "closing_by": None}
    return Change("reopen", values | {"queued": not (row.suppressed or row.withdrawn)}, text=text)


def locked(connection: Connection, row: Any) -> Any:
    """The incident's row as it is now; nobody else changes it before this transaction ends."""
    return connection.execute(select(incidents).where(incidents.c.id == row.id).with_for_update()).one()


def check_unchanged(connection: Connection, row: Any, seen: str | None) -> None:
    """412 if somebody decided after what the caller looked at; `seen`: an If-Match header with its `revision`."""
    if seen is None or seen == "*" or seen.removeprefix("W/").strip('"') == str(row.revision):
        return
    query = select(decisions).where(decisions.c.incident == row.id, decisions.c.action != NOTE)
    last = connection.execute(query.order_by(decisions.c.id.desc()).limit(1)).one_or_none()
    what = f"{last.user or 'the console'}: {last.action}" if last else "another decision"
    raise Problem(412, f"The incident has changed since you looked ({what}): look at it again.", code="changed")


def write(connection: Connection, row: Any, user: str, change: Change, at_ms: int) -> None:
    """Carry a change out."""
    table = incidents
    values = change.values | {"updated_ms": at_ms}
    if user != SYSTEM and change.action != NOTE:  # a note answers nothing, and contradicts nobody
        values["revision"] = table.c.revision + 1
        if row.responded_ms is None:
            values["responded_ms"] = at_ms
    connection.execute(update(table).where(table.c.id == row.id).values(values))
    said = {name: getattr(change, name) for name in ("unit", "officer", "verdict", "reason", "text")}
    told = {"incident": row.id, "alert_id": row.incident_id, "at_ms": at_ms, "user": user, "action": change.action}
    connection.execute(insert(decisions).values(told | said))
    detail = {name: value for name, value in said.items() if value is not None}
    detail |= {"shipment_id": row.shipment_id, "status": change.values.get("status", row.status), "score": row.score}
    append(connection, at_ms, user, change.action, f"incident:{row.incident_id}", detail | _alerts(connection, row))


def _alerts(connection: Connection, row: Any) -> dict[str, Any]:
    """The alerts that the decision was about: an incident's name may change, theirs do not."""
    query = select(incident_alerts.c.alert_id).where(incident_alerts.c.incident == row.id).order_by("alert_id")
    return {"alert_ids": list(connection.scalars(query))}


def _open(row: Any) -> None:
    if row.status == "closed":
        raise Problem(409, "This incident is closed: a supervisor can reopen it.", code="state")
