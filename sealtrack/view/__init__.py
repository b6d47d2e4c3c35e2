"""The map of a replay: one self-contained HTML page, drawn by its own small script, that makes no network request."""

from __future__ import annotations

from collections.abc import Sequence

from sealtrack.geofence import Catalogue
from sealtrack.replay import ReplayResult
from sealtrack.schema import Shipment
from sealtrack.view.page import fill_page
from sealtrack.view.scene import make_scene

__all__ = ["map_page"]


def map_page(result: ReplayResult, catalogue: Catalogue, shipments: Sequence[Shipment]) -> str:
    """The HTML text: routes, zones, tracks, alerts, and the flagged shipments with their reasons."""
    return fill_page(make_scene(result, catalogue, shipments))
