"""Intend and prepare: susceptible → preparing → ready → acting, one continuous-time chain.

    rates: susceptible → ready  h f,   susceptible → prep1  h (1 − f),   h = h0 F (1 + χ b) exp(η)
           prep1 → prep2 → ready  2/δ,   ready → acts  ρ,   waiting → acts  ρ0,   cooling → waiting  1/τ_c

Each step uses the exact transition probabilities of the chain, found by uniformization, and draws multinomials.
Rates are held at their mean over the step, or over each of its parts (an hour) if a signal begins within it. The
expected acts by the end of each part, `acted_by`, say when in the step those who act set out.

Whoever waits or cools off came to it within a step and leaves it within a later one, in the middle of both on
average: the chance to leave in a step is its rate times Δ, so that the mean time is right for any step.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, key, keys, multinomial, purpose
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Floats, Ints

PURPOSE = purpose("intend")
SETTLE = purpose("susceptible")
STAGES = 5  # susceptible, prep1, prep2, ready, acted
ENOUGH = 1e-12  # uniformization stops when the rest of the series is smaller


@compiled
def transition(decide: float, at_once: float, prepare: float, act: float, delta: float, out: Floats) -> None:
    """Write exp(Q·delta) [5, 5] of the chain to `out`; rates per hour, `at_once` a share."""
    most = max(decide, prepare, act)
    out[:, :] = 0.0
    power = np.zeros((STAGES, STAGES))
    for i in range(STAGES):
        out[i, i] = power[i, i] = 1.0
    if most * delta <= 0.0:
        return
    halvings = 0
    span = most * delta
    while span > 1.0:
        span /= 2
        halvings += 1
    jump = np.zeros((STAGES, STAGES))
    jump[0, 1] = decide * (1 - at_once) / most
    jump[0, 3] = decide * at_once / most
    jump[1, 2] = jump[2, 3] = prepare / most
    jump[3, 4] = act / most
    for i in range(STAGES):
        jump[i, i] = 1.0 - jump[i].sum()
    weight = np.exp(-span)
    out *= weight
    n = 0
    left = 1.0 - weight
    while left > ENOUGH and n < 60:
        n += 1
        weight *= span / n
        left -= weight
        _times(power, jump)
        for i in range(STAGES):
            for j in range(i, STAGES):
                out[i, j] += weight * power[i, j]
    for _ in range(halvings):
        _times(out, out.copy())
    for i in range(STAGES):
        total = out[i].sum()
        for j in range(STAGES):
            out[i, j] /= total


@compiled
def over_step(course: Floats, at_once: float, prepare: float, act: float, delta: float, out: Floats,
              acted: Floats) -> None:  # fmt: skip
    """Write exp(Q·delta) [5, 5] to `out`, and to `acted` [4, parts] the chance to have acted by the end of each part.

    course [1 or parts]: the hazard of deciding, in the whole step or in each part of it.
    """
    parts = acted.shape[1]
    chance = np.empty((STAGES, STAGES))
    for part in range(parts):
        if part < course.shape[0]:
            transition(course[part], at_once, prepare, act, delta / parts, chance)
        if part == 0:
            out[:, :] = chance
        else:
            _times(out, chance)
        acted[:, part] = out[:-1, -1]


@compiled
def _times(left: Floats, right: Floats) -> None:
    """Replace upper triangular `left` by left·right, in place (row by row, from the right)."""
    for i in range(STAGES):
        for j in range(STAGES - 1, i - 1, -1):
            total = 0.0
            for k in range(i, j + 1):
                total += left[i, k] * right[k, j]
            left[i, j] = total


@compiled
def settle_susceptible(seed: int, members: Ints, willing: Floats, immune: Ints, susceptible: Ints) -> None:
    """Draw S ~ Binomial(N, φω) once per cell; `immune` holds N before and N − S after."""
    groups = willing.shape[2]
    for m in range(immune.shape[0]):
        for o in range(immune.shape[1]):
            for c in range(groups):
                people = immune[m, o, c]
                if people > 0:
                    state = key(seed, members[m], 0, o * groups + c, SETTLE)
                    chosen, state = binomial(people, willing[m, o, c], state)
                    susceptible[m, o, c] = chosen
                    immune[m, o, c] = people - chosen


@compiled
def intend(
    seed: int,
    members: Ints,
    step: int,
    delta: float,
    hazard: Floats,
    at_once: Floats,
    prepare: Floats,
    act: Floats,
    retry: Floats,
    recover: Floats,
    again: Floats,
    class_group: Ints,
    immune: Ints,
    susceptible: Ints,
    prep1: Ints,
    prep2: Ints,
    ready: Ints,
    waiting: Ints,
    cooling: Ints,
    acted: Ints,
    acted_by: Floats,
) -> None:
    """Move everybody at home through the chain for one step.

    hazard [1 or parts, M, O, G], at_once and prepare [M, G] (2/δ), act, retry, recover, again [M]; counts
    [M, O, C]; acted_by [M, C, parts] the expected share of those who act who have by the end of each part.
    """
    origins, classes = susceptible.shape[1], susceptible.shape[2]
    parts = acted_by.shape[2]
    chance = np.empty((STAGES, STAGES))
    early = np.zeros((STAGES - 1, parts))
    course = np.zeros(hazard.shape[0])
    expected = np.zeros(parts)
    moved = np.zeros(STAGES, dtype=np.int64)
    streams = np.zeros(origins * classes, dtype=np.uint64)
    for m in range(susceptible.shape[0]):
        keys(seed, members[m], step, PURPOSE, streams)
        leave_waiting = min(retry[m] * delta, 1.0)
        leave_cooling = min(recover[m] * delta, 1.0)
        for c in range(classes):
            g = class_group[c]
            known = False
            expected[:] = 0.0
            for o in range(origins):
                people = susceptible[m, o, c] + prep1[m, o, c] + prep2[m, o, c] + ready[m, o, c]
                if people + waiting[m, o, c] + cooling[m, o, c] == 0:
                    continue
                state = streams[o * classes + c]
                if people > 0:
                    pressed = 0.0
                    for part in range(hazard.shape[0]):
                        known = known and hazard[part, m, o, g] == course[part]
                        course[part] = hazard[part, m, o, g]
                        pressed += course[part]
                    if not known:
                        known = True
                        over_step(course, at_once[m, g], prepare[m, g], act[m], delta, chance, early)
                    if pressed > 0.0 or people > susceptible[m, o, c]:
                        for part in range(parts):
                            expected[part] += (
                                susceptible[m, o, c] * early[0, part] + prep1[m, o, c] * early[1, part]
                                + prep2[m, o, c] * early[2, part] + ready[m, o, c] * early[3, part]
                            )  # fmt: skip
                        moved[:] = 0
                        state = multinomial(susceptible[m, o, c], chance[0], moved, state)
                        state = multinomial(prep1[m, o, c], chance[1], moved, state)
                        state = multinomial(prep2[m, o, c], chance[2], moved, state)
                        state = multinomial(ready[m, o, c], chance[3], moved, state)
                        susceptible[m, o, c] = moved[0]
                        prep1[m, o, c] = moved[1]
                        prep2[m, o, c] = moved[2]
                        ready[m, o, c] = moved[3]
                        acted[m, o, c] += moved[4]
                if waiting[m, o, c] > 0:
                    gone, state = binomial(waiting[m, o, c], leave_waiting, state)
                    waiting[m, o, c] -= gone
                    acted[m, o, c] += gone
                    for part in range(parts):
                        expected[part] += gone * (part + 1.0) / parts
                if cooling[m, o, c] > 0:
                    gone, state = binomial(cooling[m, o, c], leave_cooling, state)
                    willing, state = binomial(gone, again[m], state)
                    cooling[m, o, c] -= gone
                    waiting[m, o, c] += willing
                    immune[m, o, c] += gone - willing
            if expected[parts - 1] > 0.0:
                acted_by[m, c] = expected / expected[parts - 1]


def begin(members: Members, state: State) -> None:
    """Put everybody at home and draw who is susceptible."""
    groups = members.world.groups
    state.immune[:, :, :groups] = state.population
    settle_susceptible(members.seed, members.numbers, members.willing, state.immune, state.susceptible)


def step(members: Members, state: State, now: Now) -> None:
    """Take one step of the chain."""
    lift = members["intention_rate"] * now.intention
    worry = 1 + members["fear_response"][:, None] * now.fear
    intend(
        members.seed,
        members.numbers,
        now.step,
        now.delta,
        now.course * (lift[:, None] * worry)[:, None, :],
        members.group("ready_at_once"),
        2 / np.maximum(members.group("preparation"), 1e-6),
        members["act_rate"],
        members["retry_rate"],
        1 / members["cooling_time"],
        members["try_again"],
        members.world.class_group,
        state.immune,
        state.susceptible,
        state.prep1,
        state.prep2,
        state.ready,
        state.waiting,
        state.cooling,
        state.acted,
        now.acted_by,
    )
