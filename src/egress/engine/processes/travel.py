"""Step 7, travel: a calendar ring by step of arrival; boarding with exit control; road blocks.

    arrival = start + T,  T log-normal, cut at 0.1 %;  start: when in the step people acted (`acted_by`)
    P(arrive by t) = Σ_q f_q (A(t − (q − 1)h) − A(t − q h)) / h,   A(t) = ∫₀ᵗ P(T ≤ u) du,   parts q of h hours
    boarding: those booked for today leave evenly over what was left of the day when they booked; exit control at
    the airport
    road block: those who come to it (its distance in hours from the door) while it stands are caught, and no
    others; a share turns back, the rest goes round

Beside the people of a slot of the ring stands how many come in each of its parts (`road_parts`), so that a queue
begins when they are there and not when the step begins. A feeder flight puts people on the road to the land doors
near its city.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, lean
from egress.engine.draws import (
    binomial,
    hypergeometric,
    key,
    multinomial_cdf,
    purpose,
    uniform,
)
from egress.engine.members import Members
from egress.engine.processes.call_up import in_force, quota
from egress.engine.processes.news import Now
from egress.engine.state import TAIL, Float32s, State
from egress.engine.world import Bools, Floats, Ints

SET_OUT = purpose("set out")
BOARD = purpose("board")
BLOCK = purpose("road block")
FLOWN = purpose("ordinary flown")
ROUNDING = 1e-9  # of shares of whole people
QUANTILES = 1024  # of travel time; between two of them it is read off a straight line
FINE = 2.0**21  # a uniform has 52 random bits: 10 for the quantile, 21 for the start in the step, 21 between quantiles
EVEN = 0.01  # of those who act: a course nearer than this to an even one is taken as even
HALF = math.sqrt(0.5)


def pace(spread: Floats) -> Floats:
    """Return [M, QUANTILES + 1] quantiles of travel time in units of the median; spread [M] factor of one sd."""
    from scipy.special import ndtri

    with np.errstate(divide="ignore"):
        z = np.clip(ndtri(np.arange(QUANTILES + 1) / QUANTILES), -TAIL, TAIL)
    return np.asarray(np.exp(_sd(spread)[:, None] * z))


def _sd(spread: Floats) -> Floats:
    return np.log(np.maximum(spread, 1.0 + 1e-9))


class Calendar(NamedTuple):
    """Scratch of the draws of many people: a ring of R slots, each of some parts."""

    cdf: Floats
    """[R · parts] chance to arrive by the end of each part."""
    area: Floats
    """[R · parts + 1]"""
    by_slot: Floats
    """[R] chance to arrive by the end of each slot."""
    counts: Ints
    """[R]"""


def calendar(slots: int, parts: int) -> Calendar:
    """Return scratch for rings of up to so many slots."""
    cells = slots * parts
    return Calendar(np.zeros(cells), np.zeros(cells + 1), np.zeros(slots), np.zeros(slots, dtype=np.int64))


@lean
def arrived_area(t: float, log_median: float, sd: float) -> float:
    """Return A(t) = ∫₀ᵗ P(T ≤ u) du = t Φ(z) − E[T; T ≤ t] of a log-normal time."""
    if t <= 0.0:
        return 0.0
    z = (math.log(t) - log_median) / sd
    if z < -9.0:
        return 0.0
    mean = math.exp(log_median + sd * sd / 2)
    if z > 9.0 + sd:
        return t - mean
    return 0.5 * (t * math.erfc(-z * HALF) - mean * math.erfc((sd - z) * HALF))


@lean
def arrivals(
    hours: float, sd: float, acted_by: Floats, even: bool, delta: float, parts: int, area: Floats, cdf: Floats
) -> None:
    """Write to cdf [R · parts] the chance to arrive by the end of each part of each step; the tail comes at the end.

    area [R · parts + 1] is scratch.
    """
    length = delta / parts
    log_median = math.log(max(hours, 1e-3))
    for i in range(cdf.shape[0] + 1):
        area[i] = arrived_area(i * length, log_median, sd)
    for i in range(cdf.shape[0]):
        before = 0.0
        cdf[i] = 0.0
        for q in range(min(parts, i + 1)):
            share = 1.0 / parts if even else acted_by[q] - before
            before = acted_by[q]
            cdf[i] += share / length * (area[i + 1 - q] - area[i - q])
        cdf[i] = min(cdf[i], 1.0)
    cdf[-1] = 1.0


FEW = 4  # up to so many people for each origin that they may come from are drawn one by one
MANY = 400  # up to so many people set out one by one: quicker than a draw per slot


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


@lean
def is_even(acted_by: Floats) -> bool:
    """Return whether people act evenly over the step, to within EVEN of them."""
    parts = acted_by.shape[0]
    most = 0.0
    for q in range(parts):
        most = max(most, abs(acted_by[q] - (q + 1.0) / parts))
    return most <= EVEN


@lean
def part_of_step(share: float, acted_by: Floats) -> float:
    """Return the share of a step by which a `share` of those who act in it have acted."""
    q = 0
    before = 0.0
    while q < acted_by.shape[0] - 1 and acted_by[q] < share:
        before = acted_by[q]
        q += 1
    within = (share - before) / max(acted_by[q] - before, 1e-300)
    return float((q + min(max(within, 0.0), 1.0)) / acted_by.shape[0])


@lean
def on_the_way(
    n: int, hours: float, pace: Floats, acted_by: Floats, even: bool, step: int, delta: float, ring: Ints, c: int,
    by_part: Float32s, calendar: Calendar, state: int,
) -> int:  # fmt: skip
    """Put `n` people of a class on a ring [R, C] by step of arrival, and count them in its parts [R, parts]."""
    slots, parts = by_part.shape
    now = step % slots
    if n <= MANY:
        for _ in range(n):
            u, state = uniform(state)
            u *= QUANTILES
            i = int(u)
            u = (u - i) * FINE
            share = int(u)
            travel = hours * (pace[i] + (pace[i + 1] - pace[i]) * (u - share))
            begin = (share + 0.5) / FINE
            if not even:
                begin = part_of_step(begin, acted_by)
            t = begin + travel / delta
            j = min(int(t), slots - 1)
            slot = now + j if now + j < slots else now + j - slots
            ring[slot, c] += 1
            by_part[slot, min(int((t - j) * parts), parts - 1)] += 1.0
        return state
    cdf, by_slot, counts = calendar.cdf, calendar.by_slot[:slots], calendar.counts[:slots]
    arrivals(hours, math.log(pace[QUANTILES]) / TAIL, acted_by, even, delta, parts, calendar.area, cdf[: slots * parts])
    for j in range(slots):
        by_slot[j] = cdf[(j + 1) * parts - 1]
        counts[j] = 0
    state = multinomial_cdf(n, by_slot, counts, state)
    before = 0.0
    for j in range(slots):
        slot = (now + j) % slots
        ring[slot, c] += counts[j]
        each = counts[j] / max(cdf[(j + 1) * parts - 1] - before, 1e-300)
        for q in range(parts):
            by_part[slot, q] += each * (cdf[j * parts + q] - before)
            before = cdf[j * parts + q]
    return state


@lean
def set_out(
    seed: int, members: Ints, step: int, delta: float, hours: Floats, pace: Floats, acted_by: Floats, by_land: Bools,
    span: Ints, way_entry: Ints, leaving: Ints, road: Ints, road_parts: Float32s, road_from: Ints, even: Bools,
    calendar: Calendar,
) -> None:  # fmt: skip
    """Put those who leave by land on the road; hours [M, K] medians, pace [M, quantiles], acted_by [M, C, parts]."""
    classes = road.shape[3]
    for m in range(leaving.shape[0]):
        for c in range(classes):
            even[c] = is_even(acted_by[m, c])
        for o in range(span.shape[0] - 1):
            for k in range(span[o], span[o + 1]):
                if not by_land[k]:
                    continue
                x = way_entry[k]
                for c in range(classes):
                    n = leaving[m, k, c]
                    if n == 0:
                        continue
                    leaving[m, k, c] = 0
                    state = key(seed, members[m], step, k * classes + c, SET_OUT)
                    on_the_way(n, hours[m, k], pace[m], acted_by[m, c], even[c], step, delta, road[m, x], c,
                               road_parts[m, x], calendar, state)  # fmt: skip
                    road_from[m, x, c, o] += n


@compiled
def stop_at_block(
    seed: int, members: Ints, step: int, delta: float, share: Floats, distance: Floats,
    local: Bools, road: Ints, road_parts: Float32s, road_from: Ints, cooling: Ints,
) -> None:  # fmt: skip
    """Turn back those whom a road block catches: the slot of the ring that comes to it in this step.

    Of a slot that is at the block when a step ends, all count as coming to it in that step; share [M, X] is the
    share turned back of those who do, by the hours at which they do.
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
            if near >= slots:
                continue
            slot = (step + near) % slots
            for c in range(classes):
                if road[m, x, slot, c] == 0:
                    continue
                state = key(seed, members[m], step, x * classes + c, BLOCK)
                barred = 0
                total = 0
                for o in range(origins):
                    total += road_from[m, x, c, o]
                    others[o] = 0 if local[x, o, m] else road_from[m, x, c, o]
                    barred += others[o]
                n, state = hypergeometric(barred, total - barred, road[m, x, slot, c], state)
                n, state = binomial(n, share[m, x], state)
                if n == 0:
                    continue
                road_parts[m, x, slot] *= 1.0 - n / road[m, x, slot].sum()
                road[m, x, slot, c] -= n
                out[:] = 0
                state = leave(others, n, out, cooling[m, :, c], state)
                for o in range(origins):
                    road_from[m, x, c, o] -= out[o]


@lean
def board(
    seed: int,
    members: Ints,
    step: int,
    delta: float,
    boarding: float,
    late_boarding: Floats,
    late_by: Floats,
    last_minute: Ints,
    today: int,
    refused: Floats,
    summoned: Floats,
    comply: Floats,
    product_service: Ints,
    product_entry: Ints,
    exit_entry: Ints,
    domestic: Bools,
    hours: Floats,
    pace: Floats,
    twin: Ints,
    doors: int,
    booked: Ints,
    booked_from: Ints,
    road: Ints,
    road_parts: Float32s,
    road_from: Ints,
    air: Ints,
    abroad: Ints,
    flows: Ints,
    cooling: Ints,
    called: Ints,
    listed: Ints,
    turned_back: Ints,
    taking_off: Floats,
    unheeded: Float32s,
    ignored: Ints,
    calendar: Calendar,
) -> None:
    """Board those booked for today; `boarding` is the share of today's remaining passengers who leave now.

    Of those who booked within the step, last_minute [M, S], it is late_boarding [M]; late_by [M, parts] when.
    Of each service exactly that share leaves, rounded down: if chance let more leave, seats that have flown
    would be sold again. product_service [P] in order; exit_entry [P] entry whose exit control
    applies at take-off (−1 for feeders); hours [M, P].
    """
    days, classes = booked.shape[2], booked.shape[3]
    h = today % days
    parts = road_parts.shape[3]
    even = True
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
                late = min(last_minute[m, product_service[p]], people)
                early = (people - late) * boarding
                late *= late_boarding[m]
                going = int(early + late + ROUNDING)
                even = late == 0.0
                if not even:
                    for q in range(parts):
                        taking_off[q] = (early * (q + 1.0) / parts + late * late_by[m, q]) / (early + late)
                    even = is_even(taking_off)
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
                    state = on_the_way(n, hours[m, p], pace[m], taking_off, even, step, delta, road[m, a], c,
                                       road_parts[m, a], calendar, state)  # fmt: skip
                else:
                    state = leave(booked_from[m, p, c], n, abroad[m, :, c], flows[m, :, a], state)
                    state = on_the_way(n, hours[m, p], pace[m], taking_off, even, step, delta, air[m, a - doors], c,
                                       unheeded, calendar, state)  # fmt: skip


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


def quantiles(members: Members) -> Floats:
    """Return [M, QUANTILES + 1] quantiles of travel time in units of its median; kept."""
    if "pace" not in members._kept:
        members._kept["pace"] = pace(members["travel_spread"])
    return np.asarray(members._kept["pace"])


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
    return gone[:, -1], gone / np.maximum(gone[:, -1:], 1e-300)


def step(members: Members, state: State, now: Now, ordinary: Ints) -> None:
    """Set out, board, stop at road blocks; `ordinary` [M, A] gains the ordinary air travellers."""
    world = members.world
    speeds = quantiles(members)
    set_out(
        members.seed, members.numbers, now.step, now.delta, members.hours, speeds, now.acted_by,
        world.way_product < 0, world.way_span, world.way_entry, state.leaving, state.road, state.road_parts,
        state.road_from, np.zeros(world.classes, dtype=bool), calendar(state.road.shape[2], world.parts),
    )  # fmt: skip
    boarding = min(1.0, now.delta / (24.0 - now.hour))
    flies = (1.0 - now.closed)[:, :, None]  # nobody does from an airport that is shut, nor is there exit control
    kept = 1.0 - (1.0 - now.refused) * now.admitted * flies  # carriers do not take whom the other side turns away
    board(
        members.seed,
        members.numbers,
        now.step,
        now.delta,
        boarding,
        *last_minute_boarding(now),
        now.last_minute,
        now.day,
        kept,
        now.summoned * now.refused * flies / np.maximum(kept, 1e-300),  # exit control alone serves summonses
        comply_share(members, state, now),
        world.product_service,
        world.product_entry,
        np.where(world.product_domestic, -1, world.product_entry),
        world.product_domestic,
        members.product_hours,
        speeds,
        world.listed_twin,
        world.doors,
        state.booked,
        state.booked_from,
        state.road,
        state.road_parts,
        state.road_from,
        state.air,
        state.abroad,
        state.flows,
        state.cooling,
        state.called_up,
        state.listed,
        state.turned_back,
        np.zeros(world.parts),
        np.zeros((state.air.shape[2], world.parts), dtype=np.float32),
        np.zeros(world.origins, dtype=np.int64),
        calendar(max(state.road.shape[2], state.air.shape[2]), world.parts),
    )
    if now.block.any():
        stop_at_block(
            members.seed, members.numbers, now.step, now.delta, now.block, now.block_hours,
            now.block_local, state.road, state.road_parts, state.road_from, state.cooling,
        )  # fmt: skip
    fly_ordinary(
        now.day, now.delta / 24, now.ordinary_admitted * (1.0 - now.closed), world.service_entry,
        state.ordinary_held, state.ordinary_flown, ordinary,
    )  # fmt: skip
