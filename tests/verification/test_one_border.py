"""The shipped one-border scenario: Little's law, and results that do not depend on the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import egress
from egress.engine import conserve
from egress.engine.loop import advance
from egress.scenario.schema import Scenario
from egress.testing import assert_conserved, parameters, started


def stepped(hours: float) -> Scenario:
    scenario = egress.load("one-border")
    return scenario.model_copy(update={"period": scenario.period.model_copy(update={"step": hours})})


@pytest.mark.parametrize(("step", "bent"), [(1.0, 1e-9), (6.0, 0.003), (24.0, 0.025)])
def test_little_on_a_busy_border(step: float, bent: float):
    # ∫ people waiting dt = Σ waits. The left side is summed here from the recorded queue by trapezoids. They are
    # exact but for the step in which the rush begins: the queue is not a straight line in it, but bent where the
    # first of them come; within an hour it is.
    chunk = started(stepped(step), 3)
    for _ in range(chunk.members.world.steps):
        advance(chunk)
    end = chunk.members.world.steps * step
    integral, waits = conserve.waiting_time(chunk.state, end)
    queue = chunk.record["queue"][:, :, 0].astype(float)
    trapezoid = step * (queue.sum(axis=1) - queue[:, -1] / 2)
    np.testing.assert_allclose(integral[:, 0], trapezoid, rtol=bent)
    np.testing.assert_allclose(waits, integral, rtol=1e-9)
    assert (integral > 100_000).all()


def test_little_where_people_balk_give_up_and_hear_of_the_queue():
    # As shipped but with every number as uncertain as by default: people balk, give up, doors change their
    # pace.
    scenario = egress.load("one-border").model_copy(update={"parameters": parameters(calm=False, intention_rate=0.5)})
    chunk = started(scenario, 5)
    for number in range(chunk.members.world.steps):
        advance(chunk)
        integral, waits = conserve.waiting_time(chunk.state, (number + 1) * 6.0)
        np.testing.assert_allclose(waits, integral, rtol=1e-9, atol=1e-6)
    assert chunk.record["gave_up"].sum() > 100
    assert_conserved(chunk)


def test_little_while_people_still_wait():
    chunk = started(egress.load("one-border"), 3)
    for _ in range(30):
        advance(chunk)
    integral, waits = conserve.waiting_time(chunk.state, 30 * 6.0)
    assert (chunk.state.queue.sum(axis=(1, 2, 3)) > 1000).all()
    assert (waits > chunk.state.wait_sum + 1000).all()
    np.testing.assert_allclose(waits, integral, rtol=1e-9)


@pytest.fixture(scope="module")
def daily() -> dict[float, Any]:
    """Daily means by step of 2,000 members: people who enter, who leave again, who are there, who wait."""
    out = {}
    for hours in (6.0, 3.0, 1.0):
        run = egress.run(stepped(hours), members=2000, chunk=250)
        arrivals = run.data.arrivals.isel(crossing=0).mean("member").values
        waiting = run.data.queue.isel(lane=0).mean("member").values
        per_day = round(24 / hours)
        out[hours] = {
            "gross": arrivals[:, 0],
            "staying": arrivals[:, 2],
            "queue at midnight": waiting[per_day - 1 :: per_day],
        }
    return out


@pytest.mark.slow
@pytest.mark.parametrize("hours", [3.0, 1.0])
@pytest.mark.parametrize("series", ["gross", "staying"])
def test_halving_the_step_leaves_the_daily_means(daily, series: str, hours: float):
    coarse, fine = daily[6.0][series], daily[hours][series]
    busy = fine > 200
    assert busy.sum() >= 5
    np.testing.assert_allclose(coarse[busy], fine[busy], rtol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [3.0, 1.0])
def test_step_moves_people_by_hours_and_loses_none(daily, hours: float):
    # An hour of the door is 50 people: the queue is known to half an hour of it, and nobody is lost.
    coarse, fine = daily[6.0], daily[hours]
    assert coarse["gross"].sum() == pytest.approx(fine["gross"].sum(), rel=0.003)
    assert coarse["staying"][-1] == pytest.approx(fine["staying"][-1], rel=0.003)
    apart = np.abs(coarse["queue at midnight"] - fine["queue at midnight"])
    assert apart.max() < 25


def test_books_of_the_trajectory_balance():
    assert_conserved(egress.run("one-border", members=5))
