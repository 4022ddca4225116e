"""Travel: a calendar ring by step of arrival; boarding with exit control; road blocks.

    arrival = start + T,  T log-normal, cut at 0.1 %;  start: when in the step people acted (`acted_by`)
    P(arrive by t) = Σ_q f_q (A(t − (q − 1)h) − A(t − q h)) / h,   A(t) = ∫₀ᵗ P(T ≤ u) du,   parts q of h hours
    boarding: those booked for today leave evenly over what was left of the day when they booked; exit control at
    the airport
    road block: those who come to it (its distance in hours from the door) while it stands are caught, and no
    others; a share turns back, the rest goes round

Beside the people of a slot of the ring stands how many come in each of its parts (`road_parts`), so that a queue
begins when they are there and not when the step begins. A feeder flight puts people on the road to the land doors
near its city. Each mechanism has its file: `calendar.py`, `set_out.py`, `board.py`, and here the road block.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, hypergeometric, key, purpose
from egress.engine.members import Members
from egress.engine.processes import board, set_out
from egress.engine.processes.leave import leave
from egress.engine.processes.news import Now
from egress.engine.state import Float32s, State
from egress.engine.world import Bools, Floats, Ints

BLOCK = purpose("road block")


@compiled
def stop_at_block(
    seed: int, members: Ints, step: int, delta: float, share: Floats, distance: Floats,
    local: Bools, road: Ints, road_parts: Float32s, road_from: Ints, cooling: Ints,
) -> None:  # fmt: skip
    """Turn back those whom a road block catches: the slot of the ring that comes to it in this step.

    Of a slot that is at the block when a step ends, all count as coming to it in that step; share [M, X] is the
    share turned back of those who do, by the hours at which they do.
    """
    slots, classes = road.shape[2], road.shape[3]
    origins = road_from.shape[3]
    others = np.zeros(origins, dtype=np.int64)
    out = np.zeros(origins, dtype=np.int64)
    for m in range(road.shape[0]):
        for x in range(road.shape[1]):
            if share[m, x] <= 0.0:
                continue
            near = int(distance[m, x] / delta)
            if near >= slots:
                continue
            slot = (step + near) % slots
            for c in range(classes):
                if road[m, x, slot, c] == 0:
                    continue
                state = key(seed, members[m], step, x * classes + c, BLOCK)
                barred = 0
                total = 0
                for o in range(origins):
                    total += road_from[m, x, c, o]
                    others[o] = 0 if local[x, o, m] else road_from[m, x, c, o]
                    barred += others[o]
                n, state = hypergeometric(barred, total - barred, road[m, x, slot, c], state)
                n, state = binomial(n, share[m, x], state)
                if n == 0:
                    continue
                road_parts[m, x, slot] *= 1.0 - n / road[m, x, slot].sum()
                road[m, x, slot, c] -= n
                out[:] = 0
                state = leave(others, n, out, cooling[m, :, c], state)
                for o in range(origins):
                    road_from[m, x, c, o] -= out[o]


@compiled
def fly_ordinary(
    today: int, share: float, admitted: Floats, service_entry: Ints, held: Floats, flown: Floats, record: Ints
) -> None:
    """Count ordinary air travellers: the seats that they hold today, spread over the day; `record` [M, A]."""
    h = today % held.shape[2]
    for m in range(held.shape[0]):
        for s in range(held.shape[1]):
            a = service_entry[s]
            if a >= 0:
                flown[m, s] += held[m, s, h] * share * admitted[m, a]
                whole = int(flown[m, s])
                flown[m, s] -= whole
                record[m, a] += whole


def step(members: Members, state: State, now: Now, ordinary: Ints) -> None:
    """Set out, board, stop at road blocks; `ordinary` [M, A] gains the ordinary air travellers."""
    set_out.step(members, state, now)
    board.step(members, state, now)
    if now.block.any():
        stop_at_block(
            members.seed, members.numbers, now.step, now.delta, now.block, now.block_hours,
            now.block_local, state.road, state.road_parts, state.road_from, state.cooling,
        )  # fmt: skip
    fly_ordinary(
        now.day, now.delta / 24, now.ordinary_admitted * (1.0 - now.closed), members.world.service_entry,
        state.ordinary_held, state.ordinary_flown, ordinary,
    )  # fmt: skip
