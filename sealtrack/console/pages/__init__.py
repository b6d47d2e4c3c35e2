"""The pages: HTML beside the API. `add_pages` is called by `sealtrack.console.app`."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from sealtrack.console.pages.files import add_files
from sealtrack.console.pages.frame import show
from sealtrack.console.pages.routes import router
from sealtrack.console.problems import Problem


def add_pages(app: FastAPI) -> None:
    """Register the HTML routers and the static files."""
    add_files(app)
    app.include_router(router)


def problem_page(request: Request, problem: Problem) -> Response:
    """What a browser sees instead of a page it may not have."""
    if problem.status == 401 and request.method == "GET":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
    if problem.code == "password_change_needed":
        return RedirectResponse("/password", 303)
    return show(request, "error.html", None, problem.status, problem=problem)
