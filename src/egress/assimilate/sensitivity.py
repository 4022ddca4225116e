"""What would change our mind: how much of the spread of an output each unknown input accounts for.

Every row of the design (saltelli) is one member of the engine. Parameters take the design's points; groups of inputs
and the noise take what member j (A) or member N + j (B) draws; chance is the number of the member. All inputs are
unknown independently, as in a run without counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress.assimilate.factors import CHANCE, Factor, effect_inputs, factors, varying
from egress.assimilate.forecasting import origin_of
from egress.assimilate.lots import Lots
from egress.assimilate.questions import GENERAL, Question, largest, questions
from egress.assimilate.saltelli import REST, Explored, Index, Rows, check, explore, runs
from egress.distribution import Distribution
from egress.engine.world import World
from egress.ensemble import DEFAULT_SEED, Normals, Progress, traced
from egress.scenario.load import load
from egress.scenario.schema import Scenario
from egress.scenario.time import known

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
SAMPLES = 32  # base points: intervals of about ±0.2 around a total index of 0.5
KEPT = 12  # factors measured at every base point
STEP = 12.0  # h; half the cost of 6 h, and the members rank alike (docs/guides/sensitivity.md)
SETTLED = (0.1, 0.5, 0.9)
APART = 2.0  # standard errors by which the halves of an input's range must differ to be told


@dataclass(frozen=True)
class Answer:
    """What the spread of one output comes from."""

    question: Question
    spread: tuple[float, float, float]
    """10 %, 50 % and 90 % point of the members of A and B, in the output's unit."""
    indices: tuple[Index, ...]
    """The largest total index first; empty where the output does not vary."""
    halves: Mapping[str, tuple[float, float]]
    """Middle of the members in which a single input lies in the lower, in the upper half of its range; NaN where the
    difference may be chance."""


@dataclass(frozen=True)
class Sensitivity:
    """Total and first-order Sobol indices of a scenario's inputs for some outputs.

    >>> import egress
    >>> found = egress.sensitivity("one-border", samples=8, outputs=["arrivals"])
    >>> found.table().columns[:3].tolist()
    ['output', 'input', 'total']
    """

    scenario: Scenario
    answers: tuple[Answer, ...]
    factors: tuple[Factor, ...]
    uncertain: Mapping[str, Distribution]
    """What each uncertain number is drawn from, by name."""
    about: Mapping[str, Any]
    """How it was made: samples, members, seed, step_hours, as_of."""

    def table(self) -> pd.DataFrame:
        """Return a row per output and input: indices with 90 % intervals, numbers behind the input, halves."""
        return table(self.answers, self.numbers)

    def numbers(self, name: str, answer: Answer) -> int:
        """Return how many uncertain numbers stand behind a factor of an answer; `all else` is what is not listed."""
        listed = {index.factor for index in answer.indices}
        return sum(len(f.inputs) for f in self.factors if f.name == name or (name == REST and f.name not in listed))


def sensitivity(
    scenario: Scenario | str | Path,
    *,
    outputs: Sequence[str] | None = None,
    samples: int = SAMPLES,
    kept: int = KEPT,
    apart: Iterable[str] = (),
    as_of: datetime | date | str | None = None,
    step: float | None = None,
    seed: int = DEFAULT_SEED,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Return what the spread of some outputs comes from: Sobol indices of all uncertain inputs.

    `outputs`: `arrivals`, `peak`, `queue`, `stranded`, `queue:<crossing>` or places (else the first four and the
    largest countries). `samples` is a power of two; the `kept` inputs that matter most have rows of their own.
    `apart` names groups of inputs to be taken number by number. `step` in hours (else 12, or the scenario's if longer).
    Raises EgressError for an unknown output or group, or where SALib is not installed.

    >>> import egress
    >>> [a.question.name for a in egress.sensitivity("one-border", samples=8).answers][:2]
    ['arrivals', 'peak']
    """
    check(samples)
    scenario = scenario if isinstance(scenario, Scenario) else load(scenario)
    moment = None if as_of is None else origin_of(scenario, as_of)
    scenario = _stepped(scenario, step)
    world = World.of(scenario if moment is None else known(scenario, moment), moment)
    asked = questions(outputs, world) if outputs else None
    options: dict[str, Any] = {"as_of": moment, "seed": seed, "threads": threads}
    names, uncertain = _inputs(scenario, world, options)
    chosen = factors(names, apart)
    engine = _Engine(scenario, world, chosen, names, samples, options, asked)
    lots = Lots(engine, progress, runs(len(chosen), samples, kept))
    explored = explore([f.name for f in chosen], lots, samples=samples, kept=kept, seed=seed)
    about = {
        "samples": samples,
        "members": explored.runs,
        "seed": seed,
        "step_hours": scenario.period.step,
        "as_of": "" if moment is None else moment.isoformat(),
        "inputs": len(names),
    }
    single = {factor.name: n for n, factor in enumerate(chosen) if factor.single}
    return Sensitivity(scenario, answers(explored, lots, single, samples), chosen, uncertain, about)


def _stepped(scenario: Scenario, step: float | None) -> Scenario:
    """Return the scenario in steps of 12 h where its own are shorter, or in those given."""
    hours = max(STEP, scenario.period.step) if step is None else step
    return scenario.model_copy(update={"period": scenario.period.model_copy(update={"step": hours})})


def _inputs(scenario: Scenario, world: World, options: Mapping[str, Any]) -> tuple[list[str], dict[str, Distribution]]:
    """Return the names behind which something varies, and what they are drawn from."""
    _, drawn = traced(scenario, members=1, **options)
    names = {*drawn.normals, *effect_inputs(world)}
    return varying(world, sorted(names), drawn.uncertain), dict(drawn.uncertain)


@dataclass
class _Engine:
    """Runs rows of a design as members; the first lot, which is A and B, decides which countries are asked for."""

    scenario: Scenario
    world: World
    factors: tuple[Factor, ...]
    names: list[str]
    samples: int
    options: Mapping[str, Any]
    asked: tuple[Question, ...] | None
    cards: dict[str, Floats] = field(default_factory=dict)
    """Standard normals [2N, …] that members 0 … 2N − 1 draw by themselves."""

    def __call__(self, rows: Rows, progress: Progress | None = None) -> tuple[Sequence[Question], Floats]:
        """Return what is asked, and [R, outputs] in the outputs' units."""
        trajectory, _ = traced(
            self.scenario,
            members=len(rows),
            luck=self._card(rows, CHANCE),
            learnt=self.normals(rows),
            progress=progress,
            **self.options,
        )
        if self.asked is None:
            self.asked = questions([*GENERAL[:2], *largest(trajectory), *GENERAL[2:]], self.world)
        hidden = frozenset(c.id for c in self.scenario.crossings if not c.queue_shown)
        return self.asked, np.stack([q.asked(trajectory, hidden) for q in self.asked], axis=1)

    def normals(self, rows: Rows) -> Normals:
        """Return the standard normals [R, …] of every input: a point of the design, or what member j or N + j draws."""
        from scipy.special import ndtri

        cards = self._drawn()
        given: dict[str, Floats] = {}
        for number, factor in enumerate(self.factors):
            card = self._card(rows, factor.name)
            for name in factor.inputs:
                given[name] = ndtri(rows.points[:, number]) if factor.single else cards[name][card]
        return given

    def _card(self, rows: Rows, name: str) -> npt.NDArray[np.int64]:
        """Return [R] the member whose draws a factor takes: j of A, N + j of B."""
        number = next(n for n, factor in enumerate(self.factors) if factor.name == name)
        return rows.base + self.samples * rows.swapped[:, number]

    def _drawn(self) -> dict[str, Floats]:
        """Return what members 0 … 2N − 1 draw by themselves of the inputs in groups."""
        from egress.engine.members import Members

        if not self.cards:
            numbers = np.arange(2 * self.samples, dtype=np.int64)
            members = Members(self.world, int(self.options["seed"]), numbers)
            for name in (name for factor in self.factors if not factor.single for name in factor.inputs):
                self.cards[name] = _noise(members, name) if name.startswith("noise/") else members.normal(name)
        return self.cards


def _noise(members: Any, name: str) -> Floats:
    """Return the standard normals [M, cells, knots] behind a noise."""
    getattr(members, f"{name.removeprefix('noise/')}_noise")
    return np.asarray(members.normals[name])


def answers(explored: Explored, lots: Lots, single: Mapping[str, int], samples: int) -> tuple[Answer, ...]:
    """Return an answer per output; `single` has the places in the design of the factors that are single numbers."""
    found, ensemble = [], lots.ensemble(samples)
    for number, question in enumerate(lots.asked):
        values = ensemble[:, number]
        low, middle, high = (float(value) for value in np.quantile(values, SETTLED))
        halves = {name: _halves(question, values, explored.points[:, n]) for name, n in single.items()}
        indices = sorted(explored.indices[number], key=lambda index: (-index.total, index.factor))
        found.append(Answer(question, (low, middle, high), tuple(indices), halves))
    return tuple(found)


def table(found: Sequence[Answer], numbers: Callable[[str, Answer], int]) -> pd.DataFrame:
    """Return a row per output and input; `numbers` says how many stand behind an input of an answer."""
    import pandas as pd

    rows = [_row(answer, index, numbers(index.factor, answer)) for answer in found for index in answer.indices]
    columns = ["output", "input", "total", "total_low", "total_high", "first", "first_low", "first_high"]
    return pd.DataFrame(rows, columns=[*columns, "numbers", "if_low", "if_high"])


def _row(answer: Answer, index: Index, numbers: int) -> dict[str, Any]:
    low, high = answer.halves.get(index.factor, (float("nan"), float("nan")))
    return {
        "output": answer.question.name,
        "input": index.factor,
        "total": index.total,
        "total_low": index.total_range[0],
        "total_high": index.total_range[1],
        "first": index.first,
        "first_low": index.first_range[0],
        "first_high": index.first_range[1],
        "numbers": numbers,
        "if_low": low,
        "if_high": high,
    }


def _halves(question: Question, values: Floats, points: Floats) -> tuple[float, float]:
    """Return the middle of an output where an input lies in its lower, and in its upper half; NaN if chance tells."""
    parts = values[points < 0.5], values[points >= 0.5]
    low, high = (question.scaled(part) for part in parts)
    error = np.sqrt(low.var(ddof=1) / len(low) + high.var(ddof=1) / len(high))
    if abs(high.mean() - low.mean()) <= APART * error:
        return float("nan"), float("nan")
    return float(np.median(parts[0])), float(np.median(parts[1]))
