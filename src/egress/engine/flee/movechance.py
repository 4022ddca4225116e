"""Movechance: the chance per day of setting out (flee.md section 6).

p = 1                                          in a town, sent on by the short-stint rule; or on a route
p = movechance · (max(pop, cap) / base)^scale  else
"""

from __future__ import annotations

from egress.engine.compiled import inlined, lean
from egress.engine.flee.case import Floats, Ints


@lean
def movechances(base: Floats, population: Ints, capacity: Floats, scale: float, per: float, out: Floats) -> None:
    """Write the chance [P] of those without a route; the exponent `scale` is 0 by default."""
    for i in range(base.shape[0]):
        chance = base[i]
        if scale != 0.0:
            chance *= (max(float(population[i]), capacity[i]) / per) ** scale
        out[i] = min(chance, 1.0) if chance > 0.0 else 0.0


@inlined
def sent_on(town: int, recent: float, today: float) -> bool:
    """Return whether the short-stint rule sends people on from a town: (r + today / M) / 2 < 0.5 (section 8)."""
    return town == 1 and (recent + today) / 2.0 < 0.5
