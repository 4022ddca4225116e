"""Scores by hand (flee.md section 5, defects 17 and 21)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, FleeCase, FleeRules
from egress.engine.flee.score import base, nearness
from egress.engine.flee.status import statuses

RULES = FleeRules(
    conflict_weight=0.25, camp_weight=2.0, foreign_weight=3.0,
    conflict_spawn_decay=(1.0, 0.5, 0.1), conflict_spawn_decay_interval=2,
)  # fmt: skip


def small(days: int) -> FleeCase:
    places = [("zone", "conflict", "home", 10), ("town", "town", "home", 10), ("camp", "camp", "away", 10)]
    return flee_cases.case(places, [("zone", "town", 50), ("town", "camp", 50)], days, conflicts={"zone": 1.0})


@pytest.mark.parametrize(
    ("rules", "zone"),
    [
        (RULES, [0.25, 0.25, 0.25**0.5, 0.25**0.5, 0.25**0.1, 0.25**0.1]),  # defect 17: an old conflict attracts
        (replace(RULES, semantics=CORRECTED), [0.25] * 6),
    ],
)
def test_scores(rules: FleeRules, zone: list[float]) -> None:
    case = small(6)
    found = base(case, rules, statuses(case, rules, ()))
    np.testing.assert_allclose(found[:, 0], zone)
    np.testing.assert_allclose(found[:, 1], 1.0)
    np.testing.assert_allclose(found[:, 2], 3.0 * 2.0)


def test_nearness_takes_latitude_for_longitude() -> None:
    """A degree along the equator is 111.19 km, on the 60th parallel half of it; column 4 is latitude (defect 21)."""
    case = small(1)
    case = replace(case, places=replace(case.places, x=np.array([60.0, 60.0, 0.0]), y=np.array([0.0, 1.0, 1.0])))
    rules = FleeRules(stay_close_to_home=True, home_distance_power=1.0)
    assert 1 / nearness(case, rules)[0, 1] == pytest.approx(111.19, abs=0.01)
    mended = nearness(case, replace(rules, semantics=CORRECTED))
    assert 1 / mended[0, 1] == pytest.approx(55.6, abs=0.01)
    assert mended[0, 0] == 1.0
