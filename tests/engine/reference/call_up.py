"""Step 2: how many are due, and whom a summons finds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def due(quota: float, elapsed: float, whole: float, half_time: float) -> float:
    """Persons who should have been called up: half of those still to come in every half time."""
    return quota * (1 - 2 ** (-elapsed / half_time)) / (1 - 2 ** (-whole / half_time))


def by_region(exposed: Floats, weight: Floats) -> Floats:
    """Expected share of the summonses by region."""
    return exposed * weight / (exposed * weight).sum()


def drawn(counts: Floats, draws: float) -> tuple[Floats, Floats]:
    """Mean and variance of a multivariate hypergeometric draw."""
    total = counts.sum()
    share = counts / total
    return draws * share, draws * share * (1 - share) * (total - draws) / (total - 1)
