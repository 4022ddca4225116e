"""What each source would print, on numbers worked by hand.

Two days from midnight at +03:00 in steps of 6 h. Two members; the second has everything doubled but the wait.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

import egress
from egress import observe
from egress.errors import EgressError
from egress.observations import COLUMNS, Observations
from egress.observe import ADDED, SANITY, compare, observed, print_like, sanity
from egress.trajectory import Trajectory, quantiles

STEPS = 8
BRIDGE = np.array([60, 120, 180, 240, 300, 360, 420, 480])  # entries per step
RAIL = np.full(STEPS, 10)
AIR = np.full(STEPS, 7)
CARS = np.array([0, 100, 200, 400, 800, 400, 200, 0])  # people in cars waiting at the end of a step
WALKERS = np.array([0, 0, 0, 0, 100, 100, 0, 0])
DETAINED = np.array([[24, 0], [48, 12]])  # by day and region
CALLED_UP = np.array([[10, 0], [30, 20]])  # stock at the end of the day


def twice(values: Any) -> np.ndarray[Any, Any]:
    return np.stack([np.asarray(values), 2 * np.asarray(values)]).astype(np.int32)


@pytest.fixture
def run() -> Trajectory:
    wait = np.stack([CARS / 100, np.where(np.arange(STEPS) < 4, np.nan, WALKERS / 50)], axis=1)
    entries = twice(np.stack([BRIDGE, RAIL, AIR], axis=1))
    outcomes = np.zeros((2, 2, 2, 5), dtype=np.int32)
    outcomes[..., 0] = twice(CALLED_UP)
    by_step, by_lane = ("member", "step", "crossing"), ("member", "step", "lane")
    data = xr.Dataset(
        {
            "entries": (by_step, entries),
            "exits": (by_step, twice(np.full((STEPS, 3), 5))),
            "queue": (by_lane, twice(np.stack([CARS, WALKERS], axis=1))),
            "wait": (by_lane, np.stack([wait, wait]).astype(np.float32)),
            "protest_detained": (("member", "day", "region"), twice(DETAINED)),
            "outcomes": (("member", "day", "region", "outcome"), outcomes),
            "parameters": (("member", "parameter"), np.zeros((2, 0))),
            "policy_start": (("member", "policy"), np.zeros((2, 0))),
        },
        coords={
            "day": pd.date_range("2030-03-01", periods=2).values,
            "step": pd.date_range("2030-02-28T21:00", periods=STEPS, freq="6h").values,
            "crossing": ["bridge", "rail", "aaa:far"],
            "place": ("crossing", ["north", "north", "far"]),
            "country": ("crossing", ["XBB", "XBB", "XCC"]),
            "door": ("crossing", ["bridge", "rail", "terminal"]),
            "lane": ["bridge/vehicle", "bridge/foot"],
            "lane_crossing": ("lane", ["bridge", "bridge"]),
            "lane_kind": ("lane", ["vehicle", "foot"]),
            "persons_per_vehicle": ("lane", [2.5, 1.0]),
            "region": ["capital", "valley"],
            "outcome": ["called_up", "listed", "hiding", "detained", "stranded"],
        },
        attrs={"step_hours": 6.0, "utc_offset": "+03:00", "seed": 7},
    )
    return Trajectory(data)


def row(what: str, start: str, end: str = "", **more: Any) -> dict[str, Any]:
    """Return a row; times such as `1T10` are day and hour at +03:00; a snapshot has no end."""
    first, last = (f"2030-03-0{text}:00+03:00" for text in (start, end or start))
    given = {"series": "a", "place": "bridge", "crossing": "", "unit": "", "published_at": "", "source": "s"}
    kind = "daily" if end else "snapshot"
    numbers = {"value": 100.0, "low": np.nan, "high": np.nan, "evidence": "", "note": ""}
    return given | numbers | {"what": what, "start": first, "end": last, "kind": kind} | more


def table(*rows: dict[str, Any]) -> Observations:
    return Observations(pd.DataFrame(rows, columns=list(COLUMNS)))


# Windows


def test_a_day_is_the_sum_of_its_steps(run: Trajectory) -> None:
    assert observed(run, row("entries", "1T00", "2T00")).tolist() == [600, 1200]


def test_ten_to_ten_splits_the_steps_at_its_edges(run: Trajectory) -> None:
    # 2 of the 6 h from 06:00, two whole steps, one from midnight, 4 of the 6 h from 06:00
    expected = 120 / 3 + 180 + 240 + 300 + 360 * 2 / 3
    assert observed(run, row("entries", "1T10", "2T10")) == pytest.approx([expected, 2 * expected])


def test_a_window_within_one_step(run: Trajectory) -> None:
    assert observed(run, row("entries", "1T07", "1T08")) == pytest.approx([20, 40])


def test_offsets_of_the_source_count(run: Trajectory) -> None:
    there = row("entries", "1T00", "2T00") | {
        "start": "2030-03-01T03:00+06:00",
        "end": "2030-02-28T23:00-04:00",
    }
    assert observed(run, there) == pytest.approx([60 / 6 * 6, 120])
    stamps = there | {"start": pd.Timestamp(there["start"]), "end": pd.Timestamp(there["end"])}
    assert observed(run, pd.Series(stamps)) == pytest.approx([60, 120])


@pytest.mark.parametrize("kind", ["cumulative", "period_total", "monthly", "daily"])
def test_totals_are_of_the_whole_window(run: Trajectory, kind: str) -> None:
    whole = row("entries", "1T00", "3T00", kind=kind)
    assert observed(run, whole).tolist() == [2160, 4320]


def test_a_rate_is_a_mean_per_day(run: Trajectory) -> None:
    assert observed(run, row("entries", "1T00", "3T00", kind="rate")).tolist() == [1080, 2160]
    assert observed(run, row("entries", "1T00", "1T12", kind="rate")).tolist() == [360, 720]
    assert observed(run, row("entries", "1T00", "3T00", unit="persons/day")).tolist() == [1080, 2160]


@pytest.mark.parametrize(("start", "end"), [("0T23", "1T23"), ("2T00", "3T01"), ("1T00", "9T00")])
def test_windows_that_leave_the_period_are_unknown(run: Trajectory, start: str, end: str) -> None:
    outside = row("entries", "1T00", "2T00") | {
        "start": f"2030-0{'2-28' if start[0] == '0' else '3-0' + start[0]}{start[1:]}:00+03:00",
        "end": f"2030-03-0{end}:00+03:00",
    }
    assert np.isnan(observed(run, outside)).all()


def test_exits_and_net(run: Trajectory) -> None:
    assert observed(run, row("exits", "1T00", "2T00")).tolist() == [20, 40]
    assert observed(run, row("net", "1T00", "2T00")).tolist() == [580, 1160]


# Places


@pytest.mark.parametrize(
    ("place", "crossing", "expected"),
    [
        ("XBB", "", 640),
        ("north", "", 640),
        ("XBB|XCC", "", 668),
        ("XBB, far", "", 668),
        ("XBB|north", "", 640),
        ("XBB", "rail", 40),
        ("", "bridge|rail", 640),
        ("terminal", "", 28),
        ("", "aaa:far", 28),
    ],
)
def test_places_and_crossings(run: Trajectory, place: str, crossing: str, expected: float) -> None:
    window = row("entries", "1T00", "2T00", place=place, crossing=crossing)
    assert observed(run, window).tolist() == [expected, 2 * expected]


@pytest.mark.parametrize(
    ("place", "crossing", "why"),
    [
        ("norht", "", "unknown place 'norht': did you mean 'north'?"),
        ("XBB|nowhere", "", "unknown place 'nowhere'"),
        ("XBB", "brigde", "unknown crossing 'brigde': did you mean 'bridge'?"),
        ("XCC", "rail", "rail does not lead to XCC"),
        ("", "", "neither a place nor a crossing is named"),
    ],
)
def test_unknown_places_are_told(run: Trajectory, place: str, crossing: str, why: str) -> None:
    window = row("entries", "1T00", "2T00", place=place, crossing=crossing)
    assert np.isnan(observed(run, window)).all()
    compared = compare(run, table(window))
    assert compared["why"][0].startswith(why)
    assert np.isnan(compared["p50"][0])


# Moments


def test_people_staying_are_read_off_between_ends_of_days(run: Trajectory) -> None:
    stock = twice(np.array([[100, 10, 1], [200, 30, 5]]))[..., None]  # by day and crossing, one measure
    data = run.data.assign(arrivals=(("member", "day", "crossing", "measure"), stock))
    data = Trajectory(data.assign_coords(measure=["staying"]))
    assert observed(data, row("staying", "1T12")).tolist() == [50, 100]  # nobody at the start
    assert observed(data, row("staying", "2T00")).tolist() == [100, 200]
    assert observed(data, row("staying", "2T12", place="north")).tolist() == [170, 340]
    assert observed(data, row("staying", "3T00", place="XBB|XCC")).tolist() == [235, 470]


def test_a_queue_lies_between_the_ends_of_steps(run: Trajectory) -> None:
    assert observed(run, row("queue_persons", "1T12", place="XBB")).tolist() == [100, 200]
    assert observed(run, row("queue_persons", "1T15")) == pytest.approx([150, 300])
    assert observed(run, row("queue_persons", "2T02")) == pytest.approx([400 + 500 / 3, 2 * (400 + 500 / 3)])
    assert observed(run, row("queue_persons", "3T00")).tolist() == [0, 0]


def test_a_run_begins_with_empty_queues(run: Trajectory) -> None:
    run.data["queue"][:, 0] = 60
    assert observed(run, row("queue_persons", "1T00")).tolist() == [0, 0]
    assert observed(run, row("queue_persons", "1T02")) == pytest.approx([40, 40])


def test_vehicles_are_of_vehicle_lanes_alone(run: Trajectory) -> None:
    assert observed(run, row("queue_vehicles", "2T06")).tolist() == [800 / 2.5, 1600 / 2.5]


def test_the_wait_is_that_of_those_who_queue(run: Trajectory) -> None:
    # 800 people wait 8 h, 100 wait 2 h
    assert observed(run, row("wait_hours", "2T06")) == pytest.approx([6600 / 900] * 2)
    assert observed(run, row("wait_hours", "1T15")) == pytest.approx([1.5] * 2)  # the foot lane is shut


def test_the_wait_at_shut_lanes_is_unknown(run: Trajectory) -> None:
    run.data["wait"][1, 2] = np.nan
    found = observed(run, row("wait_hours", "1T18"))
    assert found[0] == 2
    assert np.isnan(found[1])
    assert not np.isnan(observed(run, row("wait_hours", "2T00"))).any()
    compared = compare(run, table(row("wait_hours", "1T18")), noisy=False)
    assert compared["why"][0] == "the lanes are shut at that moment in 1 of 2 members"
    assert compared["p50"][0] == 2


def test_no_lanes_no_queue(run: Trajectory) -> None:
    compared = compare(run, table(row("queue_vehicles", "1T12", place="rail")))
    assert compared["why"][0] == "there are no lanes for vehicles at rail"


def test_kinds_that_do_not_suit_are_told(run: Trajectory) -> None:
    rows = table(row("queue_persons", "1T00", "2T00"), row("entries", "1T12"), row("births", "1T00", "2T00"))
    assert compare(run, rows)["why"].tolist() == [
        "queue_persons is known at a moment: expected a snapshot",
        "entries are counted over a window, not at a moment",
        compare(run, rows)["why"][2],
    ]
    assert compare(run, rows)["why"][2].startswith("nothing is known of 'births'")


# People by region


def test_detentions_by_region_and_at_home(run: Trajectory) -> None:
    assert observed(run, row("detained", "2T00", "3T00", place="valley")).tolist() == [12, 24]
    assert observed(run, row("detained", "2T00", "3T00", place="capital|valley")).tolist() == [60, 120]
    assert observed(run, row("detained", "1T12", "2T12", place="XAA")).tolist() == [42, 84]
    assert np.isnan(observed(run, row("detained", "1T00", "2T00", place="XBB"))).all()
    run.data.attrs["home"] = "XAA"
    assert observed(run, row("detained", "1T00", "2T00", place="XAA")).tolist() == [24, 48]
    assert np.isnan(observed(run, row("detained", "1T00", "2T00", place="XZZ"))).all()


def test_a_count_of_what_the_scenario_leaves_out_is_not_compared(run: Trajectory) -> None:
    run.data.attrs["without"] = "call_up, voice"
    assert np.isnan(observed(run, row("detained", "1T00", "2T00", place="XAA"))).all()
    assert np.isnan(observed(run, row("called_up", "1T00", "3T00", place="XAA", kind="cumulative"))).all()
    assert not np.isnan(observed(run, row("entries", "2T00", "3T00", place="bridge"))).any()


def test_called_up_is_a_stock(run: Trajectory) -> None:
    total = row("called_up", "1T00", "3T00", place="XAA", kind="cumulative")
    assert observed(run, total).tolist() == [50, 100]
    assert observed(run, row("called_up", "2T12", place="XAA")).tolist() == [30, 60]
    assert observed(run, row("called_up", "2T00", "3T00", place="valley")).tolist() == [20, 40]


# What is printed


def test_printed_numbers_depend_on_seed_member_series_and_start_alone() -> None:
    mean, window = np.full(300, 5000.0), row("entries", "1T00", "2T00", value=5123.0)
    printed = print_like(mean, window, 1)
    assert printed.tolist() == print_like(mean, window, 1).tolist()
    assert printed[:10].tolist() == print_like(mean[:10], window, 1).tolist()
    assert printed[100:].tolist() == print_like(mean[100:], window, 1, np.arange(100, 300)).tolist()
    assert printed.tolist() != print_like(mean, window, 2).tolist()
    assert printed.tolist() != print_like(mean, window | {"series": "b"}, 1).tolist()
    same = window | {"start": "2030-02-28T21:00+00:00"}
    assert printed.tolist() == print_like(mean, same, 1).tolist()


@pytest.mark.parametrize(
    ("change", "sd"),
    [
        ({"value": 10123.0}, 0.08),
        ({"value": 12000.0}, 0.15),
        ({"what": "queue_vehicles", "value": 3500.0}, 0.25),
        ({"what": "queue_persons", "value": 3501.0}, 0.25),
        ({"what": "wait_hours", "value": 40.0}, 0.25),
        ({"what": "net", "value": 10123.0}, 0.08),
    ],
)
def test_scatter_is_that_of_the_kind_of_source(change: dict[str, Any], sd: float) -> None:
    mean = np.full(4000, 10000.0)
    printed = print_like(mean, row("entries", "1T00", "2T00") | change, 3)
    assert printed.mean() == pytest.approx(10000, rel=0.02)
    assert printed.std() / 10000 == pytest.approx(np.hypot(sd, 0.01), rel=0.05)


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (11143.0, 1),
        (9300.0, 100),
        (98000.0, 1000),
        (200000.0, 10000),
        (40.0, 1),
        (7.0, 1),
        (2.5, 0.1),
        (0.0, 1),
    ],
)
def test_printed_numbers_are_as_round_as_the_row(value: float, unit: float) -> None:
    window = row("wait_hours", "1T00", value=value)
    printed = print_like(np.geomspace(10 * unit, 1e4 * unit, 50), window, 4)
    assert (printed / unit) == pytest.approx(np.round(printed / unit), abs=1e-6)
    finer = printed / (10 * unit)
    assert (finer != np.round(finer)).any()


def test_a_range_tells_the_precision_too() -> None:
    window = row("entries", "1T00", "2T00", value=np.nan, low=8000.0, high=9500.0)
    printed = print_like(np.full(50, 8765.0), window, 4)
    assert (printed % 100 == 0).all()
    assert (printed % 1000 != 0).any()


def test_nothing_printed_of_nothing() -> None:
    printed = print_like(np.array([0.0, np.nan, 50.0]), row("entries", "1T00", "2T00"), 5)
    assert printed[0] == 0
    assert np.isnan(printed[1])
    assert printed[2] > 0


# Comparison


def test_compare_puts_the_run_beside_every_count(run: Trajectory) -> None:
    rows = table(
        row("entries", "1T00", "2T00", value=900.0),
        row("entries", "1T00", "2T00", value=5000.0),
        row("entries", "1T00", "2T00", value=np.nan, low=1100.0, high=9000.0),
        row("entries", "1T00", "2T00", value=np.nan, low=2000.0, high=9000.0),
        row("entries", "2T00", "4T00"),
    )
    found = compare(run, rows, noisy=False)
    assert tuple(found.columns) == (*COLUMNS, *ADDED)
    assert found["mean"][0] == found["p50"][0] == 900
    assert (found["p05"][0], found["p95"][0]) == pytest.approx((630, 1170))
    assert found["inside90"].tolist()[:4] == [True, False, True, False]
    assert found["inside90"].isna().tolist() == [False] * 4 + [True]
    assert found["ratio"].tolist()[:3] == pytest.approx([1, 0.18, 900 / 5050])
    assert found["width"][0] == pytest.approx(1170 / 630)
    assert np.isnan(found["p50"][4])
    assert found["why"].tolist() == ["", "", "", "", "the window is not whole within the period of the run"]


def test_compare_is_the_same_again(run: Trajectory) -> None:
    rows = table(row("entries", "1T00", "2T00", value=611.0))
    pd.testing.assert_frame_equal(compare(run, rows), compare(run, rows, seed=7))
    assert compare(run, rows)["p50"][0] != compare(run, rows, seed=8)["p50"][0]


def test_compare_of_nothing(run: Trajectory) -> None:
    assert tuple(compare(run, table()).columns) == (*COLUMNS, *ADDED)


def test_compare_needs_members(run: Trajectory) -> None:
    with pytest.raises(EgressError, match="quantiles only"):
        compare(Trajectory(quantiles(run.data.drop_vars("wait"))), table(row("entries", "1T00", "2T00")))


def test_compare_with_a_run() -> None:
    given = egress.run("one-border", members=3)
    window = row("entries", "2T00", "3T00", place=str(given.data["country"].values[0]), value=500.0)
    days = {"start": "2030-03-02T00:00+00:00", "end": "2030-03-03T00:00+00:00"}
    expected = given.data["arrivals"].sel(measure="gross").isel(day=1).sum("crossing").values
    assert observed(given, window | days).tolist() == expected.tolist()
    assert compare(given, table(window | days))["p50"][0] > 0


# Is the run plausible?


def compared(series: str, inside: Any, ratio: float, width: float) -> dict[str, Any]:
    return {"series": series, "inside90": inside, "ratio": ratio, "width": width}


def test_sanity_by_series_and_over_all() -> None:
    rows = [compared(SANITY[0], n < 4, 0.9, 3.0) for n in range(5)]
    rows += [compared(SANITY[1], True, 0.4, 3.0), compared(SANITY[1], True, 0.5, 7.0)]
    rows += [compared(SANITY[2], pd.NA, np.nan, np.nan), compared("other", False, 9.0, 99.0)]
    comparison = pd.DataFrame(rows).astype({"inside90": "boolean"})
    found = sanity(comparison).set_index("series")
    assert found.index.tolist() == [*SANITY, "all"]
    assert found["windows"].tolist() == [5, 2, 0, 0, 7]
    assert found["unseen"].tolist() == [0, 0, 1, 0, 1]
    assert found["inside"].tolist()[:2] == [0.8, 1.0]
    assert found["widest"].tolist()[:2] == [3, 7]
    assert found["ratio"].tolist()[:2] == pytest.approx([0.9, 0.45])
    assert found["farthest"]["all"] == 0.4
    assert found["good"].tolist()[:2] == [0.8, 0.0]
    assert found["good"]["all"] == pytest.approx(4 / 7)
    assert found["passed"].tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("r", [0.08, 0.25])
@pytest.mark.parametrize("mean", [0.01, 3.0, 4e3, 1e6])
def test_quantiles_of_counts_are_those_of_the_negative_binomial(r: float, mean: float) -> None:
    chance = np.linspace(0.0005, 0.9995, 999)
    shape = 1 / r**2
    found = observe._counted(chance, shape, np.full(len(chance), mean))
    assert found.tolist() == stats.nbinom.ppf(chance, shape, shape / (shape + mean)).tolist()
