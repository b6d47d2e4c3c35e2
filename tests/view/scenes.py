"""A small replay to draw: one road, one zone, trucks of which one is guilty and has hostile names."""

from pathlib import Path

import numpy as np

from sealtrack import geofence
from sealtrack.columns import Reports, blank_rows, concat
from sealtrack.feeds import Whole
from sealtrack.geofence import Catalogue
from sealtrack.replay import ReplayResult
from sealtrack.schema import Alert, Shipment
from tests import feeds

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>%DATA%\u2028&amp;\"'"
DEPART_MS = 1_772_600_400_000
ROAD = [[106.70 + 0.01 * step, 20.85] for step in range(21)]
YARD = [[106.695, 20.845], [106.705, 20.845], [106.705, 20.855], [106.695, 20.855], [106.695, 20.845]]


def catalogue(folder: Path) -> Catalogue:
    road = {"id": "R1", "name": HOSTILE.replace("\u2028", " "), "kind": "corridor", "half_width_m": 500}
    yard = {"id": "Z1", "name": "Bãi Đình Vũ", "kind": "zone", "role": "customs_yard", "permits": ["open", "stop"]}
    return geofence.load(feeds.write_fences(folder, [(road, "LineString", ROAD), (yard, "Polygon", [YARD])]))


def shipment(shipment_id: str, seal_id: str, carrier: str | None = None) -> Shipment:
    return Shipment(shipment_id=shipment_id, seal_id=seal_id, route_id="R1", depart_at=DEPART_MS, carrier=carrier)


def drive(seal_id: str, fixes: int = 200, every_s: float = 30.0) -> Reports:
    """Along the road at one speed."""
    rows = blank_rows(fixes)
    rows["seal"] = 0
    rows["time_ms"] = rows["received_ms"] = DEPART_MS + (np.arange(fixes) * every_s * 1000).astype(np.int64)
    rows["lat"], rows["lon"] = 20.85, np.linspace(106.70, 106.90, fixes)
    return Reports(rows, [seal_id])


def alert(shipment_id: str, seal_id: str, **changes: object) -> Alert:
    values = {
        "alert_id": "a1", "version": 1, "kind": "seal_open", "status": "open", "severity": "critical",
        "start": DEPART_MS + 600_000, "end": None, "lat": 20.86, "lon": 106.8, "evidence": {"card": HOSTILE},
        "detected_at": DEPART_MS + 600_000,
    }  # fmt: skip
    return Alert(shipment_id=shipment_id, seal_id=seal_id, **{**values, **changes})  # type: ignore[arg-type] # by name


def guilty_and_innocent() -> tuple[ReplayResult, list[Shipment]]:
    shipments = [shipment(HOSTILE, "S1", carrier=HOSTILE), shipment("innocent", "S2")]
    alerts = [alert(HOSTILE, "S1"), alert(HOSTILE, "S1", alert_id="a2", lat=None, lon=None)]
    flagged = [{"shipment_id": HOSTILE, "severity": "critical", "score": 80}]
    reports = concat([drive("S1"), drive("S2")])
    return ReplayResult(alerts, alerts, flagged, Whole([reports], (reports.seals, reports.cards), [])), shipments
