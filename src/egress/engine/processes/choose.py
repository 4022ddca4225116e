"""Step 5, choose: those who act split over the admissible itineraries and waiting, by a nested logit.

    P(nest) ∝ exp(λ I), I = ln Σ exp(V/λ);  P(k | nest) ∝ exp(V/λ);  P(wait) ∝ exp(V_0)
    V_k = α_x − β_h hours − β_w wait_x − β_d days − β_f ln fare − β_s s_x + ln(share still admitted)
    V_0 = (inclusive value of the undisturbed offer) + wait_utility

Seats are asked for in rounds of at most one hour (book.py): fares are refreshed each round, those who find
no seat choose again up to three times, then wait. Who has no admissible itinerary stays ready, stranded.
"""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, key, multinomial, purpose
from egress.engine.members import MONEY, Members
from egress.engine.processes import book
from egress.engine.processes.book import fare, first_free, free_seats, ration
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

PURPOSE = purpose("choose")
SHARE = purpose("share seats")
PASSES = 4  # the first choice and at most three more


@compiled
def choose(
    seed: int,
    members: Ints,
    step: int,
    hour: float,
    rounds: int,
    today: int,
    offer: Floats,
    door: Floats,
    blocked: Floats,
    local: Bools,
    admitted: Bools,
    idle: Floats,
    nested: Floats,
    days_weight: Floats,
    fare_weight: Floats,
    span: Ints,
    way_entry: Ints,
    way_nest: Ints,
    way_product: Ints,
    product_service: Ints,
    class_group: Ints,
    seats: Floats,
    base_fare: Floats,
    fare_cap: Floats,
    fare_curve: Floats,
    load: Floats,
    usual: Floats,
    window: int,
    held: Floats,
    sold: Ints,
    acted: Ints,
    waiting: Ints,
    leaving: Ints,
    booked: Ints,
    booked_from: Ints,
    bought: Ints,
    fares: Floats,
    next_seat: Ints,
    no_way: Bools,
    look: bool,
) -> None:
    """Let everybody who acts choose, and book, for one step.

    offer [M, K] exp(V/λ) of what no step changes, scaled by the best of the origin; door [M, A, C] and blocked
    [M, X] the factors of this step; idle [M, O, G] weight of waiting. `look` asks for `no_way` [M, O, C].
    """
    origins, classes = acted.shape[1], acted.shape[2]
    services, days = held.shape[1], held.shape[2]
    nests = way_nest.max() + 1 if len(way_nest) else 1
    doors = blocked.shape[1]
    most = origins * classes * 8 + 64
    left = np.zeros((origins, classes), dtype=np.int64)
    ask = np.zeros((origins, classes), dtype=np.int64)
    factor = np.zeros(services)
    ahead = np.zeros(services, dtype=np.int64)
    weight = np.zeros(max(1, len(way_entry)))
    nest_sum = np.zeros(nests + 1)
    nest_share = np.zeros(nests + 1)
    nest_count = np.zeros(nests + 1, dtype=np.int64)
    within = np.zeros(max(1, len(way_entry)))
    count = np.zeros(max(1, len(way_entry)), dtype=np.int64)
    who = np.zeros((4, most), dtype=np.int64)  # service, product, origin, class of a request
    who_n = np.zeros(most, dtype=np.int64)
    got = np.zeros(most, dtype=np.int64)
    asked = np.zeros(max(1, services), dtype=np.int64)
    for m in range(acted.shape[0]):
        for o in range(origins):
            for c in range(classes):
                left[o, c] = acted[m, o, c]
                acted[m, o, c] = 0
        for r in range(rounds):
            clock = hour + r
            for o in range(origins):
                for c in range(classes):
                    ask[o, c] = 0
                    if left[o, c] > 0:
                        state = key(seed, members[m], step * rounds + r, o * classes + c, PURPOSE)
                        n, state = binomial(left[o, c], 1.0 / (rounds - r), state)
                        ask[o, c] = n
                        left[o, c] -= n
            for attempt in range(PASSES):
                if ask.sum() == 0 and not (look and r == rounds - 1 and attempt == 0):
                    break
                for s in range(services):
                    ahead[s] = first_free(seats[m, s], held[m, s], sold[m, s], today, clock)
                    price = fare(base_fare[m, s], fare_cap[m], fare_curve[m], seats[m, s], load[m, s], usual[s], held[m, s],
                                 sold[m, s], today, window)  # fmt: skip
                    fares[m, s] = price
                    next_seat[m, s] = ahead[s]
                    if ahead[s] >= days:
                        factor[s] = 0.0
                    else:
                        utility = -days_weight[m] * ahead[s] * 24.0 - fare_weight[m] * np.log(price / MONEY)
                        factor[s] = np.exp(utility / nested[m])
                requests = 0
                for o in range(origins):
                    for c in range(classes):
                        asking = look and r == rounds - 1 and attempt == 0
                        n = ask[o, c]
                        if n == 0 and not asking:
                            continue
                        g = class_group[c]
                        nest_sum[:] = 0.0
                        for k in range(span[o], span[o + 1]):
                            a = way_entry[k]
                            w = 0.0
                            if admitted[a, g]:
                                w = offer[m, k] * door[m, a, c]
                                p = way_product[k]
                                if p >= 0:
                                    w *= factor[product_service[p]]
                                if a < doors and not local[a, o]:
                                    w *= blocked[m, a]
                            weight[k] = w
                            nest_sum[way_nest[k]] += w
                        total = 0.0
                        for i in range(nests):
                            nest_share[i] = nest_sum[i] ** nested[m] if nest_sum[i] > 0.0 else 0.0
                            total += nest_share[i]
                        if asking:
                            no_way[m, o, c] = total <= 0.0
                        if n == 0:
                            continue
                        if total <= 0.0:
                            waiting[m, o, c] += n
                            ask[o, c] = 0
                            continue
                        nest_share[nests] = idle[m, o, g]
                        total += nest_share[nests]
                        for i in range(nests + 1):
                            nest_share[i] /= total
                            nest_count[i] = 0
                        state = key(seed, members[m], step * rounds + r, (attempt + 1) * 65536 + o * classes + c, PURPOSE)
                        state = multinomial(n, nest_share, nest_count, state)
                        waiting[m, o, c] += nest_count[nests]
                        ask[o, c] = 0
                        k = span[o]
                        while k < span[o + 1]:
                            i = way_nest[k]
                            end = k
                            while end < span[o + 1] and way_nest[end] == i:
                                end += 1
                            if nest_count[i] > 0:
                                for j in range(k, end):
                                    within[j] = weight[j] / nest_sum[i]
                                    count[j] = 0
                                state = multinomial(nest_count[i], within[k:end], count[k:end], state)
                                for j in range(k, end):
                                    if count[j] > 0:
                                        p = way_product[j]
                                        if p < 0:
                                            leaving[m, j, c] += count[j]
                                        elif requests < most:
                                            who[0, requests] = product_service[p]
                                            who[1, requests] = p
                                            who[2, requests] = o
                                            who[3, requests] = c
                                            who_n[requests] = count[j]
                                            got[requests] = 0
                                            requests += 1
                                        else:
                                            waiting[m, o, c] += count[j]
                            k = end
                asked[:] = 0
                for i in range(requests):
                    asked[who[0, i]] += who_n[i]
                for s in range(services):
                    if asked[s] > 0:
                        h = (today + ahead[s]) % days
                        free = free_seats(seats[m, s], held[m, s, h], sold[m, s, h], ahead[s], clock)
                        state = key(seed, members[m], step * rounds + r, attempt * 65536 + s, SHARE)
                        state = ration(s, free, asked[s], requests, who[0], who_n, got, state)
                for i in range(requests):
                    s, p, o, c = who[0, i], who[1, i], who[2, i], who[3, i]
                    h = (today + ahead[s]) % days
                    booked[m, p, h, c] += got[i]
                    booked_from[m, p, o, c] += got[i]
                    sold[m, s, h] += got[i]
                    bought[m, s] += got[i]
                    missed = who_n[i] - got[i]
                    if attempt == PASSES - 1:
                        waiting[m, o, c] += missed
                    else:
                        ask[o, c] += missed


@compiled
def idle_weight(
    offer: Floats, admitted: Bools, quiet: Floats, nested: Floats, wait_utility: Floats, span: Ints,
    way_entry: Ints, way_nest: Ints, class_group: Ints, groups: int,
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
        base = members.service("fare")
        for k, way in enumerate(world.ways.itineraries):
            if way.service is not None:
                price = np.log(base[:, way.service] / MONEY)
                quiet[:, k] = np.exp(-members["weight_fare"] * price / nested)
        members._kept["offer"] = offer
        members._kept["idle"] = idle_weight(
            offer, world.admitted, quiet, nested, members["wait_utility"], world.way_span, world.way_entry,
            world.way_nest, world.class_group, world.groups,
        )  # fmt: skip
    return members._kept["offer"], members._kept["idle"]


def door_factor(members: Members, state: State, now: Now, published: Floats) -> Floats:
    """Return [M, A, C] exp of the part of V/λ that belongs to a door now; published [M, X] hours of wait."""
    world = members.world
    nested = members["nest_dissimilarity"][:, None, None]
    wait = np.zeros((len(members), world.entries))
    wait[:, : world.doors] = published
    utility = (now.pull - members["weight_wait"][:, None] * wait)[:, :, None]
    utility = utility - members["weight_stopped"][:, None, None] * state.stopped
    with np.errstate(divide="ignore"):
        utility = utility + np.log(now.appeal)
    factor = np.exp(utility / nested) * (1.0 - now.closed)[:, :, None]
    factor[:, : world.doors] *= (_serves(members, now) > 0)[:, :, None]
    return np.asarray(factor)


def _serves(members: Members, now: Now) -> Floats:
    """Return [M, X] lanes' share of a day in service, summed over the lanes of a door."""
    out = np.zeros((len(members), members.world.doors))
    for number, x in enumerate(members.world.lane_door):
        out[:, x] += now.lane_day[:, number]
    return out


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
    sold = book.step(members, state, now)
    offer, idle = offers(members)
    blocked = np.exp(-(members["weight_stopped"] / members["nest_dissimilarity"])[:, None] * now.block)
    days = state.booked.shape[2]
    rounds = max(1, ceil(now.delta))
    seats = members.seats + now.seats_added
    usual = book.lead_curve(members, now.hour + now.delta / 2, days)
    choose(
        members.seed,
        members.numbers,
        now.step,
        now.hour,
        rounds,
        now.day,
        offer,
        door_factor(members, state, now, published),
        blocked,
        now.block_local,
        world.admitted,
        idle,
        members["nest_dissimilarity"],
        members["weight_days"],
        members["weight_fare"],
        world.way_span,
        world.way_entry,
        world.way_nest,
        world.way_product,
        world.product_service,
        world.class_group,
        seats,
        members.service("fare"),
        members["fare_cap"],
        members["fare_curve"],
        members.load,
        usual,
        max(1, round(float(members["fare_window"][0]) / 24)),
        state.ordinary_held,
        sold,
        state.acted,
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
