"""What time does: response times pass, suppressions begin and end, seals need care, old reports may go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool

from sealtrack.console import devices
from sealtrack.console.access import sessions
from sealtrack.console.access.roles import Role
from sealtrack.console.access.users import list_users
from sealtrack.console.clock import now_ms
from sealtrack.console.decisions import SYSTEM, Change, write
from sealtrack.console.desk import Desk
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.suppress import renew
from sealtrack.console.sweep import sweep

log = logging.getLogger(__name__)
EVERY_S = 5.0
HOUSE_EVERY_MS = 600_000
_AT_ONCE = 500


@asynccontextmanager
async def run_chores(desk: Desk) -> AsyncIterator[None]:
    """Do them every few seconds, for as long as the application runs."""
    task = asyncio.create_task(_repeat(desk))
    try:
        yield
    finally:
        desk.closing.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _repeat(desk: Desk) -> None:
    kept_ms = now_ms()
    while True:
        try:
            await run_in_threadpool(desk.follow)
            await run_in_threadpool(tick, desk, now_ms())
            if now_ms() - kept_ms >= HOUSE_EVERY_MS:
                kept_ms = now_ms()
                await run_in_threadpool(keep_house, desk, kept_ms)
        except DBAPIError as error:
            log.warning(
                "the store does not answer (%(why)s); trying again",
                {"event": "store_away", "why": type(error).__name__},
            )
        await asyncio.sleep(EVERY_S)


def tick(desk: Desk, at_ms: int) -> None:
    """Do what is due at this moment; a second time at the same moment does nothing."""
    with desk.store.reading() as connection:
        idle = not _due(connection, at_ms) and not renew(connection, desk.settings, at_ms, dry=True)
    if idle:
        return  # most of the time: no writer is kept waiting
    with desk.store.writing() as connection:
        renew(connection, desk.settings, at_ms)
        _escalate(connection, at_ms)


def keep_house(desk: Desk, at_ms: int) -> None:
    """Maintenance that has become due, sessions that are over, and what nobody will ask for any more."""
    with desk.store.reading() as connection:
        measured = devices.measure(connection)
    with desk.store.writing() as connection:
        devices.renew(connection, measured)
        sessions.forget_ended(connection, at_ms, desk.settings)
    sweep(desk.store, desk.settings, at_ms)


def _due(connection: Connection, at_ms: int) -> list[Any]:
    where = (incidents.c.status == "new", incidents.c.due_ms <= at_ms, incidents.c.queued)
    return list(connection.execute(select(incidents).where(*where).order_by(incidents.c.due_ms).limit(_AT_ONCE)))


def _escalate(connection: Connection, at_ms: int) -> None:
    """Nobody answered in time: the heads of the unit are told, and who they are is written down."""
    due = _due(connection, at_ms)
    heads = [user for user in list_users(connection) if user.active and user.role == Role.supervisor] if due else []
    for row in due:
        names = ", ".join(user.user for user in heads if not user.units or row.unit in user.units)
        change = Change(
            "escalate",
            {"status": "escalated"},
            unit=row.unit,
            officer=names or None,
            reason="response_time",
        )
        write(connection, row, SYSTEM, change, at_ms)
