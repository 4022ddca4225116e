"""Step 7, travel: a calendar ring by step of arrival; boarding with exit control; road blocks.

    P(arrive in step j) = ∫₀¹ [Φ(T ≤ (j + 1 − u)Δ) − Φ(T ≤ (j − u)Δ)] du,   T log-normal, start uniform in the step
    boarding: those booked for today leave evenly over what is left of the day; exit control at the airport
    road block: those who pass its distance (hours from the door) in this step are caught, and no others;
    a share turns back, the rest goes round

A feeder flight puts people on the road to the land doors near its city; the tail of long journeys is cut at 0.1 %.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from egress.engine.compiled import compiled, lean
from egress.engine.draws import (
    binomial,
    hypergeometric,
    key,
    purpose,
    spread,
    uniform,
)
from egress.engine.members import Members
from egress.engine.processes.call_up import in_force, quota
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

SET_OUT = purpose("set out")
BOARD = purpose("board")
BLOCK = purpose("road block")
FLOWN = purpose("ordinary flown")
ROUNDING = 1e-9  # of shares of whole people


def slot_cdf(hours: Floats, spread: Floats, delta: float, slots: int) -> Floats:
    """Return [M, K, R] cumulative chance of arriving within the first j + 1 steps; the tail is put in the last.

    hours [M, K] median travel times; spread [M] factor of one standard deviation. The mean over the start is
    in closed form: ∫₀ˣ Φ(T ≤ t) dt = x Φ(T ≤ x) − E[T; T ≤ x].
    """
    from scipy.special import ndtr

    sd = np.log(np.maximum(spread, 1.0 + 1e-9))[:, None, None]
    median = np.log(np.maximum(hours, 1e-3))[:, :, None]
    until = np.arange(slots + 1) * delta
    z = (np.log(np.maximum(until, 1e-300)) - median) / sd
    area = until * ndtr(z) - np.exp(median + sd**2 / 2) * ndtr(z - sd)
    total = np.clip(np.diff(area, axis=-1) / delta, 0.0, 1.0)
    total[:, :, -1] = 1.0
    return np.asarray(total)


FEW = 4  # up to so many people are drawn one by one for each origin that they may come from, or in all on setting out
SOME = 256  # up to so many are counted below each running sum of slots


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


@compiled
def set_out(
    seed: int, members: Ints, step: int, cdf: Floats, row: Ints, span: Ints, way_entry: Ints, leaving: Ints,
    road: Ints, road_from: Ints,
) -> None:  # fmt: skip
    """Put those who leave by land on the road; row [K] is the row of an itinerary in `cdf`, −1 with a seat."""
    counts, drawn = np.zeros(road.shape[2], dtype=np.int64), np.zeros(SOME)
    _set_out(seed, members, step, cdf, row, span, way_entry, leaving, road, road_from, counts, drawn)


@lean
def _set_out(
    seed: int, members: Ints, step: int, cdf: Floats, row: Ints, span: Ints, way_entry: Ints, leaving: Ints,
    road: Ints, road_from: Ints, counts: Ints, drawn: Floats,
) -> None:  # fmt: skip
    """Do the work of `set_out` with the scratch that it made."""
    classes = road.shape[3]
    for m in range(leaving.shape[0]):
        for o in range(span.shape[0] - 1):
            for k in range(span[o], span[o + 1]):
                if row[k] < 0:
                    continue
                x = way_entry[k]
                for c in range(classes):
                    n = leaving[m, k, c]
                    if n == 0:
                        continue
                    leaving[m, k, c] = 0
                    state = key(seed, members[m], step, k * classes + c, SET_OUT)
                    spread_out(n, cdf[m, row[k]], step, road[m, x], c, counts, drawn, state)
                    road_from[m, x, c, o] += n


@lean
def spread_out(n: int, cdf: Floats, step: int, ring: Ints, c: int, scratch: Ints, drawn: Floats, state: int) -> int:
    """Add `n` people of a class to a ring [R, C] by step of arrival; `cdf` over the first steps of it.

    `scratch` [slots] is 0 before and after.
    """
    slots = ring.shape[0]
    if n <= FEW:
        for _ in range(n):
            u, state = uniform(state)
            j = 0
            while u >= cdf[j]:
                j += 1
            ring[(step + j) % slots, c] += 1
        return state
    state = spread(n, cdf[:slots], scratch, drawn, state)
    left = n
    slot = step % slots
    for j in range(slots):
        if scratch[j] > 0:
            ring[slot, c] += scratch[j]
            left -= scratch[j]
            scratch[j] = 0
            if left == 0:
                break
        slot += 1
        if slot == slots:
            slot = 0
    return state


@compiled
def stop_at_block(
    seed: int, members: Ints, step: int, delta: float, share: Floats, before: Floats, distance: Floats,
    local: Bools, road: Ints, road_from: Ints, cooling: Ints,
) -> None:  # fmt: skip
    """Turn back those whom a road block catches: remaining time within (distance, distance + delta].

    A slot may pass in two steps; `before` [M, X] is the share turned back in the first of them.
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
            part = distance[m, x] / delta - near
            for c in range(classes):
                state = key(seed, members[m], step, x * classes + c, BLOCK)
                barred = 0
                total = 0
                for o in range(origins):
                    total += road_from[m, x, c, o]
                    others[o] = 0 if local[x, o, m] else road_from[m, x, c, o]
                    barred += others[o]
                if barred == 0:
                    continue
                for late in range(2):
                    if near + late >= slots:
                        continue
                    slot = (step + near + late) % slots
                    passing = part if late == 1 else (1.0 - part) / max(1.0 - part * before[m, x], 1e-9)
                    n, state = hypergeometric(barred, total - barred, road[m, x, slot, c], state)
                    n, state = binomial(n, min(passing, 1.0) * share[m, x], state)
                    if n == 0:
                        continue
                    road[m, x, slot, c] -= n
                    out[:] = 0
                    state = leave(others, n, out, cooling[m, :, c], state)
                    barred -= n
                    total -= n
                    for o in range(origins):
                        road_from[m, x, c, o] -= out[o]


@lean
def board(
    seed: int,
    members: Ints,
    step: int,
    boarding: float,
    today: int,
    refused: Floats,
    summoned: Floats,
    comply: Floats,
    product_service: Ints,
    product_entry: Ints,
    exit_entry: Ints,
    domestic: Bools,
    cdf: Floats,
    twin: Ints,
    doors: int,
    booked: Ints,
    booked_from: Ints,
    road: Ints,
    road_from: Ints,
    air: Ints,
    abroad: Ints,
    flows: Ints,
    cooling: Ints,
    called: Ints,
    listed: Ints,
    turned_back: Ints,
    scratch: Ints,
    drawn: Floats,
    ignored: Ints,
) -> None:
    """Board those booked for today; `boarding` is the share of today's remaining passengers who leave now.

    Of each service exactly that share leaves, rounded down: if chance let more leave, seats that have flown
    would be sold again. product_service [P] in order; exit_entry [P] entry whose exit control
    applies at take-off (−1 for feeders); cdf [M, P, R].
    """
    days, classes = booked.shape[2], booked.shape[3]
    h = today % days
    for m in range(booked.shape[0]):
        people = 0
        going = 0
        for p in range(booked.shape[1]):
            a = product_entry[p]
            if p == 0 or product_service[p] != product_service[p - 1]:
                people = 0
                for q in range(p, booked.shape[1]):
                    if product_service[q] != product_service[p]:
                        break
                    for c in range(classes):
                        people += booked[m, q, h, c]
                going = int(people * boarding + ROUNDING)
            for c in range(classes):
                here = booked[m, p, h, c]
                if here == 0:
                    continue
                state = key(seed, members[m], step, p * classes + c, BOARD)
                n, state = hypergeometric(here, people - here, going, state)
                people -= here
                going -= n
                if n == 0:
                    continue
                booked[m, p, h, c] -= n
                stopped = 0
                if exit_entry[p] >= 0:
                    stopped, state = binomial(n, refused[m, a, c], state)
                if stopped > 0:
                    turned_back[m, a] += stopped
                    served, state = binomial(stopped, summoned[m, a, c], state)
                    state = send_home(m, stopped, served, comply[m], c, twin[c], booked_from[m, p, c], cooling,
                                      called, listed, state)  # fmt: skip
                n -= stopped
                if n == 0:
                    continue
                if domestic[p]:
                    state = leave(booked_from[m, p, c], n, road_from[m, a, c], ignored, state)
                    state = spread_out(n, cdf[m, p], step, road[m, a], c, scratch, drawn, state)
                else:
                    state = leave(booked_from[m, p, c], n, abroad[m, :, c], flows[m, :, a], state)
                    state = spread_out(n, cdf[m, p], step, air[m, a - doors], c, scratch, drawn, state)


@compiled
def send_home(
    m: int, stopped: int, served: int, comply: Floats, c: int, listed_class: int, table: Ints, cooling: Ints,
    called: Ints, listed: Ints, state: int,
) -> int:  # fmt: skip
    """Send people back from exit control; those served a summons are listed, a share of them complies.

    comply [2]: that share, and how many more the quota takes; the latter is lowered.
    """
    if listed_class < 0:
        served = 0
    if served > 0:
        out = np.zeros(table.shape[0], dtype=np.int64)
        state = leave(table, served, out, out, state)
        for o in range(out.shape[0]):
            if out[o] > 0:
                n = out[o] // 2  # counted twice by `leave`
                reported, state = binomial(n, comply[0], state)
                reported = min(reported, int(comply[1]))
                comply[1] -= reported
                called[m, o, listed_class] += reported
                cooling[m, o, listed_class] += n - reported
                if listed_class != c:
                    listed[m, o] += n
    ignored = np.zeros(table.shape[0], dtype=np.int64)
    return leave(table, stopped - served, cooling[m, :, c], ignored, state)


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


def tables(members: Members, state: State) -> tuple[Any, ...]:
    """Return (slot cdf of ways by land, row of each itinerary, slot cdf of products); kept."""
    kept = members._kept
    if "road cdf" not in kept:
        world = members.world
        by_land = world.way_product < 0
        slots = state.road.shape[2]
        kept["road cdf"] = slot_cdf(members.hours[:, by_land], members["travel_spread"], world.delta, slots)
        kept["row"] = np.where(by_land, np.cumsum(by_land) - 1, -1)
        length = max(slots, state.air.shape[2])
        products = slot_cdf(members.product_hours, members["travel_spread"], world.delta, length)
        flights = ~world.product_domestic
        products[:, flights, state.air.shape[2] - 1 :] = 1.0
        products[:, ~flights, slots - 1 :] = 1.0
        kept["product cdf"] = products
    return kept["road cdf"], kept["row"], kept["product cdf"]


def step(members: Members, state: State, now: Now, ordinary: Ints) -> None:
    """Set out, stop at road blocks, board; `ordinary` [M, A] gains the ordinary air travellers."""
    world = members.world
    road_cdf, row, product_cdf = tables(members, state)
    set_out(
        members.seed, members.numbers, now.step, road_cdf, row, world.way_span, world.way_entry,
        state.leaving, state.road, state.road_from,
    )  # fmt: skip
    if now.block.any():
        stop_at_block(
            members.seed, members.numbers, now.step, now.delta, now.block, now.block_before, now.block_hours,
            now.block_local, state.road, state.road_from, state.cooling,
        )  # fmt: skip
    boarding = min(1.0, now.delta / (24.0 - now.hour))
    flies = (1.0 - now.closed)[:, :, None]  # nobody does from an airport that is shut, nor is there exit control
    kept = 1.0 - (1.0 - now.refused) * now.admitted * flies  # carriers do not take whom the other side turns away
    board(
        members.seed,
        members.numbers,
        now.step,
        boarding,
        now.day,
        kept,
        now.summoned * now.refused * flies / np.maximum(kept, 1e-300),  # exit control alone serves summonses
        comply_share(members, state, now),
        world.product_service,
        world.product_entry,
        np.where(world.product_domestic, -1, world.product_entry),
        world.product_domestic,
        product_cdf,
        world.listed_twin,
        world.doors,
        state.booked,
        state.booked_from,
        state.road,
        state.road_from,
        state.air,
        state.abroad,
        state.flows,
        state.cooling,
        state.called_up,
        state.listed,
        state.turned_back,
        np.zeros(product_cdf.shape[2], dtype=np.int64),
        np.zeros(SOME),
        np.zeros(world.origins, dtype=np.int64),
    )
    fly_ordinary(
        now.day, now.delta / 24, now.ordinary_admitted * (1.0 - now.closed), world.service_entry,
        state.ordinary_held, state.ordinary_flown, ordinary,
    )  # fmt: skip
