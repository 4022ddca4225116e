"""Route choice: the chance of every path from every place (flee.md section 7).

    w = [ (weight_softening + S_j) / (softening + D)^distance_power · C_j ]^weight_power
    fixed routes:  w = [ (weight_softening + S_j) / (softening + D)^distance_power ]^weight_power · S_j

Paths below max w / threshold are pruned; with all weights 0 every path is as likely. The weights depend on the day
and on how full camps are, not on who chooses, so they are computed once per day, phase and place.

Under Flee pruning takes the right weight out of its list, but the first route that is equal to the one
meant (defect 13). Where two roads join two places and the later one is pruned, the earlier's route goes: the
weights from there on stand for the route after theirs.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.flee.case import Floats, Ints

PRUNING = 1.001  # thresholds below this do not prune (flee.md section 7: "> 1"; Flee's own margin)


@compiled
def weigh(
    first: Ints,
    destination: Ints,
    resistance: Floats,
    lean: Floats,
    crowd: Floats,
    score: Floats,
    bare: Floats,
    full: Floats,
    softening: float,
    power: float,
    threshold: float,
    fixed: bool,
    alike: Ints,
    shifts: bool,
    out: Floats,
) -> None:
    """Write the cumulative chances of the paths of every place to `out` (last of a place: 1).

    first [P + 1]; destination, resistance, lean (of stay_close_to_home) [N]; crowd (of use_pop_for_loc_weight),
    score (as a class sees it), bare (without attributes), full (C) [P]. alike [N]: the first path of the place with
    the same route; shifts: whether pruning drops that one (defect 13).
    """
    for p in range(first.shape[0] - 1):
        top = 0.0
        for k in range(first[p], first[p + 1]):
            j = destination[k]
            seen = score[j] * lean[k] * crowd[j]
            worth = softening + (bare[j] if fixed else seen)
            w = worth / resistance[k] * (1.0 if fixed else full[j])
            if power != 1.0:
                w = w**power
            if fixed:
                w *= seen
            out[k] = w
            top = max(top, w)
        least = top / threshold if threshold >= PRUNING and not fixed else 0.0
        if shifts and least > 0.0:
            _prune(out, alike, first[p], first[p + 1], least)
            least = 0.0
        _accumulate(out, first[p], first[p + 1], least)


@compiled
def _prune(out: Floats, alike: Ints, begin: int, end: int, least: float) -> None:
    """Take weights below `least` out of their list, each time with the first route equal to the one at its place."""
    weights, routes = out[begin:end].copy(), np.arange(begin, end)
    count, i = end - begin, 0
    while i < count:
        if weights[i] >= least:
            i += 1
            continue
        j = 0
        while alike[routes[j]] != alike[routes[i]]:
            j += 1
        count -= 1
        for n in range(i, count):
            weights[n] = weights[n + 1]
        for n in range(j, count):
            routes[n] = routes[n + 1]
    out[begin:end] = 0.0
    for n in range(count):
        out[routes[n]] = weights[n]


@compiled
def _accumulate(out: Floats, begin: int, end: int, least: float) -> None:
    """Replace weights by cumulative chances, without those below `least`."""
    total, last = 0.0, end - 1
    for k in range(begin, end):
        if out[k] < least:
            out[k] = 0.0
        if out[k] > 0.0:
            last = k
        total += out[k]
    reached = 0.0
    for k in range(begin, end):
        reached += out[k] / total if total > 0.0 else 1.0 / (end - begin)
        out[k] = reached if k < last else 1.0
