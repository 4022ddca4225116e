"""The gravity law of camps, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from reference.flee_cases import case

from egress.engine.flee import gravity
from egress.engine.flee.case import Closure, FleeRules
from egress.engine.flee.gravity import Law
from egress.engine.flee.hosts import FLOOR, hosts

PLAIN = Law(distance=2.0, nest=1.0, ties=0.0, residents=0.0, population=1.0, following=0.0)


def two_camps(closures=(), capacity=(50, 50), **reports):
    return case(
        [
            ("A", "conflict", "Mali", 1000),
            ("B", "camp", "Niger", capacity[0]),
            ("C", "camp", "Mauritania", capacity[1]),
        ],
        [("A", "B", 100), ("A", "C", 200)],
        3,
        conflicts={"A": 1},
        reports=reports or {"B": [0, 60, 120], "C": [0, 40, 80]},
        closures=closures,
    )


def test_two_camps_by_hand():
    # km 100 and 200, exponent 2: weights 4 to 1; 100 people a day
    land = gravity.ground(two_camps(), FleeRules())
    assert gravity.shares(land, PLAIN) == pytest.approx(np.tile([0.8, 0.2], (3, 1)))
    assert gravity.expected(land, [PLAIN])[0] == pytest.approx(np.array([[0, 0], [80, 20], [160, 40]]))


def test_followers_go_where_people_are():
    # day 0: 30 and 10 people inside; day 1: 60 + 40 new ones, half follow: 0.5 · 0.8 + 0.5 · 0.75 = 0.775
    land = gravity.ground(two_camps(B=[30, 90, 90], C=[10, 50, 50]), FleeRules())
    assert land.people.tolist() == [0, 100, 0]
    half = PLAIN._replace(following=0.5)
    assert gravity.expected(land, [half])[0, 1] == pytest.approx([30 + 77.5, 10 + 22.5])
    withheld = gravity.expected(land, [PLAIN], stock_known=False)[0]
    assert withheld[0] == pytest.approx([32, 8])


def test_nest_of_zero_passes_over_distance_between_countries():
    land = gravity.ground(two_camps(), FleeRules())
    assert gravity.shares(land, PLAIN._replace(nest=0.0))[0] == pytest.approx([0.5, 0.5])


def test_closed_border_sends_all_to_the_other_camp():
    shut = (Closure("country", ("Mali", "Niger"), 0, 2),)
    land = gravity.ground(two_camps(shut), FleeRules())
    assert gravity.shares(land, PLAIN)[:, 0] == pytest.approx([0, 0, 0.8])


def test_capacity_changes_nothing():
    one, other = (gravity.ground(two_camps(capacity=c), FleeRules()) for c in ((50, 50), (1, 10**6)))
    law = Law(1.3, 0.4, 0.8, 0.3, 0.5, 0.4)
    assert np.array_equal(gravity.expected(one, [law]), gravity.expected(other, [law]))


def test_later_counts_change_the_split_only_through_the_total():
    one = gravity.ground(two_camps(B=[0, 60, 120], C=[0, 40, 80]), FleeRules())
    other = gravity.ground(two_camps(B=[0, 10, 20], C=[0, 90, 180]), FleeRules())
    assert np.array_equal(gravity.expected(one, [PLAIN]), gravity.expected(other, [PLAIN]))


def test_members_keep_everybody_and_have_the_expected_mean():
    land = gravity.ground(two_camps(B=[0, 6000, 6000], C=[0, 4000, 4000]), FleeRules())
    share, weight = gravity.shares(land, PLAIN), np.tile([1.0, 0.0, 0.0], (3, 1))
    found = []
    for member in range(40):
        inside, begun = np.zeros((3, 2), np.int64), np.zeros(3, np.int64)
        gravity.arrive(1, member, land.people, share, weight, 0.0, inside, begun)
        assert inside.sum(axis=1).tolist() == [0, 10_000, 10_000]
        assert begun.tolist() == [10_000, 0, 0]
        found.append(inside[1, 0])
    assert np.mean(found) == pytest.approx(8000, abs=5 * np.sqrt(10_000 * 0.16 / 40))  # binomial: sd 40
    assert 20 < np.std(found) < 70


def test_hosts_know_only_the_years_before():
    early, late = hosts("Mali", ("Mauritania", "Burkina_Faso", "Niger"), 2012), hosts("Mali", ("Mauritania",), 2017)
    assert early.ties == pytest.approx(np.array([7612, 41902, 44537]) / 94051)
    assert early.residents[0] < late.residents[0]
    assert early.pull(1.0, 0.0) == pytest.approx(early.ties + FLOOR)


def test_a_new_country_has_the_ties_of_its_former_state():
    alone = hosts("Sudan", ("Ethiopia", "Kenya"), 2013)
    both = hosts("South_Sudan", ("Ethiopia", "Kenya", "Sudan", "Uganda"), 2013)
    assert both.ties[3] > 0  # nobody was born in South Sudan by the table of 2010
    assert alone.unknown == ()


def test_unknown_country_is_told():
    found = hosts("Mali", ("Niger", "Atlantis"), 2012)
    assert found.unknown == ("Atlantis",)
    assert np.isfinite(found.pull(0.5, 0.5)).all()


def test_without_ties_hosts_are_alike():
    land = gravity.ground(two_camps(), FleeRules())
    renamed = replace(land.hosts, ties=land.hosts.ties * 0)
    assert renamed.pull(1.0, 0.0) == pytest.approx([FLOOR, FLOOR])
