"""Members on threads: the first alone, and progress goes on inside a long one."""

from __future__ import annotations

import os
from collections.abc import Callable

from egress.threads import each

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
    done: list[int] = []
    reached = 0.0

    def one(m: int) -> None:
        work(m)
        done.append(m)

    def look() -> None:
        nonlocal reached
        reached = max(reached, min((len(done) + within()) / count, 1.0))  # a member that is begun anew does not go back
        if progress is not None:
            progress(reached)

    each(one, range(min(count, 1)), 1, look)
    each(one, range(1, count), threads or os.cpu_count() or 1, look)
