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
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.engine.compiled import lean
from egress.engine.members import Members, share_of_step
from egress.engine.world import Bools, Floats, Ints
from egress.scenario.schema import Close, Deter, OpenLane, RefuseEntry, RefuseExit, RoadBlock, Seats, Throughput
from egress.scenario.time import ResolvedPolicy

if TYPE_CHECKING:
    from egress.engine.processes.news import Now


@dataclass(frozen=True)
class Acts:
    """All effects of some kinds, of policies that come: whom they bind and what members drew."""

    policy: Ints
    """[E] number of the policy of each."""
    entries: Bools
    """[E, A] which entries it binds."""
    classes: Bools
    """[E, C]"""
    drawn: dict[str, Floats]
    """[M, E] values of the numbers of each, by field."""
    effects: tuple[Any, ...]
    """The effects as the scenario has them."""
    policies: tuple[ResolvedPolicy, ...]
    """The policy of each."""

    @classmethod
    def of(cls, members: Members, kinds: tuple[type, ...], fields: tuple[str, ...]) -> Acts:
        """Gather the effects of these kinds and draw these numbers of theirs."""
        found = list(_coming(members, kinds))
        w = members.world
        bound = [w.policies[j].policy.applies_to for j, _, _ in found]
        drawn = {
            field: np.stack(
                [
                    members.drawn(getattr(effect, field), f"policy/{w.policies[j].policy.id}/{number}/{field}")
                    for j, number, effect in found
                ],
                axis=1,
            )
            if found
            else np.zeros((len(members), 0))
            for field in fields
        }
        return cls(
            np.array([j for j, _, _ in found], dtype=np.int64),
            np.array([w.entry_mask(a.crossings) for a in bound]).reshape(-1, w.entries),
            np.array([w.class_mask(a.groups, a.listed_only) for a in bound]).reshape(-1, w.classes),
            drawn,
            tuple(effect for _, _, effect in found),
            tuple(w.policies[j] for j, _, _ in found),
        )

    def __len__(self) -> int:
        """Return the number of effects."""
        return len(self.policy)


def _coming(members: Members, kinds: tuple[type, ...]) -> Iterator[tuple[int, int, Any]]:
    """Yield (policy, number of the effect in it, effect); seats may be sold before they are added."""
    world = members.world
    for j, resolved in enumerate(world.policies):
        comes = bool((members.policy_start[:, j] < world.steps * world.delta).any())
        stands = resolved.end_hours > -world.delta
        for number, effect in enumerate(resolved.policy.effects):
            if isinstance(effect, kinds) and ((comes and stands) or isinstance(effect, Seats)):
                yield j, number, effect


def _acts(members: Members, kinds: type | tuple[type, ...], *fields: str) -> Acts:
    """Return the effects of some kinds, gathered once."""
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    name = f"acts/{'+'.join(kind.__name__ for kind in kinds)}"
    return members.kept(name, partial(Acts.of, kinds=kinds, fields=fields))


def apply(members: Members, now: Now) -> Floats:
    """Change what holds in a step by all that is in force; return s* [M, A, C], the risk as people perceive it."""
    active = share_of_step(members.policy_start, members.policy_end, now.begin, now.delta)
    perceived = np.zeros_like(now.refused)
    _refuse_exit(members, now, active)
    _refuse_entry(members, now, active)
    _perceive(members, now, active, perceived)
    _change_service(members, now, active)
    _close(members, now, active)
    _block(members, now)
    _add_seats(members, now)
    return perceived


def _refuse_exit(members: Members, now: Now, active: Floats) -> None:
    acts = _acts(members, RefuseExit, "share", "listed_share", "summons")
    part = active[:, acts.policy]
    if part.any():
        listed = np.maximum(acts.drawn["share"], acts.drawn["listed_share"])
        is_listed = members.world.class_listed
        chance = np.where(is_listed, listed[:, :, None], acts.drawn["share"][:, :, None]) * part[:, :, None]
        either(now.refused, acts.entries, acts.classes, chance)
        at_least(now.summoned, acts.entries, acts.classes, acts.drawn["summons"] * (part > 0))


def _refuse_entry(members: Members, now: Now, active: Floats) -> None:
    acts = _acts(members, RefuseEntry, "exempt", "ordinary_exempt")
    part = active[:, acts.policy]
    if part.any():
        since = np.maximum(now.middle - members.policy_start[:, acts.policy], 0.0)
        unaware = np.exp(-since / members["notice_time"][:, None])
        refused = 1.0 - acts.drawn["exempt"]
        times(now.admitted, acts.entries, acts.classes, 1.0 - refused * unaware * part)
        times(now.appeal, acts.entries, acts.classes, 1.0 - refused * part)
        everybody = np.ones((len(acts), 1), dtype=bool)
        spared = 1.0 - (1.0 - acts.drawn["ordinary_exempt"]) * part
        times(now.ordinary_admitted[:, :, None], acts.entries, everybody, spared)


def _perceive(members: Members, now: Now, active: Floats, perceived: Floats) -> None:
    """Raise s* where an effect is known to keep people away."""
    acts = _acts(members, (RefuseExit, Deter), "perceived")
    known = np.array([resolved.known_hours for resolved in acts.policies])
    aware = (now.begin + now.delta > known) & (active[:, acts.policy] > 0)
    if aware.any():
        chance = (acts.drawn["perceived"] * aware)[:, :, None]
        either(perceived, acts.entries, acts.classes, np.repeat(chance, members.world.classes, axis=2))


def _change_service(members: Members, now: Now, active: Floats) -> None:
    """Make lanes faster or slower, and open lanes."""
    world = members.world
    acts = _acts(members, Throughput, "factor")
    for e in np.flatnonzero(active[:, acts.policy].any(axis=0)):
        factor = 1 + (acts.drawn["factor"][:, e] - 1) * active[:, acts.policy[e]]
        now.lane_factor[:, acts.entries[e, world.lane_door]] *= factor[:, None]
    acts = _acts(members, OpenLane, "capacity")
    for e in np.flatnonzero(active[:, acts.policy].any(axis=0)):
        opened = acts.entries[e, world.lane_door] & (world.lane_kind == acts.effects[e].lane)
        part = active[:, acts.policy[e]] * acts.drawn["capacity"][:, e]
        for lanes, hour, length in ((now.lane_open, now.hour, now.delta), (now.lane_day, 0.0, 24.0)):
            share = world.open_share(hour, length)[opened]
            lanes[:, opened] = np.maximum(lanes[:, opened], part[:, None] * share)


def _close(members: Members, now: Now, active: Floats) -> None:
    acts = _acts(members, Close)
    for e in np.flatnonzero(active[:, acts.policy].any(axis=0)):
        part, entries = active[:, acts.policy[e]], acts.entries[e]
        now.closed[:, entries] = np.maximum(now.closed[:, entries], part[:, None])
        stays = (part > 0) & (acts.policies[e].end_hours >= now.begin + now.delta)
        now.shut[:, entries] |= stays[:, None]


def _block(members: Members, now: Now) -> None:
    """Block roads; of two blocks on the way to a door the stronger counts."""
    world = members.world
    acts = _acts(members, RoadBlock, "turned_back")
    for e, effect in enumerate(acts.effects):
        # a slot of the ring comes to the block by parts: the first of those there now came to it at `first`
        first = now.begin - effect.distance % now.delta
        start, end = members.policy_start[:, acts.policy[e]], np.asarray(acts.policies[e].end_hours)
        turned = acts.drawn["turned_back"][:, e] * share_of_step(start, end, first, now.delta)
        if not turned.any():
            continue
        doors = np.flatnonzero(acts.entries[e, : world.doors])
        stronger = turned[:, None] > now.block[:, doors]
        now.block[:, doors] = np.where(stronger, turned[:, None], now.block[:, doors])
        now.block_hours[:, doors] = np.where(stronger, effect.distance, now.block_hours[:, doors])
        local = np.array([o.id in effect.local_origins for o in world.scenario.origins])
        now.block_local[doors] |= local[:, None] & (turned > 0)


def _add_seats(members: Members, now: Now) -> None:
    """Add the seats of policies on the days of departure in proportion to their share in each, once on sale.

    They are from the start of the policy on, or as soon as it is known, if its start is known with it.
    """
    acts = _acts(members, Seats, "per_day")
    for e, effect in enumerate(acts.effects):
        resolved = acts.policies[e]
        start = members.policy_start[:, acts.policy[e], None]
        known = start if resolved.start_hours is None else np.minimum(start, resolved.known_hours)
        on_sale = (known < now.begin + now.delta) & np.isfinite(start)
        if not on_sale.any() or resolved.end_hours <= now.begin:
            continue
        midnight = 24.0 * (now.day + np.arange(1, now.seats_added.shape[2] + 1))
        departs = np.maximum(midnight - 24.0, now.begin)  # of today only what is left is still for sale
        share = np.where(
            on_sale, share_of_step(start, np.asarray(resolved.end_hours), departs, midnight - departs), 0.0
        )
        services = np.array([s.id in effect.services for s in members.world.scenario.services])
        extra = acts.drawn["per_day"][:, e] * 24
        now.seats_added[:, services] += (extra[:, None] * share)[:, None, :]


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
