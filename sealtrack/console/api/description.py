"""The OpenAPI description: what FastAPI reads off the routes, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sealtrack.console.access.guard import COOKIE, SAFE
from sealtrack.console.api.shapes.base import Told
from sealtrack.console.problems import MEDIA, Problem

_ABOUT = """Everything that the pages show, for programs. Times are RFC 3339, UTC, milliseconds.

A program logs in with `{"bearer": true}` and sends the token as `Authorization: Bearer …`. Changes that come with a
browser's cookie carry the `csrf` of `/me` as `X-CSRF-Token`. What belongs to another unit is answered as what there is
not: 404. Refusals are `application/problem+json` with a `code` for programs and a `detail` for people."""
_OPEN = "/login"
_SCHEMES = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
_WHY = {
    400: "The request cannot be read, or came under a name that is not the console's.",
    401: "Nobody is logged in, the session has ended, or the password is wrong.",
    403: "The role does not suffice, the CSRF token is missing, or the password must be changed first.",
    404: "There is no such thing, or it is another unit's.",
    409: "It cannot be done in this state; `detail` says why.",
    412: "Somebody decided about it after the revision in `If-Match`.",
    413: "The request is too large.",
    422: "A parameter or field cannot be meant; `detail` names it.",
    429: "Too many failed attempts: wait as long as `Retry-After` says.",
    503: "The store does not answer.",
}


def describe(app: FastAPI) -> None:
    """Have the application say what it does; made when somebody asks for it first."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _description(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _description(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    schemas = found["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Told.model_json_schema()
    found["components"]["securitySchemes"] = _SCHEMES
    for path, method, operation in _operations(found):
        is_open = path.endswith(_OPEN)
        by_cookie: dict[str, list[str]] = {"cookie": []} if method.upper() in SAFE else {"cookie": [], "csrf": []}
        operation["security"] = [] if is_open else [by_cookie, {"bearer": []}]
        answers = operation["responses"]
        for status in sorted({*_always(operation), *(int(one) for one in answers if int(one) >= 400)}):
            answers[str(status)] = _refusal(status)
    return found


def _always(operation: dict[str, Any]) -> set[int]:
    """The refusals that follow from what a route takes."""
    found = {400, 401, 403, 503}
    found |= {422} if operation.get("parameters") or "requestBody" in operation else set()
    return found | ({413} if "requestBody" in operation else set())


def _refusal(status: int) -> dict[str, Any]:
    example = Problem(status, _WHY[status]).body()
    schema = {"$ref": "#/components/schemas/Problem"}
    title = HTTPStatus(status).phrase
    return {"description": f"{title}. {_WHY[status]}", "content": {MEDIA: {"schema": schema, "example": example}}}


def _operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
