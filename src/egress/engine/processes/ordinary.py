"""Ordinary traffic: trips that would have happened anyway, in the same lanes, with a ledger of its own.

    entries at door x ~ Poisson(E_x · weekday · admitted · open · max(0, 1 − s F) Δ)
    exits   at entry a ~ Poisson(X_a · weekday · (lagged share of ordinary entries) Δ): those who came go back

By air the share is that of the seats which ordinary travellers hold on the day: who books days ahead still flies when
fewer book. It is drawn before the lanes are served, because both share them.
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


def weekday(world: World, which: str, middle: float) -> Floats:
    """Return [X] relative traffic (`entries` or `exits`) on the weekday of each door's local time."""
    profiles, ahead = world.traffic(which)
    today = world.scenario.period.start.weekday() + ((middle + ahead) // 24).astype(np.int64)
    return profiles[np.arange(len(profiles)), today % 7]


def flying(members: Members, state: State, now: Now) -> Floats:
    """Return [M, airports abroad] seats that ordinary travellers hold today, as a share of those of an ordinary day."""
    world = members.world
    held = state.ordinary_held[:, :, now.day % state.ordinary_held.shape[2]]
    out = np.zeros((len(members), world.entries - world.doors))
    for service, entry in enumerate(world.service_entry):
        if entry >= 0:
            out[:, entry - world.doors] += held[:, service]
    usual = 24.0 * members.ordinary_exits[:, world.doors :]
    return np.divide(out, usual, out=np.zeros_like(out), where=usual > 0)


def step(members: Members, state: State, now: Now) -> tuple[Ints, Ints]:
    """Return (arrivals at the land doors [M, X], exits [M, A]) of ordinary travellers in this step."""
    world = members.world
    coming = weekday(world, "entries", now.middle)
    going = np.ones(world.entries)
    going[: world.doors] = weekday(world, "exits", now.middle)
    shares = np.ones((len(members), world.entries))
    shares[:, : world.doors] -= displaced(members, now, "land_suppression")[:, None]
    shares[:, world.doors :] = flying(members, state, now)
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
