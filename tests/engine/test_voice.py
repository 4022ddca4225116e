"""Voice: moments of the detentions of a protest, and of the releases."""

from __future__ import annotations

import numpy as np
import pytest
from reference import small
from reference import voice as plain

from egress.engine.processes import voice

SIGNAL = {
    "what": "s",
    "at": "2030-03-01T00:00+00:00",
    "strength": {"exposed": 0.8, "rest": 0.3},
    "hold": "30 d",
    "fades": "5 d",
    "evidence": ["x"],
}


def begun(members: int, scatter: float) -> small.Small:
    said = small.scenario(
        origins=(small.origin("a", protest_weight=2), small.origin("b")),
        signals=(SIGNAL,),
        voice={
            "calls": [
                {"at": "2030-03-04T03:00+00:00", "turnout": 2000},
                {"at": "2030-03-04T06:00+00:00", "turnout": 5e4},
            ],
            "detained": 0.3,
            "released": "1.2/d",
            "listed": 0.25,
            "scatter": scatter,
            "evidence": ["x"],
        },
    )
    return small.run(said, members)


@pytest.mark.parametrize("scatter", [0.5, 3.0, 1e6])
def test_detentions_are_a_share_of_a_negative_binomial_crowd(scatter: float) -> None:
    run = begun(2000, scatter)
    run.state.immune[:, 0, :2] = 45_000
    run.state.susceptible[:, 0, 0] = 10_000
    run.state.immune[:, 1, 1] = 20_000
    record = np.zeros((2000, 2), dtype=np.int64)
    moments = []
    for people, weight in ((100_000, 2.0), (20_000, 1.0)):
        moments.append(plain.thinned(*plain.crowd(people, 2000, weight, 0.8, scatter), 0.3))
    call = run.members.world.scenario.voice
    assert call is not None
    run.members._kept["voice/released"] = np.zeros(2000)
    voice.step(run.members, run.state, run.now, record)
    for o, (mean, variance) in enumerate(moments):
        small.near(record[:, o], mean, variance)
        fourth = 3 + 6 / scatter + 1 / mean  # kurtosis of a negative binomial, at most
        small.near((record[:, o] - mean) ** 2, variance, variance**2 * (fourth + 2))
    assert np.array_equal(run.state.detained.sum(axis=2), record)
    gone = 10_000 - run.state.susceptible[:, 0, 0]
    small.near(gone, moments[0][0] / 10, moments[0][0] / 10 * 0.9 + moments[0][1] / 100)


def test_a_call_counts_in_its_step_only() -> None:
    run = begun(50, 3.0)
    run.state.immune[:, 0, 0] = 100_000
    run.members._kept["voice/released"] = np.zeros(50)
    taken = []
    for _ in range(4):
        record = np.zeros((50, 2), dtype=np.int64)
        voice.step(run.members, run.state, run.now, record)
        taken.append(record.sum())
        run.again()
    assert taken[0] > 0
    assert taken[1] > 0
    assert taken[2:] == [0, 0]


def test_release_and_listing() -> None:
    run = begun(2000, 3.0)
    run.state.detained[:, 0, 0] = 400
    run.state.detained[:, 0, 1] = 400
    run.state.immune[:, 1, 0] = 1  # nobody at home in the first city: the released do not leave
    free = 1 - np.exp(-1.2 * 6 / 24)
    run.now.pressure[:] = 0
    voice.step(run.members, run.state, run.now, np.zeros((2000, 2), dtype=np.int64))
    for c in (0, 1):
        small.near(400 - run.state.detained[:, 0, c], 400 * free, 400 * free * (1 - free))
    marked = free * 0.25
    small.near(run.state.listed[:, 0], 400 * marked, 400 * marked * (1 - marked))
    assert np.array_equal(run.state.ready[:, 0, 2], run.state.listed[:, 0])
    everybody = run.state.detained + run.state.immune + run.state.susceptible + run.state.ready
    assert (everybody[:, 0].sum(axis=1) == 800).all()
