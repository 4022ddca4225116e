"""Closures: which links are open, and who is turned back (flee.md sections 8, 9 and 18)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, Closure, FleeCase, FleeRules
from egress.engine.flee.closures import openings
from egress.engine.flee.network import roads
from egress.flee import run_case

RULES = FleeRules(max_move_speed=100.0, camp_movechance=0.0)
PLACES = [("zone", "conflict", "home", 1000), ("camp", "camp", "away", 0), ("other", "camp", "else", 0)]
LINKS = [("zone", "camp", 250), ("zone", "other", 50)]


def case(*closures: Closure, days: int = 8, links: list[tuple[str, str, int]] = LINKS) -> FleeCase:
    reports = {"camp": [0] + [100] * (days - 1)}
    return flee_cases.case(PLACES, links, days, conflicts={"zone": 1.0}, reports=reports, closures=closures)


def opened(rules: FleeRules, *closures: Closure) -> list[list[int]]:
    said = case(*closures)
    return openings(said, roads(said, rules), rules, closures)[0].astype(int).T.tolist()


BORDER = Closure("country", ("away", "home"), 2, 5)


def test_a_border_shuts_both_ways() -> None:
    there, back, *others = opened(RULES, BORDER)
    assert there == back == [1, 1, 0, 0, 0, 1, 1, 1]
    assert all(row == [1] * 8 for row in others)


def test_the_end_of_one_closure_opens_what_another_shuts() -> None:
    place = Closure("location", ("camp", ""), 3, 4, 1)
    assert opened(RULES, BORDER, place)[0] == [1, 1, 0, 0, 1, 1, 1, 1]
    assert opened(replace(RULES, semantics=CORRECTED), BORDER, place)[0] == [1, 1, 0, 0, 0, 1, 1, 1]


def test_link_closures_do_nothing_unless_corrected() -> None:
    link = Closure("link", ("zone", "camp"), 2, 5, 0, 1)
    assert opened(RULES, link)[0] == [1] * 8
    assert opened(replace(RULES, semantics=CORRECTED), link)[0] == [1, 1, 0, 0, 0, 1, 1, 1]


def test_a_negative_start_is_never() -> None:
    assert opened(RULES, Closure("country", ("home", "away"), -1, 5))[0] == [1] * 8


@pytest.mark.parametrize("end", [4, -1])
def test_people_on_a_link_that_shuts_turn_back_after_covering_it(end: int) -> None:
    """They set out on day 1, the border shuts on day 2, they reach it on day 3 and are back in the zone."""
    closure = Closure("country", ("home", "away"), 2, end)
    run = run_case(case(closure, links=LINKS[:1]), RULES)
    inside, moving = run.inside[0], run.moving[0]
    assert moving[:5].tolist() == [0, 100, 100, 0, 100 if end == 4 else 0]
    assert inside[3].tolist() == [100, 0, 0]
    if end == -1:
        assert inside[-1].tolist() == [100, 0, 0]
    else:  # reopened on day 4: out again, three days on the way
        assert inside[6].tolist() == [0, 100, 0]


def test_reopening_does_not_free_those_on_the_link() -> None:
    run = run_case(case(Closure("country", ("home", "away"), 2, 3), links=LINKS[:1]), RULES)
    assert run.inside[0, 3].tolist() == [100, 0, 0]


def test_a_closure_with_a_probability_is_drawn_once_per_member() -> None:
    closure = replace(BORDER, start=1, end=-1, probability=0.3)
    run = run_case(case(closure, links=LINKS[:1]), RULES, members=400)
    arrived = run.inside[:, -1, 1]
    assert set(arrived.tolist()) == {0, 100}
    assert abs((arrived == 0).mean() - 0.3) < 4.5 * np.sqrt(0.3 * 0.7 / 400)
    some = run_case(case(closure, links=LINKS[:1]), RULES, members=range(100, 110))
    assert (some.inside == run.inside[100:110]).all()
