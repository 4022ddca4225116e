"""The files of a forecast: what `Forecast.save` writes, tables for people and programs, and the report.

hub.csv (and the archive) hold exact numbers, for they are scored; the other tables are rounded unless `exact`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from egress.assimilate.daily import Daily
from egress.assimilate.tell import STEP
from egress.forecasts import FILES as SAVED
from egress.forecasts import Forecast
from egress.formats.hubverse import check, to_rows
from egress.report import forecast_facts as ahead
from egress.report import tables
from egress.report.rounding import rounded
from egress.scenario.schema import Scenario

TABLES = ("forecast.csv", "branches.csv", "exceedance.csv", "hub.csv", "yesterday.csv", "changes.csv")
FILES = (*SAVED.values(), "known.csv", *TABLES, "report.html")
SAMPLES = 100  # members that hub.csv keeps
TARGET = "entries per day"
PARTS = ("if_it_happens", "if_it_does_not", "mixture")
BRANCH = (
    "place", "policy", "probability", "date",
    *(f"{part}_{name}" for part in PARTS for name in ("p10", "p50", "p90", "mean")), "between",
)  # fmt: skip


def write(
    folder: Path,
    daily: Daily,
    scenario: Scenario,
    *,
    exact: bool,
    exceed: Sequence[float] = (),
    say: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Write every file of a forecast; return the hub table. `say` hears the name of each part before it is written.

    Raises OutputError.
    """
    from egress.report import forecast_page

    now = daily.now
    said = {"files": list(FILES), "exact": exact, "seed": int(now.trajectory.data.attrs["seed"])}
    say("trajectory.nc")
    with tables.meanwhile(lambda: replace(now, about=now.about | said).save(folder)):
        hub = _tables(folder, daily, exact, exceed, say)
        say("report.html")
        forecast_page.render(daily, scenario, folder / "report.html", exact=exact, exceed=exceed)
    return hub


def _tables(
    folder: Path, daily: Daily, exact: bool, exceed: Sequence[float], say: Callable[[str], None]
) -> pd.DataFrame:
    """Write the tables of a forecast; return the hub table."""
    now = daily.now
    hub = hub_table(now)
    made: dict[str, tuple[Callable[[], pd.DataFrame], bool]] = {
        "forecast.csv": (lambda: forecast_table(now), exact),
        "branches.csv": (lambda: branch_table(now), exact),
        "exceedance.csv": (lambda: ahead.exceedance(now, exceed), True),
        "hub.csv": (lambda: hub, True),
        "yesterday.csv": (lambda: yesterday_table(daily.yesterday, exact), True),
        "changes.csv": (lambda: daily.changes, exact),
    }
    for name, (make, whole) in made.items():
        say(name)
        tables.write_csv(make(), folder / name, exact=whole)
    return hub


def forecast_table(forecast: Forecast) -> pd.DataFrame:
    """Return a row per country or way in, day ahead and measure: mean and quantiles, persons."""
    data = ahead.future(forecast)
    ways = tables.arrivals(data)
    whole = tables.arrivals_by_country(data).assign(place="", crossing="")
    table = pd.concat([whole[list(ways.columns)], ways], ignore_index=True)
    first = pd.Timestamp(forecast.first_day)
    table.insert(4, "horizon", (pd.to_datetime(table["date"]) - first).dt.days + 1)
    return table


def branch_table(forecast: Forecast) -> pd.DataFrame:
    """Return a row per open policy, place and day: arrivals if it happens, if not, and in all; persons."""
    found = [
        forecast.branches(place, policy)
        for policy in forecast.open_policies()
        if ahead.enough(forecast, policy)
        for place in forecast.places()
    ]
    kept = [table for table in found if table is not None]
    return pd.concat(kept, ignore_index=True)[list(BRANCH)] if kept else pd.DataFrame(columns=list(BRANCH))


def hub_table(forecast: Forecast, target: str = TARGET, measure: str = "gross") -> pd.DataFrame:
    """Return the table of the forecast hubs: quantiles, mean and some samples for each place and day; exact.

    The origin is the first day of the forecast, so that horizon 1 ends a day after it.
    """
    origin = str(forecast.first_day)
    samples, tasks = [], []
    for place in forecast.places():
        persons = ahead.values(forecast, place, measure)
        samples += list(persons.T)
        tasks += [(origin, target, day + 1, place) for day in range(persons.shape[1])]
    frame = pd.DataFrame(tasks, columns=["origin_date", "target", "horizon", "location"])
    x = np.stack(samples)
    parts = [to_rows(x, frame, ("quantile", "mean")), to_rows(x[:, :SAMPLES], frame, ("sample",))]
    table = pd.concat(parts, ignore_index=True)
    check(table)
    return table


def yesterday_table(table: pd.DataFrame, exact: bool) -> pd.DataFrame:
    """Return the counts since yesterday with what was forecast; people rounded, hours to one decimal."""
    table = table[list(STEP)].copy()
    names = ["value", "p05", "p50", "p95"]
    hours = table["what"] == "wait_hours"
    numbers: Any = table[names].to_numpy(float)
    shown = numbers if exact else rounded(numbers)
    table[names] = np.where(hours.to_numpy()[:, None], np.round(numbers, 1), shown)
    return table.assign(pit=table["pit"].astype(float).round(3))
