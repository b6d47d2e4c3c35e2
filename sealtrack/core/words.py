"""Eight bytes anywhere in an array's memory, whatever its rows are: for what packs rows, and for whoever copies them.

Compiled, each is one instruction; `at` counts bytes, need not be a multiple of anything, and nobody checks it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.extending import type_callable


def word(rows: Any, at: int) -> Any:
    """The eight bytes from byte `at` of an array on, an np.int64."""
    return rows.reshape(-1).view(np.uint8)[at : at + 8].view(np.int64)[0]


def lone_word(rows: Any, at: int) -> Any:
    """`word` at a multiple of eight, for one of a row each: gathering several at once takes the processor longer."""
    return word(rows, at)


def put_word(rows: Any, at: int, value: int) -> None:
    """Write eight bytes from byte `at` of an array on."""
    rows.reshape(-1).view(np.uint8)[at : at + 8].view(np.int64)[0] = value


@type_callable(word)
@type_callable(lone_word)
def _type_word(_context: Any) -> Any:
    return lambda rows, at: types.int64  # noqa: ARG005 - numba matches them by name


@type_callable(put_word)
def _type_put_word(_context: Any) -> Any:
    return lambda rows, at, value: types.none  # noqa: ARG005


def _address(context: Any, builder: Any, kind: Any, rows: Any, at: Any) -> Any:
    start = builder.bitcast(context.make_array(kind)(context, builder, rows).data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(start, [at]), ir.IntType(64).as_pointer())


@lower_builtin(word, types.Array, types.Integer)
def _word(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    at = context.cast(builder, args[1], signature.args[1], types.intp)
    return builder.load(_address(context, builder, signature.args[0], args[0], at), align=1)


@lower_builtin(lone_word, types.Array, types.Integer)
def _lone_word(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    at = context.cast(builder, args[1], signature.args[1], types.intp)
    address = _address(context, builder, signature.args[0], args[0], at)
    return builder.load_atomic(address, "unordered", 8)  # a plain load otherwise, that LLVM leaves alone


@lower_builtin(put_word, types.Array, types.Integer, types.Integer)
def _put_word(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    at, value = (context.cast(builder, args[i], signature.args[i], types.int64) for i in (1, 2))
    builder.store(value, _address(context, builder, signature.args[0], args[0], at), align=1)
    return context.get_dummy_value()
