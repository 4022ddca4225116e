"""The ordinary traffic of a series, by weekday: what the excess rule starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from egress.observations import names
from egress.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

FLOWS = ("entries", "exits")
WHERE = ["what", "place", "crossing"]


def ordinary(scenario: Scenario, counts: pd.DataFrame) -> dict[str, list[float]]:
    """Return the persons of an ordinary Monday to Sunday of each series of entries or exits, as the scenario says."""
    flows = counts[counts["what"].isin(FLOWS)].drop_duplicates("series")
    weeks = {str(row["series"]): week(scenario, row) for row in flows.to_dict("records")}
    return {series: found for series, found in weeks.items() if any(found)}


def weeks(scenario: Scenario, counts: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what is counted, where, and the ordinary week (monday_to_sunday) of it, once for each place."""
    flows = counts.loc[counts["what"].isin(FLOWS), WHERE].drop_duplicates()
    rows = [{str(name): cell for name, cell in row.items()} for row in flows.to_dict("records")]
    return [row | {"monday_to_sunday": week(scenario, row)} for row in rows]


def week(scenario: Scenario, row: dict[Any, Any]) -> list[float]:
    """Return the persons of an ordinary Monday to Sunday at the doors that a row of entries or exits counts."""
    found = np.zeros(7)
    for door in scenario.crossings:
        if not _about(row, door.id, door.place, scenario):
            continue
        level = getattr(door, str(row["what"]))
        name = getattr(door, f"weekday_{row['what']}")
        profile = np.array(scenario.weekdays[name].monday_to_sunday) if name else np.ones(7)
        found += 24 * level.median * profile
    return [float(persons) for persons in found]


def _about(row: dict[Any, Any], door: str, place: str, scenario: Scenario) -> bool:
    """Say whether a land crossing is a part of what a row counts."""
    country = next((p.country for p in scenario.places if p.id == place), "")
    where, doors = names(row["place"]), names(row["crossing"])
    return (not where or bool({place, country, door} & set(where))) and (not doors or door in doors)
