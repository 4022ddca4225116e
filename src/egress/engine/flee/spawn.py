"""Step 2, spawn: how many people set out on each day, and from where (flee.md sections 4 and 11).

    n_t = sum over camps of x(t) - x(t-1), less the debt; a negative n_t is the debt carried forward
    origin ~ multinomial(n_t, pop_i · intensity_i · decay_i)

or, driven by conflict, per zone int(k·intensity), int(k·pop·intensity) or Poisson(k·intensity).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, int64
from egress.engine.draws import key, multinomial, poisson, purpose
from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.status import Status, decay

ORIGIN = purpose("flee origin")
RATE = purpose("flee rate")
BY_DATA, CONSTANT, POP_RATIO, POISSON = 0, 1, 2, 3
NO_ORIGIN = 1  # fault: people are due, and no place has a weight
MODES = {"constant": CONSTANT, "pop_ratio": POP_RATIO, "poisson": POISSON}


class Due(NamedTuple):
    """What the data say of each day [D], in agents."""

    people: Ints  # who set out
    raw: Ints  # running sum of the daily differences (column "raw UNHCR refugee count")
    debt: Ints  # carried forward


def due(case: FleeCase, rules: FleeRules) -> Due:
    """Return who is due on each day; it holds no chance."""
    if rules.conflict_driven_spawning is not None:
        none = np.zeros(case.length, np.int64)
        return Due(none, none, none)
    level = case.data.level.astype(np.int64)
    change = np.zeros(case.length, dtype=np.int64)
    rows = level[1:].sum(axis=0) if rules.sum_from_camps else level[0]
    change[1:] = np.diff(rows)
    change[0] = 0 if rules.empty_camps_on_day0 else rows[0]
    if rules.sum_from_camps and not rules.empty_camps_on_day0 and rules.semantics.doubled_day0:
        change[0] += level[0, 0]
    people, debts = np.zeros_like(change), np.zeros_like(change)
    debt = 0
    for day, new in enumerate(change.tolist()):
        left = 0 if day == 0 and rules.insert_day0 else new - debt
        people[day], debt = max(left, 0), max(-left, 0)
        debts[day] = debt
    return Due(people, np.cumsum(change), debts)


def weights(rules: FleeRules, status: Status) -> Floats:
    """Return [D, P] weight of an origin per resident (data-driven), or intensity (driven by conflict)."""
    if rules.conflict_driven_spawning is not None:
        return np.maximum(status.spawn_conflict, 0.0)
    factor = decay(status.spawn_clock[:, None], status.spawn_since, rules)
    return np.asarray(np.maximum(status.spawn_conflict, 0.0) * factor)


def expected(case: FleeCase, rules: FleeRules, due: Due, weight: Floats) -> float:
    """Return how many agents set out in all, by the data or by the weights [D, P] of conflicts."""
    spawning = rules.conflict_driven_spawning
    if spawning is None:
        return float(due.people.sum(dtype=float))
    each = case.places.population if spawning.mode == "pop_ratio" else 1.0
    return float((weight * each).sum() * spawning.displaced_per_conflict_day)


def stock(case: FleeCase, rules: FleeRules, camps: Ints) -> Ints:
    """Return [P] agents in camps before day 0 (section 11)."""
    out = np.zeros(len(case.places), dtype=np.int64)
    if rules.empty_camps_on_day0:
        return out
    out[camps] = case.places.initial_idps[camps]
    if rules.insert_day0:
        for row in np.flatnonzero(np.isin(case.data.place, camps)):
            out[case.data.place[row]] += case.data.level[row, 0]
    return out


@compiled
def spawn(
    seed: int,
    member: int,
    day: int,
    mode: int,
    rate: float,
    people: int,
    weight: Floats,
    population: Ints,
    out: Ints,
) -> int:
    """Draw who sets out from each place into `out` [P]; return NO_ORIGIN where people are due and none can be."""
    for i in range(out.shape[0]):
        out[i] = 0
    if mode != BY_DATA:
        for i in range(weight.shape[0]):
            if weight[i] <= 0.0:
                continue
            if mode == POISSON:
                out[i], _ = poisson(rate * weight[i], key(seed, member, day, i, RATE))
            else:
                out[i] = int64(rate * weight[i] * (population[i] if mode == POP_RATIO else 1))
        return 0
    if people == 0:
        return 0
    chance = np.empty(weight.shape[0])
    total = 0.0
    for i in range(weight.shape[0]):
        chance[i] = weight[i] * population[i]
        total += chance[i]
    if not total > 0.0:
        return NO_ORIGIN
    multinomial(people, chance, out, key(seed, member, day, 0, ORIGIN))
    return 0
