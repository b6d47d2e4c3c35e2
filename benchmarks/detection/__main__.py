"""Measure, write benchmarks/results/detection.json and the tables in benchmarks/README.md.

The default run takes three to four minutes on two free cores. `--quick` is a smoke test: it prints, and writes nothing
unless told where. `--show` lists every offence missed and every alert for nothing with the batch that makes it again:

    judge(Batch(setting=Setting(), seed=1005, trips=125, guilty=True), world)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.detection import composed, peers
from benchmarks.detection.runner import FULL, QUICK, SWEEPS, Size, figures, run, sweep_settings
from benchmarks.detection.table import into_readme, missed_aims, tables
from benchmarks.detection.trips import OFFENCE_WEIGHTS, Setting
from benchmarks.detection.world import build

HERE = Path(__file__).parents[1]
SEED = 20_261


def main(arguments: list[str] | None = None) -> int:
    """Exit 0; 1 where the aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description="Measure detection quality.")
    parser.add_argument("--quick", action="store_true", help="a smoke test of a few trips; writes nothing by itself")
    parser.add_argument("--show", action="store_true", help="list every miss and false alert with what makes it again")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="where the JSON goes; default benchmarks/results/detection.json")
    given = parser.parse_args(arguments)
    measured = measure(QUICK if given.quick else FULL, given.seed, given.jobs)
    out = given.out or (None if given.quick else HERE / "results" / "detection.json")
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    text = tables(measured)
    if not given.quick and given.out is None:
        into_readme(text, HERE / "README.md")
    print(text)
    if given.show:
        print("\n".join(_faults(measured)))
    for line in missed_aims(measured):
        print(f"aim missed: {line}", file=sys.stderr)
    return int(bool(missed_aims(measured)))


def measure(size: Size, seed: int, jobs: int) -> dict[str, Any]:
    """All results, as they are written to JSON."""
    started = time.perf_counter()
    base = ("base", Setting(), size.guilty, size.innocent)
    results = run([base, *sweep_settings(size)], seed, jobs)
    with tempfile.TemporaryDirectory() as folder:
        recorded = composed.measure(composed.recordings_folder(), Path(folder), seed, share=size.recorded)
        compared = peers.compare(build(Path(folder)), size.peers, seed) if size.peers else None
    return {
        "machine": _machine(),
        "seed": seed,
        "size": size._asdict(),
        "setting": asdict(Setting()),
        "offences": dict(OFFENCE_WEIGHTS),
        "base": figures(results.pop("base")),
        "sweeps": {name: figures(result) for name, result in results.items()},
        "factors": SWEEPS if results else {},
        "recorded": recorded,
        "peers": compared,
        "took_s": round(time.perf_counter() - started),
    }


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"


def _faults(measured: dict[str, Any]) -> list[str]:
    parts = [measured["base"], *measured["sweeps"].values(), *measured["recorded"].values()]
    return [line for part in parts for line in part["faults"]]


if __name__ == "__main__":
    sys.exit(main())
