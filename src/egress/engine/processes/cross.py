"""Step 8, cross: lanes served first in, first out; exit control, entry control; balking and giving up.

    served = min(waiting, μ · factor · open hours), arrivals and service linear within a step
    dμ/dt = (μ* − μ)/τ_μ,  μ* = μ1 while the wait is above 2 h, else μ0
    balk: 1 − exp(−c_b · max(0, wait − 6 h));  give up: c_r · exp(−elapsed/24 h) per hour

The wait of a person is the horizontal distance between the cumulative curves of arrival and of service. Its
sum over all people, those still waiting included, equals the time integral of the queue, which is
accumulated apart (`integral`); `engine/conserve.py` compares the two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled, lean
from egress.engine.draws import binomial, key, multinomial, multivariate_hypergeometric, purpose
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.processes.leave import comply_share, leave, send_home
from egress.engine.state import Float32s, State
from egress.engine.world import Bools, Floats, Ints, World

ARRIVE = purpose("arrive at a door")
QUEUE = purpose("queue")
CONTROL = purpose("control")
SAME = 0.5  # persons served: below it a step in which people come unevenly counts as even
ROUNDING = 1e-9  # persons; a whole person may come out as 6.9999999999


@compiled
def join(lane: int, m: int, begin: float, until: float, people: Ints, queue: Ints, start: Floats, end: Floats,
         oldest: Ints, newest: Ints) -> None:  # fmt: skip
    """Add a cohort that arrives evenly from `begin` to `until`; the two oldest are merged where the ring is full."""
    if people.sum() == 0:
        return
    cohorts = queue.shape[2]
    if newest[m, lane] - oldest[m, lane] == cohorts:
        first, second = oldest[m, lane] % cohorts, (oldest[m, lane] + 1) % cohorts
        one, two = queue[m, lane, first].sum(), queue[m, lane, second].sum()
        middle = (
            one * (start[m, lane, first] + end[m, lane, first]) + two * (start[m, lane, second] + end[m, lane, second])
        ) / (2.0 * max(one + two, 1))
        queue[m, lane, second, :] += queue[m, lane, first, :]
        queue[m, lane, first, :] = 0
        start[m, lane, second] = start[m, lane, first]
        end[m, lane, second] = 2.0 * middle - start[m, lane, first]
        oldest[m, lane] += 1
    slot = newest[m, lane] % cohorts
    queue[m, lane, slot, :] += people
    start[m, lane, slot] = begin
    end[m, lane, slot] = until
    newest[m, lane] += 1


@compiled
def give_up(
    lane: int, m: int, begin: float, delta: float, rate: float, memory: float, queue: Ints, start: Floats,
    end: Floats, oldest: Ints, newest: Ints, out: Ints, state: int,
) -> tuple[float, int]:  # fmt: skip
    """Draw who gives up among those waiting at the begin of a step; return (the sum of their waits, state).

    They came, and will be served, in the middle of a step on average: so the risk is that of the hours from the
    middle of the last step to the middle of this one.
    """
    cohorts = queue.shape[2]
    waits = 0.0
    for number in range(oldest[m, lane], newest[m, lane]):
        slot = number % cohorts
        people = queue[m, lane, slot].sum()
        if people == 0 or start[m, lane, slot] >= begin:
            continue
        arrival = (start[m, lane, slot] + end[m, lane, slot]) / 2.0
        elapsed = max(begin - arrival, 0.0)
        first = max(elapsed - delta / 2.0, 0.0)
        risk = rate * memory * (np.exp(-first / memory) - np.exp(-(elapsed + delta / 2.0) / memory))
        n, state = binomial(people, -np.expm1(-risk), state)
        if n > 0:
            before = out.copy()
            state = multivariate_hypergeometric(queue[m, lane, slot], n, out, state)
            for c in range(out.shape[0]):
                queue[m, lane, slot, c] -= out[c] - before[c]
            waits += n * (begin + delta / 2.0 - arrival)
    return waits, state


@compiled
def serve(
    lane: int, m: int, begin: float, delta: float, served: int, queue: Ints, start: Floats, end: Floats,
    oldest: Ints, newest: Ints, out: Ints, state: int,
) -> tuple[float, int]:  # fmt: skip
    """Serve `served` people, the first come first; return (the sum of their waits, state)."""
    cohorts = queue.shape[2]
    done = 0
    waits = 0.0
    while done < served:
        slot = oldest[m, lane] % cohorts
        people = queue[m, lane, slot].sum()
        n = min(people, served - done)
        if n > 0:
            until = start[m, lane, slot] + (end[m, lane, slot] - start[m, lane, slot]) * n / people
            service = begin + delta * (done + n / 2.0) / served
            waits += n * (service - (start[m, lane, slot] + until) / 2.0)
            if n == people:
                out += queue[m, lane, slot]
                queue[m, lane, slot, :] = 0
            else:
                before = out.copy()
                state = multivariate_hypergeometric(queue[m, lane, slot], n, out, state)
                for c in range(out.shape[0]):
                    queue[m, lane, slot, c] -= out[c] - before[c]
            start[m, lane, slot] = until
            done += n
        if n == people:
            oldest[m, lane] += 1
    return waits, state


@lean
def work(
    lane: int, m: int, begin: float, length: float, rate: float, before: int, joining: Ints, credit: Floats,
    integral: Floats, queue: Ints, start: Floats, end: Floats, oldest: Ints, newest: Ints, out: Ints, state: int,
) -> tuple[int, int, float, int]:  # fmt: skip
    """Let people join and be served evenly over `length` hours; return (still waiting, served, their waits, state)."""
    join(lane, m, begin, begin + length, joining, queue, start, end, oldest, newest)
    people = before + joining.sum()
    could = credit[m, lane] + rate * length
    whole = int(could + ROUNDING)
    served = min(whole, people)
    credit[m, lane] = max(could - whole, 0.0) if served == whole else 0.0
    waits = 0.0
    if served > 0:
        waits, state = serve(lane, m, begin, length, served, queue, start, end, oldest, newest, out, state)
    integral[m, lane] += length * (before + people - served) / 2.0
    return people - served, served, waits, state


@lean
def fluid(before: float, surge: float, ordinary: float, by_part: Floats, could: float) -> float:
    """Return how many would be served in a step in the parts of which people come unevenly, and are served evenly.

    by_part [parts] shares of the surge; ordinary traffic comes evenly; `could` be served in the whole step.
    """
    parts = by_part.shape[0]
    waiting, served = before, 0.0
    for q in range(parts):
        waiting += surge * by_part[q] + ordinary / parts
        done = min(waiting, could / parts)
        waiting -= done
        served += done
    return served


@lean
def come_now(part: int, by_part: Floats, joining: Ints, out: Ints, state: int) -> int:
    """Draw those of `joining` who come in this part of the step; they are moved to `out`."""
    classes = joining.shape[0] - 1
    parts = by_part.shape[0]
    rest = 0.0
    for q in range(part, parts):
        rest += by_part[q]
    for c in range(classes + 1):
        chance = 1.0 / (parts - part) if c == classes else by_part[part] / max(rest, 1e-300)
        if part == parts - 1:
            chance = 1.0
        out[c], state = binomial(joining[c], chance, state)
        joining[c] -= out[c]
    return state


class Scratch(NamedTuple):
    """Scratch of the kernel."""

    coming: Ints
    joining: Ints
    now_joining: Ints
    gone: Ints
    through: Ints
    walkers: Ints
    """[C + 1] people of each class, ordinary traffic last."""
    ignored: Ints
    """[O]"""
    waits: Floats
    share: Floats
    ordinary_share: Floats
    """[lanes of a door]"""
    parts: Ints
    """[C + 1, lanes of a door]"""
    by_part: Floats
    """[parts of the step]"""


def scratch(classes: int, origins: int, lanes: int, parts_of_step: int) -> Scratch:
    """Return scratch for `cross`."""
    people = np.zeros((6, classes + 1), dtype=np.int64)
    reals = np.zeros((3, lanes))
    parts = np.zeros((classes + 1, lanes), dtype=np.int64)
    nobody = np.zeros(origins, dtype=np.int64)
    return Scratch(
        people[0], people[1], people[2], people[3], people[4], people[5], nobody, reals[0], reals[1], reals[2], parts,
        np.zeros(parts_of_step),
    )  # fmt: skip


@lean
def cross(
    seed: int,
    members: Ints,
    step: int,
    begin: float,
    delta: float,
    door_span: Ints,
    door_lanes: Ints,
    base_open: Bools,
    on_foot: Bools,
    lane_share: Floats,
    lane_open: Floats,
    lane_day: Floats,
    lane_factor: Floats,
    pressed: Floats,
    relaxed: Floats,
    stress_wait: Floats,
    stress_time: Floats,
    weight_wait: Floats,
    balk_wait: Floats,
    balk_rate: Floats,
    give_up_rate: Floats,
    give_up_memory: Floats,
    walk_on: Floats,
    refused: Floats,
    summoned: Floats,
    admitted: Floats,
    comply: Floats,
    twin: Ints,
    ordinary: Ints,
    road: Ints,
    road_parts: Float32s,
    road_from: Ints,
    queue: Ints,
    cohort_from: Floats,
    cohort_to: Floats,
    oldest: Ints,
    newest: Ints,
    service: Floats,
    credit: Floats,
    integral: Floats,
    wait_sum: Floats,
    abroad: Ints,
    flows: Ints,
    waiting: Ints,
    cooling: Ints,
    called: Ints,
    listed: Ints,
    turned_back: Ints,
    arrived: Ints,
    entries: Ints,
    record_queue: Ints,
    record_wait: Floats,
    record_served: Ints,
    record_refused: Ints,
    record_gave_up: Ints,
    scratch: Scratch,
) -> None:
    """Take one step of every land door: arrivals [ring slot of now], ordinary [M, X] → arrived, entries [M, A].

    record_* [M, L] what the lanes did in this step.
    """
    classes = queue.shape[3] - 1
    slots = road.shape[2]
    parts_of_step = road_parts.shape[3]
    (
        coming, joining, now_joining, gone, through, walkers, ignored, waits, share, ordinary_share, parts, by_part,
    ) = scratch  # fmt: skip
    for m in range(road.shape[0]):
        for x in range(road.shape[1]):
            first, last = door_span[x], door_span[x + 1]
            state = key(seed, members[m], step, x, ARRIVE)
            total = ordinary[m, x]
            for c in range(classes):
                coming[c] = road[m, x, step % slots, c]
                road[m, x, step % slots, c] = 0
                total += coming[c]
            coming[classes] = ordinary[m, x]
            surge = 0.0
            for q in range(parts_of_step):
                by_part[q] = road_parts[m, x, step % slots, q]
                road_parts[m, x, step % slots, q] = 0.0
                surge += by_part[q]
            for q in range(parts_of_step):
                by_part[q] = by_part[q] / surge if surge > 0.0 else 1.0 / parts_of_step
            number = last - first
            waits[:] = np.inf
            share[:] = 0.0
            ordinary_share[:] = 0.0
            shortest = np.inf
            for i in range(number):
                lane = door_lanes[first + i]
                people = 0
                for q in range(oldest[m, lane], newest[m, lane]):
                    for c in range(classes + 1):
                        people += queue[m, lane, q % queue.shape[2], c]
                record_queue[m, lane] = people
                pace = service[m, lane] * lane_factor[m, lane] * lane_day[m, lane]
                if pace > 0.0:
                    waits[i] = people / pace
                    shortest = min(shortest, waits[i])
                hard = waits[i] > stress_wait[m] and people > 0
                aim = pressed[m, lane] if hard else relaxed[m, lane]
                service[m, lane] += (aim - service[m, lane]) * -np.expm1(-delta / stress_time[m])
            for i in range(number):
                lane = door_lanes[first + i]
                if shortest < np.inf and waits[i] < np.inf:
                    share[i] = lane_share[m, lane] * np.exp(-weight_wait[m] * (waits[i] - shortest))
                elif shortest == np.inf and base_open[lane]:
                    share[i] = lane_share[m, lane]
                ordinary_share[i] = 0.0 if on_foot[lane] else share[i]
            if share.sum() <= 0.0:
                for i in range(number):
                    share[i] = 1.0 if shortest == np.inf or waits[i] < np.inf else 0.0
            if ordinary_share.sum() <= 0.0:
                for i in range(number):
                    ordinary_share[i] = share[i]
            whole_share, whole_ordinary = share.sum(), ordinary_share.sum()
            for i in range(number):
                share[i] /= whole_share
                ordinary_share[i] /= whole_ordinary
            if total > 0 and shortest < np.inf and shortest > balk_wait[m]:
                turning = -np.expm1(-balk_rate[m] * (shortest - balk_wait[m]))
                for c in range(classes + 1):
                    n, state = binomial(coming[c], turning, state)
                    coming[c] -= n
                    if n > 0 and c < classes:
                        state = leave(road_from[m, x, c], n, waiting[m, :, c], ignored, state)
                    if n > 0:
                        record_gave_up[m, door_lanes[first]] += n
            parts[:] = 0
            for c in range(classes + 1):
                if coming[c] > 0:
                    if c < classes:
                        state = multinomial(coming[c], share[:number], parts[c, :number], state)
                    else:
                        state = multinomial(coming[c], ordinary_share[:number], parts[c, :number], state)
            walkers[:] = 0
            for i in range(number):
                lane = door_lanes[first + i]
                waiting_before = record_queue[m, lane]
                state = key(seed, members[m], step, lane, QUEUE)
                gone[:] = 0
                if waiting_before > 0:
                    lost, state = give_up(lane, m, begin, delta, give_up_rate[m], give_up_memory[m], queue, cohort_from,
                                          cohort_to, oldest, newest, gone, state)  # fmt: skip
                    wait_sum[m, lane] += lost
                for c in range(classes + 1):
                    joining[c] = parts[c, i]
                if on_foot[lane]:
                    for c in range(classes + 1):
                        joining[c] += walkers[c]
                        walkers[c] = 0
                left = gone.sum()
                record_gave_up[m, lane] += left
                if left > 0:
                    foot_open = False
                    for j in range(i + 1, number):
                        other = door_lanes[first + j]
                        foot_open = foot_open or (on_foot[other] and lane_day[m, other] > 0.0)
                    for c in range(classes):
                        if gone[c] == 0:
                            continue
                        n = gone[c]
                        if foot_open and not on_foot[lane]:
                            on, state = binomial(n, walk_on[m], state)
                            walkers[c] += on
                            n -= on
                        state = leave(road_from[m, x, c], n, waiting[m, :, c], ignored, state)
                people = waiting_before - left
                rate = service[m, lane] * lane_factor[m, lane] * lane_open[m, lane]
                integral[m, lane] += delta * left / 2.0
                through[:] = 0
                served = 0
                pieces = 1
                if people < rate * delta:
                    new = float(joining.sum())
                    apart = fluid(people, new - joining[classes], joining[classes], by_part, rate * delta)
                    if abs(apart - min(people + new, rate * delta)) > SAME:
                        pieces = parts_of_step
                for piece in range(pieces):
                    if pieces > 1:
                        state = come_now(piece, by_part, joining, now_joining, state)
                    else:
                        for c in range(classes + 1):
                            now_joining[c] = joining[c]
                    people, part, lost, state = work(
                        lane, m, begin + piece * delta / pieces, delta / pieces, rate, people, now_joining, credit,
                        integral, queue, cohort_from, cohort_to, oldest, newest, through, state)  # fmt: skip
                    served += part
                    wait_sum[m, lane] += lost
                record_queue[m, lane] = people
                record_served[m, lane] = served
                pace = service[m, lane] * lane_factor[m, lane] * lane_day[m, lane]
                record_wait[m, lane] = people / pace if pace > 0.0 else np.nan
                entries[m, x] += through[classes]
                state = key(seed, members[m], step, lane, CONTROL)
                for c in range(classes):
                    n = through[c]
                    if n == 0:
                        continue
                    stopped, state = binomial(n, refused[m, x, c], state)
                    if stopped > 0:
                        summons, state = binomial(stopped, summoned[m, x, c], state)
                        state = send_home(m, stopped, summons, comply[m], c, twin[c], road_from[m, x, c], cooling,
                                          called, listed, state)  # fmt: skip
                    inside, state = binomial(n - stopped, admitted[m, x, c], state)
                    rejected = n - stopped - inside
                    if rejected > 0:
                        state = leave(road_from[m, x, c], rejected, cooling[m, :, c], ignored, state)
                    if inside > 0:
                        state = leave(road_from[m, x, c], inside, abroad[m, :, c], flows[m, :, x], state)
                    arrived[m, x] += inside
                    turned_back[m, x] += stopped + rejected
                    record_refused[m, lane] += stopped + rejected


@compiled
def land(step: int, doors: int, air: Ints, arrived: Ints) -> None:
    """Bring down those whose flight arrives in this step."""
    slots = air.shape[2]
    for m in range(air.shape[0]):
        for a in range(air.shape[1]):
            for c in range(air.shape[3]):
                arrived[m, doors + a] += air[m, a, step % slots, c]
                air[m, a, step % slots, c] = 0


def lane_kinds(world: World) -> tuple[Bools, Bools]:
    """Return ([L] whether a lane is open at first, [L] whether it is on foot)."""
    lanes = world.scenario.lanes
    opened = np.array([lane.open for lane in lanes], dtype=bool)
    return opened, np.array([lane.kind == "foot" for lane in lanes], dtype=bool)


def lane_order(world: World) -> tuple[Ints, Ints]:
    """Return (span [X + 1], lanes sorted by door, those on foot last)."""
    foot = np.array([lane.kind == "foot" for lane in world.scenario.lanes], dtype=bool)
    order = np.lexsort((foot, world.lane_door)) if len(foot) else np.zeros(0, dtype=np.int64)
    span = np.searchsorted(world.lane_door[order], np.arange(world.doors + 1)) if len(foot) else [0]
    return np.asarray(span, dtype=np.int64), np.asarray(order, dtype=np.int64)


def step(
    members: Members,
    state: State,
    now: Now,
    ordinary: Ints,
    arrived: Ints,
    entries: Ints,
    lanes: dict[str, npt.NDArray[Any]],
) -> None:
    """Take one step of every door; `lanes` holds the arrays [M, L] in which the lanes' doings are recorded."""
    world = members.world
    span, order = lane_order(world)
    land(now.step, world.doors, state.air, arrived)
    cross(
        members.seed,
        members.numbers,
        now.step,
        now.begin,
        now.delta,
        span,
        order,
        *lane_kinds(world),
        members.lane("share"),
        now.lane_open,
        now.lane_day,
        now.lane_factor,
        members.pressed,
        members.relaxed,
        members["stress_wait"],
        members["stress_time"],
        members["weight_wait"],
        members["balk_wait"],
        members["balk_rate"],
        members["give_up_rate"],
        members["give_up_memory"],
        members["walk_on"],
        now.refused,
        now.summoned,
        now.admitted,
        comply_share(members, state, now),
        world.listed_twin,
        ordinary,
        state.road,
        state.road_parts,
        state.road_from,
        state.queue,
        state.cohort_from,
        state.cohort_to,
        state.oldest,
        state.newest,
        state.service,
        state.credit,
        state.queue_integral,
        state.wait_sum,
        state.abroad,
        state.flows,
        state.waiting,
        state.cooling,
        state.called_up,
        state.listed,
        state.turned_back,
        arrived,
        entries,
        lanes["queue"],
        lanes["wait"],
        lanes["served"],
        lanes["refused"],
        lanes["gave_up"],
        scratch(world.classes, world.origins, int(np.diff(span).max(initial=1)), world.parts),
    )


__all__ = ["Bools", "Floats", "cross", "land", "lane_order", "step"]
