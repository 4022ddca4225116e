"""The queue of a lane: cohorts of those who arrived together, served first in, first out.

    served = min(waiting, μ · factor · open hours), arrivals and service linear within a step
    give up: c_r · exp(−elapsed/24 h) per hour

The wait of a person is the horizontal distance between the cumulative curves of arrival and of service. Its
sum over all people, those still waiting included, equals the time integral of the queue, which is
accumulated apart (`integral`); `engine/conserve.py` compares the two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import inlined, lean
from egress.engine.draws import binomial
from egress.engine.processes.leave import leave
from egress.engine.world import Floats, Ints

SAME = 0.5  # persons served: below it a step in which people come unevenly counts as even
ROUNDING = 1e-9  # persons; a whole person may come out as 6.9999999999


class Queues(NamedTuple):
    """What the state knows of lanes; see `State`."""

    queue: Ints
    cohort_from: Floats
    cohort_to: Floats
    oldest: Ints
    newest: Ints
    service: Floats
    credit: Floats
    queue_integral: Floats
    wait_sum: Floats


@inlined
def waiting(queues: Queues, m: int, lane: int) -> int:
    """Return how many wait in a lane."""
    people = 0
    for number in range(queues.oldest[m, lane], queues.newest[m, lane]):
        slot = number % queues.queue.shape[2]
        for c in range(queues.queue.shape[3]):
            people += queues.queue[m, lane, slot, c]
    return people


@inlined
def all_of(people: Ints) -> int:
    """Return the sum of people by class."""
    total = 0
    for c in range(people.shape[0]):
        total += people[c]
    return total


@inlined
def join(queues: Queues, m: int, lane: int, begin: float, until: float, people: Ints) -> None:
    """Add a cohort that arrives evenly from `begin` to `until`; the two oldest are merged where the ring is full."""
    queue, start, end = queues.queue, queues.cohort_from, queues.cohort_to
    oldest, newest = queues.oldest[m, lane], queues.newest[m, lane]
    cohorts = queue.shape[2]
    if newest - oldest == cohorts:
        first, second = oldest % cohorts, (oldest + 1) % cohorts
        one, two = all_of(queue[m, lane, first]), all_of(queue[m, lane, second])
        middle = (
            one * (start[m, lane, first] + end[m, lane, first]) + two * (start[m, lane, second] + end[m, lane, second])
        ) / (2.0 * max(one + two, 1))
        for c in range(queue.shape[3]):
            queue[m, lane, second, c] += queue[m, lane, first, c]
            queue[m, lane, first, c] = 0
        start[m, lane, second] = start[m, lane, first]
        end[m, lane, second] = 2.0 * middle - start[m, lane, first]
        queues.oldest[m, lane] += 1
    slot = newest % cohorts
    for c in range(queue.shape[3]):
        queue[m, lane, slot, c] += people[c]
    start[m, lane, slot] = begin
    end[m, lane, slot] = until
    queues.newest[m, lane] += 1


@inlined
def give_up(
    queues: Queues, m: int, lane: int, begin: float, delta: float, rate: float, memory: float, out: Ints,
    ignored: Ints, state: int,
) -> int:  # fmt: skip
    """Draw who gives up among those waiting at the begin of a step, add them to `out` [C + 1], count their waits.

    They came, and will be served, in the middle of a step on average: so the risk is that of the hours from the
    middle of the last step to the middle of this one.
    """
    queue, start, end = queues.queue, queues.cohort_from, queues.cohort_to
    for number in range(queues.oldest[m, lane], queues.newest[m, lane]):
        slot = number % queue.shape[2]
        people = all_of(queue[m, lane, slot])
        if people == 0 or start[m, lane, slot] >= begin:
            continue
        arrival = (start[m, lane, slot] + end[m, lane, slot]) / 2.0
        elapsed = max(begin - arrival, 0.0)
        first = max(elapsed - delta / 2.0, 0.0)
        risk = rate * memory * (np.exp(-first / memory) - np.exp(-(elapsed + delta / 2.0) / memory))
        n, state = binomial(people, -np.expm1(-risk), state)
        if n > 0:
            state = leave(queue[m, lane, slot], n, out, ignored, state)
            queues.wait_sum[m, lane] += n * (begin + delta / 2.0 - arrival)
    return state


@inlined
def serve(
    queues: Queues, m: int, lane: int, begin: float, delta: float, served: int, out: Ints, ignored: Ints, state: int
) -> int:
    """Serve `served` people, the first come first: add them to `out` [C + 1], count their waits; return the state."""
    queue, start, end = queues.queue, queues.cohort_from, queues.cohort_to
    done = 0
    while done < served:
        slot = queues.oldest[m, lane] % queue.shape[2]
        people = all_of(queue[m, lane, slot])
        n = min(people, served - done)
        if n > 0:
            until = start[m, lane, slot] + (end[m, lane, slot] - start[m, lane, slot]) * n / people
            service = begin + delta * (done + n / 2.0) / served
            queues.wait_sum[m, lane] += n * (service - (start[m, lane, slot] + until) / 2.0)
            state = leave(queue[m, lane, slot], n, out, ignored, state)
            start[m, lane, slot] = until
            done += n
        if n == people:
            queues.oldest[m, lane] += 1
    return state


@lean
def work(
    queues: Queues, m: int, lane: int, begin: float, length: float, rate: float, before: int, joining: Ints,
    out: Ints, ignored: Ints, state: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Let people join and be served evenly over `length` hours; return (still waiting, served, state)."""
    people = before + all_of(joining)
    could = queues.credit[m, lane] + rate * length
    whole = int(could + ROUNDING)
    served = min(whole, people)
    queues.credit[m, lane] = max(could - whole, 0.0) if served == whole else 0.0
    if before == 0 and served == people:  # nobody waits: all pass as they come
        for c in range(joining.shape[0]):
            out[c] += joining[c]
        return 0, served, state
    if people > before:
        join(queues, m, lane, begin, begin + length, joining)
    if served > 0:
        state = serve(queues, m, lane, begin, length, served, out, ignored, state)
    queues.queue_integral[m, lane] += length * (before + people - served) / 2.0
    return people - served, served, state


@inlined
def fluid(before: float, surge: float, ordinary: float, by_part: Floats, could: float) -> float:
    """Return how many would be served in a step in the parts of which people come unevenly, and are served evenly.

    by_part [parts] shares of the surge; ordinary traffic comes evenly; `could` be served in the whole step.
    """
    parts = by_part.shape[0]
    waiting, served = before, 0.0
    for q in range(parts):
        waiting += surge * by_part[q] + ordinary / parts
        done = min(waiting, could / parts)
        waiting -= done
        served += done
    return served


@inlined
def come_now(part: int, by_part: Floats, joining: Ints, out: Ints, state: int) -> int:
    """Draw those of `joining` who come in this part of the step; they are moved to `out`."""
    classes = joining.shape[0] - 1
    parts = by_part.shape[0]
    rest = 0.0
    for q in range(part, parts):
        rest += by_part[q]
    for c in range(classes + 1):
        chance = 1.0 / (parts - part) if c == classes else by_part[part] / max(rest, 1e-300)
        if part == parts - 1:
            chance = 1.0
        out[c], state = binomial(joining[c], chance, state)
        joining[c] -= out[c]
    return state


@inlined
def work_by_parts(
    queues: Queues, m: int, lane: int, begin: float, delta: float, rate: float, before: int, by_part: Floats,
    joining: Ints, now_joining: Ints, out: Ints, ignored: Ints, state: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Take a step of a lane, by its parts where that makes a difference; return (still waiting, served, state)."""
    if before < rate * delta:
        new, ordinary = all_of(joining), joining[joining.shape[0] - 1]
        apart = fluid(before, new - ordinary, ordinary, by_part, rate * delta)
        if abs(apart - min(before + new, rate * delta)) > SAME:
            parts = by_part.shape[0]
            people, served = before, 0
            for q in range(parts):
                state = come_now(q, by_part, joining, now_joining, state)
                people, part, state = work(queues, m, lane, begin + q * delta / parts, delta / parts, rate, people,
                                           now_joining, out, ignored, state)  # fmt: skip
                served += part
            return people, served, state
    return work(queues, m, lane, begin, delta, rate, before, joining, out, ignored, state)
