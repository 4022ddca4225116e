"""What holds for any scenario: nobody is lost, nobody is negative, the others in a chunk do not matter."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import egress
from egress.engine.loop import advance
from egress.scenario.schema import Scenario
from egress.testing import assert_conserved, people, scenarios, started

quick = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@quick
@given(scenarios())
def test_nobody_is_lost_and_nobody_is_negative(scenario: Scenario):
    chunk = started(scenario, 2)
    everybody = people(chunk).sum(axis=(1, 2))
    for _ in range(chunk.members.world.steps):
        advance(chunk)
        assert_conserved(chunk)
        assert np.array_equal(people(chunk).sum(axis=(1, 2)), everybody)


@quick
@given(scenarios())
def test_trajectory_adds_up(scenario: Scenario):
    run = egress.run(scenario, members=2)
    assert_conserved(run)
    shut = np.isnan(run.data.wait.values)
    assert (run.data.wait.values[~shut] >= 0).all()
    assert (run.data.fare.values > 0).all()
    assert run.data.refused.values.sum() <= run.data.served.values.sum()


@quick
@given(scenarios(max_days=3), st.permutations([0, 1, 2]))
def test_order_of_members_does_not_matter(scenario: Scenario, order: list[int]):
    straight, mixed = started(scenario, [0, 1, 2]), started(scenario, order)
    for _ in range(straight.members.world.steps):
        advance(straight)
        advance(mixed)
    for name, values in straight.record.items():
        np.testing.assert_array_equal(values[order], mixed.record[name], err_msg=name)


@quick
@given(scenarios(max_days=3))
def test_members_do_not_notice_each_other(scenario: Scenario):
    run, alone = (egress.run(scenario, members=count, chunk=count) for count in (3, 1))
    for name, values in alone.data.data_vars.items():
        np.testing.assert_array_equal(run.data[name].values[:1], values.values, err_msg=str(name))
