"""Writes and reviews scenario folders.

- `python -m replay.maker build NAME|--all`: feed, shipments and labels from scenario.toml
- `python -m replay.maker expected NAME|--all`: expected.ndjson, the alerts of `sealtrack replay`
- `python -m replay.maker review NAME|--all`: expected.ndjson against the labels; exit 1 if they disagree
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from replay.maker.catalogue import read_catalogue
from replay.maker.feed import make
from replay.maker.folder import (
    EXPECTED,
    FEED,
    SCENARIOS,
    SHIPMENTS,
    SIGHTINGS,
    geofences,
    names,
    read_labels,
    read_spec,
    write,
)
from replay.maker.review import read_alerts, review


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m replay.maker", description="Write and review scenario folders.")
    parser.add_argument("command", choices=["build", "expected", "review"])
    parser.add_argument("name", nargs="?", help=f"one of {', '.join(names())}")
    parser.add_argument("--all", action="store_true", help="every scenario")
    given = parser.parse_args(arguments)
    if bool(given.name) == given.all:
        parser.error("give one scenario's name, or --all")
    command = {"build": build, "expected": expect, "review": compare}[given.command]
    try:
        return max(command(name) for name in (names() if given.all else [given.name]))
    except ValueError as error:
        print(f"replay.maker: {error}", file=sys.stderr)
        return 2


def build(name: str) -> int:
    """Make the scenario's feed, shipments and labels."""
    feed = make(read_spec(name), read_catalogue(*geofences(name)))
    write(feed, SCENARIOS / name)
    size_kb = (SCENARIOS / name / FEED).stat().st_size // 1024
    counts = f"{len(feed.shipments)} shipments, {len(feed.reports['time'])} reports"
    print(f"{name}: {counts}, {size_kb} kB", file=sys.stderr)
    return 0


def expect(name: str) -> int:
    """Write what the engine says today; it becomes an expectation by being reviewed and committed."""
    folder = SCENARIOS / name
    fences = [word for path in geofences(name) for word in ("--geofences", path)]
    seen = ["--sightings", folder / SIGHTINGS] if (folder / SIGHTINGS).exists() else []
    files = [folder / FEED, *fences, "--shipments", folder / SHIPMENTS, *seen, "--out", folder / EXPECTED]
    run = subprocess.run([sys.executable, "-m", "sealtrack", "replay", *map(str, files)], check=False)  # noqa: S603 - ours
    return run.returncode or compare(name)


def compare(name: str) -> int:
    """Print where the expected alerts and the labels disagree."""
    folder = SCENARIOS / name
    if not (folder / EXPECTED).exists():
        raise ValueError(f"{folder / EXPECTED} is absent; run `python -m replay.maker expected {name}` first")
    verdict = review(read_labels(folder), read_alerts(folder / EXPECTED))
    for label in verdict.missed:
        print(f"{name}: missed {label.kind} of {label.shipment_id}: {label.note}")
    for alert in verdict.false:
        print(f"{name}: for nothing {alert['kind']} of {alert['shipment_id']} from {alert['start']} to {alert['end']}")
    print(f"{name}: {len(verdict.found)} found, {len(verdict.missed)} missed, {len(verdict.false)} for nothing")
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
