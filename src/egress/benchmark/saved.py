"""The scores of one saved forecast, as the benchmark scores its own (`egress score FORECAST OBSERVATIONS`)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pandas as pd

from egress.assimilate.prints import samples
from egress.benchmark.tasks import as_shown, ordinary, targets
from egress.errors import EgressError
from egress.forecasts import Forecast
from egress.observations import Observations
from egress.score.table import scores


def of_forecast(forecast: Forecast, observations: Observations) -> pd.DataFrame:
    """Return the scores of a saved forecast against the counts after its origin, as the benchmark scores its own.

    The baselines see the counts that the forecast saw, and those given that were published before its origin.
    Raises EgressError for a forecast that keeps quantiles only.
    """
    data, at = forecast.trajectory.data, forecast.origin
    rows = targets(observations.data, at)
    said, whole = samples(forecast.trajectory, rows, forecast.known, int(data.attrs["seed"]))
    told = pd.concat([forecast.known.data, observations.data], ignore_index=True)
    told = told.drop_duplicates(["series", "start", "end", "kind", "published_at"])
    mode = str(forecast.about.get("mode", "updated"))
    week = dict(forecast.about.get("ordinary", {}))  # of the series that were known, also a user's own
    with suppress(EgressError):  # a scenario of the user's own, whose folder is not known here
        week |= ordinary(str(data.attrs["scenario"]))
    about: dict[str, Any] = {"task": str(data.attrs["scenario"]), "mode": mode, "seed": int(data.attrs["seed"])}
    return scores(said, rows[whole], as_shown(told), at, ordinary=week, **about)
