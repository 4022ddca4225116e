"""Scores of one forecast: worked by hand, against plain twins and scoringrules, and proper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from egress.score import rules

FEW = st.lists(st.integers(0, 50), min_size=2, max_size=12)
EACH = [
    lambda x, y: rules.crps(x, y),
    lambda x, y: rules.crps_fair(x, y),
    lambda x, y: rules.crps_log1p(x, y),
    lambda x, y: rules.covered(x, y, 0.8),
    lambda x, y: rules.brier(x, y, 3),
    lambda x, y: rules.pit(x, y, np.full(np.shape(y), 0.5)),
    lambda x, y: rules.wis(rules.quantiles(x), y).total,
]


def plain(x: list[float], y: float, fair: bool = False) -> float:
    """Return the CRPS as its equation stands."""
    m = len(x)
    pairs = sum(abs(a - b) for a in x for b in x)
    return sum(abs(a - y) for a in x) / m - pairs / (2 * (m * (m - 1) if fair else m * m))


@given(FEW, st.integers(0, 60))
@settings(deadline=None)
def test_crps_is_its_equation(x: list[float], y: float) -> None:
    assert_allclose(rules.crps(x, y), plain(x, y), atol=1e-9)
    assert_allclose(rules.crps_fair(x, y), plain(x, y, fair=True), atol=1e-9)
    assert_allclose(rules.crps_log1p(x, y), plain(np.log1p(x).tolist(), float(np.log1p(y))), atol=1e-9)


def test_crps_is_that_of_scoringrules() -> None:
    sr = pytest.importorskip("scoringrules")
    generator = np.random.default_rng(1)
    x, y = generator.lognormal(8, 0.5, (40, 300)), generator.lognormal(8, 0.5, 40)
    assert_allclose(rules.crps(x, y), sr.crps_ensemble(y, x, estimator="nrg", backend="numpy"))
    assert_allclose(rules.crps_fair(x, y), sr.crps_ensemble(y, x, estimator="fair", backend="numpy"))
    pinball = sr.crps_quantile(y, rules.quantiles(x), np.asarray(rules.LEVELS), backend="numpy")
    assert_allclose(rules.wis(rules.quantiles(x), y).total, pinball)


def test_crps_keeps_its_digits_far_from_zero() -> None:
    assert_allclose(rules.crps([1e12 + 1, 1e12 + 3], 1e12 + 2), 0.5)


def test_one_member_is_the_absolute_error() -> None:
    assert rules.crps([[7.0]], [4.0]).tolist() == [3.0]
    with pytest.raises(ValueError, match="two members"):
        rules.crps_fair([[7.0]], [4.0])


def test_fair_crps_does_not_depend_on_how_many_members() -> None:
    generator = np.random.default_rng(2)
    y = generator.normal(size=200_000)
    few, many = (rules.crps_fair(generator.normal(size=(len(y), m)), y).mean() for m in (2, 10))
    assert few == pytest.approx(1 / np.sqrt(np.pi), rel=0.02)  # the CRPS of N(0, 1) under itself
    assert many == pytest.approx(1 / np.sqrt(np.pi), rel=0.01)
    issued = rules.crps(generator.normal(size=(len(y), 2)), y).mean()
    assert issued == pytest.approx(1.5 / np.sqrt(np.pi), rel=0.02)  # plus mean |x - x'| / (2 m)


def test_wis_by_hand() -> None:
    # 50 % range 1 to 4, median 2, count 5: α/2 · 3 = 0.75, 4 short of nothing, 1 above the range, ½ · 3 for the median
    found = rules.wis([1.0, 2.0, 4.0], 5.0, [0.25, 0.5, 0.75])
    assert_allclose(found, [(0.75 + 1.0 + 1.5) / 1.5, 0.75 / 1.5, 0.0, 2.5 / 1.5])
    high = rules.wis([1.0, 2.0, 4.0], 0.0, [0.25, 0.5, 0.75])
    assert_allclose(high, [(0.75 + 1.0 + 1.0) / 1.5, 0.75 / 1.5, 2.0 / 1.5, 0.0])


@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=30), st.floats(0, 1e6))
@settings(deadline=None)
def test_parts_of_wis_add_up(x: list[float], y: float) -> None:
    q = np.sort(rules.quantiles(x))
    found = rules.wis(q, y)
    assert_allclose(found.total, found.spread + found.over + found.under)
    pinball = [2 * max(p * (y - v), (p - 1) * (y - v)) for p, v in zip(rules.LEVELS, q, strict=True)]
    assert_allclose(found.total, np.mean(pinball), atol=1e-6)
    assert min(found) >= 0
    assert found.over == 0 or found.under == 0 or len(set(x)) > 1


@given(FEW, st.integers(0, 60))
@settings(max_examples=20, deadline=None)
def test_wis_tends_to_crps(x: list[float], y: float) -> None:
    levels = np.arange(1, 4000) / 4000
    steps = np.sort(np.asarray(x, dtype=float))[np.minimum((levels * len(x)).astype(int), len(x) - 1)]
    assert rules.wis(steps, y, levels).total == pytest.approx(float(rules.crps(x, y)), abs=0.1)


@pytest.mark.parametrize(
    ("levels", "quantiles"),
    [
        ([0.25, 0.75], [1, 2]),
        ([0.2, 0.5, 0.7], [1, 2, 3]),
        ([0.25, 0.5, 0.75], [1, 3, 2]),
        ([0.75, 0.5, 0.25], [1, 2, 3]),
    ],
)
def test_levels_must_make_ranges(levels: list[float], quantiles: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        rules.wis(quantiles, 1.0, levels)


def test_covered_holds_its_ends() -> None:
    x = np.tile(np.arange(101.0), (4, 1))
    assert rules.covered(x, [10, 9.99, 90, 90.01], 0.8).tolist() == [1, 0, 1, 0]
    with pytest.raises(ValueError, match="share"):
        rules.covered(x, [1, 2, 3, 4], 80)


def test_pit_is_uniform_for_integers() -> None:
    generator = np.random.default_rng(3)
    draws = generator.poisson(1.5, (20_000, 10))  # many ties
    found = rules.pit(draws[:, 1:], draws[:, 0], generator.uniform(size=len(draws)))
    counts, _ = np.histogram(found, bins=10, range=(0, 1))
    chi2 = ((counts - 2000) ** 2 / 2000).sum()
    assert chi2 < 27.9  # 9 degrees of freedom, p = 0.001
    biased = rules.pit(draws[:, 1:] + 1, draws[:, 0], generator.uniform(size=len(draws)))
    assert ((np.histogram(biased, bins=10, range=(0, 1))[0] - 2000) ** 2 / 2000).sum() > 1000


def test_brier_by_hand() -> None:
    assert rules.brier([[1, 2, 3, 4]], [3], 2).tolist() == [0.25]  # half of them above 2, and it was
    assert rules.brier([[1, 2, 3, 4]], [2], 2).tolist() == [0.25]  # 2 is not more than 2
    assert rules.brier([[1, 2, 3, 4]], [2], 5).tolist() == [0.0]


@pytest.mark.parametrize("rule", EACH)
def test_a_count_not_known_is_not_scored(rule) -> None:
    found = rule(np.asarray([[1.0, 2.0, 3.0]] * 2), np.asarray([np.nan, 2.0]))
    assert np.isnan(found).tolist() == [True, False]


@pytest.mark.parametrize("rule", EACH)
@pytest.mark.parametrize(
    ("x", "y"),
    [([[1.0, np.nan]], [1.0]), ([[1.0, np.inf]], [1.0]), ([[1.0, 2.0]], [1.0, 2.0]), ([[1.0, 2.0]], [np.inf])],
)
def test_what_cannot_be_scored_is_an_error(rule, x, y) -> None:
    with pytest.raises(ValueError, match=r"samples|infinite"):
        rule(np.asarray(x), np.asarray(y))


@pytest.mark.parametrize("rule", EACH)
@given(x=FEW, y=st.integers(0, 60), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_order_of_members_does_not_matter(rule, x: list[int], y: int, seed: int) -> None:
    other = np.random.default_rng(seed).permutation(x)
    assert_allclose(rule(np.asarray([x]), np.asarray([y])), rule(other[None], np.asarray([y])), atol=1e-9)


@pytest.mark.parametrize("wrong", [(1.0, 1.3), (1.0, 0.7), (1.6, 1.0), (0.5, 1.0)])
@given(seed=st.integers(0, 99))
@settings(max_examples=5, deadline=None)
def test_the_true_distribution_scores_best(wrong: tuple[float, float], seed: int) -> None:
    generator = np.random.default_rng(seed)
    wide, up = wrong
    z, y = generator.normal(size=200), generator.lognormal(7, 0.4, 1000)
    z = (z - z.mean()) / z.std()
    true, false = (np.tile(np.exp(7 + move + 0.4 * by * z), (1000, 1)) for move, by in ((0, 1), (np.log(up), wide)))
    for rule in (rules.crps, rules.crps_fair, rules.crps_log1p):
        assert rule(true, y).mean() < rule(false, y).mean()
    assert rules.wis(rules.quantiles(true), y).total.mean() < rules.wis(rules.quantiles(false), y).total.mean()


def test_a_broken_score_would_be_found() -> None:
    """Without its second term CRPS is not proper: the middle alone scores better than the truth."""
    generator = np.random.default_rng(4)
    y, x = generator.lognormal(7, 0.4, 4000), generator.lognormal(7, 0.4, 400)
    broken = np.abs(x[None] - y[:, None]).mean()
    assert np.abs(np.median(x) - y).mean() < broken
    assert rules.crps(np.tile(x, (4000, 1)), y).mean() < np.abs(np.median(x) - y).mean()


def test_a_key_gives_one_number() -> None:
    drawn = [rules.uniform_of("finland", day) for day in range(2000)]
    assert 0 < min(drawn) < 0.01 < 0.99 < max(drawn) < 1
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.03)
