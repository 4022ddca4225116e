"""Learning on: a posterior of yesterday takes in what was published since, once, and nothing later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from egress.assimilate.counts import evidence
from egress.assimilate.forecasting import calibrate, forecast, origin_of
from egress.assimilate.posterior import Posterior
from egress.forecasts import Forecast
from egress.observations import COLUMNS, Observations
from egress.scenario.load import load

MEMBERS = 60
COUNTED = {2: 400.0, 3: 500.0, 4: 900.0, 5: 1500.0, 6: 2000.0}
"""Entries of days of March, published the next morning."""


def counts(days: Sequence[int], factor: float = 1.0) -> Observations:
    rows = []
    for day in days:
        window = {"start": f"2030-03-{day:02d}T00:00+00:00", "end": f"2030-03-{day + 1:02d}T00:00+00:00"}
        told = {"value": factor * COUNTED[day], "published_at": f"2030-03-{day + 1:02d}T09:00+00:00"}
        what = {"series": "bridge", "place": "", "crossing": "bridge", "what": "entries", "kind": "daily"}
        rows.append({**what, **window, **told, "unit": "persons", "source": "office"})
    empty = dict.fromkeys(("low", "high", "first_shown"), np.nan) | {"evidence": "", "note": ""}
    return Observations(pd.DataFrame([empty | row for row in rows], columns=list(COLUMNS)))


@cache
def learnt() -> Posterior:
    """Return what was learnt from what was published before 5 March."""
    found, _ = calibrate("one-border", until="2030-03-05", observations=counts([2, 3]), members=MEMBERS, rounds=1)
    return found


def ahead(days: Sequence[int], factor: float = 1.0, as_of: str = "2030-03-07") -> Forecast:
    told = counts(days, factor)
    return forecast("one-border", as_of, days=2, members=MEMBERS, observations=told, posterior=learnt())


def same(one: Forecast, other: Forecast) -> bool:
    """Say whether members know the same and wait in the same queues (all pass what the door bears)."""
    if one.normals.keys() != other.normals.keys():
        return False
    known = all(np.array_equal(one.normals[name], other.normals[name]) for name in one.normals)
    return known and bool((one.trajectory.data["queue"] == other.trajectory.data["queue"]).all())


def test_only_counts_that_were_not_told_before_are_new() -> None:
    scenario = load("one-border")
    known = evidence(counts([2, 3, 4, 5]), origin_of(scenario, "2030-03-07"))
    before = evidence(counts([2, 3, 4, 5]), origin_of(scenario, "2030-03-05"))
    assert known.beyond(before).rows["start"].str[:10].tolist() == ["2030-03-04", "2030-03-05"]
    assert len(known.beyond(known)) == 0


def test_what_was_published_since_is_learnt() -> None:
    found = ahead([2, 3, 4, 5])
    assert len(found.counts) == 2
    assert not same(found, ahead([2, 3, 4, 5], 3.0))


def test_what_was_learnt_before_is_not_learnt_again() -> None:
    assert same(ahead([2, 3]), ahead([2, 3], 3.0))
    assert len(ahead([2, 3]).counts) == 0


def test_what_is_published_later_changes_not_one_bit() -> None:
    assert same(ahead([2, 3, 4, 5]), ahead([2, 3, 4, 5, 6]))


def test_tomorrow_begins_with_what_was_learnt_today() -> None:
    today = ahead([2, 3, 4, 5])
    kept = Posterior(learnt().scenario, learnt().hash, today.origin.isoformat(), 1, dict(today.normals))
    told = counts([2, 3, 4, 5, 6])
    tomorrow = forecast("one-border", "2030-03-08", days=2, members=MEMBERS, observations=told, posterior=kept)
    assert tomorrow.counts["end"].str[:10].tolist() == ["2030-03-07"]


def test_calibrating_until_long_after_the_period_is_calibrating_until_its_end() -> None:
    options: dict[str, Any] = {"observations": counts([2, 3]), "members": 4, "rounds": 1}
    late, _ = calibrate("one-border", until="2050-01-01", **options)
    end, _ = calibrate("one-border", until=load("one-border").period.end + timedelta(days=1), **options)
    assert late.normals.keys() == end.normals.keys()
    assert all((late.normals[name] == end.normals[name]).all() for name in end.normals)
