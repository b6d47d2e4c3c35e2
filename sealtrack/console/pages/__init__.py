"""The pages: HTML beside the API. `add_pages` is called by `sealtrack.console.app`."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sealtrack.console.problems import Problem


def add_pages(app: FastAPI) -> None:
    """Register the HTML routers and the static files."""


def problem_page(request: Request, problem: Problem) -> Response:
    """What a browser sees instead of a page it may not have."""
    if problem.status == 401 and request.method == "GET":
        return RedirectResponse(f"/login?next={request.url.path}", 303)
    if problem.code == "password_change_needed":
        return RedirectResponse("/password", 303)
    return PlainTextResponse(problem.detail, problem.status)
