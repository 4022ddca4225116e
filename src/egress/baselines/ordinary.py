"""The ordinary traffic of a series, by weekday: what the excess rule starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from egress.observations import names
from egress.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


def ordinary(scenario: Scenario, counts: pd.DataFrame) -> dict[str, list[float]]:
    """Return the persons of an ordinary Monday to Sunday of each series of entries or exits, as the scenario says."""
    flows = counts[counts["what"].isin(("entries", "exits"))]
    found = {}
    for row in flows.drop_duplicates("series").to_dict("records"):
        week = np.zeros(7)
        for door in scenario.crossings:
            if not _about(row, door.id, door.place, scenario):
                continue
            level = getattr(door, str(row["what"]))
            name = getattr(door, f"weekday_{row['what']}")
            profile = np.array(scenario.weekdays[name].monday_to_sunday) if name else np.ones(7)
            week += 24 * level.median * profile
        if week.any():
            found[str(row["series"])] = week.tolist()
    return found


def _about(row: dict[Any, Any], door: str, place: str, scenario: Scenario) -> bool:
    """Say whether a land crossing is a part of what a row counts."""
    country = next((p.country for p in scenario.places if p.id == place), "")
    where, doors = names(row["place"]), names(row["crossing"])
    return (not where or bool({place, country, door} & set(where))) and (not doors or door in doors)
