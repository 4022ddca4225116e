"""Cross: lanes person by person, the pace of a pressed door, balking, giving up, lane choice and control."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import cross as plain
from reference import small

from egress.engine import conserve
from egress.engine.processes import cross

ALIKE = {"relaxed": "2412/d", "throughput": "2412/d"}  # 100.5 persons an hour


def begun(members: int = 1, given: dict[str, float] | None = None, **parts: Any) -> small.Small:
    base: dict[str, Any] = {
        "origins": (small.origin("a"), small.origin("b")),
        "crossings": (small.door("bridge", entries=0, exits=0),),
        "lanes": (small.lane("bridge", **ALIKE),),
    }
    return small.run(small.scenario(given, **(base | parts)), members)


def come(run: small.Small, people: int, group: int = 0) -> None:
    """Let people of the surge arrive at the door in this step, a quarter of them from the first city."""
    slot = run.now.step % run.state.road.shape[2]
    run.state.road[:, 0, slot, group] += people
    run.state.road_from[:, 0, group] += [people // 4, people - people // 4]


def step(run: small.Small, ordinary: int = 0) -> dict[str, Any]:
    """Take a step of the door, with its records, and check that nobody and no waiting time is lost."""
    world, m = run.members.world, len(run.members)
    names = ("queue", "wait", "served", "refused", "gave_up")
    record = {name: np.zeros((m, len(world.scenario.lanes))) for name in names}
    for name in set(names) - {"wait"}:
        record[name] = record[name].astype(np.int64)
    record["arrived"], record["entries"] = np.zeros((2, m, world.entries), dtype=np.int64)
    coming = np.full((m, world.doors), ordinary, dtype=np.int64)
    cross.step(run.members, run.state, run.now, coming, record["arrived"], record["entries"], record)
    run.state.step += 1
    conserve.assert_waits(run.state, world)
    run.state.step -= 1
    queued = run.state.queue[:, :, :, :-1].sum(axis=(1, 2)) + run.state.road.sum(axis=(1, 2))
    assert np.array_equal(queued + run.state.crossed[:, 0], run.state.road_from[:, 0].sum(axis=2))
    return record


@pytest.mark.parametrize("hours", [1.0, 6.0, 24.0])
def test_first_in_first_out_person_by_person(hours: float) -> None:
    run = begun(step=hours)
    lane = plain.Fifo()
    per_hour = [150, 90, 400, 0, 0, 20, 100, 101, 0, 300] * 3
    for number in range(min(30, round(240 / hours))):
        people = round(per_hour[number] * hours)
        ordinary = people // 3
        come(run, people - ordinary)
        found = step(run, ordinary)
        served, _ = lane.step(run.now.begin, hours, people, 100.5 * hours)
        assert found["served"][0, 0] == served
        assert found["queue"][0, 0] == len(lane.waiting)
        assert found["wait"][0, 0] == pytest.approx(len(lane.waiting) / 100.5)
        assert run.state.wait_sum[0, 0] == pytest.approx(sum(lane.waits), rel=1e-9, abs=1e-6)
        assert run.state.queue_integral[0, 0] == pytest.approx(lane.area, rel=1e-12)
        end = run.now.begin + hours
        assert lane.waited(end) == pytest.approx(lane.area, rel=1e-9, abs=1e-6)
        assert conserve.waiting_time(run.state, end)[1][0, 0] == pytest.approx(lane.waited(end), rel=1e-9, abs=1e-6)
        run.again()


def test_twenty_minutes_show_at_six_hours() -> None:
    run = begun()
    come(run, 603 + 33)
    found = step(run)
    assert found["served"][0, 0] == 603
    assert found["wait"][0, 0] == pytest.approx(33 / 100.5)
    assert run.state.wait_sum[0, 0] / 603 == pytest.approx(6 * (1 / 603 - 1 / 636) * 603 / 2, rel=1e-9)


def come_by_part(run: small.Small, by_part: list[int]) -> None:
    """Let people of the surge arrive in each part of this step."""
    come(run, sum(by_part))
    run.state.road_parts[:, 0, run.now.step % run.state.road.shape[2]] += by_part


def test_a_lane_idles_until_the_first_of_them_come() -> None:
    # 100.5 an hour could pass. 400 come in the last two hours: 201 pass in these two hours, and not 400.
    run = begun(20)
    come_by_part(run, [0, 0, 0, 0, 200, 200])
    found = step(run)
    assert (found["served"][:, 0] == 201).all()
    assert (found["queue"][:, 0] == 199).all()
    lane = plain.Fifo()
    for hour, people in enumerate([0, 0, 0, 0, 200, 200]):
        lane.step(hour, 1.0, people, 100.5)
    # who comes in which of the two hours is drawn: 200 ± 10
    small.near(run.state.wait_sum[:, 0], sum(lane.waits), 100.0)
    small.near(run.state.queue_integral[:, 0], lane.area, 100.0)


def test_a_lane_with_a_queue_does_not_idle() -> None:
    run = begun(5)
    come(run, 2000)
    step(run)
    run.again()
    come_by_part(run, [0, 0, 0, 0, 200, 200])
    assert (step(run)["served"][:, 0] == 603).all()


def test_ordinary_traffic_comes_evenly_beside_a_late_surge() -> None:
    # 10 an hour all the time, and 600 in the last hour: 50 pass in five hours and 100 or 101 in the last
    run = begun(2000)
    come_by_part(run, [0, 0, 0, 0, 0, 600])
    found = step(run, 60)
    served = found["served"][:, 0]
    small.near(served, 50 + 100, 60 * 5 / 36, slack=0.5)


def test_those_served_first_came_first() -> None:
    run = begun(500)
    come(run, 900, 0)
    step(run)
    run.again()
    come(run, 900, 1)
    step(run)
    assert (run.state.queue[:, 0, :, 0].sum(axis=1) == 0).all(), "the first group went first: 603 and 297"
    served = 2 * 603 - 900
    assert (run.state.queue[:, 0, :, 1].sum(axis=1) == 900 - served).all()
    assert (run.state.crossed[:, 0, :2] == [900, served]).all()


def test_within_a_cohort_classes_are_served_at_random() -> None:
    run = begun(2000)
    come(run, 600, 0)
    come(run, 300, 1)
    found = step(run, 300)
    share = 603 / 1200
    variance = 603 * np.array([0.5, 0.25, 0.25]) * np.array([0.5, 0.75, 0.75]) * 597 / 1199
    gone = 600 - run.state.queue[:, 0, :, 0].sum(axis=1), 300 - run.state.queue[:, 0, :, 1].sum(axis=1)
    small.near(np.stack([*gone, found["entries"][:, 0]], axis=1), np.array([600, 300, 300]) * share, variance)
    assert np.array_equal(found["arrived"][:, 0], gone[0] + gone[1])


def test_a_pressed_door_speeds_up_and_slows_down() -> None:
    run = begun(
        given={"stress_time": 60.0},
        lanes=(small.lane("bridge", throughput="4800/d", relaxed="2400/d"),),
    )
    pace, queue = 100.0, 0
    for number in range(40):
        people = 1500 if number < 8 else 100
        come(run, people)
        pace = plain.service(pace, 200.0 if queue / pace > 2 else 100.0, 60.0, 6.0)
        queue = int(step(run)["queue"][0, 0])
        assert run.state.service[0, 0] == pytest.approx(pace, rel=1e-9)
        run.again()
    assert pace < 150


def test_policies_noise_and_hours_change_what_is_served() -> None:
    run = begun()
    run.now.lane_factor[:] = 1.7
    run.now.lane_open[:] = 0.25
    run.now.lane_day[:] = 0.5
    come(run, 1000)
    found = step(run)
    assert found["served"][0, 0] == int(100.5 * 1.7 * 0.25 * 6)
    left = 1000 - int(100.5 * 1.7 * 0.25 * 6)
    assert found["wait"][0, 0] == pytest.approx(left / (100.5 * 1.7 * 0.5))
    run = begun(lanes=(small.lane("bridge", hours="08:00-20:00", **ALIKE),))
    served = []
    for _ in range(8):
        come(run, 1000)
        served.append(int(step(run)["served"][0, 0]))
        run.again()
    by_day = np.cumsum(np.array([0, 4, 6, 2] * 2) * 100.5)
    assert np.abs(np.cumsum(served) - by_day).max() < 1.0 + 1e-9


def test_a_shut_door_serves_nobody_and_has_no_wait() -> None:
    run = begun()
    run.now.lane_open[:] = run.now.lane_day[:] = 0.0
    come(run, 100)
    found = step(run)
    assert found["served"].sum() == 0
    assert found["queue"][0, 0] == 100
    assert np.isnan(found["wait"][0, 0])


@pytest.mark.parametrize("people", [5, 1200])
def test_giving_up_falls_with_the_time_spent(people: int) -> None:
    given = {"give_up_rate": 0.02, "give_up_memory": 24.0}
    run = begun(3000, given, lanes=(small.lane("bridge", throughput="0.001/d", relaxed="0.001/d"),))
    come(run, people)
    step(run)
    stay, spread = 1.0, 0.0
    for number in range(4):
        run.again()
        # they came at 3 h on average: at the begin of the next step they have the risk of the ages 0 to 6 h
        leave = plain.gives_up(0.02, 24.0, 6.0 * number, 6.0)
        found = step(run)
        mean = people * stay * leave
        # a cohort has the risk at its mean arrival: the curvature over 6 h is (6/24)²/24 of it
        small.near(found["gave_up"][:, 0], mean, people * stay * leave * (1 - stay * leave), slack=0.003 * mean)
        stay *= 1 - leave
        spread += mean
    small.near(
        run.state.waiting[:, :, 0].sum(axis=1),
        people * (1 - stay),
        people * stay * (1 - stay),
        slack=0.003 * spread,
    )
    first = people // 4 / people
    small.near(run.state.waiting[:, 0, 0], first * spread, spread, slack=0.003 * spread)


def test_balking_at_the_sight_of_the_queue() -> None:
    run = begun(2000, {"balk_rate": 0.02, "balk_wait": 6.0})
    come(run, 603 + 1005)
    assert step(run)["gave_up"].sum() == 0, "no queue to be seen yet"
    run.again()
    come(run, 400)
    found = step(run, 200)
    away = plain.turns_away(0.02, 10.0)
    small.near(found["gave_up"][:, 0], 600 * away, 600 * away * (1 - away))
    small.near(run.state.waiting[:, :, 0].sum(axis=1), 400 * away, 400 * away * (1 - away))
    run = begun(20, {"balk_rate": 0.5, "balk_wait": 6.0})
    come(run, 603 + 603)
    step(run)
    run.again()
    come(run, 400)
    assert step(run)["gave_up"].sum() == 0, "nobody turns away from six hours"


def two_lanes(members: int, given: dict[str, float] | None = None) -> small.Small:
    lanes = (small.lane("bridge", share=0.6, **ALIKE), small.lane("bridge", "foot", share=0.4, **ALIKE))
    return begun(members, given, lanes=lanes)


def test_lane_choice_by_share_and_visible_wait() -> None:
    run = two_lanes(2000, {"weight_wait": 0.03})
    run.state.queue[:, 0, 0, 2] = 1206  # 12 hours in the vehicle lane, none on foot; listed people
    run.state.road_from[:, 0, 2, 0] = 1206
    run.state.newest[:, 0] = 1
    run.state.cohort_from[:, 0, 0], run.state.cohort_to[:, 0, 0] = -6.0, 0.0
    # what they waited before the period is in neither sum
    run.state.wait_sum[:, 0] = -1206 * 3.0
    come(run, 500)
    step(run, 300)
    chance = plain.lanes(np.array([0.6, 0.4]), np.array([12.0, 0.0]), 0.03)[0]
    small.near(run.state.queue[:, 0, :, 0].sum(axis=1), 500 * chance, 500 * chance * (1 - chance))
    assert (run.state.queue[:, 0, :, 3].sum(axis=1) == 300).all(), "ordinary traffic stays in its vehicles"


def test_ordinary_travellers_walk_where_the_door_is_for_walkers() -> None:
    lanes = (
        small.lane("bridge", "foot", share=0.8, **ALIKE),
        small.lane("bridge", "bus", share=0.2, open=False, **ALIKE),
    )
    run = begun(500, {"weight_wait": 0.0}, lanes=lanes)
    run.now.lane_open[:] = run.now.lane_day[:] = 1.0  # a policy has opened the bus lane
    come(run, 0)
    found = step(run, 300)
    through = run.state.queue[:, :, :, 3].sum(axis=2) + found["served"]
    small.near(through[:, 0], 300 * 0.8, 300 * 0.8 * 0.2)


def test_a_lane_that_is_shut_takes_nobody() -> None:
    run = two_lanes(50)
    run.now.lane_open[:, 1] = run.now.lane_day[:, 1] = 0.0
    come(run, 2000)
    step(run)
    assert run.state.queue[:, 1].sum() == 0


def test_those_who_leave_a_vehicle_queue_may_walk_on() -> None:
    run = two_lanes(2000, {"give_up_rate": 0.03, "give_up_memory": 24.0, "walk_on": 0.7, "weight_wait": 0.0})
    run.now.lane_open[:] = 0.0
    come(run, 1000)
    step(run)
    vehicle = run.state.queue[:, 0].sum(axis=(1, 2)).mean()
    small.near(run.state.queue[:, 0].sum(axis=(1, 2)), 600, 240)
    run.again()
    run.now.lane_open[:] = 0.0
    before = run.state.queue[:, 1].sum(axis=(1, 2))
    found = step(run)
    leave = plain.gives_up(0.03, 24.0, 0.0, 6.0)
    small.near(found["gave_up"], [vehicle * leave, 400 * leave], 1000 * leave, slack=2.0)
    walked = run.state.queue[:, 1].sum(axis=(1, 2)) - before + found["gave_up"][:, 1]
    small.near(walked - 0.7 * found["gave_up"][:, 0], 0, vehicle * leave * 0.21)


@pytest.mark.parametrize("people", [4, 400])
def test_exit_control_entry_control_and_where_they_end(people: int) -> None:
    call = {
        "quota": 1_000_000,
        "from": "2030-03-04T00:00+00:00",
        "until": "2030-03-05T00:00+00:00",
        "half_time": "1 d",
        "comply": 0.6,
        "hide": 0.2,
        "found": 0,
        "evidence": ["x"],
    }
    run = begun(3000, step=24.0, call_up=call)  # one step a day: origins are drawn at its end
    refuse, summon, admit = 0.3, 0.25, 0.8
    run.now.refused[:, 0, 0], run.now.summoned[:, 0, 0], run.now.admitted[:, 0, 0] = refuse, summon, admit
    come(run, people)
    found = step(run, 50)
    assert (found["served"][:, 0] == people + 50).all()
    assert (found["entries"][:, 0] == 50).all(), "ordinary travellers were sifted before"
    inside = (1 - refuse) * admit
    summoned = refuse * summon
    for stock, share in (
        (found["arrived"][:, 0], inside),
        (found["refused"][:, 0], 1 - inside),
        (run.state.turned_back[:, 0], 1 - inside),
        (run.state.abroad[:, :, 0].sum(axis=1), inside),
        (run.state.listed.sum(axis=1), summoned),
        (run.state.called_up[:, :, 2].sum(axis=1), summoned * 0.6),
        (run.state.cooling[:, :, 2].sum(axis=1), summoned * 0.4),
        (run.state.cooling[:, :, 0].sum(axis=1), refuse * (1 - summon) + (1 - refuse) * (1 - admit)),
        (run.state.flows[:, 0, 0], inside / 4),
        (run.state.flows[:, 1, 0], inside * 3 / 4),
    ):
        small.near(stock, people * share, people * share * (1 - share))


def test_old_cohorts_are_merged_and_nobody_is_lost() -> None:
    run = begun(step=24.0, days=25, lanes=(small.lane("bridge", throughput="1.3/d", relaxed="1.3/d"),))
    lane = plain.Fifo()
    for _ in range(25):
        come(run, 12)
        found = step(run)
        lane.step(run.now.begin, 24.0, 12, 1.3)
        assert found["queue"][0, 0] == len(lane.waiting)
        assert run.state.queue_integral[0, 0] == pytest.approx(lane.area)
        run.again()
    assert run.state.newest[0, 0] - run.state.oldest[0, 0] == run.state.queue.shape[2], "the ring is full"
    assert run.state.oldest[0, 0] > 25 * 1.3 // 12, "and cohorts were merged"


def test_where_people_come_from_is_drawn_at_the_end_of_the_day() -> None:
    # 100 pass in each of the first three steps of the day, 603 of 1,206 in the last: 903 of 1,506, of whom 376 are of
    # the first city. Until midnight only their class is known; then they are drawn without replacement.
    run = begun(2000)
    for number, people in enumerate((100, 100, 100, 1206)):
        come(run, people)
        step(run)
        if number < 3:
            assert (run.state.crossed[:, 0, 0] == 100 * (number + 1)).all()
            assert not run.state.flows.any()
            run.again()
    assert not run.state.crossed.any()
    assert np.array_equal(run.state.flows[:, :, 0], run.state.abroad[:, :, 0])
    assert (run.state.flows[:, :, 0].sum(axis=1) == 903).all()
    share = 376 / 1506
    small.near(run.state.flows[:, 0, 0], 903 * share, 903 * share * (1 - share) * (1506 - 903) / 1505)
    assert (run.state.flows[:, :, 0] + run.state.road_from[:, 0, 0] == [376, 1130]).all()
