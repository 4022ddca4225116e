"""The network: links, paths by awareness, markers, fixed and major routes (flee.md sections 2 and 7)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference import flee_cases

from egress.engine.flee.case import CORRECTED, FleeRules
from egress.engine.flee.network import NO_LINK, Atlas, Paths, roads
from egress.engine.flee.plan import plan
from egress.errors import RunError

RULES = FleeRules(softening=10.0)
PLACES = [(name, "town", "home", 10) for name in "abcd"]
RING = [("a", "b", 10), ("b", "c", 20), ("c", "d", 30), ("d", "a", 40)]
NAMES = "abcd"


def atlas(rules: FleeRules, marker: str = "", majors: tuple[tuple[int, ...], ...] = (), shut: tuple[int, ...] = ()):
    case = flee_cases.case(PLACES, RING, 1, majors=majors)
    net = roads(case, rules)
    is_open = np.ones(len(net.start), bool)
    is_open[list(shut)] = False
    found = Atlas(case, rules, net)
    found.topology(is_open, np.array([name in marker for name in NAMES]))
    return found


def words(found: Atlas, origin: str) -> dict[str, float]:
    """Return {route: km} of the paths from a place."""
    paths: Paths = found.paths()
    routes = {number: route for route, number in found.numbers.items()}
    out: dict[str, float] = {}
    for k in range(paths.first[0, NAMES.index(origin)], paths.first[0, NAMES.index(origin) + 1]):
        head = () if paths.link[k] == NO_LINK else (int(found.roads.end[paths.link[k]]),)
        text = "".join(NAMES[n] for n in (*head, *routes[int(paths.rest[k])]))
        out[text] = paths.resistance[k] - found.rules.softening
    return out


def test_awareness() -> None:
    assert words(atlas(RULES), "a") == {"b": 10, "d": 40}
    assert words(atlas(replace(RULES, awareness_level=2)), "a") == {"b": 10, "bc": 30, "d": 40, "dc": 70}
    three = words(atlas(replace(RULES, awareness_level=3)), "a")
    assert three == {"b": 10, "bc": 30, "bcd": 60, "d": 40, "dc": 70, "dcb": 90}
    assert words(atlas(replace(RULES, awareness_level=0)), "a") == {}


def test_markers_do_not_count_and_are_no_destinations() -> None:
    assert words(atlas(RULES, marker="b"), "a") == {"bc": 30, "d": 40}
    assert words(atlas(replace(RULES, awareness_level=-1), marker="b"), "a") == {"d": 40}


def test_shut_links_are_not_chosen() -> None:
    assert words(atlas(replace(RULES, awareness_level=2), shut=(0,)), "a") == {"d": 40, "dc": 70}


def test_forced_redirection_1_makes_the_pair_twice() -> None:
    case = flee_cases.case(PLACES, [("a", "b", 10, np.nan, 0.0, 1), ("b", "c", 20, np.nan, 0.0, 2)], 1)
    assert roads(case, RULES).start.tolist() == [0, 1, 0, 1, 1, 2]
    assert roads(case, replace(RULES, semantics=CORRECTED)).start.tolist() == [0, 1, 1, 2]


def test_fixed_routes_are_the_shortest() -> None:
    rules = replace(RULES, awareness_level=3, fixed_routes=True)
    assert words(atlas(rules), "a") == {"b": 10, "bc": 30, "d": 40}
    assert words(atlas(replace(rules, awareness_level=1), marker="b"), "a") == {"d": 40}
    assert words(atlas(rules, marker="a"), "a") == {}


def test_major_routes_count_a_quarter() -> None:
    rules = replace(RULES, fixed_routes=True, semantics=CORRECTED)
    found = words(atlas(rules, majors=((0, 1, 2),)), "a")
    assert found == {"b": 10, "d": 40, "bc": pytest.approx((10 + 30) / 4 - 10)}
    assert "bc" not in words(atlas(rules), "a")
    assert "ba" in words(atlas(rules, majors=((0, 1, 2),)), "c")  # both ways


def test_major_routes_from_a_hub_that_can_be_reached() -> None:
    rules = replace(RULES, fixed_routes=True, semantics=CORRECTED)
    found = words(atlas(rules, majors=((1, 2, 3),), shut=(6, 7)), "a")  # a - d is shut
    assert found == {"b": 10, "bcd": pytest.approx((10 + 60) / 4 - 10)}


def test_under_flee_a_major_route_lacks_its_first_place() -> None:
    found = words(atlas(replace(RULES, fixed_routes=True), majors=((0, 1, 2),)), "a")
    assert "bc" not in found
    assert "" in found  # there is no link from a to c: who chooses it stays


def test_too_many_routes_are_refused() -> None:
    case = flee_cases.case(PLACES, [("a", "b", 20_000)], 1)
    with pytest.raises(RunError, match="20000 km"):
        plan(case, RULES)
