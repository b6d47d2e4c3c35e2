"""The report as one HTML page: no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.figure import Figure

from sealtrack.console.desk import Desk
from sealtrack.console.evidence.gather import Case, Material
from sealtrack.console.evidence.local import localised
from sealtrack.console.evidence.plots import map_figure, strips_figure
from sealtrack.console.evidence.sufficient import Sufficient
from sealtrack.console.evidence.words import both, decided, did, facts, why
from sealtrack.console.times import shown

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def report_html(told: dict[str, Any], case: Case, found: Sufficient, desk: Desk) -> bytes:
    """The page. Everything that people wrote is escaped."""
    own = own_reports(told, found.taken)
    members = members_of(told, case)
    route_id = told["route_id"] or ""
    page = _pages.get_template("report.html").render(
        incident=told,
        alerts=members,
        shown=shown,
        local=localised(desk.settings.timezone),
        zone=desk.settings.timezone,
        reports=len(own),
        clock=case.clock_ms,
        geofences=[edition.catalogue.sha256 for edition in found.editions],
        policy=found.policies.sha256(),
        unproven=found.unproven,
        both=both,
        decided=decided,
        did=did,
        facts=facts,
        why=why,
        map=_png(map_figure(own, members, desk, route_id)),
        strips=_png(strips_figure(own, members, desk, route_id)),
    )
    return page.encode()


def own_reports(told: dict[str, Any], taken: Material) -> list[Any]:
    """The reports of the incident's own seal."""
    return [row for row in taken.reports if row.seal_id == told["seal_id"]]


def members_of(told: dict[str, Any], case: Case) -> list[Any]:
    """The alerts of the incident, not of the shipment's others."""
    names = {alert["alert_id"] for alert in told["alerts"]}
    return [alert for alert in case.alerts if alert.alert_id in names]


def _png(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
