"""Named distributions as values: what an uncertain number in a scenario is.

>>> d = Distribution.read({"range": [2, 8]}, "number")
>>> [round(float(v), 3) for v in d.quantile(np.array([0.05, 0.5, 0.95]))]
[2.0, 4.0, 8.0]
>>> Distribution.read("36 h", "duration").median
36.0
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.spelling import close
from egress.units import DEFAULT_PER, parse

Floats = npt.NDArray[np.float64]
Z90 = 1.6448536269514722  # standard normal quantile at 0.95
WIDEST = 1000.0  # spread of a lognormal
KEYS = ("uniform", "range", "value", "lognormal", "normal")
INNER = {"lognormal": ("median", "spread"), "normal": ("mean", "sd")}
FORMS = (
    "a number, {uniform: [low, high]}, {range: [low, high]} (90 % range), "
    "{lognormal: {median: …, spread: …}}, {normal: {mean: …, sd: …}}"
)


@dataclass(frozen=True)
class Distribution:
    """An uncertain number in canonical units; `fixed` where it is certain.

    kinds: fixed(value); uniform(low, high); range(low, value, high): 5 %, 50 % and 95 % points, log-normal
    on each side (logit-normal for shares, straight lines where low is 0 or negative); normal(mean, sd), cut
    at `least` and `most`.
    """

    kind: str
    low: float
    value: float
    high: float
    dimension: str = "number"
    least: float = float("-inf")
    most: float = float("inf")

    @classmethod
    def read(cls, raw: Any, dimension: str, *, least: float = 0.0, most: float = float("inf")) -> Distribution:
        """Read what a scenario says; raise ValueError with what was expected.

        `least` and `most` bound the values, in canonical units.
        """
        if isinstance(raw, Distribution):
            return raw
        found = cls._form(raw, dimension)
        for bound, written in _points(raw, found):
            if not least <= bound <= most:
                side, end = ("least", least) if bound < least else ("most", most)
                raise ValueError(f"{written} is out of bounds: expected at {side} {_shown(end, dimension)}")
        return replace(found, least=least, most=most) if found.kind == "normal" else found

    @classmethod
    def _form(cls, raw: Any, dimension: str) -> Distribution:
        match raw:
            case {"uniform": ends, **rest} if not rest:
                low, high = _pair(ends, dimension)
                return cls("uniform", low, (low + high) / 2, high, dimension)
            case {"range": ends, **rest} if not set(rest) - {"value"}:
                low, high = _pair(ends, dimension)
                middle = parse(raw["value"], dimension) if rest else _middle(low, high)
                if not low <= middle <= high:
                    raise ValueError(f"value {raw['value']} lies outside its range {ends[0]} to {ends[1]}")
                return cls("range" if low < high else "fixed", low, middle, high, dimension)
            case {"lognormal": {"median": middle, "spread": spread, **others}, **rest} if not rest and not others:
                return cls._lognormal(middle, spread, dimension)
            case {"normal": {"mean": middle, "sd": spread, **others}, **rest} if not rest and not others:
                mean, sd = parse(middle, dimension), parse(spread, dimension)
                if sd < 0:
                    raise ValueError(f"sd {spread} is negative: expected 0 or more")
                return cls("normal", mean - Z90 * sd, mean, mean + Z90 * sd, dimension)
            case {}:
                raise ValueError(_misspelt(raw) or f"expected {FORMS}; found {raw!r}")
        number = parse(raw, dimension)
        return cls("fixed", number, number, number, dimension)

    @classmethod
    def _lognormal(cls, middle: Any, factor: Any, dimension: str) -> Distribution:
        median, spread = parse(middle, dimension), parse(factor, "number")
        if median <= 0:
            raise ValueError(f"median {middle} of a lognormal: expected more than 0")
        if not 1 <= spread <= WIDEST:
            side = "at least 1" if spread < 1 else f"at most {WIDEST:g}"
            raise ValueError(f"spread {factor} is a factor: expected {side}")
        return cls("range", median / spread**Z90, median, median * spread**Z90, dimension)

    @property
    def median(self) -> float:
        """The middle value, in canonical units."""
        return self.value

    @property
    def certain(self) -> bool:
        """True where nothing is drawn."""
        return self.kind == "fixed" or self.low == self.high

    def quantile(self, u: Floats) -> Floats:
        """Return the values at probabilities `u` (any shape), in canonical units."""
        u = np.asarray(u, dtype=float)
        if self.certain:
            return np.full_like(u, self.value)
        if self.kind == "uniform":
            return self.low + (self.high - self.low) * u
        if self.kind == "range" and self.low <= 0:
            return np.interp(u, *self._straight())
        from scipy.special import expit, logit, ndtri

        z = ndtri(u) / Z90
        if self.kind == "normal":
            return np.clip(self.value + (self.high - self.value) * z, self.least, self.most)
        forward, back = (logit, expit) if self.dimension == "share" and self.high < 1 else (np.log, np.exp)
        low, middle, high = forward(self.low), forward(self.value), forward(self.high)
        values = back(middle + np.where(z < 0, middle - low, high - middle) * z)
        return np.minimum(values, 1.0) if self.dimension == "share" else values

    def _straight(self) -> tuple[list[float], list[float]]:
        """Return the corners of the straight-line quantile curve used where low is 0 or negative."""
        below = self.value - (self.value - self.low) / 0.9
        above = self.value + (self.high - self.value) / 0.9
        top = min(above, 1.0) if self.dimension == "share" else above
        bottom = below if self.low < 0 else 0.0
        return [0.0, 0.05, 0.5, 0.95, 1.0], [bottom, self.low, self.value, self.high, top]


def _points(raw: Any, found: Distribution) -> list[tuple[float, Any]]:
    """Return the values that must lie within bounds, in canonical units and as they were written."""
    match raw:
        case {"range": [low, high]} | {"uniform": [low, high]}:
            return [(found.low, low), (found.value, raw.get("value", "the middle")), (found.high, high)]
        case {"lognormal": {"median": middle, "spread": spread}}:
            return [(found.value, middle), (found.high, f"the 95 % point of median {middle}, spread {spread}")]
        case {"normal": {"mean": middle}}:
            return [(found.value, middle)]
    return [(found.value, raw)]


def _shown(bound: float, dimension: str) -> str:
    """Return a bound as one would write it.

    >>> _shown(1.5e9, "persons"), _shown(1e7 / 24, "flow"), _shown(0.0, "rate")
    ('1,500,000,000', '10,000,000/day', '0')
    """
    per_day = bound != 0.0 and DEFAULT_PER.get(dimension) == "day"
    return f"{bound * 24:,.10g}/day" if per_day else f"{bound:,.10g}"


def _misspelt(raw: dict[str, Any]) -> str:
    """Return what is wrong with the first key that is nearly one of those expected; empty where there is none."""
    words: list[tuple[str, tuple[str, ...]]] = [(key, KEYS) for key in raw]
    words += [(word, INNER[key]) for key in INNER if isinstance(raw.get(key), dict) for word in raw[key]]
    for word, known in words:
        if word not in known and (hint := close(word, known)):
            return f"unknown key {word!r}{hint}"
    return ""


def _pair(raw: Any, dimension: str) -> tuple[float, float]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError(f"expected [low, high], found {raw!r}")
    low, high = parse(raw[0], dimension), parse(raw[1], dimension)
    if low > high:
        raise ValueError(f"low {raw[0]} is above high {raw[1]}")
    return low, high


def _middle(low: float, high: float) -> float:
    """Return the median of a range given by its ends: geometric where that is possible."""
    return float(np.sqrt(low * high)) if low > 0 else (low + high) / 2
