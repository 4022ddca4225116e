"""How the counts should be parted among the rounds of the smoother: crises made up from cold priors, learnt, forecast.

A truth is a member of the cold prior of Ukraine. The observation processes print its counts in the windows of the
real ones known at ORIGIN; the smoother learns from them, and the members' flows are held against the truth. So a
choice is made without a look at any count that is scored.
"""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.registry import benchmark
from egress.assimilate import smoother
from egress.assimilate.forecasting import ahead, origin_of
from egress.engine.world import Floats
from egress.ensemble import traced
from egress.observations import Observations
from egress.observe import observed, print_like
from egress.scenario.priors import cold_scenario
from egress.scenario.schema import Scenario
from egress.score.rules import crps_log1p
from egress.trajectory import Trajectory

CRISIS, ORIGIN = "ukraine-2022", "2022-03-17"
TRUTHS, MEMBERS = 6, 100
HORIZONS = (1, 3, 7, 14)
Parting = Callable[[int], Floats]


def alike(rounds: int) -> Floats:
    """Return [rounds] by how much the variance of counts is raised where every round takes in the same part."""
    return np.full(rounds, float(rounds))


PARTINGS: dict[str, tuple[Parting, int]] = {
    "4, each twice the last": (smoother.parts, 4),
    "4 alike": (alike, 4),
    "8 alike": (alike, 8),
}


def made_up(scenario: Scenario, number: int) -> tuple[Trajectory, Observations]:
    """Return a truth, and the counts of it that its sources print before ORIGIN."""
    truth, _ = traced(scenario, members=range(number, number + 1), seed=77)
    frame = Observations.of(CRISIS).known(origin_of(scenario, ORIGIN)).data.copy()
    rows = frame.to_dict("records")
    frame["value"] = [float(print_like(observed(truth, row), row, 99 + number)[0]) for row in rows]
    frame[["low", "high", "first_shown"]] = np.nan
    return truth, Observations(frame[np.isfinite(frame["value"])].reset_index(drop=True))


def flow(trajectory: Trajectory) -> Floats:
    """Return [member, day] people who leave for any country, from the day of ORIGIN on."""
    data = trajectory.data
    gross = data["arrivals"].sel(measure="gross").sum("crossing").transpose("member", "day")
    return np.asarray(gross.sel(day=data["day"] >= np.datetime64(ORIGIN)).values, dtype=float)


def fared(scenario: Scenario, number: int, members: int, parting: Parting, rounds: int) -> dict[str, float]:
    """Return how a forecast of a truth fares: log CRPS by horizon, share of days within 80 % ranges, misfit."""
    truth, counts = made_up(scenario, number)
    with patch.object(smoother, "parts", parting):
        run, learnt = ahead(
            scenario, origin_of(scenario, ORIGIN), counts, days=max(HORIZONS), members=members, seed=1000 + number,
            rounds=rounds,
        )  # fmt: skip
    own, true = flow(run), flow(truth)[0]
    low, high = np.quantile(own, (0.1, 0.9), axis=0)
    days = [day - 1 for day in HORIZONS]
    scores = crps_log1p(own.T[days], true[days])
    inside = [bool(low[day] <= true[day] <= high[day]) for day in days]
    return {f"{h} d": float(s) for h, s in zip(HORIZONS, scores, strict=True)} | {
        "80 %": float(np.mean(inside)), "misfit": learnt.misfit(),
    }  # fmt: skip


@benchmark("made-up", "the smoother on crises made up from cold priors: log CRPS by how counts are parted")
def run(quick: bool) -> None:
    """Print the mean over truths of each way, and the paired difference to the first."""
    scenario = cold_scenario(CRISIS)
    truths, members = (1, 10) if quick else (TRUTHS, MEMBERS)
    print(f"{CRISIS}, learnt to {ORIGIN}, {truths} truths, {members} members\n")
    head = [*(f"{h} d" for h in HORIZONS), "80 %", "misfit"]
    print(f"| rounds | {' | '.join(head)} | less than the first (all horizons) |\n" + "|---" * (len(head) + 2) + "|")
    first: Floats | None = None
    for name, (parting, rounds) in PARTINGS.items():
        table = pd.DataFrame([fared(scenario, n, members, parting, rounds) for n in range(1, truths + 1)])
        mean = table[head[: len(HORIZONS)]].mean(axis=1).to_numpy(float)
        first = mean if first is None else first
        gap = mean - first
        error = gap.std(ddof=1) / np.sqrt(truths) if truths > 1 else float("nan")
        cells = " | ".join(f"{table[column].mean():.3f}" for column in head)
        print(f"| {name} | {cells} | {gap.mean():+.3f} ± {error:.3f} |", flush=True)
