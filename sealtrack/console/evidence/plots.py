"""The map and the strips of a report, by matplotlib, without a display."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sealtrack.console.desk import Desk
from sealtrack.console.geometry import along
from sealtrack.console.pages.messages import say
from sealtrack.geofence import Catalogue
from sealtrack.schema import FLAG_INVALID, Alert

COLOURS = {"critical": "#c0392b", "warning": "#d68910", "info": "#5d6d7e"}
_ROOM_DEG = 0.03


def map_figure(reports: Sequence[Any], alerts: Sequence[Alert], desk: Desk, route_id: str) -> Figure:
    """Corridors, zones, the track and the alerts, north up."""
    figure = Figure(figsize=(8.3, 8.3), layout="constrained")
    axes = figure.add_subplot()
    fixes = [row for row in reports if row.lat is not None and not row.flags & FLAG_INVALID]
    lat, lon = _floats(fixes, "lat"), _floats(fixes, "lon")
    if desk.catalogue is not None:
        _draw_fences(axes, desk.catalogue, route_id)
    axes.plot(lon, lat, color="#1f618d", linewidth=1.2, marker=".", markersize=2, label="track")
    _draw_alerts(axes, alerts)
    _frame(axes, lat, lon)
    axes.grid(visible=True, linewidth=0.3)
    axes.set_xlabel("lon °E (WGS84)")
    axes.set_ylabel("lat °N")
    return figure


def strips_figure(reports: Sequence[Any], alerts: Sequence[Alert], desk: Desk, route_id: str) -> Figure:
    """Speed, distance from the route, battery, satellites and lock over time, with the alerts as bands."""
    zone = ZoneInfo(desk.settings.timezone)
    figure = Figure(figsize=(8.3, 9.5), layout="constrained")
    axes: Sequence[Axes] = figure.subplots(5, 1, sharex=True)
    rows = sorted(reports, key=lambda row: row.time_ms)
    at = np.array([row.time_ms for row in rows], "datetime64[ms]")
    lat, lon = _floats(rows, "lat"), _floats(rows, "lon")
    away_m = along(desk.catalogue, route_id, lat, lon).off_m if desk.catalogue else np.full(len(rows), np.nan)
    columns = [_floats(rows, "speed_kmh"), away_m / 1000, _floats(rows, "battery_pct"), _floats(rows, "satellites")]
    names = ["km/h", "km off route", "battery %", "satellites", "lock"]
    for one, column, name in zip(axes, [*columns, _floats(rows, "lock")], names, strict=True):
        one.plot(at, column, linewidth=0.8, drawstyle="steps-post" if name == "lock" else "default", color="#1f618d")
        one.set_ylabel(name)
        one.grid(visible=True, linewidth=0.3)
        for alert in alerts:
            end_ms = alert.end if alert.end is not None else (rows[-1].time_ms if rows else alert.start)
            first, last = np.array([alert.start, max(end_ms, alert.start + 30_000)], "datetime64[ms]")
            one.axvspan(first, last, color=COLOURS[alert.severity], alpha=0.18)
    axes[-1].set_yticks([0, 1, 2, 3], ["?", "locked", "unlocked", "cut"])
    axes[-1].xaxis.set_major_formatter(DateFormatter("%d.%m. %H:%M", tz=zone))  # type: ignore[no-untyped-call]
    axes[-1].set_xlabel(desk.settings.timezone)
    figure.autofmt_xdate()
    return figure


def _draw_alerts(axes: Axes, alerts: Sequence[Alert]) -> None:
    """Marks with their names, those at one place below one another."""
    named: Counter[tuple[int, int]] = Counter()
    for alert in alerts:
        if alert.lat is None or alert.lon is None:
            continue
        place = round(alert.lat / _ROOM_DEG), round(alert.lon / _ROOM_DEG)
        axes.plot(
            [alert.lon], [alert.lat], marker="o", color=COLOURS[alert.severity], markersize=7, markeredgecolor="white"
        )
        below = (7, 5 - 9 * named[place])
        axes.annotate(
            say("vi", f"kind.{alert.kind}"), (alert.lon, alert.lat), below, textcoords="offset points", size=7
        )
        named[place] += 1


def _draw_fences(axes: Axes, catalogue: Catalogue, route_id: str) -> None:
    for row, name in zip(catalogue.fences.routes, catalogue.route_ids, strict=True):
        line = catalogue.fences.vertices[row["vertex_start"] : row["vertex_start"] + row["vertex_count"]]
        used = name in route_id.split("|")
        axes.plot(
            line["lon"], line["lat"], color="#a9dfbf" if used else "#e5e8e8", linewidth=5 if used else 2, zorder=0
        )
    for row in catalogue.fences.zones:
        span = slice(int(row["ring_start"]), int(row["ring_end"]))
        axes.plot(catalogue.fences.ring_lon[span], catalogue.fences.ring_lat[span], color="#7d3c98", linewidth=0.7)


def _frame(axes: Axes, lat: NDArray[np.float64], lon: NDArray[np.float64]) -> None:
    """Around the middle 98 % of the fixes: one wild position must not shrink the rest to a dot."""
    if not len(lat):
        return
    (south, north), (west, east) = (np.percentile(column, [1, 99]) for column in (lat, lon))
    axes.set_xlim(west - _ROOM_DEG, east + _ROOM_DEG)
    axes.set_ylim(south - _ROOM_DEG, north + _ROOM_DEG)
    axes.set_aspect(1 / max(0.1, float(np.cos(np.radians((south + north) / 2)))))


def _floats(rows: Sequence[Any], name: str) -> NDArray[np.float64]:
    return np.array([getattr(row, name) for row in rows], np.float64)  # None becomes NaN
