"""The audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import func, select

from sealtrack.console.access.guard import Supervisor
from sealtrack.console.api.answers import Json
from sealtrack.console.api.params import When, time_of
from sealtrack.console.api.shapes.people import Chain, Log
from sealtrack.console.audit import verify
from sealtrack.console.desk import desk_of
from sealtrack.console.problems import Problem
from sealtrack.console.store.tables.worked import audit
from sealtrack.console.times import shown

router = APIRouter(tags=["audit"])


@router.get("/audit", response_model=Log, response_class=Json)
def list_entries(
    request: Request,
    session: Supervisor,
    user: Annotated[str | None, Query(max_length=100)] = None,
    action: Annotated[str | None, Query(max_length=100)] = None,
    subject: Annotated[str | None, Query(max_length=200)] = None,
    from_: Annotated[When, Query(alias="from")] = None,
    to: When = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    """Entries, the newest first. For users who see all units: the log tells of all of them."""
    if session.user.units:
        raise Problem(403, "The audit log tells of all units: it needs a user who is bound to none.", code="role")
    since, until = time_of("from", from_), time_of("to", to)
    table = audit
    where = [table.c.seq > 0]
    where += [table.c.user == user] if user is not None else []
    where += [table.c.action == action] if action else []
    where += [table.c.subject == subject] if subject else []
    where += [table.c.at_ms >= since] if since is not None else []
    where += [table.c.at_ms < until] if until is not None else []
    with desk_of(request).store.reading() as connection:
        total = connection.scalar(select(func.count()).select_from(table).where(*where))
        query = select(table).where(*where).order_by(table.c.seq.desc()).limit(size).offset((page - 1) * size)
        items = [{**row, "at": shown(row["at_ms"])} for row in connection.execute(query).mappings()]
    return Json({"total": total, "page": page, "size": size, "items": items})


@router.get("/audit/verify", response_model=Chain, response_class=Json)
def verify_log(request: Request, _session: Supervisor) -> Json:
    """Whether the chain holds: `{entries, head, fault}`; `fault` is empty if it does."""
    with desk_of(request).store.reading() as connection:
        return Json(verify(connection)._asdict())
