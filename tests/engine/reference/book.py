"""Step 6: ordinary sales, fares, free seats, and the shares of those who ask for too few seats."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def sold_by(lead: float, shape: float, scale: float) -> float:
    """G: share of the ordinary seats sold `lead` hours before midday of the day of departure."""
    return float(np.exp(-((max(lead, 0.0) / scale) ** shape)))


def held(capacity: float, load: float, shape: float, scale: float, course: list[tuple[float, float]]) -> float:
    """Seats held after a course of (lead at the end of a step, share displaced); the first is undisturbed."""
    lead = course[0][0]
    seats = capacity * load * sold_by(lead, shape, scale)
    for after, displaced in course[1:]:
        seats += capacity * load * (sold_by(after, shape, scale) - sold_by(lead, shape, scale)) * (1 - displaced)
        lead = after
    return seats


def fare(base: float, cap: float, curve: float, full: float, ordinary: float) -> float:
    """Fare at a share `full` of seats taken where `ordinary` would be usual."""
    excess = (full - ordinary) / (1 - ordinary)
    return base * (1 + (cap - 1) * min(max(excess, 0.0), 1.0) ** curve)


def shared(asks: Floats, seats: float) -> tuple[Floats, Floats]:
    """Mean and variance of the seats got by each who asks: a multivariate hypergeometric draw."""
    total = asks.sum()
    if seats >= total:
        return asks, 0 * asks
    p = asks / total
    return seats * p, seats * p * (1 - p) * (total - seats) / (total - 1)
