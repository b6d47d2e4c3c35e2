"""What is wrong with a geofence, in a line."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad a fault is."""

    warning = "warning"
    """Can be used; look at it."""
    error = "error"
    """Must not be used."""
    unreadable = "unreadable"
    """The file cannot be read, or says too little to be placed on the earth."""


class Fault(NamedTuple):
    """One thing wrong with a geofence file, and what to do about it."""

    file: str
    feature_id: str
    """The feature's id, `#3` for the third feature of a file without ids, "" for the file as a whole."""
    field: str
    """The property, `geometry`, or "" for the feature as a whole."""
    message: str
    remedy: str
    level: Level = Level.error

    def __str__(self) -> str:
        where = self.file
        where += f", feature {self.feature_id}" if self.feature_id else ""
        where += f", {self.field}" if self.field else ""
        line = f"{where}: {self.message}; {self.remedy}" + (" (warning)" if self.level is Level.warning else "")
        # Names come from the file: a line break or a terminal's escape code in one must not reach the reader.
        return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
