"""The split of camps forecast from report to report (task F+ of the benchmark).

At a day of reports, each camp c is known by its last report x_c, made t_c days ago at a rate r_c per day (the line
through its last two). The total of a later day is given, as Flee gets it. The forecast of that day, T days ahead:

    y_c = max(0, x_c + φ · r_c · (t_c + T)) + λ · max(0, total - Σ x) · share_c      scaled to the total

share_c is that of the gravity law, learnt from other conflicts. φ = λ = 0 is the split of the last reports, the rule to
beat. Only camps that report on that day are scored. Reports are as they were made: no correction of later days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from egress.engine.flee import gravity
from egress.engine.flee.case import Floats, Ints
from egress.flee.gravity import Learnt
from egress.formats.flee.counts import levels, tables
from egress.formats.flee.read import Instance

TREND = (0.0, 0.25, 0.5, 0.75, 1.0)  # tried for φ
NEWCOMERS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)  # tried for λ
EARLIER = 5.0  # pairs that the other conflicts count as, beside those of this one (source: assumption)
LONG = 30  # days: the longer horizon
Rates = tuple[float, float]
LAST: Rates = (0.0, 0.0)
"""φ and λ of the last report's split."""


@dataclass(frozen=True)
class Book:
    """The reports of a conflict: what a forecaster has, and what it is scored on."""

    days: tuple[Ints, ...]  # by camp [C], days of its reports, some before day 0
    people: tuple[Floats, ...]  # by camp, reported
    total: Floats  # [D] people in all camps, on the lines between reports
    share: Floats  # [D, C] of newcomers by the law


@dataclass(frozen=True)
class Pairs:
    """What is known at each origin, and what was reported at its target; rows N, one per origin."""

    origin: Ints  # [N] day
    target: Ints  # [N] day
    last: Floats  # [N, C] last report
    drift: Floats  # [N, C] people by which the line of the last two reports has moved at the target
    total: Floats  # [N]
    share: Floats  # [N, C]
    reported: Floats  # [N, C]; NaN where a camp does not report

    def errors(self, rates: Rates) -> Floats:
        """Return the error [N]: sum of absolute errors of camps that report, as a share of the total."""
        trend, newcomers = rates
        grown = np.maximum(0.0, self.last + trend * self.drift)
        more = np.maximum(0.0, self.total - self.last.sum(axis=1))[:, None]
        split = grown + newcomers * more * self.share
        there = split.sum(axis=1, keepdims=True)
        said = np.where(there > 0, split / np.where(there > 0, there, 1.0), self.share) * self.total[:, None]
        return np.asarray(np.nansum(np.abs(said - self.reported), axis=1) / np.maximum(1.0, self.total))

    def ratio(self, rates: Rates) -> float:
        """Return the sum of errors over that of the last report's split."""
        return float(self.errors(rates).sum() / max(self.errors(LAST).sum(), 1e-9))


def book(instance: Instance, known: Learnt, without: tuple[str, ...]) -> Book:
    """Return the reports of a conflict folder that was read at hasten 1."""
    said, case = instance.scenario, instance.case
    land = gravity.ground(case, instance.rules)
    names, people, _ = levels(said.counts, (), said.period.start, said.period.days, 1, True)
    rows = [names.index(case.places.names[place]) for place in land.camps]
    parts = tables(said.counts, said.period.start, 1)
    days, counts = [], []
    for row in rows:
        both = set.intersection(*(set(reports.days.tolist()) for _, reports in parts[names[row]]))
        each = np.array(sorted(both), dtype=np.int64)
        days.append(each)
        counts.append(sum((reports.at(each) for _, reports in parts[names[row]]), np.zeros(len(each))))
    share = np.tensordot(known.weights(without), np.array([gravity.shares(land, law) for law in known.laws]), axes=1)
    return Book(tuple(days), tuple(counts), people[rows].sum(axis=0), share)


def pairs(told: Book, ahead: int = 1) -> Pairs:
    """Return a row per day of reports, with the first later one that is at least `ahead` days away as its target."""
    length = len(told.total)
    every = np.unique(np.concatenate(told.days))
    every = every[(every >= 0) & (every < length)]
    rows = []
    for origin in every.tolist():
        later = every[every >= origin + ahead]
        if not len(later):
            break
        row = _row(told, origin, int(later[0]))
        if row[0].sum() > 0:
            rows.append((origin, later[0], *row, told.total[later[0]], told.share[later[0]]))
    origins, targets, last, drift, reported, total, share = (np.array(column) for column in zip(*rows, strict=True))
    return Pairs(origins, targets, last, drift, total, share, reported)


def _row(told: Book, origin: int, target: int) -> tuple[Floats, Floats, Floats]:
    """Return (last report, drift until the target, report of the target), each [C]."""
    last, drift, reported = np.zeros(len(told.days)), np.zeros(len(told.days)), np.full(len(told.days), np.nan)
    for c, (days, people) in enumerate(zip(told.days, told.people, strict=True)):
        seen = int(np.searchsorted(days, origin, side="right"))
        if seen:
            last[c] = people[seen - 1]
        if seen > 1:
            slope = (people[seen - 1] - people[seen - 2]) / (days[seen - 1] - days[seen - 2])
            drift[c] = slope * (target - days[seen - 1])
        at = np.flatnonzero(days == target)
        if len(at):
            reported[c] = people[at[0]]
    return last, drift, reported


def adapted(found: Mapping[str, Pairs], name: str) -> tuple[Floats, Floats]:
    """Return the errors [N] of a conflict's forecasts, and the φ and λ used for each [N, 2].

    At each origin the φ and λ are those with the least ratio so far in this conflict (pairs whose target is known by
    then), weighed against the mean ratio over the other conflicts, which counts as EARLIER pairs.
    """
    own, tried = found[name], list(product(TREND, NEWCOMERS))
    others = [pairs for other, pairs in sorted(found.items()) if other != name]
    before = np.array([np.mean([pairs.ratio(rates) for pairs in others]) for rates in tried])
    errors = np.array([own.errors(rates) for rates in tried])
    last = own.errors(LAST)
    out, used = np.empty(len(last)), np.empty((len(last), 2))
    for n, origin in enumerate(own.origin.tolist()):
        past = own.target <= origin
        seen = int(past.sum())
        so_far = errors[:, past].sum(axis=1) / max(float(last[past].sum()), 1e-9) if seen else before
        best = int(np.argmin((seen * so_far + EARLIER * before) / (seen + EARLIER)))
        out[n], used[n] = errors[best, n], tried[best]
    return out, used


def interval(ours: Floats, last: Floats, seed: int = 1, draws: int = 1000) -> tuple[float, float]:
    """Return the 5 and 95 % points of the ratio of the sums of errors [N], origins drawn with replacement."""
    rows = np.random.default_rng(seed).integers(0, len(ours), size=(draws, len(ours)))
    ratios = ours[rows].sum(axis=1) / np.maximum(last[rows].sum(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.05, 0.95])
    return float(low), float(high)
