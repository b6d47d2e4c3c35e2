"""NamedTuples of arrays that travel between compiled functions as one pointer.

numba passes a tuple by value: every array of it as seven words, at every call that LLVM does not inline; `Rules` and
`Store` hold 28 arrays. Here the tuple is written once where Python calls, and functions get its address: a tenth less
time to compile and to run. With the JIT off nothing changes.
"""

from __future__ import annotations

from typing import Any, TypeVar

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.boxing import unbox_tuple
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.extending import NativeValue, models, register_model, typeof_impl, unbox

_C = TypeVar("_C", bound=type)


class Reference(types.NamedTuple):
    """The type of a NamedTuple that is passed by reference. Whoever calls from Python keeps it alive meanwhile."""

    def __hash__(self) -> int:
        return self.count  # there are few; to hash every field of every record takes long, and is asked for often

    @property
    def mangling_args(self) -> tuple[str, tuple[int]]:
        """What stands for it in the names of functions, instead of the fields of every record in it."""
        code: int = self._code  # type: ignore[attr-defined]  # numba numbers its types
        return self.instance_class.__name__, (code,)


def by_reference(named_tuple: _C) -> _C:
    """Pass a NamedTuple class of arrays and numbers to compiled functions by reference; they cannot make one."""

    @typeof_impl.register(named_tuple)
    def _typeof(value: Any, context: Any) -> Reference:
        return Reference([typeof_impl(item, context) for item in value], named_tuple)

    return named_tuple


@register_model(Reference)
class _ReferenceModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Reference) -> None:
        items = [dmm.lookup(item).get_value_type() for item in fe_type]
        super().__init__(dmm, fe_type, ir.PointerType(ir.LiteralStructType(items)))


@unbox(Reference)
def _unbox(typ: Reference, obj: Any, c: Any) -> NativeValue:
    by_value = types.NamedTuple(list(typ), typ.instance_class)
    native = unbox_tuple(by_value, obj, c)

    def cleanup() -> None:
        c.context.nrt.decref(c.builder, by_value, native.value)
        if native.cleanup is not None:
            native.cleanup()

    address = cgutils.alloca_once_value(c.builder, native.value)
    return NativeValue(address, is_error=native.is_error, cleanup=cleanup)


@lower_getattr_generic(Reference)
def _getattr(context: Any, builder: Any, typ: Reference, value: Any, attr: str) -> Any:
    index = typ.fields.index(attr)
    item = _load(builder, cgutils.gep_inbounds(builder, value, 0, index))
    return impl_ret_borrowed(context, builder, typ[index], item)


def _load(builder: Any, address: Any) -> Any:
    """The value at `address`, part by part: LLVM drops the parts that nobody uses, and knows that none ever changes."""
    kind = address.type.pointee
    if not isinstance(kind, (ir.LiteralStructType, ir.ArrayType)):
        part = builder.load(address)
        part.set_metadata("invariant.load", builder.module.add_metadata([]))
        return part
    whole = ir.Constant(kind, ir.Undefined)
    count = len(kind.elements) if isinstance(kind, ir.LiteralStructType) else kind.count
    for i in range(count):
        part = _load(builder, cgutils.gep_inbounds(builder, address, 0, i))
        whole = builder.insert_value(whole, part, i)
    return whole
