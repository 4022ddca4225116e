"""egress run and egress flee on a Flee folder."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shared_flee

from egress.cli import command_line
from egress.report import flee_map

FILES = {**shared_flee.FILES, "input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,1\n3,1\n"}
WRITTEN = {"flee_out.csv", "flee_members.csv", "ard.json", "trajectory.nc", "report.html", "run.json"}
CLOSURES = "#closure_type,name1,name2,closure_start,closure_end\ncountry,Mali,Niger,1,3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shared_flee.write(tmp_path / "small", FILES)


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


def content(path: Path) -> bytes:
    """Return the bytes of a file; figures and clips are numbered through all reports of a process, as here."""
    return re.sub(rb"\b(figure|clip)[0-9]+", b"", path.read_bytes())


def uncertain(folder: Path, tmp_path: Path) -> Path:
    """Return the folder as a scenario with a closure that happens in half of the members."""
    (folder / "input_csv" / "closures.csv").write_text(CLOSURES, "utf-8")
    out = tmp_path / "uncertain"
    assert command_line(["convert", str(folder), str(out)]) == 0
    file = out / "scenario.yaml"
    file.write_text(file.read_text("utf-8").replace("evidence: [i", "probability: 0.5, evidence: [i"), "utf-8")
    return out


@pytest.mark.parametrize("cuts", [(0, 3, 8), (0, 1, 2, 8), (0, 8)])
def test_merged_parts_are_one_run(folder: Path, tmp_path: Path, cuts: tuple[int, ...]) -> None:
    source = uncertain(folder, tmp_path)
    run = ["run", str(source), "--seed", "5", "--per-member"]
    assert command_line([*run, "--members", "8", "--out", str(tmp_path / "whole")]) == 0
    parts = []
    for first, end in pairwise(cuts):
        parts.append(str(tmp_path / f"part-{first}"))
        assert command_line([*run, "--members", f"{first}:{end}", "--out", parts[-1]]) == 0
    merged = tmp_path / "merged"
    assert command_line(["merge", *reversed(parts), "--members", "8", "--out", str(merged)]) == 0
    names = {path.relative_to(merged).as_posix() for path in merged.rglob("*") if path.is_file()}
    assert names == WRITTEN | {f"RUNS/uncertain_{k}/out.csv" for k in range(1, 9)}
    for name in names - {"trajectory.nc", "run.json"}:
        assert content(merged / name) == content(tmp_path / "whole" / name), name
    facts, whole = (json.loads((tmp_path / n / "run.json").read_text("utf-8")) for n in ("merged", "whole"))
    assert [row["members"] for row in facts["merged"]] == [f"{a}:{b}" for a, b in pairwise(cuts)]
    free = {"merged", "written"}
    assert {k: v for k, v in facts.items() if k not in free} == {k: v for k, v in whole.items() if k not in free}


def test_parts_under_egress_rules_are_one_run(folder: Path, tmp_path: Path) -> None:
    run = ["run", str(folder), "--rules", "egress", "--seed", "5"]
    for name, members in (("whole", "5"), ("a", "0:2"), ("b", "2:5")):
        assert command_line([*run, "--members", members, "--out", str(tmp_path / name)]) == 0
    merged = tmp_path / "merged"
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(merged)]) == 0
    for name in WRITTEN - {"trajectory.nc", "run.json"}:
        assert content(merged / name) == content(tmp_path / "whole" / name), name
    assert json.loads((merged / "run.json").read_text("utf-8"))["rules"] == "egress"


def test_parts_of_other_runs_are_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other.yml"
    other.write_text(FILES["simsetting.yml"].replace("softening: 20.0", "softening: 5.0"), "utf-8")
    run = ["run", str(folder), "--seed", "5"]
    assert command_line([*run, "--members", "0:2", "--out", str(tmp_path / "a")]) == 0
    assert command_line([*run, "--members", "2:3", "--settings", str(other), "--out", str(tmp_path / "b")]) == 0
    assert command_line([*run, "--members", "3:4", "--out", str(tmp_path / "c")]) == 0
    merged = str(tmp_path / "merged")
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", merged]) == 2
    assert "are not of one run: scenario_hash is" in capsys.readouterr().err
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "c"), "--out", merged]) == 2
    assert "members 2:3 are missing" in capsys.readouterr().err
    (folder / "source_data" / "abala.csv").write_text("2020-01-01,100\n2020-01-05,400\n", "utf-8")
    assert command_line(["merge", str(tmp_path / "a"), "--out", merged]) == 2
    assert f"ran another folder than {folder} is now" in capsys.readouterr().err
    assert not Path(merged).exists()


def test_a_folder_that_has_moved_is_found(folder: Path, tmp_path: Path) -> None:
    part = str(tmp_path / "a")
    assert command_line(["run", str(folder), "--members", "0:2", "--out", part]) == 0
    moved = folder.rename(tmp_path / "moved")
    assert command_line(["merge", part, "--scenario", str(moved), "--out", str(tmp_path / "b")]) == 0
    for name in ("flee_out.csv", "ard.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_report(folder: Path, tmp_path: Path) -> None:
    (folder / "input_csv" / "registration_corrections.csv").write_text("Abala,2020-01-05\n", "utf-8")
    (folder / "source_data" / "abala.csv").write_text("2020-01-01,100\n2020-01-03,180\n2020-01-05,270\n", "utf-8")
    (folder / "input_csv" / "locations.csv").write_text(
        FILES["input_csv/locations.csv"].replace("Abala,West,Niger", "Abala,West, Niger"), "utf-8"
    )
    out = tmp_path / "out"
    assert command_line(["run", str(uncertain(folder, tmp_path)), "--members", "20", "--out", str(out)]) == 0
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<svg ") == 2  # a camp and the map
    assert "2 reports in the period. 2 of them were corrected later" in page
    assert "Map of origins, roads and camps" in page
    assert "What hangs on those that are not certain" in page
    ard = json.loads((out / "ard.json").read_text("utf-8"))["ard"]
    assert f"ARD {ard:.3f}." in page
    # reported 100, 180 (270 after the correction by 270/180 = 1.5): dots as used 150, 270; as first reported 100, 180
    told = re.findall(r"Counted: (\d+) people, (\d Jan) 12:00; ([a-z ]+)", page)
    assert told == [
        ("100", "1 Jan", "as first reported"),
        ("180", "3 Jan", "as first reported"),
        ("150", "1 Jan", "as used"),
        ("270", "3 Jan", "as used"),
    ]


def test_the_report_tells_the_warnings_with_their_places(folder: Path, tmp_path: Path) -> None:
    (folder / "input_csv" / "locations.csv").write_text(
        FILES["input_csv/locations.csv"].replace("Abala,West,Niger", "Abala,West, Niger"), "utf-8"
    )
    assert command_line(["run", str(folder), "--members", "2", "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert re.search(r"locations\.csv:4:12</td><td>blanks around &#39;Niger&#39;", page)


def test_latitude_and_longitude_are_told_apart() -> None:
    countries = {"Mali": (17.0, -4.0), "Niger": (16.0, 8.0)}
    for swapped in (False, True):
        x, y = np.array(list(countries.values())).T
        places = SimpleNamespace(x=y if swapped else x, y=x if swapped else y, countries=tuple(countries))
        lat, lon = flee_map.positions(SimpleNamespace(places=places))  # type: ignore[arg-type]
        assert (lat.tolist(), lon.tolist()) == ([17.0, 16.0], [-4.0, 8.0])


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


def test_fabflee_reads_the_members(folder: Path, tmp_path: Path) -> None:
    """As validate_flee_output and plot_forecast of FabFlee 99335a0 do (FabFlee.py), told in our own words.

    Every folder under RUNS is a replica, `<instance>_<number from 1>`; its out.csv has a column Day, and `<camp> sim`
    and `<camp> data` by camp. The rescaled measure that they print is reckoned from these columns.
    """
    out = tmp_path / "out"
    assert command_line(["run", str(folder), "--members", "3", "--per-member", "--out", str(out)]) == 0
    runs = sorted((out / "RUNS").iterdir())
    assert [path.name for path in runs] == [f"small_{k}" for k in (1, 2, 3)]
    assert all([file.name for file in path.iterdir()] == ["out.csv"] for path in runs)
    expected = json.loads((out / "ard.json").read_text("utf-8"))["per_member"]
    for path, said in zip(runs, expected, strict=True):
        table = pd.read_csv(path / "out.csv", encoding="latin1", index_col="Day")
        camps = [name.removesuffix(" sim") for name in table.columns if " sim" in name]
        assert camps == ["Abala"]
        sim, data = (table[[f"{camp} {what}" for camp in camps]].to_numpy(float) for what in ("sim", "data"))
        there = table["refugees in camps (simulation)"].to_numpy()
        scale = np.where(there > 0, table["refugees in camps (UNHCR)"] / np.maximum(there, 1), 0.0)
        wrong = np.abs(sim * scale[:, None] - data).sum(axis=1) / np.maximum(1, data.sum(axis=1))
        assert wrong.mean() == pytest.approx(said["ard_rescaled"])
        assert list(table.index) == [0, 1, 2, 3]


def test_drop_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = [str(folder / "input_csv"), str(folder / "source_data")]
    assert command_line(["flee", *given, "3", str(folder / "simsetting.yml")]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].startswith("Day,Date,Abala sim,Abala data,Abala error,Total error,")
    assert rows[1].startswith("0,2020-01-02,100,100,0.0,0.0,100,100,200,100,0")
    assert len(rows) == 4
    for days in ("0", "-1"):  # as sim_period.csv says
        assert command_line(["flee", *given, days, str(folder / "simsetting.yml")]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 5
    assert command_line(["flee", *given, "3", "--sed", "1"]) == 2
    capsys.readouterr()
    assert command_line(["flee", *given, "9", str(folder / "simsetting.yml")]) == 2
    assert "4 days, expected 9 (the DAYS asked for)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--step", "6"], "--step has no effect on Flee folders: their step is a day"),
        (["--as-of", "2020-01-02"], "--as-of is not for runs of Flee folders, which are hindsight: `egress forecast`"),
        (["--exact"], "--exact has no effect on Flee folders: their tables are exact"),
        (["--posterior", "x.nc", "--rules", "egress"], "--posterior has no effect under --rules egress"),
        (["--rules", "fleee"], "--rules fleee: expected flee, flee-corrected or egress"),
    ],
)
def test_options_of_scenarios_are_refused(
    folder: Path, option: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["run", str(folder), *option]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_options_of_flee_folders_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["run", "one-border", "--rules", "flee"]) == 2
    assert "--rules is for Flee folders" in capsys.readouterr().err


# Settings with ranges

RANGED = FILES["simsetting.yml"].replace("softening: 20.0", "softening: {low: 5, high: 40}")


def ranged(folder: Path) -> Path:
    (folder / "simsetting.yml").write_text(RANGED, "utf-8")
    return folder


def test_settings_with_ranges_are_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert command_line(["run", str(ranged(folder)), "--members", "4", "--seed", "5", "--out", str(out)]) == 0
    assert "settings that differ by member: softening 5 to 40\n" in capsys.readouterr().out
    table = pd.read_csv(out / "flee_settings.csv")
    assert list(table.columns) == ["member", "setting", "value"]
    assert table["member"].tolist() == [0, 1, 2, 3]
    assert set(table["setting"]) == {"softening"}
    assert table["value"].between(5, 40).all()
    assert table["value"].nunique() == 4
    facts = json.loads((out / "run.json").read_text("utf-8"))
    assert set(facts["files"]) == WRITTEN | {"flee_settings.csv"}
    page = (out / "report.html").read_text("utf-8")
    assert "differ by chance and by settings (softening 5 to 40)" in page
    assert re.search('softening</td><td class="n">5 to 40, by member</td><td class="n">10<', page)


def test_merged_parts_with_ranges_are_one_run(folder: Path, tmp_path: Path) -> None:
    run = ["run", str(uncertain(ranged(folder), tmp_path)), "--seed", "5"]
    for name, members in (("whole", "6"), ("a", "0:1"), ("b", "1:6")):
        assert command_line([*run, "--members", members, "--out", str(tmp_path / name)]) == 0
    merged = tmp_path / "merged"
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(merged)]) == 0
    names = {path.name for path in merged.iterdir()}
    assert names == WRITTEN | {"flee_settings.csv"}
    for name in names - {"run.json"}:
        assert content(merged / name) == content(tmp_path / "whole" / name), name


def test_merged_parts_under_egress_rules_pass_over_ranges(folder: Path, tmp_path: Path) -> None:
    run = ["run", str(ranged(folder)), "--rules", "egress", "--seed", "5"]
    for name, members in (("whole", "3"), ("a", "0:1"), ("b", "1:3")):
        assert command_line([*run, "--members", members, "--out", str(tmp_path / name)]) == 0
    merged = tmp_path / "merged"
    assert command_line(["merge", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(merged)]) == 0
    for name in WRITTEN - {"trajectory.nc", "run.json"}:
        assert content(merged / name) == content(tmp_path / "whole" / name), name
    assert not (merged / "flee_settings.csv").exists()


def test_the_drop_in_refuses_ranges(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ranged(folder) / "simsetting.yml"
    assert command_line(["flee", str(folder / "input_csv"), str(folder / "source_data"), "0", str(settings)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    line = next(n for n, text in enumerate(settings.read_text().splitlines(), 1) if "softening" in text)
    assert said.err.startswith(f"{settings}:{line}:")
    assert ": a range of softening: Flee's run.py takes one number" in said.err


def test_ranges_are_explained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["explain", str(ranged(folder))]) == 0
    assert re.search(r"softening +5\.0 to 40\.0, by member +10\.0", capsys.readouterr().out)
