"""The decorator of the kernels where no folder can be written."""

import ast
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numba
import pytest

from egress.engine import compiled


def test_without_a_folder_for_machine_code_kernels_are_compiled_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def nowhere(**options: Any) -> Callable[..., Any]:
        if options["cache"]:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(compiled, "numba", SimpleNamespace(njit=nowhere))
    with pytest.warns(RuntimeWarning, match="NUMBA_CACHE_DIR"):
        twice = compiled.compiled(lambda x: 2 * x)
    assert twice(3) == 6


REDUCTIONS = {"max", "min", "sum", "mean", "any", "all", "argmax", "argmin", "cumsum", "take", "copy"}


def test_lean_functions_call_no_method_that_makes_an_array() -> None:
    """Whether Numba compiles one there depends on who called it first: on the order of tests, or an interrupted run."""
    found = [
        f"{path.name}:{call.lineno} {ast.unparse(call)}"
        for path in sorted(Path(str(files("egress.engine"))).rglob("*.py"))
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
        and {ast.unparse(mark) for mark in function.decorator_list} & {"lean", "inlined"}
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in REDUCTIONS
    ]
    assert not found
