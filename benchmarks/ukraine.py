"""Task U of the benchmark of sudden exits with as many members as `egress forecast` has: all seeds, then each alone."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.registry import benchmark
from egress.assimilate.forecasting import MEMBERS
from egress.benchmark.page import page
from egress.benchmark.tasks import QUICK, TASKS, Size, run

SEEDS = (1, 2, 3)


@benchmark("ukraine", f"ukraine-2022 with {MEMBERS:,} members and {len(SEEDS)} seeds (some 45 minutes)")
def ukraine(quick: bool) -> None:
    size = QUICK if quick else Size(MEMBERS, SEEDS)
    results = run(tuple(task for task in TASKS if task.name == "U"), size)
    print(page(results))
    for seed in size.seeds if len(size.seeds) > 1 else ():
        print(f"# Seed {seed} alone\n")
        alone = results.scores[results.scores["seed"] == seed]
        print(page(replace(results, scores=alone, rivals=results.rivals.iloc[:0])))
