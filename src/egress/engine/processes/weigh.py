"""Weights of itineraries and draws by them: the inner part of step 5 (choose.py).

    weight of k = exp(V/λ),  weight of a nest = (Σ weights)^λ

What no round changes is weighed once a step for each (origin, group); of the nests with seats only those are
weighed again in which a fare or a first free day has moved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, float32, inlined
from egress.engine.draws import spread, uniform
from egress.engine.world import Bools, Floats, Ints, World

LONE = 6  # up to so many people are drawn by a scan of nests and itineraries
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
    group: Ints
    """Group of each class."""

    @classmethod
    def of(cls, world: World) -> Ways:
        """Return the itineraries of a world."""
        return cls(*world.nests, *world.sold_in, world.way_entry, world.way_product, world.way_service,
                   world.class_group)  # fmt: skip


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
    """Weights of one member: scratch of the kernel."""

    door: Floats
    """[G, A] factor of an entry."""
    blocked: Floats
    """[X] factor of a road block."""
    fixed: Floats
    """[G, K] weights without the factor of the service."""
    summed: Floats
    """[G, K] running sums of weights within each run."""
    share: Floats
    """[G, runs] weight of each nest."""
    by_land: Floats
    by_seat: Floats
    """[G, O] sums of the shares by land, and with a seat."""
    weighed: Ints
    """[G, O] when the weights were last looked at; 0: not yet in this step."""
    flat: Floats
    """[longest + 1] running sums over all ways of a draw."""
    drawn: Floats
    """[SOME] scratch of `spread`."""


@compiled
def scales(ways: Ways, groups: int, entries: int, doors: int) -> Scales:
    """Return scratch for the weights of one member."""
    origins, itineraries, runs = len(ways.span) - 1, max(1, len(ways.entry)), max(1, len(ways.first) - 1)
    return Scales(
        np.zeros((groups, entries)),
        np.ones(max(1, doors)),
        np.zeros((groups, itineraries)),
        np.zeros((groups, itineraries)),
        np.zeros((groups, runs)),
        np.zeros((groups, origins)),
        np.zeros((groups, origins)),
        np.zeros((groups, origins), dtype=np.int64),
        np.zeros(longest(ways) + 1),
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
    groups, entries = scale.door.shape
    doors = mood.wait.shape[1]
    sharp = 1.0 / mood.nested[m]
    fear = mood.weight_stopped[m] * sharp
    for a in range(entries):
        wait = mood.wait[m, a] if a < doors else 0.0
        plain = np.exp((mood.pull[m, a] - mood.weight_wait[m] * wait) * sharp) * (1.0 - mood.closed[m, a])
        if a < doors:
            serving = 0.0
            for lane in range(len(mood.lane_door)):
                if mood.lane_door[lane] == a:
                    serving += mood.lane_day[m, lane]
            if serving <= 0.0:
                plain = 0.0
            scale.blocked[a] = np.exp(-fear * mood.block[m, a]) if mood.block[m, a] > 0.0 else 1.0
        for g in range(groups):
            factor = plain if mood.admitted[a, g] else 0.0
            if factor > 0.0:
                if mood.stopped[m, a, g] > 0.0:
                    factor *= np.exp(-fear * mood.stopped[m, a, g])
                if mood.appeal[m, a, g] < 1.0:
                    factor *= mood.appeal[m, a, g] ** sharp
            scale.door[g, a] = factor
    scale.weighed[:] = 0


@inlined
def weigh(m: int, o: int, g: int, tick: int, moved: Ints, ways: Ways, mood: Mood, factor: Floats,
          scale: Scales) -> None:  # fmt: skip
    """Bring the weights of one origin and group up to date; `moved` [runs] tick of the last change, `factor` [S]."""
    since = scale.weighed[g, o]
    if since == tick:
        return
    start, end = ways.span[o], ways.span[o + 1]
    middle = start + ways.land[o]
    lamb = float32(mood.nested[m])
    if since == 0:
        _weigh_fixed(m, o, g, ways, mood, scale)
        seen = 0.0
        for i in range(start, middle):
            total = 0.0
            for k in range(ways.first[i], ways.first[i + 1]):
                total += scale.fixed[g, k]
                scale.summed[g, k] = total
            scale.share[g, i] = float32(total) ** lamb if total > 0.0 else 0.0
            seen += scale.share[g, i]
        scale.by_land[g, o] = seen
    seen = 0.0
    for i in range(middle, end):
        if moved[i] > since:
            total = 0.0
            for k in range(ways.first[i], ways.first[i + 1]):
                total += scale.fixed[g, k] * factor[ways.service[k]]
                scale.summed[g, k] = total
            scale.share[g, i] = float32(total) ** lamb if total > 0.0 else 0.0
        seen += scale.share[g, i]
    scale.by_seat[g, o] = seen
    scale.weighed[g, o] = tick


@inlined
def _weigh_fixed(m: int, o: int, g: int, ways: Ways, mood: Mood, scale: Scales) -> None:
    """Write what no round changes: offer, door, and road blocks for those whose plates do not pass."""
    doors = mood.block.shape[1]
    for k in range(ways.first[ways.span[o]], ways.first[ways.span[o + 1]]):
        scale.fixed[g, k] = mood.offer[m, k] * scale.door[g, ways.entry[k]]
    for x in range(doors):
        if scale.blocked[x] < 1.0 and not mood.local[x, o, m]:
            for k in range(ways.first[ways.span[o]], ways.first[ways.span[o + 1]]):
                if ways.entry[k] == x:
                    scale.fixed[g, k] *= scale.blocked[x]


@inlined
def pick(n: int, g: int, start: int, end: int, total: float, idle: float, ways: Ways, scale: Scales, out: Ints,
         state: int) -> int:  # fmt: skip
    """Let `n` people choose among the runs [start, end) and, if `idle` > 0, waiting; returns the state.

    total: shares of these runs and `idle`; `out` gains [ways, waiting].
    """
    base = ways.first[start]
    waiting = ways.first[end] - base
    if n <= LONE:
        for _ in range(n):
            u, state = uniform(state)
            u *= total
            i = start
            while i < end and u >= scale.share[g, i]:
                u -= scale.share[g, i]
                i += 1
            if i == end:
                if idle > 0.0:
                    out[waiting] += 1
                    continue
                i -= 1  # rounding: the last nest with any weight
                while scale.share[g, i] <= 0.0:
                    i -= 1
            k, last = ways.first[i], ways.first[i + 1] - 1
            u, state = uniform(state)
            u *= scale.summed[g, last]
            while k < last and u >= scale.summed[g, k]:
                k += 1
            out[k - base] += 1
        return state
    below = 0.0
    for i in range(start, end):
        last = ways.first[i + 1] - 1
        if scale.share[g, i] > 0.0:
            part = scale.share[g, i] / scale.summed[g, last]
            for k in range(ways.first[i], last + 1):
                scale.flat[k - base] = below + part * scale.summed[g, k]
            below = scale.flat[last - base]
        else:
            for k in range(ways.first[i], last + 1):
                scale.flat[k - base] = below
    scale.flat[waiting] = below + idle
    return spread(n, scale.flat[: waiting + 1], out, scale.drawn, state)
