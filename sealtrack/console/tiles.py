"""The ground under the map: tiles of a server that the settings name, or of a PMTiles archive on this machine."""

from __future__ import annotations

import gzip
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from pmtiles import tile as pm

from sealtrack.errors import InputError
from sealtrack.settings import Console

OWN = "/tiles/{z}/{x}/{y}"
_HEADER_BYTES = 127
_DEEPEST = 4
"""Directories within directories: the format's own limit."""
_DIRECTORIES = 256
"""Directories kept unpacked, the last ones used."""
_MEDIA = {
    pm.TileType.PNG: "image/png",
    pm.TileType.JPEG: "image/jpeg",
    pm.TileType.WEBP: "image/webp",
    pm.TileType.AVIF: "image/avif",
}


class Ground(NamedTuple):
    """What the pages draw under the map."""

    address: str = ""
    """With {z}, {x} and {y}; empty: nothing."""
    zooms: tuple[int, int] = (0, 19)
    """The coarsest tiles that there are, and the finest."""
    archive: Archive | None = None


class Archive:
    """Raster tiles in a file, read as they are asked for."""

    def __init__(self, path: Path) -> None:
        """InputError if it cannot be read, is no PMTiles archive of version 3, or holds other tiles than pictures."""
        self._path = path
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise InputError(f"console.tiles: {path}: cannot be read ({error.strerror}); name a PMTiles file") from None
        try:
            self._header = pm.deserialize_header(self._read(0, _HEADER_BYTES))
        except (pm.MagicNumberNotFound, pm.SpecVersionUnsupported, ValueError, IndexError):
            os.close(self._file)
            raise InputError(f"console.tiles: {path}: is no PMTiles archive of version 3") from None
        kind = self._header["tile_type"]
        if kind not in _MEDIA:
            os.close(self._file)
            raise InputError(
                f"console.tiles: {path}: holds {kind.name} tiles; the map draws pictures (PNG, JPEG, WebP, AVIF): "
                "render them first, or draw their lines with console.layers"
            )
        self.media_type = _MEDIA[kind]
        self.zooms: tuple[int, int] = (self._header["min_zoom"], self._header["max_zoom"])
        self._directory = lru_cache(_DIRECTORIES)(self._unpack)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """A picture; None where the archive has none."""
        if not (self.zooms[0] <= z <= self.zooms[1] and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        number = pm.zxy_to_tileid(z, x, y)
        place, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(_DEEPEST):
            entry = pm.find_tile(self._directory(place, length), number)
            if entry is None:
                return None
            if entry.run_length:
                return self._picture(self._header["tile_data_offset"] + entry.offset, entry.length)
            place, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def _unpack(self, place: int, length: int) -> list[pm.Entry]:
        return pm.deserialize_directory(self._read(place, length))

    def _picture(self, place: int, length: int) -> bytes:
        content = self._read(place, length)
        return gzip.decompress(content) if self._header["tile_compression"] == pm.Compression.GZIP else content

    def _read(self, place: int, length: int) -> bytes:
        return os.pread(self._file, length, place)  # has no position of its own: threads may read at once


def ground(settings: Console) -> Ground:
    """What `console.tiles` names; InputError if it is a file that cannot be used."""
    if not settings.tiles or "://" in settings.tiles:
        return Ground(settings.tiles)
    archive = Archive(Path(settings.tiles))
    return Ground(OWN, archive.zooms, archive)
