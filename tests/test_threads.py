"""Work on threads: what it raises is raised, and Ctrl-C is answered at once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from egress.threads import each


def test_what_work_raises_is_raised_and_the_rest_is_left() -> None:
    begun = []

    def work(m: int) -> None:
        begun.append(m)
        if m == 1:
            raise ValueError("no way")
        time.sleep(0.02)

    with pytest.raises(ValueError, match="no way"):
        each(work, range(1000), 1)
    assert len(begun) < 1000


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process only")
def test_ctrl_c_is_answered_while_work_goes_on(tmp_path: Path) -> None:
    code = (
        "import os, signal, time\n"
        "from egress.threads import each\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a test in the background inherits none\n"
        "def work(m):\n"
        f"    open({str(tmp_path / 'begun')!r}, 'w').close()\n"
        "    time.sleep(600)\n"
        "try:\n"
        "    each(work, range(2), 1)\n"
        "except KeyboardInterrupt:\n"
        "    os._exit(130)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
