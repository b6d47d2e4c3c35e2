"""The duty room: statistics, devices, queues at gates, hand-over, exports."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select, update
from starlette.responses import Response

from sealtrack.console import devices as care
from sealtrack.console import exports, queue
from sealtrack.console.access.guard import Analyst, Viewer
from sealtrack.console.access.users import find_user
from sealtrack.console.api.answers import Json, refuses
from sealtrack.console.api.params import Given, Id, Number, Short, Text, When, incident_filter, time_of
from sealtrack.console.api.shapes.duty import Congestion, Devices, Handover, Statistics, Task
from sealtrack.console.audit import append
from sealtrack.console.clock import now_ms
from sealtrack.console.congestion import congestion
from sealtrack.console.desk import desk_of
from sealtrack.console.handover import handover
from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.problems import Problem, not_found
from sealtrack.console.scope import own_shipments
from sealtrack.console.statistics import statistics
from sealtrack.console.store.tables.declared import shipments
from sealtrack.console.store.tables.worked import maintenance

router = APIRouter(tags=["duty room"])
MOST_EXPORTED = 100_000
SHIFT_MS = 8 * 3_600_000

By = Literal["unit", "route", "carrier", "seal", "card", "officer", "rule"]
From = Annotated[When, Query(alias="from")]


class Table(StrEnum):
    incidents = "incidents"
    statistics = "statistics"
    devices = "devices"


class Form(StrEnum):
    csv = "csv"
    xlsx = "xlsx"
    geojson = "geojson"


class Care(Given):
    """Who takes care of it, and what they say; `done`: it is mended."""

    owner: Short | None = None
    text: Text | None = None
    done: bool = False


@router.get("/statistics", response_model=Statistics, response_class=Json)
def show_statistics(request: Request, session: Viewer, by: By = "unit", from_: From = None, to: When = None) -> Json:
    """Response times, alerts per 100 trips, verdicts and precision, by unit, route, carrier, …; repeated places."""
    with desk_of(request).store.reading() as connection:
        return Json(statistics(connection, session.user, by, time_of("from", from_), time_of("to", to)))


@router.get("/devices", response_model=Devices, response_class=Json)
def show_devices(request: Request, session: Viewer) -> Json:
    """Every seal, and what must be done about it."""
    with desk_of(request).store.reading() as connection:
        return Json(care.devices(connection, session.user))


@router.post("/devices/{seal_id}/tasks/{number}", response_model=Task, response_class=Json, responses=refuses(404))
def take_care(request: Request, session: Analyst, seal_id: Id, number: Number, given: Care) -> Json:
    """Give a piece of maintenance an owner, or say that it is done."""
    at_ms, table = now_ms(), maintenance
    with desk_of(request).store.writing() as connection:
        own = select(shipments.c.seal_id).where(own_shipments(session.user))
        where = [table.c.id == number, table.c.seal_id == seal_id]
        where += [table.c.seal_id.in_(own)] if session.user.units else []
        row = connection.execute(select(table).where(*where)).one_or_none()
        if row is None:
            raise not_found("task")
        if given.owner is not None and find_user(connection, given.owner) is None:
            raise Problem(422, f"owner: there is no user {given.owner!r}.", code="invalid")
        clock = max(clock_ms(connection), row.opened_ms)
        values = {"owner": given.owner or row.owner, "text": given.text or row.text}
        values |= {"closed_ms": clock} if given.done else {}
        connection.execute(update(table).where(table.c.id == number).values(values))
        told = given.model_dump(exclude_none=True) | {"fault": row.fault}
        append(connection, at_ms, session.user.user, "maintenance", f"seal:{seal_id}", told)
        return Json(care.task(connection.execute(select(table).where(table.c.id == number)).one(), clock))


@router.get("/congestion", response_model=Congestion, response_class=Json)
def show_congestion(request: Request, session: Viewer) -> Json:
    """Gates and yards: trucks in them now, the queue, and how long trucks of the last day stayed."""
    desk = desk_of(request)
    with desk.store.reading() as connection:
        return Json(congestion(connection, desk, session.user))


@router.get("/handover", response_model=Handover, response_class=Json)
def show_handover(request: Request, session: Viewer, from_: From = None, to: When = None) -> Json:
    """The report of a shift; without times of the last eight hours."""
    to_ms = time_of("to", to) or now_ms()
    from_ms = time_of("from", from_)
    with desk_of(request).store.reading() as connection:
        return Json(handover(connection, session.user, to_ms - SHIFT_MS if from_ms is None else from_ms, to_ms))


@router.get(
    "/exports/{table}.{form}",
    response_class=Response,
    responses={200: {"content": {media: {} for media in exports.MEDIA.values()}, "description": "The table."}},
)
def export(
    request: Request,
    session: Viewer,
    table: Table,
    form: Form,
    wanted: Annotated[queue.Filter, Depends(incident_filter)],
    by: By = "unit",
) -> Response:
    """The same tables for other programs, with the same filters; at most 100,000 rows."""
    with desk_of(request).store.reading() as connection:
        if table is Table.incidents:
            query = queue.ordered(wanted).where(queue.conditions(session.user, wanted)).limit(MOST_EXPORTED)
            rows = [queue.item(row) for row in connection.execute(query)]
        elif table is Table.statistics:
            rows = statistics(connection, session.user, by, wanted.from_ms, wanted.to_ms)["items"]
        else:
            rows = [{**one, "tasks": len(one["tasks"])} for one in care.devices(connection, session.user)["items"]]
    columns = list(rows[0]) if rows else ["empty"]
    headers = {"Content-Disposition": f'attachment; filename="{table}.{form}"'}
    return Response(exports.write(form, rows, columns), media_type=exports.MEDIA[form], headers=headers)
