"""Logarithms of factorials and of the Poisson distribution: what the rejection samplers compare with."""

import math

import numpy as np

from egress.engine.compiled import compiled, int64

TAU = 2.0 * math.pi
TABLE = 4096  # log(k!) is looked up below this (32 KB)
EXACT = 2**20  # up to this size a difference of log-factorials is exact to 1e-8; above, Loader's form is used
_HALF_LOG_TAU = 0.5 * math.log(TAU)

LOG_FACTORIAL = np.array([math.lgamma(k + 1.0) for k in range(TABLE)])

# log(k!) minus Stirling's formula, for k = 0 to 15 (the first is never read)
_STIRLING = np.array(
    [0.0] + [math.lgamma(k + 1.0) - ((k + 0.5) * math.log(k) - k + 0.5 * math.log(TAU)) for k in range(1, 16)]
)


@compiled
def log_factorial(k: int) -> float:
    """Return log(k!) for 0 <= k (looked up, or Stirling's series)."""
    if k < TABLE:
        return LOG_FACTORIAL[k]  # type: ignore[no-any-return]
    x = k * 1.0
    rest = (1.0 / 12.0 - (1.0 / 360.0) / (x * x)) / x
    return (x + 0.5) * math.log(x) - x + _HALF_LOG_TAU + rest


@compiled
def log_poisson(k: float, mean: float) -> float:
    """Return the log-probability of the count k under a Poisson distribution, for any k (Loader 2000)."""
    if k <= 0.0:
        return -mean
    if k < 16.0:
        rest = _STIRLING[int64(k)]
    else:
        w = 1.0 / (k * k)
        rest = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / k
    away = k - mean
    return away - k * math.log1p(away / mean) - rest - 0.5 * math.log(TAU * k)  # type: ignore[no-any-return]
