"""What the map shows, as plain data: the JSON that map.js reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import FORBIDS_ENTER, PERMITS_OPEN, PERMITS_STOP
from sealtrack.declared import last_terms
from sealtrack.geofence import Catalogue
from sealtrack.replay import ReplayResult, by_shipment
from sealtrack.schema import Alert, Shipment, fields
from sealtrack.view.tracks import Track, pack, tracks

ALERTS_DRAWN = 3_000
"""The alerts of the shipments with the highest scores, up to here; the page says how many it leaves out."""
_RULE_WORDS = {PERMITS_STOP: "stop permitted", PERMITS_OPEN: "opening permitted", FORBIDS_ENTER: "entry forbidden"}


def make_scene(result: ReplayResult, catalogue: Catalogue, shipments: Sequence[Shipment]) -> dict[str, Any]:
    """Routes, zones, tracks, alerts and flagged shipments of one replay."""
    alerts = by_shipment(result.alerts)
    found, left_out = _drawn(result.flagged, alerts)
    declared = {shipment.shipment_id: shipment for shipment in last_terms(shipments)}
    used = {route for shipment in shipments for route in shipment.route_id.split("|")}
    return {
        "counts": {"shipments": len(declared), "reports": len(result.reports)},
        "omitted": f"{left_out:,} alerts of shipments with a lower score are not drawn." if left_out else "",
        "routes": routes(catalogue, used),
        "zones": zones(catalogue, used, {zone for s in shipments for zone in (s.origin_zone, s.destination_zone)}),
        "tracks": [_track(track) for track in tracks(result.reports, shipments)],
        "alerts": [_alert(alert) for record in found for alert in alerts[record["shipment_id"]]],
        "flagged": [
            {name: record[name] for name in ("shipment_id", "severity", "score")}
            | {"declared": _declared(declared[record["shipment_id"]])}
            for record in found
        ],
    }


def _drawn(flagged: Sequence[dict[str, Any]], alerts: dict[str, list[Alert]]) -> tuple[Sequence[dict[str, Any]], int]:
    """The first records whose alerts find room, and how many alerts do not."""
    counts = np.cumsum([len(alerts[record["shipment_id"]]) for record in flagged], dtype=np.int64)
    kept = int(np.searchsorted(counts, ALERTS_DRAWN, side="right"))
    return flagged[:kept], int(counts[-1] - (counts[kept - 1] if kept else 0)) if len(counts) else 0


def _track(track: Track) -> dict[str, Any]:
    parts = [pack(part.T, timed=True) for part in track.parts]
    wild = pack(track.wild.T, timed=True)
    return {"shipment_id": track.shipment_id, "seal_id": track.seal_id, "parts": parts, "wild": wild}


def routes(catalogue: Catalogue, used: set[str]) -> list[dict[str, Any]]:
    """Every corridor with its centre line, packed; `used`: ids of those that matter here."""
    vertices = catalogue.fences.vertices
    listed = []
    for row, id_, name in zip(catalogue.fences.routes, catalogue.route_ids, catalogue.route_names, strict=True):
        line = vertices[row["vertex_start"] : row["vertex_start"] + row["vertex_count"]]
        width_m = float(row["half_width_m"])
        packed = pack((line["lat"], line["lon"]), timed=False)
        listed.append({"id": id_, "name": name or id_, "half_width_m": width_m, "used": id_ in used, "line": packed})
    return listed


def zones(catalogue: Catalogue, used: set[str], ends: set[str | None]) -> list[dict[str, Any]]:
    """Every zone with its outline, packed; `used`: ids of routes that matter; `ends`: zones where a trip may end."""
    fences = catalogue.fences
    near: set[int] = set()
    for row, id_ in zip(fences.routes, catalogue.route_ids, strict=True):
        if id_ in used:
            near.update(fences.route_zones[row["zone_start"] : row["zone_start"] + row["zone_count"]].tolist())
    listed = []
    for number, (row, id_) in enumerate(zip(fences.zones, catalogue.zone_ids, strict=True)):
        rules = int(row["rules"])
        listed.append(
            {
                "id": id_,
                "name": catalogue.zone_names[number] or id_,
                "role": catalogue.zone_roles[number],
                "forbids": bool(rules & FORBIDS_ENTER),
                "rules": ", ".join(words for bit, words in _RULE_WORDS.items() if rules & bit),
                "used": number in near,
                "end": id_ in ends,
                "rings": _rings(fences.ring_lat, fences.ring_lon, int(row["ring_start"]), int(row["ring_end"])),
            }
        )
    return listed


def _rings(lat: NDArray[np.float64], lon: NDArray[np.float64], start: int, end: int) -> list[list[int]]:
    cuts = np.flatnonzero(np.isnan(lat[start:end])) + start
    edges = zip([start, *(cuts + 1)], [*cuts, end], strict=True)
    return [pack((lat[a:b], lon[a:b]), timed=False) for a, b in edges if b > a]


def _alert(alert: Alert) -> dict[str, Any]:
    shown = ("kind", "severity", "shipment_id", "start", "end", "lat", "lon", "evidence")
    return {name: getattr(alert, name) for name in shown}


def _declared(shipment: Shipment) -> dict[str, Any]:
    values = {item.name: getattr(shipment, item.name) for item in fields(Shipment) if item.name != "shipment_id"}
    return {name: value for name, value in values.items() if value not in (None, ())}
