"""How the core is compiled and where the machine code is kept.

numba's disk cache looks at the file of the entry point only and goes stale when a helper in another file changes. So
the cache directory is keyed by a hash of all of the core's sources, and only entry points are cached: helpers are
compiled into them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from platformdirs import user_cache_path

from sealtrack.core.part import EntryCompiler, PartCompiler, widest

COMPILED = not numba.config.DISABLE_JIT  # type: ignore[attr-defined]  # numba.config reads the environment itself
"""Whether anything is: with NUMBA_DISABLE_JIT=1 the core runs as plain Python, a thousand times slower."""

_F = TypeVar("_F", bound=Callable[..., object])
_ALWAYS: dict[str, Any] = {"error_model": "numpy"}
_NO_WRAPPERS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def _sources_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


CACHE_DIR = user_cache_path("sealtrack") / f"core-{_sources_hash()}"


def helper(function: _F) -> _F:
    """Compile as part of the entry points that call it; with the JIT on it cannot be called from Python.

    Plain `njit` on each helper takes the core twice as long to compile as without machine code and versions that
    nobody asked for. A helper makes no array, so that numba need not count references: it would, atomically, for every
    array among the arguments (each one of a tuple of arrays, too) at every call that LLVM does not inline. That is half
    of the core's time, and a quarter of what it takes to compile.
    """
    return _part(function, _nrt=False)


def inlined_helper(function: _F) -> _F:
    """A helper that is called from one place and put there: nothing is passed to it."""
    return _part(function, _nrt=False, forceinline=True)


def _part(function: _F, **options: Any) -> _F:
    part: Any = numba.njit(function, pipeline_class=PartCompiler, **_ALWAYS, **_NO_WRAPPERS, **options)
    if COMPILED:
        template = part.get_call_template
        part.get_call_template = lambda args, kws: template(tuple(widest(arg) for arg in args), kws)
    return cast("_F", part)


def entry(function: _F) -> _F:
    """Compile, release the GIL while running, and keep the result in `CACHE_DIR`."""
    config: Any = numba.config
    before = config.CACHE_DIR  # read when the decorator runs: no trace is left for other users of numba
    config.CACHE_DIR = str(CACHE_DIR)
    try:
        return cast("_F", numba.njit(function, nogil=True, cache=True, pipeline_class=EntryCompiler, **_ALWAYS))
    finally:
        config.CACHE_DIR = before
