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

from egress.engine.draws.binomial import binomial, negative_binomial, poisson
from egress.engine.draws.hypergeometric import hypergeometric, multivariate_hypergeometric
from egress.engine.draws.multinomial import multinomial, multinomial_cdf, spread
from egress.engine.draws.streams import gamma, key, keys, normal, philox, purpose, uniform, uniforms

__all__ = [
    "binomial", "gamma", "hypergeometric", "key", "keys", "multinomial", "multinomial_cdf",
    "multivariate_hypergeometric", "negative_binomial", "normal", "philox", "poisson", "purpose", "spread", "uniform",
    "uniforms",
]  # fmt: skip
