"""Two lanes at one door, each with its own rate and queue."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.loop import Chunk, advance
from egress.testing import assert_conserved, lane, policy, put_on_road, started, town

LANES = [lane(per_day=600, share=0.75), lane(kind="foot", per_day=240, share=0.25)]


def waiting(chunk: Chunk, numbers: tuple[int, int]) -> Chunk:
    """Let people wait in the lanes who came just before the first step."""
    for number, people in enumerate(numbers):
        chunk.state.susceptible[:, 0, 0] -= people
        chunk.state.road_from[:, 0, 0, 0] += people
        chunk.state.queue[:, number, 0, 0] = people
        chunk.state.newest[:, number] = 1
    return chunk


def test_two_lanes_empty_each_at_its_own_rate():
    # Cars: 600 a day, 150 in 6 h: 900 people are through after 36 h; they wait 18 h on average, 16,200 h in
    # all. On foot: 240 a day, 60 in 6 h: 240 people are through after 24 h, 12 h on average, 2,880 h in all.
    chunk = waiting(started(town(population=2000, lanes=LANES), 2), (900, 240))
    for _ in range(7):
        advance(chunk)
    assert (chunk.record["queue"][:, :7, 0] == [750, 600, 450, 300, 150, 0, 0]).all()
    assert (chunk.record["queue"][:, :7, 1] == [180, 120, 60, 0, 0, 0, 0]).all()
    np.testing.assert_allclose(chunk.state.wait_sum, [[16_200, 2_880]] * 2)
    np.testing.assert_allclose(chunk.state.queue_integral, [[16_200, 2_880]] * 2)
    assert (chunk.record["surge"][:, :7, 0] == [210, 210, 210, 210, 150, 150, 0]).all()


def test_arrivals_split_by_share_where_both_lanes_are_empty():
    # 4,000 come, three quarters by car: 3,000 ± 4 · sqrt(4,000 · 0.75 · 0.25 / 100) in the mean of 100
    # members.
    chunk = started(town(population=4000, lanes=LANES), 100)
    put_on_road(chunk, 4000)
    advance(chunk)
    by_car = chunk.record["queue"][:, 0, 0] + chunk.record["served"][:, 0, 0]
    on_foot = chunk.record["queue"][:, 0, 1] + chunk.record["served"][:, 0, 1]
    assert (by_car + on_foot == 4000).all()
    assert by_car.mean() == pytest.approx(3000, abs=4 * np.sqrt(4000 * 0.75 * 0.25 / 100))


def test_arrivals_prefer_the_shorter_wait_by_their_weight_of_an_hour():
    # Cars wait 900/25 = 36 h, walkers 240/10 = 24 h. With a weight of 0.05 an hour the odds of the car are
    # 0.75 e^(−0.05·12) to 0.25: 0.4116 to 0.25, so 62.2 % of 10,000.
    chunk = waiting(started(town(population=12_000, lanes=LANES, numbers={"weight_wait": 0.05}), 50), (900, 240))
    put_on_road(chunk, 10_000)
    advance(chunk)
    by_car = chunk.record["queue"][:, 0, 0] - 900 + chunk.record["served"][:, 0, 0]
    share = 0.75 * np.exp(-0.6) / (0.75 * np.exp(-0.6) + 0.25)
    assert by_car.mean() == pytest.approx(10_000 * share, abs=4 * np.sqrt(10_000 * share * (1 - share) / 50))


def test_shut_foot_lane_serves_nobody_until_a_policy_opens_it():
    # Everybody takes the car while the foot lane is shut. It opens on the second day; nobody comes after the
    # first step, so nobody walks: 1,000 people at 150 a step.
    lanes = [LANES[0], lane(kind="foot", per_day=240, share=0.25, open=False)]
    opening = policy({"kind": "open_lane", "lane": "foot"}, at="2030-03-02T00:00+00:00")
    chunk = started(town(population=2000, lanes=lanes, policies=[opening]))
    put_on_road(chunk, 1000)
    for _ in range(4):
        advance(chunk)
    assert chunk.record["queue"][0, :4, 0].tolist() == [850, 700, 550, 400]
    assert np.isnan(chunk.record["wait"][0, :4, 1]).all()
    put_on_road(chunk, 1000)
    advance(chunk)
    assert chunk.record["served"][0, 4].tolist() == [150, 60]
    assert_conserved(chunk)
