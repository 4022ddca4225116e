"""Step 4: moments of the protesters and of those detained."""

from __future__ import annotations


def crowd(people: float, per_million: float, weight: float, pressure: float, scatter: float) -> tuple[float, float]:
    """Mean and variance of the negative binomial number of protesters."""
    mean = people / 1e6 * per_million * weight * pressure
    return mean, mean + mean**2 / scatter


def thinned(mean: float, variance: float, share: float) -> tuple[float, float]:
    """Mean and variance of a binomial share of a random number."""
    return mean * share, mean * share * (1 - share) + variance * share**2
