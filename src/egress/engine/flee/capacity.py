"""Capacity: how a full camp repels (flee.md section 10).

C = 1                              cap < 1, or n <= b·cap
C = 0                              n >= cap,     cap = capacity · capacity_scaling
C = 1 - (n - b·cap)/(cap·(1 - b))  between
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import lean
from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints

FULL = 0.5  # below this factor a camp is not set out for (flee.md section 10)


def capacities(case: FleeCase, rules: FleeRules) -> Floats:
    """Return capacity [D, P] in agents: less the day-0 stock (defect 5), plus capacity_per_day."""
    capacity = case.places.capacity.astype(np.int64).copy()
    known = case.data.place >= 0
    if rules.insert_day0 and rules.conflict_driven_spawning is None and rules.semantics.stock_uses_capacity_twice:
        stock = np.zeros_like(capacity)
        stock[case.data.place[known]] = case.data.level[known, 0]
        capacity -= np.where(capacity > 0, stock, 0)
    growth = np.maximum(np.trunc(case.places.capacity_per_day), 0).astype(np.int64)
    days = np.arange(1, case.length + 1)[:, None]
    return np.asarray(capacity + days * growth, dtype=np.float64)


@lean
def factors(inside: Ints, capacity: Floats, scaling: float, buffer: float, out: Floats) -> bool:
    """Write the factor C of every place to `out` [P], cap = capacity · scaling; return whether one has changed."""
    changed = False
    for j in range(inside.shape[0]):
        n, cap = inside[j], capacity[j] * scaling
        if cap < 1.0 or n <= buffer * cap:
            factor = 1.0
        elif n >= cap:
            factor = 0.0
        else:
            factor = 1.0 - (n - buffer * cap) / (cap * (1.0 - buffer))
        changed = changed or factor != out[j]
        out[j] = factor
    return changed
