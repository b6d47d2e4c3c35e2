"""`sealtrack diff`: do two alert files say the same?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXIT_DIFFERENT = 1


def diff(
    a: Annotated[Path, typer.Argument(help="Alerts, e.g. what is expected.")],
    b: Annotated[Path, typer.Argument(help="Alerts, e.g. what a replay found.")],
) -> None:
    """Compare two alert files by what they say in the end; exit 1 if they differ.

    Of each alert the last version counts, and one that is retracted does not. How many versions it took, and at which
    partitions and offsets its reports were read, is not compared: a recording may differ in that from the live topic.
    """
    from sealtrack.differences import differences
    from sealtrack.io.files import read_alerts

    lines = differences(read_alerts(a), read_alerts(b))
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(EXIT_DIFFERENT)
