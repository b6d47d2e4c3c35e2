"""How the scanner is compiled, where its machine code is kept, and the few operations that numba has no words for.

As in `sealtrack.core.jit`, whose helpers these are, the folder is keyed by the sources the machine code depends on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from platformdirs import user_cache_path

import sealtrack

_F = TypeVar("_F", bound=Callable[..., object])
_WORD = ir.IntType(64)


def _sources_hash() -> str:
    package = Path(sealtrack.__file__).parent
    digest = hashlib.sha256()
    for path in (*Path(__file__).parent.glob("*.py"), *package.glob("io/codecs/t*.py"), package / "schema.py"):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


CACHE_DIR = user_cache_path("sealtrack") / f"scan-{_sources_hash()}"


def entry(function: _F) -> _F:
    """Compile, release the GIL while running, and keep the result in `CACHE_DIR`."""
    config: Any = numba.config
    before = config.CACHE_DIR  # read when the decorator runs: no trace is left for other users of numba
    config.CACHE_DIR = str(CACHE_DIR)
    try:
        return cast("_F", numba.njit(function, nogil=True, cache=True, error_model="numpy"))
    finally:
        config.CACHE_DIR = before


def is_compiled() -> bool:
    """Whether an earlier run has left machine code of these sources: of what takes long, the scanner of values."""
    return any(CACHE_DIR.rglob("*scan_batch*.nbc"))


def _operation(emit: Callable[..., Any]) -> Any:
    """What kernels call: its code is what `emit` writes."""
    return intrinsic(emit)


def _byte_at(typing: Any, text: Any, i: Any) -> Any:  # noqa: ARG001 - numba names it
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        place = builder.inttoptr(builder.add(*args), ir.IntType(8).as_pointer())
        return builder.zext(builder.load(place), _WORD)

    return types.int64(types.int64, types.int64), codegen


def _word_at(typing: Any, text: Any, i: Any) -> Any:  # noqa: ARG001
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = builder.load(builder.inttoptr(builder.add(*args), _WORD.as_pointer()))
        word.align = 1
        return word

    return types.int64(types.int64, types.int64), codegen


def _low_zeros(typing: Any, word: Any) -> Any:  # noqa: ARG001
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.IntType(1)(1))

    return types.int64(types.int64), codegen


def _high_zeros(typing: Any, word: Any) -> Any:  # noqa: ARG001
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.IntType(1)(1))

    return types.int64(types.uint64), codegen


def _product(typing: Any, a: Any, b: Any) -> Any:  # noqa: ARG001
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        wide = ir.IntType(128)
        whole = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        high = builder.trunc(builder.lshr(whole, wide(64)), _WORD)
        return context.make_tuple(builder, signature.return_type, [high, builder.trunc(whole, _WORD)])

    pair: Any = types.UniTuple  # untyped
    return pair(types.uint64, 2)(types.uint64, types.uint64), codegen


def _double_of(typing: Any, bits: Any) -> Any:  # noqa: ARG001
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.uint64), codegen


byte_at: Callable[[int, int], int] = _operation(_byte_at)
"""The byte at address `text` + i."""
word_at: Callable[[int, int], int] = _operation(_word_at)
"""The eight bytes from address `text` + i on as one integer, the first byte lowest; they must exist."""
low_zeros: Callable[[int], int] = _operation(_low_zeros)
"""Zero bits below the lowest one of a word that is not 0."""
high_zeros: Callable[[np.uint64], int] = _operation(_high_zeros)
"""Zero bits above the highest one of a word that is not 0."""
product: Callable[[np.uint64, np.uint64], tuple[np.uint64, np.uint64]] = _operation(_product)
"""(high, low) word of the product of two unsigned words."""
double_of: Callable[[np.uint64], float] = _operation(_double_of)
"""The float64 whose bits these are."""
