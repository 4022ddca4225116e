"""Call-up: a quota served over weeks on the exposed, without replacement.

    due(t) = quota · (1 − 2^(−t/half_time)) / (1 − 2^(−T/half_time))
    per step: summonses = (due(t) − called up so far) / comply, spread over regions ∝ weight × exposed at home,
    within a region a multivariate hypergeometric draw over (class, stage); each listed person complies,
    hides, or decides at once to leave. Hiding people are found at a hazard.

Those found, and those who comply after being sent back from the border, count against the quota, which is
never exceeded.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled, inlined, lean
from egress.engine.draws import (
    binomial,
    hypergeometric,
    key,
    keys,
    multinomial,
    multivariate_hypergeometric,
    purpose,
)
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints, World
from egress.scenario.time import hours

PURPOSE = purpose("call-up")
FOUND = purpose("found hiding")
STAGES = 8  # immune, susceptible, prep1, prep2, ready, waiting, cooling, booked


@compiled
def call_up(
    seed: int,
    members: Ints,
    step: int,
    due: Ints,
    quota: Ints,
    final: bool,
    comply: Floats,
    hide: Floats,
    weight: Floats,
    exposed: Bools,
    twin: Ints,
    home: tuple[Ints, ...],
    ticket_origin: Ints,
    ticket_product: Ints,
    ticket_service: Ints,
    sold: Ints,
    booked: Ints,
    booked_from: Ints,
    hiding: Ints,
    called: Ints,
    listed: Ints,
) -> None:
    """Serve the summonses of one step.

    due [M] persons who should have been called up by the end of the step, quota [M] of the whole call-up;
    weight [M, O]; `home` the seven stages at home [M, O, C] in the order of STAGES; all counts are changed in place.
    """
    origins, classes = called.shape[1], called.shape[2]
    chance = np.zeros(origins)
    by_origin = np.zeros(origins, dtype=np.int64)
    outcome = np.zeros(3)
    fate = np.zeros(3, dtype=np.int64)
    seated = np.zeros((origins, classes), dtype=np.int32)
    at_home = np.zeros(origins, dtype=np.int64)
    counts = np.zeros(classes * STAGES, dtype=np.int64)
    taken = np.zeros(classes * STAGES, dtype=np.int64)
    for m in range(due.shape[0]):
        before = _sum(called, m)
        missing = due[m] - before
        if missing <= 0:
            continue
        total = 0.0
        _seated(m, ticket_origin, booked_from, seated)
        _within_reach(m, exposed, twin, home, seated, at_home)
        for o in range(origins):
            chance[o] = at_home[o] * weight[m, o]
            total += chance[o]
        if total <= 0.0:
            continue
        chance /= total
        by_origin[:] = 0
        state = key(seed, members[m], step, origins, PURPOSE)
        # no more than the quota takes even if all of them comply
        summonses = missing if final else min(int(missing / max(comply[m], 0.05)), quota[m] - before)
        state = multinomial(summonses, chance, by_origin, state)
        outcome[0] = 1.0 if final else comply[m]
        outcome[1] = 0.0 if final else min(hide[m], 1.0 - comply[m])
        outcome[2] = max(0.0, 1.0 - outcome[0] - outcome[1])
        for o in range(origins):
            if by_origin[o] > 0:
                state = key(seed, members[m], step, o, PURPOSE)
                _serve(m, o, by_origin[o], outcome, fate, seated, exposed, twin, home, ticket_origin, ticket_product,
                       ticket_service, sold, booked, booked_from, hiding, called, listed, counts, taken,
                       state)  # fmt: skip
        # the last summonses of a step may bring in more than was due: the next step serves fewer


@inlined
def _sum(table: Ints, m: int) -> int:
    """Return the people of a table [M, O, C] in one member."""
    total = 0
    for o in range(table.shape[1]):
        for c in range(table.shape[2]):
            total += table[m, o, c]
    return total


@inlined
def _seated(m: int, ticket_origin: Ints, booked_from: Ints, seated: Ints) -> None:
    """Write how many of each origin and class [O, C] have a seat."""
    seated[:] = 0
    for n in range(len(ticket_origin)):
        for c in range(seated.shape[1]):
            seated[ticket_origin[n], c] += booked_from[m, n, c]


@inlined
def _within_reach(m: int, exposed: Bools, twin: Ints, home: tuple[Ints, ...], seated: Ints, out: Ints) -> None:
    """Write how many of each origin [O] may be summoned, those with a seat included."""
    out[:] = 0
    for c in range(len(twin)):
        if exposed[c] and twin[c] != c:
            for o in range(len(out)):
                out[o] += seated[o, c]
            for stage in home:
                for o in range(len(out)):
                    out[o] += stage[m, o, c]


@lean
def _serve(
    m: int,
    o: int,
    summonses: int,
    outcome: Floats,
    fate: Ints,
    seated: Ints,
    exposed: Bools,
    twin: Ints,
    home: tuple[Ints, ...],
    ticket_origin: Ints,
    ticket_product: Ints,
    ticket_service: Ints,
    sold: Ints,
    booked: Ints,
    booked_from: Ints,
    hiding: Ints,
    called: Ints,
    listed: Ints,
    counts: Ints,
    taken: Ints,
    state: int,
) -> None:
    """List people of one region, drawn without replacement from everybody exposed there."""
    classes = called.shape[2]
    people = 0
    for c in range(classes):
        if exposed[c] and twin[c] != c:
            stage = c * STAGES
            for table in home:
                counts[stage] = table[m, o, c]
                people += counts[stage]
                stage += 1
            counts[stage] = seated[o, c]
            people += counts[stage]
    taken[:] = 0
    state = multivariate_hypergeometric(counts, min(summonses, people), taken, state)
    for cell in range(classes * STAGES):
        n = taken[cell]
        if n == 0:
            continue
        c, stage = cell // STAGES, cell % STAGES
        if stage == STAGES - 1:
            state = release_seats(m, o, c, n, ticket_origin, ticket_product, ticket_service, sold, booked,
                                  booked_from, state)  # fmt: skip
        else:
            home[stage][m, o, c] -= n
        fate[:] = 0
        state = multinomial(n, outcome, fate, state)
        called[m, o, twin[c]] += fate[0]
        hiding[m, o, twin[c]] += fate[1]
        home[4][m, o, twin[c]] += fate[2]
        listed[m, o] += n


@lean
def release_seats(m: int, o: int, c: int, n: int, ticket_origin: Ints, ticket_product: Ints, ticket_service: Ints,
                  sold: Ints, booked: Ints, booked_from: Ints, state: int) -> int:  # fmt: skip
    """Take `n` people of one origin and class out of their seats; the seats are free again."""
    days = booked.shape[1]
    pool = 0
    for ticket in range(len(ticket_origin)):
        if ticket_origin[ticket] == o:
            pool += booked_from[m, ticket, c]
    for ticket in range(len(ticket_origin)):
        if n == 0:
            break
        here, p = booked_from[m, ticket, c], ticket_product[ticket]
        if ticket_origin[ticket] != o or here == 0:
            continue
        gone, state = hypergeometric(here, pool - here, n, state)
        pool -= here
        n -= gone
        booked_from[m, ticket, c] -= gone
        seats = 0
        for h in range(days):
            seats += booked[m, h, p, c]
        for h in range(days):
            if gone == 0:
                break
            row = booked[m, h, p, c]
            free, state = hypergeometric(row, seats - row, gone, state)
            seats -= row
            gone -= free
            booked[m, h, p, c] -= free
            sold[m, ticket_service[ticket], h] -= free
    return state


@compiled
def find_hiding(seed: int, members: Ints, step: int, found: Floats, quota: Ints, hiding: Ints, called: Ints) -> None:
    """Find hiding people with chance `found` [M] in this step, as long as the `quota` [M] is not full."""
    streams = np.zeros(hiding.shape[1] * hiding.shape[2], dtype=np.uint64)
    for m in range(hiding.shape[0]):
        room = max(quota[m] - _sum(called, m), 0)
        keys(seed, members[m], step, FOUND, streams)
        for o in range(hiding.shape[1]):
            for c in range(hiding.shape[2]):
                if hiding[m, o, c] > 0:
                    n, _ = binomial(hiding[m, o, c], found[m], streams[o * hiding.shape[2] + c])
                    n = min(n, room)
                    room -= n
                    hiding[m, o, c] -= n
                    called[m, o, c] += n


def step(members: Members, state: State, now: Now) -> None:
    """Serve the summonses of one step, if the scenario has a call-up."""
    order = members.world.scenario.call_up
    if order is None:
        return
    world = members.world
    if not in_force(world, now):  # nobody is looked for once the quota has been served
        return
    first, last = hours(world.scenario, order.from_), hours(world.scenario, order.until)
    end = now.begin + now.delta
    most = quota(members)
    found = -np.expm1(-members.drawn(order.found, "call-up/found") * now.delta)
    find_hiding(members.seed, members.numbers, now.step, found, most, state.hiding, state.called_up)
    call_up(
        members.seed,
        members.numbers,
        now.step,
        due(members, min(end, last) - first, last - first),
        most,
        end >= last,
        members.drawn(order.comply, "call-up/comply"),
        members.drawn(order.hide, "call-up/hide"),
        members.origin("call_up_weight"),
        world.exposed,
        world.listed_twin,
        (
            state.immune,
            state.susceptible,
            state.prep1,
            state.prep2,
            state.ready,
            state.waiting,
            state.cooling,
        ),
        world.ticket_origin,
        world.ticket_product,
        world.ticket_service,
        state.sold,
        state.booked,
        state.booked_from,
        state.hiding,
        state.called_up,
        state.listed,
    )


def in_force(world: World, now: Now) -> bool:
    """Say whether there is a call-up during any part of this step."""
    order = world.scenario.call_up
    if order is None:
        return False
    return now.begin + now.delta > hours(world.scenario, order.from_) and now.begin < hours(world.scenario, order.until)


def quota(members: Members) -> Ints:
    """Return [M] how many are to be called up in all (0 without a call-up)."""
    order = members.world.scenario.call_up
    if order is None:
        return np.zeros(len(members), dtype=np.int64)
    return np.asarray(np.rint(members.drawn(order.quota, "call-up/quota")), dtype=np.int64)


def due(members: Members, elapsed: float, whole: float) -> Ints:
    """Return [M] how many should have been called up `elapsed` hours into a call-up of `whole` hours."""
    order = members.world.scenario.call_up
    if order is None:
        return np.zeros(len(members), dtype=np.int64)
    half = members.drawn(order.half_time, "call-up/half_time")
    share = np.expm1(-np.log(2) * elapsed / half) / np.expm1(-np.log(2) * whole / half)
    return np.asarray(np.rint(members.drawn(order.quota, "call-up/quota") * share), dtype=np.int64)
