"""How the process of a service deals with memory, after it has started."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress

OBJECTS = 100_000
KEPT_BYTES = 1 << 30
SHARED_BYTES = 32 << 20
"""The largest that glibc takes for its threshold."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's malloc.h."""


def settle_down() -> None:
    """Look for garbage seldom, and keep what is freed.

    What is there by now stays, what is made of reports has no cycles, and looking for such took 7 % of the time. Each
    poll takes and drops some tens of megabytes: given back to the system, they are had again page by page.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS)
    with suppress(AttributeError, OSError):  # another C library: its own ways
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, KEPT_BYTES)
        libc.mallopt(_MMAP_THRESHOLD, SHARED_BYTES)
