"""Settle: hazards of leaving, and the ten days after which they change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from reference import settle as plain
from reference import small

from egress.engine.processes import settle


def nobody(members: int) -> npt.NDArray[np.int64]:
    return np.zeros((members, 1), dtype=np.int64)


@pytest.mark.parametrize("step", [6.0, 24.0])
def test_ten_days_after_arrival_they_are_settled(step: float) -> None:
    given = {"early_leaving": 0.0, "late_leaving": 0.0, "transit_share": 0.0}
    run = small.run(small.scenario(given, step=step, days=25), members=1)
    per_day = round(24 / step)
    for day in range(25):
        for part in range(per_day):
            here = (run.state.recent.sum(), run.state.settled.sum())
            arrived = nobody(1) + (1 if part == per_day - 1 else 0) * (day + 1)
            settle.step(run.members, run.state, run.now, arrived, nobody(1))
            old = sum(range(1, day - 10 + 2)) if day >= 10 else 0
            assert run.state.settled.sum() == old, (day, part, here)
            young = sum(range(1, day + 1)) - old + (day + 1) * (part == per_day - 1)
            assert run.state.recent.sum() == young
            run.again()


@pytest.mark.parametrize("step", [3.0, 24.0])
def test_those_who_came_leave_at_the_two_hazards(step: float) -> None:
    early, late = 0.02 / 24, 0.08 / 24
    given = {
        "early_leaving": early,
        "late_leaving": late,
        "transit_share": 0.3,
        "transit_rate": 0.02,
        "onward_share": 0.4,
    }
    run = small.run(small.scenario(given, step=step, days=20), members=1000)
    left = nobody(1000)
    settle.step(run.members, run.state, run.now, nobody(1000) + 1000, left)
    small.near(run.state.transit[:, 0], 300, 210)
    assert left.sum() == 0
    for taken in range(1, round(15 * 24 / step)):
        run.again()
        settle.step(run.members, run.state, run.now, nobody(1000), left)
        if taken * step in (5 * 24, 12 * 24):
            age = taken * step + step  # steps in which they could leave: all but the one of arrival
            stay = plain.survival(early, late, age - step, 240 - step)
            small.near(run.state.recent.sum(axis=2)[:, 0] + run.state.settled[:, 0], 700 * stay, 700)
            passing = 300 * np.exp(-0.02 * taken * step)
            small.near(run.state.transit[:, 0], passing, passing + 1)
            away = 700 * (1 - stay)
            small.near(run.state.returned[:, 0], 0.6 * away, away)
            small.near(run.state.onward[:, 0], 0.4 * away + 300 - passing, away + 300)
    assert np.array_equal(left, run.state.onward + run.state.returned)
