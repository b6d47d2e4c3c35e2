"""Asking the processor for a shipment's rows before its report is judged.

Reports of thousands of shipments come interleaved, so that each one's rows have left the caches since its last report:
waiting for memory took half of the time a report. With the JIT off this does nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.extending import type_callable

from sealtrack.core.jit import helper
from sealtrack.core.pages import PAGE
from sealtrack.core.state import INFO_DTYPE, KEPT_DTYPE, TRIP_DTYPE, Store

AHEAD = 6
"""Reports between asking and judging."""
LINE = 64
"""Bytes of a cache line."""
TRIP_BYTES = int(TRIP_DTYPE.fields["severity"][1])  # type: ignore[index]
"""What an ordinary report reads of a walk's state."""
KEPT_BYTES = int(KEPT_DTYPE.fields["gap_start_ms"][1])  # type: ignore[index]
INFO_BYTES = INFO_DTYPE.itemsize


def fetch_line(rows: Any, index: int, offset: int) -> None:
    """Ask for the cache line at byte `offset` of `rows[index]`, to be written to."""


@type_callable(fetch_line)
def _type_fetch_line(_context: Any) -> Any:
    return lambda rows, index, offset: types.none  # noqa: ARG005 - numba matches them by name


@lower_builtin(fetch_line, types.Array, types.Integer, types.Integer)
def _fetch_line(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind = signature.args[0]
    index, offset = (context.cast(builder, args[i], signature.args[i], types.intp) for i in (1, 2))
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    byte = ir.IntType(8).as_pointer()
    start = builder.bitcast(context.make_array(kind)(context, builder, args[0]).data, byte)
    address = builder.gep(start, [builder.add(builder.mul(index, size), offset)])
    flag = ir.IntType(32)
    fetch = builder.module.declare_intrinsic(
        "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
    )
    builder.call(fetch, [address, flag(1), flag(3), flag(1)])
    return context.get_dummy_value()


@helper
def fetch_shipment(store: Store, seal: int) -> None:
    """Ask for the rows of the shipment that seal `seal` serves last."""
    if seal < 0 or seal + 1 >= len(store.seal_start) or store.seal_start[seal] == store.seal_start[seal + 1]:
        return
    slot = store.seal_slots[store.seal_start[seal + 1] - 1]
    for offset in range(0, INFO_BYTES, LINE):
        fetch_line(store.info, slot, offset)
    for offset in range(0, KEPT_BYTES, LINE):
        fetch_line(store.kept, slot, offset)
    for offset in range(0, TRIP_BYTES, LINE):
        fetch_line(store.trip, slot, offset)


@helper
def fetch_tail_end(store: Store, seal: int) -> None:
    """Ask for the end of its tail; its row must be near by now."""
    if seal < 0 or seal + 1 >= len(store.seal_start) or store.seal_start[seal] == store.seal_start[seal + 1]:
        return
    kept = store.kept[store.seal_slots[store.seal_start[seal + 1] - 1]]
    at = kept["skipped"] + kept["count"]
    if kept["count"] > 0 and at // PAGE < kept["pages"]:
        row = store.pages[kept["pages_start"] + at // PAGE] * PAGE + at % PAGE
        fetch_line(store.tail, row, -LINE)
        fetch_line(store.tail, row, 0)
        fetch_line(store.tail, row, LINE)
