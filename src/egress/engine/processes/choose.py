"""Choose: those who act split over the admissible itineraries and waiting, by a nested logit.

    P(nest) ∝ exp(λ I), I = ln Σ exp(V/λ);  P(k | nest) ∝ exp(V/λ);  P(wait) ∝ exp(V_0)
    V_k = α_x − β_h hours − β_w wait_x − β_d days − β_f ln fare − β_s s_x + ln(share still admitted)
    V_0 = (inclusive value of the undisturbed offer) + wait_utility

Seats are asked for in rounds of at most one hour (book.py): fares are refreshed each round, those who find
no seat choose again up to three times, then wait. Who has no admissible itinerary stays ready, stranded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled
from egress.engine.members import MONEY, Members
from egress.engine.processes import book
from egress.engine.processes.news import Now
from egress.engine.processes.offer import Sale
from egress.engine.processes.rounds import choose
from egress.engine.processes.weigh import Mood, Ways
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

NOT_FLOWN = -1  # in place of the days until the first free seat, where none is offered on any day in reach


@compiled
def idle_weight(
    offer: Floats, admitted: Bools, quiet: Floats, nested: Floats, wait_utility: Floats, span: Ints,
    way_entry: Ints, way_nest: Ints, groups: int,
) -> Floats:  # fmt: skip
    """Return [M, O, G] weight of waiting: exp(wait_utility) times the inclusive sum of the undisturbed offer.

    quiet [M, K] exp((−β_d·0 − β_f ln base fare)/λ), 1 by land.
    """
    members = offer.shape[0]
    origins = span.shape[0] - 1
    nests = way_nest.max() + 1 if len(way_nest) else 1
    out = np.zeros((members, origins, groups))
    sums = np.zeros(nests)
    for m in range(members):
        for o in range(origins):
            for g in range(groups):
                sums[:] = 0.0
                for k in range(span[o], span[o + 1]):
                    if admitted[way_entry[k], g]:
                        sums[way_nest[k]] += offer[m, k] * quiet[m, k]
                total = 0.0
                for i in range(nests):
                    if sums[i] > 0.0:
                        total += sums[i] ** nested[m]
                out[m, o, g] = total * np.exp(wait_utility[m])
    return out


def offers(members: Members) -> tuple[Floats, Floats]:
    """Return (offer [M, K], idle [M, O, G]): what no step changes, computed once per chunk."""
    if "offer" not in members._kept:
        world = members.world
        nested = members["nest_dissimilarity"]
        utility = members.static_utility
        best = np.zeros_like(utility)
        for o in range(world.origins):
            first, last = world.way_span[o], world.way_span[o + 1]
            if last > first:
                best[:, first:last] = utility[:, first:last].max(axis=1, keepdims=True)
        offer = np.exp((utility - best) / nested[:, None])
        quiet = np.ones_like(offer)
        base = members.base_fare
        for k, way in enumerate(world.ways.itineraries):
            if way.service is not None:
                price = np.log(base[:, way.service] / MONEY)
                quiet[:, k] = np.exp(-members["weight_fare"] * price / nested)
        members._kept["offer"] = offer
        members._kept["idle"] = idle_weight(
            offer, world.admitted, quiet, nested, members["wait_utility"], world.way_span, world.way_entry,
            world.way_nest, world.groups,
        )  # fmt: skip
    return members._kept["offer"], members._kept["idle"]


def mood(members: Members, state: State, now: Now, published: Floats) -> Mood:
    """Return what moves the choice in this step; published [M, X] hours of wait at each door."""
    offer, idle = offers(members)
    return Mood(
        offer,
        idle,
        members["nest_dissimilarity"],
        members["weight_wait"],
        members["weight_stopped"],
        now.pull,
        published,
        state.stopped,
        now.appeal,
        now.closed,
        now.lane_day,
        now.block,
        now.block_local,
        members.world.admitted,
        members.world.lane_door,
    )


def fares(members: Members, days: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return the fare classes (begins, times) and the factors of class, base fare and days [M, H]; kept."""
    if "fares" not in members._kept:
        begins, times = book.fare_classes(members["fare_cap"], members["fare_curve"])
        money = (members["weight_fare"] / members["nest_dissimilarity"])[:, None]
        wait = (members["weight_days"] / members["nest_dissimilarity"])[:, None]
        base = members.base_fare / MONEY
        members._kept["fares"] = begins, times, times**-money, base**-money, np.exp(-wait * 24.0 * np.arange(days))
    begins, times, by_class, by_base, by_day = members._kept["fares"]
    return begins, times, by_class, by_base, by_day


def sale(members: Members, state: State, now: Now, seats: Floats) -> Sale:
    """Return seats [M, S, H] of a day and fares."""
    days = state.booked.shape[1]
    return Sale(
        seats,
        members.service("fare"),
        members.load,
        book.lead_curve(members, now.hour + now.delta / 2, days),
        np.maximum(1, np.rint(members["fare_window"] / 24)).astype(np.int64),
        *fares(members, days),
        state.ordinary_held,
        state.sold,
    )


def step(
    members: Members,
    state: State,
    now: Now,
    published: Floats,
    bought: npt.NDArray[np.int32],
    fares: Floats,
    next_seat: Ints,
    no_way: Bools,
) -> None:
    """Sell ordinary seats, then let those who act choose and book."""
    world = members.world
    seats = book.capacity(members, now)
    book.step(members, state, now, seats)
    today = now.day % state.booked.shape[1]
    before = state.sold[:, :, today].copy()
    now.all_by = when_acted(state.acted.sum(axis=1), now.acted_by)
    choose(
        members.seed,
        members.numbers,
        now.step,
        now.hour,
        world.parts,
        now.day,
        Ways.of(world),
        mood(members, state, now, published),
        sale(members, state, now, seats),
        state.acted,
        now.acted_by,
        state.waiting,
        state.leaving,
        state.booked,
        state.booked_from,
        bought,
        fares,
        next_seat,
        no_way,
        (now.step + 1) % world.per_day == 0,
    )
    if (now.step + 1) % world.per_day == 0:
        next_seat[(seats <= 0.0).all(axis=2)] = NOT_FLOWN
    now.last_minute = state.sold[:, :, today] - before


def when_acted(people: Ints, acted_by: Floats) -> Floats:
    """Return [M, parts] share of all who act in a step who have acted by the end of each part; people [M, C]."""
    weight = np.maximum(people, 1e-9)[:, :, None]
    return np.asarray((acted_by * weight).sum(axis=1) / weight.sum(axis=1))
