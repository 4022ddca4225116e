"""Status: conflicts, changes of type, closures of camps (flee.md sections 2, 3 and 15)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, Closure, FleeRules, LocationChange
from egress.engine.flee.status import Status, decay, statuses

RULES = FleeRules()
PLACES = [
    ("zone", "conflict", "home", 100),
    ("later", "conflict", "home", 100),
    ("town", "town", "home", 100),
    ("camp", "camp", "away", 50),
    ("idps", "idpcamp", "home", 50),
    ("hub", "forward", "home", 0),
]


def status(days: int, rules: FleeRules = RULES, closures: tuple[Closure, ...] = (), **changes: Any) -> Status:
    changes.setdefault("conflict_date", [0, 3, 0, 0, 0, 0])
    case = flee_cases.case(PLACES, [("zone", "town", 10)], days, **changes)
    return statuses(case, rules, closures)


def test_types_at_the_start() -> None:
    said = status(1)
    assert said.town[0].tolist() == [0, 1, 1, 0, 0, 0]  # a zone of a later date starts as a town
    assert said.camp[0].tolist() == [0, 0, 0, 1, 1, 0]
    assert said.movechance[0].tolist() == [1.0, 0.3, 0.3, 0.001, 0.1, 1.0]
    assert said.conflict[0].tolist() == [1.0, -1.0, -1.0, -1.0, -1.0, -1.0]
    assert said.camps.tolist() == [3, 4]


def test_a_place_that_hardly_anybody_leaves_is_a_camp() -> None:
    said = status(1, replace(RULES, default_movechance=0.004))
    assert said.camp[0].tolist() == [0, 1, 1, 1, 1, 0]
    assert said.town[0].tolist() == [0, 0, 0, 0, 0, 0]


def test_a_conflict_goes_on_and_off() -> None:
    said = status(4, conflicts={"later": [0, 0.5, 0.5, 0]})
    assert said.conflict[:, 1].tolist() == [-1.0, 0.5, 0.5, -1.0]
    assert said.since[:, 1].tolist() == [-1, 1, 1, 1]
    assert said.movechance[:, 1].tolist() == [0.3, 1.0, 1.0, 0.3]
    assert said.town[:, 1].tolist() == [1, 0, 0, 1]


def test_a_change_between_positive_intensities() -> None:
    table = {"conflicts": {"later": [0, 0.5, 0.9, 0.9]}}
    assert status(4, **table).conflict[:, 1].tolist() == [-1.0, 0.5, 0.5, 0.5]
    mended = status(4, replace(RULES, semantics=CORRECTED), **table)
    assert mended.conflict[:, 1].tolist() == [-1.0, 0.5, 0.9, 0.9]


def test_a_camp_after_a_conflict() -> None:
    table = {"conflicts": {"camp": [0, 1.0, 0]}}
    said = status(3, **table)
    assert (said.camp[2, 3], said.town[2, 3], said.movechance[2, 3]) == (1, 1, 0.3)
    mended = status(3, replace(RULES, semantics=CORRECTED), **table)
    assert (mended.camp[2, 3], mended.town[2, 3], mended.movechance[2, 3]) == (1, 0, 0.001)


def test_spawn_weights_know_the_clock_of_the_last_refresh() -> None:
    said = status(5, conflicts={"zone": 1.0, "later": [0, 0, 1.0, 1.0, 1.0]})
    assert said.spawn_clock.tolist() == [0, 0, 2, 2, 3]
    mended = status(5, replace(RULES, semantics=CORRECTED), conflicts={"zone": 1.0})
    assert mended.spawn_clock.tolist() == [0, 1, 2, 3, 4]


def test_a_camp_shuts_and_opens() -> None:
    said = status(4, closures=(Closure("camp", ("camp", ""), 1, 3, 3),))
    assert said.camp[:, 3].tolist() == [1, 0, 0, 1]
    assert said.town[:, 3].tolist() == [0, 1, 1, 0]
    assert said.movechance[:, 3].tolist() == [0.001, 0.3, 0.3, 0.001]


def test_an_unknown_camp_is_the_first_place() -> None:
    unknown = (Closure("camp", ("nowhere", ""), 1, -1),)
    assert status(3, closures=unknown).town[:, 0].tolist() == [0, 1, 1]
    assert status(3, replace(RULES, semantics=CORRECTED), closures=unknown).town[:, 0].tolist() == [0, 0, 0]


def test_a_place_changes_its_type() -> None:
    changes = (LocationChange(2, "idpcamp", 1), LocationChange(3, "marker", 2))
    said = status(3, changes=changes)
    assert said.camp[:, 2].tolist() == [0, 1, 1]
    assert said.movechance[:, 2].tolist() == [0.3, 0.1, 0.1]
    assert said.marker[:, 3].tolist() == [0, 0, 1]


def test_decay_by_hand() -> None:
    rules = replace(RULES, conflict_spawn_decay=(1.0, 0.5, 0.1), conflict_spawn_decay_interval=30)
    days = np.array([0, 28, 29, 58, 59, 60, 500])  # since -1: a day more
    assert decay(days, np.full(7, -1), rules).tolist() == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1, 0.1]
    assert decay(days, np.zeros(7), RULES).tolist() == [1.0] * 7
