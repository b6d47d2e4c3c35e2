"""The `sealtrack` command: registers the others and turns sealtrack's errors into one line and an exit code.

Exit 0: done. 1: the work found a problem (`geofences check`, `diff`). 2: usage or unreadable input.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sealtrack import __version__
from sealtrack.cli import audit, bench, console, demo, diff, evidence, geofences, record, replay, run, topics, warmup
from sealtrack.errors import SealtrackError, visible

EXIT_UNUSABLE = 2
EXIT_BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended: 128 + 13."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
LINE_FEED = "\n"


def _drop_output() -> None:
    """What is still to be written to stdout goes nowhere: the interpreter tries once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Group(TyperGroup):
    """Catches what commands raise on purpose; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()  # a reader that went away is noticed here, not while the interpreter shuts down
        except SealtrackError as error:
            typer.echo(f"sealtrack: {visible(str(error), keep=LINE_FEED)}", err=True)
            raise typer.Exit(EXIT_UNUSABLE) from None
        except BrokenPipeError:
            _drop_output()
            raise typer.Exit(EXIT_BROKEN_PIPE) from None
        except OSError as error:
            if error.errno not in _NO_ROOM or error.filename is not None:
                raise
            _drop_output()
            typer.echo(f"sealtrack: stdout: cannot be written ({error.strerror}); check the disk", err=True)
            raise typer.Exit(EXIT_UNUSABLE) from None
        return result


app = typer.Typer(
    cls=_Group,
    help="Flags smuggling-like trips of sealed containers, from Kafka or from recorded files.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain one-line errors, and --help without importing rich
)
app.command()(run.run)
app.command()(replay.replay)
app.command()(record.record)
app.add_typer(geofences.app, name="geofences")
app.command()(bench.bench)
app.add_typer(topics.app, name="topics")
app.command()(diff.diff)
app.command()(console.console)
app.add_typer(audit.app, name="audit")
app.add_typer(evidence.app, name="evidence")
app.command()(demo.demo)
app.command()(warmup.warmup)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sealtrack {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point of the console script."""
    app(prog_name="sealtrack")
