"""Weights of itineraries and draws by them: the inner part of choosing (choose.py).

    weight of k = exp(V/λ),  weight of a nest = (Σ weights)^λ

What no round changes is weighed once a step for each origin, all groups at once in the processor's vectors; of the
nests with seats only those are weighed again in which a fare or a first free day has moved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, inlined
from egress.engine.draws import spread, uniform
from egress.engine.processes.power import power
from egress.engine.world import Bools, Floats, Ints, World

LONE = 6  # up to so many people are drawn by a scan of nests and itineraries
SIDE_BY_SIDE = 8  # groups are filled up to a multiple of this: as many numbers as a processor's vector has
SOME = 256  # up to so many are counted below each running sum; more by conditional binomials


class Ways(NamedTuple):
    """Itineraries, ordered by origin and nest; a run is what one origin has of a nest, runs by land come first."""

    span: Ints
    """First run of each origin (and the end)."""
    land: Ints
    """How many runs of each origin are by land."""
    first: Ints
    """First itinerary of each run (and the end)."""
    sold_span: Ints
    sold_in: Ints
    """Runs in which each service is sold."""
    entry: Ints
    product: Ints
    service: Ints
    ticket: Ints
    group: Ints
    """Group of each class."""

    @classmethod
    def of(cls, world: World) -> Ways:
        """Return the itineraries of a world."""
        return cls(*world.nests, *world.sold_in, world.way_entry, world.way_product, world.way_service,
                   world.way_ticket, world.class_group)  # fmt: skip


class Mood(NamedTuple):
    """What moves the choice in this step; the first axis is the member."""

    offer: Floats
    """[M, K] exp(V/λ) of what no step changes, scaled by the best of the origin."""
    idle: Floats
    """[M, O, G] weight of waiting."""
    nested: Floats
    """λ [M]"""
    weight_wait: Floats
    weight_stopped: Floats
    pull: Floats
    """[M, A] noise of the pull."""
    wait: Floats
    """[M, X] published hours of wait."""
    stopped: Floats
    """[M, A, C] perceived chance of being stopped."""
    appeal: Floats
    """[M, A, C] share still admitted."""
    closed: Floats
    """[M, A]"""
    lane_day: Floats
    """[M, L] share of a day in service."""
    block: Floats
    """[M, X] share of those caught at a road block who turn back."""
    local: Bools
    """[X, O, M] origins whose plates pass."""
    admitted: Bools
    """[A, G] whether documents open an entry."""
    lane_door: Ints


class Scales(NamedTuple):
    """Weights of one member: scratch of the kernel; groups are filled up to a multiple of SIDE_BY_SIDE."""

    door: Floats
    """[A, G] factor of an entry."""
    blocked: Floats
    """[X] factor of a road block."""
    road: Floats
    """[A] factor of the road to an entry for the plates of one origin."""
    fixed: Floats
    """[K] weights without the factors of the entry and of the service."""
    way: Floats
    """[K] weights without the factor of the entry."""
    total: Floats
    """[runs, G] sum of the weights of each nest."""
    share: Floats
    """[runs, G] weight of each nest."""
    by_land: Floats
    by_seat: Floats
    """[O, G] sums of the shares by land, and with a seat."""
    weighed: Ints
    """[O] when the weights were last looked at; 0: not yet in this step."""
    flat: Floats
    """[longest] running sums over all ways of a draw."""
    drawn: Floats
    """[SOME] scratch of `spread`."""


@compiled
def scales(ways: Ways, groups: int, entries: int, doors: int) -> Scales:
    """Return scratch for the weights of one member."""
    origins, itineraries, runs = len(ways.span) - 1, max(1, len(ways.entry)), max(1, len(ways.first) - 1)
    filled = groups + -groups % SIDE_BY_SIDE
    return Scales(
        np.zeros((entries, filled)),
        np.ones(max(1, doors)),
        np.ones(entries),
        np.zeros(itineraries),
        np.zeros(itineraries),
        np.zeros((runs, filled)),
        np.zeros((runs, filled)),
        np.zeros((origins, filled)),
        np.zeros((origins, filled)),
        np.zeros(origins, dtype=np.int64),
        np.zeros(longest(ways)),
        np.zeros(SOME),
    )


@compiled
def longest(ways: Ways) -> int:
    """Return the greatest number of itineraries of an origin."""
    most = 1
    for o in range(len(ways.span) - 1):
        most = max(most, ways.first[ways.span[o + 1]] - ways.first[ways.span[o]])
    return most


@inlined
def look_at_doors(m: int, mood: Mood, scale: Scales) -> None:
    """Write the factor of each entry and group in this step, and forget the weights of the last one."""
    entries, groups = mood.admitted.shape
    doors = mood.wait.shape[1]
    sharp = 1.0 / mood.nested[m]
    fear = mood.weight_stopped[m] * sharp
    scale.road[:] = 0.0  # until a lane is known to serve
    for lane in range(len(mood.lane_door)):
        scale.road[mood.lane_door[lane]] += mood.lane_day[m, lane]
    for a in range(entries):
        wait = mood.wait[m, a] if a < doors else 0.0
        plain = 0.0
        if a >= doors or scale.road[a] > 0.0:
            plain = np.exp((mood.pull[m, a] - mood.weight_wait[m] * wait) * sharp) * (1.0 - mood.closed[m, a])
        if a < doors:
            scale.blocked[a] = np.exp(-fear * mood.block[m, a]) if mood.block[m, a] > 0.0 else 1.0
        for g in range(groups):
            scale.door[a, g] = plain if mood.admitted[a, g] else 0.0
    scale.road[:] = 1.0
    for g in range(groups):
        stopped, appeal, factor = 0.0, 1.0, 1.0
        for a in range(entries):
            if mood.stopped[m, a, g] != stopped or mood.appeal[m, a, g] != appeal:  # often the same as before
                stopped, appeal = mood.stopped[m, a, g], mood.appeal[m, a, g]
                factor = np.exp(-fear * stopped) * appeal**sharp
            scale.door[a, g] *= factor
    scale.weighed[:] = 0


@inlined
def weigh(m: int, o: int, tick: int, moved: Ints, ways: Ways, mood: Mood, factor: Floats,
          scale: Scales) -> None:  # fmt: skip
    """Bring the weights of one origin up to date; `moved` [runs] tick of the last change, `factor` [S]."""
    since = scale.weighed[o]
    if since == tick:
        return
    scale.weighed[o] = tick
    start, end = ways.span[o], ways.span[o + 1]
    middle = start + ways.land[o]
    if since == 0:
        _weigh_fixed(m, o, ways, mood, scale)
        for i in range(start, middle):
            _weigh_run(i, mood.nested[m], ways, scale)
        _add_up(start, middle, scale.share, scale.by_land[o])
    for i in range(middle, end):
        if moved[i] > since:
            for k in range(ways.first[i], ways.first[i + 1]):
                scale.way[k] = scale.fixed[k] * factor[ways.service[k]]
            _weigh_run(i, mood.nested[m], ways, scale)
    _add_up(middle, end, scale.share, scale.by_seat[o])


@inlined
def _weigh_fixed(m: int, o: int, ways: Ways, mood: Mood, scale: Scales) -> None:
    """Write what no round changes: offer, and road blocks for those whose plates do not pass."""
    for x in range(mood.block.shape[1]):
        if scale.blocked[x] < 1.0:
            scale.road[x] = 1.0 if mood.local[x, o, m] else scale.blocked[x]
    for k in range(ways.first[ways.span[o]], ways.first[ways.span[o + 1]]):
        scale.fixed[k] = scale.way[k] = mood.offer[m, k] * scale.road[ways.entry[k]]


@inlined
def _weigh_run(i: int, lamb: float, ways: Ways, scale: Scales) -> None:
    """Sum up one nest of one origin for all groups, and raise the sums to λ."""
    total, share = scale.total[i], scale.share[i]
    for g in range(len(total)):
        total[g] = 0.0
    for k in range(ways.first[i], ways.first[i + 1]):
        weight, door = scale.way[k], scale.door[ways.entry[k]]
        for g in range(len(total)):
            total[g] += weight * door[g]
    for g in range(len(total)):
        share[g] = power(total[g], lamb)


@inlined
def _add_up(start: int, end: int, share: Floats, out: Floats) -> None:
    """Write the sum of the shares [runs, G] of the runs [start, end) to `out` [G]."""
    for g in range(len(out)):
        out[g] = 0.0
    for i in range(start, end):
        row = share[i]
        for g in range(len(out)):
            out[g] += row[g]


@inlined
def pick(n: int, g: int, start: int, end: int, total: float, ways: Ways, scale: Scales, out: Ints,
         state: int) -> int:  # fmt: skip
    """Let `n` people choose among the runs [start, end), of shares `total`; `out` gains [ways]; returns the state."""
    base = ways.first[start]
    if n <= LONE:
        for _ in range(n):
            u, state = uniform(state)
            u *= total
            i = start
            while i < end and u >= scale.share[i, g]:
                u -= scale.share[i, g]
                i += 1
            if i == end:  # rounding: the last nest with any weight
                i -= 1
                while scale.share[i, g] <= 0.0:
                    i -= 1
            k, last = ways.first[i], ways.first[i + 1] - 1
            u, state = uniform(state)
            u *= scale.total[i, g]
            below = scale.way[k] * scale.door[ways.entry[k], g]
            while k < last and u >= below:
                k += 1
                below += scale.way[k] * scale.door[ways.entry[k], g]
            out[k - base] += 1
        return state
    below = 0.0
    for i in range(start, end):
        part = scale.share[i, g] / scale.total[i, g] if scale.share[i, g] > 0.0 else 0.0
        for k in range(ways.first[i], ways.first[i + 1]):
            below += part * (scale.way[k] * scale.door[ways.entry[k], g])
            scale.flat[k - base] = below
    return spread(n, scale.flat[: ways.first[end] - base], out, scale.drawn, state)
