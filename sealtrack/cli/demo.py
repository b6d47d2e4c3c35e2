"""`sealtrack demo`: a day of sealed trucks that travels with sealtrack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SCENARIO = "replay/scenarios/haiphong-huunghi"


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the alerts and the map.")] = Path("demo-out"),
    console: Annotated[
        bool, typer.Option("--console", help="Then start the analysts' console with these trucks, in the background.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Only stop the console that an earlier demo started.")] = False,
) -> None:
    """Replay trucks on the road from Hải Phòng to the Hữu Nghị gate and show which of them look like smuggling."""
    from sealtrack import data
    from sealtrack.cli import background, report, talk
    from sealtrack.cli.replay import replay

    if stop:
        talk.note("The console is stopped." if background.stop(out) else f"No console runs from {out}.")
        return
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
    if console:
        _start_console(out, feed, scenario / "shipments.csv")


def _start_console(out: Path, feed: Path, shipments: Path) -> None:
    from sealtrack.cli import background, talk
    from sealtrack.console.needs import check

    check()
    background.stop(out)
    store = out / "console.db"
    for name in ("", "-wal", "-shm"):
        Path(f"{store}{name}").unlink(missing_ok=True)
    given = ["--store", str(store), "--feed", str(feed), "--shipments", str(shipments), "--host", "127.0.0.1"]
    started = background.start(out, given)
    talk.note("")
    talk.note(f"The analysts' console: {started.address}")
    talk.note(f"  user admin, one-time password {started.password}")
    talk.note(f"  to stop it: make demo-stop (or sealtrack demo --stop --out {out}); its log is {out / 'console.log'}")
