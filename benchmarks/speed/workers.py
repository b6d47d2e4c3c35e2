"""Two workers against one, on a machine of two cores.

A broker on the same two cores leaves a second worker nothing to work with. So workers are measured without one:
record batches in memory, decoded and judged, a process each, by the clock; and what a report costs in processor time as
workers grow, which is what machines of their own would pay.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.speed import feed
from benchmarks.speed.decode import native_values
from benchmarks.speed.feed import national
from benchmarks.speed.row import Row, million
from replay.maker.feed import CATALOGUE
from sealtrack import geofence
from sealtrack.engine import Engine
from sealtrack.io.codecs import codec, scan
from sealtrack.io.ports import RecordBatch
from sealtrack.io.texts import Texts

SHIPMENTS, EACH = 2_000, 200
BATCH = 20_000
WHAT, TARGET = "two workers against one, broker elsewhere", "≥ 1.7×"
WHY = (
    "On a machine where two cores are not free for the two workers this cannot be shown. They share nothing but the "
    "memory: see the curve of workers for what a report costs each of them."
)


def side_by_side(scale: float) -> list[Row]:
    """One process with all the shipments, then two with half of them each, by the clock."""
    shipments = max(40, round(SHIPMENTS * scale))
    one, two = (_best(count, shipments, 3) for count in (1, 2))
    ratio = two["rate"] / one["rate"]
    result = (
        f"{ratio:.2f}× ({million(one['rate'])}, {million(two['rate'])}; wire bytes to alerts without a broker, by the "
        f"clock; {one['cpu_us']:.2f} and {two['cpu_us']:.2f} µs of processor time a report)"
    )
    return [Row(WHAT, TARGET, result, ratio >= 1.7, {"one": one, "two": two, "cores": os.cpu_count()}, WHY)]


def shared_us(grow: float) -> dict[int, float]:
    """Nanoseconds of processor time a report, by the number of workers that share the shipments."""
    return {count: 1e3 * _best(count, round(SHIPMENTS * grow), 1)["cpu_us"] for count in (1, 2, 4)}


def _best(workers: int, shipments: int, times: int) -> dict[str, float]:
    """Of several runs the quickest, and the cheapest."""
    ran = [_run(workers, shipments) for _ in range(times)]
    return {"rate": max(one["rate"] for one in ran), "cpu_us": min(one["cpu_us"] for one in ran)}


def _run(workers: int, shipments: int) -> dict[str, float]:
    """Each begins when all are ready, and the time runs until the last is done."""
    command = [sys.executable, "-m", "benchmarks.speed.workers"]
    running = [
        subprocess.Popen(  # noqa: S603 - our own
            [*command, str(number), str(workers), str(shipments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(workers)
    ]  # fmt: skip
    try:
        for process in running:
            _line(process)
        began_s = time.perf_counter()
        for process in running:
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [_line(process).split() for process in running]
        clock_s = time.perf_counter() - began_s
    finally:
        for process in running:
            process.kill()
            process.wait()
    reports, cpu_s = sum(int(words[0]) for words in told), sum(float(words[1]) for words in told)
    return {"rate": reports / clock_s, "cpu_us": 1e6 * cpu_s / reports}


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a worker ended with {process.wait()}")
    return line


def main(arguments: Sequence[str]) -> None:
    """Worker `number` of `workers`: makes its part of the feed, says so, and judges it when told to."""
    number, workers, shipments = map(int, arguments)
    feed.DRIVEN = 50  # each process makes its own
    scan.compile_now()
    batches, declared = _part(number, workers, shipments)
    decode = codec("json").decode_reports
    warm = Engine(geofence.load(CATALOGUE))
    warm.process(decode(batches[0])[0][:100])
    engine = Engine(geofence.load(CATALOGUE))
    engine.register(declared)
    _say("ready")
    sys.stdin.readline()
    began_s, count = time.process_time(), 0
    for batch in batches:
        reports, _ = decode(batch)
        engine.process(reports)
        count += len(reports)
    _say(f"{count} {time.process_time() - began_s}")


def _part(number: int, workers: int, shipments: int) -> tuple[list[RecordBatch], list[Any]]:
    """The record batches of every shipment whose turn it is."""
    whole = national(shipments, EACH)
    mine = whole.reports.rows["seal"] % workers == number
    reports = whole.reports.take(mine)
    values = native_values(whole._replace(reports=reports))
    stamps_ms = reports.rows["received_ms"]
    batches = [
        RecordBatch("t", number, np.arange(start, start + len(part)), stamps_ms[start : start + BATCH],
                    [None] * len(part), Texts.of(part))
        for start in range(0, len(values), BATCH)
        for part in [values[start : start + BATCH]]
    ]  # fmt: skip
    seals = set(np.array(whole.reports.seals)[np.unique(reports.rows["seal"])].tolist())
    return batches, [one for one in whole.shipments if one.seal_id in seals]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
