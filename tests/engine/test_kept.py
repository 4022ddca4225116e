"""Machine code of another state of the sources is never read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from egress.engine import kept

KERNEL = """
from egress.engine.compiled import compiled
from egress.engine.inner import Pair, twice

@compiled
def outer(x):
    return twice(Pair(x, x))
"""
INNER = """
from typing import NamedTuple
from egress.engine.compiled import compiled

class {pair}(NamedTuple):
    a: int
    b: int

@compiled
def twice(pair):
    return {how}
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Return a small engine of the same name, with the files under test and two kernels that call each other."""
    place = tmp_path / "egress" / "engine"
    place.mkdir(parents=True)
    for name in ("kept.py", "compiled.py"):
        (place / name).write_text((kept.ENGINE / name).read_text("utf-8"), "utf-8")
    for package in (place, place.parent):
        (package / "__init__.py").touch()
    (place / "outer.py").write_text(KERNEL)
    return place


def result(engine: Path, **environment: str) -> str:
    code = "from egress.engine.outer import outer; print(outer(3))"
    done = subprocess.run([sys.executable, "-c", code], cwd=engine.parents[1], text=True, capture_output=True,
                          env=os.environ | {"PYTHONPATH": str(engine.parents[1])} | environment)  # fmt: skip
    return done.stdout.strip() or done.stderr


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_has_changed(engine: Path) -> None:
    (engine / "inner.py").write_text(INNER.format(pair="Pair", how="pair.a + pair.b"))
    assert result(engine) == "6"
    (engine / "inner.py").write_text(INNER.format(pair="Pair", how="pair.a * 10"))
    assert result(engine) == "30"
    assert len(list((engine / "__pycache__").glob("outer-*"))) == 1  # that of before is removed


def test_a_class_that_is_gone_leaves_no_machine_code_that_cannot_be_read(engine: Path) -> None:
    (engine / "inner.py").write_text(INNER.format(pair="Pair", how="pair.a + pair.b"))
    assert result(engine) == "6"
    outer = (engine / "outer.py").read_text()
    (engine / "inner.py").write_text(INNER.format(pair="Two", how="pair.a + pair.b"))
    (engine / "outer.py").write_text(outer.replace("Pair", "Two"))
    assert result(engine) == "6"


def test_a_folder_that_the_user_names_is_used(engine: Path, tmp_path: Path) -> None:
    (engine / "inner.py").write_text(INNER.format(pair="Pair", how="pair.a + pair.b"))
    assert result(engine, NUMBA_CACHE_DIR=str(tmp_path / "mine")) == "6"
    assert list((tmp_path / "mine").glob("outer-*/*/*.nbc"))
    assert not list((engine / "__pycache__").glob("outer-*"))


def test_where_beside_the_source_nothing_can_be_written_the_users_cache_is_used(engine: Path, tmp_path: Path) -> None:
    (engine / "inner.py").write_text(INNER.format(pair="Pair", how="pair.a + pair.b"))
    (engine / "__pycache__").write_text("a file where the folder would be")
    home = {name: str(tmp_path / "home") for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA")}
    assert result(engine, PYTHONDONTWRITEBYTECODE="1", **home) == "6"
    assert list((tmp_path / "home").rglob("outer-*/*/*.nbc"))


def test_the_digest_sees_modules_named_in_an_import_from_their_package() -> None:
    assert "egress.engine.processes.choose" in kept._imported(kept.ENGINE / "loop.py")
    assert "egress.engine.draws.binomial" in kept._imported(kept.ENGINE / "draws" / "__init__.py")


def test_other_modules_have_no_folder_here() -> None:
    assert kept._folder("numpy.linalg", "") is None
