"""A road block catches those under way who have not passed it, and no others; local plates pass."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.loop import Chunk, advance
from egress.scenario.schema import Scenario
from egress.testing import AT_ONCE, assert_conserved, origin, policy, put_on_road, signal, started, town

NEVER = {"cooling_time": 1e9}  # who is turned back stays at home


def blocked(distance: float, at: str = "2030-03-01T00:00+00:00", **changes: object) -> Scenario:
    """Return two regions 30 h from the bridge, farm with local plates, and a block `distance` h before it."""
    block = policy({"kind": "road_block", "distance": distance, "turned_back": 1, "local_origins": ["farm"]}, at=at)
    origins = [origin(hours=30), origin("farm", hours=30)]
    parts = {"origins": origins, "policies": [block], "per_day": 40_000} | changes
    return town(numbers=NEVER | AT_ONCE, **parts)  # type: ignore[arg-type]


def through(chunk: Chunk, steps: int = 8) -> Chunk:
    for _ in range(steps):
        advance(chunk)
    return chunk


def test_those_nearer_than_the_block_pass_and_those_behind_it_do_not():
    # A block 12 h before the bridge from the first moment. 100 people arrive in each of the steps 0–6 h, 6–12
    # h, … 24–30 h: the first 200 have passed it, the other 300 are caught as they come to it.
    chunk = started(blocked(12), 3)
    for ahead in range(5):
        put_on_road(chunk, 100, ahead)
    through(chunk)
    assert (chunk.record["surge"][:, :5, 0] == [100, 100, 0, 0, 0]).all()
    assert (chunk.state.cooling[:, 0].sum(axis=1) == 300).all()
    assert_conserved(chunk)


def test_each_is_caught_when_he_comes_to_it():
    # 24–30 h from the bridge at midnight: at the block, 12 h before it, between 12:00 and 18:00.
    chunk = started(blocked(12))
    put_on_road(chunk, 100, 4)
    caught = []
    for _ in range(4):
        advance(chunk)
        caught.append(int(chunk.state.cooling.sum()))
    assert caught == [0, 0, 100, 100]


@pytest.mark.parametrize("distance", [0, 1, 5, 10, 13.5])
def test_nobody_who_comes_to_a_standing_block_slips_through(distance: float):
    # 24–30 h from the bridge when the block begins: all 500 come to it later, wherever it stands within a
    # step.
    chunk = started(blocked(distance), 5)
    put_on_road(chunk, 500, 4)
    through(chunk)
    assert (chunk.state.cooling.sum(axis=(1, 2)) == 500).all()


def test_part_of_a_step_has_passed_when_the_block_begins():
    # A block 8 h before the bridge. Those who arrive in 6–12 h are 6–12 h away, evenly: a third of 900 has
    # passed. Binomial: 300 ± 4 · sqrt(900 · 1/3 · 2/3 / 100) in the mean of 100 members.
    chunk = started(blocked(8), 100)
    put_on_road(chunk, 900, 1)
    through(chunk, 3)
    passed = chunk.record["surge"][:, :3, 0].sum(axis=1)
    assert passed.mean() == pytest.approx(300, abs=4 * np.sqrt(900 * 2 / 9 / 100))


def test_block_that_ends_lets_those_behind_it_pass():
    # In force on the first day only: who is 24–30 h away comes to a block at 1 h after 23 h at the earliest.
    # 1 in 6 of them is at it before midnight: 100 of 600 ± 4 · sqrt(600 · 5/36 / 100).
    status = {"status": "in_force", "at": "2030-03-01T00:00+00:00", "ends": "2030-03-02T00:00+00:00"}
    effect = {"kind": "road_block", "distance": 1, "turned_back": 1}
    chunk = started(blocked(1, policies=[policy(effect, at=None, history=[status])]), 100)
    put_on_road(chunk, 600, 4)
    through(chunk)
    caught = chunk.state.cooling.sum(axis=(1, 2))
    assert caught.mean() == pytest.approx(100, abs=4 * np.sqrt(600 * 5 / 36 / 100))


def test_local_plates_pass_where_others_are_barred():
    # 300 of the city and 200 of the farm, all 24–30 h away: 200 arrive, all of the farm; 300 are turned back.
    chunk = started(blocked(12), 20)
    put_on_road(chunk, 300, 4)
    put_on_road(chunk, 200, 4, origin=1)
    through(chunk)
    assert (chunk.state.flows[:, :, 0] == [0, 200]).all()
    assert (chunk.state.cooling.sum(axis=2) == [300, 0]).all()
    assert (chunk.record["surge"][:, 4, 0] == 200).all()
    assert_conserved(chunk)


def test_only_locals_get_out_by_themselves():
    # Nobody put on the road by hand: all 1,000 of either region leave at once, 30 h of road lie before them.
    chunk = through(started(blocked(12, signals=[signal()]), 3), 12)
    assert (chunk.state.flows[:, :, 0] == [0, 1000]).all()


def test_turned_back_share_goes_round():
    # 70 % turn back, the rest goes round: 700 of 1,000 ± 4 · sqrt(1,000 · 0.21 / 200), caught once only.
    effect = {"kind": "road_block", "distance": 10, "turned_back": 0.7}
    chunk = started(blocked(10, policies=[policy(effect)]), 200)
    put_on_road(chunk, 1000, 4)
    through(chunk)
    caught = chunk.state.cooling.sum(axis=(1, 2))
    assert caught.mean() == pytest.approx(700, abs=4 * np.sqrt(1000 * 0.21 / 200))
