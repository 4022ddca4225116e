"""Travel: legs worked out by hand (flee.md sections 8 and 18), and hops of whole days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, FleeRules
from egress.engine.flee.travel import DAY, ON_THE_LINK, THERE, THERE_EARLY, TURNED_BACK, advance
from egress.flee import run_case

KM = 1000
MOVING = FleeRules(max_move_speed=100.0, default_movechance=1.0, camp_movechance=0.0)


@pytest.mark.parametrize(
    ("length", "metres", "today", "shut", "expected"),
    [
        (150, 0, 0, 0, (ON_THE_LINK, 100 * KM, 100 * KM)),
        (100, 0, 0, 0, (ON_THE_LINK, 100 * KM, 100 * KM)),  # a link of exactly a day takes two
        (100, 100, 0, 0, (THERE_EARLY, 0, 0)),
        (60, 0, 0, 0, (THERE_EARLY, 0, 60 * KM)),
        (60, 0, 60, 0, (THERE, 0, 120 * KM)),  # the second hop has the full speed again
        (150, 0, 60, 0, (ON_THE_LINK, 100 * KM, 160 * KM)),
        (60, 0, 0, 1, (TURNED_BACK, 0, 60 * KM)),
        (150, 0, 0, 1, (ON_THE_LINK, 100 * KM, 100 * KM)),  # who is turned back first covers the distance
    ],
)
def test_leg_of_flee(length: int, metres: int, today: int, shut: int, expected: tuple[int, int, int]) -> None:
    assert advance(True, length * KM, metres * KM, today * KM, 100 * KM, shut) == expected


@pytest.mark.parametrize(
    ("length", "metres", "today", "expected"),
    [
        (100, 0, 0, (THERE, 0, DAY)),
        (60, 0, 0, (THERE_EARLY, 0, DAY * 6 // 10)),
        (60, 0, DAY * 6 // 10, (ON_THE_LINK, 40 * KM, DAY)),
        (150, 0, 0, (ON_THE_LINK, 100 * KM, DAY)),
    ],
)
def test_leg_of_a_day_as_a_budget(length: int, metres: int, today: int, expected: tuple[int, int, int]) -> None:
    assert advance(False, length * KM, metres * KM, today, 100 * KM, 0) == expected


def walk(lengths: list[float], days: int, rules: FleeRules = MOVING) -> np.ndarray:
    """Return [D, P] of 100 people who leave the first of some hubs in a row for the camp at the end."""
    middle = [(f"h{n}", "forward", "home", 0) for n in range(len(lengths) - 1)]
    places = [("zone", "conflict", "home", 1000), *middle, ("camp", "camp", "home", 0)]
    names = [row[0] for row in places]
    links = [(a, b, km) for a, b, km in zip(names[:-1], names[1:], lengths, strict=True)]
    long = replace(rules, awareness_level=len(lengths), camp_weight=1e12)  # straight to the camp
    reports = {"camp": [0] + [100] * (days - 1)}
    case = flee_cases.case(places, links, days, conflicts={"zone": 1.0}, reports=reports)
    return run_case(case, long).inside[0]


def test_links_of_60_and_150_km_at_100_km_a_day() -> None:
    inside = walk([60, 150], 4)
    assert inside[1].tolist() == [0, 0, 0]  # 160 km on the first day
    assert inside[2].tolist() == [0, 0, 100]


def test_two_links_of_60_km_in_one_day() -> None:
    assert walk([60, 60], 3)[1].tolist() == [0, 0, 100]


def test_a_link_of_exactly_a_day_takes_two() -> None:
    inside = walk([100], 4)
    assert inside[1:3].tolist() == [[0, 0], [0, 100]]


def test_corrected_days_have_one_distance() -> None:
    rules = replace(MOVING, semantics=CORRECTED)
    assert walk([100], 3, rules)[1].tolist() == [0, 100]
    assert walk([60, 60], 3, rules)[1].tolist() == [0, 0, 0]
    assert walk([60, 60], 3, rules)[2].tolist() == [0, 0, 100]
    assert walk([60, 40], 3, rules)[1].tolist() == [0, 0, 100]
