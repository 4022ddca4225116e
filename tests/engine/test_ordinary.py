"""Ordinary traffic: weekdays in local time, suppression, entry rules, and exits that lag behind entries."""

from __future__ import annotations

import numpy as np
from reference import ordinary as plain
from reference import small

from egress.engine.processes import ordinary

IN = [1.6, 1.3, 1.0, 0.8, 0.5, 0.7, 1.1]
OUT = [0.4, 0.9, 1.2, 1.0, 1.5, 1.3, 0.7]


def begun(members: int, step: float = 6.0) -> small.Small:
    said = small.scenario(
        {"land_suppression": 0.3, "air_suppression": 0.5, "ordinary_stay": 50.0},
        step=step,
        crossings=(
            small.door("bridge", weekday_entries="in", weekday_exits="out", exits="960/d"),
            small.door("east", weekday_entries="in", utc_offset="+06:00", entries="24/d", exits=0),
            small.door("field", "", mode="air", between="XAA|AIR", entries=0, exits=0),
        ),
        places=(small.place("north"), small.place("far", "XCC", admits="travel")),
        airports=({"id": "aaa", "name": "a", "lat": 50, "lon": 20, "crossing": "field", "source": "x"},),
        services=(
            {
                "id": "fly",
                "origin": "aaa",
                "destination": "far",
                "seats": "480/d",
                "hours": 3,
                "fare": 9000,
                "load": 0.5,
                "source": "x",
            },
        ),
        weekdays={
            "in": {"monday_to_sunday": IN, "source": "x"},
            "out": {"monday_to_sunday": OUT, "source": "x"},
        },
    )
    return small.run(said, members)


def test_means_by_weekday_with_suppression_and_lag() -> None:
    run = begun(1000)
    run.now.pressure[:] = 0
    kept, flown, follow = [], [], []
    for step in range(36):
        press = 0.8 if step >= 6 else 0.0
        run.now.pressure[:] = press
        run.now.ordinary_admitted[:, 0] = 0.6 if step >= 12 else 1.0
        kept.append((1 - 0.3 * press) * (0.6 if step >= 12 else 1.0))
        flown.append(1 - 0.5 * press)
        run.state.ordinary_held[:, 0] = 240 * flown[-1]
        arrivals, exits = ordinary.step(run.members, run.state, run.now)
        day = int(run.now.middle // 24) % 7  # the period begins on a Monday
        east = int((run.now.middle + 6) // 24) % 7
        mean = plain.entries(480, IN, day, kept[-1], 6)
        small.near(arrivals[:, 0], mean, mean)
        mean = plain.entries(24, IN, east, 1 - 0.3 * press, 6)
        small.near(arrivals[:, 1], mean, mean)
        back = plain.lagged(np.array(kept), 50.0, 6.0)[-1]
        home = plain.lagged(np.array(flown), 50.0, 6.0)[-1]
        follow.append(back)
        small.near(run.state.ordinary_abroad[:, 0], back, 0)
        small.near(exits[:, 0], 960 / 4 * OUT[day] * back, 960 / 4 * OUT[day] * back)
        small.near(exits[:, 2], 240 / 4 * home, 240 / 4 * home)
        assert exits[:, 1].sum() == 0
        run.again()
    assert follow[5] == 1.0
    assert follow[-1] < 0.55


def test_nobody_comes_to_a_shut_door_and_those_abroad_come_home() -> None:
    run = begun(1000)
    run.now.pressure[:] = 0
    run.state.ordinary_held[:, 0] = 240
    run.now.closed[:, 0], run.now.closed[:, 1], run.now.closed[:, 2] = 1.0, 0.25, 0.5
    arrivals, _ = ordinary.step(run.members, run.state, run.now)
    assert (arrivals[:, 0] == 0).all()
    small.near(arrivals[:, 1], 0.75 * 24 / 4 * IN[0], 0.75 * 24 / 4 * IN[0])
    for entry, kept in enumerate((0.0, 0.75, 0.5)):
        small.near(run.state.ordinary_abroad[:, entry], plain.lagged(np.array([kept]), 50.0, 6.0)[-1], 0)


def test_who_booked_before_flies_and_comes_back_whatever_the_mood() -> None:
    run = begun(1)
    run.state.ordinary_held[:, 0] = 240  # all seats that ordinary travellers take were sold before
    run.now.pressure[:] = 1.0  # nobody else books
    ordinary.step(run.members, run.state, run.now)
    assert run.state.ordinary_abroad[0, 2] == 1.0
    assert run.state.ordinary_abroad[0, 0] < 1.0


def test_the_variance_is_that_of_a_poisson_number() -> None:
    run = begun(2000)
    run.now.pressure[:] = 0
    arrivals, _ = ordinary.step(run.members, run.state, run.now)
    mean = 480 / 4 * 1.6
    small.near((arrivals[:, 0] - mean) ** 2, mean, 2 * mean**2 + mean)


def test_what_comes_back_does_not_depend_on_the_step() -> None:
    ends = []
    for step in (3.0, 24.0):
        run = begun(1, step)
        for _ in range(round(120 / step)):
            run.now.pressure[:] = 1.0
            ordinary.step(run.members, run.state, run.now)
            run.again()
        ends.append(run.state.ordinary_abroad[0, 0])
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-12)
