"""Arguments and options that several commands have, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Feeds = Annotated[
    list[Path],
    typer.Argument(metavar="FEED...", help="Position reports: .csv, .ndjson (also .gz and .zst), .parquet or .gpx."),
]
Geofences = Annotated[
    list[Path], typer.Option(help="Geofence file or folder; may be given several times.", show_default=False)
]
Shipments = Annotated[Path, typer.Option(help="Shipments: .csv, .ndjson or .parquet.", show_default=False)]
Policy = Annotated[Path | None, typer.Option(help="Thresholds (TOML).")]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Threads that judge; alerts are the same for every number. Default: one per processor, at most 4.",
        show_default=False,
    ),
]

Config = Annotated[Path | None, typer.Option(help="Settings (TOML); SEALTRACK_… and the flags here win.")]
Bootstrap = Annotated[str | None, typer.Option(help="Kafka, host:port; several joined by commas.")]
Codec = Annotated[str | None, typer.Option(help="Form of the position reports: json or traccar.")]
