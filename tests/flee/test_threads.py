"""Work for members on threads: every member once, errors raised, progress inside a long member, Ctrl-C at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from egress.flee.threads import spread


@pytest.mark.parametrize(("count", "threads"), [(0, 1), (1, 1), (7, 1), (7, 3)])
def test_every_member_is_worked_on_once(count: int, threads: int) -> None:
    done: Counter[int] = Counter()
    lock = threading.Lock()

    def work(m: int) -> None:
        with lock:
            done[m] += 1

    told: list[float] = []
    spread(work, count, threads, told.append)
    assert done == Counter(range(count))
    assert told[-1:] == [1.0][:count]


def test_what_a_member_raises_is_raised_and_the_rest_is_left() -> None:
    begun = []

    def work(m: int) -> None:
        begun.append(m)
        if m == 1:
            raise ValueError("no way")
        time.sleep(0.02)

    with pytest.raises(ValueError, match="no way"):
        spread(work, 1000, 1)
    assert len(begun) < 1000


def test_progress_goes_on_inside_a_member_and_never_back() -> None:
    told: list[float] = []
    enough = threading.Event()
    shares = iter([0.2, 0.5, 0.4, 0.9])

    def within() -> float:
        share = next(shares, 0.9)
        if share == 0.9:
            enough.set()
        return share

    spread(lambda _: enough.wait(30), 1, 1, told.append, lambda: 0.0 if enough.is_set() else within())  # type: ignore[arg-type,return-value]
    assert told[:3] == [0.2, 0.5, 0.5]
    assert told[-1] == 1.0


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process only")
def test_ctrl_c_is_answered_while_a_member_runs(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from egress.flee.threads import spread\n"
        "def work(m):\n"
        f"    open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        "    time.sleep(600)\n"
        "try:\n"
        "    spread(work, 2, 1)\n"
        "except KeyboardInterrupt:\n"
        "    os._exit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
