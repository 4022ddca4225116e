"""The scores of one saved forecast, as the benchmark scores its own (`egress score FORECAST OBSERVATIONS`)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pandas as pd

from egress.assimilate.prints import samples
from egress.baselines.ordinary import WHERE
from egress.benchmark.tasks import as_shown, ordinary, targets
from egress.errors import EgressError
from egress.forecasts import Forecast
from egress.observations import Observations, names, thing
from egress.score.table import scores


def of_forecast(forecast: Forecast, observations: Observations) -> pd.DataFrame:
    """Return the scores of a saved forecast against the counts after its origin, as the benchmark scores its own.

    The baselines see the counts that the forecast saw, and those given that were published before its origin.
    Raises EgressError for a forecast that keeps quantiles only.
    """
    data, at = forecast.trajectory.data, forecast.origin
    rows = targets(with_middles(observations.data), at)
    said, whole = samples(forecast.trajectory, rows, forecast.known, int(data.attrs["seed"]))
    told = pd.concat([forecast.known.data, observations.data], ignore_index=True)
    told = told.drop_duplicates(["series", "start", "end", "kind", "published_at", *WHERE])
    mode = str(forecast.about.get("mode", "updated"))
    about: dict[str, Any] = {"task": str(data.attrs["scenario"]), "mode": mode, "seed": int(data.attrs["seed"])}
    rows, told = apart(rows[whole], told), apart(told, told)
    return scores(said, rows, as_shown(told), at, ordinary=_ordinary(forecast, told), **about)


def with_middles(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts in which the middle of low and high stands for a value that is not given."""
    return counts.assign(value=counts["value"].fillna((counts["low"] + counts["high"]) / 2))


def apart(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which series that tell of several things or places have a name for each of these."""
    things: dict[str, set[Any]] = {}
    for row in told.to_dict("records"):
        things.setdefault(row["series"], set()).add(thing(row))
    named = [
        row["series"] if len(things.get(row["series"], ())) < 2 else f"{row['series']}: {_where(row)}"
        for row in rows.to_dict("records")
    ]
    return rows.assign(series=named)


def _where(row: Mapping[Any, Any]) -> str:
    """Return what a row counts, and where, as a text."""
    return " ".join([str(row["what"]), *sorted(names(row["place"])), *sorted(names(row["crossing"]))])


def _ordinary(forecast: Forecast, told: pd.DataFrame) -> dict[str, list[float]]:
    """Return the ordinary week of each series: as the forecast keeps it, and of the series that a shipped one has."""
    kept = {thing(row): row["monday_to_sunday"] for row in forecast.about.get("ordinary", [])}
    found = {row["series"]: kept[thing(row)] for row in told.to_dict("records") if any(kept.get(thing(row), ()))}
    with suppress(EgressError):  # a scenario of the user's own, whose folder is not known here
        found |= ordinary(str(forecast.trajectory.data.attrs["scenario"]))
    return found
