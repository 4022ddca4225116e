"""Rounds of choosing and booking within a step: the kernel of choosing (choose.py) and booking (book.py).

Who acts in a step is spread over its rounds; in each of them fares are refreshed, those who want a seat ask for
it, and those who get none choose again up to three times, then wait. Who goes by land or waits is drawn once, at
the end of the step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, inlined, lean
from egress.engine.draws import binomial, key, keys, purpose, uniform
from egress.engine.processes.book import free_seats, ration
from egress.engine.processes.offer import Offer, Sale, offers, open_sale, reprice, ring
from egress.engine.processes.weigh import Mood, Scales, Ways, longest, look_at_doors, pick, scales, weigh
from egress.engine.world import Bools, Floats, Ints

PURPOSE = purpose("choose")
SHARE = purpose("share seats")
PASSES = 4  # the first choice and at most three more
TOGETHER = 0.02  # share of all who act in a step: a cell of no more acts in one round, drawn at random


class Requests(NamedTuple):
    """Requests for seats in one pass: scratch of the kernel."""

    cell: Ints
    way: Ints
    people: Ints
    got: Ints
    following: Ints
    """Next request for the same service, −1 at the end."""


class Cells(NamedTuple):
    """Origins and classes in which somebody acts, in order: scratch of the kernel."""

    origin: Ints
    kind: Ints
    key: Ints
    """[O · C] state in which the stream of each origin and class starts."""
    state: Ints
    """State of the stream of each cell."""
    turn: Ints
    """[rounds, cells] people who act in each round."""
    ask: Ints
    """People who choose in this pass."""
    unseated: Ints
    """People who go by land or wait."""


@inlined
def gather(seed: int, member: int, step: int, rounds: int, acted: Ints, acted_by: Floats, cells: Cells) -> int:
    """List who acts [O, C] by cell and round, and empty `acted`; returns the number of cells.

    acted_by [C, rounds] share of those who act who have by the end of each round.
    """
    origins, classes = acted.shape
    keys(seed, member, step, PURPOSE, cells.key)
    number = 0
    everybody = 0
    for o in range(origins):
        for c in range(classes):
            everybody += acted[o, c]
    few = max(int(TOGETHER * everybody), rounds)
    for o in range(origins):
        for c in range(classes):
            left = acted[o, c]
            if left == 0:
                continue
            acted[o, c] = 0
            state = cells.key[o * classes + c]
            for r in range(rounds):
                cells.turn[r, number] = 0
            if left <= few:  # all in one round
                u, state = uniform(state)
                r = 0
                while r < rounds - 1 and u > acted_by[c, r]:
                    r += 1
                cells.turn[r, number] = left
            else:
                before = 0.0
                for r in range(rounds):
                    chance = (acted_by[c, r] - before) / max(1.0 - before, 1e-300) if r < rounds - 1 else 1.0
                    before = acted_by[c, r]
                    n, state = binomial(left, chance, state)
                    cells.turn[r, number] = n
                    left -= n
            cells.origin[number] = o
            cells.kind[number] = c
            cells.state[number] = state
            cells.ask[number] = 0
            cells.unseated[number] = 0
            number += 1
    return number


@inlined
def ask_for_seats(m: int, tick: int, number: int, cells: Cells, moved: Ints, ways: Ways, mood: Mood, offer: Offer,
                  scale: Scales, chosen: Ints, requests: Requests, waiting: Ints) -> int:  # fmt: skip
    """Let those who choose in this pass decide between seats and all else; returns the number of requests.

    Who finds no way at all is put into `waiting` [M, O, C].
    """
    asking = 0
    for i in range(number):
        n = cells.ask[i]
        if n == 0:
            continue
        cells.ask[i] = 0
        o, c = cells.origin[i], cells.kind[i]
        g = ways.group[c]
        weigh(m, o, tick, moved, ways, mood, offer.factor, scale)
        seated, rest = scale.by_seat[o, g], scale.by_land[o, g]
        if rest + seated <= 0.0:
            waiting[m, o, c] += n
            continue
        rest += mood.idle[m, o, g]
        others, state = binomial(n, rest / (rest + seated), cells.state[i])
        cells.unseated[i] += others
        n -= others
        if n > 0:
            start, end = ways.span[o] + ways.land[o], ways.span[o + 1]
            state = pick(n, g, start, end, seated, ways, scale, chosen, state)
            base = ways.first[start]
            for k in range(ways.first[end] - base):
                if chosen[k] > 0:
                    requests.cell[asking] = i
                    requests.way[asking] = base + k
                    requests.people[asking] = chosen[k]
                    chosen[k] = 0
                    asking += 1
        cells.state[i] = state
    return asking


@inlined
def sell(seed: int, member: int, m: int, period: int, attempt: int, clock: float, today: int, number: int, ways: Ways,
         sale: Sale, offer: Offer, requests: Requests) -> None:  # fmt: skip
    """Write what each of `number` requests gets; where seats are short they are shared by lot."""
    days = sale.held.shape[2]
    for i in range(number):
        s = ways.service[requests.way[i]]
        requests.got[i] = requests.people[i]
        requests.following[i] = offer.head[s]
        offer.asked[s] += requests.people[i]
        offer.head[s] = i
    for s in range(sale.held.shape[1]):
        if offer.asked[s] > 0:
            ahead = offer.ahead[s]
            h = ring(today, ahead, days)
            free = free_seats(sale.seats[m, s, ahead], sale.held[m, s, h], sale.sold[m, s, h], ahead, clock)
            offer.stale[s] = offer.fare_stale[s] = True
            if free < offer.asked[s]:
                state = key(seed, member, period, attempt * 65536 + s, SHARE)
                ration(free, offer.asked[s], offer.head[s], requests.following, requests.people, requests.got, state)
            offer.asked[s] = 0
            offer.head[s] = -1


@inlined
def book(m: int, today: int, last: bool, number: int, ways: Ways, sale: Sale, offer: Offer, cells: Cells,
         requests: Requests, waiting: Ints, booked: Ints, booked_from: Ints, bought: Ints) -> int:  # fmt: skip
    """Seat those who got a seat; the others choose again, or wait after the `last` pass. Returns how many."""
    days = sale.held.shape[2]
    again = 0
    for i in range(number):
        k, cell, got = requests.way[i], requests.cell[i], requests.got[i]
        o, c, s, p = cells.origin[cell], cells.kind[cell], ways.service[k], ways.product[k]
        if got > 0:
            h = ring(today, offer.ahead[s], days)
            booked[m, h, p, c] += got
            booked_from[m, ways.ticket[k], c] += got
            sale.sold[m, s, h] += got
            bought[m, s] += got
        missed = requests.people[i] - got
        if last:
            waiting[m, o, c] += missed
        else:
            cells.ask[cell] += missed
            again += missed
    return again


@inlined
def go_by_land(m: int, number: int, ways: Ways, mood: Mood, scale: Scales, cells: Cells, chosen: Ints, waiting: Ints,
               leaving: Ints) -> None:  # fmt: skip
    """Spread those who want no seat over the ways by land and waiting."""
    for i in range(number):
        n = cells.unseated[i]
        if n == 0:
            continue
        o, c = cells.origin[i], cells.kind[i]
        g = ways.group[c]
        total = scale.by_land[o, g]
        idle = mood.idle[m, o, g]
        stay, state = binomial(n, idle / (total + idle), cells.state[i])
        waiting[m, o, c] += stay
        if stay == n:
            continue
        start = ways.span[o]
        end = start + ways.land[o]
        pick(n - stay, g, start, end, total, ways, scale, chosen, state)
        base = ways.first[start]
        for k in range(ways.first[end] - base):
            leaving[m, base + k, c] += chosen[k]
            chosen[k] = 0


@inlined
def mark_no_way(m: int, tick: int, moved: Ints, ways: Ways, mood: Mood, offer: Offer, scale: Scales,
                no_way: Bools) -> None:  # fmt: skip
    """Mark the origins and classes [M, O, C] in which nobody finds a way."""
    for o in range(no_way.shape[1]):
        weigh(m, o, tick, moved, ways, mood, offer.factor, scale)
        for c in range(no_way.shape[2]):
            g = ways.group[c]
            no_way[m, o, c] = scale.by_land[o, g] + scale.by_seat[o, g] <= 0.0


@compiled
def choose(
    seed: int,
    members: Ints,
    step: int,
    hour: float,
    rounds: int,
    today: int,
    ways: Ways,
    mood: Mood,
    sale: Sale,
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
    """Let everybody who acts choose, and book, for one step; `look` asks for `no_way` [M, O, C]."""
    cells = acted.shape[1] * acted.shape[2]
    _choose(
        seed, members, step, hour, rounds, today % sale.held.shape[2], ways, mood, sale, acted, acted_by, waiting,
        leaving, booked, booked_from, bought, fares, next_seat, no_way, look,
        scales(ways, mood.idle.shape[2], mood.admitted.shape[0], mood.wait.shape[1]),
        offers(sale.held.shape[1]), _cells(rounds, cells),
        _requests(acted.shape[2] * max(1, len(ways.service))), np.zeros(len(ways.first), dtype=np.int64),
        np.zeros(longest(ways), dtype=np.int64),
    )  # fmt: skip


@lean
def _choose(
    seed: int, members: Ints, step: int, hour: float, rounds: int, today: int, ways: Ways, mood: Mood, sale: Sale,
    acted: Ints, acted_by: Floats, waiting: Ints, leaving: Ints, booked: Ints, booked_from: Ints, bought: Ints,
    fares: Floats, next_seat: Ints, no_way: Bools, look: bool, scale: Scales, offer: Offer, cells: Cells,
    requests: Requests, moved: Ints, chosen: Ints,
) -> None:  # fmt: skip
    """Do the work of `choose` with the scratch that it made."""
    for m in range(acted.shape[0]):
        number = gather(seed, members[m], step, rounds, acted[m], acted_by[m], cells)
        if number == 0 and not look:
            continue
        look_at_doors(m, mood, scale)
        open_sale(offer, moved)
        tick = 0
        for r in range(rounds):
            asking = 0
            for i in range(number):
                cells.ask[i] = cells.turn[r, i]
                asking += cells.ask[i]
            for attempt in range(PASSES):
                last_look = look and r == rounds - 1 and attempt == 0
                if asking == 0 and not last_look:
                    break
                tick += 1
                reprice(m, hour + r, today, tick, sale, ways, offer, moved)
                if last_look:
                    mark_no_way(m, tick, moved, ways, mood, offer, scale, no_way)
                asked = ask_for_seats(m, tick, number, cells, moved, ways, mood, offer, scale, chosen, requests,
                                      waiting)  # fmt: skip
                sell(seed, members[m], m, step * rounds + r, attempt, hour + r, today, asked, ways, sale, offer,
                     requests)  # fmt: skip
                asking = book(m, today, attempt == PASSES - 1, asked, ways, sale, offer, cells, requests, waiting,
                              booked, booked_from, bought)  # fmt: skip
        go_by_land(m, number, ways, mood, scale, cells, chosen, waiting, leaving)
        for s in range(sale.held.shape[1]):
            if tick > 0:
                fares[m, s] = sale.base_fare[m, s] * sale.times[m, offer.fare_class[s]]
            if look:
                next_seat[m, s] = offer.ahead[s]


@compiled
def _cells(rounds: int, most: int) -> Cells:
    """Return scratch for the cells in which somebody acts."""
    return Cells(
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.uint64),
        np.zeros(most, dtype=np.uint64),
        np.zeros((rounds, most), dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
    )


@compiled
def _requests(most: int) -> Requests:
    """Return scratch for the requests of a pass: one of each class for each way at most."""
    return Requests(
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
    )
