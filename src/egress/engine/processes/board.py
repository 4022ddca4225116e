"""Boarding: those booked for today leave evenly over what was left of the day when they booked.

    exit control at the airport: P(stopped) = 1 − (1 − refused) · admitted · (1 − closed)

Carriers do not take whom the other side turns away; exit control alone serves summonses. A feeder flight has no exit
control: it puts people on the road to the land doors near its city.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import inlined, lean
from egress.engine.draws import binomial, hypergeometric, key, purpose, uniform
from egress.engine.members import Members
from egress.engine.processes.calendar import Calendar, Pace, calendar, is_even, kept_pace, on_the_way
from egress.engine.processes.leave import comply_share, send_home
from egress.engine.processes.news import Now
from egress.engine.state import Float32s, State
from egress.engine.world import Bools, Floats, Ints

BOARD = purpose("board")
ROUNDING = 1e-9  # of shares of whole people
FEW = 6  # up to so many people are drawn one by one


class Products(NamedTuple):
    """What is flown."""

    service: Ints
    """[P] in order"""
    span: Ints
    """[P + 1] tickets of each product."""
    origin: Ints
    """[N] of each ticket."""
    entry: Ints
    """[P] land door of a feeder, else the entry at the airport, whose exit control applies at take-off."""
    domestic: Bools
    """[P] feeders"""
    hours: Floats
    """[M, P]"""


class LastMinute(NamedTuple):
    """Those who booked within the step for today."""

    people: Ints
    """[M, S]"""
    share: Floats
    """[M] of them who leave in this step."""
    by: Floats
    """[M, parts] share of these who have left by the end of each part."""


class Gate(NamedTuple):
    """Exit control at airports."""

    refused: Floats
    summoned: Floats
    admitted: Floats
    """[M, A, C]"""
    closed: Floats
    """[M, A] nobody flies from an airport that is shut, nor is there exit control."""
    comply: Floats
    """[M, 2]"""
    twin: Ints
    """[C] class of those of a class who are listed, −1: none."""


class Travellers(NamedTuple):
    """Where passengers come from and where they go."""

    booked: Ints
    booked_from: Ints
    sold: Ints
    road: Ints
    road_parts: Float32s
    road_from: Ints
    air: Ints
    abroad: Ints
    flows: Ints
    cooling: Ints
    called_up: Ints
    listed: Ints
    turned_back: Ints


class Scratch(NamedTuple):
    """Scratch of the kernel."""

    taking_off: Floats
    """[parts] share of those of a service who take off in this step who have done so by the end of each part."""
    unheeded: Float32s
    """[R, parts] parts in which flights land."""
    here: Ints
    """[O] people of a product and class."""
    out: Ints
    """[O] zeros"""
    ignored: Ints
    """[O]"""
    calendar: Calendar


@inlined
def take_off(
    m: int, service: int, people: int, boarding: float, last_minute: LastMinute, taking_off: Floats
) -> tuple[int, bool]:
    """Return (how many of today's people of a service leave now, whether evenly); if not, write when.

    Exactly their share leaves, rounded down: if chance let more leave, seats that have flown would be sold again.
    """
    parts = taking_off.shape[0]
    late = min(last_minute.people[m, service], people)
    early = (people - late) * boarding
    late *= last_minute.share[m]
    if late == 0.0:
        return int(early + ROUNDING), True
    for q in range(parts):
        taking_off[q] = (early * (q + 1.0) / parts + late * last_minute.by[m, q]) / (early + late)
    return int(early + late + ROUNDING), is_even(taking_off)


@inlined
def through_gate(m: int, p: int, a: int, c: int, n: int, products: Products, gate: Gate, to: Travellers,
                 scratch: Scratch, state: int) -> tuple[int, int]:  # fmt: skip
    """Return (how many of n people of a product and class pass exit control, state)."""
    flies = 1.0 - gate.closed[m, a]
    stop = 1.0 - (1.0 - gate.refused[m, a, c]) * gate.admitted[m, a, c] * flies
    stopped, state = binomial(n, stop, state)
    if stopped > 0:
        to.turned_back[m, a] += stopped
        served, state = binomial(stopped, gate.summoned[m, a, c] * gate.refused[m, a, c] * flies / stop, state)
        first, last = products.span[p], products.span[p + 1]
        scratch.here[:] = 0
        for ticket in range(first, last):
            scratch.here[products.origin[ticket]] = to.booked_from[m, ticket, c]
        state = send_home(m, stopped, served, gate.comply[m], c, gate.twin[c], scratch.here, to.cooling, to.called_up,
                          to.listed, scratch.out, scratch.ignored, state)  # fmt: skip
        for ticket in range(first, last):
            to.booked_from[m, ticket, c] = scratch.here[products.origin[ticket]]
    return n - stopped, state


@inlined
def fly_from(m: int, p: int, c: int, n: int, products: Products, booked_from: Ints, to: Ints, also: Ints,
             state: int) -> int:  # fmt: skip
    """Draw the origins of n people of a product and class who fly: `to` and `also` [O] are raised."""
    first, last, people = products.span[p], products.span[p + 1], 0
    for ticket in range(first, last):
        people += booked_from[m, ticket, c]
    if n <= FEW:
        for _ in range(n):
            u, state = uniform(state)
            rank, ticket = int(u * people), first
            while rank >= booked_from[m, ticket, c]:
                rank -= booked_from[m, ticket, c]
                ticket += 1
            people -= 1
            booked_from[m, ticket, c] -= 1
            to[products.origin[ticket]] += 1
            also[products.origin[ticket]] += 1
        return state
    for ticket in range(first, last):
        here = booked_from[m, ticket, c]
        gone, state = hypergeometric(here, people - here, n, state)
        people -= here
        n -= gone
        booked_from[m, ticket, c] -= gone
        to[products.origin[ticket]] += gone
        also[products.origin[ticket]] += gone
    return state


@lean
def board(
    seed: int, members: Ints, step: int, delta: float, boarding: float, day: int, products: Products,
    last_minute: LastMinute, gate: Gate, pace: Pace, to: Travellers, scratch: Scratch,
) -> None:  # fmt: skip
    """Board those booked for today; `boarding` is the share of today's remaining passengers who leave now.

    A service has one stream of draws for all its products and classes.
    """
    booked, ignored = to.booked, scratch.ignored
    number, classes, doors = booked.shape[2], booked.shape[3], to.road.shape[1]
    h = day % booked.shape[1]
    on_road, in_air = step % to.road.shape[2], step % to.air.shape[2]
    for m in range(booked.shape[0]):
        last = 0
        while last < number:
            first, service = last, products.service[last]
            while last < number and products.service[last] == service:
                last += 1
            people = to.sold[m, service, h]
            if people == 0:
                continue
            going, even = take_off(m, service, people, boarding, last_minute, scratch.taking_off)
            if going == 0:
                continue
            state = key(seed, members[m], step, service, BOARD)
            for p in range(first, last):
                a = products.entry[p]
                for c in range(classes):
                    here = booked[m, h, p, c]
                    if here == 0:
                        continue
                    n, state = hypergeometric(here, people - here, going, state)
                    people -= here
                    going -= n
                    if n == 0:
                        continue
                    booked[m, h, p, c] -= n
                    to.sold[m, service, h] -= n
                    if products.domestic[p]:
                        state = fly_from(m, p, c, n, products, to.booked_from, to.road_from[m, a, c], ignored, state)
                        state = on_the_way(
                            m, n, products.hours[m, p], pace, scratch.taking_off, even, on_road, delta, to.road[m, a],
                            c, to.road_parts[m, a], scratch.calendar, state)  # fmt: skip
                        continue
                    n, state = through_gate(m, p, a, c, n, products, gate, to, scratch, state)
                    if n > 0:
                        state = fly_from(m, p, c, n, products, to.booked_from, to.abroad[m, :, c], to.flows[m, :, a],
                                         state)  # fmt: skip
                        state = on_the_way(
                            m, n, products.hours[m, p], pace, scratch.taking_off, even, in_air, delta,
                            to.air[m, a - doors], c, scratch.unheeded, scratch.calendar, state)  # fmt: skip


def last_minute_boarding(now: Now) -> tuple[Floats, Floats]:
    """Return ([M] share of those who booked within the step for today who leave in it, [M, parts] when by).

    They leave evenly from when they acted to midnight.
    """
    parts = now.all_by.shape[1]
    ends = now.delta * np.arange(1, parts + 1) / parts
    acted = ends - now.delta / parts / 2
    fresh = np.diff(now.all_by, axis=1, prepend=0.0)
    left = np.clip((ends[None, :] - acted[:, None]) / (24.0 - now.hour - acted[:, None]), 0.0, 1.0)
    gone = fresh @ left
    return gone[:, -1].copy(), gone / np.maximum(gone[:, -1:], 1e-300)


def step(members: Members, state: State, now: Now) -> None:
    """Board, for this step, those booked for today."""
    world = members.world
    share, by = last_minute_boarding(now)
    board(
        members.seed,
        members.numbers,
        now.step,
        now.delta,
        min(1.0, now.delta / (24.0 - now.hour)),
        now.day,
        Products(
            world.product_service,
            world.ticket_span,
            world.ticket_origin,
            world.product_entry,
            world.product_domestic,
            members.product_hours,
        ),
        LastMinute(now.last_minute, share, by),
        Gate(now.refused, now.summoned, now.admitted, now.closed, comply_share(members, state, now), world.listed_twin),
        kept_pace(members),
        Travellers(*(getattr(state, name) for name in Travellers._fields)),
        Scratch(
            np.zeros(world.parts),
            np.zeros((state.air.shape[2], world.parts), dtype=np.float32),
            np.zeros(world.origins, dtype=np.int64),
            np.zeros(world.origins, dtype=np.int64),
            np.zeros(world.origins, dtype=np.int64),
            calendar(max(state.road.shape[2], state.air.shape[2]), world.parts),
        ),
    )
