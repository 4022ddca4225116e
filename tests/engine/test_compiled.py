"""The decorator of the kernels where no folder can be written."""

from collections.abc import Callable
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
