"""Fills a template with what every page needs: language, theme, zone, and who is logged in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from sealtrack.console.access.sessions import Session
from sealtrack.console.api import API
from sealtrack.console.desk import desk_of
from sealtrack.console.pages.messages import LANGUAGES, say
from sealtrack.schema import Kind, Severity

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
THEMES = ("auto", "light", "dark")


def show(request: Request, template: str, session: Session | None, status: int = 200, **values: object) -> HTMLResponse:
    """The page. `values` may hold `twin`, the path of its JSON under the API, and `data`, what its script reads."""
    settings = desk_of(request).settings
    # The cookie is for whoever is not logged in yet.
    chosen = session.user.language if session else request.cookies.get("language")
    language = _one_of(chosen, LANGUAGES, settings.language)
    page: Mapping[str, object] = {
        "t": partial(say, language),
        "language": language,
        "theme": _one_of(request.cookies.get("theme"), THEMES, "auto"),
        "zone": settings.timezone,
        "zone_shown": zone_name(settings.timezone),
        "api": API,
        "session": session,
        "user": session.user if session else None,
        "may": lambda role: session is not None and session.user.role.reaches(role),
        "kinds": list(Kind),
        "severities": list(Severity),
        "ground": desk_of(request).ground,
        "layers": len(settings.layers),
        "path": request.url.path,
        "twin": None,
        "data": {},
    }
    return HTMLResponse(_TEMPLATES.get_template(template).render({**page, **values}), status)


def zone_name(zone: str) -> str:
    """A zone with its present offset: `Asia/Ho_Chi_Minh, UTC+07:00`."""
    return f"{zone}, UTC{datetime.now(UTC).astimezone(ZoneInfo(zone)).isoformat()[-6:]}"


def _one_of(wanted: str | None, known: tuple[str, ...], other: str) -> str:
    return wanted if wanted in known else other
