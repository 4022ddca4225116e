"""Uncertain numbers: what they read, and where their quantiles lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.distribution import Distribution

U = np.array([0.0, 0.05, 0.5, 0.95, 1.0])
ENDS = np.array([0.05, 0.5, 0.95])


def read(raw: Any, dimension: str = "number", **bounds: float) -> Distribution:
    return Distribution.read(raw, dimension, **bounds)


@pytest.mark.parametrize(
    ("raw", "dimension", "at_ends"),
    [
        (5, "number", [5, 5, 5]),
        ({"uniform": [0, 10]}, "number", [0.5, 5, 9.5]),
        ({"range": [2, 8]}, "number", [2, 4, 8]),
        ({"range": [2, 8], "value": 3}, "number", [2, 3, 8]),
        ({"range": [0, 8], "value": 3}, "number", [0, 3, 8]),
        ({"range": ["10 %", "40 %"], "value": "20 %"}, "share", [0.1, 0.2, 0.4]),
        ({"range": [0.2, 1]}, "share", [0.2, np.sqrt(0.2), 1]),
        ({"range": ["1 d", "4 d"]}, "duration", [24, 48, 96]),
        ({"lognormal": {"median": "1 d", "spread": 1}}, "duration", [24, 24, 24]),
        ({"normal": {"mean": 10, "sd": 1}}, "number", [8.355, 10, 11.645]),
    ],
)
def test_quantiles_at_the_ends_of_the_range(raw: Any, dimension: str, at_ends: list[float]) -> None:
    assert read(raw, dimension).quantile(ENDS) == pytest.approx(at_ends, abs=5e-4)


def test_a_lognormal_spread_is_one_standard_deviation() -> None:
    one_sd = 0.8413447460685429
    found = read({"lognormal": {"median": 7, "spread": 1.6}}).quantile(np.array([one_sd]))
    assert found == pytest.approx([7 * 1.6])


def test_negative_ranges_stay_negative() -> None:
    found = read({"range": [-1, -0.2]}, least=float("-inf"))
    assert found.quantile(ENDS) == pytest.approx([-1, -0.6, -0.2])


def test_a_normal_is_cut_at_its_bounds() -> None:
    found = read({"normal": {"mean": 0.1, "sd": 0.5}}, "share", most=1.0)
    assert found.quantile(U)[[0, -1]].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("raw", "dimension", "message"),
    [
        (-1, "persons", "-1 is out of bounds: expected at least 0"),
        ("120 %", "share", "120 % is out of bounds: expected at most 1"),
        ({"range": [0.5, 1.5]}, "share", "1.5 is out of bounds: expected at most 1"),
        ({"uniform": [2, 1]}, "number", "low 2 is above high 1"),
        ({"uniform": [1]}, "number", r"expected \[low, high\]"),
        ({"range": [1, 3], "value": 4}, "number", "value 4 lies outside its range 1 to 3"),
        ({"lognormal": {"median": 1, "spread": 0.5}}, "number", "expected at least 1"),
        ({"lognormal": {"median": 0, "spread": 2}}, "number", "expected more than 0"),
        ({"lognormal": 3}, "number", "expected a number, {uniform"),
        ({"normal": {"mean": 1, "sd": -1}}, "number", "sd -1 is negative"),
        ({"normal": {"mean": 2, "sd": 1}}, "share", "2 is out of bounds"),
        ({"gamma": [1, 2]}, "number", "expected a number, {uniform"),
        ({}, "number", "expected a number, {uniform"),
        ({"range": ["-5/day", "4/day"]}, "flow", "-5/day is out of bounds: expected at least 0"),
        ({"uniform": ["-1 d", "8 d"]}, "duration", "-1 d is out of bounds: expected at least 0"),
        ({"range": ["8 %", "140 %"]}, "share", "140 % is out of bounds: expected at most 1"),
        ({"range": ["4 %", "0.5 %"]}, "share", "low 4 % is above high 0.5 %"),
        ({"range": ["1 d", "3 d"], "value": "9 d"}, "duration", "value 9 d lies outside its range 1 d to 3 d"),
        ({"normal": {"mean": "-2 d", "sd": "1 d"}}, "duration", "-2 d is out of bounds"),
        ({"normal": {"mean": "2 d", "sd": "-1 d"}}, "duration", "sd -1 d is negative"),
        ({"lognormal": {"median": "-2 d", "spread": 2}}, "duration", "median -2 d of a lognormal"),
        (
            {"lognormal": {"median": "60 %", "spread": 2}},
            "share",
            "95 % point of median 60 %, spread 2 is out",
        ),
        ({"lognormal": {"median": 1, "spread": 1e300}}, "number", "expected at most 1000"),
        ({"rnage": [1, 2]}, "number", "unknown key 'rnage': did you mean 'range'?"),
        ({"range": [1, 2], "valeu": 2}, "number", "unknown key 'valeu': did you mean 'value'?"),
        ({"lognormal": {"median": 1, "spred": 2}}, "number", "unknown key 'spred': did you mean 'spread'?"),
        ({"range": ["nan", 3]}, "number", "expected a number, found 'nan'"),
    ],
)
def test_what_is_no_distribution(raw: Any, dimension: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(raw, dimension, most=1.0 if dimension == "share" else float("inf"))


@given(
    st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3).map(sorted),
    st.sampled_from(["share", "number", "persons"]),
)
def test_quantiles_rise_and_stay_within_bounds(points: list[float], dimension: str) -> None:
    low, value, high = points
    found = read({"range": [low, high], "value": value}, dimension).quantile(np.linspace(0.001, 0.999, 99))
    assert np.all(np.diff(found) >= -1e-12)
    assert np.all(found >= 0)
    assert dimension != "share" or np.all(found <= 1)
