"""The picture of the speed of Flee instances."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from benchmarks.flee_speed import ANOTHER, EACH, Timed, drawn, full_scale

from egress.report import charts

MADE_UP = [
    Timed("egress", "mali2012", 100, 900, 0.05),
    Timed("egress", "mali2012", 1, 90_000, 0.2),
    Timed("Flee", "mali2012", 100, 900, 2.5),
    Timed("Flee", "mali2012", 1, 90_000, 230.0),
    Timed("egress", "ukraine2022", 1, 23_600_000, 40.0),
    Timed(ANOTHER, "ukraine2022", 1, 23_600_000, 216_000.0),
    Timed(EACH, "mali2012", 100, 900, 0.1),
]


def test_the_picture_stands_alone_and_names_both_programs() -> None:
    text = charts.picture(drawn(MADE_UP))
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = {node.text for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"egress, mali2012", "Flee, mali2012", "egress, ukraine2022", f"{ANOTHER}, ukraine2022"} <= words
    assert f"{EACH}, mali2012" in words
    assert "agents at the end (people ÷ hasten)" in words


def test_the_end_of_the_name_says_which_picture(tmp_path: Path) -> None:
    for name, start in (("a.svg", b"<svg"), ("a.PNG", b"\x89PNG")):
        charts.save(drawn(MADE_UP), tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


def test_full_scale_stands_beside_flee_with_bundled_people(capsys: pytest.CaptureFixture[str]) -> None:
    full_scale(MADE_UP)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| mali2012")]
    assert rows == ["| mali2012 | 0.200 | 100 | 2.5 | 12 |", "| mali2012 | 0.200 | 1 | 230.0 | 1,150 |"]
