"""`sealtrack evidence`: packs that the console made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXIT_BROKEN = 1
app = typer.Typer(help="Check evidence packs of the console.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Check evidence packs of the console."""


@app.command()
def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK.zip", help="What the console's evidence button gave.")],
    sha256: Annotated[
        str | None, typer.Option(help="SHA-256 of the manifest, as the console's audit log has it.")
    ] = None,
) -> None:
    """Check every file of a pack against its manifest, run the engine on it again and compare the alerts.

    Exit 0 if all is as it was, 1 naming the file or alert that is not.
    """
    from sealtrack.cli import talk
    from sealtrack.console.needs import check

    check()
    from sealtrack.console.evidence.verify import verify as prove

    talk.first_use()
    found = prove(pack)
    faults = list(found.faults)
    if sha256 is not None and sha256.lower() != found.sha256:
        faults.append(f"manifest.json: has the SHA-256 {found.sha256}: this is not the pack that the audit log knows")
    for line in faults:
        typer.echo(f"sealtrack: {pack}: {line}", err=True)
    if faults:
        raise typer.Exit(EXIT_BROKEN)
    typer.echo(f"{found.alerts} alerts come out as they are in the pack; manifest {found.sha256}")
