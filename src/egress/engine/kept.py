"""Where machine code is kept: a folder for each module, named by every source that its kernels are made from.

Numba looks at the file of a kernel alone. So what stands beside it from an older egress, or from before a change of a
function that it calls, would be read: as a wrong result, or as an error where a class of then is gone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import numba

CONFIG: Any = numba.config
ENGINE = Path(__file__).parent
IMPORT = re.compile(rb"^\s*from (egress\.engine[\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)


@contextmanager
def kept(module: str) -> Iterator[None]:
    """Let Numba keep the machine code of what is made here for a module of the engine in the folder of that module."""
    given = CONFIG.CACHE_DIR
    place = _folder(module, given)
    if place is not None:
        CONFIG.CACHE_DIR = str(place)
    try:
        yield
    finally:
        CONFIG.CACHE_DIR = given


@cache
def _folder(module: str, given: str) -> Path | None:
    """Return the folder of a module, made; None for others' modules and where nothing can be written.

    It is in the folder `given` by NUMBA_CACHE_DIR, else beside the source, else in the user's cache.
    """
    source = _source(module)
    if source is None:
        return None
    bases = ([Path(given)] if given else []) + [source.parent / "__pycache__", _of_user()]
    for base in bases:
        place = base / f"{module.removeprefix('egress.engine.')}-{digest(module)}"
        try:
            if not place.exists():
                place.mkdir(parents=True)
                _forget(place)
            if os.access(place, os.W_OK):
                return place
        except OSError:
            continue
    return None


def _of_user() -> Path:
    from numba.misc.appdirs import user_cache_dir

    return Path(user_cache_dir("egress", False))


def _forget(place: Path) -> None:
    """Remove what is kept of the module's sources of before."""
    module = place.name.rpartition("-")[0]
    for old in place.parent.glob(f"{module}-*"):
        if old != place and old.name.rpartition("-")[0] == module and old.is_dir():
            rmtree(old, ignore_errors=True)


def digest(module: str) -> str:
    """Return 12 hexadecimal digits of the sources of a module of the engine and of all that it imports from there.

    From elsewhere kernels take nothing but exceptions.

    >>> digest("egress.engine.processes.choose") == digest("egress.engine.processes.book")
    False
    """
    found: dict[str, Path] = {}
    ahead = [module]
    while ahead:
        name = ahead.pop()
        path = _source(name)
        if path is not None and name not in found:
            found[name] = path
            ahead += _imported(path)
    total = sha256()
    for name in sorted(found):
        total.update(name.encode() + b"\0" + _text(found[name]) + b"\0")
    return total.hexdigest()[:12]


@cache
def _source(module: str) -> Path | None:
    """Return the file of a module of the engine, None for what is no such module."""
    if not module.startswith("egress.engine."):
        return None
    place = ENGINE.joinpath(*module.split(".")[2:])
    return next((p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None)


@cache
def _text(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _imported(path: Path) -> tuple[str, ...]:
    """Return the modules that a file may import: `from a import b` may mean a, or a.b."""
    names = []
    for source, what in IMPORT.findall(_text(path)):
        module = source.decode()
        names += [module, *(f"{module}.{name}" for name in re.findall(r"\w+", what.decode("ascii", "ignore")))]
    return tuple(names)
