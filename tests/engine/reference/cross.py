"""Step 8: one lane served person by person, and the chances of leaving it unserved."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad

Floats = npt.NDArray[np.float64]


@dataclass
class Fifo:
    """A lane with whole persons: everybody has an hour of arrival, nobody gives up."""

    waiting: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    area: float = 0.0
    credit: float = 0.0

    def step(self, begin: float, delta: float, arrivals: int, capacity: float) -> tuple[int, list[float]]:
        """Let people arrive and be served evenly over a step; return (served, their waits)."""
        before = len(self.waiting)
        self.waiting += [begin + delta * (k + 0.5) / arrivals for k in range(arrivals)]
        could = self.credit + capacity
        served = min(int(np.floor(could)), len(self.waiting))
        self.credit = could - np.floor(could) if served == int(np.floor(could)) else 0.0
        waits = [begin + delta * (k + 0.5) / served - self.waiting[k] for k in range(served)]
        self.waiting = self.waiting[served:]
        self.waits += waits
        self.area += delta * (before + len(self.waiting)) / 2
        return served, waits

    def waited(self, now: float) -> float:
        """Sum of all waits, of those still waiting so far."""
        return sum(self.waits) + sum(now - hour for hour in self.waiting)


def service(first: float, aim: float, time: float, hours: float) -> float:
    """μ after some hours of dμ/dt = (μ* − μ)/τ."""
    return float(aim + (first - aim) * np.exp(-hours / time))


def gives_up(rate: float, memory: float, elapsed: float, delta: float) -> float:
    """Chance of giving up in a step: hazard c_r exp(−age/memory) over the ages of the step."""
    risk = quad(lambda age: rate * np.exp(-age / memory), elapsed, elapsed + delta, epsabs=1e-14)[0]
    return float(1 - np.exp(-risk))


def turns_away(rate: float, wait: float, least: float = 6.0) -> float:
    """Chance of turning away at the sight of a queue."""
    return float(1 - np.exp(-rate * max(0.0, wait - least)))


def lanes(shares: Floats, waits: Floats, weight: float) -> Floats:
    """Share of those arriving in each open lane: its own share, less with a longer wait than the shortest."""
    odds = shares * np.exp(-weight * (waits - waits.min()))
    return odds / odds.sum()
