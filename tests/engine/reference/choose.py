"""Step 5: the nested logit in logarithms, one itinerary at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

Floats = npt.NDArray[np.float64]


def distance(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great circle in km (spherical law of cosines)."""
    a, b, c, d = np.radians([lat1, lon1, lat2, lon2])
    return float(6371 * np.arccos(np.sin(a) * np.sin(c) + np.cos(a) * np.cos(c) * np.cos(d - b)))


@dataclass(frozen=True)
class Way:
    """One itinerary as its chooser sees it now; hours, thousands of money, days."""

    nest: str
    daily: float
    hours: float
    fare: float
    usual_fare: float = 0.0
    wait: float = 0.0
    days: float = 0.0
    stopped: float = 0.0
    turned: float = 0.0
    appeal: float = 1.0
    open: bool = True
    admitted: bool = True


@dataclass(frozen=True)
class Weights:
    """κ, β and λ, and the utility of waiting."""

    pull: float
    hours: float
    wait: float
    days: float
    fare: float
    stopped: float
    nested: float
    idle: float

    def undisturbed(self, way: Way) -> float:
        """V where nothing stands in the way."""
        cost = np.log(way.usual_fare or way.fare)
        return float(self.pull * np.log(way.daily) - self.hours * way.hours - self.fare * cost)

    def now(self, way: Way) -> float:
        """V now; −∞ where a way cannot be taken."""
        if not (way.open and way.admitted) or way.appeal <= 0:
            return -np.inf
        v = self.pull * np.log(way.daily) - self.hours * way.hours - self.fare * np.log(way.fare)
        v -= self.wait * way.wait + self.days * way.days + self.stopped * (way.stopped + way.turned)
        return float(v + np.log(way.appeal))

    def inclusive(self, utilities: Floats, nests: list[str]) -> dict[str, float]:
        """λ I of every nest with a way that can be taken."""
        out = {}
        for nest in sorted(set(nests)):
            own = utilities[[n == nest for n in nests]]
            if np.isfinite(own).any():
                out[nest] = float(self.nested * logsumexp(own / self.nested))
        return out

    def probabilities(self, ways: list[Way]) -> Floats:
        """P of every way, and of waiting (last)."""
        nests = [way.nest for way in ways]
        calm = np.array([self.undisturbed(way) if way.admitted else -np.inf for way in ways])
        idle = float(logsumexp(list(self.inclusive(calm, nests).values()))) + self.idle
        v = np.array([self.now(way) for way in ways])
        sums = self.inclusive(v, nests)
        if not sums:
            return np.array([0.0] * len(ways) + [1.0])
        whole = logsumexp([*sums.values(), idle])
        out = []
        for way, utility in zip(ways, v, strict=True):
            if not np.isfinite(utility):
                out.append(0.0)
                continue
            out.append(float(np.exp(sums[way.nest] - whole + (utility - sums[way.nest]) / self.nested)))
        return np.array([*out, float(np.exp(idle - whole))])
