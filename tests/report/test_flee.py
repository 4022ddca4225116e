"""egress run and egress flee on a Flee folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from egress.cli import command_line

FILES = {
    "input_csv/sim_period.csv": "StartDate,2020-01-01\nLength,4\n",
    "input_csv/locations.csv": (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Gao,North,Mali,16.3,-0.04,conflict_zone,0,1000\n"
        "Mopti,Middle,Mali,14.5,-4.2,town,,500\n"
        "Abala,West,Niger,14.9,3.4,camp,,800\n"
    ),
    "input_csv/routes.csv": "#name1,name2,distance,forced_redirection\nGao,Mopti,100,0\nMopti,Abala,200,\n",
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,1\n3,1\n",
    "source_data/data_layout.csv": "total,refugees.csv\nAbala,abala.csv\n",
    "source_data/refugees.csv": "2020-01-01,100\n2020-01-05,500\n",
    "source_data/abala.csv": "2020-01-01,100\n2020-01-05,300\n",
    "simsetting.yml": "log_levels: {agent: 0}\nmove_rules:\n  softening: 20.0\noptimisations:\n  hasten: 1\n",
}
WRITTEN = {"flee_out.csv", "flee_members.csv", "ard.json", "trajectory.nc", "run.json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "small"


def test_run(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert command_line(["run", str(folder), "--members", "3", "--seed", "5", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == WRITTEN
    said = capsys.readouterr().out
    assert said.startswith("small: 3 members, 4 days from 2020-01-01\nARD 0.")
    assert "Abala" in said
    facts = json.loads((out / "run.json").read_text("utf-8"))
    assert set(facts["files"]) == WRITTEN
    assert (facts["members"], facts["seed"], facts["rules"]) == (3, 5, "flee")


def test_per_member_and_corrected(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert (
        command_line(
            ["run", str(folder), "--members", "2", "--per-member", "--rules", "flee-corrected", "--out", str(out)]
        )
        == 0
    )
    assert [path.parent.name for path in sorted(out.glob("RUNS/*/out.csv"))] == ["small_1", "small_2"]
    assert json.loads((out / "run.json").read_text("utf-8"))["rules"] == "flee-corrected"


def test_drop_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(folder / "input_csv"), str(folder / "source_data")]
    assert command_line(["flee", *given, "3", str(folder / "simsetting.yml")]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("Day,Date,Abala sim,Abala data,Abala error,Total error,")
    assert rows[1].startswith("0,2020-01-02,100,100,0.0,0.0,100,100,200,100,0")
    assert len(rows) == 4
    assert command_line(["flee", *given, "0", str(folder / "simsetting.yml")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.parametrize("option", [["--step", "6"], ["--as-of", "2020-01-02"], ["--exact"]])
def test_options_of_scenarios_are_refused(folder: Path, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["run", str(folder), *option]) == 2
    assert f"{option[0]} has no effect on Flee folders" in capsys.readouterr().err


def test_options_of_flee_folders_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["run", "one-border", "--rules", "flee"]) == 2
    assert "--rules is for Flee folders" in capsys.readouterr().err
