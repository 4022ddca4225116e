"""Step 4a, score: how attractive each place is on each day (flee.md section 5).

    S_j = foreign_weight^[abroad] · camp_weight^[camp] · conflict_weight^(decay_j(t) · intensity_j)^[conflict]

then for a class of people: S² for children, elderly and women where the rules say so, 1 for boys who take risks;
and for a way from i to j: 1 / max(1, d_ij)^home_distance_power with stay_close_to_home. Populations enter in the
loop, because people may be taken from them.
"""

from __future__ import annotations

import numpy as np

from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.classes import CHILD, ELDERLY, FEMALE, RISKY, Class
from egress.engine.flee.status import Status, decay

EARTH = 6371.0  # km, radius in Flee's distance (flee.md section 5)


def base(case: FleeCase, rules: FleeRules, status: Status) -> Floats:
    """Return S [D, P] without what depends on people."""
    countries = np.array(case.places.countries)
    score = np.where(countries == countries[0], 1.0, rules.foreign_weight)
    score = score * np.where(status.camp == 1, rules.camp_weight, 1.0)
    ageing = np.ones_like(score)
    if rules.semantics.ageing_conflicts_attract:
        ageing = decay(np.arange(case.length)[:, None], status.since, rules)
    power = np.where(status.conflict > 0, ageing * status.conflict, 0.0)
    return np.asarray(score * rules.conflict_weight**power)


def by_class(score: Floats, classes: tuple[Class, ...], rules: FleeRules) -> Floats:
    """Return S [..., K, P] as each class of people sees it, from S [..., P]."""
    return np.stack([_seen(score, kind, rules) for kind in classes], axis=-2)


def _seen(score: Floats, kind: Class, rules: FleeRules) -> Floats:
    squared = False
    if rules.children_avoid_hazards:
        if kind.traits & CHILD:
            score, squared = score * score, True
        if rules.boys_take_risk and kind.traits & RISKY:
            score = np.ones_like(score)
    if rules.elderly_avoid_hazards and kind.traits & ELDERLY:
        score, squared = score * score, True
    if rules.women_avoid_hazards and kind.traits & FEMALE and not squared:
        score = score * score
    return score


def nearness(case: FleeCase, rules: FleeRules) -> Floats:
    """Return the factor [P, P] of stay_close_to_home for a way from i to j; ones without the rule."""
    places = len(case.places)
    if not rules.stay_close_to_home:
        return np.ones((places, places))
    x, y = np.radians(case.places.x), np.radians(case.places.y)
    if not rules.semantics.swapped_axes:  # files have latitude in column 4
        x, y = y, x
    half = np.sin((y[:, None] - y) / 2) ** 2
    half = half + np.cos(y[:, None]) * np.cos(y) * np.sin((x[:, None] - x) / 2) ** 2
    half = np.clip(half, 0.0, 1.0)
    km = 2 * EARTH * np.arctan2(np.sqrt(half), np.sqrt(1 - half))
    return np.asarray(1.0 / np.maximum(1.0, km) ** rules.home_distance_power)


def numbered(rows: Floats) -> tuple[Floats, Ints]:
    """Return (the rows that differ from the one before, [D] the number of each day's row)."""
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=tuple(range(1, rows.ndim)))
    return rows[new], np.cumsum(new) - 1
