"""Work on threads: what it raises is raised, Ctrl-C is answered while it goes on, and somebody may look meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

PATIENCE = 0.2  # seconds between two looks at how far the work is, and at whether the user wants to stop


def nothing() -> None:
    """Look at nothing."""


def each(work: Callable[[int], None], items: Iterable[int], threads: int, look: Callable[[], None] = nothing) -> None:
    """Do the work for every item, on so many threads at once; `look` is called now and then, and at the end.

    Raises what the first work to fail raises; work that is not begun by then, or at Ctrl-C, is left undone.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        left = {pool.submit(work, item) for item in items}
        while left:  # with a timeout, for Ctrl-C does not end an open wait on Windows
            ended, left = wait(left, timeout=PATIENCE, return_when=FIRST_EXCEPTION)
            for one in ended:
                one.result()
            look()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # a thread that compiles or runs would keep Ctrl-C waiting
        raise
    pool.shutdown()
