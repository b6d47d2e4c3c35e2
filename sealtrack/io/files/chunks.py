"""What the readers of the report formats have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sealtrack.errors import Rejected
from sealtrack.io.codecs.pack import Draft


class Chunk(NamedTuple):
    """Some consecutive rows of a file."""

    draft: Draft
    value_of: Callable[[int], bytes]
    """One row of the draft as it came."""
    rejected: list[Rejected]
    """What never became a row."""
