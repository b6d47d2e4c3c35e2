"""`sealtrack audit`: the console's audit log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sealtrack.cli import options

EXIT_BROKEN = 1
app = typer.Typer(help="Check the console's audit log.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Check the console's audit log."""


@app.command()
def verify(
    store: Annotated[str | None, typer.Option(help="The console's store: a URL or file name.")] = None,
    config: options.Config = None,
    head: Annotated[
        str | None, typer.Option(help="Hash of an entry that was noted elsewhere: it must still be in the log.")
    ] = None,
) -> None:
    """Walk the chain of hashes: exit 0 if nobody changed, added or removed an entry, 1 and where if somebody did.

    The hash of the newest entry is printed: noted elsewhere, it also proves that the log was not replaced whole.
    """
    from sealtrack.console.needs import check
    from sealtrack.errors import UsageError
    from sealtrack.settings_file import load

    check()
    from sealtrack.console import audit
    from sealtrack.console.store import default_store, open_store

    url = load(config, flags={("console", "store"): store}).console.store or default_store()
    if "://" not in url and not Path(url).is_file():
        raise UsageError(f"{url}: no such store")
    opened = open_store(url)
    try:
        with opened.reading() as connection:
            found = audit.verify(connection)
            known = head is None or audit.holds(connection, head)
    finally:
        opened.close()
    fault = found.fault or ("" if known else f"no entry has the hash {head}: the log was replaced, or cut off")
    if fault:
        typer.echo(f"sealtrack: audit log broken: {fault}", err=True)
        raise typer.Exit(EXIT_BROKEN)
    typer.echo(f"{found.entries} entries, all as they were written; head {found.head}")
