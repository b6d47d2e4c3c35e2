"""What workers tell each other of their shipments: a few numbers, replaced by key, withdrawn with `gone`.

Times in ms since the epoch, places in degrees or in cells of 0.1°.
"""

from __future__ import annotations

import msgspec

Key = tuple[str, int]
"""(shipment_id, start) of a short stop or a silence."""
Cell = tuple[int, int]
"""(lat, lon) of a map cell in steps of 1 / CELLS_A_DEGREE."""
Place = tuple[Cell, int]
"""A cell in a slot of time."""


class ShortStop(msgspec.Struct, frozen=True, tag="short_stop"):
    """A stop of `short_stop_s` or more where none is permitted."""

    shipment_id: str
    seal_id: str
    start: int
    end: int | None
    """None while it lasts."""
    lat: float
    lon: float
    opened_at: int
    """`received` of the report that showed it."""
    closed_at: int | None
    """`received` of the report that showed its end, or the shipment's end."""
    stood_until: int
    """The end; while it lasts, a moment when it certainly stood: as long as a short stop, or an unauthorised one."""
    gone: bool = False

    @property
    def key(self) -> Key:
        return self.shipment_id, self.start


class Silence(msgspec.Struct, frozen=True, tag="silence"):
    """A signal_loss with a place."""

    shipment_id: str
    start: int
    end: int | None
    """None while it lasts."""
    cell: Cell
    gone: bool = False

    @property
    def key(self) -> Key:
        return self.shipment_id, self.start


class Heard(msgspec.Struct, frozen=True, tag="heard", gc=False):
    """Live reports of shipments in a cell and a slot of ten minutes: there is coverage."""

    shipment_ids: tuple[str, ...]
    cell: Cell
    slot: int
    gone: bool = False

    @property
    def place(self) -> Place:
        return self.cell, self.slot


Digest = ShortStop | Silence | Heard
