"""Book: seats sell out, fares climb, demand spills over.

    held by ordinary travellers: seats · load · G(lead), G = exp(−(lead/scale)^shape); each sale that the surge
    displaces is lost: d held = seats · load · dG · max(0, 1 − s F)
    fare = base · (1 + (cap − 1) · x^γ),  x = (load − ordinary load) / (1 − ordinary load) over the next 3 days
    seats(day): of an ordinary day, and those that policies add on that day
    free(day) = seats − held − sold; demand beyond the first free day's seats is shared by a multivariate
    hypergeometric draw over who asks; the others choose again

`load` is measured against its ordinary course, so that an ordinary day has the ordinary fare.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import inlined, lean
from egress.engine.draws import hypergeometric
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.state import State, horizon
from egress.engine.world import Floats, Ints

TICK = 0.05  # fares move by whole fare classes of 5 %: what has not moved is not weighed again; assumption
MIDDAY = 12.0  # h; seats of a day are sold up to its middle


def lead_curve(members: Members, hour: float, days: int) -> Floats:
    """Return G [S, days]: share of ordinary sales made for today and the days after, `hour` h into today; kept."""
    name = f"lead curve/{hour}/{days}"
    if name not in members._kept:
        members._kept[name] = _lead_curve(members, hour, days)
    return np.asarray(members._kept[name])


def _lead_curve(members: Members, hour: float, days: int) -> Floats:
    services = members.world.scenario.services
    shape = np.array([s.lead_shape for s in services])
    scale = np.array([s.lead_scale for s in services])
    lead = np.maximum(np.arange(days) * 24 + MIDDAY - hour, 0.0)
    return np.asarray(np.exp(-((lead[None, :] / scale[:, None]) ** shape[:, None])))


@lean
def sell_ordinary(
    today: int, opening: bool, before: Floats, after: Floats, displaced: Floats, seats: Floats, load: Floats,
    sold: Ints, held: Floats,
) -> None:  # fmt: skip
    """Sell ordinary seats for one step.

    before, after: G [S, H] at the begin and the end of the step, by days from today; displaced [M] share of
    sales not made; seats [M, S, H] by days from today, load [M, S]; sold [M, S, H] seats of the surge and held
    [M, S, H], rings by day.
    On `opening` days the farthest day has come into sight and starts with its early sales.
    """
    days = held.shape[2]
    first = today % days  # place of today in the rings
    turn = days - first  # days from today to their first place
    for m in range(held.shape[0]):
        made = 1.0 - displaced[m]
        for s in range(held.shape[1]):
            if opening:
                held[m, s, (first + days - 1) % days] = seats[m, s, days - 1] * load[m, s] * before[s, days - 1]
            _sell_days(load[m, s], made, before[s, :turn], after[s, :turn], seats[m, s, :turn], sold[m, s, first:],
                       held[m, s, first:])  # fmt: skip
            _sell_days(load[m, s], made, before[s, turn:], after[s, turn:], seats[m, s, turn:], sold[m, s, :first],
                       held[m, s, :first])  # fmt: skip


@inlined
def _sell_days(
    load: float, made: float, before: Floats, after: Floats, seats: Floats, sold: Ints, held: Floats
) -> None:
    """Sell seats of days that follow each other in the ring, in the processor's vectors; all shapes [days]."""
    for i in range(len(held)):
        fresh = seats[i] * load * (after[i] - before[i]) * made
        room = seats[i] - sold[i] - held[i]
        room = room if room > 0.0 else 0.0
        held[i] += fresh if fresh < room else room


@inlined
def free_seats(capacity: float, held: float, sold: int, ahead: int, hour: float) -> int:
    """Return the seats still for sale on the day `ahead` of today; today's shrink as it passes."""
    left = 1.0 - hour / 24.0 if ahead == 0 else 1.0
    return int(max(int(np.floor((capacity - held) * left + 1e-9)) - sold, 0))


def fare_classes(cap: Floats, curve: Floats) -> tuple[Floats, Floats]:
    """Return (excess load at which each fare class begins [M, J + 1], its multiple of the base fare [M, J]).

    cap, curve [M]; the last beginning is infinite: no class is above the cap.
    """
    count = int(np.ceil(np.log(cap.max(initial=1.0)) / TICK + 0.5))
    number = np.arange(count + 1)
    edge = np.broadcast_to(np.exp((number - 0.5) * TICK), (len(cap), count + 1))
    reached = edge < cap[:, None]
    reached[:, 0], reached[:, -1] = True, False
    begins = np.full(edge.shape, np.inf)
    share = np.maximum(edge - 1.0, 0.0) / np.maximum(cap - 1.0, TICK / 2)[:, None]
    np.power(share, 1.0 / curve[:, None], out=begins, where=reached)
    return begins, np.minimum(np.exp(number[:-1] * TICK), cap[:, None])


@lean
def ration(seats: int, asked: int, first: int, following: Ints, who_n: Ints, got: Ints, state: int) -> int:
    """Share `seats` among those who ask one service, without replacement; writes `got` [requests].

    The requests are a chain: `first`, then `following` [requests] of each, −1 at its end.
    """
    pool = asked
    left = min(seats, asked)
    i = first
    while i >= 0:
        if left >= pool:
            got[i] = who_n[i]
        else:
            n, state = hypergeometric(who_n[i], pool - who_n[i], left, state)
            got[i] = n
        pool -= who_n[i]
        left -= got[i]
        i = following[i]
    return state


def capacity(members: Members, now: Now) -> Floats:
    """Return [M, S, H] seats of a whole day, today and the days after."""
    usual = members.kept("seats of a day", _usual_seats)
    return usual if now.seats_added is None else np.asarray(usual + now.seats_added)


def _usual_seats(members: Members) -> Floats:
    return np.repeat(members.seats[:, :, None], horizon(members), axis=2)


def step(members: Members, state: State, now: Now, seats: Floats | None = None) -> None:
    """Sell the ordinary seats of one step; `seats` are of `capacity`."""
    days = state.booked.shape[1]
    before = lead_curve(members, now.hour, days)
    seats = capacity(members, now) if seats is None else seats
    if now.step == 0:
        state.ordinary_held[:] = seats * members.load[:, :, None] * before[None, :, :]
    after = lead_curve(members, now.hour + now.delta, days)
    sell_ordinary(
        now.day,
        now.step > 0 and now.hour == 0.0,
        before,
        after,
        displaced(members, now, "air_suppression"),
        seats,
        members.load,
        state.sold,
        state.ordinary_held,
    )


def displaced(members: Members, now: Now, name: str) -> Floats:
    """Return [M] share of ordinary travel put off: s · F of those most pressed, at most 1."""
    if "population shares" not in members._kept:
        people = members.population.astype(float)
        members._kept["population shares"] = people / np.maximum(people.sum(axis=1, keepdims=True), 1.0)
    mean = np.einsum("mog,mog->mg", now.pressure, members._kept["population shares"])
    return np.asarray(np.minimum(members[name] * mean.max(axis=1), 1.0))
