"""Step 10: means of the ordinary entries and exits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def entries(per_day: float, profile: list[float], weekday: int, kept: float, delta: float) -> float:
    """Mean entries in a step: per day · weekday · share not put off · Δ."""
    return per_day / 24 * profile[weekday] * kept * delta


def lagged(shares: Floats, stay: float, delta: float) -> Floats:
    """Share abroad at the end of each step: ∫ shares(t − a) exp(−a/stay) da/stay, with 1 before."""
    ends = np.arange(1, len(shares) + 1) * delta
    out = np.exp(-ends / stay)  # those who came before
    for step, share in enumerate(shares):
        young, old = ends - (step + 1) * delta, ends - step * delta
        out += np.where(young >= 0, share * (np.exp(-young / stay) - np.exp(-old / stay)), 0.0)
    return np.asarray(out)
