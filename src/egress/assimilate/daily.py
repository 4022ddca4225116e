"""The forecast of a day beside that of the day before: how that one fared, what changed since, and why.

Yesterday's is made anew, with what was known then and a quarter of the members (of a posterior, where
there is one). No forecast is kept between days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from egress.assimilate import tell
from egress.assimilate.forecasting import DAYS, MEMBERS, forecast, joined, origin_of
from egress.assimilate.posterior import Posterior
from egress.ensemble import Progress
from egress.forecasts import Forecast
from egress.observations import Observations
from egress.scenario import priors
from egress.scenario.load import load
from egress.scenario.schema import Scenario

COLD = "Cold: no count of this crisis was used, and no prior that it has shaped."
PART = 4  # yesterday's forecast has one member in so many
CHANGES = ("place", "date", "before", "now")


@dataclass(frozen=True, eq=False)
class Daily:
    """A forecast, and what the one of the day before says beside it."""

    now: Forecast
    before: Forecast | None = None
    yesterday: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(tell.STEP)))
    """A row per count published since: what yesterday's forecast said, and the PIT (tell.one_step)."""
    changes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CHANGES)))
    """A row per place and day: median arrivals forecast yesterday and now (tell.changes)."""
    reasons: tuple[str, ...] = ()
    """In words, what became known since."""


def with_yesterday(
    scenario: Scenario | str | Path,
    as_of: datetime | date | str,
    *,
    days: int = DAYS,
    members: int | None = None,
    observations: Observations | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Daily:
    """Return the forecast from an origin with that of the day before; `options` are those of `forecast`.

    Without the latter where the scenario has no day before it. Raises EgressError for an origin outside the period.

    >>> daily = with_yesterday("one-border", "2030-03-06", days=2, members=8, rounds=1)
    >>> list(daily.changes["date"].unique())
    ['2030-03-06', '2030-03-07']
    """
    chosen = scenario if isinstance(scenario, Scenario) else load(scenario)
    origin = origin_of(chosen, as_of)
    count = members or MEMBERS
    share = 1 / (1 + PART)
    given: dict[str, Any] = {"observations": observations, **options}
    now = forecast(scenario, origin, days=days, members=count, progress=_part(progress, 0, 1 - share), **given)
    if date.fromisoformat(now.about["first_day"]) - timedelta(days=2) < chosen.period.start:
        return Daily(now)
    few, then = max(count // PART, 2), origin - timedelta(days=1)
    left = _part(progress, 1 - share, share)
    before = forecast(scenario, then, days=days + 1, members=few, progress=left, **given)
    own = Observations.of(scenario) if not isinstance(scenario, Scenario) else Observations.none()
    return beside(now, before, chosen, joined([own, observations or Observations.none()]))


def beside(now: Forecast, before: Forecast, scenario: Scenario, observations: Observations) -> Daily:
    """Return a forecast with what an earlier one says beside it."""
    known = tell.one_step(before, observations, now.origin)
    changed = pd.concat([tell.changes(before, now, place) for place in now.places()], ignore_index=True)
    reasons = tell.reasons(scenario, before.origin, now.origin)
    return Daily(now, before, known, changed, tuple(dict.fromkeys(reasons)))


def cold(scenario: str | Path | Scenario, as_of: datetime | date | str, **options: Any) -> Daily:
    """Return the forecast from priors that nothing of the crisis has shaped, without any count of it.

    Raises EgressError where there are no priors without it.
    """
    found = forecast(priors.cold_scenario(scenario), as_of, **options)
    said = [COLD, *(line for line in found.about["warnings"] if line != tell.NO_COUNT)]
    return Daily(replace(found, about=found.about | {"mode": "cold", "warnings": said}))


def from_posterior(
    scenario: Scenario,
    as_of: datetime | date | str,
    posterior: Posterior,
    *,
    members: int | None = None,
    yesterday: bool = True,
    **options: Any,
) -> Daily:
    """Return the forecast of members that have learnt before, and learn on from what was published since.

    With that of the day before, unless they know more than was known then; `options` are those of `forecast`.
    """
    given: dict[str, Any] = {"posterior": posterior, "members": members or len(posterior), **options}
    if yesterday and posterior.since <= origin_of(scenario, as_of) - timedelta(days=1):
        found = with_yesterday(scenario, as_of, **given)
    else:
        found = Daily(forecast(scenario, as_of, **given))
    return replace(found, now=replace(found.now, about=found.now.about | {"mode": "posterior"}))


def _part(progress: Progress | None, done: float, share: float) -> Callable[[float], None] | None:
    return None if progress is None else lambda part: progress(done + share * part)
