"""The count engine against agents one by one: means and variances, by day and place, under every kind of rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from reference import flee_cases
from reference.flee_agents import Model

from egress.engine.flee.case import (
    FLEE,
    Closure,
    ConflictSpawning,
    Demographic,
    FleeCase,
    FleeRules,
    LocationChange,
)
from egress.flee import run_case

AGENTS, COUNTS = 60, 600  # members
LIMIT = 4.5  # standard errors of a cell: 1 in 150,000 by chance
PLAIN = FleeRules(max_move_speed=100.0, conflict_weight=0.25, default_movechance=0.5, camp_movechance=0.02)
STINTS = replace(PLAIN, avoid_short_stints=True, softening=50.0, distance_power=0.75, capacity_scaling=1.25)
BY_AGE = Demographic("age", ("10", "16", "40", "70"), np.tile([0.2, 0.2, 0.4, 0.2], (7, 1)))
BY_SEX = Demographic("gender", ("male", "female"), np.tile([0.4, 0.6], (7, 1)))
HAZARDS = {
    "children_avoid_hazards": True,
    "boys_take_risk": True,
    "elderly_avoid_hazards": True,
    "women_avoid_hazards": True,
}
BORDER = Closure("country", ("home", "away"), 5, 11)
CASES: dict[str, tuple[dict[str, Any], FleeRules]] = {
    "plain": ({}, PLAIN),
    "short stints": ({}, STINTS),
    "short stints on foot": ({}, replace(STINTS, start_on_foot=True, max_walk_speed=45.0)),
    "decay": ({}, replace(PLAIN, conflict_spawn_decay=(1.0, 0.5, 0.1), conflict_spawn_decay_interval=4)),
    "border shut": ({"closures": (BORDER,)}, PLAIN),
    "place shut": ({"closures": (Closure("location", ("town", ""), 4, 9, 2),)}, STINTS),
    "camp shut": ({"closures": (Closure("camp", ("camp", ""), 10, 16, 4),)}, PLAIN),
    "awareness 2": ({}, replace(PLAIN, awareness_level=2)),
    "awareness 3 on foot": ({"closures": (BORDER,)}, replace(STINTS, awareness_level=3, start_on_foot=True)),
    "awareness 4": ({}, replace(PLAIN, awareness_level=4)),
    "awareness 5, short stints": ({}, replace(STINTS, awareness_level=5)),
    "markers": ({"changes": (LocationChange(3, "marker", 0),)}, PLAIN),
    "age and sex": ({"demographics": (BY_AGE, BY_SEX)}, replace(PLAIN, **HAZARDS)),
    "idp camp": ({"changes": (LocationChange(2, "idpcamp", 6),)}, replace(PLAIN, camp_weight=2.0)),
    "weights": ({}, replace(PLAIN, weight_softening=0.1, weight_power=1.5, pruning_threshold=3.0, foreign_weight=2.0)),
    "residents": (
        {},
        replace(PLAIN, use_pop_for_loc_weight=True, movechance_pop_scale_factor=0.2, take_from_population=True),
    ),
    "by conflict": ({}, replace(PLAIN, conflict_driven_spawning=ConflictSpawning("poisson", 7.0))),
    "by residents": (
        {},
        replace(PLAIN, conflict_driven_spawning=ConflictSpawning("pop_ratio", 0.01), take_from_population=True),
    ),
    "empty camps": ({"capacity_per_day": [0, 0, 0, 0, 0, 3, 0]}, replace(PLAIN, empty_camps_on_day0=True)),
}
SPEEDS = [
    ("zone", "town", 120, 150.0, 0.3),
    ("zone", "later", 260),
    ("later", "town", 90),
    ("town", "hub", 70, 60.0),
    ("hub", "camp", 310, float("nan"), 0.5),
    ("town", "small", 200),
]
SIDE_BY_SIDE = [
    ("zone", "town", 60),
    ("zone", "later", 80),
    ("later", "town", 90),
    ("town", "hub", 70),
    ("zone", "town", 900),  # pruned, and with it the route of the first
    ("hub", "camp", 130),
    ("town", "small", 100),
    ("town", "hub", 700),
]
PRUNED = replace(PLAIN, pruning_threshold=5.0, awareness_level=2)
CASES["two roads, pruned"] = ({"links": SIDE_BY_SIDE}, PRUNED)
MENDED = replace(FLEE, pruning_shifts_routes=False)
CASES["two roads, pruned as meant"] = ({"links": SIDE_BY_SIDE}, replace(PRUNED, semantics=MENDED))
CASES["speeds and walkers"] = ({"links": SPEEDS}, replace(STINTS, max_walk_speed=40.0))


def compare(case: FleeCase, rules: FleeRules) -> None:
    """Fail where means differ by more than LIMIT standard errors, or variances on the whole."""
    agents = np.stack([Model(case, rules, seed).run()[0] for seed in range(AGENTS)]).astype(float)
    counts = run_case(case, rules, members=COUNTS, threads=1).inside.astype(float)
    a, b = agents.var(axis=0, ddof=1), counts.var(axis=0, ddof=1)
    pooled = ((AGENTS - 1) * a + (COUNTS - 1) * b) / (AGENTS + COUNTS - 2)
    error = np.sqrt(np.maximum(pooled, 0.25) * (1 / AGENTS + 1 / COUNTS))
    away = np.abs(agents.mean(axis=0) - counts.mean(axis=0)) / error
    assert away.max() < LIMIT, np.unravel_index(away.argmax(), away.shape)
    moving = b > 1.0
    assert 0.75 < a[moving].mean() / b[moving].mean() < 1.3


@pytest.mark.parametrize("name", CASES)
def test_counts_have_the_law_of_agents(name: str) -> None:
    changes, rules = CASES[name]
    compare(flee_cases.country(**changes), rules)


@pytest.mark.parametrize("cells", [4, 8])
def test_cells_of_recent_travel_move_no_mean(cells: int) -> None:
    """The grid's bias: fewer cells, the same luck, against cells so fine that hardly two people share one."""
    case = flee_cases.country(days=40)
    fine = run_case(case, replace(STINTS, recent_travel_cells=1024), members=400, threads=1).inside.astype(float)
    coarse = run_case(case, replace(STINTS, recent_travel_cells=cells), members=400, threads=1).inside.astype(float)
    error = np.sqrt(np.maximum(fine.var(axis=0) + coarse.var(axis=0), 0.5) / 400)
    away = (coarse.mean(axis=0) - fine.mean(axis=0)) / error
    assert np.abs(away).max() < LIMIT
    assert np.abs(away.mean(axis=0)).max() < 1.5  # by place over the run: strongly correlated days
