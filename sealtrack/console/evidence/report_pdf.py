"""The report as PDF: the same facts, on paper."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from sealtrack.console.desk import Desk
from sealtrack.console.evidence.gather import Case
from sealtrack.console.evidence.local import localised
from sealtrack.console.evidence.plots import map_figure, strips_figure
from sealtrack.console.evidence.report_html import members_of, own_reports
from sealtrack.console.evidence.sufficient import Sufficient
from sealtrack.console.evidence.words import both, decided, did, facts, why

_A4 = (8.27, 11.69)
_FONT = "DejaVu Sans"
_WIDTH = 98
_LINES = 68


def report_pdf(told: dict[str, Any], case: Case, found: Sufficient, desk: Desk) -> bytes:
    """Text pages, the map, the strips. DejaVu, which travels with matplotlib, has the Vietnamese letters."""
    own, members = own_reports(told, found.taken), members_of(told, case)
    route_id = told["route_id"] or ""
    local = localised(desk.settings.timezone)
    lines = [*_text(told, members, desk), "", *_proof(len(own), case, found, local)]
    pages = -(-len(lines) // _LINES)
    buffer = io.BytesIO()
    with PdfPages(
        buffer, metadata={"Title": f"{told['shipment_id']} {told['incident_id']}", "CreationDate": None}
    ) as pdf:
        for first in range(0, len(lines), _LINES):
            foot = f"{told['shipment_id']}, {told['incident_id']}  {first // _LINES + 1}/{pages + 2}"
            pdf.savefig(_page(lines[first : first + _LINES], foot))
        pdf.savefig(map_figure(own, members, desk, route_id))
        pdf.savefig(strips_figure(own, members, desk, route_id))
    return buffer.getvalue()


def _page(lines: Sequence[str], foot: str) -> Figure:
    figure = Figure(figsize=_A4)
    figure.text(0.07, 0.02, _printable(foot), size=7, family=_FONT, parse_math=False)
    for number, line in enumerate(lines):
        heading = line.startswith("# ")
        # parse_math: a $ in a note is a $.
        figure.text(
            0.07,
            0.96 - number * 0.0135 + (0.004 if heading else 0),
            line.removeprefix("# "),
            size=11 if heading else 8,
            weight="bold" if heading else "normal",
            family=_FONT,
            va="top",
            parse_math=False,
        )
    return figure


def _text(told: dict[str, Any], members: Sequence[Any], desk: Desk) -> Iterator[str]:
    local = localised(desk.settings.timezone)
    yield "# Báo cáo sự cố / Incident report"
    weight = both("severity", told["severity"])
    yield from _wrapped(f"{told['shipment_id']}, {told['incident_id']}: {weight}, {told['score']}/100")
    yield f"Giờ / times: {desk.settings.timezone}"
    yield ""
    yield "# Lô hàng / Shipment"
    for name, value in (told["shipment"] or {}).items():
        if value:
            moment = name.endswith("_at") or name == "arrive_by"
            listed = ", ".join(value) if isinstance(value, list) else value
            yield from _wrapped(f"{both('field', name)}: {local(value) if moment else listed}")
    yield ""
    yield "# Vì sao / Why"
    for reason in told["reasons"]:
        yield from _wrapped(f"{reason['points']:+d}  {why(reason, told, local)}")
    yield ""
    yield "# Cảnh báo / Alerts"
    for alert in members:
        span = f"{local(alert.start)} – {local(alert.end)}"
        yield from _wrapped(f"{both('kind', alert.kind)} ({both('severity', alert.severity)}) {span}")
        yield from _wrapped(f"    {alert.alert_id}")
        yield from _wrapped("    " + "; ".join(facts(alert.evidence, local)))
    yield ""
    yield "# Xử lý / Decisions"
    for one in told["decisions"]:
        yield from _wrapped(f"{local(one['at'])}  {one['user'] or 'sealtrack'}  {did(one['action'])}  {decided(one)}")


def _proof(reports: int, case: Case, found: Sufficient, local: Callable[[int | str | None], str]) -> Iterator[str]:
    yield "# Kiểm chứng / Proof"
    yield from _wrapped(f"Dữ liệu đến / data up to {local(case.clock_ms)}; {reports} bản tin / reports: reports.ndjson")
    for edition in found.editions:
        yield f"geofences {edition.catalogue.sha256}"
    yield f"policy {found.policies.sha256()}"
    yield "sealtrack evidence verify: chạy lại máy phân tích trên gói này / runs the engine on this pack again"
    for line in found.unproven:
        yield from _wrapped(f"Không tái lập được / not reproduced: {line}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(_printable(text), _WIDTH, subsequent_indent="    ") or [""]


def _printable(text: str) -> str:
    """The text with a box for each letter that the font lacks, as Chinese ones; the HTML report has them all."""
    known = get_font(findfont(_FONT)).get_charmap()
    return "".join(letter if ord(letter) in known else "□" for letter in " ".join(text.split()))
