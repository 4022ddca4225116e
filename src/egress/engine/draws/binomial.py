"""Binomial, Poisson and negative binomial counts.

Sources: Hörmann 1993, "The generation of binomial random variates" (BTRS) and "The transformed rejection method
for generating Poisson random variables" (PTRS); Loader 2000, "Fast and accurate computation of binomial
probabilities" (the form of the log-probabilities of very many people).
"""

import math

from egress.engine.compiled import compiled, float64, int64, uint64
from egress.engine.draws.factorials import EXACT, log_factorial, log_poisson
from egress.engine.draws.streams import gamma, uniform

# Below these sizes the simple sampler is the faster one (timed; no effect on the distribution).
_TRIALS = 16  # binomial: sum of single trials up to this n (several at once in the processor's vectors)
_MEAN = 10.0  # binomial, Poisson: sequential search below this mean
_SEARCH_END = 200  # a search with a mean below 10 gets here with a chance of 1e-180: only by rounding


@compiled
def _trials(n: int, p: float, state: int) -> tuple[int, int]:
    """Return a binomial count by n single trials, and the state."""
    k = int64(0)
    for _ in range(n):
        u, state = uniform(state)
        k += int64(u < p)
    return k, state


@compiled
def _search(n: int, p: float, state: int) -> tuple[int, int]:
    """Return a binomial count by sequential search from zero, and the state (for n p < 10 and p <= 0.5)."""
    q = 1.0 - p
    # q**n: rounding of q costs n * 1e-16, so the short way only for small n
    none = q**n if n <= 256 else math.exp(n * math.log1p(-p))
    odds = p / q
    factor = (n + 1.0) * odds
    end = min(n, _SEARCH_END)
    while True:
        u, state = uniform(state)
        k, mass = 0, none
        while u > mass:
            k += 1
            if k > end:  # only when the masses, rounded, sum to less than u: draw again
                break
            u -= mass
            mass *= factor / k - odds
        if k <= end:
            return k, state


@compiled
def _log_ratio(k: int, n: int, p: float) -> float:
    """Return the log-probability of a binomial count minus that of the mode."""
    mode = int64(math.floor((n + 1.0) * p))
    if n <= EXACT:
        ratio = log_factorial(mode) + log_factorial(n - mode) - log_factorial(k) - log_factorial(n - k)
        return float(ratio + (k - mode) * math.log(p / (1.0 - p)))
    mean, others = n * p, n * (1.0 - p)
    ratio = log_poisson(k * 1.0, mean) + log_poisson((n - k) * 1.0, others)
    return ratio - (log_poisson(mode * 1.0, mean) + log_poisson((n - mode) * 1.0, others))


@compiled
def _rejection(n: int, p: float, state: int) -> tuple[int, int]:
    """Return a binomial count by BTRS, and the state (Hörmann 1993; for n p >= 10 and p <= 0.5)."""
    size = float64(n)
    mean = size * p
    deviation = math.sqrt(mean * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    inside = 0.92 - 4.2 / b
    while True:
        v, state = uniform(state)
        u, state = uniform(state)
        u -= 0.5
        edge = 0.5 - abs(u)
        k = math.floor((2.0 * a / edge + b) * u + mean + 0.5) * 1.0
        if k < 0.0 or k > size:
            continue
        if edge >= 0.07 and v <= inside:
            break
        alpha = (2.83 + 5.1 / b) * deviation
        if math.log(v * alpha / (a / (edge * edge) + b)) <= _log_ratio(int64(k), n, p):
            break
    return int64(k), state


@compiled
def binomial(n: int, p: float, state: int) -> tuple[int, int]:
    """Return how many of n people are drawn, each with probability p, and the state (BTRS, Hörmann 1993).

    p is cut to [0, 1]. Single trials for few people, sequential search for n p < 10. Exact up to n = 2**40.
    """
    n = int64(n)
    p = float64(p)
    state = uint64(state)
    if n <= 0 or not p > 0.0:
        return int64(0), state
    if p >= 1.0:
        return n, state
    mirrored = p > 0.5
    rare = 1.0 - p if mirrored else p
    if n <= _TRIALS:
        k, state = _trials(n, rare, state)
    elif n * rare < _MEAN:
        k, state = _search(n, rare, state)
    else:
        k, state = _rejection(n, rare, state)
    return (n - k if mirrored else k), state


@compiled
def poisson(mean: float, state: int) -> tuple[int, int]:
    """Return a Poisson count of the given mean, and the state (PTRS, Hörmann 1993).

    Sequential search for a mean below 10. The hat is 1 % higher than published: on a fine grid of means the
    published one is exceeded by up to 0.6 %.
    """
    mean = float64(mean)
    state = uint64(state)
    if not mean > 0.0:
        return int64(0), state
    if mean < _MEAN:
        none = math.exp(-mean)
        while True:
            u, state = uniform(state)
            n, mass = int64(0), none
            while u > mass and n < _SEARCH_END:
                u -= mass
                n += 1
                mass *= mean / n
            if n < _SEARCH_END:  # else the masses, rounded, sum to less than u: draw again
                return n, state
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    alpha = 1.01 * (1.1239 + 1.1328 / (b - 3.4))
    inside = 0.98 * (0.9277 - 3.6224 / (b - 2.0))
    while True:
        v, state = uniform(state)
        u, state = uniform(state)
        u -= 0.5
        edge = 0.5 - abs(u)
        k = (2.0 * a / edge + b) * u + mean + 0.43
        if k < 0.0 or k > 4e18:
            continue
        k = math.floor(k) * 1.0
        if edge >= 0.07 and v <= inside:
            break
        if math.log(v * alpha / (a / (edge * edge) + b)) <= log_poisson(k, mean):
            break
    return int64(k), state


@compiled
def negative_binomial(mean: float, size: float, state: int) -> tuple[int, int]:
    """Return a count of the given mean and variance mean + mean**2 / size, and the state (gamma-Poisson)."""
    state = uint64(state)
    if not mean > 0.0:
        return int64(0), state
    if math.isinf(size):
        return poisson(mean, state)
    rate, state = gamma(float64(size), state)
    return poisson(rate * (mean / size), state)
