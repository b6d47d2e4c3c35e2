"""What a careful person would write first: some of the rules, a report at a time. Less than sealtrack does."""

from __future__ import annotations

import math
from typing import Any

import shapely

METRES = 111_195.0


class Rules:
    """Corridor, stop, seal, battery, each with a state a seal; no late reports, no silence, no zones."""

    def __init__(self, line: list[list[float]], half_width_m: float) -> None:
        """`line`: (lon, lat) of the only route."""
        self._cos = math.cos(math.radians(line[0][1]))
        self._line = shapely.LineString([self._metres(lon, lat) for lon, lat in line])
        shapely.prepare(self._line)
        self._half_width_m = half_width_m

    def is_off_route(self, report: dict[str, Any]) -> bool:
        """Whether a report's fix is further from the route than the corridor is wide."""
        if report["lat"] is None:
            return False
        point = shapely.Point(*self._metres(report["lon"], report["lat"]))
        return not self._line.dwithin(point, self._half_width_m)

    def judge(self, report: dict[str, Any], state: dict[str, Any]) -> list[dict[str, Any]]:
        """What this report gives reason to say; `state` is the seal's, and changed."""
        said = []
        state["off"] = state.get("off", 0) + 1 if self.is_off_route(report) else 0
        if state["off"] == 3:
            said.append("route_deviation")
        said += self._stop(report, state)
        if report["lock"] == "cut" or "rope_cut" in report["events"]:
            said.append("seal_tamper")
        if report["lock"] == "unlocked" and state.get("lock") == "locked":
            said.append("seal_open")
        state["lock"] = report["lock"]
        if report["battery"] is not None and report["battery"] < 15 <= state.get("battery", 100):
            said.append("low_battery")
        state["battery"] = report["battery"] or 100
        return [{"kind": kind, "seal_id": report["seal_id"], "start": report["time"]} for kind in said]

    def _stop(self, report: dict[str, Any], state: dict[str, Any]) -> list[str]:
        """Within 150 m of where it came to rest, for 15 minutes of its reports every 30 s."""
        if report["lat"] is None:
            return []
        x, y = self._metres(report["lon"], report["lat"])
        x0, y0, count = state.get("rest", (x, y, 0))
        count = count + 1 if math.hypot(x - x0, y - y0) < 150 else 0
        state["rest"] = (x0, y0, count) if count else (x, y, 0)
        return ["unauthorised_stop"] if count == 30 else []

    def _metres(self, lon: float, lat: float) -> tuple[float, float]:
        return lon * METRES * self._cos, lat * METRES
