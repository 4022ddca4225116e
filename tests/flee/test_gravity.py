"""What is learnt without a conflict, and what is shipped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from egress.engine.flee.case import Closure, FleeRules
from egress.flee import gravity, reports, run
from egress.flee.measures import ard
from egress.formats.flee import read_instance

from .cases import country


def moved(case, factor):
    """The same case with the counts of its last camp multiplied."""
    level, people = case.data.level.copy(), case.data.people.copy()
    level[-1], people[-1] = level[-1] * factor, people[-1] * factor
    return replace(case, data=replace(case.data, level=level, people=people))


def test_left_out_conflict_changes_not_one_bit():
    case, rules = country(), FleeRules()
    laws = gravity.draws()[::10]
    one = gravity.learn({"left": (case, rules), "other": (case, rules)}, laws)
    two = gravity.learn({"left": (moved(case, 5), rules), "other": (case, rules)}, laws)
    assert not np.array_equal(one.errors["left"], two.errors["left"])
    assert np.array_equal(one.weights(["left"]), two.weights(["left"]))
    assert not np.array_equal(one.weights(), two.weights())


def test_weights_by_hand():
    known = gravity.Learnt(gravity.draws()[:2], {"a": np.array([0.2, 0.4]), "b": np.array([0.6, 0.8])})
    # sums 0.8 and 1.2, scale 0.5: exp(-0.4 / 0.5)
    assert known.weights()[1] / known.weights()[0] == pytest.approx(np.exp(-0.8))
    assert known.weights(["a", "b"]).tolist() == [0.5, 0.5]


def test_stored_table_comes_back():
    known = gravity.learnt()
    again = gravity.parsed(gravity.text(known, "source"))
    assert again.laws == known.laws == gravity.draws()
    assert all(np.array_equal(again.errors[name], known.errors[name]) for name in known.errors)


def test_run_with_own_rules_ignores_capacity_and_keeps_everybody(instances):
    options = {"rules": "egress", "members": [0, 3]}
    done = run(instances / "mali2012", settings=instances / "settings" / "validation_h50.yml", **options)
    assert (done.sim.sum(axis=2) == (done.stock.sum() + np.cumsum(done.spawned, axis=1))).all()
    assert (done.origins.sum(axis=1) == done.spawned.sum(axis=1)).all()
    full = replace(done.case, places=replace(done.case.places, capacity=done.case.places.capacity * 0 + 7))
    same = gravity.run_case(full, done.rules, members=[0, 3])
    assert np.array_equal(same.inside, done.inside)
    alone = gravity.run_case(done.case, done.rules, members=[3])
    assert np.array_equal(alone.inside[0], done.inside[1])


def test_own_rules_take_threads_and_closures_that_may_not_happen():
    hub = Closure("location", ("hub", ""), 3, -1, 3, probability=0.5)
    case = country(closures=(hub,))
    asked: list[float] = []
    done = gravity.run_case(case, FleeRules(), members=12, threads=1, progress=asked.append)
    assert asked == sorted(asked)
    assert asked[-1] == 1.0
    many = gravity.run_case(case, FleeRules(), members=12, threads=4)
    assert np.array_equal(done.inside, many.inside)
    shut = gravity.run_case(replace(case, closures=(replace(hub, probability=1.0),)), FleeRules(), members=12)
    open_ = gravity.run_case(replace(case, closures=()), FleeRules(), members=12)
    assert not np.array_equal(shut.inside, open_.inside)
    yes = done.happen[:, 0]
    assert 0 < yes.sum() < 12
    assert np.array_equal(done.inside, np.where(yes[:, None, None], shut.inside, open_.inside))


def test_shipped_errors_are_those_of_the_instances(instances):
    one = read_instance(instances / "mali2012", instances / "settings" / "validation_h1.yml")
    known = gravity.learnt()
    found = gravity.learn({"mali2012": (one.case, one.rules)}, known.laws)
    assert found.errors["mali2012"] == pytest.approx(known.errors["mali2012"], abs=1e-4)


def test_mali_is_nearer_than_with_flee(instances):
    one = read_instance(instances / "mali2012", instances / "settings" / "validation_h1.yml")
    land = gravity.gravity.ground(one.case, one.rules)
    split = gravity.forecast(land, gravity.learnt(), ["mali2012"])
    assert float(ard(split, gravity.data(one.case, land))) < 0.3463  # Flee's best known settings (flee.md section 17)


def test_reports_by_hand():
    told = reports.Book(
        days=(np.array([0, 10]), np.array([0, 5, 10])),
        people=(np.array([60.0, 80.0]), np.array([20.0, 30.0, 50.0])),
        total=np.linspace(80, 130, 11),
        share=np.tile([0.5, 0.5], (11, 1)),
    )
    found = reports.pairs(told)
    assert found.origin.tolist() == [0, 5]
    assert found.target.tolist() == [5, 10]
    # day 5: total 105, last split 3 to 1, only the second camp reports: |26.25 - 30|
    assert found.errors(reports.LAST)[0] == pytest.approx(3.75 / 105)
    # day 10: total 130, last 60 and 30; |86.67 - 80| + |43.33 - 50|
    assert found.errors(reports.LAST)[1] == pytest.approx((260 / 3 - 80 + 50 - 130 / 3) / 130)
    # newcomers by the law: 40 of them, half and half: 80 and 50
    assert found.errors((0.0, 1.0))[1] == pytest.approx(0.0, abs=1e-12)


def test_rates_know_no_later_report():
    rng = np.random.default_rng(3)
    days = np.arange(0, 100, 10)

    def told(last):
        people = tuple(np.cumsum(rng.random(10)) for _ in range(2))
        people[0][-1] += last
        total = np.interp(np.arange(100), days, people[0] + people[1])
        return reports.Book((days, days), people, total, np.full((100, 2), 0.5))

    others = {"other": reports.pairs(told(0))}
    rng = np.random.default_rng(4)
    one = reports.adapted({"own": reports.pairs(told(0)), **others}, "own")
    rng = np.random.default_rng(4)
    two = reports.adapted({"own": reports.pairs(told(9)), **others}, "own")
    assert np.array_equal(one[1], two[1])
    assert np.array_equal(one[0][:-1], two[0][:-1])
    assert one[0][-1] != two[0][-1]
