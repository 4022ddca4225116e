"""Cross: lanes served first in, first out; exit control, entry control; balking and giving up.

    served = min(waiting, μ · factor · open hours), arrivals and service linear within a step
    dμ/dt = (μ* − μ)/τ_μ,  μ* = μ1 while the wait is above 2 h, else μ0
    balk: 1 − exp(−c_b · max(0, wait − 6 h));  give up: c_r · exp(−elapsed/24 h) per hour

The queue of a lane is in `queue.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from egress.engine.compiled import compiled, inlined, lean
from egress.engine.draws import binomial, key, multinomial, purpose
from egress.engine.members import Members
from egress.engine.processes.leave import comply_share, draw_origins, leave, send_home
from egress.engine.processes.news import Now
from egress.engine.processes.queue import Queues, all_of, give_up, waiting, work_by_parts
from egress.engine.state import Float32s, State
from egress.engine.world import Bools, Floats, Ints, World

CROSS = purpose("cross")


class Doors(NamedTuple):
    """Which lanes a door has."""

    span: Ints
    """[X + 1]"""
    lanes: Ints
    """[L] lanes by door, those on foot last."""
    open: Bools
    """[L] whether a lane is open at first."""
    on_foot: Bools
    """[L]"""
    ordinary: Bools
    """[L] whether ordinary travellers take a lane: those on foot only where no other one is open at first."""


class Lanes(NamedTuple):
    """What lanes are like in this step [M, L]."""

    share: Floats
    open: Floats
    day: Floats
    factor: Floats
    pressed: Floats
    relaxed: Floats


class Nerves(NamedTuple):
    """Parameters of members [M]."""

    stress_wait: Floats
    stress_time: Floats
    weight_wait: Floats
    balk_wait: Floats
    balk_rate: Floats
    give_up_rate: Floats
    give_up_memory: Floats
    walk_on: Floats


class Control(NamedTuple):
    """Exit control and entry control."""

    refused: Floats
    summoned: Floats
    admitted: Floats
    """[M, A, C]"""
    comply: Floats
    """[M, 2]"""
    twin: Ints
    """[C]"""


class Travellers(NamedTuple):
    """Where people come from and where they go; see `State`."""

    road: Ints
    road_parts: Float32s
    road_from: Ints
    crossed: Ints
    waiting: Ints
    cooling: Ints
    called_up: Ints
    listed: Ints
    turned_back: Ints


class Record(NamedTuple):
    """What happened in this step: entries [M, A], the doings of lanes [M, L]."""

    arrived: Ints
    entries: Ints
    queue: Ints
    wait: Floats
    served: Ints
    refused: Ints
    gave_up: Ints


class Scratch(NamedTuple):
    """Scratch of the kernel."""

    coming: Ints
    joining: Ints
    now_joining: Ints
    gone: Ints
    through: Ints
    walkers: Ints
    """[C + 1] people of each class, ordinary traffic last."""
    nobody: Ints
    """[C + 1]"""
    out: Ints
    """[O] zeros"""
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
    people = np.zeros((7, classes + 1), dtype=np.int64)
    reals = np.zeros((3, lanes))
    parts = np.zeros((classes + 1, lanes), dtype=np.int64)
    tables = np.zeros((2, origins), dtype=np.int64)
    return Scratch._make((*people, *tables, *reals, parts, np.zeros(parts_of_step)))


@inlined
def come(m: int, x: int, slot: int, ordinary: int, to: Travellers, coming: Ints, by_part: Floats) -> int:
    """Take those who come to a door in this step off the road; return how many, with the ordinary travellers.

    coming [C + 1] by class, by_part [parts] share of the surge that comes in each part.
    """
    classes, parts = coming.shape[0] - 1, by_part.shape[0]
    surge, expected = 0, 0.0
    for c in range(classes):
        coming[c] = to.road[m, x, slot, c]
        surge += coming[c]
    coming[classes] = ordinary
    for q in range(parts):
        expected += to.road_parts[m, x, slot, q]
    for q in range(parts):
        by_part[q] = to.road_parts[m, x, slot, q] / expected if expected > 0.0 else 1.0 / parts
    if surge > 0 or expected > 0.0:
        to.road[m, x, slot] = 0
        to.road_parts[m, x, slot] = 0.0
    return surge + ordinary


@inlined
def look(m: int, lane: int, lanes: Lanes, nerves: Nerves, faster: float, queues: Queues, record: Record) -> float:
    """Return the hours of wait that show in a lane (∞: shut), and let the pace of service follow them.

    `faster` is the share of the way to its aim that the pace goes in a step.
    """
    people = waiting(queues, m, lane)
    record.queue[m, lane] = people
    pace = queues.service[m, lane] * lanes.factor[m, lane] * lanes.day[m, lane]
    wait = people / pace if pace > 0.0 else np.inf
    hard = wait > nerves.stress_wait[m] and people > 0
    aim = lanes.pressed[m, lane] if hard else lanes.relaxed[m, lane]
    queues.service[m, lane] += (aim - queues.service[m, lane]) * faster
    return wait


@inlined
def _added(numbers: Floats) -> float:
    """Return the sum (a lean function may not call `sum`: whether it compiles depends on who called it first)."""
    total = 0.0
    for i in range(numbers.shape[0]):
        total += numbers[i]
    return total


@inlined
def spread(m: int, own: Ints, doors: Doors, lanes: Lanes, weight: float, shortest: float, scratch: Scratch,
           state: int) -> int:  # fmt: skip
    """Spread those who come over the lanes `own` of a door, by their shares and the waits that show."""
    coming, parts, number = scratch.coming, scratch.parts, own.shape[0]
    if number == 1:
        for c in range(coming.shape[0]):
            parts[c, 0] = coming[c]
        return state
    waits, share, ordinary_share = scratch.waits[:number], scratch.share[:number], scratch.ordinary_share[:number]
    for i in range(number):
        lane = own[i]
        share[i] = 0.0
        if waits[i] < np.inf:
            share[i] = lanes.share[m, lane] * np.exp(-weight * (waits[i] - shortest))
        elif shortest == np.inf and doors.open[lane]:
            share[i] = lanes.share[m, lane]
        ordinary_share[i] = share[i] if doors.ordinary[lane] else 0.0
    if _added(share) <= 0.0:
        for i in range(number):
            share[i] = 1.0 if shortest == np.inf or waits[i] < np.inf else 0.0
    if _added(ordinary_share) <= 0.0:
        for i in range(number):
            ordinary_share[i] = share[i]
    whole, whole_ordinary = _added(share), _added(ordinary_share)
    for i in range(number):
        share[i] /= whole
        ordinary_share[i] /= whole_ordinary
    parts[:] = 0
    for c in range(coming.shape[0]):
        if coming[c] > 0:
            ordinary = c == coming.shape[0] - 1
            state = multinomial(coming[c], ordinary_share if ordinary else share, parts[c, :number], state)
    return state


@inlined
def turn_away(
    m: int, x: int, chance: float, coming: Ints, to: Travellers, ignored: Ints, state: int
) -> tuple[int, int]:
    """Return (how many turn away at the sight of the queue, state); they are taken from `coming` [C + 1]."""
    away = 0
    for c in range(coming.shape[0]):
        n, state = binomial(coming[c], chance, state)
        coming[c] -= n
        away += n
        if n > 0 and c < coming.shape[0] - 1:
            state = leave(to.road_from[m, x, c], n, to.waiting[m, :, c], ignored, state)
    return away, state


@inlined
def walk_on(m: int, x: int, chance: float, scratch: Scratch, to: Travellers, state: int) -> int:
    """Send home those who gave up, but for those who walk on to a lane for pedestrians."""
    for c in range(scratch.gone.shape[0] - 1):
        n = scratch.gone[c]
        if n > 0:
            on, state = binomial(n, chance, state)
            scratch.walkers[c] += on
            state = leave(to.road_from[m, x, c], n - on, to.waiting[m, :, c], scratch.ignored, state)
    return state


@inlined
def pass_control(
    m: int, x: int, lane: int, through: Ints, control: Control, to: Travellers, record: Record, out: Ints,
    ignored: Ints, state: int,
) -> int:  # fmt: skip
    """Let those whom the lane has served pass exit and entry control."""
    classes = through.shape[0] - 1
    record.entries[m, x] += through[classes]
    for c in range(classes):
        n = through[c]
        if n == 0:
            continue
        stopped, state = binomial(n, control.refused[m, x, c], state)
        if stopped > 0:
            summons, state = binomial(stopped, control.summoned[m, x, c], state)
            state = send_home(m, stopped, summons, control.comply[m], c, control.twin[c], to.road_from[m, x, c],
                              to.cooling, to.called_up, to.listed, out, ignored, state)  # fmt: skip
        inside, state = binomial(n - stopped, control.admitted[m, x, c], state)
        rejected = n - stopped - inside
        if rejected > 0:
            state = leave(to.road_from[m, x, c], rejected, to.cooling[m, :, c], ignored, state)
        to.crossed[m, x, c] += inside
        record.arrived[m, x] += inside
        to.turned_back[m, x] += stopped + rejected
        record.refused[m, lane] += stopped + rejected
    return state


@inlined
def take_lane(
    m: int, x: int, i: int, own: Ints, begin: float, delta: float, doors: Doors, lanes: Lanes, nerves: Nerves,
    control: Control, to: Travellers, queues: Queues, record: Record, scratch: Scratch, state: int,
) -> int:  # fmt: skip
    """Take one step of lane i of a door: who gives up, who joins, who is served, who gets in."""
    lane, gone, joining, through = own[i], scratch.gone, scratch.joining, scratch.through
    people = int(record.queue[m, lane])
    on_foot = doors.on_foot[lane]
    for c in range(joining.shape[0]):
        joining[c] = scratch.parts[c, i] + (scratch.walkers[c] if on_foot else 0)
        through[c] = 0
        if on_foot:
            scratch.walkers[c] = 0
    if people > 0:
        gone[:] = 0
        state = give_up(queues, m, lane, begin, delta, nerves.give_up_rate[m], nerves.give_up_memory[m], gone,
                        scratch.nobody, state)  # fmt: skip
        left = all_of(gone)
        if left > 0:
            record.gave_up[m, lane] += left
            foot_open = False
            for j in range(i + 1, own.shape[0]):
                foot_open = foot_open or (doors.on_foot[own[j]] and lanes.day[m, own[j]] > 0.0)
            chance = nerves.walk_on[m] if foot_open and not on_foot else 0.0
            state = walk_on(m, x, chance, scratch, to, state)
            people -= left
            queues.queue_integral[m, lane] += delta * left / 2.0
    rate = queues.service[m, lane] * lanes.factor[m, lane] * lanes.open[m, lane]
    people, served, state = work_by_parts(queues, m, lane, begin, delta, rate, people, scratch.by_part, joining,
                                          scratch.now_joining, through, scratch.nobody, state)  # fmt: skip
    pace = queues.service[m, lane] * lanes.factor[m, lane] * lanes.day[m, lane]
    record.queue[m, lane] = people
    record.served[m, lane] = served
    record.wait[m, lane] = people / pace if pace > 0.0 else np.nan
    return pass_control(m, x, lane, through, control, to, record, scratch.out, scratch.ignored, state)


@lean
def cross(
    seed: int, members: Ints, step: int, begin: float, delta: float, doors: Doors, lanes: Lanes, nerves: Nerves,
    control: Control, ordinary: Ints, to: Travellers, queues: Queues, record: Record, scratch: Scratch,
) -> None:  # fmt: skip
    """Take one step of every land door; ordinary travellers [M, X]; a door has one stream of draws for its lanes."""
    slot = step % to.road.shape[2]
    for m in range(to.road.shape[0]):
        faster = -np.expm1(-delta / nerves.stress_time[m])
        for x in range(to.road.shape[1]):
            own = doors.lanes[doors.span[x] : doors.span[x + 1]]
            state = key(seed, members[m], step, x, CROSS)
            total = come(m, x, slot, ordinary[m, x], to, scratch.coming, scratch.by_part)
            shortest = np.inf
            for i in range(own.shape[0]):
                scratch.waits[i] = look(m, own[i], lanes, nerves, faster, queues, record)
                shortest = min(shortest, scratch.waits[i])
            if total > 0 and nerves.balk_wait[m] < shortest < np.inf:
                chance = -np.expm1(-nerves.balk_rate[m] * (shortest - nerves.balk_wait[m]))
                away, state = turn_away(m, x, chance, scratch.coming, to, scratch.ignored, state)
                seen = 0  # they stand at the first lane that is not shut
                while scratch.waits[seen] == np.inf:
                    seen += 1
                record.gave_up[m, own[seen]] += away
            state = spread(m, own, doors, lanes, nerves.weight_wait[m], shortest, scratch, state)
            scratch.walkers[:] = 0
            for i in range(own.shape[0]):
                state = take_lane(m, x, i, own, begin, delta, doors, lanes, nerves, control, to, queues, record,
                                  scratch, state)  # fmt: skip


@compiled
def land(step: int, doors: int, air: Ints, arrived: Ints) -> None:
    """Bring down those whose flight arrives in this step."""
    slot = step % air.shape[2]
    for m in range(air.shape[0]):
        for a in range(air.shape[1]):
            people = 0
            for c in range(air.shape[3]):
                people += air[m, a, slot, c]
            if people != 0:
                arrived[m, doors + a] += people
                for c in range(air.shape[3]):
                    air[m, a, slot, c] = 0


def lanes_of_doors(world: World) -> Doors:
    """Return which lanes each door has."""
    lanes = world.scenario.lanes
    foot = np.array([lane.kind == "foot" for lane in lanes], dtype=bool)
    opened = np.array([lane.open for lane in lanes], dtype=bool)
    order = np.lexsort((foot, world.lane_door)) if len(foot) else np.zeros(0, dtype=np.int64)
    span = np.searchsorted(world.lane_door[order], np.arange(world.doors + 1)) if len(foot) else [0]
    driven = np.isin(world.lane_door, world.lane_door[opened & ~foot])
    return Doors(np.asarray(span, dtype=np.int64), np.asarray(order, dtype=np.int64), opened, foot, ~(foot & driven))


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
    world, kept = members.world, members._kept
    doors = kept.get("doors") or kept.setdefault("doors", lanes_of_doors(world))
    land(now.step, world.doors, state.air, arrived)
    cross(
        members.seed,
        members.numbers,
        now.step,
        now.begin,
        now.delta,
        doors,
        Lanes(members.lane("share"), now.lane_open, now.lane_day, now.lane_factor, members.pressed, members.relaxed),
        Nerves(*(members[name] for name in Nerves._fields)),
        Control(now.refused, now.summoned, now.admitted, comply_share(members, state, now), world.listed_twin),
        ordinary,
        Travellers(*(getattr(state, name) for name in Travellers._fields)),
        Queues(*(getattr(state, name) for name in Queues._fields)),
        Record(arrived, entries, *(lanes[name] for name in Record._fields[2:])),
        scratch(world.classes, world.origins, int(np.diff(doors.span).max(initial=1)), world.parts),
    )
    if (now.step + 1) % world.per_day == 0:
        draw_origins(members.seed, members.numbers, now.step, state.crossed, state.road_from, state.abroad, state.flows)
