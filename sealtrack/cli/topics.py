"""`sealtrack topics`: make the topics with settings that fit."""

from __future__ import annotations

from typing import Annotated

import typer

from sealtrack.cli import options

app = typer.Typer(no_args_is_help=True, help="Make the Kafka topics that the service needs.")

DAY_MS = 86_400_000


@app.callback()
def _only_group() -> None:
    pass


@app.command()
def create(
    config: options.Config = None,
    bootstrap: options.Bootstrap = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="So many workers can share the work. It cannot be changed later.")
    ] = 12,
    replication: Annotated[int, typer.Option(min=-1, max=100, help="Copies of each; -1: the broker's default.")] = -1,
    retention_days: Annotated[
        float,
        typer.Option(
            min=0, help="Reports, sightings and dead letters are kept so long, by their own time stamps; 0: for ever."
        ),
    ] = 35,
) -> None:
    """Make the topics that are missing and print their names; those that are there stay as they are."""
    from sealtrack.io.kafka import New, ensure_topics
    from sealtrack.io.topic_plan import plan
    from sealtrack.settings_file import load

    settings = load(config, flags={("kafka", "bootstrap"): bootstrap})
    retention_ms = int(retention_days * DAY_MS) if retention_days else -1
    for name in ensure_topics(settings.kafka, plan(settings.topics), New(partitions, replication, retention_ms)):
        typer.echo(name)
