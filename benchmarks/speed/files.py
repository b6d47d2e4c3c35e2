"""Files to alerts: the whole command without start-up."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.speed.feed import National, national
from benchmarks.speed.row import Row, cpu_and_clock_s, cpu_s, million
from replay.maker.feed import CATALOGUE
from sealtrack import geofence
from sealtrack.io.files import read_reports
from sealtrack.replay import replay, threads_for_replay
from sealtrack.schema import Lock

RECORDS = 2_000_000
TARGETS = {".parquet": 3e6, ".csv": 1e6}


def to_alerts(scale: float) -> list[Row]:
    """Parquet and CSV, of reports in the order of `received`.

    One thread reads, as many judge as there are processors. The time is that of the clock; where others use the
    machine, and all threads together have worked for less, it is that.
    """
    shipments = 2_000
    feed = national(shipments, max(20, round(RECORDS * scale / shipments)))
    catalogue = geofence.load(CATALOGUE)
    n = len(feed.reports)
    said = []
    figures: dict[str, Any] = {"reports": n, "threads": threads_for_replay()}
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for path in write(feed, Path(folder)):
            replay([path], catalogue, feed.shipments)
            whole_s, clock_s = cpu_and_clock_s(partial(replay, [path], catalogue, feed.shipments), 2)
            read_s = cpu_s(partial(_read, path), 1)
            rate = n / min(whole_s, clock_s)
            met = met and rate >= TARGETS[path.suffix]
            said.append(f"{path.suffix[1:]} {million(rate)} (reading alone {million(n / read_s)})")
            figures[path.suffix] = {
                "reports_per_s": rate,
                "read_per_s": n / read_s,
                "cpu_s": whole_s,
                "clock_s": clock_s,
            }
    what = "Parquet file to alerts, whole command without start-up; CSV"
    judges = f"one thread reads, {threads_for_replay()} judge"
    return [Row(what, "≥ 3 M reports/s; ≥ 1 M", f"{'; '.join(said)}; {n:,} reports; {judges}", met, figures)]


def _read(path: Path) -> int:
    return sum(len(batch) for batch, _ in read_reports(path))


def write(feed: National, folder: Path) -> list[Path]:
    """The feed as Parquet and CSV, as a gateway would log it."""
    rows = feed.reports.rows
    locks = np.array([lock.name for lock in Lock])
    stamp = pa.timestamp("ms", "UTC")
    columns = {
        "seal_id": pa.DictionaryArray.from_arrays(rows["seal"].copy(), feed.reports.seals).dictionary_decode(),
        "time": pa.array(rows["time_ms"]).cast(stamp),
        "lat": pa.array(np.round(rows["lat"], 6), from_pandas=True),
        "lon": pa.array(np.round(rows["lon"], 6), from_pandas=True),
        "speed": pa.array(np.round(rows["speed_kmh"].astype(float), 1), from_pandas=True),
        "heading": pa.array(np.round(rows["heading_deg"].astype(float)), from_pandas=True),
        "lock": pa.array(locks[rows["lock"]]),
        "battery": pa.array(np.round(rows["battery_pct"].astype(float)), from_pandas=True),
        "received": pa.array(rows["received_ms"]).cast(stamp),
    }
    table = pa.table(columns)
    pq.write_table(table, folder / "feed.parquet")
    for name in ("time", "received"):
        text = pa.compute.strftime(table[name], "%Y-%m-%dT%H:%M:%SZ")
        table = table.set_column(table.schema.get_field_index(name), name, text)
    pyarrow.csv.write_csv(table, folder / "feed.csv")
    return [folder / "feed.parquet", folder / "feed.csv"]


def start_up(_scale: float) -> list[Row]:
    """`--help`, and a first start with nothing compiled yet, each a process of its own."""
    command = [sys.executable, "-m", "sealtrack"]
    help_s = min((_child_s([*command, "--help"]) for _ in range(3)), key=min)
    with tempfile.TemporaryDirectory() as folder:
        first_s = _child_s([*command, "warmup"], XDG_CACHE_HOME=folder)
    (help_clock_s, help_cpu_s), (clock_s, spent_s) = help_s, first_s
    said = f"{help_cpu_s:.2f} s; {spent_s:.0f} s of processor time, {help_clock_s:.2f} s; {clock_s:.0f} s by the clock"
    result = f"{said} (`sealtrack warmup` in an empty cache, the JSON scanner included)"
    figures = {"help_cpu_s": help_cpu_s, "first_cpu_s": spent_s, "help_clock_s": help_clock_s, "first_clock_s": clock_s}
    met = min(help_s) <= 0.5 and min(first_s) <= 20
    return [Row("`sealtrack --help`; first start ever, compilation included", "≤ 0.5 s; ≤ 20 s", result, met, figures)]


def _child_s(command: list[str], **environment: str) -> tuple[float, float]:
    """Time by the clock and processor time of a process; on a busy machine they differ."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started_s = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})  # noqa: S603 - our own
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started_s, spent_s
