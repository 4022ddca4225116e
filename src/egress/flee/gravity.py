"""Egress's rules for Flee's folders, with parameters learnt from other conflicts (engine.flee.gravity has the law).

Two exponents are learnt, those of distance and of ties; each point of their grid is weighted by how well it would have
split the people of the other conflicts:

    weight_d ∝ exp(-Σ_o ARD_od / b),   o over the conflicts that are not left out,   b = mean ARD of all d and o

which takes a conflict as one error with a Laplace distribution of scale b. The forecast is the weighted mean of the
draws. `egress/priors/flee-split.csv` holds the draws and each conflict's ARD under them (`python -m benchmarks
flee-split-fit` writes it); a conflict that is there by name is left out of its own forecast.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from io import StringIO
from itertools import product

import numpy as np

from egress.engine.draws import purpose, uniforms
from egress.engine.flee import gravity, spawn
from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.gravity import Ground, Law
from egress.errors import Fault
from egress.flee.measures import ard
from egress.flee.ranges import none
from egress.flee.run import SEED, FleeRun, happening
from egress.flee.spread import Progress, spread
from egress.formats.flee.read import warn

GRID = {"distance": np.linspace(1.0, 3.0, 11), "ties": np.linspace(0.0, 1.5, 11)}
"""Exponents that are learnt: every pair of these values is a draw (around the 1 and 2 of gravity laws)."""
FIXED = {"nest": 0.5, "residents": 0.3, "population": 0.5, "following": 0.45}
"""The law's other parameters, the middle of their ranges (source: assumption): seven conflicts cannot bear more."""
DIGITS = 4
MEMBER = purpose("gravity law of a member")


@dataclass(frozen=True)
class Learnt:
    """Draws of the law and the ARD [N] of each conflict under them."""

    laws: list[Law]
    errors: Mapping[str, Floats]

    def weights(self, without: Iterable[str] = ()) -> Floats:
        """Return the weight [N] of each draw, learnt without some conflicts; equal where none is left."""
        kept = [self.errors[name] for name in sorted(self.errors) if name not in set(without)]
        if not kept:
            return np.full(len(self.laws), 1 / len(self.laws))
        loss = np.array(kept)
        weight = np.exp(-(loss.sum(axis=0) - loss.sum(axis=0).min()) / loss.mean())
        return np.asarray(weight / weight.sum())


def draws() -> list[Law]:
    """Return the law at every point of the grid."""
    pairs = product(*(values.round(DIGITS).tolist() for values in GRID.values()))
    return [Law(**dict(zip(GRID, pair, strict=True)), **FIXED) for pair in pairs]


def learn(cases: Mapping[str, tuple[FleeCase, FleeRules]], laws: list[Law] | None = None) -> Learnt:
    """Return the ARD of each conflict under each draw."""
    tried = laws or draws()
    errors = {}
    for name, (case, rules) in cases.items():
        land = gravity.ground(case, rules)
        errors[name] = np.round(ard(gravity.expected(land, tried), data(case, land)), DIGITS)
    return Learnt(tried, errors)


def data(case: FleeCase, land: Ground) -> Floats:
    """Return the people [D, C] in camps as the counts have them."""
    rows = {int(place): row for row, place in enumerate(case.data.place) if place >= 0}
    return np.asarray(case.data.level[[rows[int(i)] for i in land.camps]].T, dtype=np.float64)


def text(learnt: Learnt, source: str) -> str:
    """Return the table as it is stored, its source first."""
    names = sorted(learnt.errors)
    out = StringIO()
    out.write(f"# {source}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*Law._fields, *names])
    for law, *errors in zip(learnt.laws, *(learnt.errors[name].tolist() for name in names), strict=True):
        writer.writerow([*law, *errors])
    return out.getvalue()


def learnt() -> Learnt:
    """Return the draws that egress ships."""
    return parsed((files("egress") / "priors" / "flee-split.csv").read_text(encoding="utf-8"))


def parsed(table: str) -> Learnt:
    """Return what a stored table says."""
    header, *rows = csv.reader(line for line in table.splitlines() if not line.startswith("#"))
    numbers = np.array(rows, dtype=np.float64)
    count = len(Law._fields)
    return Learnt(
        [Law(*row) for row in numbers[:, :count].tolist()], dict(zip(header[count:], numbers.T[count:], strict=True))
    )


def forecast(land: Ground, known: Learnt, without: Iterable[str] = (), stock_known: bool = True) -> Floats:
    """Return the expected people [D, C] in camps, the weighted mean of the draws."""
    return np.tensordot(known.weights(without), gravity.expected(land, known.laws, stock_known), axes=1)


def run_case(
    case: FleeCase,
    rules: FleeRules,
    *,
    members: int | Iterable[int] = 1,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    departures: Ints | None = None,
) -> FleeRun:
    """Run members under egress's rules: each draws its law by weight, then its people; nobody is on the way.

    `departures` [M, D] int64 stand for the people who arrive by what the data say.
    """
    rules = _without_ranges(rules)
    known = learnt()
    numbers = np.array(range(members) if isinstance(members, int) else list(members), dtype=np.int64)
    lands = _lands(case, rules, happening(case, seed, numbers))
    for name in lands[0].hosts.unknown:
        message = f"country {name!r} is not in egress's tables: its ties count as none, its residents as usual"
        warn(Fault("locations.csv", 0, 0, message))
    ladder = np.cumsum(known.weights([case.name]))
    chosen = np.searchsorted(ladder, uniforms(seed, numbers, 0, 0, MEMBER) * ladder[-1], side="right")
    count, days, places = len(numbers), case.length, len(case.places)
    inside = np.zeros((count, days, places), np.int32)
    begun = np.zeros((count, places), np.int32)
    people = np.repeat(lands[0].people[None], count, axis=0) if departures is None else departures

    def work(m: int) -> None:
        land, law = lands[m], known.laws[min(int(chosen[m]), len(known.laws) - 1)]
        camps, left = np.zeros((days, len(land.camps)), np.int64), np.zeros(places, np.int64)
        camps[0] = land.stock
        weight = gravity.origins(land, law)
        weight /= weight.sum(axis=1, keepdims=True)
        share = gravity.shares(land, law)
        gravity.arrive(seed, int(numbers[m]), people[m], share, weight, law.following, camps, left)
        inside[m][:, land.camps], begun[m] = camps, left

    spread(work, count, threads, progress)
    still = np.zeros((count, days), np.int32)
    stock, due = _stock(lands[0], places), spawn.due(case, rules)
    spawned = people.astype(np.int32)
    camps = lands[0].camps
    return FleeRun(
        case, rules, seed, numbers, camps, due, inside, still, spawned, still, begun, stock, none(count), own=True
    )


def _lands(case: FleeCase, rules: FleeRules, happen: Ints) -> list[Ground]:
    """Return the ground of each member by the closures [M, N] that happen in it; members with the same share one."""
    made: dict[bytes, Ground] = {}
    for row in happen:
        if row.tobytes() not in made:
            closures = tuple(one for one, yes in zip(case.closures, row, strict=True) if yes)
            made[row.tobytes()] = gravity.ground(replace(case, closures=closures), rules)
    return [made[row.tobytes()] for row in happen]


def _without_ranges(rules: FleeRules) -> FleeRules:
    """Return the rules without ranges of settings, which no rule here reads; warn where there are any."""
    if rules.ranges:
        told = "; ".join(map(str, rules.ranges))
        warn(Fault("settings", 0, 0, f"ranges have no effect under egress's own rules, which do not read them: {told}"))
    return replace(rules, ranges=())


def as_own(run: FleeRun) -> FleeRun:
    """Return a run put together from parts as one of egress's rules."""
    stock = _stock(gravity.ground(run.case, run.rules), len(run.case.places))
    return replace(run, stock=stock, own=True)


def _stock(land: Ground, places: int) -> Ints:
    """Return [P] people in camps before day 0."""
    stock = np.zeros(places, np.int64)
    stock[land.camps] = land.stock
    return stock
