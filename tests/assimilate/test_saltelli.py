"""Functions with known indices, worked out by hand or in the literature."""

from __future__ import annotations

import numpy as np
import pytest

from egress.assimilate.saltelli import REST, Explored, Floats, Rows, explore, runs
from egress.errors import EgressError

# Ishigami and Homma 1990 with a = 7, b = 0.1 on (−π, π)³, after Saltelli et al. 2000, "Sensitivity Analysis".
A, B = 7.0, 0.1
V1, V2, V13 = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, 8 * B**2 * np.pi**8 / 225
V = V1 + V2 + V13


def ishigami(rows: Rows) -> Floats:
    x = (2 * rows.points - 1) * np.pi
    return np.asarray(np.sin(x[:, :1]) + A * np.sin(x[:, 1:2]) ** 2 + B * x[:, 2:3] ** 4 * np.sin(x[:, :1]))


def linear(weights: list[float], offset: int = 0) -> object:
    def evaluate(rows: Rows) -> Floats:
        assert rows.points.shape[1] == len(weights) + offset
        return (rows.points[:, offset:] * np.array(weights)).sum(axis=1)[:, None]

    return evaluate


def totals(found: Explored) -> dict[str, float]:
    return {index.factor: index.total for index in found.indices[0]}


def test_ishigami_has_the_indices_of_the_literature() -> None:
    found = explore(["x1", "x2", "x3"], ishigami, samples=2048, kept=12, seed=1)
    total = {"x1": (V1 + V13) / V, "x2": V2 / V, "x3": V13 / V}
    first = {"x1": V1 / V, "x2": V2 / V, "x3": 0.0}
    for index in found.indices[0]:
        assert index.total == pytest.approx(total[index.factor], abs=0.03)
        assert index.first == pytest.approx(first[index.factor], abs=0.04)
        assert index.total_range[0] < index.total < index.total_range[1]


def test_intervals_of_a_small_design_hold_the_true_index_about_nine_times_in_ten() -> None:
    true = {"x1": (V1 + V13) / V, "x2": V2 / V, "x3": V13 / V}
    inside = [
        index.total_range[0] <= true[index.factor] <= index.total_range[1]
        for seed in range(40)
        for index in explore(["x1", "x2", "x3"], ishigami, samples=32, kept=12, seed=seed).indices[0]
    ]
    assert 0.78 <= np.mean(inside) <= 0.98


def test_of_a_sum_first_and_total_are_the_shares_of_the_squared_weights() -> None:
    found = explore(["a", "b", "c"], linear([1.0, 2.0, 3.0]), samples=1024, kept=12, seed=3)  # type: ignore[arg-type]
    for index, weight in zip(found.indices[0], (1, 2, 3), strict=True):
        assert index.total == pytest.approx(weight**2 / 14, abs=0.02)
        assert index.first == pytest.approx(weight**2 / 14, abs=0.03)


def test_screening_finds_what_matters_and_the_rest_is_one_factor() -> None:
    weights = [0.1] * 20 + [3.0, 2.0]
    names = [f"p{n:02d}" for n in range(22)]
    found = explore(names, linear(weights), samples=512, kept=3, seed=5)  # type: ignore[arg-type]
    total = totals(found)
    whole = sum(weight**2 for weight in weights)
    assert len(total) == 4
    assert total["p20"] == pytest.approx(9 / whole, abs=0.05)
    assert total["p21"] == pytest.approx(4 / whole, abs=0.05)
    assert total[REST] == pytest.approx(19 * 0.01 / whole, abs=0.01)
    assert sum(total.values()) == pytest.approx(1.0, abs=0.08)


def test_the_order_of_the_factors_does_not_matter() -> None:
    def evaluate(rows: Rows) -> Floats:
        return rows.points @ np.array([[1.0], [2.0], [3.0]])

    one, other = (explore(list(names), evaluate, samples=64, kept=1, seed=7) for names in ("abc", "cab"))
    assert one.indices == other.indices


def test_rows_are_as_many_as_announced() -> None:
    for count, kept in ((3, 12), (14, 2)):
        seen = [0]

        def evaluate(rows: Rows, seen: list[int] = seen) -> Floats:
            seen[0] += len(rows)
            return rows.points.sum(axis=1)[:, None]

        found = explore([f"p{n:02d}" for n in range(count)], evaluate, samples=16, kept=kept, seed=1)
        assert seen[0] == runs(count, 16, kept) == found.runs


def test_an_output_that_hardly_varies_has_no_indices() -> None:
    found = explore(["a", "b"], lambda rows: np.where(rows.points[:, :1] > 0.95, 1.0, 0.0), samples=64, kept=9, seed=1)
    assert found.indices == ((),)


@pytest.mark.parametrize("samples", [0, 4, 48, 8192])
def test_samples_are_a_power_of_two(samples: int) -> None:
    with pytest.raises(EgressError, match="power of two"):
        explore(["a"], ishigami, samples=samples, kept=1, seed=1)
