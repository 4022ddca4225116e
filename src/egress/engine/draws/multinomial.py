"""Multinomial counts: people spread over classes with given chances.

Sources: Bentley & Saxe 1980, "Generating sorted lists of random numbers".
"""

from egress.engine.compiled import compiled, float64, int64, uint64
from egress.engine.draws.binomial import binomial
from egress.engine.draws.streams import Floats, Integers, uniform

# Below these sizes the simple sampler is the faster one (timed; no effect on the distribution).
_SCANS = 8  # one scan per person up to this n ...
_SHORT = 64  # ... if there are no more classes than this
_SORTED = 4  # sorted uniforms and one scan when there are this many classes per person
_LONE = 6  # spread: one scan per person up to this n
_FEW = 4  # cumulative: one search per person up to this n, or up to the number of classes


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
def _conditional(n: int, reached: Floats, out: Integers, state: int) -> int:
    """Spread n people by running sums of weights, class by class with binomials; return the state."""
    left = n
    before, total = 0.0, reached[len(reached) - 1]
    for k in range(len(reached)):
        if reached[k] > before:
            drawn, state = binomial(left, (reached[k] - before) / (total - before), state)
            out[k] += drawn
            left -= drawn
            if left == 0:
                return state
            before = reached[k]
    return state


@compiled
def spread(n: int, reached: Floats, out: Integers, scratch: Floats, state: int) -> int:
    """Add n people, spread by running sums of weights (shape K), to the counts out (shape K); return the state.

    The last sum is positive; `scratch` [at least 1] decides up to which n people are counted below each sum, all
    at once in the processor's vectors. Few people: a scan for each; many: conditional binomials.
    """
    left = int64(n)
    state = uint64(state)
    classes = len(reached)
    total = reached[classes - 1]
    if left <= _LONE:
        for _ in range(left):
            u, state = uniform(state)
            u *= total
            i = 0
            while u >= reached[i]:  # ends at the last class: u < total
                i += 1
            out[i] += 1
        return state
    if left <= len(scratch):
        for i in range(left):
            u, state = uniform(state)
            scratch[i] = u * total
        below = int64(0)
        for k in range(classes):
            limit = reached[k]
            under = int64(0)
            for i in range(left):
                under += int64(scratch[i] < limit)
            out[k] += under - below
            below = under
            if below == left:
                return state
        return state
    return _conditional(left, reached, out, state)


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
    return _conditional(left, cdf, out, state)
