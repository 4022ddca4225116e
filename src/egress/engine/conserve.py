"""Nobody is lost: conservation of people and of waiting time, checked in every member and step of a run.

    N[o, g] = home (immune, susceptible, prep1, prep2, ready, waiting) + cooling + hiding + called up + detained
          + booked + on the road or queued + abroad
    booked_from = booked,  road_from = road + queues,
    abroad = in the air + transit + recent + settled + onward + returned
    ∫ waiting dt = Σ waits of those who left + Σ waits so far of those who still wait

All of it is checked in every step, places against origins by their totals; once a day by class.
"""

from __future__ import annotations

from math import prod

import numpy as np

from egress.engine.compiled import compiled, inlined, int32, lean
from egress.engine.state import HOME, State
from egress.engine.world import Floats, Ints, World
from egress.errors import ConservationError

TOLERANCE = 1e-9  # relative, of the sums of waiting time: rounding of additions only


@compiled
def unbalanced(
    population: Ints,
    home: tuple[Ints, ...],
    booked_from: Ints,
    road_from: Ints,
    abroad: Ints,
    class_group: Ints,
) -> int:
    """Return the first member whose people do not add up by origin and group, or −1.

    Stages at home and abroad [M, O · C], tables of origins [M, place, C · O]: long rows add up in vectors.
    """
    scratch = np.zeros(abroad.shape[1], dtype=np.int32), np.zeros(abroad.shape[1], dtype=np.int32)
    missing = np.zeros(population.shape[1:], dtype=np.int64)
    return _unbalanced(population, home, booked_from, road_from, abroad, class_group, scratch[0], scratch[1], missing)


@lean
def _unbalanced(
    population: Ints, home: tuple[Ints, ...], booked_from: Ints, road_from: Ints, abroad: Ints, class_group: Ints,
    people: Ints, elsewhere: Ints, missing: Ints,
) -> int:  # fmt: skip
    """Do the work of `unbalanced` with the scratch that it made."""
    origins, groups = missing.shape
    classes, cells = len(class_group), people.shape[0]
    for m in range(population.shape[0]):
        for cell in range(cells):
            people[cell] = abroad[m, cell]
            elsewhere[cell] = 0
        least = 0
        for stage in home:
            for cell in range(cells):
                people[cell] += stage[m, cell]
                least = min(least, stage[m, cell])
        if least < 0:
            return m
        for p in range(booked_from.shape[1]):
            for cell in range(cells):
                elsewhere[cell] += booked_from[m, p, cell]
        for x in range(road_from.shape[1]):
            for cell in range(cells):
                elsewhere[cell] += road_from[m, x, cell]
        for o in range(origins):
            for g in range(groups):
                missing[o, g] = population[m, o, g]
            for c in range(classes):
                missing[o, class_group[c]] -= people[o * classes + c] + elsewhere[c * origins + o]
            for g in range(groups):
                if missing[o, g] != 0:
                    return m
    return -1


def assert_conserved(state: State, world: World) -> None:
    """Raise ConservationError if anybody appeared or vanished."""

    cells = world.origins * world.classes

    def rows(table: Ints) -> Ints:
        return table.reshape(len(table), cells)

    def tables(table: Ints) -> Ints:
        return table.reshape(len(table), table.shape[1], cells)

    m = unbalanced(
        state.population,
        tuple(rows(getattr(state, name)) for name in HOME),
        tables(state.booked_from),
        tables(state.road_from),
        rows(state.abroad),
        world.class_group,
    )
    if m >= 0:
        raise ConservationError(f"people do not add up in member {state.members[m]} after step {state.step}")


def assert_in_place(state: State, world: World) -> None:
    """Raise ConservationError if the people in a place are not those of its table of origins."""
    where = astray(
        state.booked,
        state.booked_from,
        state.road,
        state.queue,
        world.lane_door,
        state.road_from,
        state.abroad,
        state.air,
        (state.transit, state.settled, state.onward, state.returned),
        state.recent,
    )
    if where >= 0:
        name = ("booked", "on the road or queued", "abroad")[where]
        raise ConservationError(f"people {name} do not add up to their origins after step {state.step}")


@compiled
def astray(
    booked: Ints, booked_from: Ints, road: Ints, queue: Ints, lane_door: Ints, road_from: Ints, abroad: Ints,
    air: Ints, stocks: tuple[Ints, ...], recent: Ints,
) -> int:  # fmt: skip
    """Return 0, 1 or 2 where people booked, on the road or abroad differ from their origins' table, else −1."""
    total = np.zeros(booked.shape[3], dtype=np.int64)
    return _astray(booked, booked_from, road, queue, lane_door, road_from, abroad, air, stocks, recent, total)


@inlined
def _all(table: Ints) -> int:
    """Return the sum of a table [_, _]."""
    total = 0
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            total += table[i, j]
    return total


@inlined
def _differs(total: Ints, table: Ints, m: int, place: int) -> bool:
    """Say whether the `total` [C] of a place differs from its table of origins [M, place, C, O]."""
    for c in range(table.shape[2]):
        people = 0
        for o in range(table.shape[3]):
            people += table[m, place, c, o]
        if total[c] != people:
            return True
    return False


@lean
def _astray(
    booked: Ints, booked_from: Ints, road: Ints, queue: Ints, lane_door: Ints, road_from: Ints, abroad: Ints,
    air: Ints, stocks: tuple[Ints, ...], recent: Ints, total: Ints,
) -> int:  # fmt: skip
    """Do the work of `astray` with the scratch that it made."""
    classes = booked.shape[3]
    for m in range(booked.shape[0]):
        for p in range(booked.shape[1]):
            total[:] = 0
            for h in range(booked.shape[2]):
                for c in range(classes):
                    total[c] += booked[m, p, h, c]
            if _differs(total, booked_from, m, p):
                return 0
        for x in range(road.shape[1]):
            total[:] = 0
            for r in range(road.shape[2]):
                for c in range(classes):
                    total[c] += road[m, x, r, c]
            for lane in range(queue.shape[1]):
                if lane_door[lane] == x:
                    for q in range(queue.shape[2]):
                        for c in range(classes):
                            total[c] += queue[m, lane, q, c]
            if _differs(total, road_from, m, x):
                return 1
        people = _all(recent[m]) - _all(abroad[m])
        for a in range(air.shape[1]):
            people += _all(air[m, a])
        for stock in stocks:
            for a in range(stock.shape[1]):
                people += stock[m, a]
        if people != 0:
            return 2
    return -1


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


BOOKED, ROAD, ABROAD, WAITS = 0, 1, 2, 3
WHAT = (
    "people booked do not add up to their origins",
    "people on the road or queued do not add up to their origins",
    "people abroad do not add up to their origins",
    "the integral of a queue differs from the sum of its waits",
)


def assert_kept(state: State, world: World) -> None:
    """Raise ConservationError if the total of a place is not that of its origins, or waits and queues differ."""

    def rows(table: Ints) -> Ints:
        return table.reshape(len(table), prod(table.shape[1:]))

    def places(table: Ints) -> Ints:
        return table.reshape(*table.shape[:2], prod(table.shape[2:]))

    what = kept(
        places(state.booked), places(state.booked_from), places(state.road), places(state.road_from), state.queue,
        state.oldest, state.newest, state.cohort_from, state.cohort_to, rows(state.abroad),
        rows(state.air), rows(state.recent), (state.transit, state.settled, state.onward, state.returned),
        state.queue_integral, state.wait_sum, state.step * world.delta, TOLERANCE * max(state.step, 10),
    )  # fmt: skip
    if what >= 0:
        raise ConservationError(f"{WHAT[what]} after step {state.step}")


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


@lean
def kept(
    booked: Ints, booked_from: Ints, road: Ints, road_from: Ints, queue: Ints, oldest: Ints, newest: Ints,
    cohort_from: Floats, cohort_to: Floats, abroad: Ints, air: Ints, recent: Ints,
    stocks: tuple[Ints, ...], integral: Floats, wait_sum: Floats, until: float, tolerance: float,
) -> int:  # fmt: skip
    """Return which of WHAT does not hold in some member, −1 if all of it does; tables [M, place, _] and [M, _]."""
    for m in range(booked.shape[0]):
        for p in range(booked.shape[1]):
            if _place(booked, m, p) != _place(booked_from, m, p):
                return BOOKED
        travelling, from_origins = 0, 0
        for x in range(road.shape[1]):
            travelling += _place(road, m, x)
            from_origins += _place(road_from, m, x)
        for lane in range(queue.shape[1]):
            waits = wait_sum[m, lane]
            for number in range(oldest[m, lane], newest[m, lane]):
                q = number % queue.shape[2]
                people = queue[m, lane, q, queue.shape[3] - 1]
                surge = 0
                for c in range(queue.shape[3] - 1):
                    surge += queue[m, lane, q, c]
                travelling += surge
                waits += (people + surge) * (until - (cohort_from[m, lane, q] + cohort_to[m, lane, q]) / 2.0)
            if abs(waits - integral[m, lane]) > tolerance * max(abs(integral[m, lane]), 1.0):
                return WAITS
        if travelling != from_origins:
            return ROAD
        people = _row(air, m) + _row(recent, m) - _row(abroad, m)
        for stock in stocks:
            people += _row(stock, m)
        if people != 0:
            return ABROAD
    return -1
