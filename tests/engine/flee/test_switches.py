"""Each switch of flee.md section 15 acts by itself: one case per switch, run with it on (as Flee) and off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import FLEE, Closure, FleeRules, Semantics
from egress.flee import run_case

PLAIN = FleeRules(max_move_speed=100.0, conflict_weight=0.25, default_movechance=0.5, camp_movechance=0.02)
NAN = float("nan")
LINKS = [("zone", "town", 120), ("later", "town", 90), ("town", "hub", 70), ("hub", "camp", 310)]
ON_AND_OFF = (np.arange(25) < 5) | (np.arange(25) > 9)
CASES: dict[str, tuple[dict[str, Any], FleeRules]] = {
    "doubled_redirection": ({"links": [*LINKS, ("town", "small", 200, NAN, 0.0, 1)]}, PLAIN),
    "dead_link_closures": ({"closures": (Closure("link", ("town", "hub"), 4, 9, 2, 3),)}, PLAIN),
    "frozen_intensity": ({"conflicts": {"zone": 1.0 - 0.9 * ON_AND_OFF, "later": 0.5}}, PLAIN),
    "full_speed_each_hop": ({}, PLAIN),
    "stock_uses_capacity_twice": ({"reports": {"small": 35, "camp": 20 + 8 * np.arange(25)}}, PLAIN),
    "dead_sinks": (
        {"deactivation_probability": [0, 0, 0, 0, 0.2, 0.2, 0]},
        replace(PLAIN, camps_are_sinks=True),
    ),
    "unknown_names_first": (
        {"closures": (Closure("camp", ("nowhere", ""), 4, 9),), "conflicts": {"zone": 1.0, "later": 0.5}},
        PLAIN,
    ),
    "crossed_reopening": (
        {"closures": (Closure("country", ("home", "away"), 3, 15), Closure("country", ("home", "away"), 4, 6))},
        PLAIN,
    ),
    "pruning_shifts_routes": (
        {"links": [*LINKS, ("town", "small", 200), ("town", "hub", 900)]},
        replace(PLAIN, pruning_threshold=5.0),
    ),
    "ageing_conflicts_attract": ({}, replace(PLAIN, conflict_spawn_decay=(1.0, 0.1), conflict_spawn_decay_interval=4)),
    "late_decay": (
        {"conflicts": {"zone": 1.0, "later": 1.0 * (np.arange(25) > 6)}},
        replace(PLAIN, conflict_spawn_decay=(1.0, 0.1, 0.01), conflict_spawn_decay_interval=4),
    ),
    "camp_conflict_leaves_town": ({"conflicts": {"zone": 1.0, "camp": 1.0 * ~ON_AND_OFF}}, PLAIN),
    "swapped_axes": ({}, replace(PLAIN, stay_close_to_home=True)),
    "doubled_day0": ({"total": 30, "reports": {"camp": 50, "small": 5}}, replace(PLAIN, insert_day0=False)),
    "headless_major_routes": ({"majors": ((0, 2, 3, 4),)}, replace(PLAIN, fixed_routes=True)),
}


def test_every_switch_has_a_case() -> None:
    assert set(CASES) == set(Semantics.__dataclass_fields__)


@pytest.mark.parametrize("name", CASES)
def test_a_switch_acts_by_itself(name: str) -> None:
    changes, rules = CASES[name]
    case = flee_cases.country(**changes)
    north = replace(case.places, x=np.array([60.0, 60, 60, 60, 61, 61, 62]), y=np.arange(7.0))
    case = replace(case, places=north)
    mended = replace(rules, semantics=replace(FLEE, **{name: False}))
    flee, other = (run_case(case, law, members=3, threads=1) for law in (rules, mended))
    assert not np.array_equal(flee.inside, other.inside)
