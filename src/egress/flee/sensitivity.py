"""What the spread of a Flee folder's results comes from: Sobol indices of its settings, its closures, and chance.

Every row of the design (assimilate.saltelli) is one member. Settings take the design's points in their ranges: those of
the settings file or, where it has none, usual ones (egress.flee.usual). Closures that are not certain are those of
member j (A) or member N + j (B), and so is the luck of single people, which is the factor `chance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.assimilate.factors import CHANCE
from egress.assimilate.lots import Lots
from egress.assimilate.questions import Question
from egress.assimilate.saltelli import REST, Rows, check, explore, runs
from egress.assimilate.sensitivity import KEPT, SAMPLES, Answer, answers, table
from egress.engine.flee.case import FleeRules, Floats, Ints, SettingRange
from egress.engine.flee.status import statuses
from egress.errors import EgressError
from egress.flee.measures import ard
from egress.flee.run import SEED, FleeRun, happening, run_case
from egress.flee.spread import Progress
from egress.flee.usual import USUAL
from egress.formats.flee import Instance, read_instance
from egress.formats.flee.read import Say, warn
from egress.spelling import nearest

if TYPE_CHECKING:
    import pandas as pd

ARD, ALL_CAMPS, MOVING = "ard", "camps", "moving"
CLOSURES = "closures"


@dataclass(frozen=True)
class FleeSensitivity:
    """Total and first-order Sobol indices of a Flee folder's settings for some outputs."""

    instance: Instance
    answers: tuple[Answer, ...]
    ranges: tuple[SettingRange, ...]
    usual: bool
    """Whether the ranges are those of egress.flee.usual, for the settings name none."""
    about: Mapping[str, Any]
    """How it was made: samples, members, seed, settings."""

    def table(self) -> pd.DataFrame:
        """Return a row per output and input: indices with 90 % intervals, numbers behind the input, halves."""
        return table(self.answers, self.numbers)

    def numbers(self, name: str, answer: Answer) -> int:
        """Return how many settings stand behind an input; of `all else` those that are not listed."""
        listed = {index.factor for index in answer.indices}
        return sum(one.name == name or (name == REST and one.name not in listed) for one in self.ranges)


def sensitivity(
    source: str | Path,
    *,
    settings: str | Path | None = None,
    rules: str | None = None,
    outputs: Sequence[str] | None = None,
    samples: int = SAMPLES,
    kept: int = KEPT,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    say: Say = warn,
) -> FleeSensitivity:
    """Return what the spread of some outputs of a Flee folder (or a converted one) comes from.

    `outputs`: `ard`, `camps` (people in all camps at the end), `moving` (on the way at the end), or names of camps
    (people at the end); else all of them. `samples` is a power of two; the `kept` inputs that matter most have rows of
    their own. Raises EgressError for an unknown output, a faulty folder, or where SALib is not installed.

    >>> from egress.flee.sensitivity import sensitivity
    >>> found = sensitivity("mali2012", settings="ranges.yml", outputs=["ard"])  # doctest: +SKIP
    """
    check(samples)
    instance = read_instance(source, settings, rules=rules)
    for warning in instance.warnings:
        say(warning)
    usual = not instance.rules.ranges
    chosen = replace(instance.rules, ranges=USUAL) if usual else instance.rules
    engine = _Engine(instance, chosen, samples, seed, threads, _questions(instance, outputs))
    lots = Lots(engine, progress, runs(len(engine.factors), samples, kept))
    explored = explore(engine.factors, lots, samples=samples, kept=kept, seed=seed)
    single = {one.name: engine.factors.index(one.name) for one in chosen.ranges}
    about = {
        "samples": samples,
        "members": explored.runs,
        "seed": seed,
        "rules": instance.scenario.rules,
        "settings": None if settings is None else str(settings),
        "ranges": {one.name: [one.low, one.high] for one in chosen.ranges},
    }
    return FleeSensitivity(instance, answers(explored, lots, single, samples), chosen.ranges, usual, about)


def _questions(instance: Instance, outputs: Sequence[str] | None) -> tuple[Question, ...]:
    """Return what is asked, each once; raise EgressError for a name that means nothing."""
    case = instance.case
    camps = [case.places.names[i] for i in statuses(case, instance.rules, case.closures).camps]
    known = (ARD, ALL_CAMPS, MOVING, *camps)
    for name in outputs or ():
        if name not in known:
            hint = nearest(name, known)
            raise EgressError(f"no output {name!r}: expected {ARD}, {ALL_CAMPS}, {MOVING}, or a camp{hint}")
    return tuple(Question(name, "share" if name == ARD else "people") for name in dict.fromkeys(outputs or known))


@dataclass
class _Engine:
    """Runs rows of a design as members; factors in alphabetical order, as the design has them."""

    instance: Instance
    rules: FleeRules
    samples: int
    seed: int
    threads: int | None
    asked: tuple[Question, ...]

    @cached_property
    def factors(self) -> list[str]:
        """Return the names of the settings with ranges, of the closures if one may not happen, and of chance."""
        uncertain = any(0 < one.probability < 1 for one in self.instance.case.closures)
        return sorted([*(one.name for one in self.rules.ranges), *([CLOSURES] if uncertain else []), CHANCE])

    def __call__(self, rows: Rows, progress: Progress | None = None) -> tuple[Sequence[Question], Floats]:
        """Return what is asked, and [R, outputs] in the outputs' units."""
        case = self.instance.case
        closed = self._card(rows, CLOSURES if CLOSURES in self.factors else CHANCE)
        points = [one.at(rows.points[:, self.factors.index(one.name)]) for one in self.rules.ranges]
        run = run_case(
            case,
            self.rules,
            members=self._card(rows, CHANCE).tolist(),
            seed=self.seed,
            threads=self.threads,
            progress=progress,
            settings=np.stack(points, axis=1),
            happen=happening(case, self.seed, closed),
        )
        return self.asked, np.stack([_answered(run, question.name) for question in self.asked], axis=1)

    def _card(self, rows: Rows, name: str) -> Ints:
        """Return [R] the member whose draws a factor takes: j of A, N + j of B."""
        return rows.base + self.samples * rows.swapped[:, self.factors.index(name)]


def _answered(run: FleeRun, name: str) -> Floats:
    """Return [M] an output of each member."""
    if name == ARD:
        return ard(run.sim, run.data)
    if name == MOVING:
        found = run.moving[:, -1]
    elif name == ALL_CAMPS:
        found = run.sim[:, -1].sum(axis=1)
    else:
        found = run.sim[:, -1, run.names.index(name)]
    return np.asarray(found, dtype=np.float64) * run.rules.hasten
