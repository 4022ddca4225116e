"""Setting out by land: those who leave by road or rail are put on the road to their door."""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import lean
from egress.engine.draws import key, purpose
from egress.engine.members import Members
from egress.engine.processes.calendar import Calendar, Pace, calendar, is_even, kept_pace, on_the_way
from egress.engine.processes.news import Now
from egress.engine.state import Float32s, State
from egress.engine.world import Bools, Floats, Ints

SET_OUT = purpose("set out")


@lean
def set_out(
    seed: int, members: Ints, step: int, delta: float, hours: Floats, pace: Pace, acted_by: Floats, by_land: Bools,
    span: Ints, way_entry: Ints, leaving: Ints, road: Ints, road_parts: Float32s, road_from: Ints, even: Bools,
    calendar: Calendar,
) -> None:  # fmt: skip
    """Put those who leave by land on the road; hours [M, K] medians, acted_by [M, C, parts].

    An origin has one stream of draws for all its ways and classes.
    """
    classes = road.shape[3]
    now = step % road.shape[2]
    for m in range(leaving.shape[0]):
        for c in range(classes):
            even[c] = is_even(acted_by[m, c])
        for o in range(span.shape[0] - 1):
            state = key(seed, members[m], step, o, SET_OUT)
            for k in range(span[o], span[o + 1]):
                if not by_land[k]:
                    continue
                anybody = 0
                for c in range(classes):
                    anybody |= leaving[m, k, c]
                if anybody == 0:
                    continue
                x = way_entry[k]
                for c in range(classes):
                    n = leaving[m, k, c]
                    if n == 0:
                        continue
                    leaving[m, k, c] = 0
                    state = on_the_way(m, n, hours[m, k], pace, acted_by[m, c], even[c], now, delta, road[m, x], c,
                                       road_parts[m, x], calendar, state)  # fmt: skip
                    road_from[m, x, c, o] += n


def step(members: Members, state: State, now: Now) -> None:
    """Set out by land all who chose to in this step."""
    world = members.world
    set_out(
        members.seed, members.numbers, now.step, now.delta, members.hours, kept_pace(members), now.acted_by,
        world.way_product < 0, world.way_span, world.way_entry, state.leaving, state.road, state.road_parts,
        state.road_from, np.zeros(world.classes, dtype=bool), calendar(state.road.shape[2], world.parts),
    )  # fmt: skip
