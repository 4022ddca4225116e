from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from egress.errors import OutputError
from egress.report import tables

SPREAD = ["mean", "p05", "p10", "p25", "p50", "p75", "p90", "p95"]


def test_arrivals_have_a_row_per_series_measure_and_day(trajectory: xr.Dataset) -> None:
    table = tables.arrivals(trajectory)
    assert list(table) == ["place", "country", "crossing", "date", "measure", *SPREAD]
    assert len(table) == 4 * 3 * 14
    row = table.query("crossing == 'svo:ist' and date == '2022-09-27' and measure == 'gross'").iloc[0]
    values = trajectory["arrivals"].sel(crossing="svo:ist", day="2022-09-27", measure="gross").values
    assert (row["place"], row["country"]) == ("ist", "TUR")
    assert row["mean"] == pytest.approx(values.mean())
    assert row["p90"] == pytest.approx(np.quantile(values, 0.9))


def test_countries_are_summed_member_by_member_before_the_quantiles(trajectory: xr.Dataset) -> None:
    table = tables.arrivals_by_country(trajectory)
    row = table.query("country == 'FIN' and date == '2022-09-24' and measure == 'staying'").iloc[0]
    picked = trajectory["arrivals"].sel(crossing=["vaalimaa", "train"], day="2022-09-24", measure="staying")
    assert row["p95"] == pytest.approx(np.quantile(picked.sum("crossing").values, 0.95))


def test_doors_gather_the_flights_of_an_airport(trajectory: xr.Dataset) -> None:
    assert set(tables.arrivals_by_door(trajectory)["door"]) == {"lars", "vaalimaa", "train", "svo"}


def test_queues_by_lane_and_step(trajectory: xr.Dataset) -> None:
    table = tables.queues(trajectory)
    needed = ["crossing", "time", "lane", "people", "vehicles", "wait_p50", "wait_p95"]
    assert {*needed, "served", "turned_back", "gave_up"} <= set(table)
    assert len(table) == 4 * 56
    assert table["time"].iloc[0] == "2022-09-20T06:00+03:00"
    assert table["time"].iloc[-1] == "2022-10-04T00:00+03:00"
    cars = table.query("crossing == 'lars' and lane == 'vehicle'")
    assert cars["vehicles"].to_numpy() == pytest.approx(cars["people"].to_numpy() / 2.6)
    assert table.query("lane != 'vehicle'")["vehicles"].isna().all()


def test_the_wait_of_a_shut_lane_is_unknown_and_not_zero(trajectory: xr.Dataset) -> None:
    foot = tables.queues(trajectory).query("lane == 'foot'")
    assert foot["wait_p50"].iloc[:28].isna().all()
    assert foot["wait_p50"].iloc[28:].notna().all()


def test_quantiles_leave_out_members_whose_lane_is_shut() -> None:
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    assert tables.quantiles(values, [0.5])[0] == pytest.approx([2.0, np.nan], nan_ok=True)


def test_outcomes_by_region_and_day(trajectory: xr.Dataset) -> None:
    table = tables.outcomes(trajectory)
    assert list(table)[:3] == ["region", "date", "called_up"]
    assert {"listed", "hiding", "detained", "stranded"} <= set(table)
    assert len(table) == 3 * 14
    values = trajectory["outcomes"].sel(region="se", day="2022-10-03", outcome="hiding").values
    row = table.query("region == 'se' and date == '2022-10-03'").iloc[0]
    assert row["hiding"] == pytest.approx(values.mean())


def test_weeks_sum_flows_and_take_the_last_day_of_stocks(trajectory: xr.Dataset) -> None:
    table = tables.weekly(trajectory).set_index(["by", "label", "week", "measure"])
    arrivals = trajectory["arrivals"].isel(day=slice(7, 14))
    gross = arrivals.sel(measure="gross").sum(["day", "crossing"]).values
    assert table.loc[("all", "all", 2, "gross"), "mean"] == pytest.approx(gross.mean())
    staying = arrivals.sel(measure="staying", crossing="lars").isel(day=-1).values
    assert table.loc[("door", "lars", 2, "staying"), "p10"] == pytest.approx(np.quantile(staying, 0.1))
    assert table.loc[("country", "GEO", 2, "net"), "end"] == "2022-10-03"


def test_the_last_week_may_be_short(trajectory: xr.Dataset) -> None:
    table = tables.weekly(trajectory.isel(day=slice(0, 10)), ["country"])
    assert table.groupby("week")["days"].first().tolist() == [7, 3]


def test_csv_rounds_people_and_keeps_hours(trajectory: xr.Dataset, tmp_path: Path) -> None:
    tables.write_csv(tables.queues(trajectory), tmp_path / "queues.csv")
    read = pd.read_csv(tmp_path / "queues.csv")
    people = read["people"].to_numpy()
    assert (people % np.where(people < 1000, 10, 100) == 0).all()
    assert (read["wait_p95"].dropna() % 1 > 0).any()
    tables.write_csv(tables.arrivals(trajectory), tmp_path / "arrivals.csv", exact=True)
    assert (pd.read_csv(tmp_path / "arrivals.csv")["p50"] % 10 != 0).any()


def test_what_work_in_a_thread_raises_is_raised() -> None:
    def fail() -> None:
        raise OutputError("full")

    with pytest.raises(OutputError, match="full"), tables.meanwhile(fail):
        pass
    done: list[str] = []
    with tables.meanwhile(lambda: done.append("aside")):
        pass
    assert done == ["aside"]
