"""What the readers of the report formats have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sealtrack.errors import InputError, Rejected
from sealtrack.io.codecs.pack import Draft
from sealtrack.schema import Report, fields


class Chunk(NamedTuple):
    """Some consecutive rows of a file."""

    draft: Draft
    value_of: Callable[[int], bytes]
    """One row of the draft as it came."""
    rejected: list[Rejected]
    """What never became a row."""


def require_columns(path: Path, names: list[str]) -> None:
    """InputError unless `names` holds every required field of a report, and none twice."""
    for item in fields(Report):
        if item.required and item.name not in names:
            found = ", ".join(names)[:200] or "none"
            raise InputError(f"{path}: column {item.name} is missing; columns found: {found}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: column {twice[0]} stands twice; remove or rename one")
