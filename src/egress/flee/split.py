"""Tasks F and F+ of the benchmark of sudden exits: the split of people over the camps of Flee's conflicts.

F: cold. Total arrivals are given as Flee gets them; the law is learnt from the other conflicts. The error is the ARD
of all days, beside the least ARD of Flee's listed settings.
F+: updated with each report. The error is that of the target day as a share of its total, beside the last report's
split (`egress.flee.reports`). docs/method/flee-split.md tells what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from egress.engine.flee import gravity as law
from egress.engine.flee.gravity import Law
from egress.flee import gravity, instances, reports
from egress.flee.gravity import Learnt
from egress.flee.instances import SEVEN
from egress.flee.measures import ard, rescaled_ard
from egress.formats.flee import Instance

MALI = ("mali2012", "mali2017_adm1")
ALL = "all series"
FLEE = "Flee, the least of its listed settings (reads capacity)"
RESCALED = "Flee, rescaled ARD, least of its listed settings"
OWN = "**egress, the conflict left out**"
AHEAD = (1, reports.LONG)  # days to the target day, at least
Lines = dict[str, dict[str, float]]
"""ARD by what was done, then by conflict; NaN where that is not defined."""


@dataclass(frozen=True)
class Beside:
    """The error of egress in a conflict, beside that of the rule to beat."""

    series: str
    """The conflict, or ALL."""
    days: int
    """F: days scored; F+: the least number of days ahead."""
    n: int
    """What is averaged: days (F), or days of reports that a forecast is made on (F+)."""
    drawn: int
    """What the interval draws with replacement: (conflict, origin) pairs; for ALL, conflicts."""
    ours: float
    rule: float
    ratio: float
    low: float
    high: float
    """Ends of the middle 90 % of the ratio; NaN where there is one pair only."""


@dataclass(frozen=True)
class Split:
    """What tasks F and F+ found."""

    lines: Lines
    cold: list[Beside]
    updated: list[Beside]


def run(place: Path, names: tuple[str, ...] = SEVEN) -> Split:
    """Do both tasks on the instances of a folder."""
    return of(instances.read(place, names), place)


def of(found: dict[str, Instance], place: Path) -> Split:
    """Do both tasks on conflicts that are read."""
    known = gravity.learnt()
    lines = _lines(found, known, place)
    return Split(lines, _cold(found, lines), [row for ahead in AHEAD for row in _updated(found, known, ahead)])


def _lines(found: dict[str, Instance], known: Learnt, place: Path) -> Lines:
    best, rescaled = instances.best(place), instances.best(place, "rescaled")
    lines: Lines = {}
    for name, one in found.items():
        for label, error in ({FLEE: best[name]} | _errors(name, one, known, rescaled[name])).items():
            lines.setdefault(label, {})[name] = error
    return lines


def _errors(name: str, one: Instance, known: Learnt, rescaled: float) -> dict[str, float]:
    """Return the ARD of a conflict by what was done."""
    land = law.ground(one.case, one.rules)
    counted = gravity.data(one.case, land)
    split, bare = (law.expected(land, known.laws, stock) for stock in (True, False))

    def without(*out: str) -> float:
        return float(ard(np.tensordot(known.weights(out), split, axes=1), counted))

    def simple(rule: Law) -> float:
        return float(ard(law.expected(land, [rule])[0], counted))

    own = known.weights((name,))
    others = np.sum([errors for other, errors in known.errors.items() if other != name], axis=0)
    return {
        OWN: without(name),
        "... people before day 0 withheld": float(ard(np.tensordot(own, bare, axes=1), counted)),
        "... both conflicts of Mali left out": without(*MALI) if name in MALI else np.nan,
        "... best point of the grid instead of the mean": float(known.errors[name][np.argmin(others)]),
        "... nothing learnt (all points alike)": without(*known.errors),
        "... learnt on all seven (in sample)": without(),
        "equal split": simple(Law(0, 1, 0, 0, 1, 0)),
        "1 / km": simple(Law(1, 1, 0, 0, 1, 0)),
        RESCALED: rescaled,
        "egress, rescaled ARD, the conflict left out": float(rescaled_ard(np.tensordot(own, split, axes=1), counted)),
    }


def _cold(found: dict[str, Instance], lines: Lines) -> list[Beside]:
    """Return a row per conflict, and one of all: the ratio of the means."""
    ours, flee = (np.array([lines[label][name] for name in found]) for label in (OWN, FLEE))
    days = [one.case.length for one in found.values()]
    each = [
        Beside(name, length, length, 1, a, b, a / b, np.nan, np.nan)
        for name, length, a, b in zip(found, days, ours.tolist(), flee.tolist(), strict=True)
    ]
    a, b = float(ours.mean()), float(flee.mean())
    return [*each, Beside(ALL, max(days), sum(days), len(days), a, b, a / b, *reports.interval(ours, flee))]


def _updated(found: dict[str, Instance], known: Learnt, ahead: int) -> list[Beside]:
    """Return a row per conflict, and one of all: the mean of the ratios."""
    told = {name: reports.pairs(reports.book(one, known, (name,)), ahead) for name, one in found.items()}
    each = []
    for name, pairs in told.items():
        ours, last = reports.adapted(told, name)[0], pairs.errors(reports.LAST)
        n, ratio = len(last), float(ours.sum() / last.sum())
        ends = reports.interval(ours, last)
        each.append(Beside(name, ahead, n, n, float(ours.mean()), float(last.mean()), ratio, *ends))
    ours, last, ratios = np.array([(row.ours, row.rule, row.ratio) for row in each]).T
    n, ends = sum(row.n for row in each), reports.interval(ratios, np.ones(len(ratios)))
    return [*each, Beside(ALL, ahead, n, len(each), ours.mean(), last.mean(), ratios.mean(), *ends)]
