"""Spawn: debts, day 0, modes (flee.md sections 4 and 11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, ConflictSpawning, FleeRules
from egress.engine.flee.spawn import due, stock
from egress.errors import RunError
from egress.flee import run_case

RULES = FleeRules()
REPORTS = {"camp": [10, 30, 20, 25, 60], "small": [5, 5, 5, 5, 6]}


def test_debt_is_carried_forward() -> None:
    said = due(flee_cases.country(days=5, reports=REPORTS, total=[100, 120, 140, 150, 160]), RULES)
    assert said.people.tolist() == [0, 20, 0, 0, 31]  # -10, then 5 - 10, then 36 - 5
    assert said.debt.tolist() == [0, 0, 10, 5, 0]
    assert said.raw.tolist() == [115, 135, 125, 130, 166]  # the total of day 0 is added to the camps


def test_total_instead_of_camps() -> None:
    case = flee_cases.country(days=5, reports=REPORTS, total=[100, 120, 110, 150, 160])
    said = due(case, replace(RULES, sum_from_camps=False))
    assert said.people.tolist() == [0, 20, 0, 30, 10]
    assert said.raw.tolist() == [100, 120, 110, 150, 160]


def test_day_0_without_a_stock() -> None:
    case = flee_cases.country(days=5, reports=REPORTS, total=100)
    assert due(case, replace(RULES, insert_day0=False)).people[0] == 115
    assert due(case, replace(RULES, insert_day0=False, semantics=CORRECTED)).people[0] == 15
    assert due(case, replace(RULES, insert_day0=False, empty_camps_on_day0=True)).people[0] == 0


def test_stock() -> None:
    case = flee_cases.country(days=5, reports=REPORTS, initial_idps=[0, 0, 7, 0, 3, 0, 0])
    camps = np.array([4, 5])
    assert stock(case, RULES, camps).tolist() == [0, 0, 0, 0, 13, 5, 0]  # displaced people in camps only
    assert stock(case, replace(RULES, insert_day0=False), camps).tolist() == [0, 0, 0, 0, 3, 0, 0]
    assert stock(case, replace(RULES, empty_camps_on_day0=True), camps).sum() == 0


@pytest.mark.parametrize(("mode", "rate", "expected"), [("constant", 9.0, 4), ("pop_ratio", 0.05, 12)])
def test_conflict_drives(mode: str, rate: float, expected: int) -> None:
    case = flee_cases.country(days=3, conflicts={"zone": 0.0, "later": 0.5}, conflict_intensity=[0, 1, 1, 1, 1, 1, 1])
    rules = replace(RULES, conflict_driven_spawning=ConflictSpawning(mode, rate))
    run = run_case(case, rules)
    assert run.spawned.tolist() == [[expected] * 3]
    assert run.due.raw.tolist() == [0, 0, 0]


def test_residents_run_out() -> None:
    case = flee_cases.country(days=6, conflicts={"zone": 1.0})
    driven = ConflictSpawning("pop_ratio", 0.5)
    run = run_case(case, replace(RULES, conflict_driven_spawning=driven, take_from_population=True))
    assert run.spawned[0].tolist() == [500, 250, 125, 62, 31, 16]


def test_nobody_can_set_out() -> None:
    case = flee_cases.country(days=3, conflicts={}, conflict_intensity=np.zeros(7))
    with pytest.raises(RunError, match="day 1, and no place in conflict"):
        run_case(case, RULES)
