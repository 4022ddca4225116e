"""Step 3, closures: which directed links are open on each day, and which shut with people on them (flee.md section 9).

Under Flee each end of a closure opens its links, even where another closure still holds; corrected, a link is open
when no closure holds it. People on a link that shuts are turned back when they have covered its length (section 8).
"""

from __future__ import annotations

import numpy as np

from egress.engine.flee.case import NOWHERE, Closure, FleeCase, FleeRules, Ints
from egress.engine.flee.network import Roads


def affected(closure: Closure, case: FleeCase, roads: Roads, rules: FleeRules) -> Ints:
    """Return which directed links a closure shuts, [L] of bool."""
    if closure.kind == "country":
        countries = np.array(case.places.countries)
        start, end = countries[roads.start], countries[roads.end]
        one, other = closure.names
        return np.asarray(((start == one) & (end == other)) | ((start == other) & (end == one)))
    if closure.kind == "location" and closure.first != NOWHERE:  # Flee, too, looks these names up
        return np.asarray((roads.start == closure.first) | (roads.end == closure.first))
    if closure.kind == "link" and not rules.semantics.dead_link_closures:
        i, j = closure.first, closure.second
        both = ((roads.start == i) & (roads.end == j)) | ((roads.start == j) & (roads.end == i))
        return np.asarray(both & (min(i, j) != NOWHERE))
    return np.zeros(len(roads.start), dtype=bool)


def openings(
    case: FleeCase, roads: Roads, rules: FleeRules, closures: tuple[Closure, ...]
) -> tuple[Ints, dict[int, Ints]]:
    """Return ([D, L] of bool: open when people move, {day: [L] of bool: shut on that day})."""
    links = [affected(closure, case, roads, rules) for closure in closures]
    crossed = rules.semantics.crossed_reopening
    now = np.ones(len(roads.start), dtype=bool)
    held = np.zeros(len(roads.start), dtype=np.int64)
    out = np.empty((case.length, len(now)), dtype=bool)
    shut: dict[int, Ints] = {}
    eventful = {day for closure in closures for day in (closure.start, closure.end)}
    for day in range(case.length):
        out[day] = now
        if day not in eventful:
            continue
        turned = np.zeros(len(now), dtype=bool)
        before = now.copy()
        for closure, touched in zip(closures, links, strict=True):
            if closure.start == day:
                turned |= touched & now
                now = now & ~touched
                held += touched
            if closure.end == day and crossed:
                now = now | touched
            elif closure.end == day and 0 <= closure.start <= day:
                held -= touched
        if not crossed:
            now = held == 0
            turned = before & ~now
        if turned.any():
            shut[day] = turned
        out[day] = now
    return out, shut
