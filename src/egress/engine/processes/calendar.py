"""When people arrive: a ring by step of arrival, and how many come in each part of a step.

    arrival = start + T,  T log-normal, cut at 0.1 %, read off 1,024 quantiles;  start: when people acted (`acted_by`)
    P(arrive by t) = Σ_q f_q (A(t − (q − 1)h) − A(t − q h)) / h,   A(t) = ∫₀ᵗ P(T ≤ u) du,   parts q of h hours

Few people are drawn one by one, from the quantiles of T; many by the slots of the ring.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import float64, inlined, int64, lean
from egress.engine.draws import multinomial_cdf, uniform
from egress.engine.members import Members
from egress.engine.state import TAIL, Float32s
from egress.engine.world import Floats, Ints

QUANTILE_BITS = 10
QUANTILES = 1 << QUANTILE_BITS  # of travel time; between two of them it is read off a straight line
FINE_BITS = 21  # a uniform has 52 random bits: 10 for the quantile, 21 for the start in the step, 21 between quantiles
FINE = 1 << FINE_BITS
BITS = float(1 << (QUANTILE_BITS + 2 * FINE_BITS))
MANY = 400  # up to so many people set out one by one: quicker than a draw per slot
EVEN = 0.01  # of those who act: a course nearer than this to an even one is taken as even


def pace(spread: Floats) -> Floats:
    """Return [M, QUANTILES + 1] quantiles of travel time in units of the median; spread [M] factor of one sd."""
    from scipy.special import ndtri

    with np.errstate(divide="ignore"):
        z = np.clip(ndtri(np.arange(QUANTILES + 1) / QUANTILES), -TAIL, TAIL)
    return np.asarray(np.exp(np.log(np.maximum(spread, 1.0 + 1e-9))[:, None] * z))


def quantiles(members: Members) -> Floats:
    """Return [M, QUANTILES + 1] quantiles of travel time in units of its median; kept."""
    if "pace" not in members._kept:
        members._kept["pace"] = pace(members["travel_spread"])
    return np.asarray(members._kept["pace"])


class Calendar(NamedTuple):
    """Scratch of the draws of many people: a ring of R slots, each of some parts."""

    cdf: Floats
    """[R · parts] chance to arrive by the end of each part."""
    area: Floats
    """[R · parts + 1]"""
    by_slot: Floats
    """[R] chance to arrive by the end of each slot."""
    counts: Ints
    """[R]"""


def calendar(slots: int, parts: int) -> Calendar:
    """Return scratch for rings of up to so many slots."""
    cells = slots * parts
    return Calendar(np.zeros(cells), np.zeros(cells + 1), np.zeros(slots), np.zeros(slots, dtype=np.int64))


@lean
def arrived_area(hours: float, pace: Floats, length: float, area: Floats) -> int:
    """Write A(t) = ∫₀ᵗ P(T ≤ u) du at each end of a part, t = 0, length, 2 length …; return how many are still 0.

    Between two quantiles of `pace` P is a straight line and A a parabola; before the first of them A is 0, after the
    last it rises by t.
    """
    share = 1.0 / (pace.shape[0] - 1)
    first: int = min(int(hours * pace[0] / length) + 1, area.shape[0])
    area[:first] = 0.0
    knot, reached, start, end = 0, 0.0, hours * pace[0], hours * pace[1]
    for i in range(first, area.shape[0]):
        t = i * length
        while t > end and knot < pace.shape[0] - 2:
            reached += (knot + 0.5) * share * (end - start)
            knot += 1
            start, end = end, hours * pace[knot + 1]
        if t > end:
            area[i] = reached + (knot + 0.5) * share * (end - start) + t - end
        else:
            within = t - start
            area[i] = reached + share * within * (knot + 0.5 * within / max(end - start, 1e-300))
    return first


@lean
def arrivals(
    hours: float, pace: Floats, acted_by: Floats, even: bool, delta: float, parts: int, area: Floats, cdf: Floats
) -> int:
    """Write to cdf [R · parts] the chance to arrive by the end of each part of each step; return where it reaches 1.

    Who would come after the ring ends comes in its last part; area [R · parts + 1] is scratch, pace [QUANTILES + 1].
    """
    length = delta / parts
    cells = cdf.shape[0]
    first = arrived_area(hours, pace, length, area) - 1
    last: int = min(cells - 1, int(hours * pace[pace.shape[0] - 1] / length) + parts)
    cdf[:first] = 0.0
    cdf[last:] = 1.0
    for i in range(first, last):
        before = reached = 0.0
        if even:
            reached = (area[i + 1] - area[max(i + 1 - parts, 0)]) / delta
        else:
            for q in range(min(parts, i + 1)):
                reached += (acted_by[q] - before) / length * (area[i + 1 - q] - area[i - q])
                before = acted_by[q]
        cdf[i] = min(reached, 1.0)
    return last


@lean
def is_even(acted_by: Floats) -> bool:
    """Return whether people act evenly over the step, to within EVEN of them."""
    parts = acted_by.shape[0]
    most = 0.0
    for q in range(parts):
        most = max(most, abs(acted_by[q] - (q + 1.0) / parts))
    return most <= EVEN


@inlined
def part_of_step(share: float, acted_by: Floats) -> float:
    """Return the share of a step by which a `share` of those who act in it have acted."""
    parts = acted_by.shape[0]
    q = 0
    for earlier in range(parts - 1):  # not until the right one is found: which it is nobody can guess
        q += int(acted_by[earlier] < share)
    before = acted_by[q - 1] if q > 0 else 0.0
    within = (share - before) / max(acted_by[q] - before, 1e-300)
    return float((q + min(max(within, 0.0), 1.0)) / parts)


@inlined
def on_the_way(
    n: int, hours: float, pace: Floats, acted_by: Floats, even: bool, now: int, delta: float, ring: Ints, c: int,
    by_part: Float32s, calendar: Calendar, state: int,
) -> int:  # fmt: skip
    """Put `n` people of a class on a ring [R, C] by step of arrival, and count them in its parts [R, parts].

    `now` is the slot of this step, pace [QUANTILES + 1].
    """
    if n > MANY:
        return many_on_the_way(n, hours, pace, acted_by, even, now, delta, ring, c, by_part, calendar, state)
    slots, parts = by_part.shape
    steps = hours / delta
    for _ in range(n):
        u, state = uniform(state)
        bits = int64(u * BITS)
        i = bits >> (2 * FINE_BITS)
        begin = (float64((bits >> FINE_BITS) & (FINE - 1)) + 0.5) * (1.0 / FINE)
        if not even:
            begin = part_of_step(begin, acted_by)
        rest = (float64(bits & (FINE - 1)) + 0.5) * (1.0 / FINE)
        t = begin + steps * (pace[i] + (pace[i + 1] - pace[i]) * rest)
        j = min(int64(t), slots - 1)
        slot = now + j if now + j < slots else now + j - slots
        ring[slot, c] += 1
        by_part[slot, min(int64((t - j) * parts), parts - 1)] += 1.0
    return state


@lean
def many_on_the_way(
    n: int, hours: float, pace: Floats, acted_by: Floats, even: bool, now: int, delta: float, ring: Ints, c: int,
    by_part: Float32s, calendar: Calendar, state: int,
) -> int:  # fmt: skip
    """Do the same for many people: a draw for each slot of the ring; of the parts of each they get their share."""
    slots, parts = by_part.shape
    cdf, by_slot, counts = calendar.cdf, calendar.by_slot, calendar.counts
    last = arrivals(hours, pace, acted_by, even, delta, parts, calendar.area[: slots * parts + 1], cdf[: slots * parts])
    filled = last // parts + 1
    for j in range(filled):
        by_slot[j] = cdf[(j + 1) * parts - 1]
        counts[j] = 0
    state = multinomial_cdf(n, by_slot[:filled], counts[:filled], state)
    for j in range(filled):
        if counts[j] == 0:
            continue
        slot = now + j if now + j < slots else now + j - slots
        ring[slot, c] += counts[j]
        before = cdf[j * parts - 1] if j > 0 else 0.0
        each = counts[j] / (by_slot[j] - before)
        for q in range(parts):
            by_part[slot, q] += each * (cdf[j * parts + q] - before)
            before = cdf[j * parts + q]
    return state
