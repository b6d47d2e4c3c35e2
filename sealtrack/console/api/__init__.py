"""The JSON API, one router a topic. Every page has its twin here."""

from __future__ import annotations

from fastapi import FastAPI

from sealtrack.console.api import incidents, live, login, track

API = "/api/v1"


def add_api(app: FastAPI) -> None:
    """Register every router under `/api/v1`."""
    for topic in (login, incidents, track, live):
        app.include_router(topic.router, prefix=API)
