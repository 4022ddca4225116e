"""Settle: arrivals stay or are in transit; some go on, some return.

    of those who arrive a share is in transit and goes on at a rate; the others leave at a low hazard in the
    first ten days and a higher one after; those who leave go on or return

People in transit are counted as staying until they go on.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import lean
from egress.engine.draws import binomial, key, purpose
from egress.engine.members import Members
from egress.engine.processes.leave import leave
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Floats, Ints

PURPOSE = purpose("settle")


@lean
def settle(
    seed: int,
    members: Ints,
    step: int,
    today: int,
    new_day: bool,
    passing: Floats,
    go_on: Floats,
    early: Floats,
    late: Floats,
    onward_share: Floats,
    arrived: Ints,
    transit: Ints,
    recent: Ints,
    settled: Ints,
    onward: Ints,
    returned: Ints,
    left: Ints,
    ignored: Ints,
) -> None:
    """Move people abroad for one step; arrived [M, A] new ones; left [M, A] gains those who left.

    passing share in transit, go_on, early, late chances per step, onward_share [M]; ignored [days] is scratch.
    """
    days = recent.shape[2]
    slot = today % days
    for m in range(arrived.shape[0]):
        state = key(seed, members[m], step, 0, PURPOSE)
        for a in range(arrived.shape[1]):
            if new_day and recent[m, a, slot] > 0:
                settled[m, a] += recent[m, a, slot]
                recent[m, a, slot] = 0
            young = 0
            for d in range(days):
                young += recent[m, a, d]
            if young + transit[m, a] + settled[m, a] + arrived[m, a] == 0:
                continue
            gone, state = binomial(transit[m, a], go_on[m], state)
            transit[m, a] -= gone
            onward[m, a] += gone
            tired, state = binomial(young, early[m], state)
            if tired > 0:
                state = leave(recent[m, a], tired, ignored, ignored, state)
            weary, state = binomial(settled[m, a], late[m], state)
            settled[m, a] -= weary
            further, state = binomial(tired + weary, onward_share[m], state)
            onward[m, a] += further
            returned[m, a] += tired + weary - further
            left[m, a] += gone + tired + weary
            through, state = binomial(arrived[m, a], passing[m], state)
            transit[m, a] += through
            recent[m, a, slot] += arrived[m, a] - through


def step(members: Members, state: State, now: Now, arrived: Ints, left: Ints) -> None:
    """Settle the arrivals of this step [M, A]; `left` [M, A] gains all who left the country behind an entry."""
    settle(
        members.seed,
        members.numbers,
        now.step,
        now.day,
        now.hour == 0.0,
        members["transit_share"],
        -np.expm1(-members["transit_rate"] * now.delta),
        -np.expm1(-members["early_leaving"] * now.delta),
        -np.expm1(-members["late_leaving"] * now.delta),
        members["onward_share"],
        arrived,
        state.transit,
        state.recent,
        state.settled,
        state.onward,
        state.returned,
        left,
        np.zeros(state.recent.shape[2], dtype=np.int64),
    )
