"""What is shown: the progress bar, texts on a terminal or in a pipe, letters that a terminal lacks."""

from __future__ import annotations

import codecs
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

WIDTH = 120  # columns of what goes into a file or another program
PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "→": "->", "×": "x", "÷": "/", "•": "*", "…": "...", "≥": ">="})


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Draw a progress bar on stderr at once; it vanishes at the end."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = _console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task("starting", total=1.0)
        bar.refresh()
        yield bar


@contextmanager
def phase(bar: Progress, seconds: dict[str, float], name: str) -> Iterator[None]:
    """Show what is going on and note how many seconds it took."""
    bar.update(bar.task_ids[0], description=name)
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else WIDTH)


def show(text: RenderableType) -> None:
    """Print to a terminal as wide as it is; to a file without the blanks that fill lines up."""
    console = _console()
    try:
        if console.is_terminal:
            console.print(text)
            return
        with console.capture() as captured:
            console.print(text)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the reader, such as `head`, has left: rich would end the program
        mute()


def mute() -> None:
    """Let what is still to be printed go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Stand in for letters that a terminal cannot show: `→` becomes `->`, others `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end].translate(PLAIN)
    return letters.encode("ascii", "replace").decode("ascii"), error.end


def speak_plainly() -> None:
    """Let no letter break the output where it is not UTF-8, as on Windows in a pipe."""
    codecs.register_error("egress-plainly", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="egress-plainly")
