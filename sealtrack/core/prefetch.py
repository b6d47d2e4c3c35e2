"""Asking the processor for a shipment's rows before its reports are judged.

There are thousands of shipments, so that each one's rows have left the caches since its last report: waiting for memory
took half of the time a report. With the JIT off this does nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.extending import type_callable

from sealtrack.core.jit import helper
from sealtrack.core.state import INFO_DTYPE, KEPT_DTYPE, PAGE, TRIP_DTYPE, Rows, Store
from sealtrack.core.turns import Turns

REPORTS_AHEAD = 8
"""Reports of a batch between asking and judging: a shipment's own lie scattered in it."""
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
def fetch_shipment(store: Store, slot: int) -> None:
    """Ask for a shipment's rows."""
    for offset in range(0, INFO_BYTES, LINE):
        fetch_line(store.info, slot, offset)
    for offset in range(0, KEPT_BYTES, LINE):
        fetch_line(store.kept, slot, offset)
    for offset in range(0, TRIP_BYTES, LINE):
        fetch_line(store.trip, slot, offset)


@helper
def fetch_tail_end(store: Store, slot: int) -> None:
    """Ask for the end of its tail; its row must be near by now."""
    kept = store.kept[slot]
    at = kept["skipped"] + kept["count"]
    if kept["count"] > 0 and at // PAGE < kept["pages"]:
        row = store.pages[kept["pages_start"] + at // PAGE] * PAGE + at % PAGE
        fetch_line(store.tail, row, -LINE)
        fetch_line(store.tail, row, 0)
        fetch_line(store.tail, row, LINE)


@helper
def fetch_report(reports: Rows, turns: Turns, place: int) -> None:
    """Ask for the report at a place of the order, and the clock around it."""
    if place < turns.start[turns.at[0]["groups"]]:
        i = turns.order[place]
        fetch_line(reports, i, 0)
        fetch_line(reports, i, LINE)
        fetch_line(turns.clock_ms, i, 0)
