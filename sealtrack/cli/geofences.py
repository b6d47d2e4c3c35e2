"""`sealtrack geofences`: check, compile and draft geofences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sealtrack.cli import options

if TYPE_CHECKING:
    from sealtrack.geofence import Catalogue

EXIT_FAULTS = 1
EXIT_UNREADABLE = 2

app = typer.Typer(no_args_is_help=True, help="Check, compile and draft geofences.")

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="GeoJSON, GeoPackage, GeoParquet or KML files, or folders of them."),
]


@app.command()
def check(paths: Paths) -> None:
    """Name every fault, one a line, each with its remedy.

    Exit 0: may be used (warnings aside). 1: has faults. 2: a file cannot be read.
    """
    _usable(paths)


@app.command("compile")
def compile_(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="The compiled file to write.", show_default=False)],
) -> None:
    """Check, then write one compiled file that opens at once and proves its own integrity."""
    from sealtrack.cli import outputs
    from sealtrack.geofence import save

    outputs.check(paths, {"--out": out})
    save(_usable(paths), out)
    typer.echo(f"wrote {out}, {out.stat().st_size:,} bytes", err=True)


@app.command()
def publish(
    paths: Paths,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="They judge what departs, or is amended, from then on (RFC 3339); now, if not given. A time that has "
            "passed judges shipments under way again.",
        ),
    ] = None,
    config: options.Config = None,
    bootstrap: options.Bootstrap = None,
) -> None:
    """Check, then put them into force in the running service, through its geofences topic."""
    import time

    from sealtrack.errors import UsageError
    from sealtrack.geofence import pack
    from sealtrack.io.codecs import time_text
    from sealtrack.io.codecs.times import text_ms
    from sealtrack.io.kafka import announce, ensure_topics
    from sealtrack.io.messages import geofences_message
    from sealtrack.io.topic_plan import plan
    from sealtrack.settings_file import load

    try:
        from_ms = time.time_ns() // 1_000_000 if from_ is None else text_ms(from_)
    except (ValueError, LookupError):
        raise UsageError(f"--from {from_}: not a time; write e.g. 2026-03-21T06:00:00Z") from None
    settings = load(config, flags={("kafka", "bootstrap"): bootstrap})
    _usable(paths)
    text, catalogue = pack(*paths)
    topic = settings.topics.geofences
    ensure_topics(settings.kafka, {topic: plan(settings.topics)[topic]})
    announce(settings.kafka, geofences_message(topic, text, catalogue.version, from_ms))
    typer.echo(f"published {catalogue.version} to {topic}, in force from {time_text(from_ms)}", err=True)


@app.command()
def draft(
    track: Annotated[Path, typer.Argument(help="A file with one line: GPX track or route, KML, GeoJSON, …")],
    route_id: Annotated[str, typer.Option("--id", help="Id of the new route.", show_default=False)],
    half_width_m: Annotated[float, typer.Option("--half-width", help="Permitted metres from the line.")] = 1500.0,
    name: Annotated[str | None, typer.Option(help="Name for people.")] = None,
    out: Annotated[Path | None, typer.Option(help="GeoJSON file; without it, stdout.")] = None,
) -> None:
    """Turn a recorded track into the draft of a corridor. Look at it before you use it."""
    from sealtrack.cli import outputs
    from sealtrack.geofence.draft import draft_file, to_text, write_draft

    outputs.check([track], {"--out": out})
    feature = draft_file(track, route_id=route_id, half_width_m=half_width_m, name=name)
    if out is None:
        typer.echo(to_text(feature), nl=False)
        return
    write_draft(feature, out)
    vertices = len(feature["geometry"]["coordinates"])
    typer.echo(f"wrote {out}, {vertices} vertices; check it with: sealtrack geofences check {out}", err=True)


def _usable(paths: list[Path]) -> Catalogue:
    """Faults to stdout, a summary to stderr; exits if the geofences must not be used."""
    from sealtrack.errors import visible
    from sealtrack.geofence import Level, examine

    faults, catalogue = examine(paths)
    for fault in faults:
        typer.echo(visible(str(fault)))
    warnings = sum(fault.level is Level.warning for fault in faults)
    warned = f", {_count(warnings, 'warning')}" if warnings else ""
    if catalogue is not None:
        typer.echo(f"{_summary(catalogue)}; no faults{warned}", err=True)
        return catalogue
    typer.echo(f"not usable: {_count(len(faults) - warnings, 'fault')}{warned}", err=True)
    unreadable = any(fault.level is Level.unreadable for fault in faults)
    raise typer.Exit(EXIT_UNREADABLE if unreadable else EXIT_FAULTS)


def _summary(catalogue: Catalogue) -> str:
    km = catalogue.fences.routes["length_m"].sum() / 1000
    routes, zones = _count(len(catalogue.route_ids), "corridor"), _count(len(catalogue.zone_ids), "zone")
    return f"{routes} ({km:,.0f} km), {zones}, content {catalogue.sha256[:12]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
