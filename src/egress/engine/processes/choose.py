"""Step 5, choose: those who act split over the admissible itineraries and waiting, by a nested logit.

    P(nest) ∝ exp(λ I), I = ln Σ exp(V/λ);  P(k | nest) ∝ exp(V/λ);  P(wait) ∝ exp(V_0)
    V_k = α_x − β_h hours − β_w wait_x − β_d days − β_f ln fare − β_s s_x + ln(share still admitted)
    V_0 = (inclusive value of the undisturbed offer) + wait_utility

Seats are asked for in rounds of at most one hour (book.py): fares are refreshed each round, those who find
no seat choose again up to three times, then wait. Who has no admissible itinerary stays ready, stranded.
"""

from __future__ import annotations


import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled, float32
from egress.engine.draws import binomial, key, multinomial, purpose, uniform
from egress.engine.members import MONEY, Members
from egress.engine.processes import book
from egress.engine.processes.book import fare, first_free, free_seats, ration
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

PURPOSE = purpose("choose")
AGAIN = purpose("choose again")
SHARE = purpose("share seats")
UNSEATED = purpose("choose by land")
PASSES = 4  # the first choice and at most three more
FEW = 2  # up to so many people are drawn by a scan of nests and itineraries
SOME = 150  # up to so many by sorted uniforms; more by a multinomial draw, whatever their number
TOGETHER = 12  # cells with at most so many people per round act in one round, drawn at random


@compiled
def weigh(
    m: int, o: int, g: int, since: int, moved: Ints, offer: Floats, door: Floats, blocked: Floats, local: Bools,
    admitted: Bools, nested: float, part_span: Ints, part_first: Ints, way_entry: Ints, way_service: Ints,
    factor: Floats, summed: Floats, shares: Floats,
) -> None:  # fmt: skip
    """Write the weights of one cell's itineraries (`summed` [K], running sums within a nest) and of its nests.

    `shares` [parts of the origin] gets P(nest) up to a constant; nests not `moved` after `since` keep theirs.
    """
    doors = blocked.shape[1]
    for i in range(part_span[o], part_span[o + 1]):
        if moved[i] <= since:
            continue
        total = 0.0
        for k in range(part_first[i], part_first[i + 1]):
            a = way_entry[k]
            if admitted[a, g]:
                w = offer[m, k] * door[m, a, g]
                if way_service[k] >= 0:
                    w *= factor[way_service[k]]
                if a < doors and not local[a, o, m]:
                    w *= blocked[m, a]
                total += w
            summed[k] = total
        shares[i - part_span[o]] = float32(total) ** float32(nested) if total > 0.0 else 0.0


@compiled
def reprice(
    m: int, clock: float, today: int, window: int, seats: Floats, base_fare: Floats, fare_cap: Floats,
    fare_curve: Floats, load: Floats, usual: Floats, held: Floats, sold: Ints, days_weight: Floats,
    fare_weight: Floats, nested: Floats, stale: Bools, fares_stale: Bools, fares: Floats, ahead: Ints,
    factor: Floats, changed: Bools,
) -> None:  # fmt: skip
    """Refresh first free day, fare and factor of the services that are stale; mark those whose factor moved."""
    days = held.shape[2]
    for s in range(held.shape[1]):
        changed[s] = False
        if not stale[s]:
            continue
        before = ahead[s]
        ahead[s] = first_free(seats[m, s], held[m, s], sold[m, s], today, clock)
        stale[s] = ahead[s] == 0  # the seats of today shrink with the clock
        if ahead[s] == before and not fares_stale[s]:
            continue
        fares_stale[s] = False
        price = fare(base_fare[m, s], fare_cap[m], fare_curve[m], seats[m, s], load[m, s], usual[s], held[m, s],
                     sold[m, s], today, window)  # fmt: skip
        fares[m, s] = price
        fresh = 0.0
        if ahead[s] < days:
            utility = -days_weight[m] * ahead[s] * 24.0 - fare_weight[m] * np.log(price / MONEY)
            fresh = np.exp(utility / nested[m])
        changed[s] = fresh != factor[s]
        factor[s] = fresh


@compiled
def pick(
    n: int, first: int, last: int, shares: Floats, idle: float, part_first: Ints, summed: Floats, out: Ints,
    flat: Floats, sorted_u: Floats, state: int,
) -> int:  # fmt: skip
    """Let `n` people choose among the nests [first, last) and, if `idle` > 0, waiting.

    shares [last − first] of the nests, summed running weights within each; `out` gains [ways, waiting]; the other
    arrays are scratch. Few people are drawn one by one, some by sorted uniform numbers (sums of exponential gaps)
    in one pass over the nests, many by one multinomial.
    """
    base = part_first[first]
    ways = part_first[last] - base
    total = idle
    for i in range(last - first):
        total += shares[i]
    if n <= FEW:
        for _ in range(n):
            u, state = uniform(state)
            u *= total
            i = 0
            while i < last - first and u >= shares[i]:
                u -= shares[i]
                i += 1
            if i == last - first:
                if idle > 0.0:
                    out[ways] += 1
                    continue
                i -= 1  # rounding: the last nest with any weight
                while shares[i] <= 0.0:
                    i -= 1
            start, end = part_first[first + i], part_first[first + i + 1]
            v, state = uniform(state)
            v *= summed[end - 1]
            k = start
            while k < end - 1 and v >= summed[k]:
                k += 1
            out[k - base] += 1
        return state
    if n <= SOME:
        gaps = 0.0
        for i in range(n):
            u, state = uniform(state)
            gaps -= np.log(u)
            sorted_u[i] = gaps
        u, state = uniform(state)
        gaps -= np.log(u)
        taken = 0
        below = 0.0
        for i in range(last - first):
            if shares[i] <= 0.0:
                continue
            start, end = part_first[first + i], part_first[first + i + 1]
            scale = gaps / total
            if taken < n and sorted_u[taken] < (below + shares[i]) * scale:
                inner = shares[i] / summed[end - 1]
                before = 0.0
                for k in range(start, end):
                    if summed[k] > before:
                        before = summed[k]
                        top = (below + inner * before) * scale
                        while taken < n and sorted_u[taken] < top:
                            out[k - base] += 1
                            taken += 1
            below += shares[i]
        if taken < n and idle > 0.0:
            out[ways] += n - taken
            taken = n
        if taken < n:  # rounding at the very end
            i = last - first - 1
            while shares[i] <= 0.0:
                i -= 1
            k = part_first[first + i]
            while summed[k] <= 0.0:
                k += 1
            out[k - base] += n - taken
        return state
    for i in range(last - first):
        start, end = part_first[first + i], part_first[first + i + 1]
        scale = shares[i] / (summed[end - 1] * total) if shares[i] > 0.0 else 0.0
        before = 0.0
        for k in range(start, end):
            flat[k - base] = scale * (summed[k] - before)
            before = summed[k]
    flat[ways] = idle / total
    return multinomial(n, flat[: ways + 1], out[: ways + 1], state)


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
    part_span: Ints,
    part_land: Ints,
    part_first: Ints,
    sold_in_span: Ints,
    sold_in: Ints,
    way_entry: Ints,
    way_product: Ints,
    way_service: Ints,
    class_group: Ints,
    seats: Floats,
    base_fare: Floats,
    fare_cap: Floats,
    fare_curve: Floats,
    load: Floats,
    usual: Floats,
    windows: Ints,
    held: Floats,
    sold: Ints,
    acted: Ints,
    acted_by: Floats,
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

    offer [M, K] exp(V/λ) of what no step changes, scaled by the best of the origin; door [M, A, G] and blocked
    [M, X] the factors of this step; idle [M, O, G] weight of waiting; part_* the nests of each origin as runs
    of itineraries; sold_in the nests in which each service is sold. `look` asks for `no_way` [M, O, C].
    """
    origins, classes = acted.shape[1], acted.shape[2]
    services, days = held.shape[1], held.shape[2]
    widest = 1
    longest = 1
    for o in range(origins):
        widest = max(widest, part_span[o + 1] - part_span[o])
        longest = max(longest, part_first[part_span[o + 1]] - part_first[part_span[o]])
    most = classes * max(1, (way_product >= 0).sum())  # a request for each way with a seat and class
    left = np.zeros((origins, classes), dtype=np.int64)
    ask = np.zeros((origins, classes), dtype=np.int64)
    turn = np.zeros((origins, classes), dtype=np.int64)
    factor = np.zeros(services)
    ahead = np.zeros(services, dtype=np.int64)
    stale = np.ones(services, dtype=np.bool_)
    fares_stale = np.ones(services, dtype=np.bool_)
    changed = np.zeros(services, dtype=np.bool_)
    moved = np.zeros(len(part_first), dtype=np.int64)  # when a nest last changed, and when a cell was last weighed
    short = np.zeros(max(1, services), dtype=np.bool_)
    groups = idle.shape[2]
    weighed = np.zeros((origins, groups), dtype=np.int64)
    tick = 0
    unseated = np.zeros((origins, classes), dtype=np.int64)  # those who go by land or wait: drawn once per step
    sorted_u = np.zeros(SOME)
    flat = np.zeros(longest + 1)
    summed = np.zeros((groups, max(1, len(way_entry))))
    shares = np.zeros((origins, groups, widest + 1))
    chosen = np.zeros(longest + 1, dtype=np.int64)
    who = np.zeros((4, most), dtype=np.int64)  # service, product, origin, class of a request
    who_n = np.zeros(most, dtype=np.int64)
    got = np.zeros(most, dtype=np.int64)
    following = np.zeros(most, dtype=np.int64)  # requests for the same service are a chain
    head = np.zeros(max(1, services), dtype=np.int64)
    asked = np.zeros(max(1, services), dtype=np.int64)
    for m in range(acted.shape[0]):
        people = 0
        for o in range(origins):
            for c in range(classes):
                left[o, c] = acted[m, o, c]
                people += acted[m, o, c]
                acted[m, o, c] = 0
        tick += 1
        moved[:] = tick
        stale[:] = True
        fares_stale[:] = True
        for r in range(rounds):
            if people == 0 and not (look and r == rounds - 1):
                continue
            clock = hour + r
            asking = 0
            for o in range(origins):
                for c in range(classes):
                    ask[o, c] = 0
                    if left[o, c] > 0:
                        state = key(seed, members[m], step * rounds + r, o * classes + c, PURPOSE)
                        if r == 0:
                            turn[o, c] = -1
                            if left[o, c] <= TOGETHER * rounds:
                                u, state = uniform(state)
                                turn[o, c] = 0
                                while u > acted_by[m, c, turn[o, c]] and turn[o, c] < rounds - 1:
                                    turn[o, c] += 1
                        if turn[o, c] >= 0:  # few people: all in one round, drawn at random
                            n = left[o, c] if turn[o, c] == r else 0
                        else:
                            before = acted_by[m, c, r - 1] if r > 0 else 0.0
                            chance = 1.0
                            if r < rounds - 1:
                                chance = (acted_by[m, c, r] - before) / max(1.0 - before, 1e-300)
                            n, state = binomial(left[o, c], chance, state)
                        ask[o, c] = n
                        left[o, c] -= n
                        asking += n
            people -= asking
            for attempt in range(PASSES):
                last = look and r == rounds - 1 and attempt == 0
                if asking == 0 and not last:
                    break
                reprice(
                    m, clock, today, windows[m], seats, base_fare, fare_cap, fare_curve, load, usual, held, sold,
                    days_weight, fare_weight, nested, stale, fares_stale, fares, ahead, factor, changed,
                )  # fmt: skip
                tick += 1
                for s in range(services):
                    if changed[s]:
                        for i in range(sold_in_span[s], sold_in_span[s + 1]):
                            moved[sold_in[i]] = tick
                asking = 0
                requests = 0
                for o in range(origins):
                    first = part_span[o]
                    parts = part_span[o + 1] - first
                    for c in range(classes):
                        n = ask[o, c]
                        if n == 0 and not last:
                            continue
                        g = class_group[c]
                        weigh(
                            m, o, g, weighed[o, g], moved, offer, door, blocked, local, admitted, nested[m],
                            part_span, part_first, way_entry, way_service, factor, summed[g], shares[o, g],
                        )  # fmt: skip
                        weighed[o, g] = tick
                        by_land = part_land[o]
                        rest = shares[o, g, :by_land].sum()
                        seated = shares[o, g, by_land:parts].sum()
                        if last:
                            no_way[m, o, c] = rest + seated <= 0.0
                        if n == 0:
                            continue
                        ask[o, c] = 0
                        if rest + seated <= 0.0:
                            waiting[m, o, c] += n
                            continue
                        rest += idle[m, o, g]
                        cell = attempt * 65536 + o * classes + c
                        state = key(seed, members[m], step * rounds + r, cell, AGAIN)
                        others, state = binomial(n, rest / (rest + seated), state)
                        unseated[o, c] += others
                        n -= others
                        if n == 0:
                            continue
                        base = part_first[first + by_land]
                        ways = part_first[first + parts] - base
                        chosen[: ways + 1] = 0
                        state = pick(n, first + by_land, first + parts, shares[o, g, by_land:parts], 0.0, part_first,
                                     summed[g], chosen, flat, sorted_u, state)  # fmt: skip
                        for k in range(ways):
                            if chosen[k] == 0:
                                continue
                            if requests < most:
                                who[0, requests] = way_service[base + k]
                                who[1, requests] = way_product[base + k]
                                who[2, requests] = o
                                who[3, requests] = c
                                who_n[requests] = chosen[k]
                                got[requests] = 0
                                requests += 1
                            else:
                                waiting[m, o, c] += chosen[k]
                if requests == 0:
                    continue
                asked[:] = 0
                head[:] = -1
                for i in range(requests):
                    asked[who[0, i]] += who_n[i]
                    following[i] = head[who[0, i]]
                    head[who[0, i]] = i
                for s in range(services):
                    if asked[s] > 0:
                        h = (today + ahead[s]) % days
                        free = free_seats(seats[m, s, ahead[s]], held[m, s, h], sold[m, s, h], ahead[s], clock)
                        stale[s] = fares_stale[s] = True
                        short[s] = free < asked[s]
                        if short[s]:
                            state = key(seed, members[m], step * rounds + r, attempt * 65536 + s, SHARE)
                            state = ration(free, asked[s], head[s], following, who_n, got, state)
                for i in range(requests):
                    s, p, o, c = who[0, i], who[1, i], who[2, i], who[3, i]
                    h = (today + ahead[s]) % days
                    if not short[s]:
                        got[i] = who_n[i]
                    booked[m, p, h, c] += got[i]
                    booked_from[m, p, c, o] += got[i]
                    sold[m, s, h] += got[i]
                    bought[m, s] += got[i]
                    missed = who_n[i] - got[i]
                    if attempt == PASSES - 1:
                        waiting[m, o, c] += missed
                    else:
                        ask[o, c] += missed
                        asking += missed
        for o in range(origins):
            first = part_span[o]
            by_land = part_land[o]
            base = part_first[first]
            ways = part_first[first + by_land] - base
            for c in range(classes):
                n = unseated[o, c]
                if n == 0:
                    continue
                unseated[o, c] = 0
                state = key(seed, members[m], step, o * classes + c, UNSEATED)
                chosen[: ways + 1] = 0
                g = class_group[c]
                state = pick(n, first, first + by_land, shares[o, g, :by_land], idle[m, o, g], part_first,
                             summed[g], chosen, flat, sorted_u, state)  # fmt: skip
                waiting[m, o, c] += chosen[ways]
                for k in range(ways):
                    if chosen[k] > 0:
                        leaving[m, base + k, c] += chosen[k]
        if look:
            for s in range(services):
                next_seat[m, s] = ahead[s]


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
    """Return [M, A, G] exp of the part of V/λ that belongs to a door now; published [M, X] hours of wait."""
    world = members.world
    nested = members["nest_dissimilarity"][:, None, None]
    wait = np.zeros((len(members), world.entries))
    wait[:, : world.doors] = published
    utility = (now.pull - members["weight_wait"][:, None] * wait)[:, :, None]
    utility = utility - members["weight_stopped"][:, None, None] * state.stopped[:, :, : world.groups]
    with np.errstate(divide="ignore"):
        utility = utility + np.log(now.appeal[:, :, : world.groups])
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
    rounds = world.parts
    today = now.day % days
    before = sold[:, :, today].copy()
    now.all_by = when_acted(state.acted.sum(axis=1), now.acted_by)
    seats = book.capacity(members, now)
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
        *world.nests,
        *world.sold_in,
        world.way_entry,
        world.way_product,
        world.way_service,
        world.class_group,
        seats,
        members.service("fare"),
        members["fare_cap"],
        members["fare_curve"],
        members.load,
        usual,
        np.maximum(1, np.rint(members["fare_window"] / 24)).astype(np.int64),
        state.ordinary_held,
        sold,
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
    now.last_minute = sold[:, :, today] - before


def when_acted(people: Ints, acted_by: Floats) -> Floats:
    """Return [M, parts] share of all who act in a step who have acted by the end of each part; people [M, C]."""
    weight = np.maximum(people, 1e-9)[:, :, None]
    return np.asarray((acted_by * weight).sum(axis=1) / weight.sum(axis=1))
