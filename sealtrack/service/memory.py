"""How the process of a service deals with memory, after it has started."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

KEPT_BYTES = 256 << 20
AT_ONCE_BYTES = 64 << 20
"""Address space that is asked for at a time; only what is used becomes memory."""
LARGEST_BYTES = 32 << 20
"""Larger ones than these are given back whatever is asked: glibc allows no more."""
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""glibc's malloc.h."""


def settle_down() -> None:
    """Keep what is freed, and look for garbage only in what comes from now on.

    Each poll takes and drops some tens of megabytes: given back to the system, they are had again page by page.
    Garbage is looked for as often as ever: the client's responses of megabytes die in cycles.
    """
    gc.freeze()
    with suppress(AttributeError, OSError):  # another C library: its own ways
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(_TOP_PAD, AT_ONCE_BYTES)
        libc.mallopt(_MMAP_THRESHOLD, LARGEST_BYTES)
