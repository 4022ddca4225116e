"""What the spread of a Flee folder comes from: settings, closures, chance; by hand where it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shared_flee

from egress.assimilate.saltelli import REST, Rows
from egress.errors import EgressError
from egress.flee import ard, run_case
from egress.flee.sensitivity import FleeSensitivity, _Engine, _questions, sensitivity
from egress.flee.usual import USUAL
from egress.formats.flee import read_instance
from egress.formats.flee.setting_keys import SECTIONS

DRIVEN = """\
spawn_rules:
  conflict_driven_spawning: {displaced_per_conflict_day: {low: 100, high: 900}}
move_rules:
  max_move_speed: {low: 290, high: 310}
  camp_movechance: {low: 0.0, high: 0.001}
"""
ALWAYS = "#Day,Gao\n0,1\n1,1\n2,1\n3,1\n"
CLOSED = "#closure_type,name1,name2,closure_start,closure_end,probability\ncountry,Mali,Niger,0,-1,0.5\n"
"""The way to the only camp."""


def small(tmp_path: Path, settings: str, **files: str) -> Path:
    given = {f"input_csv/{name}.csv": text for name, text in {"conflicts": ALWAYS, **files}.items()}
    return shared_flee.write(tmp_path / "small", {**shared_flee.FILES, "simsetting.yml": settings, **given})


def asked(source: Path, **options: Any) -> FleeSensitivity:
    return sensitivity(source, **{"samples": 16, "seed": 3, "say": lambda _: None} | options)


def total(table: pd.DataFrame, output: str, name: str) -> float:
    return float(table[(table["output"] == output) & (table["input"] == name)]["total"].iloc[0])


def test_all_hangs_on_how_many_set_out(tmp_path: Path) -> None:
    found = asked(small(tmp_path, DRIVEN), outputs=["camps", "Abala"], samples=64)
    table = found.table()
    assert set(table["input"]) == {"chance", "camp_movechance", "displaced_per_conflict_day", "max_move_speed"}
    assert total(table, "camps", "displaced_per_conflict_day") == pytest.approx(1, abs=0.25)
    assert total(table, "camps", "chance") < 0.05
    assert total(table, "camps", "max_move_speed") < 0.05
    assert total(table, "camps", "camp_movechance") < 0.05
    row = table[table["input"] == "displaced_per_conflict_day"].iloc[0]
    assert row["if_low"] < row["if_high"]
    one, other = (answer.indices for answer in found.answers)
    assert one == other  # Abala is the only camp
    assert (found.usual, found.about["members"]) == (False, 64 * 6)


def test_closures_are_a_factor_of_their_own(tmp_path: Path) -> None:
    table = asked(small(tmp_path, DRIVEN, closures=CLOSED), outputs=["camps"], samples=32).table()
    assert total(table, "camps", "closures") > 0.5
    assert total(table, "camps", "chance") < 0.05


def test_without_ranges_usual_ones_are_taken(tmp_path: Path) -> None:
    found = asked(small(tmp_path, "move_rules: {softening: 20}\n"), samples=8)
    assert found.usual
    assert found.ranges == USUAL
    assert [answer.question.name for answer in found.answers] == ["ard", "camps", "moving", "Abala"]
    assert found.about["members"] == 8 * (len(USUAL) + 1 + 2)


def test_usual_ranges_are_of_settings_that_may_have_one() -> None:
    keys = SECTIONS["move_rules"]
    assert [one.name for one in USUAL] == sorted(one.name for one in USUAL)
    for one in USUAL:
        key = keys[one.name]
        assert (key.use, one.whole) == ("rule", key.kind == "whole")
        assert (key.least or 0) <= one.low < one.high <= (key.most or np.inf)


def test_what_is_not_measured_one_by_one_is_one_input(tmp_path: Path) -> None:
    found = asked(small(tmp_path, "move_rules: {softening: 20}\n"), samples=8, kept=2)
    answer = next(answer for answer in found.answers if answer.question.name == "camps")
    assert len(answer.indices) == 3
    listed = {index.factor for index in answer.indices}
    assert REST in listed
    assert found.numbers(REST, answer) == len(USUAL) - len(listed & {one.name for one in USUAL})


def engine(tmp_path: Path) -> _Engine:
    instance = read_instance(small(tmp_path, DRIVEN, closures=CLOSED))
    return _Engine(instance, instance.rules, 4, 3, 1, _questions(instance, None))


def rows(made: _Engine, swap: Callable[[str], bool]) -> Rows:
    swapped = np.tile([swap(name) for name in made.factors], (4, 1))
    return Rows(np.arange(4), swapped, np.full(swapped.shape, 0.25))


def test_a_row_is_a_member_with_given_settings(tmp_path: Path) -> None:
    made = engine(tmp_path)
    assert made.factors == ["camp_movechance", "chance", "closures", "displaced_per_conflict_day", "max_move_speed"]
    values = np.tile([one.at(np.array(0.25)) for one in made.rules.ranges], (4, 1))
    plain = run_case(made.instance.case, made.rules, members=4, seed=3, settings=values)
    outputs = made(rows(made, lambda _: False))[1]
    assert outputs[:, 0].tolist() == ard(plain.sim, plain.data).tolist()
    assert outputs[:, 1].tolist() == plain.sim[:, -1].sum(axis=1).tolist()
    assert outputs[:, 2].tolist() == plain.moving[:, -1].tolist()
    later = run_case(made.instance.case, made.rules, members=range(4, 8), seed=3, settings=values)
    assert (made(rows(made, lambda name: name in ("chance", "closures")))[1][:, 2] == later.moving[:, -1]).all()
    assert (later.happen != plain.happen).any()
    mixed = run_case(made.instance.case, made.rules, members=4, seed=3, settings=values, happen=later.happen)
    assert (made(rows(made, lambda name: name == "closures"))[1][:, 2] == mixed.moving[:, -1]).all()


def test_people_are_counted_not_agents(tmp_path: Path) -> None:
    made = engine(tmp_path)
    once = made(rows(made, lambda _: False))[1]
    made.rules = replace(made.rules, hasten=7)  # the case stays as it is
    again = made(rows(made, lambda _: False))[1]
    assert (again[:, 1:] == 7 * once[:, 1:]).all()


def test_the_same_for_any_number_of_threads(tmp_path: Path) -> None:
    folder = small(tmp_path, DRIVEN)
    assert asked(folder, threads=1).table().equals(asked(folder, threads=3).table())
    assert not asked(folder).table().equals(asked(folder, seed=4).table())


def test_unknown_outputs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EgressError, match=r"no output 'Abalaa': expected ard, camps, moving, or a camp.*'Abala'"):
        asked(small(tmp_path, DRIVEN), outputs=["Abalaa"])


def test_progress_ends_at_one(tmp_path: Path) -> None:
    heard: list[float] = []
    asked(small(tmp_path, DRIVEN), samples=8, progress=heard.append)
    assert heard[-1] == pytest.approx(1.0)
    assert heard == sorted(heard)
