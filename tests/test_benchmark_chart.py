"""The picture of the speed of Flee instances."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from benchmarks.flee_speed import ANOTHER, Timed, drawn

from egress.report import charts

MADE_UP = [
    Timed("egress", "mali2012", 100, 900, 0.05),
    Timed("egress", "mali2012", 1, 90_000, 0.2),
    Timed("Flee", "mali2012", 100, 900, 2.5),
    Timed("Flee", "mali2012", 1, 90_000, 230.0),
    Timed("egress", "ukraine2022", 1, 23_600_000, 40.0),
    Timed(ANOTHER, "ukraine2022", 1, 23_600_000, 216_000.0),
]


def test_the_picture_stands_alone_and_names_both_programs() -> None:
    text = charts.picture(drawn(MADE_UP))
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = {node.text for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"egress, mali2012", "Flee, mali2012", "egress, ukraine2022", f"{ANOTHER}, ukraine2022"} <= words
    assert "agents at the end (people ÷ hasten)" in words
