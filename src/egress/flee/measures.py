"""Flee's measures of error (flee.md section 16).

    e(t) = Σ_c |sim_c - data_c| / max(1, Σ_c data_c)        ARD = mean of e(t) over all days
    rescaled: sim_c is first multiplied by Σ data / Σ sim of the day; with nobody in camps the factor is 0

sim is the state after step t, data that of day t. A misplaced person counts twice: "x % right" is 1 - ARD / 2.
"""

from __future__ import annotations

import numpy as np

from egress.engine.flee.case import Floats, Ints

NAIVE = (7, 30)  # days: what is printed beside ARD


def ard(sim: Floats | Ints, data: Floats | Ints) -> Floats:
    """Return the averaged relative difference [...] of sim [..., D, C] from data [D, C].

    >>> float(ard(np.array([[30, 10], [40, 40]]), np.array([[20, 20], [40, 60]])))
    0.35
    """
    error = np.abs(sim - data).sum(axis=-1) / np.maximum(1, data.sum(axis=-1))
    return np.asarray(error.mean(axis=-1))


def rescaled_ard(sim: Floats | Ints, data: Floats | Ints) -> Floats:
    """Return the ARD [...] of sim [..., D, C] scaled to the total of the data [D, C] on each day.

    >>> float(rescaled_ard(np.array([[30, 10], [40, 40]]), np.array([[20, 20], [40, 60]])))
    0.35
    """
    there = np.asarray(sim, dtype=np.float64).sum(axis=-1)
    factor = np.divide(data.sum(axis=-1), there, out=np.zeros_like(there), where=there > 0)
    return ard(sim * factor[..., None], data)


def persistence(data: Floats | Ints, days: int) -> float:
    """Return the ARD of the naive forecast that a camp has what it had some days before (0 before the first day)."""
    before = np.zeros_like(data)
    before[days:] = data[:-days]
    return float(ard(before, data))


def naive(data: Floats | Ints) -> list[tuple[int, float]]:
    """Return the days of NAIVE and the ARD of persistence over them, where the data [D, C] are longer."""
    return [(days, persistence(data, days)) for days in NAIVE if days < len(data)]
