"""Whether results depend on the length of the step: daily means of paired members at 6, 3 and 1 h.

Members of the same number have the same parameters, noise knots and events whatever the step, so the standard
error of a difference is that of the differences between them. A day of a series is named where it is more than 3 %
apart; it counts as found if it is so by more than two standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

import egress
from benchmarks.changes import with_step
from benchmarks.registry import benchmark
from egress.engine.world import Floats

LEAST = 200.0  # persons a day; smaller series are not compared
MOST = 0.03  # largest relative difference allowed
SURE = 2.0  # standard errors
SHOWN = 10  # days printed


@dataclass(frozen=True)
class Apart:
    """Differences of one kind of series between two steps; [D, A] means over members."""

    base: Floats
    other: Floats
    error: Floats
    """Standard error of other − base."""

    @property
    def compared(self) -> Floats:
        """[D, A] whether the series is large enough on this day."""
        return np.asarray(np.maximum(self.base, self.other) > LEAST)

    @property
    def relative(self) -> Floats:
        """[D, A] other ÷ base − 1, 0 where not compared."""
        return np.where(self.compared, self.other / np.maximum(self.base, 1.0) - 1, 0.0)

    @property
    def above(self) -> Floats:
        """[D, A] whether the difference is above 3 %."""
        return np.asarray(np.abs(self.relative) > MOST)

    @property
    def found(self) -> Floats:
        """[D, A] whether it is so beyond the Monte Carlo error."""
        return np.asarray(self.above & (np.abs(self.other - self.base) - MOST * self.base > SURE * self.error))


def daily(name: str, step: float, members: int, days: int | None) -> tuple[dict[str, Floats], list[str]]:
    """Return ({gross, surge}: [M, D, A] persons a day, names of the series) of a run with another step.

    gross: everybody who enters; surge: those of the surge alone.
    """
    scenario = with_step(egress.load(name), step)
    if days is not None:
        period = scenario.period
        end = period.start + timedelta(days=days - 1)
        scenario = scenario.model_copy(update={"period": period.model_copy(update={"end": end})})
    data = egress.run(scenario, members=members, chunk=25).data
    gross = data.arrivals.sel(measure="gross")
    surge = data.surge.values.reshape(*gross.shape[:2], -1, gross.shape[2]).sum(axis=2)
    out = {"gross": gross.values.astype(np.float32), "surge": surge.astype(np.float32)}
    return out, [str(label) for label in gross.crossing.values]


def compared(base: Floats, other: Floats) -> Apart:
    """Return the differences of paired members [M, D, A]."""
    error = (other - base).std(axis=0, ddof=1) / np.sqrt(len(base))
    return Apart(base.mean(axis=0), other.mean(axis=0), error)


def printed(apart: Apart, labels: list[str]) -> None:
    """Print how many days are apart, and which."""
    number = int(apart.compared.sum())
    typical = np.median((apart.error / np.maximum(apart.base, 1.0))[apart.compared])
    print(
        f"    {number} days of series above {LEAST:g} persons, {apart.above.sum()} apart by more than {MOST:.0%}, "
        f"{apart.found.sum()} of them beyond {SURE:g} standard errors (median standard error {typical:.2%})"
    )
    days = sorted(np.argwhere(apart.above).tolist(), key=lambda i: -abs(apart.relative[i[0], i[1]]))
    for day, series in days[:SHOWN]:
        at = day, series
        print(
            f"        {labels[series]}, day {day}: {apart.base[at]:.0f} and {apart.other[at]:.0f}, "
            f"{apart.relative[at]:+.1%} ± {apart.error[at] / apart.base[at]:.1%}{' FOUND' if apart.found[at] else ''}"
        )
    whole = apart.other.sum(axis=0) / np.maximum(apart.base.sum(axis=0), 1) - 1
    busy = apart.base.mean(axis=0) > LEAST
    print(f"    whole period: largest {np.abs(whole[busy]).max(initial=0.0):.2%}")


@benchmark("steps", "daily means of every series above 200 persons a day at steps of 6, 3 and 1 h")
def steps(quick: bool) -> None:
    cases = (("one-border", 200 if quick else 2000, None), ("russia-2022", 20 if quick else 2000, 22))
    for name, members, days in cases:
        base, labels = daily(name, 6.0, members, days)
        for step in (3.0, 1.0):
            other, _ = daily(name, step, members, days)
            for kind in base:
                print(f"{name}, {members} members, {kind}, 6 h → {step:g} h")
                printed(compared(base[kind], other[kind]), labels)
