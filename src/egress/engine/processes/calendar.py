"""When people arrive: a ring by step of arrival, and how many come in each part of a step.

    arrival = start + T,  T log-normal, cut at 0.1 %, read off 1,024 quantiles;  start: when people acted (`acted_by`)
    P(arrive by t) = Σ_q f_q (A(t − (q − 1)h) − A(t − q h)) / h,   A(t) = ∫₀ᵗ P(T ≤ u) du,   parts q of h hours

Few people are drawn one by one, from the quantiles of T; more by the slots of the ring.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import float64, inlined, int64, lean
from egress.engine.draws import spread, uniform
from egress.engine.members import Members
from egress.engine.state import TAIL, Float32s
from egress.engine.world import Floats, Ints

QUANTILE_BITS = 10
QUANTILES = 1 << QUANTILE_BITS  # of travel time; between two of them it is read off a straight line
FINE_BITS = 21  # a uniform has 52 random bits: 10 for the quantile, 21 for the start in the step, 21 between quantiles
FINE = 1 << FINE_BITS
BITS = float(1 << (QUANTILE_BITS + 2 * FINE_BITS))
GRID = 1024  # even steps of travel time at which its area is known; between two of them it is read off a straight line
MANY = 24  # up to so many people set out one by one: quicker than a look at the slots
SOME = 256  # up to so many are counted below each running sum; more by conditional binomials
EVEN = 0.01  # of those who act: a course nearer than this to an even one is taken as even


class Pace(NamedTuple):
    """Travel time T in units of its median, by member."""

    quantiles: Floats
    """[M, QUANTILES + 1]"""
    area: Floats
    """[M, GRID + 1] ∫ P(T ≤ u) du up to evenly spaced times, from the first quantile to the last."""


def pace(spread: Floats) -> Pace:
    """Return the travel times of members; spread [M] factor of one sd."""
    from scipy.special import ndtri

    with np.errstate(divide="ignore"):
        z = np.clip(ndtri(np.arange(QUANTILES + 1) / QUANTILES), -TAIL, TAIL)
    quantiles = np.asarray(np.exp(np.log(np.maximum(spread, 1.0 + 1e-9))[:, None] * z))
    area = np.empty((len(quantiles), GRID + 1))
    for out, knots in zip(area, quantiles, strict=True):  # P is a straight line between two quantiles, A a parabola
        widths = np.diff(knots)
        reached = np.concatenate([[0.0], np.cumsum((np.arange(QUANTILES) + 0.5) / QUANTILES * widths)])
        times = np.linspace(knots[0], knots[-1], GRID + 1)
        i = np.clip(np.searchsorted(knots, times, "right") - 1, 0, QUANTILES - 1)
        within = times - knots[i]
        out[:] = reached[i] + within / QUANTILES * (i + 0.5 * within / np.maximum(widths[i], 1e-300))
    return Pace(quantiles, area)


def kept_pace(members: Members) -> Pace:
    """Return the travel times of members; kept."""
    return members.kept("pace", lambda these: pace(these["travel_spread"]))


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
    drawn: Floats
    """[SOME] scratch of `spread`."""
    held: Floats
    """Member, hours and parts of the ring whose area is held, and whether its cdf is that of an even course."""
    reach: Ints
    """First and last part in which anybody arrives."""


def calendar(slots: int, parts: int) -> Calendar:
    """Return scratch for rings of up to so many slots."""
    cells = slots * parts
    return Calendar(
        np.zeros(cells), np.zeros(cells + 1), np.zeros(slots), np.zeros(slots, dtype=np.int64), np.zeros(SOME),
        np.full(4, -1.0), np.zeros(2, dtype=np.int64),
    )  # fmt: skip


@lean
def arrived_area(m: int, hours: float, pace: Pace, length: float, area: Floats) -> int:
    """Write A(t) = ∫₀ᵗ P(T ≤ u) du at each end of a part, t = 0, length, 2 length …; return how many are still 0.

    Before the first quantile of T A is 0, after the last it rises by t.
    """
    known = pace.area[m]
    start, end = pace.quantiles[m, 0], pace.quantiles[m, QUANTILES]
    ends = area.shape[0]
    first: int = min(int(hours * start / length) + 1, ends)
    last: int = min(int(hours * end / length), ends - 1)
    fine = GRID / max(end - start, 1e-300)
    step, begin = length / hours * fine, start * fine
    area[:first] = 0.0
    within = area[first : last + 1]
    for i in range(len(within)):
        place = (first + i) * step - begin
        j = min(max(int64(place), 0), GRID - 1)
        within[i] = hours * (known[j] + (place - j) * (known[j + 1] - known[j]))
    for i in range(max(first, last + 1), ends):
        area[i] = hours * (known[GRID] - end) + i * length
    return first


@lean
def arrivals(
    m: int, hours: float, pace: Pace, acted_by: Floats, even: bool, delta: float, cells: int, parts: int,
    calendar: Calendar,
) -> None:  # fmt: skip
    """Write to the cdf the chance to arrive by the end of each part of each step, for a ring of `cells` R · parts.

    `reach` gains the first and the last part in which anybody arrives. Who would come after the ring ends comes in its
    last part. What is held from the last call is not made again.
    """
    length = delta / parts
    cdf, area, held, reach = calendar.cdf, calendar.area, calendar.held, calendar.reach
    same = held[0] == m and held[1] == hours and held[2] == cells
    if same and even and held[3] == 1.0:
        return
    if not same:
        reach[1] = min(cells - 1, int(hours * pace.quantiles[m, QUANTILES] / length) + parts)
        reach[0] = min(arrived_area(m, hours, pace, length, area[: reach[1] + 1]), reach[1]) - 1
    held[0], held[1], held[2], held[3] = m, hours, cells, float64(even)
    first, last = reach
    cdf[:last] = 0.0
    cdf[last:cells] = 1.0
    if even:
        for i in range(first, last):
            cdf[i] = min((area[i + 1] - area[max(i + 1 - parts, 0)]) / delta, 1.0)
        return
    before = 0.0
    for q in range(parts):
        here = (acted_by[q] - before) / length
        before = acted_by[q]
        for i in range(max(first, q), last):
            cdf[i] = min(cdf[i] + here * (area[i + 1 - q] - area[i - q]), 1.0)


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
    m: int, n: int, hours: float, pace: Pace, acted_by: Floats, even: bool, now: int, delta: float, ring: Ints,
    c: int, by_part: Float32s, calendar: Calendar, state: int,
) -> int:  # fmt: skip
    """Put `n` people of a class on a ring [R, C] by step of arrival, and count them in its parts [R, parts].

    `now` is the slot of this step; the calendar is made for this ring.
    """
    if n > MANY:
        return many_on_the_way(m, n, hours, pace, acted_by, even, now, delta, ring, c, by_part, calendar, state)
    slots, parts = by_part.shape
    steps = hours / delta
    quantiles, drawn = pace.quantiles[m], calendar.drawn
    for p in range(n):
        u, state = uniform(state)
        bits = int64(u * BITS)
        i = bits >> (2 * FINE_BITS)
        begin = (float64((bits >> FINE_BITS) & (FINE - 1)) + 0.5) * (1.0 / FINE)
        if not even:
            begin = part_of_step(begin, acted_by)
        rest = (float64(bits & (FINE - 1)) + 0.5) * (1.0 / FINE)
        drawn[p] = begin + steps * (quantiles[i] + (quantiles[i + 1] - quantiles[i]) * rest)
    for p in range(n):
        t = drawn[p]
        j = min(int64(t), slots - 1)
        slot = now + j if now + j < slots else now + j - slots
        ring[slot, c] += 1
        by_part[slot, min(int64((t - j) * parts), parts - 1)] += 1.0
    return state


@lean
def many_on_the_way(
    m: int, n: int, hours: float, pace: Pace, acted_by: Floats, even: bool, now: int, delta: float, ring: Ints,
    c: int, by_part: Float32s, calendar: Calendar, state: int,
) -> int:  # fmt: skip
    """Do the same for many people: a draw for each slot of the ring; of the parts of each they get their share."""
    slots, parts = by_part.shape
    arrivals(m, hours, pace, acted_by, even, delta, slots * parts, parts, calendar)
    cdf, by_slot, counts = calendar.cdf, calendar.by_slot, calendar.counts
    first, end = calendar.reach[0] // parts, calendar.reach[1] // parts + 1
    for j in range(first, end):
        by_slot[j] = cdf[(j + 1) * parts - 1]
        counts[j] = 0
    state = spread(n, by_slot[first:end], counts[first:end], calendar.drawn, state)
    for j in range(first, end):
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
