"""The JSON API, one router a topic. Every page has its twin here."""

from __future__ import annotations

from fastapi import FastAPI

from sealtrack.console.api import (
    audit,
    decide,
    duty,
    evidence,
    incidents,
    live,
    login,
    stream,
    suppressions,
    track,
    trips,
    users,
    views,
)
from sealtrack.console.api.description import describe

API = "/api/v1"


TOPICS = (audit, decide, duty, evidence, incidents, live, login, stream, suppressions, track, trips, users, views)


def add_api(app: FastAPI) -> None:
    """Register every router under `/api/v1`, and the description of them all."""
    for topic in TOPICS:
        app.include_router(topic.router, prefix=API)
    describe(app)
