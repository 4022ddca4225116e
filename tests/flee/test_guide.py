"""What docs/guides/flee.md quotes of mali2012 with ranges of settings is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from egress.cli import command_line
from egress.flee import run_case
from egress.flee.usual import USUAL
from egress.formats.flee import read_instance
from egress.formats.flee.counts import reported

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "flee.md").read_text("utf-8")


def block(after: str, kind: str) -> str:
    """Return the first block of a kind (text, yaml) after a piece of the guide."""
    assert GUIDE.count(f"{after}\n") == 1, after
    return GUIDE.split(f"{after}\n")[1].split(f"```{kind}\n")[1].split("```")[0]


@pytest.fixture(scope="module")
def ranges(instances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the settings of mali2012 with the ranges of the guide."""
    text = (instances / "mali2012" / "simsetting.yml").read_text("utf-8")
    for line in block("## Settings with ranges", "yaml").splitlines():
        key = line.partition(":")[0]
        text, count = re.subn(rf"^{key}:.*$", line, text, flags=re.MULTILINE)
        assert count == 1, line
    file = tmp_path_factory.mktemp("settings") / "ranges.yml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.slow
def test_the_run_with_ranges(instances: Path, ranges: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = "egress run mali2012 --settings ranges.yml --members 100"
    named = {"mali2012": str(instances / "mali2012"), "ranges.yml": str(ranges)}
    given = [named.get(word, word) for word in command.split()[1:]]
    assert command_line([*given, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == block(command, "text")


def inside(folder: Path, settings: Path) -> tuple[int, int]:
    """Return how many reports after the first day there are, and how many the 5 % and 95 % points hold."""
    instance = read_instance(folder, settings)
    case, said = instance.case, instance.scenario
    run = run_case(case, instance.rules, members=100)
    reports = reported(said.counts, said.corrections, case.start, 1, True)[0]
    held = []
    for c, name in enumerate(run.names):
        days, people = reports[name].days, reports[name].agents
        kept = (days > 0) & (days < case.length)
        low, high = np.quantile(run.sim[:, days[kept].astype(int), c], (0.05, 0.95), axis=0)
        held += ((low <= people[kept]) & (people[kept] <= high)).tolist()
    return len(held), sum(held)


@pytest.mark.slow
def test_how_many_reports_the_ranges_hold(instances: Path, ranges: Path) -> None:
    folder = instances / "mali2012"
    told = re.search(r"Of the (\d+) reports after the first day, (\d+) lie .*? of 100 members, (\d+)", GUIDE, re.DOTALL)
    assert told is not None
    count, ranged, plain = map(int, told.groups())
    assert inside(folder, ranges) == (count, ranged)
    assert inside(folder, folder / "simsetting.yml") == (count, plain)


@pytest.mark.slow
def test_what_reports_teach(instances: Path, ranges: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    learn = "egress calibrate mali2012 --settings ranges.yml --until 2012-06-15 --out mali.nc"
    run = "egress run mali2012 --settings ranges.yml --members 100 --posterior mali.nc"
    named = {"mali2012": instances / "mali2012", "ranges.yml": ranges, "mali.nc": tmp_path / "mali.nc"}
    taught, ran = ([str(named.get(word, word)) for word in command.split()[1:]] for command in (learn, run))
    assert command_line(taught) == 0
    assert capsys.readouterr().out == block(learn, "text")
    assert command_line([*ran, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith(block(run, "text"))


@pytest.mark.slow
def test_which_setting_matters(
    instances: Path, ranges: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "egress sensitivity mali2012 --settings ranges.yml --outputs ard,camps"
    given = ["sensitivity", str(instances / "mali2012"), "--settings", str(ranges), "--outputs", "ard,camps"]
    assert command_line([*given, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split("\n\n")[1] + "\n" == block(command, "text")


def test_usual_ranges_are_those_of_the_reference() -> None:
    support = (Path(__file__).parents[2] / "docs" / "reference" / "flee-support.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| ([\d.]+) \|", support, re.MULTILINE)
    assert [(name, float(low), float(high)) for name, low, high in rows] == [
        (one.name, one.low, one.high) for one in USUAL
    ]
