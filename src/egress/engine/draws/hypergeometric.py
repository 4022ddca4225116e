"""Hypergeometric counts: people drawn without replacement.

Sources: Stadlober 1990, "The ratio of uniforms approach for generating discrete random variates" (HRUA); Loader 2000,
"Fast and accurate computation of binomial probabilities".
"""

import math

import numpy as np

from egress.engine.compiled import compiled, float64, int64, uint64
from egress.engine.draws.factorials import EXACT, log_factorial, log_poisson
from egress.engine.draws.streams import Integers, uniform

# Below these sizes the simple sampler is the faster one (timed; no effect on the distribution).
_PICKS = 24  # pick one by one up to this number of draws
_MEAN = 10.0  # sequential search below this mean
_SEARCH_END = 200  # a search with a mean below 10 gets here with a chance of 1e-180: only by rounding
_RANKS = 24  # several classes: sorted ranks and one scan up to this number of draws

# Ratio of uniforms for discrete distributions (Stadlober 1990): width of the hat
_HAT_SLOPE = 2.0 * math.sqrt(2.0 / math.e)
_HAT_SHIFT = 3.0 - 2.0 * math.sqrt(3.0 / math.e)


@compiled
def _log_overlap(k: float, picks: float, marked: float, total: float) -> float:
    """Return the log-probability, up to a constant, that k of the picks are marked (Loader 2000)."""
    plain = total - marked
    if total <= EXACT:
        rest = log_factorial(int64(k)) + log_factorial(int64(marked - k))
        return -(rest + log_factorial(int64(picks - k)) + log_factorial(int64(plain - picks + k)))
    p = picks / total
    q = (total - picks) / total
    return (
        log_poisson(k, marked * p)
        + log_poisson(marked - k, marked * q)
        + log_poisson(picks - k, plain * p)
        + log_poisson(plain - picks + k, plain * q)
    )


@compiled
def _log_none(picks: int, marked: int, total: int) -> float:
    """Return the log-probability that none of the picks is marked."""
    plain = total - marked
    if total <= EXACT:
        rest = log_factorial(plain) - log_factorial(plain - picks)
        return rest + log_factorial(total - picks) - log_factorial(total)
    n, r, size = float64(picks), float64(marked), float64(total)
    start = _log_overlap(0.0, n, r, size) + log_poisson(size, size)
    start -= log_poisson(r, r) + log_poisson(size - r, size - r)
    return start - (log_poisson(n, n) + log_poisson(size - n, size - n))


@compiled
def _overlap(picks: int, marked: int, total: int, state: int) -> tuple[int, int]:
    """Return how many of the picks from total are marked, and the state (picks <= marked <= total / 2)."""
    if picks <= _PICKS:
        hits = int64(0)
        for i in range(picks):
            u, state = uniform(state)
            hits += int64(u * (total - i) < marked - hits)
        return hits, state
    n, r, size = float64(picks), float64(marked), float64(total)
    mean = n * (r / size)
    if mean < _MEAN:
        none = math.exp(_log_none(picks, marked, total))
        end = min(picks, _SEARCH_END)
        while True:
            u, state = uniform(state)
            hits, k, mass = int64(0), 0.0, none
            while u > mass:
                hits += 1
                if hits > end:  # only when the masses, rounded, sum to less than u: draw again
                    break
                u -= mass
                mass *= (n - k) * (r - k) / ((k + 1.0) * (size - r - n + k + 1.0))
                k += 1.0
            if hits <= end:
                return hits, state
    variance = mean * (1.0 - r / size) * ((size - n) / (size - 1.0))
    width = _HAT_SLOPE * math.sqrt(variance + 0.5) + _HAT_SHIFT
    top = _log_overlap(math.floor((n + 1.0) * ((r + 1.0) / (size + 2.0))) * 1.0, n, r, size)
    while True:
        x, state = uniform(state)
        y, state = uniform(state)
        k = mean + 0.5 + width * (y - 0.5) / x
        if k < 0.0 or k >= n + 1.0:
            continue
        k = math.floor(k) * 1.0
        ratio = _log_overlap(k, n, r, size) - top
        if x * (4.0 - x) - 3.0 <= ratio:
            break
        if x * (x - ratio) < 1.0 and 2.0 * math.log(x) <= ratio:
            break
    return int64(k), state


@compiled
def hypergeometric(good: int, bad: int, draws: int, state: int) -> tuple[int, int]:
    """Return how many of the draws, without replacement, are good, and the state (HRUA, Stadlober 1990).

    Few draws are picked one by one; a small mean is found by sequential search. draws <= good + bad.
    """
    good, bad, draws = int64(good), int64(bad), int64(draws)
    state = uint64(state)
    total = good + bad
    if draws <= 0 or good <= 0:
        return int64(0), state
    if bad <= 0:
        return min(draws, good), state
    if draws >= total:
        return good, state
    rare = min(good, bad)
    taken = min(draws, total - draws)
    k, state = _overlap(min(rare, taken), max(rare, taken), total, state)
    if taken < draws:
        k = rare - k
    if good > bad:
        k = draws - k
    return k, state


@compiled
def multivariate_hypergeometric(counts: Integers, draws: int, out: Integers, state: int) -> int:
    """Add the draws, taken without replacement from the counts (shape K), to out (shape K); return the state.

    draws <= the sum of counts. Few draws: sorted ranks and one scan; many: conditional hypergeometrics.
    """
    left = int64(draws)
    state = uint64(state)
    if left <= 0:
        return state
    total = int64(0)
    for i in range(len(counts)):
        total += counts[i]
    if left == 1:
        u, state = uniform(state)
        rank = int64(u * total)
        for i in range(len(counts)):
            rank -= counts[i]
            if rank < 0:
                out[i] += 1
                break
        return state
    if left <= min(_RANKS, len(counts)) and left < total:
        ranks = np.empty(left, np.int64)
        for drawn in range(left):
            u, state = uniform(state)
            rank = int64(u * (total - drawn))  # among those not drawn yet; make it a rank among all
            place = 0
            while place < drawn and ranks[place] <= rank:
                rank += 1
                place += 1
            for j in range(drawn, place, -1):
                ranks[j] = ranks[j - 1]
            ranks[place] = rank
        i = 0
        reached = int64(counts[0])
        for j in range(left):
            while ranks[j] >= reached:
                i += 1
                reached += counts[i]
            out[i] += 1
        return state
    for i in range(len(counts)):
        if counts[i] > 0:
            k, state = hypergeometric(counts[i], total - counts[i], left, state)
            out[i] += k
            left -= k
            if left == 0:
                break
            total -= counts[i]
    return state
