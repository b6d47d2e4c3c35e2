"""What every request needs: the store, the settings, the geofences."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event
from typing import cast

from fastapi import Request

from sealtrack.console.access.attempts import Attempts
from sealtrack.console.intake.documents import load_catalogue, load_policies
from sealtrack.console.store import Store
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.settings import Console


@dataclass(slots=True)
class Desk:
    """One console."""

    store: Store
    settings: Console
    attempts: Attempts
    catalogue: Catalogue | None = None
    policies: Policies = field(default_factory=Policies)
    closing: Event = field(default_factory=Event)
    """Set when the server stops: whatever waits for news ends."""


def open_desk(settings: Console, store: Store) -> Desk:
    """A console on this store, with the geofences and thresholds that the store holds."""
    with store.reading() as connection:
        catalogue, policies = load_catalogue(connection), load_policies(connection)
    return Desk(store, settings, Attempts(settings.logins_per_minute), catalogue, policies)


def desk_of(request: Request) -> Desk:
    """The console that this request came to."""
    return cast("Desk", request.app.state.desk)
