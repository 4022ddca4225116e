"""egress calibrate of a Flee folder, and runs with what it wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shared_flee

from egress.cli import command_line

FILES = {
    **shared_flee.FILES,
    "input_csv/sim_period.csv": "StartDate,2020-01-01\nLength,10\n",
    "input_csv/conflicts.csv": "#Day,Gao\n" + "".join(f"{day},1\n" for day in range(10)),
    "source_data/refugees.csv": "2020-01-01,100\n2020-01-11,900\n",
    "source_data/abala.csv": "".join(f"2020-01-{day:02d},{100 + 50 * day}\n" for day in range(1, 11)),
    "simsetting.yml": "move_rules:\n  max_move_speed: {low: 50, high: 300}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shared_flee.write(tmp_path / "small", FILES)


def calibrated(folder: Path, out: Path) -> Path:
    given = ["calibrate", str(folder), "--until", "2020-01-09", "--members", "20", "--seed", "4", "--out", str(out)]
    assert command_line(given) == 0
    return out


@pytest.fixture
def posterior(folder: Path, tmp_path: Path) -> Path:
    return calibrated(folder, tmp_path / "small.nc")


def content(path: Path) -> bytes:
    """Return the bytes of a file; figures and clips are numbered through all reports of a process, as here."""
    return re.sub(rb"\b(figure|clip)[0-9]+", b"", path.read_bytes())


def test_what_is_printed(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    posterior = calibrated(folder, tmp_path / "mine.nc")
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith("small: 7 reports of days before 2020-01-09; from the middle of the members they lie ")
    assert re.search(r"^max_move_speed +[\d.]+ / [\d.]+ / [\d.]+ +[\d.]+ / [\d.]+ / [\d.]+$", lines[-1])
    assert said.err.endswith(f"Written to {posterior}\n")


def test_a_run_takes_its_settings_and_parts_are_one_run(folder: Path, posterior: Path, tmp_path: Path) -> None:
    from egress.assimilate.posterior import Posterior

    run = ["run", str(folder), "--posterior", str(posterior), "--seed", "9"]
    for name, members in (("whole", "5"), ("a", "0:2"), ("b", "2:5")):
        assert command_line([*run, "--members", members, "--out", str(tmp_path / name)]) == 0
    whole = tmp_path / "whole"
    normals = Posterior.open(posterior).normals["max_move_speed"][:5]
    table = pd.read_csv(whole / "flee_settings.csv")
    assert (np.diff(table["value"]) > 0).tolist() == (np.diff(normals) > 0).tolist()
    assert json.loads((whole / "run.json").read_text("utf-8"))["learnt_before"] == "2020-01-09"
    page = (whole / "report.html").read_text("utf-8")
    assert "settings (max_move_speed 50 to 300) as reports of camps before 2020-01-09 have taught them" in page
    merged = tmp_path / "merged"
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(merged)]) == 0
    names = {path.name for path in merged.iterdir()} - {"run.json"}
    assert "flee_settings.csv" in names
    for name in names:
        assert content(merged / name) == content(whole / name), name


def test_parts_with_and_without_it_are_not_of_one_run(
    folder: Path, posterior: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["run", str(folder), "--seed", "9"]
    assert command_line([*run, "--members", "0:2", "--out", str(tmp_path / "a")]) == 0
    given = ["--posterior", str(posterior), "--members", "2:4", "--out", str(tmp_path / "b")]
    assert command_line([*run, *given]) == 0
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "m")]) == 2
    assert "are not of one run: learnt is" in capsys.readouterr().err


def test_a_run_with_more_members_or_other_settings_is_refused(
    folder: Path, posterior: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["run", str(folder), "--posterior", str(posterior), "--members", "21"]) == 2
    assert "has 20 members, 21 are asked for" in capsys.readouterr().err
    (folder / "simsetting.yml").write_text("move_rules:\n  max_move_speed: {low: 50, high: 310}\n", "utf-8")
    assert command_line(["run", str(folder), "--posterior", str(posterior)]) == 2
    assert "calibrate again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--until", "2020-01-09T06:00+00:00"], "--until: Flee folders go by days"),
        (["--observations", "mine.csv"], "--observations is not for Flee folders"),
    ],
)
def test_what_has_no_meaning_is_refused(
    folder: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["calibrate", str(folder), *option]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_settings_are_refused_for_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["calibrate", "one-border", "--settings", "x.yml"]) == 2
    assert "--settings is for Flee folders" in capsys.readouterr().err
