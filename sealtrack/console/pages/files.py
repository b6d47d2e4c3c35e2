"""Files that every page loads: our own style and scripts, those of the map, and the words."""

from __future__ import annotations

from pathlib import Path

import msgspec
from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sealtrack import view
from sealtrack.console.pages.messages import LANGUAGES, messages
from sealtrack.console.problems import not_found

_OWN = Path(__file__).parents[1] / "static"
_MAP = Path(view.__file__).parent
_KEEP = {"Cache-Control": "no-cache"}
"""Kept, but asked for again: after an upgrade no page runs an old script."""

router = APIRouter(include_in_schema=False)


class _Files(StaticFiles):
    """Scripts and styles of a folder; what else lies there is nobody's business."""

    def lookup_path(self, path: str) -> tuple[str, object]:  # type: ignore[override]  # a wider stat_result
        return super().lookup_path(path) if path.endswith((".js", ".css", ".svg")) else ("", None)

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers.update(_KEEP)
        return answer


@router.get("/static/messages/{language}.json")
def words(language: str) -> Response:
    """All texts of a language, for the scripts."""
    if language not in LANGUAGES:
        raise not_found("language")
    return Response(msgspec.json.encode(messages(language)), media_type="application/json", headers=_KEEP)


def add_files(app: FastAPI) -> None:
    """Serve them under /static/."""
    app.include_router(router)
    app.mount("/static/map", _Files(directory=_MAP))
    app.mount("/static", _Files(directory=_OWN))
