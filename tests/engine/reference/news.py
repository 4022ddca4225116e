"""Step 1: F by quadrature, the belief by counting days, the perceived risk by small steps."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.integrate import quad


def kernel(age: float, hold: float, fades: float) -> float:
    """K: 0 before the news, 1 while it holds, then exp(−(age − hold)/τ)."""
    if age < 0:
        return 0.0
    if age <= hold:
        return 1.0
    return float(np.exp(-(age - hold) / fades)) if fades > 0 else 0.0


def mean_kernel(first: float, last: float, hold: float, fades: float) -> float:
    """Mean of K over the ages [first, last]."""
    corners = sorted({first, last, *(a for a in (0.0, hold) if first < a < last)})
    pieces = itertools.pairwise(corners)
    area = sum(quad(kernel, a, b, args=(hold, fades), epsabs=1e-12, limit=200)[0] for a, b in pieces)
    return area / (last - first)


def share_near(now: float, low: float, high: float, near: float = 72.0) -> float:
    """q: share of what is left of the window [low, high] that lies within the next `near` hours."""
    if now >= high:  # the date has passed: forgotten within a day
        return max(0.0, 1 - (now - high) / 24)
    if low == high:
        return float(high <= now + near)
    dates = np.linspace(low, high, 200_001)
    dates = dates[dates >= now]
    return float((dates <= now + near).mean())


def belief(now: float, rumours: list[tuple[float, float, float]]) -> float:
    """b = 1 − Π (1 − w q) over rumours (w, low, high)."""
    return 1 - float(np.prod([1 - w * share_near(now, low, high) for w, low, high in rumours]))


def follow(start: float, aim: float, time: float, hours: float) -> float:
    """Value at the end of ds/dt = (aim − s)/time, by 100,000 small (midpoint) steps."""
    s, dt = start, hours / 100_000
    for _ in range(100_000):
        half = s + (aim - s) / time * dt / 2
        s += (aim - half) / time * dt
    return s
