"""egress sensitivity of a Flee folder: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import shared_flee

from egress.cli import command_line
from egress.report.sensitivity import FILES

RANGED = "move_rules:\n  max_move_speed: {low: 50, high: 400}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    conflicts = {"input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,1\n3,1\n"}
    return shared_flee.write(tmp_path / "small", {**shared_flee.FILES, **conflicts, "simsetting.yml": RANGED})


def test_what_is_printed_and_written(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert command_line(["sensitivity", str(folder), "--samples", "32", "--seed", "4", "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    head = "small: what would change our mind (hindsight; 128 members, 32 base points, 1 setting with a range)"
    assert said.startswith(head)
    assert "• People in Abala on the last day: " in said
    assert "What would change our mind most: max_move_speed (" in said
    assert "50–400 km/d settings" in said
    assert {path.name for path in out.iterdir()} == set(FILES)
    assert (out / "sensitivity.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(out / "sensitivity.csv")
    assert set(table["input"]) == {"max_move_speed", "chance"}
    record = json.loads((out / "sensitivity.json").read_text("utf-8"))
    assert record["ranges"] == {"max_move_speed": [50.0, 400.0]}
    page = (out / "sensitivity.html").read_text("utf-8")
    assert "1 setting with a range, seed 4, hindsight" in page
    assert "<svg" in page


def test_usual_ranges_name_their_source(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = tmp_path / "plain.yml"
    plain.write_text("move_rules: {softening: 20}\n", "utf-8")
    given = ["sensitivity", str(folder), "--settings", str(plain), "--samples", "8", "--outputs", "moving"]
    assert command_line([*given, "--out", str(tmp_path / "out")]) == 0
    assert "10 settings with usual ranges)" in " ".join(capsys.readouterr().out.split())
    table = pd.read_csv(tmp_path / "out" / "sensitivity.csv")
    assert set(table["output"]) == {"moving"}
    assert set(table.loc[table["input"] != "chance", "source"]) == {"FabFlee"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--rules", "egress"], "--rules egress: egress's own rules read no setting that could have a range"),
        (["--apart", "groups"], "--apart is not for Flee folders"),
        (["--as-of", "2020-01-02"], "--as-of is not for Flee folders"),
        (["--step", "6"], "--step is not for Flee folders"),
        (["--outputs", "arrivals"], "no output 'arrivals': expected ard, camps, moving, or a camp"),
    ],
)
def test_what_has_no_meaning_is_refused(
    folder: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["sensitivity", str(folder), *option]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_settings_of_flee_are_refused_for_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["sensitivity", "one-border", "--rules", "flee"]) == 2
    assert "--rules is for Flee folders" in capsys.readouterr().err
