"""Work for members, on threads: Ctrl-C is answered while members run, and progress goes on inside a long one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

PATIENCE = 0.2  # seconds between two looks at how far the work is, and at whether the user wants to stop
Progress = Callable[[float], None]


def nothing() -> float:
    """Return how much of members under way is done, where nobody knows."""
    return 0.0


def spread(
    work: Callable[[int], None],
    count: int,
    threads: int | None,
    progress: Progress | None = None,
    within: Callable[[], float] = nothing,
) -> None:
    """Do the work for 0 to count - 1, on one thread per processor unless said; the first alone, to compile once.

    `within` says how much is done of the members under way, as a number of members.
    """
    if count == 0:
        return
    done, reached = [], [0.0]

    def one(m: int) -> None:
        work(m)
        done.append(m)

    def look() -> None:
        reached[0] = max(reached[0], min((len(done) + within()) / count, 1.0))
        if progress is not None:
            progress(reached[0])

    pool = ThreadPoolExecutor(min(threads or os.cpu_count() or 1, count))
    try:
        _await([pool.submit(one, 0)], look)
        _await([pool.submit(one, m) for m in range(1, count)], look)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)  # a thread that compiles or runs would keep Ctrl-C waiting
        raise
    pool.shutdown()


def _await(work: Iterable[Future[None]], look: Callable[[], None]) -> None:
    """Wait for work, and raise what it raised; look now and then."""
    left = set(work)
    while left:
        ended, left = wait(left, timeout=PATIENCE, return_when=FIRST_EXCEPTION)
        for each in ended:
            each.result()
        look()
