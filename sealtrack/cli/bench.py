"""`sealtrack bench`: how fast this machine judges a feed of yours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sealtrack.cli import options


def bench(
    feeds: options.Feeds,
    geofences: options.Geofences,
    shipments: options.Shipments,
    policy: options.Policy = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the figures (.svg).")] = None,
    threads: options.Threads = None,
) -> None:
    """Measure each stage on recorded feeds: reports per second, latency of batches, memory per shipment."""
    from sealtrack import bench as benchmark
    from sealtrack import geofence, policy_file
    from sealtrack.bench.plot import rate_text
    from sealtrack.cli import outputs, report, talk
    from sealtrack.io.codecs import scan
    from sealtrack.io.files import read_shipments

    outputs.check([*feeds, *geofences, shipments, *([policy] if policy else [])], {"--plot": plot})
    catalogue = geofence.load(*geofences)
    thresholds = policy_file.load(policy)
    declared, unusable = read_shipments(shipments)
    report.rejected(unusable, None)
    talk.first_use()
    scan.compile_now()
    found = benchmark.measure(feeds, catalogue, declared, thresholds, threads)
    print(f"{found.reports:,} reports, {found.shipments:,} shipments, {found.alerts:,} alert versions")
    for stage in found.stages:
        print(f"{stage.name:8} {rate_text(stage.reports_per_s):>24} {stage.seconds:9.3f} s  {stage.doc}")
    print(f"file to alerts: {rate_text(found.replayed_per_s)} by the clock; one thread reads, {found.threads} judge")
    said = ", ".join(f"p{share} {found.percentile_ms(share):.2f} ms" for share in (50, 95, 99, 100))
    print(f"latency of a batch of {benchmark.SMALL_BATCH} reports, columns to alerts: {said}")
    print(f"memory: {found.memory_bytes / 1024:.1f} KB a shipment; as a snapshot {found.state_bytes / 1024:.1f} KB")
    if plot is not None:
        report.save(plot, benchmark.picture(found, feeds[0].name).encode())
        talk.note(f"picture in {plot}")
