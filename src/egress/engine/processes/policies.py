"""What policies do while they are in force: refuse, deter, shut, open, slow, block, add seats.

    refused   = 1 − Π (1 − r · part)                       part: share of the step within which a policy is in force
    admitted  = Π (1 − (1 − e) · unaware · part),          unaware = exp(−(t − t_start) / notice)
    s*        = 1 − Π (1 − perceived)                      over the policies that are in force and known

Effects in force are worked out in the order of the scenario, each in proportion to its part of the step. What binds
many cells is kept as arrays over the effects of a kind, and drawn for those that come in this run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.engine.compiled import lean
from egress.engine.members import Members, share_of_step
from egress.engine.state import horizon
from egress.engine.world import Bools, Floats, Ints, World
from egress.scenario.schema import Close, Deter, OpenLane, RefuseEntry, RefuseExit, RoadBlock, Seats, Throughput
from egress.scenario.time import ResolvedPolicy

if TYPE_CHECKING:
    from egress.engine.processes.news import Now


@dataclass(frozen=True)
class Acts:
    """All effects of some kinds, of policies that come: whom they bind and what members drew."""

    effects: tuple[Any, ...]
    """[E] as the scenario has them."""
    policies: tuple[ResolvedPolicy, ...]
    """[E] the policy of each."""
    number: Ints
    """[E] number of that policy."""
    entries: Bools
    """[E, A] which entries it binds."""
    classes: Bools
    """[E, C] which classes."""
    drawn: dict[str, Floats]
    """[M, E] values of the numbers of each, by field."""

    @classmethod
    def of(cls, members: Members, *kinds: type, draw: tuple[str, ...] = ()) -> Acts:
        """Gather the effects of these kinds and draw numbers of theirs."""
        w = members.world
        found = list(_coming(members, kinds))
        bound = [w.policies[j].policy.applies_to for j, _, _ in found]
        drawn = {field: np.zeros((len(members), len(found))) for field in draw}
        for e, (j, n, effect) in enumerate(found):
            for field in draw:
                name = f"policy/{w.policies[j].policy.id}/{n}/{field}"
                drawn[field][:, e] = members.drawn(getattr(effect, field), name)
        return cls(
            tuple(effect for _, _, effect in found),
            tuple(w.policies[j] for j, _, _ in found),
            np.array([j for j, _, _ in found], dtype=np.int64),
            np.array([w.entry_mask(a.crossings) for a in bound], dtype=bool).reshape(-1, w.entries),
            np.array([w.class_mask(a.groups, a.listed_only) for a in bound], dtype=bool).reshape(-1, w.classes),
            drawn,
        )


def _coming(members: Members, kinds: tuple[type, ...]) -> Iterator[tuple[int, int, Any]]:
    """Yield (policy, number of the effect in it, effect); seats may be sold before they are added."""
    world = members.world
    for j, resolved in enumerate(world.policies):
        starts = (members.policy_start[:, j] < world.steps * world.delta).any()
        comes = starts and resolved.end_hours > -world.delta  # a road block is still felt in the step after
        for number, effect in enumerate(resolved.policy.effects):
            if isinstance(effect, kinds) and (comes or isinstance(effect, Seats)):
                yield j, number, effect


@dataclass(frozen=True)
class Effects:
    """The effects of all policies, by what they change."""

    refuse_exit: Acts
    refuse_entry: Acts
    perceive: Acts
    throughput: Acts
    open_lane: Acts
    close: Acts
    block: Acts
    seats: Acts

    @classmethod
    def of(cls, members: Members) -> Effects:
        """Gather the effects of a scenario."""
        return cls(
            refuse_exit=Acts.of(members, RefuseExit, draw=("share", "listed_share", "summons")),
            refuse_entry=Acts.of(members, RefuseEntry, draw=("exempt", "ordinary_exempt")),
            perceive=Acts.of(members, RefuseExit, Deter, draw=("perceived",)),
            throughput=Acts.of(members, Throughput, draw=("factor",)),
            open_lane=Acts.of(members, OpenLane, draw=("capacity",)),
            close=Acts.of(members, Close),
            block=Acts.of(members, RoadBlock, draw=("turned_back",)),
            seats=Acts.of(members, Seats, draw=("per_day",)),
        )


def apply(members: Members, now: Now) -> Floats:
    """Change what holds in a step by all that is in force; return s* [M, A, C], the risk as people perceive it."""
    effects = members.kept("effects", Effects.of)
    active = share_of_step(members.policy_start, members.policy_end, now.begin, now.delta)
    _refuse_exit(effects.refuse_exit, members.world, now, active)
    _refuse_entry(effects.refuse_entry, members, now, active)
    _throughput(effects.throughput, members.world, now, active)
    _open_lane(effects.open_lane, members.world, now, active)
    _close(effects.close, now, active)
    _block(effects.block, members, now)
    _add_seats(effects.seats, members, now)
    return _perceived(effects.perceive, now, active)


def _refuse_exit(acts: Acts, world: World, now: Now, active: Floats) -> None:
    part = active[:, acts.number]
    if part.any():
        share = acts.drawn["share"]
        listed = np.maximum(share, acts.drawn["listed_share"])
        chance = np.where(world.class_listed, listed[:, :, None], share[:, :, None]) * part[:, :, None]
        either(now.refused, acts.entries, acts.classes, chance)
        at_least(now.summoned, acts.entries, acts.classes, acts.drawn["summons"] * (part > 0))


def _refuse_entry(acts: Acts, members: Members, now: Now, active: Floats) -> None:
    part = active[:, acts.number]
    if part.any():
        since = np.maximum(now.middle - members.policy_start[:, acts.number], 0.0)
        unaware = np.exp(-since / members["notice_time"][:, None])
        turned = 1.0 - acts.drawn["exempt"]
        times(now.admitted, acts.entries, acts.classes, 1.0 - turned * unaware * part)
        times(now.appeal, acts.entries, acts.classes, 1.0 - turned * part)
        everybody = np.ones((len(acts.number), 1), dtype=bool)
        spared = 1.0 - (1.0 - acts.drawn["ordinary_exempt"]) * part
        times(now.ordinary_admitted[:, :, None], acts.entries, everybody, spared)


def _perceived(acts: Acts, now: Now, active: Floats) -> Floats:
    """Return s* [M, A, C] of what is in force and known to keep people away."""
    out = np.zeros_like(now.refused)
    known = np.array([resolved.known_hours for resolved in acts.policies])
    aware = (now.begin + now.delta > known) & (active[:, acts.number] > 0)
    if aware.any():
        chance = acts.drawn["perceived"] * aware
        either(out, acts.entries, acts.classes, np.repeat(chance[:, :, None], out.shape[2], axis=2))
    return out


def _throughput(acts: Acts, world: World, now: Now, active: Floats) -> None:
    for e, j in enumerate(acts.number):
        part, lanes = active[:, j], acts.entries[e, world.lane_door]
        factor = 1 + (acts.drawn["factor"][:, e] - 1) * part
        np.multiply(now.lane_factor, factor[:, None], out=now.lane_factor, where=lanes)


def _open_lane(acts: Acts, world: World, now: Now, active: Floats) -> None:
    for e, j in enumerate(acts.number):
        part = (active[:, j] * acts.drawn["capacity"][:, e])[:, None]
        lanes = acts.entries[e, world.lane_door] & (world.lane_kind == acts.effects[e].lane)
        np.maximum(now.lane_open, part * world.open_share(now.hour, now.delta), out=now.lane_open, where=lanes)
        np.maximum(now.lane_day, part * world.open_share(0.0, 24.0), out=now.lane_day, where=lanes)


def _close(acts: Acts, now: Now, active: Floats) -> None:
    for e, j in enumerate(acts.number):
        part, entries = active[:, j, None], acts.entries[e]
        np.maximum(now.closed, part, out=now.closed, where=entries)
        if acts.policies[e].end_hours >= now.begin + now.delta:
            np.logical_or(now.shut, part > 0, out=now.shut, where=entries)


def _block(acts: Acts, members: Members, now: Now) -> None:
    """Block roads; of two blocks on the way to a door the stronger counts."""
    world = members.world
    for e, j in enumerate(acts.number):
        distance = acts.effects[e].distance
        first = now.begin - distance % now.delta  # when the first of the slot at the block came to it
        part = share_of_step(members.policy_start[:, j], members.policy_end[j], first, now.delta)
        if not part.any():
            continue
        turned = (acts.drawn["turned_back"][:, e] * part)[:, None]
        stronger = acts.entries[e, : world.doors] & (turned > now.block)
        now.block[stronger] = np.broadcast_to(turned, stronger.shape)[stronger]
        now.block_hours[stronger] = distance
        local = world.origin_mask(acts.effects[e].local_origins)
        now.block_local[acts.entries[e, : world.doors]] |= local[:, None] & (turned[:, 0] > 0)


def _add_seats(acts: Acts, members: Members, now: Now) -> None:
    """Add the seats of policies on the days of departure in proportion to their share in each, once on sale.

    They are from the start of the policy on, or as soon as it is known, if its start is known with it.
    """
    for e, j in enumerate(acts.number):
        resolved, start = acts.policies[e], members.policy_start[:, j, None]
        known = start if resolved.start_hours is None else np.minimum(start, resolved.known_hours)
        on_sale = (known < now.begin + now.delta) & np.isfinite(start)
        if not on_sale.any() or resolved.end_hours <= now.begin:
            continue
        days = horizon(members)
        if now.seats_added is None:
            now.seats_added = np.zeros((len(members), members.world.services, days))
        midnight = 24.0 * (now.day + np.arange(1, days + 1))
        departs = np.maximum(midnight - 24.0, now.begin)  # of today only what is left is still for sale
        share = share_of_step(start, members.policy_end[j], departs, midnight - departs) * on_sale
        extra = acts.drawn["per_day"][:, e, None] * 24
        now.seats_added[:, members.world.service_mask(acts.effects[e].services)] += (extra * share)[:, None, :]


@lean
def either(table: Floats, entries: Bools, classes: Bools, chance: Floats) -> None:
    """Let each effect happen by a chance [M, E, C] in the cells that it binds of a table [M, A, C] of chances."""
    for m in range(table.shape[0]):
        for e in range(entries.shape[0]):
            for a in range(table.shape[1]):
                if entries[e, a]:
                    for c in range(table.shape[2]):
                        if classes[e, c] and chance[m, e, c] > 0.0:
                            table[m, a, c] = 1.0 - (1.0 - table[m, a, c]) * (1.0 - chance[m, e, c])


@lean
def at_least(table: Floats, entries: Bools, classes: Bools, least: Floats) -> None:
    """Raise the cells that each effect binds of a table [M, A, C] to `least` [M, E]."""
    for m in range(table.shape[0]):
        for e in range(entries.shape[0]):
            if least[m, e] > 0.0:
                for a in range(table.shape[1]):
                    if entries[e, a]:
                        for c in range(table.shape[2]):
                            if classes[e, c]:
                                table[m, a, c] = max(table[m, a, c], least[m, e])


@lean
def times(table: Floats, entries: Bools, classes: Bools, factor: Floats) -> None:
    """Multiply the cells that each effect binds of a table [M, A, C] by a factor [M, E]."""
    for m in range(table.shape[0]):
        for e in range(entries.shape[0]):
            if factor[m, e] != 1.0:
                for a in range(table.shape[1]):
                    if entries[e, a]:
                        for c in range(table.shape[2]):
                            if classes[e, c]:
                                table[m, a, c] *= factor[m, e]
