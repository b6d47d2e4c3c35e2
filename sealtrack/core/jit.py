"""How the core is compiled and where the machine code is kept.

numba's disk cache looks at the file of the entry point only and goes stale when a helper in another file changes. So the
cache directory is keyed by a hash of all of the core's sources, and only entry points are cached: helpers are compiled
into them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba
from platformdirs import user_cache_path

_F = TypeVar("_F", bound=Callable[..., object])


def _sources_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


CACHE_DIR = user_cache_path("sealtrack") / f"core-{_sources_hash()}"


def helper(function: _F) -> _F:
    """Compile as part of the entry points that call it."""
    compiled: _F = numba.njit(function, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
    return compiled


def entry(function: _F) -> _F:
    """Compile, release the GIL while running, and keep the result in `CACHE_DIR`."""
    before = numba.config.CACHE_DIR  # read when the decorator runs: no trace is left for other users of numba
    numba.config.CACHE_DIR = str(CACHE_DIR)
    try:
        compiled: _F = numba.njit(function, error_model="numpy", nogil=True, cache=True)
    finally:
        numba.config.CACHE_DIR = before
    return compiled
