"""`egress run --members A:B` and `egress merge`: the same files as one run of all members."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from shared_commands import egress

from egress.report import folder

TABLES = ("arrivals.csv", "queues.csv", "outcomes.csv")
OPTIONS = ("--exact", "--step", 12, "--as-of", "2030-03-05", "--seed", 7)


def run(members: object, out: Path, *options: object, scenario: object = "one-border") -> str:
    """Run members to a folder; return the summary."""
    code, said, err = egress("run", scenario, "--members", members, "--out", out, *options)
    assert (code, err) == (0, f"Written to {out}\n")
    return said


def facts(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "run.json").read_text("utf-8"))
    return found


def content(path: Path) -> bytes:
    """Return the bytes of a file; figures and clips are numbered through all reports of a process, as here."""
    return re.sub(rb"\b(figure|clip)[0-9]+", b"", path.read_bytes())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of 6 members, and the same in two parts."""
    place = tmp_path_factory.mktemp("merge")
    for members, name in ((6, "whole"), ("0:4", "part-0"), ("4:6", "part-1")):
        said = run(members, place / name, *OPTIONS)
        (place / f"{name}.txt").write_text(said, "utf-8")
    return place


def test_a_part_says_so(place: Path) -> None:
    told = facts(place / "part-1")
    assert (told["members"], told["part"], told["merged"], told["source"]) == (2, "4:6", None, "one-border")
    assert facts(place / "whole")["part"] is None


def test_merged_files_are_those_of_one_run(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "all"
    code, said, err = egress("merge", place / "part-1", place / "part-0", "--out", out, "--members", 6)
    assert (code, err) == (0, f"Written to {out}: 6 members of 2 parts\n")
    assert said == (place / "whole.txt").read_text("utf-8")
    assert {path.name for path in out.iterdir()} == set(folder.FILES)
    for name in (*TABLES, "report.html"):
        assert content(out / name) == content(place / "whole" / name), name


def test_run_json_says_of_which_parts(place: Path, tmp_path: Path) -> None:
    assert egress("merge", place / "part-1", place / "part-0", "--out", tmp_path)[0] == 0
    merged, whole = facts(tmp_path), facts(place / "whole")
    free = {"merged", "written", "seconds", "seconds_of_processes"}
    assert {k: v for k, v in merged.items() if k not in free} == {k: v for k, v in whole.items() if k not in free}
    assert [(row["folder"], row["members"]) for row in merged["merged"]] == [
        (str(place / "part-0"), "0:4"),
        (str(place / "part-1"), "4:6"),
    ]
    assert {"platform", "written"} < set(merged["merged"][0])


def test_a_part_with_another_seed_is_refused_and_nothing_is_written(place: Path, tmp_path: Path) -> None:
    run("4:6", tmp_path / "other", *OPTIONS[:-1], 8)
    code, said, err = egress("merge", place / "part-0", tmp_path / "other", "--out", tmp_path / "all")
    assert (code, said, err.count("\n")) == (2, "", 1)
    assert err == f"egress: {place / 'part-0'} and {tmp_path / 'other'} are not of one run: seed is 7 and 8\n"
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_scenario_that_has_changed_is_refused_and_one_that_has_moved_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert egress("new", "mine")[0] == 0
    run("0:2", tmp_path / "part", scenario="mine")
    moved = Path("mine").rename(tmp_path / "moved")
    code, _, err = egress("merge", "part", "--out", "all")
    assert (code, err.count("\n")) == (2, 1)
    assert "mine" in err
    assert egress("merge", "part", "--out", "all", "--scenario", moved)[0] == 0
    assert all((tmp_path / "all" / name).read_bytes() == (tmp_path / "part" / name).read_bytes() for name in TABLES)
    text = (moved / "scenario.yaml").read_text("utf-8")
    (moved / "scenario.yaml").write_text(text.replace("hold: {uniform: [1 d, 8 d]}", "hold: 1 d"), "utf-8")
    code, _, err = egress("merge", "part", "--out", "again", "--scenario", moved)
    assert (code, err.count("\n")) == (2, 1)
    assert f"part: ran another scenario than {moved} is now" in err
    assert not Path("again").exists()
