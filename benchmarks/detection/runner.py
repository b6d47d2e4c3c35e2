"""Runs batches of trips on all cores and adds up their scores."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.detection.score import Score, score
from benchmarks.detection.trips import Batch, Setting, batches, judge
from benchmarks.detection.world import World, build
from replay.maker.review import SLACK_MS

SWEEPS: Mapping[str, tuple[float, ...]] = {
    "interval_s": (5, 30, 120, 300, 600),
    "noise_m": (3, 10, 25, 50),
    "loss": (0, 0.01, 0.05, 0.2),
    "lateness": (0, 0.1, 0.3, 0.6),
}
"""One factor at a time; the others are those of `Setting()`."""
SEED_STRIDE = 1_000


class Size(NamedTuple):
    """How many trips a run takes."""

    guilty: int
    innocent: int
    sweep_guilty: int
    sweep_innocent: int
    peers: int
    recorded: float
    """Share of the recorded tracks."""


FULL = Size(3_000, 1_500, 375, 125, 60, 1.0)
QUICK = Size(50, 25, 0, 0, 0, 0.02)


class Result(NamedTuple):
    trips: int
    reports: int
    score: Score


def run(settings: Iterable[tuple[str, Setting, int, int]], seed: int, jobs: int) -> dict[str, Result]:
    """Score each named setting on so many guilty and innocent trips; the same seed gives the same result."""
    tasks: list[tuple[str, Batch]] = []
    for number, (name, setting, guilty, innocent) in enumerate(settings):
        first = seed + number * SEED_STRIDE
        both = batches(setting, first, guilty, guilty=True)
        both += batches(setting, first + SEED_STRIDE // 2, innocent, guilty=False)
        tasks += [(name, batch) for batch in both]
    # spawned, so that no worker inherits half-initialised native libraries
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_prepare) as pool:
        parts = list(pool.map(_one, [batch for _, batch in tasks]))
    results: dict[str, Result] = {}
    for (name, _), (trips, reports, found) in zip(tasks, parts, strict=True):
        before = results.setdefault(name, Result(0, 0, Score()))
        before.score.add(found)
        results[name] = Result(before.trips + trips, before.reports + reports, before.score)
    return results


def sweep_settings(size: Size) -> list[tuple[str, Setting, int, int]]:
    """Every value of every factor, but for the point that all sweeps share."""
    return [
        (f"{factor}={value:g}", replace(Setting(), **{factor: value}), size.sweep_guilty, size.sweep_innocent)
        for factor, values in SWEEPS.items()
        for value in values
        if value != getattr(Setting(), factor) and size.sweep_guilty
    ]


_worlds: list[World] = []


def _prepare() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _worlds.append(build(Path(folder)))


def _one(batch: Batch) -> tuple[int, int, Score]:
    judged = judge(batch, _worlds[0])
    names = [shipment.shipment_id for shipment in judged.shipments]
    slack_ms = max(SLACK_MS, round(1_500 * batch.setting.interval_s))  # a sparse feed cannot show an offence sooner
    return len(names), judged.reports, score(judged.labels, judged.alerts, names, origin=repr(batch), slack_ms=slack_ms)


def figures(result: Result) -> dict[str, Any]:
    """A result as JSON."""
    return {
        "trips": result.trips,
        "reports": result.reports,
        "kinds": result.score.figures(),
        "faults": sorted(result.score.faults),
    }
