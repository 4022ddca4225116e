"""The one decorator with which every kernel of the engine is compiled.

All kernels share the same options: the machine code is cached on disk, a division by zero gives infinity
or not-a-number as in NumPy (no hidden branch, no exception), and the interpreter lock is released.
Fast-math is off: sums keep their order, so a result has the same bits however the work is divided.
"""

import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from egress.engine.kept import kept

# The fixed-width numbers, to convert in a kernel. To mypy they give Any: a NumPy number stands for an int
# or a float there. Never mix int64 with uint64 in arithmetic: Numba makes the result a float64.
int32: Any = np.int32
int64: Any = np.int64
uint64: Any = np.uint64
float64: Any = np.float64
float32: Any = np.float32

# `_nrt` is said outright: what is not is inherited from the caller that happens to be compiled first.
_OPTIONS: dict[str, Any] = {"cache": True, "error_model": "numpy", "nogil": True, "_nrt": True}

F = TypeVar("F", bound=Callable[..., Any])


def _made(function: F, **options: Any) -> F:
    """Return the function for Numba to compile; where no folder can be written, its code is not kept."""
    try:
        with kept(function.__module__):
            return cast(F, numba.njit(**(_OPTIONS | options))(function))
    except RuntimeError:  # a read-only installation, and no home
        warnings.warn(
            "no folder to keep machine code in: each start compiles anew, about a minute; "
            "let NUMBA_CACHE_DIR name a folder that can be written", RuntimeWarning, stacklevel=3,
        )  # fmt: skip
        return cast(F, numba.njit(**(_OPTIONS | options | {"cache": False}))(function))


def compiled(function: F) -> F:
    """Return the function compiled by Numba at its first call for each combination of argument types."""
    return _made(function)


def lean(function: F) -> F:
    """Return the function compiled without counts of references: it may not make arrays, but views of them.

    Numba counts the uses of every array by atomic additions, also of those in tuples and of views; in loops over
    cells they cost more than the draws. What a lean function works with is made by its caller.
    """
    return _made(function, _nrt=False)


def inlined(function: F) -> F:
    """Return a lean function that is put whole into its callers: passing thirty arrays costs more than many a loop."""
    return _made(function, _nrt=False, forceinline=True)


def spliced(function: F) -> F:
    """Return the function written into its callers before they are compiled: loops around it then run in vectors."""
    return _made(function, inline="always")
