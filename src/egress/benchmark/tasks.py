"""The benchmark of sudden exits: every task of evaluation.md, cold and updated, beside the simple rules.

A task is a crisis, its origins, and the series that are scored. Each forecast is made by the command that users
have (`assimilate.forecasting`), from priors that nothing of the crisis has shaped; updated ones learn from the counts
published before the origin, cold ones see none. No number here is chosen on scored windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from egress import baselines as rules
from egress.assimilate.forecasting import MEMBERS, ahead, origin_of
from egress.assimilate.posterior import LATE
from egress.assimilate.prints import samples, with_levels
from egress.assimilate.smoother import ROUNDS
from egress.benchmark.rivals import beside
from egress.observations import Observations, moment, thing
from egress.scenario.load import load
from egress.scenario.priors import cold_scenario
from egress.score.table import scores

if TYPE_CHECKING:
    import pandas as pd

MODES = ("cold", "updated")
DAYS = 14
OVERLAPPING = ("_totals", "_mean", "_baseline", "_peak_day")
"""Series with such an end tell what other series tell (shared/data/exodus/README.md)."""
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Task:
    """A crisis to be forecast."""

    name: str
    scenario: str
    origins: tuple[str, ...]
    """Days; a forecast is made at the start of each, local time of the scenario."""
    series: tuple[str, ...] = ()
    """What is scored; empty: every plain series."""
    days: tuple[int, ...] = ()
    """Horizons scored one by one; empty: in bins."""
    members: int = 300
    """Of each forecast, where nothing else is asked for; what fits into 45 minutes for all tasks (two processors)."""


TASKS = (
    Task("R", "russia-2022", ("2022-09-22", "2022-09-24", "2022-09-26", "2022-09-28", "2022-09-30")),
    Task(
        "U",
        "ukraine-2022",
        ("2022-02-27", "2022-03-03", "2022-03-06", "2022-03-10", "2022-03-17", "2022-03-24"),
        ("ukraine_exits_total",),
        (1, 3, 7, 14),
        MEMBERS,
    ),
)
"""Days 3, 7, 10, 14, 21 and 28 of Ukraine, 24 February being day 0."""


@dataclass(frozen=True)
class Size:
    """How much work is done."""

    members: int | None
    """Of each forecast; None: as many as each task has."""
    seeds: tuple[int, ...]
    rounds: int = ROUNDS

    def members_of(self, task: Task) -> int:
        """Return the members of each forecast of a task."""
        return self.members or task.members


FULL = Size(None, (1, 2))
QUICK = Size(8, (1,), 1)


def size(quick: bool = False, members: int | None = None, seeds: int | None = None) -> Size:
    """Return the work to be done: all of it, a quick look, or as told."""
    usual = QUICK if quick else FULL
    return Size(members or usual.members, tuple(range(1, (seeds or len(usual.seeds)) + 1)), usual.rounds)


@dataclass(frozen=True, eq=False)
class Results:
    """What the benchmark found."""

    scores: pd.DataFrame
    """A row per task, mode, seed and count forecast, with the scores of all rules (score.table.scores)."""
    rivals: pd.DataFrame
    """A row per task, mode, seed and official forecast: what it said, what members say, what was counted."""
    size: Size
    seconds: float


def run(
    tasks: tuple[Task, ...] = TASKS, size: Size = FULL, threads: int | None = None, progress: Progress | None = None
) -> Results:
    """Make and score every forecast of the benchmark."""
    started = perf_counter()
    jobs = [(task, mode, seed, origin) for task in tasks for mode, seed, origin in _jobs(task, size)]
    tables, rivals = [], []
    for number, (task, mode, seed, origin) in enumerate(jobs):
        part = None if progress is None else _part(progress, number, len(jobs))
        table, beside = scored(task, mode, seed, origin, size, threads, part)
        tables.append(table)
        rivals.append(beside)
    return Results(_together(tables), _together(rivals), size, perf_counter() - started)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)


def scored(
    task: Task,
    mode: str,
    seed: int,
    origin: str,
    size: Size,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the scores of one forecast of a task, and official forecasts of that day beside it."""
    scenario = cold_scenario(task.scenario)  # its own ranges know how it went on
    counts = Observations.of(task.scenario)
    at = origin_of(scenario, origin)
    options: dict[str, Any] = {"days": DAYS, "members": size.members_of(task), "seed": seed, "threads": threads}
    rounds = size.rounds if mode == "updated" else 0
    trajectory, learnt = ahead(scenario, at, counts, **options, rounds=rounds, progress=progress)
    trajectory = with_levels(trajectory, learnt)
    known = counts.known(at) if mode == "updated" else Observations.none()
    rows = targets(counts.data, at, task.series)
    said, whole = samples(trajectory, rows, known, seed)
    about: dict[str, Any] = {"task": task.name, "mode": mode, "seed": seed}
    told = as_shown(counts.data)
    table = scores(said, rows[whole], told, at, **about, ordinary=ordinary(task.scenario))
    return table, beside(trajectory, known, counts.data, about | {"origin": origin})


def targets(counts: pd.DataFrame, origin: datetime, series: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return the counts whose window ends within DAYS after an origin, of plain series; of each the last vintage."""
    last = origin + timedelta(days=DAYS, hours=6)  # local midnights of other zones count as the origin's

    def wanted(row: dict[Any, Any]) -> bool:
        end = moment(row["end"])
        plain = row["series"] in series if series else not row["series"].endswith(OVERLAPPING)
        return plain and end is not None and origin < end <= last and bool(np.isfinite(row["value"]))

    last_of: dict[tuple[Any, ...], tuple[datetime, int]] = {}
    for at, row in enumerate(counts.to_dict("records")):
        if wanted(row):
            key, shown = _window(row), moment(row["published_at"]) or LATE  # never published: known from elsewhere
            if key not in last_of or shown >= last_of[key][0]:
                last_of[key] = shown, at
    return counts.iloc[sorted(at for _, at in last_of.values())].reset_index(drop=True)


def _window(row: dict[Any, Any]) -> tuple[Any, ...]:
    """Return what the vintages of a count have in common."""
    return row["series"], row["kind"], thing(row), moment(row["start"]), moment(row["end"])


def ordinary(scenario: str) -> dict[str, list[float]]:
    """Return the persons of an ordinary Monday to Sunday of each series of a shipped scenario or folder."""
    return rules.ordinary(load(scenario), Observations.of(scenario).data)


def as_shown(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the counts with the values that were first shown: what simple rules can know."""
    return counts.assign(value=counts["first_shown"].fillna(counts["value"]))


def _jobs(task: Task, size: Size) -> Iterator[tuple[str, int, str]]:
    for mode in MODES:
        for seed in size.seeds:
            for origin in task.origins:
                yield mode, seed, origin


def _part(progress: Progress, number: int, jobs: int) -> Progress:
    return lambda share: progress((number + share) / jobs)
