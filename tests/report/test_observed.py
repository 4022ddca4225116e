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
