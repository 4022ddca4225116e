"""The hub table goes there and back, and what is not one is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egress.errors import EgressError
from egress.formats.hubverse import COLUMNS, LEVELS, TASK, check, from_rows, to_rows

TASKS = pd.DataFrame(
    [("2022-09-26", "entries", 7, "GEO"), ("2022-09-26", "entries", 1, "FIN")], columns=list(TASK), index=[5, 9]
)
X = np.asarray([[1.0, 2.0, 6.0], [10.0, 30.0, 20.0]])


def test_the_layout_is_that_of_the_hubs() -> None:
    table = to_rows(X, TASKS)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * (23 + 3 + 1)
    assert set(table["output_type"]) == {"quantile", "sample", "mean"}
    first = table[table["output_type"] == "quantile"]["output_type_id"][:3].tolist()
    assert first == ["0.01", "0.025", "0.05"]
    assert table.query("output_type == 'mean'")["value"].tolist() == [3.0, 20.0]
    assert table.query("output_type_id == '0.5'")["value"].tolist() == [2.0, 20.0]


def test_there_and_back() -> None:
    tasks, samples = from_rows(to_rows(X, TASKS))
    pd.testing.assert_frame_equal(tasks, TASKS.reset_index(drop=True))
    np.testing.assert_array_equal(samples, X)
    _, quantiles = from_rows(to_rows(X, TASKS), "quantile")
    np.testing.assert_allclose(quantiles, np.quantile(X, LEVELS, axis=1).T)
    _, mean = from_rows(to_rows(X, TASKS, ["mean"]), "mean")
    assert mean.tolist() == [[3.0], [20.0]]


@given(st.integers(1, 12), st.integers(0, 99))
@settings(deadline=None)
def test_members_keep_their_order(members: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(0, 9, (2, members)).astype(float)
    np.testing.assert_array_equal(from_rows(to_rows(x, TASKS, ["sample"]).sample(frac=1, random_state=seed)
                                            .sort_values("location", ascending=False))[1], x)  # fmt: skip


def test_dates_are_days() -> None:
    stamps = TASKS.assign(origin_date=pd.Timestamp("2022-09-26"))
    assert set(to_rows(X, stamps)["origin_date"]) == {"2022-09-26"}


def test_samples_must_fit() -> None:
    with pytest.raises(ValueError, match="expected samples"):
        to_rows(X[:1], TASKS)
    with pytest.raises(ValueError, match="NaN"):
        to_rows(X * np.nan, TASKS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="location"), "expected the columns"),
        (lambda t: t.assign(output_type="median"), "'median' is unknown"),
        (lambda t: t.assign(value=np.nan), "finite"),
        (lambda t: t.assign(horizon=0.5), "whole days"),
        (lambda t: pd.concat([t, t[:1]]), "told twice: 2022-09-26, entries, 7, GEO, quantile, 0.01"),
        (lambda t: t[:1].assign(output_type_id="many"), "expected a level"),
        (lambda t: t[:1].assign(output_type_id="1.5"), "between 0 and 1"),
        (lambda t: t.assign(value=-t["value"]), "cross"),
    ],
)
def test_what_is_not_such_a_table_is_told(change, message: str) -> None:
    with pytest.raises(EgressError, match=message):
        check(change(to_rows(X, TASKS)))


def test_a_forecast_that_is_not_whole_is_told() -> None:
    with pytest.raises(EgressError, match="not a whole forecast"):
        from_rows(to_rows(X, TASKS, ["sample"])[:-1])
