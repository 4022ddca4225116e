"""Tasks F and F+ of the benchmark: their rows, their tables, and the line where they are left out."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from shared_commands import egress

from egress import baselines
from egress.flee import gravity, split, split_page
from egress.flee.instances import ACCURACY, folder, read
from egress.flee.measures import ard
from egress.score.summary import TOO_FEW, rows, summary

NAMES = ("mali2012", "car2013", "tigray2020")


@pytest.fixture(scope="module")
def found(instances: Path) -> split.Split:
    """Return both tasks on three conflicts."""
    return split.run(instances, NAMES)


def shape() -> set[str]:
    """Return the keys of a row of the tasks R and U."""
    one = dict.fromkeys(("crps", "log_crps", "wis", "spread", "over", "under"), 1.0)
    one |= {f"covered{share}": 1.0 for share in (50, 80, 90)}
    one |= {f"{score}_{name}": 1.0 for score in ("crps", "log_crps", "point") for name in baselines.NAMES}
    about = {"task": "R", "mode": "cold", "series": "a", "horizon": "1-3", "origin": "o", "seed": 1, "defined": True}
    return set(rows(summary(pd.DataFrame([about | one | {"start": "s", "end": "e", "kind": "daily"}])))[0])


def test_rows_have_the_shape_of_the_other_tasks(found: split.Split) -> None:
    told = split_page.rows(found)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    own = {"F": {"ard", "ard_flee_best"}, "F+": {"error", "error_last_report"}}
    assert all(set(row) == shape() | own[str(row["task"])] for row in told)
    assert all(row["crps"] is None and row["baselines"] == {} for row in told)
    keys = [(row["task"], row["mode"], row["horizon_days"], row["series"]) for row in told]
    everything = (*NAMES, split.ALL)
    assert [key for key in keys if key[0] == "F+"] == [
        ("F+", "updated", ahead, name) for ahead in (1, 30) for name in everything
    ]
    assert [(mode, name) for task, mode, _, name in keys if task == "F"] == [("cold", name) for name in everything]


def test_figures_are_those_of_the_conflict_left_out(found: split.Split, instances: Path) -> None:
    one = read(instances, ("car2013",))["car2013"]
    land = gravity.gravity.ground(one.case, one.rules)
    expected = ard(gravity.forecast(land, gravity.learnt(), ("car2013",)), gravity.data(one.case, land))
    told = {(row["task"], row["series"]): row for row in split_page.rows(found)}
    row = told["F", "car2013"]
    assert row["ard"] == float(expected)
    assert row["ard_flee_best"] == pytest.approx(0.335, abs=5e-4)  # flee.md section 17
    assert row["ratio"] == pytest.approx(float(expected) / row["ard_flee_best"])
    assert (row["ratio_low"], row["says"], row["n"]) == (None, TOO_FEW, one.case.length)
    whole = told["F", split.ALL]
    assert whole["ratio_low"] <= whole["ratio"] <= whole["ratio_high"]
    assert whole["says"] == TOO_FEW  # three conflicts


def test_the_page_has_both_tasks(found: split.Split) -> None:
    text = split_page.page(found)
    assert text.count("## Task F: ") == text.count("## Task F+: ") == 1
    assert "(flee-split.md)" in text
    assert text.count("| car2013 |") == 3  # a column of F, two rows of F+
    assert f"| {split.OWN} | {found.lines[split.OWN]['mali2012']:.3f} |" in text


# The command


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tasks R and U take no time."""
    monkeypatch.setattr("egress.benchmark.tasks.run", lambda **_: None)
    monkeypatch.setattr("egress.benchmark.page.page", lambda _: "# R and U\n")
    monkeypatch.setattr("egress.benchmark.page.as_json", lambda _: [{"task": "R"}])


def test_without_instances_both_tasks_are_said_to_be_left_out(
    command: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGRESS_SHARED", str(tmp_path))
    said = egress("score", "--benchmark", "--page", tmp_path / "page.md")
    assert (said.code, said.out.count("Tasks F and F+ are left out. ")) == (0, 1)
    assert split_page.LEFT_OUT in (tmp_path / "page.md").read_text("utf-8")
    said = egress("score", "--benchmark", "--json")
    assert (said.code, json.loads(said.out), said.err.strip()) == (0, [{"task": "R"}], split_page.LEFT_OUT)


def test_the_folder_named_must_hold_instances(command: None, tmp_path: Path) -> None:
    said = egress("score", "--benchmark", "--flee", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert ACCURACY in said.err


def test_the_command_has_the_rows_of_all_tasks(
    command: None, found: split.Split, monkeypatch: pytest.MonkeyPatch, instances: Path
) -> None:
    monkeypatch.setattr("egress.flee.split.run", lambda place: found if place == instances else None)
    said = egress("score", "--benchmark", "--json", "--flee", instances)
    assert (said.code, said.err) == (0, "")
    assert [row["task"] for row in json.loads(said.out)] == ["R", *["F"] * 4, *["F+"] * 8]


def test_options_of_the_benchmark_go_with_it(tmp_path: Path) -> None:
    said = egress("score", tmp_path, tmp_path, "--flee", tmp_path)
    assert (said.code, "--flee goes with --benchmark" in said.err) == (2, True)


def test_instances_are_found_in_shared_here_or_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared" / "data" / "flee").mkdir(parents=True)
    (tmp_path / "repository").mkdir()
    monkeypatch.delenv("EGRESS_SHARED", raising=False)
    monkeypatch.chdir(tmp_path / "repository")
    assert folder() == tmp_path / "shared" / "data" / "flee"
    monkeypatch.setenv("EGRESS_SHARED", str(tmp_path))
    assert folder() is None
