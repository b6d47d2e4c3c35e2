"""Removes what nobody will ask for any more: reports of quiet trips, and of incidents closed long ago.

Reports are by far the most that a store holds. They go a few hours at a time, so that nobody waits for long, and a
stretch that was swept is left alone for a week: what is kept of it is not looked through every time.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, or_, select

from sealtrack.console.intake.reports import clock_ms
from sealtrack.console.store import Store
from sealtrack.console.store.tables.declared import sightings
from sealtrack.console.store.tables.heard import facts, reports
from sealtrack.console.store.tables.judged import incidents
from sealtrack.console.store.upsert import put
from sealtrack.settings import Console
from sealtrack.view.tracks import LONGEST_TRIP_MS

_SLICE_MS = 6 * 3_600_000
_MOST_SLICES = 200
"""In one go; what is left is for the next."""
_ANEW_MS = 7 * 86_400_000
_SWEPT, _BEGAN = "swept_ms", "sweep_began_ms"
_DAY_MS = 86_400_000


def sweep(store: Store, settings: Console, at_ms: int) -> None:
    """Remove reports and sightings that the settings do not keep. `at_ms`: now."""
    with store.writing() as connection:
        clock = clock_ms(connection)
        connection.execute(delete(sightings).where(sightings.c.time_ms < clock - int(settings.keep_closed_d * _DAY_MS)))
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA optimize")  # PostgreSQL looks after its statistics itself
    until_ms = clock - int(settings.keep_quiet_d * _DAY_MS)
    for _ in range(_MOST_SLICES):
        with store.writing() as connection:
            if not _sweep_slice(connection, settings, until_ms, at_ms):
                return


def _sweep_slice(connection: Connection, settings: Console, until_ms: int, at_ms: int) -> bool:
    """The next few hours of reports before `until_ms`; whether there may be more."""
    if at_ms - _fact(connection, _BEGAN) >= _ANEW_MS:
        put(connection, facts, [{"name": _BEGAN, "value": str(at_ms)}, {"name": _SWEPT, "value": str(-(2**62))}])
    swept_ms = _fact(connection, _SWEPT)
    oldest = select(func.min(reports.c.time_ms)).where(reports.c.time_ms >= swept_ms, reports.c.time_ms < until_ms)
    first_ms = connection.scalar(oldest)
    last_ms = until_ms if first_ms is None else min(int(first_ms) + _SLICE_MS, until_ms)
    if first_ms is not None:
        within = (reports.c.time_ms >= first_ms, reports.c.time_ms < last_ms)
        connection.execute(delete(reports).where(*within, ~_needed(settings, at_ms)))
    if last_ms > swept_ms:
        put(connection, facts, [{"name": _SWEPT, "value": str(last_ms)}])
    return first_ms is not None and last_ms < until_ms


def _needed(settings: Console, at_ms: int) -> ColumnElement[bool]:
    """Whether a report was made on a trip with an incident that is open, or not closed for long."""
    near = incidents.c.start_ms.between(reports.c.time_ms - LONGEST_TRIP_MS, reports.c.time_ms + LONGEST_TRIP_MS)
    before_ms = at_ms - int(settings.keep_closed_d * _DAY_MS)
    lately = or_(incidents.c.closed_ms.is_(None), incidents.c.closed_ms >= before_ms)
    return exists().where(and_(incidents.c.seal_id == reports.c.seal_id, near, lately))


def _fact(connection: Connection, name: str) -> int:
    value = connection.scalar(select(facts.c.value).where(facts.c.name == name))
    return int(value) if value else -(2**62)
