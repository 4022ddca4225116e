"""Step 3: the generator of the chain and its matrix exponential."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

Floats = npt.NDArray[np.float64]


def generator(decide: float, at_once: float, prepare: float, act: float) -> Floats:
    """Q of susceptible → {prep1, ready}, prep1 → prep2 → ready → acted; rates per hour."""
    q = np.zeros((5, 5))
    for here, there, rate in (
        (0, 3, decide * at_once),
        (0, 1, decide * (1 - at_once)),
        (1, 2, prepare),
        (2, 3, prepare),
        (3, 4, act),
    ):
        q[here, there] += rate
        q[here, here] -= rate
    return q


def chances(decide: float, at_once: float, prepare: float, act: float, delta: float) -> Floats:
    """exp(Q Δ)."""
    return np.asarray(expm(generator(decide, at_once, prepare, act) * delta))


def covariance(people: Floats, chance: Floats) -> Floats:
    """Variances of the counts after the step: sums of multinomials, one for each stage before it."""
    return np.asarray((people[:, None] * chance * (1 - chance)).sum(axis=0))
