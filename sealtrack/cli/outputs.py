"""Where a command may write, asked before it works: an hour of judging, or the only recording, is soon lost."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sealtrack.errors import TransportError, UsageError


def check(inputs: Iterable[Path], outputs: Mapping[str, Path | None]) -> None:
    """UsageError for an output, by its option, that is an input or another output; TransportError without its folder.

    An input may be a folder: then the files in it are inputs.
    """
    taken = {place: "is read" for path in inputs for place in map(_place, _files(path))}
    for option, path in outputs.items():
        if path is None:
            continue
        if not _is_folder(path.parent):
            raise TransportError(f"{path}: cannot be written (no such folder); make {path.parent}, or name another")
        place = _place(path)
        if place in taken:
            raise UsageError(f"{option} {path}: this file {taken[place]}; name another one")
        if place is not None:
            taken[place] = f"is written by {option}"


def _files(path: Path) -> list[Path]:
    try:
        return [*path.iterdir()]
    except OSError:
        return [path]


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False


def _place(path: Path) -> Any:
    """The same for all names of a file; None for what is no file, such as a pipe."""
    try:
        found = path.stat()
    except OSError:  # none yet, or whoever reads or writes it will say why it cannot be
        return os.path.realpath(path)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None
