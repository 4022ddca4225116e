"""Step 7: the calendar of arrivals by quadrature, boarding over a day, and who passes a road block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad
from scipy.stats import lognorm

Floats = npt.NDArray[np.float64]


def slots(hours: float, spread: float, delta: float, number: int) -> Floats:
    """P(arrive in step j): start uniform in the step, travel time log-normal; the tail in the last."""
    time = lognorm(np.log(spread), scale=hours)

    def inside(u: float, j: int) -> float:
        return float(time.cdf((j + 1 - u) * delta) - time.cdf((j - u) * delta))

    def one(j: int) -> float:
        edges = np.clip([j - hours * spread**z / delta + k for z in range(-4, 5) for k in (0, 1)], 0, 1)
        return float(quad(inside, 0, 1, args=(j,), points=np.unique(edges), epsabs=1e-10, limit=400)[0])

    out = np.array([one(j) for j in range(number)])
    out[-1] += 1 - out.sum()
    return out


def passes(arrival_from: float, arrival_to: float, distance: float, begin: float, end: float) -> float:
    """Share of those who arrive evenly in an interval who pass `distance` hours before in [begin, end]."""
    first, last = arrival_from - distance, arrival_to - distance
    return max(0.0, min(last, end) - max(first, begin)) / (last - first)
