"""The update of the smoother on linear problems, whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from egress.assimilate.counts import Evidence
from egress.assimilate.smoother import ROUNDS, Floats, moved, parts

SD = 0.1


def learnt(z: Floats, effect: Floats, value: float, rounds: int = ROUNDS) -> Floats:
    """Return the numbers [member, n] after a count `value` ± SD of their weighted sum has been taken in."""
    evidence = Evidence(pd.DataFrame({"series": ["a"]}), np.array([value]), np.array([SD]), ("",))
    normals = {"z": z}
    for number in range(rounds):
        said = normals["z"] @ effect[:, None]
        luck = np.random.default_rng([7, number])
        normals = moved(normals, said, evidence.value, evidence.sd, parts(rounds)[number], luck)
    return normals["z"]


def drawn(members: int, numbers: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).standard_normal((members, numbers))


def test_one_number_is_learnt_as_the_formula_of_kalman_says() -> None:
    z = learnt(drawn(4000, 1), np.array([0.5]), 0.4)[:, 0]
    variance = 1 / (1 + 0.5**2 / SD**2)
    assert z.mean() == pytest.approx(0.5 / SD**2 * 0.4 * variance, abs=0.03)
    assert z.std() == pytest.approx(np.sqrt(variance), rel=0.06)


@pytest.mark.parametrize(("members", "least"), [(100, 0.7), (200, 0.8), (1000, 0.95)])
def test_many_weak_causes_together_meet_a_count(members: int, least: float) -> None:
    """Thirty lanes, say, each too weak to stand out from chance; the count lies two standard deviations off."""
    effect = np.full(30, 1 / np.sqrt(30))
    said = learnt(drawn(members, 30), effect, 2.0) @ effect
    exact = 2.0 / (1 + SD**2)
    assert least * exact < said.mean() < 1.05 * exact
    assert said.std() < 3 * SD


def test_what_has_no_part_in_a_count_keeps_its_range() -> None:
    effect = np.zeros(2000)
    effect[0] = 1.0
    z = learnt(drawn(100, 2000), effect, 2.0)[:, 1:]
    assert z.std(axis=0).mean() == pytest.approx(1.0, abs=0.03)
    assert abs(z.mean(axis=0)).mean() < 0.25


def test_the_parts_of_the_counts_double_and_make_the_whole() -> None:
    for rounds in (1, 2, 4, 7):
        taken = 1 / parts(rounds)
        assert taken.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(taken[1:], 2 * taken[:-1])
