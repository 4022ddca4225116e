"""Step 1, news: what is in force, what people fear, how strongly the signals press.

    F_g(t) = Σ_e a_{e,g} K_e(t) · exp(β z(t)),   K = 1 while it holds, then exp(−(t − t_e − hold)/τ)
    b_g(t) = 1 − Π_j (1 − w_j q_j(t)),           q_j = share of j's remaining window within the next 72 h
    ds_{x,g}/dt = (s*_{x,g} − s_{x,g}) / τ_s,    s* = 1 − Π_j (1 − perceived_j) over the policies known

K and every share in force are averaged over the step, so that results do not depend on its length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from egress.engine.compiled import lean
from egress.engine.members import Members, share_of_step
from egress.engine.state import State, horizon
from egress.engine.world import Bools, Floats, Ints, World
from egress.scenario.schema import (
    Close,
    Deter,
    Effect,
    OpenLane,
    RefuseEntry,
    RefuseExit,
    RoadBlock,
    Seats,
    Throughput,
)
from egress.scenario.time import ResolvedPolicy, hours

FADES_AFTER = 24.0  # h; a rumour whose date has passed is forgotten within a day (model.md, step 1)


@dataclass
class Now:
    """What holds during one step, for every member."""

    step: int
    begin: float
    """Hours since the start of the period."""
    delta: float
    pressure: Floats
    """F [M, O, G]"""
    course: Floats
    """F [1 or parts, M, O, G] in each part of the step; one part where nothing begins within it."""
    acted_by: Floats
    """[M, C, parts] share of those who act in this step who have acted by the end of each part of it."""
    all_by: Floats
    """[M, parts] the same share of everybody who acts."""
    last_minute: Ints
    """[M, S] seats of today that were sold in this step."""
    fear: Floats
    """b [M, G]"""
    intention: Floats
    """exp(η) [M]"""
    pull: Floats
    """[M, A] noise of the pull."""
    closed: Floats
    """[M, A] share of the step during which an entry is shut."""
    shut: Bools
    """[M, A] whether it is shut when the step ends."""
    refused: Floats
    """[M, A, C] chance of being refused at exit control."""
    summoned: Floats
    """[M, A, C] share of those refused who are served a summons."""
    admitted: Floats
    """[M, A, C] chance of being admitted by the other side, for those who arrive now."""
    appeal: Floats
    """[M, A, C] share who can still be admitted, as those who choose know it."""
    ordinary_admitted: Floats
    """[M, A]"""
    lane_open: Floats
    """[M, L] share of the step during which a lane serves."""
    lane_day: Floats
    """[M, L] share of a whole day during which it would serve."""
    lane_factor: Floats
    """[M, L] service multiplier: policies and noise."""
    block: Floats
    """[M, X] share of those who come to a road block who turn back (0: no block); see `travel.py` for whom."""
    block_hours: Floats
    """[M, X] hours between the block and the door."""
    block_local: Bools
    """[X, O, M] origins whose plates pass."""
    seats_added: Floats
    """[M, S, H] per day, by days of departure from today."""

    @property
    def middle(self) -> float:
        """Hours since the start at mid-step."""
        return self.begin + self.delta / 2

    @property
    def hour(self) -> float:
        """Local hour at which the step begins."""
        return self.begin % 24

    @property
    def day(self) -> int:
        """Day of the period."""
        return int(self.begin // 24)


def step(members: Members, state: State) -> Now:
    """Return what holds during the next step, and let perceptions follow the news."""
    world = members.world
    begin = state.step * world.delta
    now = _quiet(members, state.step, begin)
    perceived = np.zeros_like(state.stopped)
    for j, resolved in enumerate(world.policies):
        active = share_of_step(members.policy_start[:, j], members.policy_end[j], begin, world.delta)
        aware = (begin + world.delta > resolved.known_hours) & (active > 0)
        _add_seats(members, now, j, resolved)
        stood = members.policy_end[j] > begin - world.delta  # a slot of the ring comes to a road block by parts
        if not (active.any() or (stood and (members.policy_start[:, j] < begin).any())):
            continue
        for number, effect in enumerate(resolved.policy.effects):
            name = f"policy/{resolved.policy.id}/{number}"
            _apply(effect, name, members, now, resolved, active, members.policy_start[:, j])
            if aware.any():
                _perceive(effect, name, members, perceived, resolved, aware)
    serving = 1.0 - now.closed[:, world.lane_door]  # a shut door has no open lane, whatever else was decided
    now.lane_open *= serving
    now.lane_day *= serving
    follow = -np.expm1(-world.delta / members["perception_time"])
    perceived -= state.stopped
    perceived *= follow[:, None, None]
    state.stopped += perceived
    return now


@lean
def either(table: Floats, cells: Bools, chance: Floats) -> None:
    """Let one more thing happen by a chance [M, C] in the cells [A, C] of a table [M, A, C] of chances."""
    for m in range(table.shape[0]):
        for a in range(table.shape[1]):
            for c in range(table.shape[2]):
                if cells[a, c]:
                    table[m, a, c] = 1.0 - (1.0 - table[m, a, c]) * (1.0 - chance[m, c])


@lean
def at_least(table: Floats, cells: Bools, least: Floats) -> None:
    """Raise the cells [A, C] of a table [M, A, C] to `least` [M]."""
    for m in range(table.shape[0]):
        for a in range(table.shape[1]):
            for c in range(table.shape[2]):
                if cells[a, c]:
                    table[m, a, c] = max(table[m, a, c], least[m])


@lean
def times(table: Floats, cells: Bools, factor: Floats) -> None:
    """Multiply the cells [A, C] of a table [M, A, C] by a factor [M]."""
    for m in range(table.shape[0]):
        for a in range(table.shape[1]):
            for c in range(table.shape[2]):
                if cells[a, c]:
                    table[m, a, c] *= factor[m]


def _quiet(members: Members, step: int, begin: float) -> Now:
    """Return a step in which no policy is in force."""
    w = members.world
    m, a, x, c = len(members), w.entries, w.doors, w.classes
    middle = begin + w.delta / 2
    lanes = members.world.scenario.lanes
    opened = np.array([lane.open for lane in lanes], dtype=float)
    course = np.stack([pressure(members, begin + part, length) for part, length in _parts(w, begin)])
    return Now(
        step=step,
        begin=begin,
        delta=w.delta,
        pressure=course.mean(axis=0),
        course=course,
        acted_by=np.tile(np.arange(1, w.parts + 1) / w.parts, (m, c, 1)),
        all_by=np.tile(np.arange(1, w.parts + 1) / w.parts, (m, 1)),
        last_minute=np.zeros((m, w.services), dtype=np.int64),
        fear=fear(members, middle),
        intention=np.exp(_at(members.intention_noise, members, middle)[:, 0]),
        pull=_at(members.pull_noise, members, middle),
        closed=np.zeros((m, a)),
        shut=np.zeros((m, a), dtype=bool),
        refused=np.zeros((m, a, c)),
        summoned=np.zeros((m, a, c)),
        admitted=np.ones((m, a, c)),
        appeal=np.ones((m, a, c)),
        ordinary_admitted=np.ones((m, a)),
        lane_open=np.tile(opened * _open_hours(w, begin, w.delta), (m, 1)),
        lane_day=np.tile(opened * _open_hours(w, 0.0, 24.0), (m, 1)),
        lane_factor=np.exp(_at(members.service_noise, members, middle)),
        block=np.zeros((m, x)),
        block_hours=np.zeros((m, x)),
        block_local=np.zeros((x, w.origins, m), dtype=bool),
        seats_added=np.zeros((m, w.services, horizon(members))),
    )


def _parts(world: World, begin: float) -> list[tuple[float, float]]:
    """Return (hours into the step, length) of the parts in which F is averaged: more than one if a signal begins."""
    within = [begin < hours(world.scenario, s.at) < begin + world.delta for s in world.scenario.signals]
    number = world.parts if any(within) else 1
    length = world.delta / number
    return [(part * length, length) for part in range(number)]


def pressure(members: Members, begin: float, length: float) -> Floats:
    """F [M, O, G] averaged over the `length` hours that begin at `begin`."""
    w = members.world
    out = np.zeros((len(members), w.origins, w.groups))
    for number, signal in enumerate(w.scenario.signals):
        at = hours(w.scenario, signal.at)
        if at >= begin + length:
            continue
        name = f"signal/{number}"
        hold = members.drawn(signal.hold, f"{name}/hold")
        fades = members.drawn(signal.fades, f"{name}/fades")
        kernel = held_then_fading(begin - at, begin + length - at, hold, fades)
        where = members.origin("intensity") if signal.by_intensity else np.ones((len(members), w.origins))
        for g, group in enumerate(w.scenario.groups):
            for key in (group.id, "exposed" if group.exposed else "others", "all"):
                if key in signal.strength:
                    strength = members.drawn(signal.strength[key], f"{name}/strength/{key}")
                    out[:, :, g] += (strength * kernel)[:, None] * where
                    break
    for series in w.scenario.series:
        points = [(hours(w.scenario, at), value) for at, value in series.points]
        z = np.interp(begin + length / 2, [p[0] for p in points], [p[1] for p in points])
        out *= np.exp(members.drawn(series.weight, f"series/{series.what}") * z)[:, None, None]
    return np.maximum(out, 0.0)


def held_then_fading(first: float, last: float, hold: Floats, fades: Floats) -> Floats:
    """Return the mean over ages [first, last] (h) of 1 up to `hold`, then exp(−(age − hold)/fades); 0 before 0."""
    fades = np.maximum(fades, 1e-12)  # 0: gone at once
    held = np.clip(np.minimum(last, hold) - max(first, 0.0), 0.0, None)
    fading = fades * (np.exp(-np.maximum(first - hold, 0.0) / fades) - np.exp(-np.maximum(last - hold, 0.0) / fades))
    return np.asarray((held + fading) / (last - first))


def fear(members: Members, middle: float) -> Floats:
    """b [M, G] belief at a moment that the way out shuts within the horizon (72 h)."""
    w = members.world
    open_chance = np.ones((len(members), w.groups))
    for j, resolved in enumerate(w.policies):
        share = _feared(members, j, resolved, middle)
        if share is not None:
            groups = w.class_mask(resolved.policy.applies_to.groups)[: w.groups]
            open_chance[:, groups] *= (1.0 - share)[:, None]
    return 1.0 - open_chance


def _feared(members: Members, j: int, resolved: ResolvedPolicy, middle: float) -> Floats | None:
    """Return w·q [M] of one policy now, or None where nobody speaks of it."""
    standing = [entry for entry in resolved.feared if entry[0] <= middle]
    if not standing:
        return None
    _, weight, window = standing[-1]
    if window is None:
        return None
    low, high = window
    near = members["fear_horizon"]
    left = high - max(low, middle)
    reach = np.minimum(high, middle + near) - max(low, middle)
    if middle < high:
        share = np.maximum(reach, 0.0) / left if left > 0 else (high <= middle + near).astype(float)
    else:
        share = np.full(len(members), max(0.0, 1.0 - (middle - high) / FADES_AFTER))
    # one luck for all statuses, each with a weight of its own: `drawn` would keep the first one's
    name = f"policy/{resolved.policy.id}/feared/{len(standing)}"
    if name not in members._kept:
        members._kept[name] = weight.quantile(members.uniform(f"policy/{resolved.policy.id}/feared"))
    w = members._kept[name]
    return np.where(members.policy_start[:, j] > middle, w * share, 0.0)


def _apply(
    effect: Effect,
    name: str,
    members: Members,
    now: Now,
    resolved: ResolvedPolicy,
    active: Floats,
    start: Floats,
) -> None:
    """Change what holds in this step by one effect, in proportion to the share of the step it is in force."""
    world = members.world
    applies = resolved.policy.applies_to
    entries, classes = (
        world.entry_mask(applies.crossings),
        world.class_mask(applies.groups, applies.listed_only),
    )
    cells = entries[:, None] & classes[None, :]
    doors = np.flatnonzero(entries[: world.doors])
    if isinstance(effect, RefuseExit):
        share = members.drawn(effect.share, f"{name}/share")
        listed = np.maximum(share, members.drawn(effect.listed_share, f"{name}/listed_share"))
        chance = np.where(world.class_listed[None, :], listed[:, None], share[:, None]) * active[:, None]
        either(now.refused, cells, chance)
        summons = members.drawn(effect.summons, f"{name}/summons")
        at_least(now.summoned, cells, summons * (active > 0))
    elif isinstance(effect, RefuseEntry):
        exempt = members.drawn(effect.exempt, f"{name}/exempt")
        unaware = np.exp(-np.maximum(now.middle - start, 0.0) / members["notice_time"])
        turned = (1 - exempt) * unaware * active
        times(now.admitted, cells, 1 - turned)
        times(now.appeal, cells, 1 - (1 - exempt) * active)
        spared = members.drawn(effect.ordinary_exempt, f"{name}/ordinary_exempt")
        now.ordinary_admitted[:, entries] *= (1 - (1 - spared) * active)[:, None]
    elif isinstance(effect, Close):
        now.closed[:, entries] = np.maximum(now.closed[:, entries], active[:, None])
        stays = (active > 0) & (resolved.end_hours >= now.begin + now.delta)
        now.shut[:, entries] |= stays[:, None]
    elif isinstance(effect, Throughput):
        factor = 1 + (members.drawn(effect.factor, f"{name}/factor") - 1) * active
        now.lane_factor[:, np.isin(world.lane_door, doors)] *= factor[:, None]
    elif isinstance(effect, OpenLane):
        kinds = np.array([lane.kind == effect.lane for lane in world.scenario.lanes])
        opened = np.isin(world.lane_door, doors) & kinds
        part = active * members.drawn(effect.capacity, f"{name}/capacity")
        for lanes, begin, length in ((now.lane_open, now.begin, now.delta), (now.lane_day, 0.0, 24.0)):
            open_hours = _open_hours(world, begin, length)[opened]
            lanes[:, opened] = np.maximum(lanes[:, opened], part[:, None] * open_hours)
    elif isinstance(effect, RoadBlock):
        chance = members.drawn(effect.turned_back, f"{name}/turned_back")
        first = now.begin - effect.distance % now.delta  # when the first of the slot at the block came to it
        turned = chance * share_of_step(start, np.asarray(resolved.end_hours), first, now.delta)
        stronger = turned[:, None] > now.block[:, doors]
        now.block[:, doors] = np.where(stronger, turned[:, None], now.block[:, doors])
        now.block_hours[:, doors] = np.where(stronger, effect.distance, now.block_hours[:, doors])
        local = np.array([o.id in effect.local_origins for o in world.scenario.origins])
        now.block_local[doors] |= local[:, None] & (turned > 0)


def _add_seats(members: Members, now: Now, j: int, resolved: ResolvedPolicy) -> None:
    """Add the seats of a policy on the days of departure in proportion to its share in each, once on sale.

    They are from its start on, or as soon as it is known, if its start is known with it.
    """
    chosen = [(n, effect) for n, effect in enumerate(resolved.policy.effects) if isinstance(effect, Seats)]
    if not chosen:
        return
    start = members.policy_start[:, j, None]
    known = start if resolved.start_hours is None else np.minimum(start, resolved.known_hours)
    on_sale = known < now.begin + now.delta
    midnight = 24.0 * (now.day + np.arange(1, now.seats_added.shape[2] + 1))
    departs = np.maximum(midnight - 24.0, now.begin)  # of today only what is left is still for sale
    share = share_of_step(start, members.policy_end[j], departs, midnight - departs)
    share = np.where(on_sale & np.isfinite(start), share, 0.0)
    for number, effect in chosen:
        extra = members.drawn(effect.per_day, f"policy/{resolved.policy.id}/{number}/per_day") * 24
        services = np.array([s.id in effect.services for s in members.world.scenario.services])
        now.seats_added[:, services] += (extra[:, None] * share)[:, None, :]


def _perceive(
    effect: Effect, name: str, members: Members, perceived: Floats, resolved: ResolvedPolicy, aware: Bools
) -> None:
    """Raise s* where an effect is known to keep people away."""
    if isinstance(effect, RefuseExit | Deter):
        world = members.world
        applies = resolved.policy.applies_to
        cells = (
            world.entry_mask(applies.crossings)[:, None]
            & world.class_mask(applies.groups, applies.listed_only)[None, :]
        )
        chance = members.drawn(effect.perceived, f"{name}/perceived") * aware
        either(perceived, cells, np.repeat(chance[:, None], world.classes, axis=1))


def _open_hours(world: World, begin: float, length: float) -> Floats:
    """Return [L] share of [begin, begin + length] within the lanes' opening hours."""
    out = np.ones(len(world.scenario.lanes))
    for number, (first, last) in enumerate(world.lane_hours):
        if last - first < 24:
            start = begin % 24
            shifts = np.array([-24.0, 0.0, 24.0, 48.0])
            inside = np.minimum(last + shifts, start + length) - np.maximum(first + shifts, start)
            out[number] = np.clip(inside, 0.0, None).sum() / length
    return out


def _at(knots: Floats, members: Members, moment: float) -> Floats:
    """Return [M, cells] the noise at a moment: straight lines between 00:00 UTC knots."""
    position = (moment + members.world.knot_shift) / 24
    day = min(int(position), knots.shape[-1] - 2)
    weight = position - day
    return np.asarray(knots[:, :, day] * (1 - weight) + knots[:, :, day + 1] * weight)
