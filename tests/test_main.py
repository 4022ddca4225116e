"""Ctrl-C in the first moments, while typer and the rest are being imported: exit code 130 and no traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = "import sys; from egress.__main__ import main; sys.exit(main())"  # what pip writes into bin/egress
STARTS = {"module": ["-m", "egress"], "script": ["-c", SCRIPT]}
DELAYS = (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4)
windows = pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process only")


def obeying() -> dict[str, object]:
    """Return options of a process that obeys Ctrl-C even where ours was started in the background and does not."""
    return {} if os.name == "nt" else {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}


def start(kind: str, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start the command so that stderr tells of every import."""
    return subprocess.Popen(
        [sys.executable, "-X", "importtime", *STARTS[kind], *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, **{**obeying(), **options},  # type: ignore[call-overload]
    )  # fmt: skip


def interrupted(process: subprocess.Popen[str], after: str, delay: float) -> tuple[int, str]:
    """Send Ctrl-C some time after a module has been imported; return the exit code and what was said."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(rf"\| +{re.escape(after)}$", line):
            break
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    return process.returncode, "\n".join(line for line in err.splitlines() if not line.startswith("import time:"))


@windows
@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("delay", DELAYS)
def test_ctrl_c_is_answered_from_the_start(kind: str, delay: float, tmp_path: Path) -> None:
    process = start(kind, "run", "one-border", "--out", tmp_path / "out")
    assert interrupted(process, "signal", delay) == (130, "stopped; nothing was written")
    assert not list(tmp_path.iterdir())


@windows
@pytest.mark.parametrize("module", ["enum", "typing", "egress.errors", "egress.cli", "ruamel.yaml", "numpy", "numba"])
def test_ctrl_c_is_answered_within_any_import(module: str, tmp_path: Path) -> None:
    process = start("module", "run", "one-border", "--out", tmp_path / "out")
    assert interrupted(process, module, 0.0) == (130, "stopped; nothing was written")
    assert not list(tmp_path.iterdir())


@windows
def test_a_ctrl_c_that_python_had_to_ignore_comes_again(tmp_path: Path) -> None:
    # An exception within a finaliser is lost, as it is within the callbacks of an import.
    code = f"""
import sys, signal
import egress.cli
class Last:
    def __del__(self): signal.raise_signal(signal.SIGINT); [None for _ in range(1000)]
def obey():
    Last()
    import time
    while True: time.sleep(0.1)
egress.cli.main = obey
{SCRIPT}"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60, **obeying(),  # type: ignore[call-overload]
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "stopped; nothing was written\n")


@windows
def test_a_ctrl_c_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    # A shell has its background jobs ignore it.
    process = start("module", "list", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert interrupted(process, "signal", 0.0) == (0, "")


def test_the_script_that_pip_makes_is_guarded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"egress": "egress.__main__:main"}
