"""Travel: when people arrive, who boards when, and whom a road block catches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import small
from reference import travel as plain

from egress.engine.processes import calendar, travel
from egress.testing import put_in_seats


@pytest.mark.parametrize("delta", [1.0, 6.0, 24.0])
@pytest.mark.parametrize("spread", [1.02, 1.1, 1.35])
@pytest.mark.parametrize("hours", [0.5, 2.0, 17.0])
def test_slots_by_quadrature(hours: float, spread: float, delta: float) -> None:
    number = int(hours * spread**3.09 / delta) + 3
    parts = int(delta)
    scratch = calendar.calendar(number + 2, parts)  # of a longer ring too
    cdf = scratch.cdf[: number * parts]
    even = np.arange(1, parts + 1) / parts
    pace = calendar.pace(np.array([1.5, spread]))  # the outermost 1 in 1,024 stand at the cut
    for known in (True, False):  # evenly over the step, in closed form and as a course that happens to be even
        calendar.arrivals(1, hours, pace, even, known, delta, number * parts, parts, scratch)
        found = np.diff(cdf[parts - 1 :: parts], prepend=0.0)
        np.testing.assert_allclose(found, plain.slots(hours, spread, delta, number), atol=1e-3)
        assert cdf[-1] == 1.0


@pytest.mark.parametrize("people", [50, 5000])
def test_those_who_act_late_in_a_step_arrive_late(people: int) -> None:
    # All act in the fifth hour of six and drive 3 h ± 10 %: as from a step of one hour that begins at 4.
    run = begun(1)
    slots = 8
    ring, by_part = np.zeros((400, slots, 1), dtype=np.int32), np.zeros((400, slots, 6), dtype=np.float32)
    acted = np.array([0, 0, 0, 0, 1.0, 1.0])
    pace = calendar.pace(np.array([1.1]))
    for m in range(400):
        state = np.uint64(m + 1)
        calendar.on_the_way(
            0, people, 3.0, pace, acted, False, 2, 6.0, ring[m], 0, by_part[m], calendar.calendar(slots, 6), state
        )
    p = plain.slots(3.0, 1.1, 1.0, 44)
    hourly = np.concatenate([np.zeros(4), p]).reshape(slots, 6)
    total = hourly.sum(axis=1)
    small.near(np.roll(ring[:, :, 0], -2, axis=1), people * total, people * total * (1 - total), slack=people * 2e-4)
    mean = np.roll(by_part, -2, axis=1).mean(axis=0)
    np.testing.assert_allclose(mean, people * hourly, atol=4 * np.sqrt(people / 4 / 400) + people * 2e-3)
    assert run.state.road_parts.shape[3] == 6


def flights(**more: Any) -> dict[str, Any]:
    base = {
        "id": "fly",
        "origin": "aaa",
        "destination": "far",
        "seats": "9000/d",
        "hours": 5,
        "fare": 9000,
        "load": 0.5,
        "source": "x",
    }
    return base | more


def begun(members: int = 1, **parts: Any) -> small.Small:
    base: dict[str, Any] = {
        "origins": (small.origin("a"), small.origin("b", 49.0, 21.0)),
        "places": (small.place("north"), small.place("far", "XCC", admits="travel")),
        "crossings": (
            small.door("bridge"),
            small.door("field", "", mode="air", between="XAA|AIR", entries=0),
        ),
        "airports": (
            {"id": "aaa", "name": "a", "lat": 50, "lon": 20, "crossing": "field", "source": "x"},
            {"id": "bbb", "name": "b", "lat": 50.5, "lon": 20, "source": "x"},
        ),
        "services": (flights(), flights(id="feed", destination="bbb", domestic=True, hours=1)),
        "call_up": {
            "quota": 1_000_000,
            "from": "2030-03-04T00:00+00:00",
            "until": "2030-03-05T00:00+00:00",
            "half_time": "1 d",
            "comply": 0.6,
            "hide": 0.2,
            "found": 0,
            "evidence": ["x"],
        },
    }
    given = {"travel_spread": 1.3, "road_speed": 50.0, "detour": 1.25}
    return small.run(small.scenario(given, **(base | parts)), members)


def step(run: small.Small) -> np.ndarray[Any, Any]:
    entries = np.zeros((len(run.members), run.members.world.entries), dtype=np.int64)
    travel.step(run.members, run.state, run.now, entries)
    return entries


@pytest.mark.parametrize("people", [3, 1000])
def test_arrivals_on_the_road(people: int) -> None:
    run = begun(2000)
    world, state = run.members.world, run.state
    ways = [k for k, way in enumerate(world.ways.itineraries) if way.product is None]
    state.leaving[:, ways, 1] = people
    run.now.step = 5
    step(run)
    slots = state.road.shape[2]
    expected, variance = np.zeros(slots), np.zeros(slots)
    for k in ways:
        hours = world.ways.itineraries[k].ground * 1.25 / 50
        p = plain.slots(hours, 1.3, 6.0, slots)
        expected += people * p
        variance += people * p * (1 - p)
    small.near(np.roll(state.road[:, 0, :, 1], -5, axis=1), expected, variance, slack=1e-3 * people)
    assert (state.road_from[:, 0, 1] == people).all()
    assert state.leaving.sum() == 0


@pytest.mark.parametrize("people", [4, 900])
def test_boarding_exit_control_and_flights_over_a_day(people: int) -> None:
    run = begun(2000)
    state, world = run.state, run.members.world
    fly = int(np.flatnonzero(~world.product_domestic)[0])
    a = world.product_entry[fly]
    put_in_seats(run, people // 4, fly, origin=0)
    put_in_seats(run, people - people // 4, fly, origin=1)
    refuse, admit, summon = 0.3, 0.9, 0.4
    out = refuse + (1 - refuse) * (1 - admit)
    left = np.zeros((2000, 4))
    for part in range(4):
        run.now.refused[:, a, 0], run.now.admitted[:, a, 0], run.now.summoned[:, a, 0] = refuse, admit, summon
        before = state.booked[:, 0, fly, 0].copy()
        step(run)
        left[:, part] = before - state.booked[:, 0, fly, 0]
        assert np.array_equal(state.booked.sum(axis=(1, 2)), state.booked_from.sum(axis=1))
        assert np.array_equal(state.booked.sum(axis=(1, 2, 3)), state.sold.sum(axis=(1, 2)))
        run.again()
    small.near(left, people / 4, people * 3 / 16)
    stopped = people * out
    small.near(state.turned_back[:, a], stopped, stopped * (1 - out))
    served = refuse * summon  # those whom the carrier leaves behind get no summons
    for stock, share in (
        (state.cooling[:, :, 0].sum(axis=1), out - served),
        (state.listed.sum(axis=1), served),
        (state.called_up[:, :, 2].sum(axis=1), served * 0.6),
        (state.cooling[:, :, 2].sum(axis=1), served * 0.4),
    ):
        small.near(stock, people * share, people * share * (1 - share))
    arrived = people * (1 - out)
    small.near(state.flows[:, :, a].sum(axis=1), arrived, arrived * out)
    small.near(state.abroad[:, 0, 0], arrived * (people // 4) / people, arrived)
    p = plain.slots(5.0, 1.3, 6.0, state.air.shape[2])
    ring = np.zeros_like(p)
    for part in range(4):
        for j, chance in enumerate(p):
            ring[(part + j) % len(ring)] += chance / 4
    small.near(state.air[:, a - world.doors, :, 0], arrived * ring, arrived * ring)


def test_exit_control_alone_serves_summonses() -> None:
    for refused, admitted, closed, listed in ((0, 0, 0, 0), (1, 0, 0, 600), (1, 1, 1, 0), (1, 0, 0.25, 450)):
        run = begun(200)
        state, world = run.state, run.members.world
        fly = int(np.flatnonzero(~world.product_domestic)[0])
        a = world.product_entry[fly]
        put_in_seats(run, 200, fly, origin=0)
        put_in_seats(run, 400, fly, origin=1)
        run.now.begin = 18.0  # the last step of a day: everybody leaves
        run.now.refused[:, a, 0], run.now.admitted[:, a, 0], run.now.closed[:, a] = refused, admitted, closed
        run.now.summoned[:, a, 0] = 1.0
        step(run)
        assert (state.turned_back[:, a] == 600).all()
        share = listed / 600
        small.near(state.listed.sum(axis=1), listed, 600 * share * (1 - share))


def test_a_feeder_lands_on_the_road_to_its_door_without_exit_control() -> None:
    run = begun(1000)
    state, world = run.state, run.members.world
    feed = int(np.flatnonzero(world.product_domestic)[0])
    run.now.refused[:] = 1.0
    run.now.begin = 18.0  # the last step of a day: everybody leaves
    put_in_seats(run, 500, feed, origin=1, cls=1)
    step(run)
    hours = 1 + world.ways.products[feed].beyond * 1.25 / 50
    p = plain.slots(hours, 1.3, 6.0, state.road.shape[2])
    small.near(state.road[:, 0, :, 1], 500 * p, 500 * p * (1 - p))
    assert (state.road_from[:, 0, 1, 1] == 500).all()


def test_ordinary_travellers_fly_with_the_seats_they_hold() -> None:
    run = begun()
    fly = [s.id for s in run.members.world.scenario.services].index("fly")
    total = np.zeros(run.members.world.entries)
    for part in range(8):
        run.state.ordinary_held[:, fly, 0], run.state.ordinary_held[:, fly, 1] = 1001.5, 400.0
        total += step(run)[0]
        if part == 3:
            assert total.tolist() == [0, 1001]
        run.again()
    assert total.tolist() == [0, 1401]


@pytest.mark.parametrize("distance", [0.0, 2.0, 6.0, 9.0])
def test_a_block_that_begins_catches_those_who_have_not_passed(distance: float) -> None:
    policy = {
        "id": "block",
        "what": "x",
        "history": [{"at": "2030-03-04T00:00+00:00", "status": "in_force", "evidence": ["x"]}],
        "effects": [{"kind": "road_block", "distance": distance, "turned_back": 0.7}],
    }
    run = begun(2000, policies=(policy,))
    state = run.state
    slots = state.road.shape[2]
    state.road[:, 0, :, 0] = 90
    state.road_from[:, 0, 0] = [60 * slots, 30 * slots]
    for _ in range(slots - int(distance / 6)):
        step(run)
        run.again()
    share = np.array([plain.passes(6 * j, 6 * j + 6, distance, 0, 999) * 0.7 for j in range(slots)])
    small.near(90 - state.road[:, 0, :, 0], 90 * share, 90 * share * (1 - share))
    caught = 90 * share.sum()
    small.near(state.cooling[:, :, 0], caught * np.array([2, 1]) / 3, caught)
    assert np.array_equal(state.road[:, 0].sum(axis=1), state.road_from[:, 0].sum(axis=2))


@pytest.mark.parametrize("people", [5, 1000])
def test_those_who_book_at_the_last_minute_leave_after_it(people: int) -> None:
    # At 12:00, six hours a step: who booked in it left, on average over when he acted, by 18:00 with the chance
    # 1 − ln 2 = 0.31, and whoever had booked before with a half.
    for late, share in ((False, 0.5), (True, 1 - np.log(2))):
        run = begun(2000)
        fly = int(np.flatnonzero(~run.members.world.product_domestic)[0])
        run.now.begin = 12.0
        put_in_seats(run, people, fly)
        run.now.last_minute[:, run.members.world.product_service[fly]] = people if late else 0
        step(run)
        left = people - run.state.booked[:, 0, fly, 0]
        assert (left == left[0]).all()
        assert left[0] == pytest.approx(people * share, abs=1.0 + 0.002 * people)


@pytest.mark.parametrize("share", [1.0, 0.5])
@pytest.mark.parametrize("distance", [2.0, 6.0, 9.0])
def test_a_block_that_stands_catches_everybody_once(distance: float, share: float) -> None:
    policy = {
        "id": "block",
        "what": "x",
        "history": [{"at": "2030-03-01T00:00+00:00", "status": "in_force", "evidence": ["x"]}],
        "effects": [{"kind": "road_block", "distance": distance, "turned_back": share}],
    }
    run = begun(1000, policies=(policy,))
    state = run.state
    far = 4  # steps until they arrive: they start before the block
    state.road[:, 0, far, 0] = 400
    state.road_from[:, 0, 0, 0] = 400
    for _ in range(far + 1):
        step(run)
        run.again()
    small.near(state.cooling[:, 0, 0], 400 * share, 400 * share * (1 - share))


def test_local_plates_pass() -> None:
    run = begun(1000)
    state = run.state
    state.road[:, 0, 0, 0] = 400
    state.road_from[:, 0, 0] = [100, 300]
    run.now.block[:], run.now.block_hours[:] = 1.0, 0.0
    run.now.block_local[0, 1] = True
    step(run)
    assert (state.cooling[:, 1].sum(axis=1) == 0).all()
    assert (state.cooling[:, 0, 0] == 100).all()
    assert (state.road[:, 0, 0, 0] == 300).all()
