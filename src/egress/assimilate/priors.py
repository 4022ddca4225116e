"""Priors for a cold forecast of one crisis, learnt from the counts of the others.

Each other crisis is calibrated on its own counts; what the crisis left out has shaped (alone, or with others) starts
from the wide ranges of `data/priors.csv`, so that nothing of it comes back that way. What the counts taught about
numbers that crises share is taken over: pooled within a class, and widened, for with one other crisis nobody can tell
how much crises differ:

    m = mean of the means,   sd = WIDEN · √max(1, misfit) · √(mean of the variances + variance of the means)

and sd at most that of the wide range, on the logit scale for shares, the logarithmic one for other positive numbers,
else as they are. Numbers that counts pulled out of their range are left out: they stand for something else that is
wrong; so are multiples of ordinary traffic that is itself a guess. A class of which counts inform less than half
teaches nothing: a lane or two that happened to be counted do not say how lanes differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.assimilate.forecasting import calibrate
from egress.assimilate.smoother import Learnt as Taught
from egress.distribution import Z90, Distribution
from egress.ensemble import DEFAULT_SEED, Progress
from egress.errors import EgressError
from egress.observations import Observations
from egress.scenario.load import defaults, list_names, load, scenario_hash
from egress.scenario.numbers import Number, numbers
from egress.scenario.priors import UNITS, Fitted, Learnt, Prior, Priors, base, plain, registry, wide, with_priors
from egress.scenario.schema import Scenario
from egress.spelling import nearest
from egress.units import parse

Floats = npt.NDArray[np.float64]
MEMBERS = 300
INFORMED = 0.3  # share of the variance that counts must have taken from a number before it is taken over (assumption;
#               with 300 members chance alone makes 0.1 or so)
FAR = 2.5  # standard deviations from the middle of its range beyond which a number is left out (assumption)
SAMPLE = 0.5  # share of the numbers of a class that must have been learnt before they speak for it (assumption)
WIDEN = 2.0  # by how much what one crisis teaches is widened for another (assumption: between crises nobody can tell)
DIGITS = 3


@dataclass(frozen=True)
class Calibrated:
    """A crisis after its counts were taken in."""

    scenario: Scenario
    taught: Taught
    until: str

    def samples(self, number: Number, times: str) -> Floats | None:
        """Return [member] what was learnt about a number, as a multiple where `times` says so; None if too little."""
        from scipy.special import ndtr

        name = number.name
        if name not in self.taught.uncertain or name not in self.taught.normals:
            return None
        before, after = self.taught.prior[name], self.taught.normals[name]
        if times and self._guessed(number):
            return None
        if 1 - after.var() / max(before.var(), 1e-12) < INFORMED or abs(after.mean()) > FAR:
            return None
        return self.taught.uncertain[name].quantile(ndtr(after)) / self._unit(number, times)

    def _guessed(self, number: Number) -> bool:
        """Say whether the ordinary traffic behind a multiple is a guess: a multiple of that teaches nothing."""
        at = int(number.loc[1])
        id = self.scenario.lanes[at].crossing if number.loc[0] == "lanes" else self.scenario.crossings[at].id
        return next(c.source for c in self.scenario.crossings if c.id == id) == "assumption"

    def _unit(self, number: Number, times: str) -> float:
        return base(self.scenario, number, times) if times else 1.0


def without(
    crisis: str,
    *,
    others: tuple[str, ...] | None = None,
    until: datetime | date | str | None = None,
    members: int = MEMBERS,
    seed: int = DEFAULT_SEED,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Priors:
    """Return priors for a forecast of a shipped crisis that use none of its counts: learnt from the other crises.

    `others` are the crises to learn from, all shipped ones with counts unless said; `until` hides what they published
    later. The same seed gives the same priors. Raises EgressError where a name is unknown or the crisis itself is
    among the others.
    """
    learnt_from = tuple(name for name in with_counts() if name != crisis) if others is None else others
    _check(crisis, learnt_from)
    part = [_part(progress, n, len(learnt_from)) for n in range(len(learnt_from))]
    options: dict[str, Any] = {"members": members, "seed": seed, "threads": threads, "until": until}
    found = [calibrated(name, crisis, **options, progress=part[n]) for n, name in enumerate(learnt_from)]
    named = f"{others[0]} " if others is not None and len(others) == 1 else ""
    command = f"egress calibrate {named}--without {crisis} --members {members} --seed {seed}"
    command += "" if until is None else f" --until {until}"
    return assembled(crisis, found, command)


def with_counts() -> list[str]:
    """Return the shipped scenarios that have counts.

    >>> with_counts()
    ['russia-2022', 'ukraine-2022']
    """
    return [name for name in list_names() if len(Observations.of(name).data)]


def calibrated(name: str, crisis: str, *, until: datetime | date | str | None = None, **options: Any) -> Calibrated:
    """Return a shipped crisis calibrated on its own counts, from ranges that another crisis has not shaped."""
    scenario = with_priors(load(name), wide(name, without=crisis))
    _, taught = calibrate(scenario, observations=Observations.of(name), until=until, **options)
    return Calibrated(scenario, taught, "" if until is None else str(until))


def assembled(crisis: str, others: list[Calibrated], command: str) -> Priors:
    """Return the rows of the registry as priors without a crisis, with what others taught in the place of wide ones."""
    rows = [row for row in registry() if row.only in ("", crisis)]
    priors = tuple(_taken_over(row, others) or plain(row, crisis, crisis) for row in rows)
    learnt_from = tuple(_told(other) for other in others)
    return Priors(without=crisis, made_by=command, learnt_from=learnt_from, priors=priors)


def _check(crisis: str, others: tuple[str, ...]) -> None:
    known = list_names()
    for name in (crisis, *others):
        if name not in known:
            raise EgressError(f"{name!r} is not a shipped scenario{nearest(name, known)}")
    if crisis in others:
        raise EgressError(f"priors without {crisis} cannot be learnt from {crisis}")


def _part(progress: Progress | None, number: int, parts: int) -> Callable[[float], None] | None:
    return None if progress is None else lambda share: progress((number + share) / parts)


def _told(other: Calibrated) -> Learnt:
    counts, misfit = len(other.taught.evidence), round(other.taught.misfit(), DIGITS)
    return Learnt(
        scenario=other.scenario.name,
        hash=scenario_hash(other.scenario),
        until=other.until,
        counts=counts,
        misfit=misfit,
    )


# What is taken over


def _taken_over(row: Fitted, others: list[Calibrated]) -> Prior | None:
    """Return what the counts of other crises taught about a row, or None where it is not shared or too little."""
    if not row.shared:
        return None
    found = [(other, number) for other in others for number in _numbers(row, other.scenario)]
    known = [(other, number, s) for other, number in found if (s := other.samples(number, row.times)) is not None]
    if not known or len(known) < SAMPLE * len(found):
        return None
    drawn_from = known[0][0].taught.uncertain[known[0][1].name]
    forward, back = _scale(drawn_from)
    parts = [forward(samples) for _, _, samples in known]
    means = np.array([part.mean() for part in parts])
    misfit = max(1.0, *(other.taught.misfit() for other, _, _ in known), 1.0)
    spread = WIDEN * np.sqrt(misfit * (np.mean([part.var() for part in parts]) + means.var()))
    widest = drawn_from if row.kept else row.distribution()
    spread = min(spread, forward(widest.quantile(np.linspace(0.005, 0.995, 199))).std())
    low, middle, high = (back(means.mean() + z * spread) for z in (-Z90, 0.0, Z90))
    return _prior(row, drawn_from, (low, middle, high), known)


def _numbers(row: Fitted, scenario: Scenario) -> Iterator[Number]:
    """Yield the numbers of a scenario about which a row decides."""
    rows = [each for each in registry() if each.only in ("", scenario.name)]
    for number in numbers(scenario):
        if next((each for each in rows if each.fits(number)), None) is row:
            yield number


def _scale(drawn_from: Distribution) -> tuple[Callable[[Any], Floats], Callable[[Any], Any]]:
    """Return the scale on which a number is pooled and widened, and the way back."""
    from scipy.special import expit, logit

    if drawn_from.dimension == "share":
        return lambda x: np.asarray(logit(np.clip(x, 1e-6, 1 - 1e-6))), expit
    if drawn_from.low < 0:
        return np.asarray, float
    return lambda x: np.log(np.maximum(x, 1e-9)), np.exp


def _prior(
    row: Fitted,
    drawn_from: Distribution,
    ranges: tuple[float, float, float],
    known: list[tuple[Calibrated, Number, Floats]],
) -> Prior:
    unit = row.unit if not row.kept else _unit_of(row.pattern)
    factor = 1.0 if row.times else parse(f"1{unit}" if unit.startswith("/") else f"1 {_word(unit)}", UNITS[unit])
    if drawn_from.kind == "uniform":  # nothing outside the ends of a uniform
        low, middle, high = (float(np.clip(x, drawn_from.low, drawn_from.high)) for x in ranges)
    else:
        low, middle, high = ranges
    if drawn_from.dimension == "share":
        high = min(high, 0.999)
    low, middle, high = (_rounded(x / factor) for x in (low, middle, high))
    crises = sorted({other.scenario.name for other, _, _ in known})
    names = ", ".join(sorted({number.name for _, number, _ in known})[:4]) + (" …" if len(known) > 4 else "")
    return Prior(
        pattern=row.pattern,
        low=low,
        high=high,
        value=None if drawn_from.low < 0 else middle,
        shape="normal" if drawn_from.low < 0 else "range",
        unit=unit,
        times=row.times,
        source=f"calibrated on {', '.join(crises)}",
        basis=f"from {names}; sd widened {WIDEN:g} times for transfer",
    )


def _unit_of(pattern: str) -> str:
    return next(p.unit for p in defaults() if f"parameter/{p.name}" == pattern)


def _word(unit: str) -> str:
    return "" if unit in ("1", "share", "RUB/km", "persons") else unit


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
