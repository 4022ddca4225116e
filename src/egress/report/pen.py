"""Vega in a process of its own: it takes most of a second to start, and holds Python's lock while it draws.

So drawings are made while tables are written and the next charts are thought out. Where the process cannot be
started or ends, the drawings are made here: that costs time, nothing else.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from concurrent.futures import Future
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import Any

Spec = dict[str, Any]
LINES = """
import json, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this one answers Ctrl-C
import vl_convert
vl_convert.vegalite_to_svg({"data": {"values": []}, "mark": "point"})  # starts vega
for line in sys.stdin.buffer:  # ends with the process that started this one
    print(json.dumps(vl_convert.vegalite_to_svg(json.loads(line))), flush=True)
"""


class Pen:
    """Draws charts one after the other."""

    def __init__(self) -> None:
        self._process = _started()
        self._asked: SimpleQueue[tuple[Spec, Future[str]]] = SimpleQueue()
        Thread(target=self._work, daemon=True).start()  # nobody waits for it when the program ends
        if self._process is not None:
            atexit.register(self._process.kill)

    def draw(self, spec: Spec) -> Future[str]:
        """Return the SVG of what vega-lite is told, at some time."""
        future: Future[str] = Future()
        self._asked.put((spec, future))
        return future

    def _work(self) -> None:
        while True:
            spec, future = self._asked.get()
            try:
                future.set_result(self._elsewhere(spec) or _here(spec))
            except BaseException as error:
                future.set_exception(error)

    def _elsewhere(self, spec: Spec) -> str:
        """Return the SVG from the other process, empty where it does not answer."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ""
        try:
            process.stdin.write(json.dumps(spec).encode() + b"\n")
            process.stdin.flush()
            return str(json.loads(process.stdout.readline()))
        except (OSError, ValueError):
            process.kill()
            self._process = None
            return ""


def _here(spec: Spec) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec))


def _started() -> subprocess.Popen[bytes] | None:
    command, pipe = [sys.executable, "-c", LINES], subprocess.PIPE
    try:
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    except OSError:
        return None


@cache
def pen() -> Pen:
    """Return the pen of this program, made when it is first asked for."""
    return Pen()
