"""Answers written by msgspec: a track of 50,000 reports is no work for a validator."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import JSONResponse


class Json(JSONResponse):
    """A JSON answer."""

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the description: what a route refuses with, besides what all of them do (see `description`)."""
    return {status: {"description": HTTPStatus(status).phrase} for status in statuses}
