"""Sightings from a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from sealtrack.errors import Rejected
from sealtrack.io.codecs.sightings import SIGHTING
from sealtrack.io.files.declared import read_declared
from sealtrack.schema import Sighting


def read_sightings(path: str | PathLike[str]) -> tuple[list[Sighting], list[Rejected]]:
    """Sightings in a CSV, NDJSON, JSON (array) or Parquet file, and the rows that cannot be used.

    InputError for a file as a whole that cannot be read.
    """
    found, rejected = read_declared(Path(path), SIGHTING)
    return [sighting for _, sighting in found], rejected
