"""Capacity: the factor by its formula, and camps worked out by hand (flee.md sections 10, 11 and 18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.capacity import capacities, factors
from egress.engine.flee.case import CORRECTED, FleeRules
from egress.flee import run_case

RULES = FleeRules(max_move_speed=100.0, camp_movechance=0.0, camp_weight=1e9)


@pytest.mark.parametrize(
    ("inside", "capacity", "scaling", "buffer", "expected"),
    [
        (0, 0, 1.0, 0.9, 1.0),
        (500, 0, 1.0, 0.9, 1.0),  # capacity 0: no limit
        (90, 100, 1.0, 0.9, 1.0),
        (95, 100, 1.0, 0.9, 0.5),
        (100, 100, 1.0, 0.9, 0.0),
        (300, 100, 1.0, 0.9, 0.0),
        (100, 100, 1.25, 0.9, 1.0),
        (100, 100, 1.0, 1.0, 1.0),  # at most the capacity, with b = 1
        (101, 100, 1.0, 1.0, 0.0),
        (60, -5, 1.0, 0.9, 1.0),
    ],
)
def test_factor(inside: int, capacity: float, scaling: float, buffer: float, expected: float) -> None:
    out = np.full(1, np.nan)
    assert factors(np.array([inside]), np.array([float(capacity)]), scaling, buffer, out)
    assert out[0] == pytest.approx(expected, abs=1e-12)
    assert not factors(np.array([inside]), np.array([float(capacity)]), scaling, buffer, out)


def beside(inside: list[int], capacity: int, days: int = 4):
    """Return a camp with a zone next door and a dead end."""
    places = [("zone", "conflict", "home", 10_000), ("camp", "camp", "home", capacity), ("end", "town", "home", 1)]
    links = [("zone", "camp", 50), ("zone", "end", 50)]
    return flee_cases.case(places, links, days, conflicts={"zone": 1.0}, reports={"camp": inside})


def test_everybody_decides_before_anybody_arrives() -> None:
    assert run_case(beside([0, 300, 300, 300], 100), RULES).inside[0, 1:3, 1].tolist() == [300, 300]


def test_stock_of_day_0_counts_twice() -> None:
    case = beside([60, 60, 70, 80], 100)
    assert capacities(case, RULES)[0, 1] == 40  # 60 inside a camp for 40: full
    assert run_case(case, RULES).inside[0, -1, 1] == 60
    mended = replace(RULES, semantics=CORRECTED)
    assert capacities(case, mended)[0, 1] == 100
    assert run_case(case, mended).inside[0, -1, 1] == 80


def test_a_stock_as_large_as_the_capacity_makes_the_camp_unlimited() -> None:
    assert run_case(beside([100, 100, 200, 900], 100), RULES).inside[0, -1, 1] == 900


def test_capacity_grows_by_the_day() -> None:
    case = flee_cases.country(days=5, capacity_per_day=[0, 0, 0, 0, 0, 2.9, 0])
    growth = capacities(case, RULES)[:, 5]
    assert growth.tolist() == [40 - 5 + 2 * day for day in range(1, 6)]


def test_who_leaves_in_the_morning_makes_room_for_the_afternoon() -> None:
    """All leave a full camp for the hub next door and, at 15 km a day and links of 10 km, choose again there."""
    places = [("zone", "conflict", "home", 10), ("hub", "forward", "home", 0), ("camp", "camp", "home", 100)]
    links = [("zone", "hub", 10), ("hub", "camp", 10)]
    case = flee_cases.case(places, links, 1, initial_idps=[0, 0, 100])
    rules = replace(RULES, max_move_speed=15.0, camp_movechance=1.0)
    assert run_case(case, rules).inside[0, 0].tolist() == [0, 0, 100]  # the snapshot of phase 2 has an empty camp
