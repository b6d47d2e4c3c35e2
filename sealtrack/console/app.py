"""Makes the application: API, pages, and what guards them."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from sealtrack import __version__
from sealtrack.console import pages
from sealtrack.console.access.headers import Shield
from sealtrack.console.api import API, add_api
from sealtrack.console.chores import run_chores
from sealtrack.console.desk import open_desk
from sealtrack.console.problems import Problem
from sealtrack.console.store import Store
from sealtrack.settings import Console


def create_app(settings: Console, store: Store) -> FastAPI:
    """The console on this store. It asks nobody else on the network for anything."""
    desk = open_desk(settings, store)
    app = FastAPI(
        lifespan=lambda _app: run_chores(desk),
        title="sealtrack console",
        version=__version__,
        docs_url=None,  # the pages that FastAPI makes of it load scripts from elsewhere
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
    )
    app.state.desk = desk
    add_api(app)
    pages.add_pages(app)
    app.add_exception_handler(Problem, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_middleware(Shield, settings=settings)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    problem = _problem(error)
    if not request.url.path.startswith(f"{API}/"):
        return pages.problem_page(request, problem)
    headers = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.body(), problem.status, headers, media_type="application/problem+json")


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "request"
        return Problem(422, f"{where}: {first['msg']}.", code="invalid")
    assert isinstance(error, HTTPException)  # noqa: S101 - nothing else is registered
    return Problem(error.status_code, str(error.detail))
