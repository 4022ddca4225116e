"""People who decide, prepare and act, against the analytic mean of the chain."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from egress.engine.loop import Chunk, advance
from egress.testing import group, signal, started, town

PEOPLE, MEMBERS = 1000, 2000
DECIDE, AT_ONCE, STAGE, ACT = 0.3 / 24, 0.4, 2 / 48, 2.0 / 24  # per hour: h, f, 2/δ with δ = 48 h, ρ


def generator() -> np.ndarray:
    """Return Q of susceptible → prep1 → prep2 → ready → acted (model.md, step 3)."""
    q = np.zeros((5, 5))
    q[0, 1], q[0, 3] = DECIDE * (1 - AT_ONCE), DECIDE * AT_ONCE
    q[1, 2] = q[2, 3] = STAGE
    q[3, 4] = ACT
    return q - np.diag(q.sum(axis=1))


def stages(chunk: Chunk) -> np.ndarray:
    """Return [M, 5] people in each stage; who acted has left home."""
    home = [getattr(chunk.state, name).sum(axis=(1, 2)) for name in ("susceptible", "prep1", "prep2", "ready")]
    return np.stack([*home, PEOPLE - sum(home)], axis=1)


@pytest.mark.parametrize("step", [6, 24])
def test_chain_follows_its_matrix_exponential(step: float):
    # Mean of stage i after t: 1,000 · exp(Qt)[0, i]; of 2,000 members it scatters by sqrt(1,000 p (1 − p) /
    # 2,000).
    people = [group(ready_at_once=AT_ONCE, preparation="48 h")]
    numbers = {"intention_rate": DECIDE * 24, "act_rate": ACT * 24}
    scenario = town(
        population=PEOPLE, days=6, step=step, per_day=1e6, groups=people, signals=[signal()], numbers=numbers
    )
    chunk = started(scenario, MEMBERS)
    for number in range(1, round(144 / step) + 1):
        advance(chunk)
        p = expm(generator() * number * step)[0]
        error = 4 * np.sqrt(PEOPLE * p * (1 - p) / MEMBERS)
        np.testing.assert_array_less(np.abs(stages(chunk).mean(axis=0) - PEOPLE * p), error + 1e-9)
    assert p[4] > 0.5  # the chain has come far enough to be tested in every stage


def test_chain_scatters_as_individuals_would():
    # Counts are multinomial: the variance of each stage is 1,000 p (1 − p); its estimate from 2,000 members
    # has a relative error of about sqrt(2 / 2,000) = 3.2 %.
    people = [group(ready_at_once=AT_ONCE, preparation="48 h")]
    numbers = {"intention_rate": DECIDE * 24, "act_rate": ACT * 24}
    scenario = town(population=PEOPLE, days=2, per_day=1e6, groups=people, signals=[signal()], numbers=numbers)
    chunk = started(scenario, MEMBERS)
    for _ in range(8):
        advance(chunk)
    p = expm(generator() * 48)[0]
    np.testing.assert_allclose(stages(chunk).var(axis=0), PEOPLE * p * (1 - p), rtol=4 * np.sqrt(2 / MEMBERS))


def test_signal_that_holds_and_fades_drives_the_hazard():
    # F = 1 for 24 h, then exp(−t/24 h): ∫F over three days = 24 + 24 (1 − e^−2) = 44.75 h. Who has not
    # decided: exp(−0.0125 · 44.75) = 57.2 %. The mean of F over each step is exact, so the step does not
    # matter.
    numbers = {"intention_rate": DECIDE * 24, "act_rate": ACT * 24}
    fading = signal(hold="24 h", fades="24 h")
    left = np.exp(-DECIDE * (24 + 24 * (1 - np.exp(-2))))
    for step in (3, 24):
        chunk = started(town(population=PEOPLE, days=3, step=step, signals=[fading], numbers=numbers), 500)
        for _ in range(round(72 / step)):
            advance(chunk)
        undecided = chunk.state.susceptible.sum(axis=(1, 2)).mean()
        assert undecided == pytest.approx(PEOPLE * left, abs=4 * np.sqrt(PEOPLE * left * (1 - left) / 500))


def test_share_of_the_willing_is_drawn_once():
    # S ~ Binomial(1,000, 0.3): mean 300, variance 210.
    chunk = started(town(groups=[group(willing=0.3)]), MEMBERS)
    drawn = chunk.state.susceptible.sum(axis=(1, 2))
    assert drawn.mean() == pytest.approx(300, abs=4 * np.sqrt(210 / MEMBERS))
    assert drawn.var() == pytest.approx(210, rel=4 * np.sqrt(2 / MEMBERS))
    advance(chunk)
    assert np.array_equal(chunk.state.susceptible.sum(axis=(1, 2)), drawn)  # no signal: nobody decides
