"""A quota of 300,000 served over regions, without replacement."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.loop import Chunk, advance
from egress.scenario.schema import Scenario
from egress.testing import assert_conserved, group, origin, people, policy, put_on_road, signal, started, town

QUOTA = 300_000


def called(days: int = 4, until: str = "2030-03-05T00:00+00:00", **changes: object) -> Scenario:
    """Return three regions with weights 1, 2 and 0 and a call-up of four days, 40 % exposed."""
    order = {
        "quota": QUOTA, "from": "2030-03-01T00:00+00:00", "until": until, "half_time": "1 d", "comply": 0.5,
        "hide": 0.3, "found": 0.1, "evidence": ["example"],
    }  # fmt: skip
    return town(
        days=days,
        groups=[group(share=0.4, willing=0.1), group("others", share=0.6, willing=0.01)],
        origins=[
            origin("a", population=3_000_000, call_up_weight=1),
            origin("b", population=3_000_000, call_up_weight=2),
            origin("none", population=3_000_000, call_up_weight=0),
        ],
        per_day=1e6,
        call_up=order | changes,
    )


def served(chunk: Chunk) -> list[int]:
    """Take every step; return the number called up after each in the first member."""
    out = []
    for _ in range(chunk.members.world.steps):
        advance(chunk)
        total = chunk.state.called_up.sum(axis=(1, 2))
        assert (total <= QUOTA).all()
        out.append(int(total[0]))
    return out


def test_quota_is_served_exactly_and_never_more():
    # Half of those listed comply, 30 % hide and are found at 10 % a day; at the end exactly 300,000 are
    # called up.
    chunk = started(called(), 4)
    course = served(chunk)
    assert (chunk.state.called_up.sum(axis=(1, 2)) == QUOTA).all()
    assert course == sorted(course)
    assert_conserved(chunk)


def test_pace_halves_in_the_half_time():
    # due(t) = 300,000 · (1 − 2^(−t)) / (1 − 2^(−4)), t in days: 160,000 after one day, 240,000 after two.
    course = served(started(called(comply=1, hide=0), 1))
    assert [course[3], course[7], course[11], course[15]] == [160_000, 240_000, 280_000, 300_000]


def test_region_without_weight_gives_nobody_and_others_by_weight():
    # Both have as many exposed people: one third and two thirds of the summonses, to a few in a thousand.
    chunk = started(called(comply=1, hide=0), 4)
    served(chunk)
    by_region = chunk.state.listed
    assert (by_region[:, 2] == 0).all()
    assert (by_region.sum(axis=1) == QUOTA).all()
    # binomial sd of 300,000 · 1/3: 258; the pool of b shrinks twice as fast, a few per cent in the end
    assert by_region[:, 1].mean() == pytest.approx(200_000, rel=0.03)


def test_nobody_is_listed_twice():
    # Who is listed belongs to the listed class from then on: as many people are in it as were ever listed.
    chunk = started(called(), 4)
    served(chunk)
    world = chunk.members.world
    everybody = people(chunk)
    assert np.array_equal(everybody[:, :, world.class_listed].sum(axis=2), chunk.state.listed)
    assert (chunk.state.listed <= chunk.state.population[:, :, 0]).all()
    assert (everybody.sum(axis=(1, 2)) == 9_000_000).all()


def test_only_the_exposed_are_called_up():
    chunk = started(called(), 2)
    served(chunk)
    others = chunk.members.world.class_group == 1
    assert chunk.state.called_up[:, :, others].sum() == 0
    assert (people(chunk)[:, :, others].sum(axis=2) == 1_800_000).all()


def test_quota_larger_than_the_exposed_takes_all_of_them_once():
    # 1,200,000 exposed in a region with weight, 2,400,000 in both; the quota is ten million.
    chunk = started(called(quota=10_000_000, comply=1, hide=0), 2)
    for _ in range(chunk.members.world.steps):
        advance(chunk)
    assert (chunk.state.called_up.sum(axis=2) == [1_200_000, 1_200_000, 0]).all()


def test_nobody_more_is_called_up_after_the_end():
    # The call-up ends after two days, the period after four; people hide, some drive to the border.
    chunk = started(called(until="2030-03-03T00:00+00:00"), 2)
    course = served(chunk)
    assert course[7:] == [QUOTA] * 9


def test_some_of_the_listed_leave_at_once():
    # 20 % of those listed neither comply nor hide: they are ready. Nobody else would leave (no signal).
    chunk = started(called(), 2)
    served(chunk)
    listed = chunk.members.world.class_listed
    assert (chunk.state.abroad[:, :, listed].sum(axis=(1, 2)) > 0).all()
    assert chunk.state.abroad[:, :, ~listed].sum() == 0


def test_call_up_does_not_stop_others_from_leaving():
    with_call_up = called()
    chunk = started(with_call_up.model_copy(update={"signals": town(signals=[signal()]).signals}), 2)
    served(chunk)
    assert (chunk.state.abroad.sum(axis=(1, 2)) > 10_000).all()


def test_small_region_of_great_weight_does_not_spoil_the_quota():
    # Region a has 2,000 exposed people and a weight of 1,000: all of them are called up and b gives the rest.
    regions = [origin("a", population=5000, call_up_weight=1000), origin("b", population=3_000_000)]
    scenario = called(comply=1, hide=0, half_time="60 d")
    chunk = started(scenario.model_copy(update={"origins": town(origins=regions).origins}), 3)
    served(chunk)
    assert (chunk.state.called_up.sum(axis=2) == [2000, QUOTA - 2000]).all()


def stopped_at_the_border(quota: int, until: str) -> Chunk:
    """Return a town of 20,000 exposed people whose call-up begins on the second day.

    Whoever comes to the bridge is refused, served a summons and complies.
    """
    stop = policy({"kind": "refuse_exit", "share": 1, "summons": 1})
    order = {
        "quota": quota, "from": "2030-03-02T00:00+00:00", "until": until, "half_time": "1 d", "comply": 1,
        "hide": 0, "found": 0, "evidence": ["example"],
    }  # fmt: skip
    scenario = town(population=20_000, per_day=40_000, policies=[stop], call_up=order, numbers={"cooling_time": 1e9})
    return started(scenario, 3)


def test_those_served_a_summons_at_the_border_do_not_push_the_call_up_above_its_quota():
    # 1,000 come in each step, all are listed. Those of the first day go home: the call-up has not begun. From
    # then on they count against the quota of 1,500, which is full in the second step; the others go home.
    chunk = stopped_at_the_border(1500, "2030-03-04T00:00+00:00")
    course = []
    for _ in range(16):
        put_on_road(chunk, 1000)
        advance(chunk)
        assert_conserved(chunk)
        course.append(chunk.state.called_up.sum(axis=(1, 2)))
    assert (np.array(course[:4]) == 0).all()
    assert (course[4] >= 1000).all()
    assert (course[4] < 1500).all()
    assert (np.array(course[5:]) == 1500).all()
    # every one of them was listed, and those whom the call-up itself found, fewer than 300 in its first step
    assert (chunk.state.listed >= 16_000).all()


def test_nobody_is_called_up_at_the_border_after_the_end():
    # The quota of 20,500 takes all 19,000 who do not drive when the call-up ends; the 1,000 who come to the bridge
    # in the next step are listed and go home.
    chunk = stopped_at_the_border(20_500, "2030-03-03T00:00+00:00")
    for step in range(9):
        if step == 7:
            put_on_road(chunk, 1000, ahead=1)
        advance(chunk)
    assert (chunk.state.called_up.sum(axis=(1, 2)) == 19_000).all()
    assert (chunk.state.listed == 20_000).all()
    assert (chunk.state.cooling.sum(axis=(1, 2)) == 1000).all()
