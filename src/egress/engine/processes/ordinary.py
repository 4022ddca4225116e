"""Step 10, ordinary traffic: trips that would have happened anyway, in the same lanes, with a ledger of its own.

    entries at door x ~ Poisson(E_x · weekday · admitted · open · max(0, 1 − s F) Δ)
    exits   at entry a ~ Poisson(X_a · weekday · (lagged share of ordinary entries) Δ): those who came go back

It is drawn before the lanes are served, because both share them.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import keys, poisson, purpose
from egress.engine.members import Members
from egress.engine.processes.book import displaced
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Floats, Ints, World

ENTRIES = purpose("ordinary entries")
EXITS = purpose("ordinary exits")


@compiled
def draw_counts(seed: int, members: Ints, step: int, mean: Floats, what: int, out: Ints) -> None:
    """Draw out [M, cells] ~ Poisson(mean)."""
    streams = np.zeros(mean.shape[1], dtype=np.uint64)
    for m in range(mean.shape[0]):
        keys(seed, members[m], step, what, streams)
        for cell in range(mean.shape[1]):
            if mean[m, cell] > 0.0:
                out[m, cell], _ = poisson(mean[m, cell], streams[cell])


def weekday(world: World, names: list[str], offsets: list[str], middle: float) -> Floats:
    """Return [cells] relative traffic on the weekday of each door's local time."""
    out = np.ones(len(names))
    for cell, (name, offset) in enumerate(zip(names, offsets, strict=True)):
        if name:
            day = int((middle + world.shift(offset)) // 24)
            profile = world.scenario.weekdays[name].monday_to_sunday
            out[cell] = profile[(world.scenario.period.start.weekday() + day) % 7]
    return out


def step(members: Members, state: State, now: Now) -> tuple[Ints, Ints]:
    """Return (arrivals at the land doors [M, X], exits [M, A]) of ordinary travellers in this step."""
    world = members.world
    doors = world.ways.land
    offsets = [door.utc_offset for door in doors]
    coming = weekday(world, [door.weekday_entries for door in doors], offsets, now.middle)
    going = np.ones(world.entries)
    going[: world.doors] = weekday(world, [door.weekday_exits for door in doors], offsets, now.middle)
    shares = np.ones((len(members), world.entries))
    shares[:, : world.doors] -= displaced(members, now, "land_suppression")[:, None]
    shares[:, world.doors :] -= displaced(members, now, "air_suppression")[:, None]
    shares *= now.ordinary_admitted * (1.0 - now.closed)
    arrivals = np.zeros((len(members), world.doors), dtype=np.int64)
    mean = members.ordinary_entries * coming * shares[:, : world.doors] * now.delta
    draw_counts(members.seed, members.numbers, now.step, mean, ENTRIES, arrivals)
    if now.step == 0:
        state.ordinary_abroad[:] = 1.0
    stay = members["ordinary_stay"][:, None]
    follow = -np.expm1(-now.delta / stay)
    state.ordinary_abroad += (shares - state.ordinary_abroad) * follow
    exits = np.zeros((len(members), world.entries), dtype=np.int64)
    mean = members.ordinary_exits * going * state.ordinary_abroad * now.delta
    draw_counts(members.seed, members.numbers, now.step, mean, EXITS, exits)
    return arrivals, exits
