"""What is ordinary on each weekday, as a scenario says."""

from __future__ import annotations

import pandas as pd
import pytest

from egress.baselines import ordinary
from egress.scenario.load import load


def test_ordinary_weeks_are_those_of_the_doors_counted() -> None:
    scenario = load("russia-2022")
    doors = {door.id: door for door in scenario.crossings}
    rows = [
        ("se", "FIN", "vaalimaa|nuijamaa", "entries"),
        ("in", "FIN", "", "entries"),
        ("jam", "GEO", "lars", "wait_hours"),
    ]
    found = ordinary(scenario, pd.DataFrame(rows, columns=["series", "place", "crossing", "what"]))
    assert set(found) == {"se", "in"}
    parts = []
    for name in ("vaalimaa", "nuijamaa"):
        profile = scenario.weekdays[str(doors[name].weekday_entries)].monday_to_sunday
        parts.append([24 * doors[name].entries.median * share for share in profile])
    assert found["se"] == pytest.approx([sum(day) for day in zip(*parts, strict=True)])
    assert len(set(found["se"])) > 1  # weekdays differ
    assert all(more > less for more, less in zip(found["in"], found["se"], strict=True))
