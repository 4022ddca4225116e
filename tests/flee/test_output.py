"""Flee's own tables: what holds no chance equals Flee's out.csv cell by cell (flee.md sections 12 and 18)."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from egress.flee import FleeRun, run
from egress.flee.agreement import run_at
from egress.flee.output import measures, members_csv, out_csv, write

SURE = (
    "Day",
    "Date",
    "refugees in camps (UNHCR)",
    "total refugees (simulation)",
    "raw UNHCR refugee count",
    "refugee_debt",
)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.slow
def test_what_holds_no_chance_is_flees(instances: Path, tmp_path: Path) -> None:
    files = sorted((instances / "examples").glob("*.out.csv"))
    assert len(files) >= 7
    for file in files:
        found = re.match(r"(\w+)\.(\w+)_h(\d+)\.", file.name)
        assert found is not None
        name = {"own": "ukraine2022_own"}.get(found[2], found[2])
        text = (instances / "settings" / f"{name}.yml").read_text("utf-8")
        settings = tmp_path / "simsetting.yml"
        settings.write_text(text.replace("hasten: 1", f"hasten: {found[3]}"), "utf-8")
        ours, theirs = read(out_csv(run(instances / found[1], settings=settings), 0)), read(file.read_text("utf-8"))
        assert ours[0] == theirs[0]
        sure = [i for i, name in enumerate(ours[0]) if name in SURE or name.endswith(" data")]
        assert [[row[i] for i in sure] for row in ours] == [[row[i] for i in sure] for row in theirs]
        _recomputed(ours)


def _recomputed(rows: list[list[str]]) -> None:
    """Fail where errors and sums of a row do not follow from its other cells."""
    head = rows[0]
    at = {name: i for i, name in enumerate(head)}
    camps = [name.removesuffix(" sim") for name in head if name.endswith(" sim")]
    for row in rows[1:]:
        sim, data = ([float(row[at[f"{camp} {what}"]]) for camp in camps] for what in ("sim", "data"))
        assert sum(sim) == float(row[at["refugees in camps (simulation)"]])
        raw = float(row[at["raw UNHCR refugee count"]])
        wrong = sum(abs(s - d) for s, d in zip(sim, data, strict=True))
        assert float(row[at["Total error"]]) == pytest.approx(wrong / raw if raw > 0 else 0.0)
        for camp, s, d in zip(camps, sim, data, strict=True):
            assert float(row[at[f"{camp} error"]]) == pytest.approx(abs(s / d - 1) if d > 0 else 0.0, abs=6e-5)


@pytest.fixture(scope="module")
def five(instances: Path) -> FleeRun:
    return run_at(instances, "mali2012", "validation", 100, members=5)


def test_means_and_spread(five: FleeRun) -> None:
    rows = read(members_csv(five))
    assert rows[0] == ["day", "camp", "mean", "sd"]
    assert len(rows) == 1 + 300 * 7
    day, camp, mean, sd = rows[1 + 200 * 7 + 3]
    values = five.sim[:, 200, 3]
    assert (day, camp) == ("200", five.names[3])
    assert float(mean) == pytest.approx(values.mean())
    assert float(sd) == pytest.approx(values.std(ddof=1), rel=1e-3)
    table = read(out_csv(five))
    assert float(table[1 + 200][table[0].index(f"{camp} sim")]) == pytest.approx(values.mean())


def test_files(five: FleeRun, tmp_path: Path) -> None:
    names = write(tmp_path, five, per_member=True)
    assert names[:3] == ["flee_out.csv", "flee_members.csv", "ard.json"]
    assert (tmp_path / "RUNS" / "mali2012_5" / "out.csv").read_text("utf-8") == out_csv(five, 4)
    said = json.loads((tmp_path / "ard.json").read_text("utf-8"))
    assert said == measures(five)
    assert said["ard"] == pytest.approx(np.mean([row["ard"] for row in said["per_member"]]))
