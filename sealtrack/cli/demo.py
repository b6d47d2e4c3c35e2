"""`sealtrack demo`: a day of sealed trucks that travels with sealtrack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SCENARIO = "replay/scenarios/haiphong-huunghi"


def demo(out: Annotated[Path, typer.Option(help="Folder for the alerts and the map.")] = Path("demo-out")) -> None:
    """Replay trucks on the road from Hải Phòng to the Hữu Nghị gate and show which of them look like smuggling."""
    from sealtrack import data
    from sealtrack.cli import report, talk
    from sealtrack.cli.replay import replay

    scenario = data.path(SCENARIO)
    [feed] = scenario.glob("feed.*")
    report.make_folder(out)
    talk.note(f"Replaying {feed.name} of {SCENARIO} against the packaged geofences.")
    replay(
        feeds=[feed],
        geofences=[data.path("geofences")],
        shipments=scenario / "shipments.csv",
        out=out / "alerts.ndjson",
        map_=out / "map.html",
    )
    talk.note(f"What was hidden in the feed: {scenario / 'README.md'}")
