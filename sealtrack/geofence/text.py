"""Geofences as one text, so that they can travel: GeoJSON in WGS84, or a compiled file as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from sealtrack.errors import GeofenceError, InputError
from sealtrack.geofence import sources
from sealtrack.geofence.catalogue import Catalogue, is_compiled, open_compiled
from sealtrack.geofence.model import Feature
from sealtrack.geofence.read import read


def pack(paths: Sequence[Path]) -> tuple[bytes, Catalogue]:
    """These files and folders as one text, and what it means; errors as of `sealtrack.geofence.load`."""
    if len(paths) == 1 and is_compiled(paths[0]):
        return paths[0].read_bytes(), open_compiled(paths[0])
    catalogue = sources.load(paths)
    collection = {"type": "FeatureCollection", "features": [_feature(one) for one in read(paths)[0]]}
    return msgspec.json.encode(collection, enc_hook=_plain), catalogue


def unpack(text: bytes, name: str) -> Catalogue:
    """What `pack`, or anybody, wrote; errors call it by `name`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "geofences.geojson"
        path.write_bytes(text)
        try:
            return open_compiled(path) if is_compiled(path) else sources.load([path])
        except InputError as error:
            kind = GeofenceError if isinstance(error, GeofenceError) else InputError
            raise kind(str(error).replace(str(path), name)) from None


def _feature(feature: Feature) -> dict[str, Any]:
    geometry = shapely.geometry.mapping(feature.geometry) if feature.geometry is not None else None
    return {"type": "Feature", "properties": feature.properties, "geometry": geometry}


def _plain(value: Any) -> Any:
    """What pandas and numpy make of a property."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
