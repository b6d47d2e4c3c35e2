"""The compiled catalogue and its file. Needs numpy only, so that a service starts without the geometry libraries.

Layout of a compiled file, little-endian: magic (8 bytes), version (u4), length of the header (u4), SHA-256 of all that
follows (32 bytes), header (JSON: counts, names, content hash), then the arrays of `Fences` in order, raw.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sealtrack.core.fences import BOX_DTYPE, GRID_DTYPE, ROUTE_DTYPE, VERTEX_DTYPE, ZONE_DTYPE, Fences, one_tree
from sealtrack.errors import InputError, TransportError

MAGIC = b"SEALFNC\n"
VERSION = 3
_HEAD = struct.Struct("<8sII32s")

_DTYPES: dict[str, np.dtype[Any]] = {
    "routes": ROUTE_DTYPE,
    "vertices": VERTEX_DTYPE,
    "chunk_boxes": BOX_DTYPE,
    "route_zones": np.dtype("i4"),
    "zones": ZONE_DTYPE,
    "ring_lat": np.dtype("f8"),
    "ring_lon": np.dtype("f8"),
    "boxes": BOX_DTYPE,
    "level_starts": np.dtype("i4"),
    "order": np.dtype("i4"),
    "grid": GRID_DTYPE,
    "near_rules": np.dtype("u1"),
    "schedules": np.dtype(("u1", 168)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Compiled geofences with their names. Number n of `fences.routes` is `route_ids[n]`; zones likewise."""

    fences: Fences
    route_ids: list[str]
    route_names: list[str]
    zone_ids: list[str]
    zone_names: list[str]
    zone_roles: list[str]
    """`port`, `border_gate`, …; "" where none is given."""
    sha256: str
    """Of the content: the same fences give the same hash whatever their order, file format or CRS."""

    @property
    def version(self) -> str:
        """How alerts name it: 12 hex digits of the hash."""
        return self.sha256[:12]


def save(catalogue: Catalogue, path: str | PathLike[str]) -> None:
    """Write the compiled file; the same catalogue gives the same bytes. TransportError if it cannot be written."""
    arrays = [_array(catalogue.fences, name) for name in _DTYPES]
    names = {name: getattr(catalogue, name) for name in _NAMES}
    header = {"sha256": catalogue.sha256, "counts": [len(array) for array in arrays], **names}
    text = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    body = text + b"".join(array.tobytes() for array in arrays)
    head = _HEAD.pack(MAGIC, VERSION, len(text), hashlib.sha256(body).digest())
    try:
        Path(path).write_bytes(head + body)
    except OSError as error:
        raise TransportError(f"{path}: cannot be written ({error.strerror}); check the folder") from None


def is_compiled(path: str | PathLike[str]) -> bool:
    """Whether the file starts like a compiled catalogue, of whatever version."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def open_compiled(path: str | PathLike[str]) -> Catalogue:
    """The catalogue in a compiled file; InputError with a sentence if it is not exactly what `save` wrote."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    again = "compile it again with `sealtrack geofences compile`"
    if not data.startswith(MAGIC):
        raise InputError(f"{path}: not a compiled geofence file; {again}")
    if len(data) < _HEAD.size:
        raise InputError(f"{path}: truncated; {again}")
    _, version, header_len, digest = _HEAD.unpack_from(data)
    if version != VERSION:
        raise InputError(f"{path}: has format version {version}, this sealtrack reads {VERSION}; {again}")
    body = data[_HEAD.size :]
    if hashlib.sha256(body).digest() != digest:
        raise InputError(f"{path}: truncated or damaged, its content does not match its hash; {again}")
    header = json.loads(body[:header_len])
    return Catalogue(
        fences=_fences(body, header_len, header["counts"]),
        **{name: header[name] for name in _NAMES},
        sha256=header["sha256"],
    )


_NAMES = ("route_ids", "route_names", "zone_ids", "zone_names", "zone_roles")


def _array(fences: Fences, name: str) -> NDArray[Any]:
    return np.ascontiguousarray(getattr(fences, name), _DTYPES[name].base)


def _fences(body: bytes, offset: int, counts: list[int]) -> Fences:
    arrays = {}
    for (name, dtype), count in zip(_DTYPES.items(), counts, strict=True):
        # A copy, because the slice of a bytes object is neither aligned nor writable.
        arrays[name] = np.frombuffer(body, dtype, count, offset).copy()
        offset += dtype.itemsize * count
    return Fences(**arrays, trees=one_tree(arrays["level_starts"]))
