"""Geofence files to features in WGS84: GeoJSON, GeoPackage, KML (pyogrio) and GeoParquet, in any CRS."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from sealtrack.geofence.faults import Fault, Level
from sealtrack.geofence.model import Feature

SUFFIXES = (".geojson", ".gpkg", ".parquet", ".geoparquet", ".kml", ".kmz")
"""What is taken from a folder. A file that is named itself may have any format that GDAL reads."""
_PARQUET = (".parquet", ".geoparquet")
_ROW_IDS = {"fid", "ogc_fid"}
"""Row numbers that GIS programs add; they say nothing about the fence."""
_KML_OWN = {
    *("Description", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude"),
    *("visibility", "drawOrder", "icon", "snippet", "styleUrl"),
}
"""Fields that the KML reader adds to every placemark."""


class FileFaultError(Exception):
    """A file or one of its layers cannot be used as a whole."""

    def __init__(self, path: Path, message: str, remedy: str, level: Level = Level.unreadable) -> None:
        self.fault = Fault(str(path), "", "", message, remedy, level)
        super().__init__(str(self.fault))


def read(paths: Iterable[Path]) -> tuple[list[Feature], list[Fault]]:
    """All features of these files, and of every geofence file in these folders, and what kept a file from being read.

    A file that cannot be read does not stop its neighbours.
    """
    features: list[Feature] = []
    faults: list[Fault] = []
    for path in paths:
        files = _files(path)
        if not files:
            remedy = f"put one of {', '.join(SUFFIXES)} there"
            faults.append(Fault(str(path), "", "", "has no geofence file", remedy, Level.unreadable))
        for file in files:
            try:
                features += read_file(file)
            except FileFaultError as error:
                faults.append(error.fault)
    return features, faults


def read_file(path: Path) -> list[Feature]:
    """The features of all layers of one file, in order; FileFaultError if it cannot be read or names no CRS."""
    if path.suffix.lower() == ".gpx":
        raise FileFaultError(path, "is a recorded track, not a geofence", "make one of it: sealtrack geofences draft")
    rows = (row for frame in read_frames(path) for row in _rows(frame))
    features = [Feature(str(path), number, *row) for number, row in enumerate(rows, start=1)]
    if not features:
        raise FileFaultError(path, "holds no feature", "draw a corridor or a zone, or remove the file", Level.error)
    return features


def read_frames(path: Path) -> Iterator[gpd.GeoDataFrame]:
    """Each layer of the file that has geometry, in WGS84 longitude/latitude."""
    for frame in _layers(path):
        if frame.crs is None:
            remedy = "save it again with its CRS set (QGIS: Layer, Set CRS; geopandas: set_crs)"
            raise FileFaultError(path, "does not say its coordinate reference system (CRS)", remedy, Level.error)
        try:
            yield frame.to_crs(4326)
        except ProjError:
            remedy = "save it again in WGS84 (EPSG:4326)"
            raise FileFaultError(path, f"has a CRS without a way to WGS84, {frame.crs.name}", remedy) from None


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not file.name.startswith("."))


def _layers(path: Path) -> Iterator[gpd.GeoDataFrame]:
    if not path.exists():
        raise FileFaultError(path, "no such file", "check the path")
    try:
        if path.suffix.lower() in _PARQUET:
            yield gpd.read_parquet(path)
            return
        for name, geometry_type in pyogrio.list_layers(path):
            if geometry_type is not None:
                yield _read_layer(path, name)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        reason = " ".join(str(error).split(";")[0].replace(str(path), "it").split()).rstrip(".")
        raise FileFaultError(path, f"cannot be read ({reason})", f"give one of {', '.join(SUFFIXES)}") from None


def _read_layer(path: Path, layer: str) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        # An unclosed ring or a one-point line becomes a missing geometry; `check` names it with the feature's id.
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)  # a column of mixed types comes as text, which `check` judges
        frame = gpd.read_file(path, layer=layer, on_invalid="ignore", datetime_as_string=True)
    return _plain_kml(frame) if path.suffix.lower() in (".kml", ".kmz") else frame


def _plain_kml(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Only the author's own fields: a data field named `id` may be read as `id2`, after the placemark's own id."""
    if "id2" in frame:
        frame = frame.assign(id=frame["id2"].combine_first(frame["id"])).drop(columns="id2")
    names = {"Name": "name"} if "name" not in frame else {}
    return frame.drop(columns=[column for column in frame if column in _KML_OWN]).rename(columns=names)


def _rows(frame: gpd.GeoDataFrame) -> Iterator[tuple[dict[str, Any], BaseGeometry | None]]:
    columns = [name for name in frame.columns if name != frame.geometry.name and name not in _ROW_IDS]
    geometries = shapely.force_2d(frame.geometry.to_numpy())
    for index, geometry in enumerate(geometries):
        cells = {name: frame[name].iloc[index] for name in columns}
        yield {name: value for name, value in cells.items() if not _is_absent(value)}, geometry


def _is_absent(value: Any) -> bool:
    """Null, or blank: what a form in a GIS program leaves in a field that nobody filled in."""
    if isinstance(value, str):
        return not value.strip()
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))
