"""One lane fed, emptied and slowed: queue lengths and waits worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine import conserve
from egress.engine.loop import Chunk, advance
from egress.testing import (
    AT_ONCE,
    assert_conserved,
    got_out,
    origin,
    policy,
    put_on_road,
    signal,
    started,
    steps_taken,
    town,
)


def fed(chunk: Chunk, people: int, steps: int) -> Chunk:
    """Bring `people` to the door in each of the next steps."""
    for _ in range(steps):
        put_on_road(chunk, people)
        advance(chunk)
    return chunk


def test_queue_fed_above_capacity_grows_by_exactly_the_excess():
    # 1,200 a day are 300 in 6 h; 500 come in each step: 200 more wait after each, 4 h more at 50 an hour.
    # Fed for 5 steps: 1,000 wait. Then nobody comes: 700, 400, 100, 0 are left, 100 pass in the last step.
    chunk = fed(started(town(population=10_000, days=3), 3), 500, 5)
    fed(chunk, 0, 5)
    queue, served, wait = (chunk.record[name][:, :10, 0] for name in ("queue", "served", "wait"))
    assert (queue == [200, 400, 600, 800, 1000, 700, 400, 100, 0, 0]).all()
    assert (served == [300, 300, 300, 300, 300, 300, 300, 300, 100, 0]).all()
    np.testing.assert_allclose(wait, queue / 50)
    assert (got_out(chunk.state).sum(axis=1) == 2500).all()


def test_queue_does_not_form_below_capacity():
    # 300 come and 300 pass: those who come evenly through the step pass evenly through it, nobody waits.
    chunk = fed(started(town(population=10_000), 1), 300, 6)
    assert (chunk.record["queue"][:, :6] == 0).all()
    assert chunk.state.wait_sum[0, 0] == 0


def test_fractions_of_a_person_are_served_in_time():
    # 10 a day are 2.5 in 6 h: of 20 people 2, 3, 2, 3 pass.
    chunk = fed(started(town(per_day=10)), 20, 1)
    fed(chunk, 0, 3)
    assert chunk.record["served"][0, :4, 0].tolist() == [2, 3, 2, 3]


@pytest.mark.parametrize("step", [1, 2, 3, 6, 12])
def test_sum_of_waits_does_not_depend_on_the_step(step: float):
    # All 1,200 come evenly in the first 12 h (100 an hour), 50 an hour pass: the queue is a triangle of
    # height 600 after 12 h and base 24 h. Its area, the sum of all waits, is 600 · 24 / 2 = 7,200
    # person-hours.
    chunk = started(town(population=1200, days=2, step=step))
    fed(chunk, round(100 * step), round(12 / step))
    fed(chunk, 0, round(36 / step))
    integral, waits = conserve.waiting_time(chunk.state, 48.0)
    assert integral[0, 0] == pytest.approx(7200)
    assert waits[0, 0] == pytest.approx(7200)
    assert chunk.state.abroad.sum() == 1200


def test_throughput_halved_doubles_the_wait():
    # 600 come in the first step. At 50 an hour 300 pass in it and 300 wait 6 h more; at 25 an hour 150 pass
    # and 450 wait 18 h more: all are through after 12 h or 24 h, the wait of those who come last is 6 h or 18
    # h. The sum of waits is the area under the queue: 300·12/2 = 1,800; 450·24/2 = 5,400. The same 450 people
    # wait 9 h at the old pace, 18 h at the new one: twice as long.
    half = policy({"kind": "throughput", "factor": 0.5})
    runs = [fed(started(town(policies=measures)), 600, 1) for measures in ([], [half])]
    for chunk in runs:
        fed(chunk, 0, 4)
    ordinary, slow = ([run.record[name][0, :5, 0].tolist() for run in runs] for name in ("queue", "wait"))
    assert ordinary == [[300, 0, 0, 0, 0], [450, 300, 150, 0, 0]]
    assert slow == [[6, 0, 0, 0, 0], [18, 12, 6, 0, 0]]
    assert [run.state.wait_sum[0, 0] for run in runs] == pytest.approx([1800, 5400])


def test_same_queue_waits_twice_as_long_once_throughput_is_halved():
    # 1,200 come in the first step: 900 wait, at 50 an hour 18 h. Half the pace from 12:00 on: at 12:00 600
    # wait (12 h); without the policy 300 are left at 18:00 (6 h), with it 450 (18 h); the 600 take 24 h, not
    # 12 h.
    half = policy({"kind": "throughput", "factor": 0.5}, at="2030-03-01T12:00+00:00")
    chunk = fed(started(town(population=1200, policies=[half])), 1200, 1)
    fed(chunk, 0, 7)
    assert chunk.record["queue"][0, :8, 0].tolist() == [900, 600, 450, 300, 150, 0, 0, 0]
    assert chunk.record["wait"][0, 1:4, 0].tolist() == [12, 18, 12]


def test_crowd_that_leaves_at_once_forms_the_queue_by_itself():
    # No hand on the road: 1,000 people who live at the bridge all set out in the first 6 h and 300 pass.
    chunk = steps_taken(town(signals=[signal()], numbers=AT_ONCE), 4)
    assert chunk.record["queue"][0, :4, 0].tolist() == [700, 400, 100, 0]
    assert_conserved(chunk)


def test_hard_pressed_door_speeds_up():
    # At ease 10 an hour, hard pressed 50: with everybody waiting more than 2 h, μ = 50 − 40 e^(−t/τ), τ = 24
    # h, set at the begin of each step from the queue then: 10 in the first, 50 − 40 e^(−6/24 · n) in those
    # after.
    lanes = [{"crossing": "bridge", "kind": "vehicle", "throughput": 1200, "relaxed": 240, "source": "assumption"}]
    chunk = fed(started(town(lanes=lanes, numbers={"stress_time": 24})), 1000, 1)
    paces = [float(chunk.state.service[0, 0])]
    for _ in range(4):
        advance(chunk)
        paces.append(float(chunk.state.service[0, 0]))
    np.testing.assert_allclose(paces, 50 - 40 * np.exp(-0.25 * np.arange(5)))


def test_lane_serves_in_its_opening_hours_only():
    # Open 06:00–18:00: of 500 people nobody passes from 00:00 to 06:00, 300 before noon, 200 after it.
    lanes = town(per_day=1200).lanes[0].model_copy(update={"hours": "06:00-18:00"})
    scenario = town().model_copy(update={"lanes": (lanes,)})
    chunk = fed(started(scenario), 500, 1)
    fed(chunk, 0, 3)
    assert chunk.record["served"][0, :4, 0].tolist() == [0, 300, 200, 0]


def test_first_come_first_served():
    # 400 come in the first step and 400 in the second; 300 pass in each: the 400 of the first are
    # through when the second ends, and the last 200 wait: those who came from 9:00 to 12:00.
    # (Where people come from is a table per door, drawn without replacement; only cohorts keep their order.)
    chunk = started(town(origins=[origin(), origin("farm")]))
    put_on_road(chunk, 400, origin=0)
    put_on_road(chunk, 400, ahead=1, origin=1)
    advance(chunk)
    advance(chunk)
    assert got_out(chunk.state).sum() == 600
    cohorts = chunk.state.queue[0, 0].sum(axis=1)
    assert cohorts[cohorts > 0].tolist() == [200]
    assert chunk.state.cohort_from[0, 0][cohorts > 0].tolist() == [9.0]
    assert chunk.state.cohort_to[0, 0][cohorts > 0].tolist() == [12.0]
