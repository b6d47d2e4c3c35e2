"""Saved views of the queue: a name for a filter."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import delete, insert, or_, select
from starlette.responses import Response

from sealtrack.console.access.guard import Viewer
from sealtrack.console.access.roles import Role
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given, Number, Short
from sealtrack.console.api.shapes.people import Views, ViewTold
from sealtrack.console.desk import desk_of
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.scope import sees_all
from sealtrack.console.store.tables.worked import views

router = APIRouter(tags=["views"])
MOST = 100


class View(Given):
    """`query` is the query string of `/incidents`; a shared view is everybody's to use."""

    name: Short
    query: Annotated[str, Field(max_length=2_000)]
    shared: bool = False


@router.get("/views", response_model=Views, response_class=Json)
def list_views(request: Request, session: Viewer) -> Json:
    """One's own, and those that others share."""
    where = or_(views.c.owner == session.user.user, views.c.shared)
    with desk_of(request).store.reading() as connection:
        found = connection.execute(select(views).where(where).order_by(views.c.name, views.c.id)).mappings()
        return Json({"items": [dict(row) for row in found]})


@router.post("/views", status_code=201, response_model=ViewTold, response_class=Json, responses=refuses(409))
def add_view(request: Request, session: Viewer, given: View) -> Json:
    """Save one; sharing it takes an analyst."""
    user = session.user
    if given.shared and not user.role.reaches(Role.analyst):
        raise Problem(403, "Sharing a view needs the role analyst.", code="role")
    row = {"owner": user.user, "name": given.name, "query": given.query.removeprefix("?"), "shared": given.shared}
    with desk_of(request).store.writing() as connection:
        if len(connection.execute(select(views.c.id).where(views.c.owner == user.user)).all()) >= MOST:
            raise Problem(409, f"You have {MOST} views: delete one first.", code="state")
        number = connection.execute(insert(views).values(row).returning(views.c.id)).scalar_one()
    return Json({"id": number, **row}, 201)


@router.delete("/views/{number}", status_code=204, responses=refuses(404))
def delete_view(request: Request, session: Viewer, number: Number) -> Response:
    """Delete one's own; an admin who sees all units also others'."""
    where = [views.c.id == number]
    anyones = session.user.role.reaches(Role.admin) and sees_all(session.user)
    where += [] if anyones else [views.c.owner == session.user.user]
    with desk_of(request).store.writing() as connection:
        if not connection.execute(delete(views).where(*where)).rowcount:
            raise not_found("view of yours")
    return Response(status_code=204)
