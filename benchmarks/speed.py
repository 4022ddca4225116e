"""How long russia-2022 takes: threads, members, people, step; as ratios side by side in one run."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

import egress
from benchmarks.changes import scaled_population, with_step
from benchmarks.registry import benchmark
from egress.scenario.schema import Scenario


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the least wall seconds of `work`."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


@benchmark("speed", "russia-2022: seconds, and ratios of threads, people, members and steps")
def speed(quick: bool) -> None:
    members, repeats = (10, 1) if quick else (200, 2)
    scenario = egress.load("russia-2022")

    def timed(what: Scenario, count: int, threads: int) -> float:
        return seconds(lambda: egress.run(what, members=count, threads=threads), repeats)

    egress.run(scenario, members=2, threads=1)  # compiles
    base = timed(scenario, members, 2)
    one = timed(scenario, members, 1)
    rows = [
        (f"{members} members, 2 threads", base, 1.0),
        (f"{members} members, 1 thread", one, one / base),
        (f"{members // 2} members, 2 threads", half := timed(scenario, members // 2, 2), half / base),
        ("population × 2, 2 threads", more := timed(scaled_population(scenario, 2), members, 2), more / base),
        (
            "population × 10, 2 threads",
            more := timed(scaled_population(scenario, 10), members, 2),
            more / base,
        ),
        ("step 3 h, 2 threads", more := timed(with_step(scenario, 3), members, 2), more / base),
    ]
    print(f"{'':30} {'seconds':>8} {'ratio':>7}")
    for name, value, ratio in rows:
        print(f"{name:30} {value:8.2f} {ratio:7.2f}")
    print(f"\none thread ÷ two threads: {one / base:.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    print(f"peak memory of this process so far: {peak / 1024:.2f} GB")
    run = egress.run(scenario, members=members, threads=1)
    print("\nms per member by process, one thread:")
    for name, value in json.loads(run.data.attrs["seconds"]).items():
        print(f"  {name:20} {1000 * value / members:8.1f}")
