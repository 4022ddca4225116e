"""Runs: the same for any threads and choice of members; people conserved; a dataset of integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from egress.engine.flee.case import CORRECTED, ConflictSpawning, FleeRules
from egress.engine.flee.loop import Room
from egress.engine.flee.plan import plan
from egress.errors import RunError
from egress.flee import FleeRun, run_case

from .cases import country

RULES = FleeRules(max_move_speed=100.0, avoid_short_stints=True, default_movechance=0.5)


def balance(run: FleeRun) -> None:
    """Fail where people appear or vanish."""
    there = run.inside.sum(axis=2) + run.moving
    assert (there == run.stock.sum() + np.cumsum(run.spawned - run.gone, axis=1)).all()
    assert run.inside.min() >= 0
    assert (run.origins.sum(axis=1) == run.spawned.sum(axis=1)).all()


def test_threads_and_choice_of_members_change_nothing() -> None:
    one = run_case(country(), RULES, members=12, threads=1)
    many = run_case(country(), RULES, members=12, threads=4)
    some = run_case(country(), RULES, members=[11, 3], threads=2)
    assert (one.inside == many.inside).all()
    assert (some.inside == one.inside[[11, 3]]).all()
    assert len({row.tobytes() for row in one.inside}) == 12
    balance(one)


def test_another_seed_is_another_run() -> None:
    assert (run_case(country(), RULES, seed=1).inside != run_case(country(), RULES, seed=2).inside).any()


def test_tables_grow_when_they_must() -> None:
    layout = plan(country(), RULES)
    small, large = Room(layout.plan, states=4), Room(layout.plan)
    assert (small.run(1, 0).inside == large.run(1, 0).inside).all()
    assert small.states > 4
    assert 0 < small.cells == large.cells < large.states


@pytest.mark.parametrize("awareness", [-1, 0, 1, 3, 5])
@pytest.mark.parametrize("corrected", [False, True])
def test_people_are_conserved(awareness: int, corrected: bool) -> None:
    rules = replace(RULES, awareness_level=awareness, start_on_foot=True, take_from_population=True)
    run = run_case(country(), replace(rules, semantics=CORRECTED) if corrected else rules, members=5)
    balance(run)
    if awareness == 0:
        assert (run.moving == 0).all()


def test_camps_as_sinks() -> None:
    case = country(deactivation_probability=[0, 0, 0, 0, 0.5, 0, 0])
    sinks = replace(RULES, camps_are_sinks=True)
    assert run_case(case, sinks).gone.sum() == 0  # as in Flee, where it does not work
    run = run_case(case, replace(sinks, semantics=CORRECTED), members=50)
    balance(run)
    first = run.gone[:, 0] / run.stock.sum()
    assert abs(first.mean() - 0.5 * 20 / 25) < 4.5 * np.sqrt(0.25 * 20 / 25**2 / 50)


def test_fixed_and_major_routes_run() -> None:
    case = country(majors=((0, 2, 3, 4),))
    for semantics in (RULES.semantics, CORRECTED):
        rules = replace(RULES, fixed_routes=True, awareness_level=2, semantics=semantics)
        balance(run_case(case, rules, members=3))


def test_hops_without_end_are_an_error() -> None:
    case = country(days=3, links=[("zone", "hub", 0.0), ("hub", "camp", 5000)], conflicts={"zone": 1.0})
    rules = FleeRules(conflict_driven_spawning=ConflictSpawning("constant", 50), camp_weight=1e-9)
    with pytest.raises(RunError, match="hop over more than 1000 links"):
        run_case(case, rules)


def test_dataset() -> None:
    data = run_case(country(), RULES, members=3).dataset()
    assert dict(data.sizes) == {"member": 3, "day": 25, "place": 7, "camp": 2}
    assert all(data[name].dtype.kind == "i" for name in data.data_vars)
    assert data.inside.units == "persons"
    assert str(data.day.values[0])[:10] == "2020-01-01"
