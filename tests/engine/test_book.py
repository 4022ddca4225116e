"""Book: the ordinary sales, the fare, the free seats, and who gets them when there are too few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import book as plain
from reference import small

from egress.engine.draws import key
from egress.engine.processes import book, choose

SHAPE, SCALE = 0.8, 300.0


def begun(members: int = 1, seats: int = 400, load: float = 0.6, **more: Any) -> small.Small:
    """One city whose only way out is a flight, seats for today and the next two days in sight."""
    given = {
        "booking_horizon": 48.0,
        "air_suppression": 0.5,
        "fare_curve": 2.0,
        "fare_cap": 10.0,
        "weight_fare": 0.0,
        "weight_days": 0.0,
        "wait_utility": -60.0,
    }
    said = small.scenario(
        given,
        places=(small.place("far", "XCC", admits="travel"),),
        crossings=(small.door("field", "", mode="air", between="XAA|AIR", entries=0, exits=0),),
        lanes=(),
        airports=({"id": "aaa", "name": "a", "lat": 50.3, "lon": 20.0, "crossing": "field", "source": "x"},),
        services=(
            {
                "id": "fly",
                "origin": "aaa",
                "destination": "far",
                "seats": f"{seats}/d",
                "hours": 3,
                "fare": 9000,
                "load": load,
                "lead_shape": SHAPE,
                "lead_scale": SCALE,
                "source": "x",
            },
        ),
        **more,
    )
    return small.run(said, members)


def ask(run: small.Small) -> tuple[Any, Any, Any]:
    """Let those in `acted` book; return (seats bought, fare, next free seat) [M, 1]."""
    shape = (len(run.members), 1)
    bought, fares, ahead = np.zeros(shape, dtype=np.int32), np.zeros(shape), np.zeros(shape, dtype=np.int16)
    no_way = np.zeros(run.state.ready.shape, dtype=bool)
    choose.step(run.members, run.state, run.now, np.zeros((len(run.members), 0)), bought, fares, ahead, no_way)
    return bought, fares, ahead


@pytest.mark.parametrize("step", [2.0, 24.0])
def test_ordinary_seats_sell_along_the_curve_less_what_is_displaced(step: float) -> None:
    run = begun(step=step)
    horizon = 3
    course: dict[int, list[tuple[float, float]]] = {day: [(day * 24 + 12.0, 0.0)] for day in range(horizon)}
    for _ in range(round(96 / step)):
        run.now.pressure[:] = strength = 0.4 if run.now.begin >= 24 else 0.0
        today, end = run.now.day, run.now.begin + step
        if today + horizon - 1 not in course:
            course[today + horizon - 1] = [((horizon - 1) * 24 + 12.0, 0.0)]
        for day in range(today, today + horizon):
            course[day].append((max(day * 24 + 12 - end, 0.0), 0.5 * strength))
        book.step(run.members, run.state, run.now)
        for day in range(today, today + horizon):
            found = run.state.ordinary_held[0, 0, day % horizon]
            assert found == pytest.approx(plain.held(400, 0.6, SHAPE, SCALE, course[day]), rel=1e-9)
        run.again()


def test_an_undisturbed_flight_ends_with_its_load() -> None:
    run = begun()
    for _ in range(4):
        run.now.pressure[:] = 0
        book.step(run.members, run.state, run.now)
        run.again()
    assert run.state.ordinary_held[0, 0, 0] == pytest.approx(400 * 0.6)


@pytest.mark.parametrize(("first", "second", "third"), [(240, 200, 180), (400, 400, 400), (400, 300, 260), (10, 0, 0)])
def test_fare_by_excess_load(first: float, second: float, third: float) -> None:
    run = begun(step=1.0)
    run.now.step, run.now.begin = 23, 23.0  # the last step of a day: fares are looked at though nobody asks
    run.now.pressure[:] = 2.0  # every ordinary sale of this step is displaced
    run.state.ordinary_held[0, 0] = [first, second, third]
    _, fares, ahead = ask(run)
    usual = sum(plain.sold_by(day * 24 + 12 - 23.5, SHAPE, SCALE) for day in range(3)) * 0.6 / 3
    expected = plain.fare(9000, 10, 2, (first + second + third) / 1200, usual)
    assert abs(np.log(fares[0, 0] / expected)) <= book.TICK / 2 + 1e-12, "the nearest fare class"
    assert ahead[0, 0] == (0 if (400 - first) / 24 >= 1 else 1 if second < 400 else 3)


def test_free_seats_of_today_shrink_as_the_day_passes() -> None:
    for hour in (0.0, 6.0, 23.0):
        for held, sold in ((100.5, 7), (400.0, 0), (0.0, 399)):
            today = max(int(np.floor((400 - held) * (24 - hour) / 24 + 1e-9)) - sold, 0)
            assert book.free_seats(400.0, held, sold, 0, hour) == today
            assert book.free_seats(400.0, held, sold, 1, hour) == max(int(400 - held) - sold, 0)


@pytest.mark.parametrize("seats", [1, 70, 399, 400, 500])
def test_too_few_seats_are_shared_without_replacement(seats: int) -> None:
    asks = np.array([250, 30, 120])
    chain = np.array([1, 2, -1, -1])
    got = np.zeros((2000, 4), dtype=np.int64)
    for member in range(2000):
        state = np.uint64(key(np.uint64(small.SEED), member, 0, 0, 7))
        book.ration(seats, 400, 0, chain, np.array([*asks, 50]), got[member], state)
    assert (got[:, :3].sum(axis=1) == min(seats, 400)).all()
    assert (got[:, 3] == 0).all(), "another service"
    small.near(got[:, :3], *plain.shared(asks.astype(float), seats))


def test_regions_and_classes_get_seats_in_proportion() -> None:
    run = begun(2000, seats=100, load=0.0, step=1.0, origins=(small.origin("a"), small.origin("b")))
    run.state.acted[:, :, 0] = [300, 900]
    run.state.acted[:, :, 1] = [0, 300]
    bought, _, _ = ask(run)
    assert (bought == 300).all(), "three days' seats, one day's in each pass of a round"
    asks = np.array([300.0, 900, 0, 300])
    got = run.state.booked_from[:, :, :2].swapaxes(1, 2).reshape(2000, 4)  # one ticket of each region
    small.near(got, *plain.shared(asks, 300))
    assert (run.state.booked[:, :, 0].sum(axis=2) == 100).all()
    assert np.array_equal(run.state.waiting[:, :, :2].sum(axis=(1, 2)), np.full(2000, 1200))


def test_after_three_more_choices_one_waits() -> None:
    run = begun(4, seats=10, load=0.0, step=1.0)
    run.state.acted[:, 0, 0] = 1000
    bought, _, _ = ask(run)
    assert (bought == 30).all()
    assert (run.state.waiting[:, 0, 0] == 970).all()


def test_hourly_rounds_sell_what_is_left_of_the_day() -> None:
    run = begun(200, seats=240, load=0.0, step=6.0)
    run.state.acted[:, 0, 0] = 5000
    bought, _, _ = ask(run)
    assert (bought == 720).all(), "in the first hour nearly a thousand ask for 720 seats"
    run = begun(200, seats=24_000, load=0.0, step=6.0)
    run.state.acted[:, 0, 0] = 600
    bought, _, _ = ask(run)
    assert (bought == 600).all()
    assert (run.state.booked[:, 0, 0, 0] == 600).all(), "all today while there are seats"
