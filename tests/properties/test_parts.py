"""However the members are divided, and in whatever order the parts come, they merge to the same bytes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import egress
from egress.report import tables
from egress.report.folder import record
from egress.trajectory import Trajectory

MEMBERS = 6
TABLES: dict[str, Callable[..., pd.DataFrame]] = {
    "arrivals.csv": tables.arrivals,
    "queues.csv": tables.queues,
    "outcomes.csv": tables.outcomes,
}


def part(members: range, chunk: int, folder: Path) -> Path:
    """Run a part and write what a merge reads of it."""
    run = egress.run("one-border", members=members, chunk=chunk)
    folder.mkdir()
    run.save(folder / "trajectory.nc")
    (folder / "run.json").write_text(json.dumps(record(run.data.attrs, True, {})), "utf-8")
    return folder


def written(run: Trajectory, folder: Path) -> dict[str, bytes]:
    """Write the tables of a run, exact; return their bytes."""
    folder.mkdir()
    for name, make in TABLES.items():
        tables.write_csv(make(run.data), folder / name, exact=True)
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return written(egress.run("one-border", members=MEMBERS), tmp_path_factory.mktemp("parts") / "whole")


@st.composite
def divisions(draw: st.DrawFn) -> list[range]:
    """Draw ranges that hold every member once, in any order."""
    cuts = sorted(draw(st.sets(st.integers(1, MEMBERS - 1))))
    ends = [0, *cuts, MEMBERS]
    return draw(st.permutations([range(a, b) for a, b in pairwise(ends)]))


@pytest.mark.slow
@settings(max_examples=6, deadline=None, derandomize=True)
@given(division=divisions(), chunk=st.integers(1, 5))
def test_any_division_merges_to_the_same_bytes(whole: dict[str, bytes], division: Sequence[range], chunk: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        parts = [part(members, chunk, Path(place, str(members.start))) for members in division]
        assert written(egress.merge(parts), Path(place, "merged")) == whole
