"""What every request needs: the store, the settings, the geofences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, cast

from fastapi import Request

from sealtrack.console.clock import now_ms
from sealtrack.console.intake.documents import editions_in_use, load_catalogue, load_policies
from sealtrack.console.store import Store
from sealtrack.console.tiles import Ground, ground
from sealtrack.engine.atlas import Edition, edition_at
from sealtrack.geofence import Catalogue
from sealtrack.policy import Policies
from sealtrack.settings import Console


@dataclass(slots=True)
class Desk:
    """One console."""

    store: Store
    settings: Console
    catalogue: Catalogue | None = None
    """The geofences in force now, or those that judge the shipment in question: see `judging`."""
    editions: Sequence[Edition] = ()
    """All geofences by time; none before the console knows any."""
    policies: Policies = field(default_factory=Policies)
    ground: Ground = field(default_factory=Ground)
    """What lies under the map."""
    closing: Event = field(default_factory=Event)
    """Set when the server stops: whatever waits for news ends."""

    def follow(self) -> None:
        """Take in geofences that the store has learned of, and those whose time has come."""
        with self.store.reading() as connection:
            wanted = editions_in_use(connection)
            known = {one.catalogue.sha256: one.catalogue for one in self.editions}
            if [(one.from_ms, one.catalogue.sha256) for one in self.editions] != wanted:
                for version in {version for _, version in wanted} - known.keys():
                    known[version] = load_catalogue(connection, version)
                self.editions = [Edition(from_ms, known[version]) for from_ms, version in wanted]
        self.catalogue = edition_at(self.editions, now_ms()).catalogue if self.editions else None

    def catalogue_for(self, shipment: Any) -> Catalogue | None:
        """The geofences that judge a shipment, given as its row in the store."""
        declared_ms = shipment.depart_ms if shipment.amended_ms is None else shipment.amended_ms
        return edition_at(self.editions, declared_ms).catalogue if self.editions else None

    def judging(self, shipment: Any) -> Desk:
        """This desk with the geofences that judge that shipment."""
        return replace(self, catalogue=self.catalogue_for(shipment))


def open_desk(settings: Console, store: Store) -> Desk:
    """A console on this store, with the geofences and thresholds that the store holds."""
    with store.reading() as connection:
        policies = load_policies(connection)
    desk = Desk(store, settings, policies=policies, ground=ground(settings))
    desk.follow()
    return desk


def desk_of(request: Request) -> Desk:
    """The console that this request came to."""
    return cast("Desk", request.app.state.desk)
