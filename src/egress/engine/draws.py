"""Keyed random draws: exact integer samplers, compiled.

Every draw has a *key*: the seed of the run and the numbers of the member, the step, the cell and the
purpose ("who leaves", "which road"). The key goes through Philox4x32-10, a counter-based generator; its
output starts a short private stream (SplitMix64) that the samplers use up. A draw is therefore a pure
function of its key. Nothing is shared and nothing is advanced between cells, so the result is the same
for any number of threads, any division into chunks, any order of the work, and for a run that is stopped
and resumed at any step; and a change in one process does not disturb the draws of another.

How to use it inside a kernel::

    state = key(seed, member, step, cell, LEAVE)
    leavers, state = binomial(people, chance, state)

The state is one unsigned 64-bit number: it is passed in and the new one is returned. Two draws under the
same key must follow each other with the returned state; the state that came in is used up. Called from
Python, and not from a kernel, a state or a seed that may be 2**63 or more must be wrapped as
`np.uint64(...)`: Numba takes a plain int for an int64.

The samplers are exact up to the rounding of float64 (uniforms have 52 random bits): there is no normal
approximation, and no sampler has an upper limit below 2**40 people. They do not check their arguments,
because they run in the innermost loops. A probability that is not a number counts as zero.

Sources: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox);
Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64);
Hörmann 1993, "The generation of binomial random variates" (BTRS) and "The transformed rejection method
for generating Poisson random variables" (PTRS); Stadlober 1990, "The ratio of uniforms approach for
generating discrete random variates" (HRUA); Marsaglia & Tsang 2000, "A simple method for generating gamma
variables"; Bentley & Saxe 1980, "Generating sorted lists of random numbers"; Loader 2000, "Fast and
accurate computation of binomial probabilities" (the form of the log-probabilities).
"""

import math
import zlib
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled, float64, int64, uint64

Integers: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[Any]


def _word(value: int) -> int:
    """Return the constant as an unsigned 64-bit number (int64 mixed with uint64 would become float64)."""
    return cast(int, uint64(value))


_LOW = _word(0xFFFFFFFF)
_32 = _word(32)

# Philox4x32: multipliers and increments of the key (Salmon et al. 2011)
_PHILOX_M0 = _word(0xD2511F53)
_PHILOX_M1 = _word(0xCD9E8D57)
_PHILOX_W0 = _word(0x9E3779B9)
_PHILOX_W1 = _word(0xBB67AE85)
_PHILOX_ROUNDS = 10

# SplitMix64: increment, shifts and multipliers (Steele et al. 2014; variant 13 of the mixer)
_SPLITMIX_STEP = _word(0x9E3779B97F4A7C15)
_SPLITMIX_M1 = _word(0xBF58476D1CE4E5B9)
_SPLITMIX_M2 = _word(0x94D049BB133111EB)
_30 = _word(30)
_27 = _word(27)
_31 = _word(31)
_12 = _word(12)
_UNIT = 2.0**-52

_TAU = 2.0 * math.pi

# Below these sizes the simple sampler is the faster one (timed; no effect on the distribution).
_TRIALS = 16  # binomial: sum of single trials up to this n
_MEAN = 10.0  # binomial, Poisson, hypergeometric: sequential search below this mean
_SEARCH_END = 200  # a search with a mean below 10 gets here with a chance of 1e-180: only by rounding
_PICKS = 48  # hypergeometric: pick one by one up to this number of draws
_SCANS = 8  # multinomial: one scan per person up to this n ...
_SHORT = 64  # ... if there are no more classes than this
_SORTED = 4  # multinomial: sorted uniforms and one scan when there are this many classes per person
_FEW = 4  # multinomial_cdf: one search per person up to this n, or up to the number of classes
_RANKS = 200  # multivariate hypergeometric: sorted ranks and one scan up to this number of draws

# Ratio of uniforms for discrete distributions (Stadlober 1990): width of the hat
_HAT_SLOPE = 2.0 * math.sqrt(2.0 / math.e)
_HAT_SHIFT = 3.0 - 2.0 * math.sqrt(3.0 / math.e)

# log(k!) minus Stirling's formula, for k = 0 to 15 (the first is never read)
_STIRLING = np.array(
    [0.0] + [math.lgamma(k + 1.0) - ((k + 0.5) * math.log(k) - k + 0.5 * math.log(2.0 * math.pi)) for k in range(1, 16)]
)


# Keys and uniforms


def purpose(name: str) -> int:
    """Return the stable 32-bit number of a named draw: the CRC-32 of the name in UTF-8."""
    return zlib.crc32(name.encode())


@compiled
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Return the four 32-bit words of the Philox4x32-10 block of a counter and a key (Salmon et al. 2011)."""
    x0, x1 = uint64(c0) & _LOW, uint64(c1) & _LOW
    x2, x3 = uint64(c2) & _LOW, uint64(c3) & _LOW
    y0, y1 = uint64(k0) & _LOW, uint64(k1) & _LOW
    for _ in range(_PHILOX_ROUNDS):
        a, b = _PHILOX_M0 * x0, _PHILOX_M1 * x2
        x0, x1, x2, x3 = (b >> _32) ^ x1 ^ y0, b & _LOW, (a >> _32) ^ x3 ^ y1, a & _LOW
        y0, y1 = (y0 + _PHILOX_W0) & _LOW, (y1 + _PHILOX_W1) & _LOW
    return x0, x1, x2, x3


@compiled
def key(seed: int, member: int, step: int, cell: int, purpose: int) -> int:
    """Return the state of the stream of one key: seed modulo 2**64, the other numbers modulo 2**32."""
    word = uint64(seed)
    x0, x1, _, _ = philox(member, step, cell, purpose, word & _LOW, word >> _32)
    return (x1 << _32) | x0


@compiled
def uniform(state: int) -> tuple[float, int]:
    """Return a uniform number in the open interval (0, 1), and the state (SplitMix64, Steele et al. 2014)."""
    after = uint64(state) + _SPLITMIX_STEP
    z = (after ^ (after >> _30)) * _SPLITMIX_M1
    z = (z ^ (z >> _27)) * _SPLITMIX_M2
    z = z ^ (z >> _31)
    return (float64(int64(z >> _12)) + 0.5) * _UNIT, after


def uniforms(seed: int, members: Integers, step: int, cell: int, purpose: int) -> npt.NDArray[np.float64]:
    """Return the first uniform number of each member's key (shape of members), the same bits as `uniform`."""
    shape = np.shape(members)
    x0 = np.atleast_1d(np.asarray(members)).astype(np.uint64) & _LOW
    x1, x2, x3 = (np.full_like(x0, int(word) & 0xFFFFFFFF) for word in (step, cell, purpose))
    y0, y1 = int(seed) & 0xFFFFFFFF, (int(seed) >> 32) & 0xFFFFFFFF
    for _ in range(_PHILOX_ROUNDS):
        a, b = x0 * _PHILOX_M0, x2 * _PHILOX_M1
        x0, x1, x2, x3 = (b >> _32) ^ x1 ^ _word(y0), b & _LOW, (a >> _32) ^ x3 ^ _word(y1), a & _LOW
        y0, y1 = (y0 + int(_PHILOX_W0)) & 0xFFFFFFFF, (y1 + int(_PHILOX_W1)) & 0xFFFFFFFF
    z = ((x1 << _32) | x0) + _SPLITMIX_STEP
    z = (z ^ (z >> _30)) * _SPLITMIX_M1
    z = (z ^ (z >> _27)) * _SPLITMIX_M2
    z = z ^ (z >> _31)
    return (((z >> _12).astype(np.float64) + 0.5) * _UNIT).reshape(shape)


# Continuous draws


@compiled
def normal(state: int) -> tuple[float, int]:
    """Return a standard normal number, and the state (Box & Muller 1958, the cosine half)."""
    u, state = uniform(state)
    v, state = uniform(state)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(_TAU * v), state


@compiled
def gamma(shape: float, state: int) -> tuple[float, int]:
    """Return a gamma number of the given shape > 0 and scale 1, and the state (Marsaglia & Tsang 2000)."""
    boost = 1.0
    if shape < 1.0:
        u, state = uniform(state)
        boost = u ** (1.0 / shape)
        d = shape + 1.0 - 1.0 / 3.0
    else:
        d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x, state = normal(state)
        u, state = uniform(state)
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        if math.log(u) <= 0.5 * x * x + d * (1.0 - v + math.log(v)):
            return d * v * boost, state


# Counts


@compiled
def _log_poisson(k: float, mean: float) -> float:
    """Return the log-probability of the count k under a Poisson distribution, for any k (Loader 2000)."""
    if k <= 0.0:
        return -mean
    if k < 16.0:
        rest = _STIRLING[int64(k)]
    else:
        w = 1.0 / (k * k)
        rest = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / k
    away = k - mean
    return away - k * math.log1p(away / mean) - rest - 0.5 * math.log(_TAU * k)  # type: ignore[no-any-return]


@compiled
def _binomial_search(n: int, p: float, state: int) -> tuple[int, int]:
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
def _binomial_rejection(n: int, p: float, state: int) -> tuple[int, int]:
    """Return a binomial count by BTRS, and the state (Hörmann 1993; for n p >= 10 and p <= 0.5)."""
    size = float64(n)
    mean, others = size * p, size * (1.0 - p)
    deviation = math.sqrt(mean * (1.0 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    inside = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
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
        mode = math.floor((size + 1.0) * p) * 1.0
        ratio = _log_poisson(k, mean) + _log_poisson(size - k, others)
        ratio -= _log_poisson(mode, mean) + _log_poisson(size - mode, others)
        if math.log(v * alpha / (a / (edge * edge) + b)) <= ratio:
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
        k = int64(0)
        for _ in range(n):
            u, state = uniform(state)
            k += int64(u < rare)
    elif n * rare < _MEAN:
        k, state = _binomial_search(n, rare, state)
    else:
        k, state = _binomial_rejection(n, rare, state)
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
        if math.log(v * alpha / (a / (edge * edge) + b)) <= _log_poisson(k, mean):
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


@compiled
def _log_overlap(k: float, picks: float, marked: float, total: float) -> float:
    """Return the log-probability, up to a constant, that k of the picks are marked (Loader 2000)."""
    p = picks / total
    q = (total - picks) / total
    plain = total - marked
    return (
        _log_poisson(k, marked * p)
        + _log_poisson(marked - k, marked * q)
        + _log_poisson(picks - k, plain * p)
        + _log_poisson(plain - picks + k, plain * q)
    )


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
        start = _log_overlap(0.0, n, r, size) + _log_poisson(size, size)
        start -= _log_poisson(r, r) + _log_poisson(size - r, size - r)
        start -= _log_poisson(n, n) + _log_poisson(size - n, size - n)
        none = math.exp(start)
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


# Counts in several classes


@compiled
def _last_positive(probabilities: Floats) -> int:
    """Return the last index with a positive value (0 if there is none)."""
    for i in range(len(probabilities) - 1, 0, -1):
        if probabilities[i] > 0.0:
            return i
    return 0


@compiled
def multinomial(n: int, probabilities: Floats, out: Integers, state: int) -> int:
    """Add n people, spread by the probabilities (shape K), to the counts out (shape K); return the state.

    The probabilities sum to 1 (their rounded sum is used) and one at least is positive; the last positive
    class takes the rest. Few people: a scan for each, or one scan with sorted uniforms (Bentley & Saxe 1980);
    many: conditional binomials.
    """
    left = int64(n)
    state = uint64(state)
    if left <= 0:
        return state
    classes = len(probabilities)
    total = 0.0
    for i in range(classes):
        total += probabilities[i]
    if left == 1 or (left <= _SCANS and classes <= _SHORT):
        for _ in range(left):
            u, state = uniform(state)
            u *= total
            reached = 0.0
            for i in range(classes):
                reached += probabilities[i]
                if u < reached:  # always at the last positive class: the sum is the same as the total
                    out[i] += 1
                    break
        return state
    last = _last_positive(probabilities)
    if left * _SORTED <= classes:
        i, reached, above = 0, float64(probabilities[0]), 1.0
        while left > 0:
            u, state = uniform(state)
            above *= u ** (1.0 / left)  # 1 - above is the smallest of the uniforms that are left
            u = (1.0 - above) * total
            while u >= reached and i < last:
                i += 1
                reached += probabilities[i]
            out[i] += 1
            left -= 1
        return state
    for i in range(last):
        if probabilities[i] > 0.0:
            k, state = binomial(left, probabilities[i] / total, state)
            out[i] += k
            left -= k
            if left == 0:
                return state
            total -= probabilities[i]
    out[last] += left
    return state


@compiled
def multinomial_cdf(n: int, cdf: Floats, out: Integers, state: int) -> int:
    """Add n people, spread by cumulative probabilities (shape K, last 1), to out (shape K); return the state.

    Few people: a binary search for each; many: conditional binomials.
    """
    left = int64(n)
    state = uint64(state)
    if left <= 0:
        return state
    classes = len(cdf)
    total = cdf[classes - 1]
    if left <= max(_FEW, classes):
        for _ in range(left):
            u, state = uniform(state)
            u *= total
            low, high = 0, classes - 1
            while low < high:
                middle = (low + high) >> 1
                if u < cdf[middle]:
                    high = middle
                else:
                    low = middle + 1
            out[low] += 1
        return state
    before = 0.0
    for i in range(classes):
        if cdf[i] > before:
            k, state = binomial(left, (cdf[i] - before) / (total - before), state)
            out[i] += k
            left -= k
            if left == 0:
                return state
            before = cdf[i]
    return state


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


@compiled
def alias_table(weights: Floats, accept: Floats, other: Integers, queue: Integers) -> None:
    """Write the alias table of `weights` [K] (not all 0) for `alias`; `queue` [K] is scratch (Vose 1991)."""
    n = weights.shape[0]
    total = 0.0
    for i in range(n):
        total += weights[i]
    scale = n / total
    small, large = 0, n
    for i in range(n):
        accept[i] = weights[i] * scale
        other[i] = i
        if accept[i] < 1.0:
            queue[small] = i
            small += 1
        else:
            large -= 1
            queue[large] = i
    first = 0
    while first < small and large < n:
        poor, rich = queue[first], queue[large]
        first += 1
        other[poor] = rich
        accept[rich] -= 1.0 - accept[poor]
        if accept[rich] < 1.0:
            large += 1
            queue[small] = rich  # small never passes large: one slot was freed
            small += 1
    while large < n:
        accept[queue[large]] = 1.0
        large += 1
    while first < small:  # left over by rounding
        accept[queue[first]] = 1.0
        first += 1


@compiled
def alias(accept: Floats, other: Integers, state: int) -> tuple[int, int]:
    """Return one of K classes drawn from an alias table, and the state."""
    u, state = uniform(state)
    u *= accept.shape[0]
    i = int(u)
    if u - i >= accept[i]:
        return other[i], state
    return i, state
