"""What commands say on stderr: notes, progress, the table of flagged shipments. stdout is for data."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sealtrack.errors import visible
from sealtrack.replay import Progress as OnProgress
from sealtrack.replay import ReplayResult, by_shipment
from sealtrack.schema import Alert, Severity

LINES_SHOWN = 20
"""So many notes of one sort are printed, the others counted."""
NOTE_EVERY_S = 10.0
_STYLE = {"critical": "bold red", "warning": "yellow", "info": ""}


def console() -> Console:
    """stderr, with colour only on a terminal."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def note(line: str) -> None:
    """One plain line."""
    console().print(visible(line), markup=False)


def notes(lines: Sequence[str], others: str) -> None:
    """The first lines, then how many more there are; `others` is e.g. "rows set aside"."""
    for line in lines[:LINES_SHOWN]:
        note(line)
    if len(lines) > LINES_SHOWN:
        note(f"… and {len(lines) - LINES_SHOWN:,} more {others}")


def is_first_use() -> bool:
    """Whether the rules must be compiled first."""
    from sealtrack.core.jit import CACHE_DIR, COMPILED

    return COMPILED and not any(CACHE_DIR.rglob("*.nbc"))


def first_use() -> None:
    """Say why the first command takes longer, if this is it."""
    if is_first_use():
        note("First use on this machine: compiling the rules, about half a minute (`sealtrack warmup` does it ahead).")


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A bar on a terminal; elsewhere a line every ten seconds."""
    err = console()
    if not err.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks = {phase: bars.add_task(phase, total=None, visible=False) for phase in ("read", "judge")}

        def show(phase: str, done: int, total: int) -> None:
            bars.update(tasks[phase], completed=done, total=total, visible=True)

        yield show


@contextmanager
def counting() -> Iterator[OnProgress]:
    """A line every ten seconds, for what has no end."""
    yield _lines(whole=False)


def _lines(*, whole: bool = True) -> OnProgress:
    said_s = time.monotonic()

    def show(phase: str, done: int, total: int) -> None:
        nonlocal said_s
        if time.monotonic() - said_s >= NOTE_EVERY_S:
            said_s = time.monotonic()
            note(f"{phase}: {100 * done // max(total, 1)} %" if whole else f"{phase}: {done:,}")

    return show


def summary(result: ReplayResult, shipments: int) -> None:
    """The table of flagged shipments, the highest score first."""
    err = console()
    if not result.flagged:
        err.print(f"{shipments} shipments, none flagged")
        return
    table = Table(title=f"{len(result.flagged)} of {shipments} shipments flagged", title_justify="left")
    for heading in ("shipment", "score", "severity", "first alert (UTC)"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reasons")
    alerts = by_shipment(alert for alert in result.alerts if alert.severity != Severity.info)
    for record in result.flagged:
        mine = alerts[record["shipment_id"]]
        cells = (record["shipment_id"], str(record["score"]), record["severity"], _minute(mine[0].start), _kinds(mine))
        table.add_row(*(Text(visible(cell), _STYLE[record["severity"]]) for cell in cells))
    err.print(table)


def readjudicate(records: Sequence[Mapping[str, Any]]) -> None:
    """How to judge again the shipments with reports beyond the horizon, if there are any."""
    if not records:
        return
    names = ", ".join(record["shipment_id"] for record in records[:LINES_SHOWN])
    more = f" and {len(records) - LINES_SHOWN:,} more" if len(records) > LINES_SHOWN else ""
    horizon_s = max(record["horizon_needed_s"] for record in records)
    late = sum(record["late_reports"] for record in records)
    note(f"{late:,} reports came after the horizon and were judged for seal events only: {names}{more}.")
    note(f"To judge these trips whole: replay with --policy FILE, where FILE says [default] horizon_s = {horizon_s}")


def _kinds(alerts: Sequence[Alert]) -> str:
    kinds = [alert.kind for alert in alerts]
    return ", ".join(f"{kind} ×{n}" if (n := kinds.count(kind)) > 1 else kind for kind in dict.fromkeys(kinds))


def _minute(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M}"
