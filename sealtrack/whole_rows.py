"""Rows of structured arrays moved as the bytes they are: numpy goes field by field, which takes ten times as long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def joined(parts: Sequence[NDArray[np.void]]) -> NDArray[np.void]:
    """Arrays of one layout, at least one, one after another."""
    dtype = parts[0].dtype
    return np.concatenate([_as_bytes(part) for part in parts]).view(dtype)


def picked(rows: NDArray[np.void], which: NDArray[np.intp] | NDArray[np.bool_]) -> NDArray[np.void]:
    """The rows of these numbers, in this order, or those where `which` is true."""
    return _as_bytes(rows)[which].view(rows.dtype)


def copied(rows: NDArray[np.void]) -> NDArray[np.void]:
    """A copy, what stands between the fields included."""
    return _as_bytes(rows).copy().view(rows.dtype)


def _as_bytes(rows: NDArray[np.void]) -> NDArray[np.void]:
    return rows.view(np.dtype((np.void, rows.itemsize)))
