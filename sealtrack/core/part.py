"""How the functions inside an entry point are compiled: to LLVM's intermediate code, and no further.

numba optimises each function together with all that it calls, and makes machine code of it, before it looks at who
calls it: code deep down is optimised ten times over, and the machine code of all but the entry points never runs. Here
a function stays as it was written until its entry point has gathered all of them, each once: that halves the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import binding
from numba.core import typed_passes, types, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import PassManager

_PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.GenericRewrites,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.IRLegalization,
    typed_passes.NativeLowering,
    typed_passes.NoPythonBackend,
)
"""Of numba's passes those that plain functions of numbers and records need: no closures, no array expressions."""


class _PartLibrary(JITCodeLibrary):
    """The code of one function, not optimised, and what it calls."""

    def add_linking_library(self, library: Any) -> None:
        self._linking_libraries.append(library)

    def add_llvm_module(self, ll_module: Any) -> None:
        self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        self._finalized = True

    def _get_module_for_linking(self) -> Any:
        """What an entry point links in: this function and all that it calls, each once."""
        module = self.alone()
        found: dict[Any, None] = {}
        self.gather(found)
        for library in found:
            if isinstance(library, _PartLibrary):
                module.link_in(library.alone())
            else:
                module.link_in(library._get_module_for_linking(), preserve=True)  # noqa: SLF001 - as numba does
        return module

    def alone(self) -> Any:
        """The function without what it calls. Others may bring it along, too."""
        module = self._final_module.clone()
        for function in module.functions:
            if not function.is_declaration and function.linkage == binding.Linkage.external:
                function.linkage = binding.Linkage.linkonce_odr
        return module

    def gather(self, found: dict[Any, None]) -> None:
        """Note the libraries of all that the function calls."""
        for library in self._linking_libraries:
            if library not in found:
                found[library] = None
                if isinstance(library, _PartLibrary):
                    library.gather(found)


class EntryCompiler(Compiler):
    """numba's own, for an entry point, with what helps all that is compiled on the way."""

    def compile_extra(self, func: Any) -> Any:
        with _known_calls(), _rare_collector():
            return super().compile_extra(func)


@contextmanager
def _known_calls() -> Iterator[None]:
    """Ask once what `+` or `row["name"]` makes of these types: numba tries dozens of ways, at each place, twice."""
    ask = types.Function.get_call_type
    found: dict[Any, Any] = {}

    def get_call_type(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws:
            return ask(self, context, args, kws)
        call = self, context, tuple(args)
        signature = found.get(call)
        if signature is None:
            signature = found[call] = ask(self, context, args, kws)
        return signature

    types.Function.get_call_type = get_call_type  # type: ignore[method-assign]
    try:
        yield
    finally:
        types.Function.get_call_type = ask  # type: ignore[method-assign]


@contextmanager
def _rare_collector() -> Iterator[None]:
    """Nearly all that is made while compiling is kept until its end: to look through it for garbage is in vain."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 10, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class PartCompiler(Compiler):
    """Stops at LLVM's intermediate code.

    numba knows a compiled function by its entry point, a builtin; a helper gets one that nobody calls.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.state.flags.no_compile = True

    def define_pipelines(self) -> list[Any]:
        passes = PassManager("part")
        for each in _PASSES:
            passes.add_pass(each, each.__name__)
        passes.finalize()
        return [passes]

    def compile_extra(self, func: Any) -> Any:
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), func.__qualname__)
        part = super().compile_extra(func)
        stand_in: Any = [].append
        part.target_context.insert_user_function(stand_in, part.fndesc, [part.library])
        return part._replace(entry_point=stand_in)


def widest(argument: Any) -> Any:
    """One type for all integers and one for all floats: constants and narrow columns get no version of their own."""
    plain = types.unliteral(argument)
    if isinstance(plain, types.Integer):
        return types.int64
    return types.float64 if isinstance(plain, types.Float) else plain
