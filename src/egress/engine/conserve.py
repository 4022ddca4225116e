"""Nobody is lost: conservation of people and of waiting time, checked in every member and step of a run.

    N[o, g] = home (immune, susceptible, prep1, prep2, ready, waiting) + cooling + hiding + called up + detained
          + booked + on the road or queued + abroad
    booked_from = booked,  road_from = road + queues,
    abroad = in the air + transit + recent + settled + onward + returned
    ∫ waiting dt = Σ waits of those who left + Σ waits so far of those who still wait

The balance of people is checked in every step, places against origins and waits against integrals once a day.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
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
    """Return the first member whose people do not add up by origin and group, or −1."""
    origins, groups = population.shape[1], population.shape[2]
    elsewhere = np.zeros((class_group.shape[0], origins), dtype=np.int64)
    people = np.zeros((origins, class_group.shape[0]), dtype=np.int64)
    for m in range(population.shape[0]):
        missing = population[m].astype(np.int64)
        people[:] = abroad[m]
        for stage in home:
            people += stage[m]
            if stage[m].min() < 0:
                return m
        for o in range(origins):
            for c in range(class_group.shape[0]):
                missing[o, class_group[c]] -= people[o, c]
        elsewhere[:] = 0
        for p in range(booked_from.shape[1]):
            elsewhere += booked_from[m, p]
        for x in range(road_from.shape[1]):
            elsewhere += road_from[m, x]
        for c in range(class_group.shape[0]):
            for o in range(origins):
                missing[o, class_group[c]] -= elsewhere[c, o]
        for o in range(origins):
            for g in range(groups):
                if missing[o, g] != 0:
                    return m
    return -1


def assert_conserved(state: State, world: World) -> None:
    """Raise ConservationError if anybody appeared or vanished."""
    home = tuple(getattr(state, name) for name in HOME)
    m = unbalanced(state.population, home, state.booked_from, state.road_from, state.abroad, world.class_group)
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
    classes = booked.shape[3]
    total = np.zeros(classes, dtype=np.int64)
    for m in range(booked.shape[0]):
        for p in range(booked.shape[1]):
            total[:] = 0
            for h in range(booked.shape[2]):
                for c in range(classes):
                    total[c] += booked[m, p, h, c]
            for c in range(classes):
                if total[c] != booked_from[m, p, c].sum():
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
            for c in range(classes):
                if total[c] != road_from[m, x, c].sum():
                    return 1
        people = recent[m].sum() + air[m].sum() - abroad[m].sum()
        for stock in stocks:
            people += stock[m].sum()
        if people != 0:
            return 2
    return -1


def waiting_time(state: State, until: float) -> tuple[Floats, Floats]:
    """Return ([M, L] time integral of the queue, [M, L] sum of waits, those still waiting included)."""
    people = state.queue.sum(axis=3)
    arrival = (state.cohort_from + state.cohort_to) / 2
    still = (people * (until - arrival)).sum(axis=2)
    return state.queue_integral, state.wait_sum + still


def assert_waits(state: State, world: World) -> None:
    """Raise ConservationError where waiting time and waits differ."""
    integral, waits = waiting_time(state, state.step * world.delta)
    scale = np.maximum(np.abs(integral), 1.0)
    if (np.abs(integral - waits) > TOLERANCE * scale * max(state.step, 10)).any():
        raise ConservationError(f"the integral of a queue differs from the sum of its waits after step {state.step}")
