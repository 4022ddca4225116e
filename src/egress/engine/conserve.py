"""Nobody is lost: conservation of people and of waiting time, checked in every member and step of a run.

    N[o, g] = home (immune, susceptible, prep1, prep2, ready, waiting) + cooling + hiding + called up + detained
          + booked + on the road or queued + abroad
    booked_from = seats sold = booked,  road_from = road + queues + crossed since midnight,
    abroad + crossed since midnight = in the air + transit + recent + settled + onward + returned
    ∫ waiting dt = Σ waits of those who left + Σ waits so far of those who still wait

All of it is checked in every step, places against origins by their totals; once a day by class.
"""

from __future__ import annotations

from math import prod

import numpy as np

from egress.engine.compiled import inlined, int32, lean
from egress.engine.state import HOME, State
from egress.engine.world import Floats, Ints, World
from egress.errors import ConservationError

TOLERANCE = 1e-9  # relative, of the sums of waiting time: rounding of additions only


BOOKED, ROAD, ABROAD, WAITS, LOST = range(5)
WHAT = (
    "people booked do not add up to their origins",
    "people on the road or queued do not add up to their origins",
    "people abroad do not add up to their origins",
    "the integral of a queue differs from the sum of its waits",
    "people do not add up",
)


def _rows(table: Ints) -> Ints:
    return table.reshape(len(table), prod(table.shape[1:]))


def _places(table: Ints) -> Ints:
    return table.reshape(*table.shape[:2], prod(table.shape[2:]))


def assert_conserved(state: State, world: World) -> None:
    """Raise ConservationError if anybody appeared, vanished or is elsewhere than his origin has it, or waits differ."""
    m, what = broken(
        state.population, tuple(_rows(getattr(state, name)) for name in HOME), state.sold,
        state.booked_from, world.ticket_origin, world.ticket_service, _places(state.road), _places(state.road_from),
        state.queue, state.oldest, state.newest, state.cohort_from, state.cohort_to, _rows(state.abroad),
        _rows(state.crossed), _rows(state.air), _rows(state.recent),
        (state.transit, state.settled, state.onward, state.returned), state.queue_integral, state.wait_sum,
        state.step * world.delta, TOLERANCE * max(state.step, 10),
        world.class_group, np.zeros((2, world.origins * world.classes), dtype=np.int32),
        np.zeros(world.services, dtype=np.int64), np.zeros(state.population.shape[1:], dtype=int),
    )  # fmt: skip
    if m >= 0:
        raise ConservationError(f"{WHAT[what]} in member {state.members[m]} after step {state.step}")


def assert_in_place(state: State, world: World) -> None:
    """Raise ConservationError if the people of a class in a place are not those of its origins, or of seats."""
    m, what = astray(
        state.sold, state.booked, state.booked_from, world.product_service, world.ticket_product, state.road,
        state.queue, state.oldest, state.newest, world.lane_door, state.road_from, state.crossed,
        np.zeros((world.products, world.classes), dtype=np.int64), np.zeros(state.sold.shape[1:], dtype=np.int64),
        np.zeros(world.classes, dtype=np.int64),
    )  # fmt: skip
    if m >= 0:
        raise ConservationError(f"{WHAT[what]} by class in member {state.members[m]} after step {state.step}")


@inlined
def _row(table: Ints, m: int) -> int:
    """Return the sum of a row of a table [M, _]; added up as the counts are kept, which is quicker."""
    total = int32(0)
    for i in range(table.shape[1]):
        total = int32(total + table[m, i])
    return total  # type: ignore[no-any-return]


@inlined
def _place(table: Ints, m: int, place: int) -> int:
    """Return the people of a place of a table [M, place, _]."""
    total = int32(0)
    for i in range(table.shape[2]):
        total = int32(total + table[m, place, i])
    return total  # type: ignore[no-any-return]


@inlined
def _add(table: Ints, m: int, place: int, to: Ints) -> int:
    """Add a place of a table [M, place, cells] to others [cells]; return its people."""
    for cell in range(to.shape[0]):
        to[cell] += table[m, place, cell]
    return _place(table, m, place)


@inlined
def _seated(m: int, booked_from: Ints, origin: Ints, service: Ints, people: Ints, by_service: Ints) -> None:
    """Add who has a seat [M, N, C] to the people of each origin and class [O · C] and of each service [S]."""
    classes = booked_from.shape[2]
    for ticket in range(booked_from.shape[1]):
        first, total = origin[ticket] * classes, int32(0)
        for c in range(classes):
            people[first + c] += booked_from[m, ticket, c]
            total = int32(total + booked_from[m, ticket, c])
        by_service[service[ticket]] += total


@inlined
def _queued(
    m: int, lane: int, until: float, queue: Ints, oldest: Ints, newest: Ints, start: Floats, end: Floats
) -> tuple[int, float]:
    """Return (how many of the surge wait in a lane, the sum of the waits so far of all who wait)."""
    surge, waits = 0, 0.0
    for number in range(oldest[m, lane], newest[m, lane]):
        q = number % queue.shape[2]
        people = 0
        for c in range(queue.shape[3] - 1):
            people += queue[m, lane, q, c]
        surge += people
        people += queue[m, lane, q, queue.shape[3] - 1]
        waits += people * (until - (start[m, lane, q] + end[m, lane, q]) / 2.0)
    return surge, waits


@inlined
def _lost(
    m: int, population: Ints, home: tuple[Ints, ...], abroad: Ints, class_group: Ints, people: Ints, elsewhere: Ints,
    missing: Ints,
) -> bool:  # fmt: skip
    """Say whether people at home, abroad or with a seat [O · C] and elsewhere [C · O] are not those of each origin.

    `people` holds those with a seat. Those of a stage at home may not be fewer than none.
    """
    origins, groups = missing.shape
    least = 0
    for cell in range(people.shape[0]):
        people[cell] += abroad[m, cell]
    for stage in home:
        for cell in range(people.shape[0]):
            people[cell] += stage[m, cell]
            least = min(least, stage[m, cell])
    wrong = least < 0
    for o in range(origins):
        for g in range(groups):
            missing[o, g] = population[m, o, g]
        for c in range(class_group.shape[0]):
            missing[o, class_group[c]] -= people[o * class_group.shape[0] + c] + elsewhere[c * origins + o]
        for g in range(groups):
            wrong = wrong or missing[o, g] != 0
    return wrong


@lean
def broken(
    population: Ints, home: tuple[Ints, ...], sold: Ints, booked_from: Ints, ticket_origin: Ints,
    ticket_service: Ints, road: Ints, road_from: Ints, queue: Ints, oldest: Ints, newest: Ints, cohort_from: Floats,
    cohort_to: Floats, abroad: Ints, crossed: Ints, air: Ints, recent: Ints, stocks: tuple[Ints, ...], integral: Floats,
    wait_sum: Floats, until: float, tolerance: float, class_group: Ints, scratch: Ints, by_service: Ints, missing: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Return the first member in which something of WHAT does not hold, and which; (−1, −1) if all of it does.

    Places [M, place, _], stocks and stages [M, _]: every array is read once, in long rows that add up in vectors.
    """
    elsewhere = scratch[1]
    for m in range(sold.shape[0]):
        scratch[:] = 0
        by_service[:] = 0
        _seated(m, booked_from, ticket_origin, ticket_service, scratch[0], by_service)
        for s in range(sold.shape[1]):
            if _place(sold, m, s) != by_service[s]:
                return m, BOOKED
        crossing = _row(crossed, m)
        travelling = crossing
        for x in range(road.shape[1]):
            travelling += _place(road, m, x) - _add(road_from, m, x, elsewhere)
        for lane in range(queue.shape[1]):
            surge, waits = _queued(m, lane, until, queue, oldest, newest, cohort_from, cohort_to)
            travelling += surge
            if abs(waits + wait_sum[m, lane] - integral[m, lane]) > tolerance * max(abs(integral[m, lane]), 1.0):
                return m, WAITS
        if travelling != 0:
            return m, ROAD
        people = _row(air, m) + _row(recent, m) - _row(abroad, m) - crossing
        for stock in stocks:
            people += _row(stock, m)
        if people != 0:
            return m, ABROAD
        if _lost(m, population, home, abroad, class_group, scratch[0], elsewhere, missing):
            return m, LOST
    return -1, -1


@inlined
def _differs(total: Ints, table: Ints, m: int, place: int) -> bool:
    """Say whether the `total` [C] of a place differs from its table of origins [M, place, C, O]."""
    wrong = False
    for c in range(table.shape[2]):
        people = 0
        for o in range(table.shape[3]):
            people += table[m, place, c, o]
        wrong = wrong or total[c] != people
    return wrong


@inlined
def _by_class(table: Ints, m: int, place: int, total: Ints) -> None:
    """Write the people of a place of a table [M, place, slots, C] by class to `total` [C]."""
    total[:] = 0
    for slot in range(table.shape[2]):
        for c in range(total.shape[0]):
            total[c] += table[m, place, slot, c]


@lean
def astray(
    sold: Ints, booked: Ints, booked_from: Ints, product_service: Ints, ticket_product: Ints, road: Ints, queue: Ints,
    oldest: Ints, newest: Ints, lane_door: Ints, road_from: Ints, crossed: Ints, seated: Ints, by_day: Ints,
    total: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Return the first member whose people booked or on the road differ by class from their origins', and which.

    Or whose seats sold differ from those booked.
    """
    for m in range(booked.shape[0]):
        seated[:] = 0
        for ticket in range(booked_from.shape[1]):
            for c in range(total.shape[0]):
                seated[ticket_product[ticket], c] += booked_from[m, ticket, c]
        by_day[:] = 0
        for h in range(booked.shape[1]):
            for p in range(booked.shape[2]):
                people = int32(0)
                for c in range(total.shape[0]):
                    seated[p, c] -= booked[m, h, p, c]
                    people = int32(people + booked[m, h, p, c])
                by_day[product_service[p], h] += people
        for p in range(seated.shape[0]):
            for c in range(total.shape[0]):
                if seated[p, c] != 0:
                    return m, BOOKED
        for s in range(sold.shape[1]):
            for h in range(sold.shape[2]):
                if sold[m, s, h] != by_day[s, h]:
                    return m, BOOKED
        for x in range(road.shape[1]):
            _by_class(road, m, x, total)
            for c in range(total.shape[0]):
                total[c] += crossed[m, x, c]
            for lane in range(queue.shape[1]):
                if lane_door[lane] == x:
                    for number in range(oldest[m, lane], newest[m, lane]):
                        for c in range(total.shape[0]):
                            total[c] += queue[m, lane, number % queue.shape[2], c]
            if _differs(total, road_from, m, x):
                return m, ROAD
    return -1, -1


def waiting_time(state: State, until: float) -> tuple[Floats, Floats]:
    """Return ([M, L] time integral of the queue, [M, L] sum of waits, those still waiting included)."""
    still = np.zeros_like(state.wait_sum)
    still_waiting(state.queue, state.cohort_from, state.cohort_to, until, still)
    return state.queue_integral, state.wait_sum + still


@lean
def still_waiting(queue: Ints, cohort_from: Floats, cohort_to: Floats, until: float, out: Floats) -> None:
    """Write the waits so far [M, L] of those who still wait."""
    for m in range(queue.shape[0]):
        for lane in range(queue.shape[1]):
            waits = 0.0
            for q in range(queue.shape[2]):
                people = 0
                for c in range(queue.shape[3]):
                    people += queue[m, lane, q, c]
                if people > 0:
                    waits += people * (until - (cohort_from[m, lane, q] + cohort_to[m, lane, q]) / 2.0)
            out[m, lane] = waits


def assert_waits(state: State, world: World) -> None:
    """Raise ConservationError where waiting time and waits differ."""
    integral, waits = waiting_time(state, state.step * world.delta)
    scale = np.maximum(np.abs(integral), 1.0)
    if (np.abs(integral - waits) > TOLERANCE * scale * max(state.step, 10)).any():
        raise ConservationError(f"the integral of a queue differs from the sum of its waits after step {state.step}")
