"""Members on threads: every one once, and progress inside a long one."""

import threading
from collections import Counter

import pytest

from egress.flee.spread import spread


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
