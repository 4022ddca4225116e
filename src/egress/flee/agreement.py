"""Does a run have the distribution of Flee's own ensemble? Day by day and camp by camp, at the same hasten.

Means within 4·SE for 99 % of camp-days, SE = max(pooled sd, 0.5 agent)·√(1/R + 1/s), every tenth day; ratios of sd
within the 99 % range of the F test for 95 % of camp-days, where s >= 20; no camp's bias over the run above 1 % of the
total. A camp-day at or above 0.9 of the camp's capacity, in either ensemble, is judged apart: there serial Flee sees
each step of the agents before, and egress a snapshot (flee.md section 14).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.engine.flee.capacity import capacities
from egress.flee.measures import ard
from egress.flee.run import FleeRun, run_case

MEMBERS, MORE = 40, 100  # own members: at least, and where a reference has 20 seeds or more
FEW_SEEDS = 20  # below this many seeds the sd of a reference says little
NEAR = 0.9  # of capacity: judged apart
EVERY = 10  # days
WITHIN, MEAN_SHARE, SD_SHARE, BIAS = 4.0, 0.99, 0.95, 0.01
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Reference:
    """Flee's own ensemble: mean and sd [D, C] over so many seeds."""

    instance: str
    settings: str
    hasten: int
    seeds: int
    mean: Array
    sd: Array


def references(folder: Path) -> list[Path]:
    """Return the files of reference ensembles."""
    return sorted((folder / "refs").glob("*.*_h*.csv"))


def run_like(folder: Path, file: Path, members: int | None = None) -> tuple[FleeRun, Reference]:
    """Run what a reference ran, and return both with the same camps in the same order."""
    instance, settings, hasten, seeds = _head(file)
    run = run_at(folder, instance, settings, hasten, members or (MORE if seeds >= FEW_SEEDS else MEMBERS))
    shape = (run.case.length, len(run.names))
    mean, sd = np.zeros(shape), np.zeros(shape)
    for row in rows(file):
        at = int(row["day"]), run.names.index(row["camp"])
        mean[at], sd[at] = float(row["mean"]), float(row["sd"])
    return run, Reference(instance, settings, hasten, seeds, mean, sd)


def run_at(folder: Path, instance: str, settings: str, hasten: int, members: int) -> FleeRun:
    """Run an instance with the settings written out for a hasten, warnings unsaid."""
    path = folder / "settings" / f"{settings}_h{hasten}.yml"
    from egress.formats.flee import read

    case, rules = read(folder / instance, path, say=lambda _: None)
    return run_case(case, rules, members=members)


def rows(file: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a table by the names of its columns."""
    with file.open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _head(file: Path) -> tuple[str, str, int, int]:
    row = next(rows(file))
    return row["instance"], row["settings"], int(row["hasten"]), int(row["seeds"])


@dataclass(frozen=True)
class Agreement:
    """How well two ensembles agree."""

    away: Array  # [days, C] difference of means in standard errors, every tenth day
    ratio_ok: Array  # [days, C] of bool: sd ratio within the 99 % range; all True with few seeds
    apart: Array  # [days, C] of bool: near capacity
    bias: Array  # [C] over the run, as a share of the mean total
    ard: tuple[float, float]  # mean and sd over members

    @property
    def means(self) -> float:
        """Return the share of camp-days, away from capacity, whose means agree."""
        return _share(np.abs(self.away) <= WITHIN, ~self.apart)

    @property
    def means_apart(self) -> float:
        """Return the same near capacity."""
        return _share(np.abs(self.away) <= WITHIN, self.apart)

    @property
    def spreads(self) -> float:
        """Return the share of camp-days, away from capacity, whose sd agree."""
        return _share(self.ratio_ok, ~self.apart)

    @property
    def worst_bias(self) -> float:
        """Return the largest bias of a camp, near capacity or not."""
        return float(np.abs(self.bias).max(initial=0))

    @property
    def good(self) -> bool:
        """Return whether all that is asked for holds."""
        return self.means >= MEAN_SHARE and self.spreads >= SD_SHARE and self.worst_bias <= BIAS


def _share(fine: Array, where: Array) -> float:
    return float(fine[where].mean()) if where.any() else 1.0


def agreement(run: FleeRun, ref: Reference) -> Agreement:
    """Compare an ensemble with a reference."""
    from scipy.stats import f as f_distribution

    sim = run.sim.astype(float)
    members, seeds = len(sim), ref.seeds
    mean, sd = sim.mean(axis=0), sim.std(axis=0, ddof=1)
    pooled = np.sqrt(((members - 1) * sd**2 + (seeds - 1) * ref.sd**2) / (members + seeds - 2))
    away = (mean - ref.mean) / (np.maximum(pooled, 0.5) * np.sqrt(1 / members + 1 / seeds))
    low, high = (float(f_distribution.ppf(share, members - 1, seeds - 1)) for share in (0.005, 0.995))
    still = np.maximum(sd, ref.sd) < 0.5  # nothing moves: no ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (sd / ref.sd) ** 2
    fine = still | ((ratio >= low) & (ratio <= high)) | (seeds < FEW_SEEDS)
    cap = capacities(run.case, run.rules)[:, run.camps] * run.rules.capacity_scaling
    apart = (cap >= 1) & (np.maximum(mean, ref.mean) >= NEAR * cap)
    bias = (mean - ref.mean).mean(axis=0) / max(ref.mean.sum(axis=1).mean(), 1e-9)
    each = ard(run.sim, run.data)
    some = slice(None, None, EVERY)
    return Agreement(away[some], fine[some], apart[some], bias, (each.mean(), each.std(ddof=1)))
