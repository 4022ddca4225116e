"""Choice: cumulative chances against the formula in NumPy (flee.md section 7)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from egress.engine.flee.choose import weigh

FIRST = np.array([0, 3, 3, 7])
DESTINATION = np.array([1, 2, 0, 0, 1, 2, 1])


def chances(
    score: np.ndarray, full: np.ndarray, *, softening: float = 0.0, power: float = 1.0, threshold: float = 1.0,
    fixed: bool = False, bare: np.ndarray | None = None, alike: np.ndarray | None = None, shifts: bool = True,
) -> np.ndarray:  # fmt: skip
    out = np.zeros(7)
    resistance, ones = np.arange(1.0, 8.0), np.ones(3)
    bare = score if bare is None else bare
    alike = np.arange(7) if alike is None else alike
    weigh(
        FIRST, DESTINATION, resistance, np.ones(7), ones, score, bare, full, softening, power, threshold, fixed,
        alike, shifts, out,
    )  # fmt: skip
    return out


def expected(weights: np.ndarray) -> np.ndarray:
    out = np.zeros(7)
    for a, b in itertools.pairwise(FIRST):
        part = weights[a:b] if weights[a:b].sum() > 0 else np.ones(b - a)
        out[a:b] = np.cumsum(part) / max(part.sum(), 1e-300)
    return out


SCORE = np.array([0.25, 1.0, 2.0])
FULL = np.array([1.0, 0.4, 1.0])
WORTH = SCORE[DESTINATION] / np.arange(1.0, 8.0)


def test_weights() -> None:
    np.testing.assert_allclose(chances(SCORE, FULL), expected(WORTH * FULL[DESTINATION]))


@pytest.mark.parametrize("power", [0.5, 2.0])
def test_softening_and_power(power: float) -> None:
    weights = ((0.3 + SCORE[DESTINATION]) / np.arange(1.0, 8.0) * FULL[DESTINATION]) ** power
    np.testing.assert_allclose(chances(SCORE, FULL, softening=0.3, power=power), expected(weights))


def test_all_weights_0_is_even() -> None:
    np.testing.assert_allclose(chances(SCORE, np.zeros(3)), expected(np.zeros(7)))


def test_nobody_goes_where_the_last_weight_is_0() -> None:
    found = chances(SCORE, np.array([0.0, 1.0, 1.0]))
    assert found[1] == found[2] == 1.0


def test_pruning() -> None:
    weights = WORTH.copy()
    for a, b in itertools.pairwise((0, 3, 7)):
        weights[a:b][weights[a:b] < weights[a:b].max() / 2] = 0
    np.testing.assert_allclose(chances(SCORE, np.ones(3), threshold=2.0), expected(weights))


@pytest.mark.parametrize(("shifts", "kept"), [(True, [0, 0, 1 / 5, 1 / 3]), (False, [0, 1 / 5, 1 / 3, 0])])
def test_a_pruned_second_road_takes_the_route_of_the_first(shifts: bool, kept: list[float]) -> None:
    """Weights of the third place's paths are 1/16, 1/5, 1/3, 1/7; with threshold 2 the first and last are pruned.

    The second and the last have one route. Flee finds the second when it looks for the last to drop it (defect 13):
    the routes left are the third and the last, for the weights 1/5 and 1/3.
    """
    alike = np.array([0, 1, 2, 3, 4, 5, 4])
    found = chances(SCORE, np.ones(3), threshold=2.0, alike=alike, shifts=shifts)
    np.testing.assert_allclose(found[3:], np.cumsum(kept) / np.sum(kept))


def test_fixed_routes_have_the_score_twice_and_no_capacity() -> None:
    bare = np.array([0.5, 1.0, 3.0])
    weights = bare[DESTINATION] / np.arange(1.0, 8.0) * SCORE[DESTINATION]
    np.testing.assert_allclose(chances(SCORE, np.zeros(3), fixed=True, bare=bare), expected(weights))
