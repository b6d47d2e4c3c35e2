"""A picture of what was measured: SVG, written by hand, so that nothing need be installed."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import numpy as np

from sealtrack.bench.measure import SMALL_BATCH, Measured

WIDTH, BAR_LEFT, BAR_WIDTH, BAR_STEP = 760, 110, 460, 34
CHART_HEIGHT, POINTS = 160, 400
_STYLE = "font: 14px sans-serif; fill: #222"


def picture(measured: Measured, title: str) -> str:
    """An SVG page: a bar a stage (share of the time) and the latency of the batches over the run."""
    bars_height = 70 + BAR_STEP * len(measured.stages)
    height = bars_height + CHART_HEIGHT + 90
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        _text(20, 30, f"{title}: {measured.reports:,} reports, {measured.shipments:,} shipments", "bold 16px"),
        *_bars(measured),
        *_chart(measured, bars_height + 40),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bars(measured: Measured) -> Iterable[str]:
    longest_s = max(stage.seconds for stage in measured.stages) or 1.0
    for number, stage in enumerate(measured.stages):
        top = 50 + BAR_STEP * number
        width = max(1.0, BAR_WIDTH * stage.seconds / longest_s)
        yield _text(20, top + 18, stage.name)
        yield f'<rect x="{BAR_LEFT}" y="{top}" width="{width:.1f}" height="24" fill="#3a6ea5"/>'
        yield _text(BAR_LEFT + width + 8, top + 18, f"{rate_text(stage.reports_per_s)} · {stage.seconds:.2f} s")


def _chart(measured: Measured, top: float) -> Iterable[str]:
    """The slowest batch of each of up to POINTS stretches of the run."""
    groups = np.array_split(measured.latency_s, min(POINTS, len(measured.latency_s)))
    slowest_ms = [1e3 * float(group.max()) for group in groups]
    high = max(slowest_ms) or 1.0
    step = (WIDTH - BAR_LEFT - 40) / max(1, len(slowest_ms) - 1)
    points = " ".join(
        f"{BAR_LEFT + step * i:.1f},{top + CHART_HEIGHT * (1 - ms / high):.1f}" for i, ms in enumerate(slowest_ms)
    )
    low = top + CHART_HEIGHT
    yield _text(20, top - 12, f"Latency of batches of {SMALL_BATCH} reports, columns to alerts (ms)", "bold 14px")
    yield f'<path d="M{BAR_LEFT} {top} V{low} H{WIDTH - 40}" fill="none" stroke="#888"/>'
    yield _text(20, top + 10, f"{high:.1f}")
    yield f'<polyline points="{points}" fill="none" stroke="#b5452c" stroke-width="1.5"/>'
    said = ", ".join(f"p{share} {measured.percentile_ms(share):.2f} ms" for share in (50, 95, 99))
    yield _text(BAR_LEFT, low + 24, f"{said}; {measured.memory_bytes / 1024:.1f} KB of memory a shipment")


def rate_text(per_s: float) -> str:
    """`1.23 M reports/s`."""
    if not np.isfinite(per_s):
        return "–"
    return f"{per_s / 1e6:.2f} M reports/s" if per_s >= 1e5 else f"{per_s:,.0f} reports/s"


def _text(x: float, y: float, text: str, font: str = "14px") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{_STYLE.replace("14px", font)}">{escape(text)}</text>'
