"""All rows of the table, measured or not, as text and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.speed import decode, engine, files, kernels
from benchmarks.speed.row import Row

Measure = Callable[[float], list[Row]]
MEASURES: dict[str, Measure] = {
    "core": engine.ordinary,
    "corridor": kernels.corridor,
    "stops": kernels.stops,
    "json": decode.json_decode,
    "files": files.to_alerts,
    "zones": engine.many_zones,
    "memory": engine.memory,
    "curves": engine.curves,
    "start": files.start_up,
}
"""By the name that `--only` takes. Each gets a scale of its work: 1 is the whole."""

NOT_YET = (
    Row(
        "real broker to published alerts, one worker, JSON",
        "≥ 500,000 reports/s; ≥ 8× kafka-python + json + shapely, ≥ 4× quixstreams, ≥ 1× confluent-kafka consuming",
        "not measured yet",
        None,
    ),
    Row("produce to committed alert at 2,000 and at 50,000 reports/s", "p99 ≤ 1 s, ≤ 2 s", "not measured yet", None),
    Row("two workers against one, broker elsewhere", "≥ 1.7×", "not measured yet", None),
)


def measure(names: Sequence[str], scale: float, tell: Callable[[str], None]) -> list[Row]:
    """The rows of these measures; one that fails says so and does not cost the others."""
    rows = []
    for name in names:
        tell(name)
        try:
            rows += MEASURES[name](scale)
        except Exception as problem:  # noqa: BLE001 - a peer's fault, as a rule
            tell(traceback.format_exc())
            rows.append(Row(name, "", f"failed: {type(problem).__name__}: {problem}", None))
    return rows


def as_text(rows: Sequence[Row]) -> str:
    """A Markdown table."""
    verdict = {True: "reached", False: "**falls short**", None: "–"}
    lines = ["| what | target | result | |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {row.target} | {row.result} | {verdict[row.met]} |" for row in rows]
    return "\n".join(lines)


def as_json(rows: Sequence[Row], scale: float) -> str:
    """For results/speed.json."""
    found: dict[str, Any] = {
        "machine": machine(),
        "scale": scale,
        "rows": [{**row._asdict(), "figures": dict(row.figures)} for row in rows],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def machine() -> str:
    """Cores, processor, Python."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = models[0] if models else model
    return f"{os.cpu_count()} cores, {model}, {platform.system()}, Python {sys.version.split()[0]}"
