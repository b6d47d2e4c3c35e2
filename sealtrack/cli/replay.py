"""`sealtrack replay`: recorded feeds in, alerts out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sealtrack.cli import options


def replay(
    feeds: options.Feeds,
    geofences: options.Geofences,
    shipments: options.Shipments,
    sightings: Annotated[
        list[Path] | None,
        typer.Option(
            help="Sightings by cameras, scanners, trackers, officers: .csv, .ndjson or .parquet; several times."
        ),
    ] = None,
    policy: options.Policy = None,
    out: Annotated[
        Path | None, typer.Option(help="Alerts: .ndjson, .parquet, .csv or .geojson. Without it, NDJSON on stdout.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Write every version, retractions too, not only what stands at the end.")
    ] = False,
    map_: Annotated[
        Path | None, typer.Option("--map", help="Draw routes, tracks and alerts on one self-contained page (.html).")
    ] = None,
    dead_letter: Annotated[Path | None, typer.Option(help="Rows that could not be used (NDJSON).")] = None,
    threads: options.Threads = None,
) -> None:
    """Judge recorded feeds as the live service would, and list the flagged shipments.

    Several feeds are merged by the time at which their reports were received.
    """
    from sealtrack import geofence, policy_file
    from sealtrack.cli import outputs, report, talk
    from sealtrack.declared import last_terms
    from sealtrack.io.files import alerts_format, read_shipments, read_sightings
    from sealtrack.replay import replay as run

    read = [*feeds, *geofences, shipments, *(sightings or []), *([policy] if policy else [])]
    outputs.check(read, {"--out": out, "--map": map_, "--dead-letter": dead_letter})
    if out is not None:
        alerts_format(out)
    catalogue = geofence.load(*geofences)
    thresholds = policy_file.load(policy)
    declared, unusable = read_shipments(shipments)
    seen = []
    for path in sightings or []:
        found, bad = read_sightings(path)
        seen += found
        unusable += bad
    talk.first_use()
    with talk.progress() as on_progress:
        result = run(feeds, catalogue, declared, thresholds, sightings=seen, on_progress=on_progress, threads=threads)
    report.rejected(unusable + result.rejected, dead_letter)
    talk.notes(result.problems, "such lines")
    report.alerts(result.history if history else result.alerts, out)
    if map_ is not None:
        report.draw(map_, result, catalogue, declared)
    talk.summary(result, len(last_terms(declared)))
    talk.readjudicate(result.readjudicate)
