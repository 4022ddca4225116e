"""Who of a place leaves it: people drawn from its table of origins without replacement, each as likely as another.

Those who pass a land door are drawn at the end of each day: until then they are people of whom only the class is known.
Exit control sends people back from a place: those served a summons are listed, and a share of them complies.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import lean
from egress.engine.draws import binomial, hypergeometric, key, purpose, uniform
from egress.engine.members import Members
from egress.engine.processes.call_up import in_force, quota
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Floats, Ints

CROSSED = purpose("crossed")
FEW = 4  # up to so many people for each origin that they may come from are drawn one by one


@lean
def leave(table: Ints, n: int, to: Ints, also: Ints, state: int) -> int:
    """Draw the origins of `n` people who leave a place: `table` [O] is lowered, `to` and `also` [O] raised."""
    people = 0
    places = 0
    for o in range(table.shape[0]):
        people += table[o]
        places += int(table[o] > 0)
    if n <= FEW * places and n < people and places > 1:
        for _ in range(n):
            u, state = uniform(state)
            rank = int(u * people)
            o = 0
            while rank >= table[o]:
                rank -= table[o]
                o += 1
            table[o] -= 1
            to[o] += 1
            also[o] += 1
            people -= 1
        return state
    left = n
    for o in range(table.shape[0]):
        if left == 0:
            break
        here = table[o]
        if here > 0:
            k = here
            if left < people:
                k, state = hypergeometric(here, people - here, left, state)
            people -= here
            left -= k
            table[o] -= k
            to[o] += k
            also[o] += k
    return state


@lean
def draw_origins(
    seed: int, members: Ints, step: int, crossed: Ints, road_from: Ints, abroad: Ints, flows: Ints
) -> None:
    """Draw the origins of those who `crossed` [M, X, C] each land door since midnight, and forget them there."""
    for m in range(crossed.shape[0]):
        for x in range(crossed.shape[1]):
            for c in range(crossed.shape[2]):
                n = crossed[m, x, c]
                if n > 0:
                    crossed[m, x, c] = 0
                    state = key(seed, members[m], step, x * crossed.shape[2] + c, CROSSED)
                    leave(road_from[m, x, c], n, abroad[m, :, c], flows[m, :, x], state)


@lean
def send_home(
    m: int, stopped: int, served: int, comply: Floats, c: int, listed_class: int, table: Ints, cooling: Ints,
    called: Ints, listed: Ints, out: Ints, ignored: Ints, state: int,
) -> int:  # fmt: skip
    """Send people back from exit control; those served a summons are listed, a share of them complies.

    comply [2]: that share, and how many more the quota takes; the latter is lowered. Scratch [O]: `out` (zeros, and
    left so), `ignored`.
    """
    if listed_class < 0:
        served = 0
    if served > 0:
        state = leave(table, served, out, ignored, state)
        for o in range(out.shape[0]):
            n = out[o]
            if n > 0:
                out[o] = 0
                reported, state = binomial(n, comply[0], state)
                reported = min(reported, int(comply[1]))
                comply[1] -= reported
                called[m, o, listed_class] += reported
                cooling[m, o, listed_class] += n - reported
                if listed_class != c:
                    listed[m, o] += n
    return leave(table, stopped - served, cooling[m, :, c], ignored, state)


def comply_share(members: Members, state: State, now: Now) -> Floats:
    """Return [M, 2] share of those served a summons who report, and how many more the quota takes.

    Nobody reports where there is no call-up, before it begins and once it has ended.
    """
    out = np.zeros((len(members), 2))
    order = members.world.scenario.call_up
    if order is not None and in_force(members.world, now):
        out[:, 0] = members.drawn(order.comply, "call-up/comply")
        out[:, 1] = np.maximum(quota(members) - state.called_up.sum(axis=(1, 2)), 0)
    return out
