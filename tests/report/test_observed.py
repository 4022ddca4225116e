from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from egress.report.observed import counts, total
from egress.scenario.schema import Scenario

WEEK = pd.Timestamp("2022-09-20")


def test_a_country_takes_its_own_counts_only(
    observations: pd.DataFrame, scenario: Scenario, trajectory: xr.Dataset
) -> None:
    found = counts(observations, scenario, trajectory, "GEO", ["entries"])
    assert found["per_day"].tolist() == [5200, 6100]
    assert counts(observations, scenario, trajectory, "geo", ["exits"]).empty
    assert counts(observations, scenario, trajectory, "TUR", ["entries"]).empty


def test_places_that_make_up_a_country_stand_for_it(
    observations: pd.DataFrame, scenario: Scenario, trajectory: xr.Dataset
) -> None:
    renamed = observations.replace({"place": {"FIN": "fin"}})
    assert counts(renamed, scenario, trajectory, "FIN", ["entries"])["per_day"].tolist() == [3000]
    narrower = renamed.assign(crossing="vaalimaa")
    assert counts(narrower, scenario, trajectory, "FIN", ["entries"]).empty
    assert len(counts(narrower, scenario, trajectory, "vaalimaa", ["entries"])) == 3


def test_a_week_is_observed_when_counts_cover_it_exactly(
    observations: pd.DataFrame, scenario: Scenario, trajectory: xr.Dataset
) -> None:
    weekly = counts(observations, scenario, trajectory, "FIN", ["entries"])
    assert total(weekly, WEEK, 7) == 21000
    assert np.isnan(total(weekly, WEEK + pd.Timedelta(days=7), 7))
    days = counts(observations, scenario, trajectory, "GEO", ["entries"])
    assert total(days, pd.Timestamp("2022-09-24"), 2) == 11300
    assert np.isnan(total(days, pd.Timestamp("2022-09-24"), 3))


@pytest.mark.parametrize(("as_of", "late"), [("", [False, False]), ("2022-09-27", [False, True])])
def test_counts_published_after_the_forecast_are_told_apart(
    observations: pd.DataFrame, scenario: Scenario, trajectory: xr.Dataset, as_of: str, late: list[bool]
) -> None:
    run = trajectory.assign_attrs(as_of=as_of)
    assert counts(observations, scenario, run, "GEO", ["entries"])["late"].tolist() == late


def test_no_observations(scenario: Scenario, trajectory: xr.Dataset) -> None:
    found = counts(pd.DataFrame(), scenario, trajectory, "GEO", ["entries"])
    assert found.empty
    assert np.isnan(total(found, WEEK, 7))


def rows(*said: dict[str, object]) -> pd.DataFrame:
    base = {"series": "s", "place": "FIN", "crossing": "", "what": "entries", "low": np.nan, "high": np.nan,
            "kind": "period_total", "unit": "persons", "published_at": "", "source": "x"}  # fmt: skip
    return pd.DataFrame([base | row for row in said])


def test_a_window_that_is_not_of_whole_days_is_no_week(scenario: Scenario, trajectory: xr.Dataset) -> None:
    start = "2022-09-20T00:00+03:00"
    short = rows({"start": start, "end": "2022-09-26T20:00+03:00", "value": 100_417.0})
    assert np.isnan(total(counts(short, scenario, trajectory, "FIN", ["entries"]), WEEK, 7))
    clocks = rows({"start": start, "end": "2022-09-26T23:00+03:00", "value": 700.0})  # a change of clocks
    assert total(counts(clocks, scenario, trajectory, "FIN", ["entries"]), WEEK, 7) == pytest.approx(700 * 168 / 167)


def test_of_two_counts_of_a_week_the_mean_is_told(scenario: Scenario, trajectory: xr.Dataset) -> None:
    window = {"start": "2022-09-20T00:00+03:00", "end": "2022-09-27T00:00+03:00"}
    both = rows(window | {"value": 700.0}, window | {"value": 1400.0}, window | {"value": 900.0, "kind": "rate"})
    assert total(counts(both, scenario, trajectory, "FIN", ["entries"]), WEEK, 7) == pytest.approx(1050.0)


def test_cumulative_counts_tell_what_came_since_the_one_before(scenario: Scenario, trajectory: xr.Dataset) -> None:
    begin = {"start": "2022-09-20T00:00+03:00", "kind": "cumulative"}
    sums = rows(*(begin | {"end": f"2022-09-{day}T00:00+03:00", "value": value}
                  for day, value in ((23, 7e4), (22, 3e3), (21, 1e3), (24, 4e3), (25, 4e3))))  # fmt: skip
    found = counts(sums, scenario, trajectory, "FIN", ["entries"]).sort_values("to")
    assert found["per_day"].tolist() == [1000.0, 2000.0, 500.0]  # neither the typing error nor the stale figure
    assert found["from"].dt.day.tolist() == [20, 21, 22]


def test_windows_that_fill_a_week_tell_it(scenario: Scenario, trajectory: xr.Dataset) -> None:
    def window(first: int, last: int, value: float, kind: str = "period_total") -> dict[str, object]:
        day = "2022-09-{}T00:00+03:00".format
        return {"start": day(first), "end": day(last), "value": value, "kind": kind}

    parts = [window(20, 22, 81_600.0, "rate"), window(22, 23, 79_800.0), window(23, 27, 100_000.0)]
    filled = counts(rows(*parts), scenario, trajectory, "FIN", ["entries"])
    assert total(filled, WEEK, 7) == pytest.approx(2 * 81_600 + 79_800 + 100_000)
    assert np.isnan(total(counts(rows(*parts[:2]), scenario, trajectory, "FIN", ["entries"]), WEEK, 7))
    finer = [*parts, *(window(day, day + 1, 1000.0) for day in range(23, 27))]
    assert total(counts(rows(*finer), scenario, trajectory, "FIN", ["entries"]), WEEK, 7) == pytest.approx(247_000)
    clocks = [*parts[:2], {"start": "2022-09-23T00:00+03:00", "end": "2022-09-26T23:00+03:00", "value": 95_000.0}]
    told = total(counts(rows(*clocks), scenario, trajectory, "FIN", ["entries"]), WEEK, 7)
    assert told == pytest.approx(2 * 81_600 + 79_800 + 95_000)  # the count itself, though an hour was skipped
