"""Geofences: read, check and compile them. The only place that imports shapely, geopandas or pyproj.

Those libraries are slow to import, so they are imported when `load` or `examine` is called; a compiled file opens with
numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from sealtrack.geofence.catalogue import Catalogue, is_compiled, open_compiled, save
from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.middle import middle_of_zone

__all__ = [
    "Catalogue",
    "Fault",
    "Level",
    "examine",
    "is_compiled",
    "load",
    "middle_of_zone",
    "open_compiled",
    "pack",
    "save",
    "unpack",
]


def load(*paths: str | PathLike[str]) -> Catalogue:
    """The catalogue in these files or folders, checked and compiled; a single compiled file is opened as it is.

    Raises GeofenceError, listing every fault in a line of its own, when a feature must not be used, and InputError
    when a file cannot be read at all. Warnings do not stop it: `examine` shows them.
    """
    if len(paths) == 1 and is_compiled(paths[0]):
        return open_compiled(paths[0])
    from sealtrack.geofence import sources  # noqa: PLC0415 - slow, see above

    return sources.load([Path(path) for path in paths])


def examine(paths: Sequence[str | PathLike[str]]) -> tuple[list[Fault], Catalogue | None]:
    """Every fault in these files or folders, and the catalogue if nothing forbids its use.

    A compiled file, given alone, is opened: InputError if it is damaged.
    """
    if len(paths) == 1 and is_compiled(paths[0]):
        return [], open_compiled(paths[0])
    from sealtrack.geofence import sources  # noqa: PLC0415 - slow, see above

    return sources.examine([Path(path) for path in paths])


def pack(*paths: str | PathLike[str]) -> tuple[bytes, Catalogue]:
    """These files or folders as one text that `unpack` reads, and what it means; errors as of `load`."""
    from sealtrack.geofence import text  # noqa: PLC0415 - slow, see above

    return text.pack([Path(path) for path in paths])


def unpack(data: bytes, name: str) -> Catalogue:
    """The catalogue in a GeoJSON text or a compiled file, given as bytes; errors as of `load` call it by `name`."""
    from sealtrack.geofence import text  # noqa: PLC0415 - slow, see above

    return text.unpack(data, name)
