"""What is for sale in a round: first free days, fares and their part of the utility, per member (book.py).

    exp of the part of V/λ that belongs to a seat = (fare factor of the base) (of the class) (of the days to wait)

Only services whose seats or fares may have moved are looked at again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, inlined
from egress.engine.processes.book import free_seats
from egress.engine.processes.weigh import Ways
from egress.engine.world import Bools, Floats, Ints


class Sale(NamedTuple):
    """Seats and fares; the first axis is the member, days are from today or rings by day."""

    seats: Floats
    """[M, S, H] of a whole day, from today."""
    base_fare: Floats
    load: Floats
    usual: Floats
    """[S, H] share of ordinary sales made, from today."""
    window: Ints
    """[M] days that make the fare."""
    begins: Floats
    """[M, J + 1] excess load at which each fare class begins; ∞ beyond the last."""
    times: Floats
    """[M, J] by how much a fare class multiplies the fare."""
    class_factor: Floats
    """[M, J] exp of its part of V/λ."""
    base_factor: Floats
    """[M, S] exp of the base fare's part of V/λ."""
    day_factor: Floats
    """[M, H] exp of the part of V/λ of so many days to wait."""
    held: Floats
    """[M, S, H] ordinary seats, ring."""
    sold: Ints
    """[M, S, H] seats of the surge, ring; raised."""


class Offer(NamedTuple):
    """What is for sale now to one member: scratch of the kernel, [S] each."""

    ahead: Ints
    """First day with a free seat, from today."""
    fare_class: Ints
    factor: Floats
    """exp of the part of V/λ that belongs to a seat."""
    until: Floats
    """Seats taken at which the fare rises to the next class."""
    stale: Bools
    """Whether the first free day may have moved."""
    fare_stale: Bools
    """Whether the fare may have moved."""
    asked: Ints
    head: Ints
    """First request of a chain."""


@compiled
def offers(services: int) -> Offer:
    """Return scratch for what is for sale."""
    n = max(1, services)
    return Offer(
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n),
        np.zeros(n),
        np.ones(n, dtype=np.bool_),
        np.ones(n, dtype=np.bool_),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
    )


@inlined
def open_sale(offer: Offer, moved: Ints) -> None:
    """Forget what was for sale to the member before."""
    offer.ahead[:] = 0
    offer.fare_class[:] = -1
    offer.factor[:] = -1.0
    offer.until[:] = -1.0
    offer.stale[:] = True
    offer.fare_stale[:] = True
    offer.asked[:] = 0
    offer.head[:] = -1
    moved[:] = 1


@inlined
def ring(today: int, ahead: int, days: int) -> int:
    """Return the place of a day in a ring, `today` being the place of today."""
    h = today + ahead
    return h - days if h >= days else h


@inlined
def reprice(m: int, clock: float, today: int, tick: int, sale: Sale, ways: Ways, offer: Offer, moved: Ints) -> None:
    """Refresh first free days, fares and factors of what is stale; mark the runs in which a factor moved."""
    days = sale.held.shape[2]
    for s in range(sale.held.shape[1]):
        if not offer.stale[s]:
            continue
        ahead = offer.ahead[s]  # within a step seats only become fewer: the first free day does not come nearer
        while ahead < days:
            h = ring(today, ahead, days)
            if free_seats(sale.seats[m, s, ahead], sale.held[m, s, h], sale.sold[m, s, h], ahead, clock) > 0:
                break
            ahead += 1
        offer.stale[s] = ahead == 0  # the seats of today shrink with the clock
        if ahead == offer.ahead[s] and not offer.fare_stale[s]:
            continue
        offer.ahead[s] = ahead
        if offer.fare_stale[s]:
            offer.fare_stale[s] = False
            _fare_now(m, s, today, sale, offer)
        factor = 0.0
        if ahead < days:
            factor = sale.base_factor[m, s] * sale.class_factor[m, offer.fare_class[s]] * sale.day_factor[m, ahead]
        if factor != offer.factor[s]:
            offer.factor[s] = factor
            for i in range(ways.sold_span[s], ways.sold_span[s + 1]):
                moved[ways.sold_in[i]] = tick


@inlined
def _fare_now(m: int, s: int, today: int, sale: Sale, offer: Offer) -> None:
    """Raise the fare to the class that the seats taken have reached."""
    days = sale.held.shape[2]
    seats = taken = expected = 0.0
    for ahead in range(min(sale.window[m], days)):
        h = ring(today, ahead, days)
        seats += sale.seats[m, s, ahead]
        taken += sale.held[m, s, h] + sale.sold[m, s, h]
        expected += sale.seats[m, s, ahead] * sale.usual[s, ahead]
    if taken < offer.until[s]:
        return
    if seats <= 0.0:  # the dearest class
        while sale.begins[m, offer.fare_class[s] + 1] < np.inf:
            offer.fare_class[s] += 1
        return
    ordinary = sale.load[m, s] * expected / seats
    rest = max(1.0 - ordinary, 1e-9)
    while taken >= offer.until[s]:
        offer.fare_class[s] += 1
        offer.until[s] = seats * (ordinary + sale.begins[m, offer.fare_class[s] + 1] * rest)
