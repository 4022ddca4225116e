"""Settings with ranges: drawn by the number of the member; a member runs as it would with its values in the file."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from egress.engine.draws import purpose, uniforms
from egress.engine.flee.case import ConflictSpawning, FleeRules, SettingRange
from egress.engine.flee.plan import Layout
from egress.errors import RunError
from egress.flee import FleeRun, gravity, run_case
from egress.flee.plans import Plans
from egress.flee.ranges import SETTING, drawn

from .cases import country

SPEED = SettingRange("max_move_speed", 60, 300)
AWARE = SettingRange("awareness_level", 1, 3, whole=True)
RULES = FleeRules(avoid_short_stints=True, default_movechance=0.5, ranges=(AWARE, SPEED))
MANY = np.arange(4000)


def test_draws_are_uniform_between_the_ends() -> None:
    aware, speed = drawn((AWARE, SPEED), 1, MANY).T
    assert sorted(set(aware.tolist())) == [1, 2, 3]
    counts = np.bincount(aware.astype(int))[1:]
    assert (np.abs(counts - 4000 / 3) < 4.5 * np.sqrt(4000 * 2 / 9)).all()
    assert 60 < speed.min() < 61
    assert 299 < speed.max() < 300
    assert abs(speed.mean() - 180) < 4.5 * 240 / np.sqrt(12 * 4000)
    assert abs(np.corrcoef(aware, speed)[0, 1]) < 4.5 / np.sqrt(4000)


def test_a_draw_is_that_of_the_number_the_seed_and_the_name() -> None:
    both = drawn((AWARE, SPEED), 1, MANY)
    assert (both[:, 1] == drawn((SPEED,), 1, MANY)[:, 0]).all()
    assert (both[:10] == drawn((AWARE, SPEED), 1, MANY[:10])).all()
    assert (both != drawn((AWARE, SPEED), 2, MANY)).any(axis=0).all()
    share = uniforms(1, MANY, 0, purpose("max_move_speed"), SETTING)
    assert both[:, 1] == pytest.approx(60 + 240 * share)


def test_a_member_runs_as_with_its_values_in_the_file() -> None:
    run = run_case(country(), RULES, members=6)
    for m, (level, speed) in enumerate(run.settings.tolist()):
        rules = replace(RULES, awareness_level=int(level), max_move_speed=speed, ranges=())
        assert (run_case(country(), rules, members=[m]).inside[0] == run.inside[m]).all()


def test_threads_and_choice_of_members_change_nothing() -> None:
    one = run_case(country(), RULES, members=12, threads=1)
    many = run_case(country(), RULES, members=12, threads=4)
    some = run_case(country(), RULES, members=[11, 3], threads=2)
    assert (one.inside == many.inside).all()
    assert (some.inside == one.inside[[11, 3]]).all()
    assert (some.settings == one.settings[[11, 3]]).all()


def test_people_by_conflict_may_have_a_range() -> None:
    people = SettingRange("displaced_per_conflict_day", 5, 50, whole=True)
    rules = FleeRules(conflict_driven_spawning=ConflictSpawning("constant", 27), ranges=(people,))
    run = run_case(country(conflicts={"zone": 1.0}), rules, members=5)
    assert (run.spawned == run.settings).all()  # so many each day, as one place is in conflict
    assert len(set(run.settings[:, 0].tolist())) > 1


def test_values_and_closures_may_be_given() -> None:
    given = np.array([[1, 100.0], [3, 100.0]])
    run = run_case(country(), RULES, members=[7, 7], settings=given)
    assert (run.settings == given).all()
    alone = replace(RULES, awareness_level=1, max_move_speed=100.0, ranges=())
    assert (run.inside[0] == run_case(country(), alone, members=[7]).inside[0]).all()
    assert (run.inside[1] != run.inside[0]).any()


def test_a_dataset_has_the_values_and_is_read_back() -> None:
    run = run_case(country(), RULES, members=3)
    data = run.dataset()
    assert data["setting"].values.tolist() == ["awareness_level", "max_move_speed"]
    assert (data["settings"].values == run.settings).all()
    assert (FleeRun.of(data, run.case, RULES).settings == run.settings).all()
    assert "settings" not in run_case(country(), replace(RULES, ranges=())).dataset()


def test_an_error_says_which_member_and_values() -> None:
    case = country(days=3, links=[("zone", "hub", 0.0), ("hub", "camp", 5000)], conflicts={"zone": 1.0})
    weight = SettingRange("camp_weight", 1e-9, 2e-9)
    rules = FleeRules(conflict_driven_spawning=ConflictSpawning("constant", 50), ranges=(weight,))
    with pytest.raises(RunError, match=r"hop over more than 1000 links .*\(member 0: camp_weight 1\.\d+e-09\)"):
        run_case(case, rules)


def test_egress_rules_read_no_range_and_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    run = gravity.run_case(country(), RULES, members=2)
    assert run.rules.ranges == ()
    assert "settings" not in run.dataset()
    told = capsys.readouterr().err
    assert "settings: warning: ranges have no effect under egress's own rules" in told
    assert "awareness_level 1 to 3; max_move_speed 60 to 300" in told


def test_plans_are_shared_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = import_module("egress.flee.run")  # the function of that name hides it
    made: list[FleeRules] = []
    held: list[int] = []

    class Watched(Plans):
        def layout(self, m: int) -> Layout:
            held.append(len(self.layouts))
            return super().layout(m)

    plan = runs.plan
    monkeypatch.setattr(runs, "plan", lambda case, rules, closures: made.append(rules) or plan(case, rules, closures))
    monkeypatch.setattr(runs, "Plans", Watched)
    run_case(country(), replace(RULES, ranges=()), members=8, threads=3)
    assert len(made) == 1
    run_case(country(), replace(RULES, ranges=(AWARE,)), members=8, threads=3)
    assert len(made) == 1 + len({rules.awareness_level for rules in made[1:]}) <= 4
    held.clear()
    run_case(country(), RULES, members=20, threads=1)
    assert max(held) <= 1  # the one that is being run
