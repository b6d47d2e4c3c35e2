"""Decisions about an incident: each answers with the incident as it is then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request
from sqlalchemy import Connection

from sealtrack.console import decisions, dossier
from sealtrack.console.access.guard import Analyst, Supervisor, Viewer
from sealtrack.console.access.sessions import Session
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given, Id, Short, Text
from sealtrack.console.api.shapes.incident import Choices, Incident
from sealtrack.console.choices import VERDICTS
from sealtrack.console.clock import now_ms
from sealtrack.console.decisions import Change
from sealtrack.console.desk import desk_of

router = APIRouter(tags=["decisions"])

IfMatch = Annotated[
    str | None,
    Header(max_length=40, description="`revision` of the incident as you saw it: 412 if somebody decided after that"),
]


class Remark(Given):
    text: Text | None = None


class Note(Given):
    text: Text


class Assignment(Given):
    unit: Short | None = None
    officer: Short | None = None


class Finding(Given):
    verdict: Literal["confirmed", "false", "explained"]
    reason: Short
    text: Text | None = None


@router.post(
    "/incidents/{incident_id}/acknowledge",
    response_model=Incident,
    response_class=Json,
    responses=refuses(404, 409, 412),
)
def acknowledge(request: Request, session: Analyst, incident_id: Id, if_match: IfMatch = None) -> Json:
    """I am looking at it."""
    return _decide(request, session, incident_id, lambda _connection, row: decisions.acknowledge(row), if_match)


@router.post(
    "/incidents/{incident_id}/assign", response_model=Incident, response_class=Json, responses=refuses(404, 409, 412)
)
def assign(request: Request, session: Analyst, incident_id: Id, given: Assignment, if_match: IfMatch = None) -> Json:
    """To a unit, an officer (the name of a user), or both."""
    unit, officer = given.unit, given.officer
    return _decide(
        request, session, incident_id, lambda conn, row: decisions.assign(conn, row, unit, officer), if_match
    )


@router.post("/incidents/{incident_id}/note", response_model=Incident, response_class=Json, responses=refuses(404))
def note(request: Request, session: Analyst, incident_id: Id, given: Note) -> Json:
    """A note for those who come after."""
    return _decide(request, session, incident_id, lambda _connection, _row: decisions.note(given.text))


@router.post(
    "/incidents/{incident_id}/verdict", response_model=Incident, response_class=Json, responses=refuses(404, 409, 412)
)
def verdict(request: Request, session: Analyst, incident_id: Id, given: Finding, if_match: IfMatch = None) -> Json:
    """What it proved to be, and why: reason codes are in `/choices`."""
    return _decide(
        request,
        session,
        incident_id,
        lambda _connection, row: decisions.verdict(row, given.verdict, given.reason, given.text),
        if_match,
    )


@router.post(
    "/incidents/{incident_id}/escalate", response_model=Incident, response_class=Json, responses=refuses(404, 409, 412)
)
def escalate(request: Request, session: Analyst, incident_id: Id, given: Remark, if_match: IfMatch = None) -> Json:
    """To the head of unit."""
    return _decide(
        request, session, incident_id, lambda _connection, row: decisions.escalate(row, given.text), if_match
    )


@router.post(
    "/incidents/{incident_id}/close", response_model=Incident, response_class=Json, responses=refuses(404, 409, 412)
)
def close(request: Request, session: Analyst, incident_id: Id, given: Remark, if_match: IfMatch = None) -> Json:
    """Close it; where four eyes are needed, the first call asks and another user's call closes."""
    user, settings, at_ms = session.user, desk_of(request).settings, now_ms()
    return _decide(
        request,
        session,
        incident_id,
        lambda _connection, row: decisions.close(row, user, given.text, settings, at_ms),
        if_match,
    )


@router.post(
    "/incidents/{incident_id}/reopen", response_model=Incident, response_class=Json, responses=refuses(404, 409, 412)
)
def reopen(request: Request, session: Supervisor, incident_id: Id, given: Remark, if_match: IfMatch = None) -> Json:
    """Look at a closed incident again."""
    return _decide(request, session, incident_id, lambda _connection, row: decisions.reopen(row, given.text), if_match)


@router.get("/choices", response_model=Choices, response_class=Json)
def choices(_session: Viewer) -> Json:
    """Verdicts with their reason codes."""
    return Json({"verdicts": VERDICTS})


def _decide(
    request: Request,
    session: Session,
    incident_id: str,
    decide: Callable[[Connection, Any], Change],
    seen: str | None = None,
) -> Json:
    """`seen`: the revision that the decision is based on."""
    with desk_of(request).store.writing() as connection:
        row = decisions.locked(connection, dossier.find(connection, session.user, incident_id))
        decisions.check_unchanged(connection, row, seen)
        decisions.write(connection, row, session.user.user, decide(connection, row), now_ms())
        changed = decisions.locked(connection, row)
        return Json(dossier.dossier(connection, session.user, changed))
