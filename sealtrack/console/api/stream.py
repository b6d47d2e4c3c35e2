"""Counts as they change, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Request
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from sealtrack.console.access.guard import Viewer
from sealtrack.console.access.sessions import Session, find_by_key
from sealtrack.console.clock import now_ms
from sealtrack.console.desk import Desk, desk_of
from sealtrack.console.queue import counts
from sealtrack.console.store.tables.judged import incidents

router = APIRouter(tags=["incidents"])
LOOK_EVERY_S = 1.0
BEAT_EVERY = 15
"""So many looks without news, then a comment: proxies end what is silent."""


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Events, as they come."}},
)
def stream(request: Request, session: Viewer) -> StreamingResponse:
    """`event: counts` with what `/incidents/counts` says, at once and whenever it changes. Ends with the session."""
    return StreamingResponse(_events(request, desk_of(request), session), media_type="text/event-stream")


async def _events(request: Request, desk: Desk, session: Session) -> AsyncIterator[bytes]:
    told, mark, quiet = b"", -1, 0
    while not await request.is_disconnected() and not desk.closing.is_set():
        looked = await run_in_threadpool(_look, desk, session, mark)
        if looked is None:
            yield b"event: signed_out\ndata: {}\n\n"
            return
        mark, found = looked
        if found and found != told:
            told, quiet = found, 0
            yield b"event: counts\ndata: " + found + b"\n\n"
        elif quiet >= BEAT_EVERY:
            quiet = 0
            yield b": nothing new\n\n"
        quiet += 1
        await asyncio.sleep(LOOK_EVERY_S)


def _look(desk: Desk, session: Session, mark: int) -> tuple[int, bytes] | None:
    """When something changed last, and the counts if that is news; None once the session has ended."""
    with desk.store.reading() as connection:
        now = find_by_key(connection, session.key, now_ms(), desk.settings)
        if now is None:
            return None
        changed = connection.scalar(select(func.max(incidents.c.updated_ms))) or 0
        return changed, msgspec.json.encode(counts(connection, now.user)) if changed != mark else b""
