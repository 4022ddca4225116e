"""Step 7, travel: a calendar ring by step of arrival; boarding with exit control; road blocks.

    P(arrive in step j) = ∫₀¹ [Φ(T ≤ (j + 1 − u)Δ) − Φ(T ≤ (j − u)Δ)] du,   T log-normal, start uniform in the step
    boarding: those booked for today leave evenly over what is left of the day; exit control at the airport
    road block: those who pass its distance (hours from the door) in this step are caught, and no others;
    a share turns back, the rest goes round
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, hypergeometric, key, multinomial_cdf, multivariate_hypergeometric, purpose
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

SET_OUT = purpose("set out")
BOARD = purpose("board")
BLOCK = purpose("road block")
FLOWN = purpose("ordinary flown")
START_POINTS = 8  # midpoint rule over the uniform start within a step


def slot_cdf(hours: Floats, spread: Floats, delta: float, slots: int) -> Floats:
    """Return [M, K, R] cumulative chance of arriving within the first j + 1 steps; the tail is put in the last.

    hours [M, K] median travel times; spread [M] factor of one standard deviation.
    """
    from scipy.special import ndtr

    sd = np.log(np.maximum(spread, 1.0 + 1e-9))[:, None, None]
    median = np.log(np.maximum(hours, 1e-3))[:, :, None]
    total = np.zeros((*hours.shape, slots))
    for point in range(START_POINTS):
        start = (point + 0.5) / START_POINTS
        until = (np.arange(slots) + 1 - start) * delta
        total += ndtr((np.log(until)[None, None, :] - median) / sd)
    total /= START_POINTS
    total[:, :, -1] = 1.0
    return total


@compiled
def draw_origins(table: Ints, n: int, out: Ints, state: int) -> int:
    """Draw the origins of `n` people who leave a place; `table` [O] is lowered, `out` [O] raised."""
    people = table.sum()
    if n == people:
        for o in range(table.shape[0]):
            out[o] += table[o]
            table[o] = 0
        return state
    left = n
    for o in range(table.shape[0]):
        if left == 0:
            break
        here = table[o]
        if here > 0:
            k, state = hypergeometric(here, people - here, left, state)
            people -= here
            left -= k
            table[o] -= k
            out[o] += k
    return state


@compiled
def set_out(
    seed: int, members: Ints, step: int, cdf: Floats, row: Ints, span: Ints, way_entry: Ints, leaving: Ints,
    road: Ints, road_from: Ints,
) -> None:  # fmt: skip
    """Put those who leave by land on the road; row [K] is the row of an itinerary in `cdf`, −1 with a seat."""
    slots, classes = road.shape[2], road.shape[3]
    spread = np.zeros(slots, dtype=np.int64)
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
                    spread[:] = 0
                    state = multinomial_cdf(n, cdf[m, row[k]], spread, state)
                    for j in range(slots):
                        if spread[j] > 0:
                            road[m, x, (step + j) % slots, c] += spread[j]
                    road_from[m, x, o, c] += n


@compiled
def stop_at_block(
    seed: int, members: Ints, step: int, delta: float, share: Floats, distance: Floats, local: Bools,
    road: Ints, road_from: Ints, cooling: Ints,
) -> None:  # fmt: skip
    """Turn back those whom a road block catches: remaining time within (distance, distance + delta]."""
    slots, classes = road.shape[2], road.shape[3]
    origins = road_from.shape[2]
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
                    total += road_from[m, x, o, c]
                    others[o] = 0 if local[x, o] else road_from[m, x, o, c]
                    barred += others[o]
                if barred == 0:
                    continue
                for late in range(2):
                    if near + late >= slots:
                        continue
                    slot = (step + near + late) % slots
                    passing = part if late == 1 else 1.0 - part
                    n, state = binomial(road[m, x, slot, c], passing, state)
                    n, state = hypergeometric(barred, total - barred, n, state)
                    n, state = binomial(n, share[m, x], state)
                    if n == 0:
                        continue
                    road[m, x, slot, c] -= n
                    out[:] = 0
                    state = draw_origins(others, n, out, state)
                    barred -= n
                    total -= n
                    for o in range(origins):
                        road_from[m, x, o, c] -= out[o]
                        cooling[m, o, c] += out[o]


@compiled
def board(
    seed: int,
    members: Ints,
    step: int,
    leave: float,
    today: int,
    refused: Floats,
    summoned: Floats,
    comply: Floats,
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
) -> None:
    """Board those booked for today; `leave` is the share of today's remaining passengers who leave now.

    exit_entry [P] entry whose exit control applies at take-off (−1 for feeders); cdf [M, P, R].
    """
    days, classes = booked.shape[2], booked.shape[3]
    origins = booked_from.shape[2]
    h = today % days
    out = np.zeros(origins, dtype=np.int64)
    spread = np.zeros(cdf.shape[2], dtype=np.int64)
    for m in range(booked.shape[0]):
        for p in range(booked.shape[1]):
            a = product_entry[p]
            for c in range(classes):
                if booked[m, p, h, c] == 0:
                    continue
                state = key(seed, members[m], step, p * classes + c, BOARD)
                n, state = binomial(booked[m, p, h, c], leave, state)
                if n == 0:
                    continue
                booked[m, p, h, c] -= n
                stopped = 0
                if exit_entry[p] >= 0:
                    stopped, state = binomial(n, refused[m, a, c], state)
                if stopped > 0:
                    turned_back[m, a] += stopped
                    served, state = binomial(stopped, summoned[m, a, c], state)
                    state = send_home(m, stopped, served, comply[m], c, twin[c], booked_from[m, p, :, c], out,
                                      cooling, called, listed, state)  # fmt: skip
                n -= stopped
                if n == 0:
                    continue
                out[:] = 0
                state = draw_origins(booked_from[m, p, :, c], n, out, state)
                spread[:] = 0
                if domestic[p]:
                    slots = road.shape[2]
                    state = multinomial_cdf(n, cdf[m, p, :slots], spread[:slots], state)
                    for j in range(slots):
                        road[m, a, (step + j) % slots, c] += spread[j]
                    for o in range(origins):
                        road_from[m, a, o, c] += out[o]
                else:
                    slots = air.shape[2]
                    state = multinomial_cdf(n, cdf[m, p, :slots], spread[:slots], state)
                    for j in range(slots):
                        air[m, a - doors, (step + j) % slots, c] += spread[j]
                    for o in range(origins):
                        abroad[m, o, c] += out[o]
                        flows[m, o, a] += out[o]


@compiled
def send_home(
    m: int, stopped: int, served: int, comply: float, c: int, listed_class: int, table: Ints, out: Ints,
    cooling: Ints, called: Ints, listed: Ints, state: int,
) -> int:  # fmt: skip
    """Send people back from exit control; those served a summons are listed, a share of them complies."""
    if listed_class < 0:
        served = 0
    out[:] = 0
    state = draw_origins(table, served, out, state)
    for o in range(out.shape[0]):
        if out[o] > 0:
            reported, state = binomial(out[o], comply, state)
            called[m, o, listed_class] += reported
            cooling[m, o, listed_class] += out[o] - reported
            if listed_class != c:
                listed[m, o] += out[o]
    out[:] = 0
    state = draw_origins(table, stopped - served, out, state)
    for o in range(out.shape[0]):
        cooling[m, o, c] += out[o]
    return state


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


def comply_share(members: Members) -> Floats:
    """Return [M] share of those served a summons who report (0 without a call-up)."""
    order = members.world.scenario.call_up
    return np.zeros(len(members)) if order is None else members.drawn(order.comply, "call-up/comply")


def tables(members: Members, state: State) -> tuple[Floats, Ints, Floats]:
    """Return (slot cdf of ways by land, row of each itinerary in it, slot cdf of products); kept per chunk."""
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
    return kept["road cdf"], kept["row"].astype(np.int64), kept["product cdf"]


def step(members: Members, state: State, now: Now, ordinary: Ints) -> None:
    """Set out, stop at road blocks, board; `ordinary` [M, A] gains the ordinary air travellers."""
    world = members.world
    road_cdf, row, product_cdf = tables(members, state)
    set_out(
        members.seed, members.numbers, now.step, road_cdf, row, world.way_span, world.way_entry, state.leaving,
        state.road, state.road_from,
    )  # fmt: skip
    if now.block.any():
        stop_at_block(
            members.seed, members.numbers, now.step, now.delta, now.block, now.block_hours, now.block_local,
            state.road, state.road_from, state.cooling,
        )  # fmt: skip
    leave = min(1.0, now.delta / (24.0 - now.hour))
    board(
        members.seed,
        members.numbers,
        now.step,
        leave,
        now.day,
        1.0 - (1.0 - now.refused) * now.admitted,  # carriers do not take whom the other side turns away
        now.summoned,
        comply_share(members),
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
    )
    fly_ordinary(
        now.day, now.delta / 24, now.ordinary_admitted, world.service_entry, state.ordinary_held,
        state.ordinary_flown, ordinary,
    )  # fmt: skip
