"""What the engine and its twin say differently."""

from __future__ import annotations

from typing import Any

import numpy as np

from sealtrack.columns import concat, pack_sightings
from sealtrack.engine import Engine
from sealtrack.geofence import Catalogue
from sealtrack.io.codecs.times import text_ms
from sealtrack.replay import final
from sealtrack.schema import Alert
from tests import naive
from tests.core.feeds import Case, pack
from tests.core.world import plain
from tests.naive.geometry import distance_m

TIME_MS = 50
"""Derived times: one rounds where the other cuts, on distances that differ by centimetres."""
ARRIVAL_MS = 1_000
"""A predicted arrival: the way to the destination may differ by metres."""
PLACE_M = 1.0
EXACT = ("status", "severity")
TIMES = ("start", "end", "detected_at")
WORDS = (
    "backfilled",
    "late",
    "dead_zone",
    "never_locked",
    "opening_no",
    "relocked",
    "checkpoints",
    "accumulated",
    "probing",
    "stops",
    "others_heard",
    "others_lost",
    "measured",
)
NEAR = {"max_offset_m": 1.0, "moved_m": 1.0, "together_s": 0.2, "max_speed_kmh": 0.2, "limit_kmh": 0.05}


def judge_case(catalogue: Catalogue, case: Case) -> list[Alert]:
    """The alerts that stand in the end."""
    return _judged(catalogue, case)[1]


def _judged(catalogue: Catalogue, case: Case) -> tuple[Engine, list[Alert]]:
    engine = Engine(catalogue, case.policies)
    history, _ = engine.register(case.shipments)
    told = concat([pack(case.reports), pack_sightings(case.sightings)])
    told = told.take(np.argsort(told.rows["received_ms"], kind="stable"))
    history += engine.process(told, case.clock_ms)
    return engine, final(history)


def disagreements(catalogue: Catalogue, case: Case) -> list[str]:
    """One line for each alert that the twin does not find, or finds otherwise, and the reverse."""
    found = []
    engine, alerts = _judged(catalogue, case)
    verdicts = naive.judge(case.reports, case.shipments, plain(), case.policies, case.clock_ms, case.sightings)
    for shipment_id, verdict in verdicts.items():
        (flag,) = engine.flags([shipment_id])
        if flag["late_reports"] != verdict.late_reports:
            found.append(f"{shipment_id} late_reports {flag['late_reports']} | {verdict.late_reports}")
        ours = [alert for alert in alerts if alert.shipment_id == shipment_id]
        found += [f"{shipment_id} {line}" for line in _differ(ours, verdict.alerts)]
    return found


def _differ(ours: list[Alert], theirs: list[dict[str, Any]]) -> list[str]:
    lines = []
    left = list(theirs)
    for alert in ours:
        match = next((a for a in left if a["kind"] == alert.kind and _near(a["start"], alert.start)), None)
        if match is None:
            lines.append(f"only the engine: {alert}")
            continue
        left.remove(match)
        lines += [f"{alert.kind} {alert.start} {line}" for line in _fields(alert, match)]
    return lines + [f"only the twin: {alert}" for alert in left]


def _fields(alert: Alert, twin: dict[str, Any]) -> list[str]:
    lines = [f"{n} {getattr(alert, n)} | {twin[n]}" for n in EXACT if getattr(alert, n) != twin[n]]
    lines += [f"{n} {getattr(alert, n)} | {twin[n]}" for n in TIMES if not _near(getattr(alert, n), twin[n])]
    if not _same_place((alert.lat, alert.lon), (twin["lat"], twin["lon"])):
        lines.append(f"place {alert.lat} {alert.lon} | {twin['lat']} {twin['lon']}")
    return lines + _evidence(alert, twin["evidence"])


def _evidence(alert: Alert, twin: dict[str, Any]) -> list[str]:
    said: dict[str, tuple[Any, Any]] = {
        name: (alert.evidence.get(name) or None, twin.get(name) or None) for name in WORDS
    }
    if "zone" in twin:
        said["zone"] = alert.evidence.get("zone"), twin["zone"]
    said["partners"] = set(alert.evidence.get("partners") or ()), set(twin.get("partners") or ())
    said["causes"] = set(alert.evidence.get("causes") or ()), set(twin.get("causes") or ())
    said["read"] = set(alert.evidence.get("read") or ()), set(twin.get("signs") or ()) - {"watcher"}
    said["events"] = _events(alert), set(twin.get("events") or ()) - {"low_battery"}  # that says of itself what it is
    lines = [f"{name} {ours} | {theirs}" for name, (ours, theirs) in said.items() if ours != theirs]
    for name, tolerance in NEAR.items():
        ours, theirs = alert.evidence.get(name), twin.get(name)
        if (ours is None) != (theirs is None) or abs((ours or 0) - (theirs or 0)) > tolerance:
            lines.append(f"{name} {ours} | {theirs}")
    arrival = alert.evidence.get("predicted_arrival")
    arrivals = None if arrival is None else text_ms(arrival), twin.get("predicted_arrival")
    if not _near(*arrivals, ARRIVAL_MS):
        lines.append(f"predicted_arrival {arrivals[0]} | {arrivals[1]}")
    return lines


def _events(alert: Alert) -> set[str]:
    return {"jamming"} if alert.evidence.get("said_by_device") else set(alert.evidence.get("events") or ())


def _near(a: int | None, b: int | None, tolerance_ms: int = TIME_MS) -> bool:
    return a == b if a is None or b is None else abs(a - b) <= tolerance_ms


def _same_place(a: tuple[float | None, float | None], b: tuple[float | None, float | None]) -> bool:
    if a[0] is None or a[1] is None or b[0] is None or b[1] is None:
        return a == b
    return distance_m((a[1], a[0]), (b[1], b[0])) <= PLACE_M
