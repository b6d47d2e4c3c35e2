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

from benchmarks.speed import curves, decode, engine, files, kernels, latency, wire, workers
from benchmarks.speed.row import Row
from benchmarks.speed.whys import why_of

Measure = Callable[[float], list[Row]]
MEASURES: dict[str, Measure] = {
    "core": engine.ordinary,
    "corridor": kernels.corridor,
    "stops": kernels.stops,
    "json": decode.json_decode,
    "files": files.to_alerts,
    "zones": engine.many_zones,
    "memory": engine.memory,
    "curves": curves.curves,
    "start": files.start_up,
    "wire": wire.to_alerts,
    "latency": latency.to_alert,
    "workers": workers.side_by_side,
}
"""By the name that `--only` takes. Each gets a scale of its work: 1 is the whole."""


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
    whys = [f"- *{row.what}*: {why_of(row)}" for row in rows if not row.met and why_of(row)]
    return "\n".join(
        [*lines, *(["", "Why rows fall short or were not measured, and what was tried:", "", *whys] if whys else [])]
    )


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
