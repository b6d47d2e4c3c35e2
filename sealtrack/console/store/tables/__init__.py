"""The tables, one file a topic. `metadata` knows all of them; a migration makes them."""

from sealtrack.console.store.tables import declared, heard, judged, people, worked
from sealtrack.console.store.tables.base import metadata

__all__ = ["declared", "heard", "judged", "metadata", "people", "worked"]
