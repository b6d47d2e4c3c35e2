"""Makes the application: API, pages, and what guards them."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sealtrack import __version__
from sealtrack.console import pages
from sealtrack.console.access.headers import Shield
from sealtrack.console.api import API, add_api
from sealtrack.console.chores import run_chores
from sealtrack.console.desk import open_desk
from sealtrack.console.problems import Problem, problem_answer
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
    app.add_exception_handler(OperationalError, _refused)
    app.add_exception_handler(Exception, _refused)
    app.add_middleware(Shield, settings=settings)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    problem = _problem(error)
    if not request.url.path.startswith(f"{API}/"):
        return pages.problem_page(request, problem)
    return problem_answer(problem)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "request"
        return Problem(422, f"{where}: {first['msg']}.", code="invalid")
    if isinstance(error, HTTPException):
        return Problem(error.status_code, str(error.detail))
    if isinstance(error, OperationalError):
        return Problem(503, "The store does not answer: try again in a moment.", retry_after_s=5)
    return Problem(500, "The console failed; what happened stands in its log.")
