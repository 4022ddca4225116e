"""Whether results depend on the length of the step: daily means at 6, 3 and 1 h, same noise knots."""

from __future__ import annotations

import numpy as np

import egress
from benchmarks.changes import with_step
from benchmarks.registry import benchmark

LEAST = 200.0  # persons a day; smaller series are not compared
MOST = 0.03  # largest relative difference allowed


@benchmark("steps", "daily means of every series above 200 persons a day at steps of 6, 3 and 1 h")
def steps(quick: bool) -> None:
    for name in ("one-border", "russia-2022"):
        members = 20 if quick else (2000 if name == "one-border" else 400)
        scenario = egress.load(name)
        means = {
            step: egress.run(with_step(scenario, step), members=members)
            .data.arrivals.sel(measure="gross")
            .mean("member")
            for step in (6, 3, 1)
        }
        for step in (3, 1):
            base, other = means[6].values, means[step].values
            big = base > LEAST
            apart = np.where(big, np.abs(other / np.where(big, base, 1.0) - 1), 0.0)
            day, series = np.unravel_index(apart.argmax(), apart.shape)
            print(
                f"{name}, {members} members, 6 h → {step} h: {big.sum()} daily means, "
                f"{(apart > MOST).sum()} apart by more than {MOST:.0%}, largest {apart.max():.1%} "
                f"({means[6].crossing.values[series]}, day {day}: "
                f"{base[day, series]:.0f} and {other[day, series]:.0f})"
            )
            whole = other.sum(axis=0) / np.maximum(base.sum(axis=0), 1) - 1
            busy = base.mean(axis=0) > LEAST
            print(f"    whole period, series above {LEAST:g} a day: largest {np.abs(whole[busy]).max():.2%}")
