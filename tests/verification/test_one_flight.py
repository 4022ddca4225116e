"""One flight of 100 seats: who gets a seat, what the others do, what a seat costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from egress.engine.loop import Chunk, advance
from egress.scenario.schema import Scenario
from egress.testing import (
    AT_ONCE,
    assert_conserved,
    origin,
    policy,
    put_in_seats,
    service,
    signal,
    started,
    steps_taken,
    town,
)

ONE_DAY = {"booking_horizon": 0, "retry_rate": 0} | AT_ONCE
FAR = 60.0  # hours by road


def rush(numbers: dict[str, float] | None = None, **changes: Any) -> Scenario:
    """Return a town that lives at the airport, 60 h by road from the bridge; all leave in the first step."""
    parts = {"origins": [origin(hours=FAR, airports=["field"])], "signals": [signal()], "days": 3} | changes
    scenario = town(flights=True, numbers=ONE_DAY | {"weight_hours": 0.5} | (numbers or {}), **parts)
    moved = tuple(a.model_copy(update={"lat": scenario.origins[0].lat}) for a in scenario.airports)
    return scenario.model_copy(update={"airports": moved})


def test_full_flight_carries_100_and_900_take_the_road():
    # V of the flight is −0.5 · (2 + 3) h, V of the road −0.5 · 60 h: one in 10^12 takes the road while there
    # are seats. 1,000 ask for 100 seats of today: 100 fly, 900 choose again, and the road is all there is.
    chunk = steps_taken(rush(), 4, 5)
    assert (chunk.record["seats_sold"][:, 0, 0] == 100).all()
    assert (chunk.state.flows[:, 0, 1] == 100).all()
    assert (chunk.state.road_from.sum(axis=(1, 2, 3)) == 900).all()
    assert_conserved(chunk)


def test_full_flight_carries_100_and_900_wait():
    # No bridge within reach: 100 fly today, 900 wait. Tomorrow nobody looks again (rate of looking again 0).
    chunk = steps_taken(rush({"ground_reach": 24}), 8, 5)
    assert (chunk.record["seats_sold"][:, :2, 0] == [100, 0]).all()
    assert (chunk.state.waiting.sum(axis=(1, 2)) == 900).all()
    assert (chunk.record["next_seat"][:, 0, 0] == 1).all()  # sold out: horizon (0 days) + 1
    assert (chunk.record["surge"][:, :8, 1].sum(axis=1) == 100).all()


def test_waiting_people_fill_the_flights_of_the_days_after():
    # Looking again at once (rate 24 a day), today's seats only: 100 a day, day after day.
    chunk = steps_taken(rush({"ground_reach": 24, "retry_rate": 24}), 12, 3)
    assert (chunk.record["seats_sold"][:, :3, 0] == 100).all()


def test_no_more_seats_are_sold_than_there_are_on_any_day_ahead():
    # Seats up to three days ahead: 400 sold on the first day at most, 100 fly each day, nobody twice.
    chunk = started(rush({"ground_reach": 24, "retry_rate": 24, "booking_horizon": 3}), 3)
    for _ in range(12):
        advance(chunk)
        assert (chunk.state.booked.sum(axis=(2, 3)) <= 100).all()
    sold = chunk.record["seats_sold"][:, :, 0]
    assert (sold[:, 0] == 400).all()
    assert (sold.sum(axis=1) == 600).all()


def test_ordinary_travellers_keep_their_seats():
    # 70 of 100 seats go to ordinary travellers by departure; sold along G(lead) = exp(−(lead/699.6 h)^0.77).
    # At 00:00 the lead of today is 12 h: G = exp(−0.0437) = 0.9573; ordinary sales of the first step come
    # first: at 06:00 the lead is 6 h, G = 0.9746, 68.2 are taken, 31 whole seats free.
    held = 70 * np.exp(-((6 / 699.6) ** 0.77))
    chunk = steps_taken(rush({"ground_reach": 24}, services=[service(load=0.7)]), 1, 3)
    assert (chunk.record["seats_sold"][:, 0, 0] == int(100 - held)).all()


def fares(chunk: Chunk) -> Any:
    return chunk.record["fare"][:, :, 0]


def test_fare_of_a_full_flight_rises_to_its_cap():
    # Fare = base (1 + (cap − 1) x^γ): empty x = 0, full x = 1. Base 100, cap 8: 100 before, 800 when all is
    # sold. The class of 5 % nearest to it, e^(42 · 0.05) = 8.17 times the first, is above the cap.
    calm = steps_taken(rush({"ground_reach": 24, "fare_cap": 8, "fare_window": 24}, signals=[]), 4)
    assert fares(calm)[0, 0] == pytest.approx(100)
    full = steps_taken(rush({"ground_reach": 24, "fare_cap": 8, "fare_window": 24}), 1)
    assert full.record["fare"][0, 0, 0] == pytest.approx(800, rel=1e-6)


def test_fare_of_a_flight_sold_by_halves():
    # 50 of 100 seats sold, γ = 2: 100 · (1 + 7 · 0.25) = 275 is asked of those who look after that,
    # to the next class of 5 %.
    scenario = rush({"ground_reach": 24, "fare_cap": 8, "fare_curve": 2, "fare_window": 24}, signals=[])
    chunk = started(scenario)
    chunk.state.susceptible[:, 0, 0] -= 50
    put_in_seats(chunk, 50)
    chunk.state.susceptible[:, 0, 0] -= 1
    chunk.state.acted[:, 0, 0] += 1
    advance(chunk)
    assert fares(chunk)[0, 0] == pytest.approx(275, rel=0.025)


def test_seats_added_on_a_date_are_sold():
    # 100 seats a day, all sold to today's crowd; 40 more on the second day: 140 are sold then.
    extra = policy({"kind": "seats", "per_day": 40, "services": ["flight"]}, at="2030-03-02T00:00+00:00")
    crowd = [origin(airports=["field"], hours=FAR, population=5000)]
    chunk = steps_taken(rush({"ground_reach": 24, "retry_rate": 24}, policies=[extra], origins=crowd), 12, 3)
    assert (chunk.record["seats_sold"][:, :3, 0] == [100, 140, 140]).all()


def test_seats_added_for_one_day_are_on_that_day_only():
    # 40 more seats on the second day only; seats are looked for three days ahead from the first day on.
    # Departures: 100, 140, 100, 100 (in the four days of the period).
    flight = {"status": "in_force", "at": "2030-03-02T00:00+00:00", "ends": "2030-03-03T00:00+00:00"}
    extra = policy({"kind": "seats", "per_day": 40, "services": ["flight"]}, at=None, history=[flight])
    numbers = {"ground_reach": 24, "retry_rate": 24, "booking_horizon": 3}
    chunk = steps_taken(rush(numbers, policies=[extra], days=4), 16, 3)
    flown = chunk.record["surge"][:, :, 1].reshape(3, 4, 4).sum(axis=2)
    # the flight takes two hours: those who leave after 22:00 arrive on the next day
    assert (flown.sum(axis=1) <= 440).all()
    assert (flown.max(axis=1) <= 145).all()


def test_an_airlift_that_a_policy_begins_flies_those_who_wait():
    # No seat in ordinary times, 100 a day for nothing from the second day on: 0, 100, 100 seats are sold.
    lift = policy({"kind": "seats", "per_day": 100, "services": ["flight"]}, at="2030-03-02T00:00+00:00")
    free = [service(seats=0, fare=0, pull=500)]
    chunk = steps_taken(rush({"ground_reach": 24, "retry_rate": 24}, policies=[lift], services=free), 12, 3)
    assert (chunk.record["seats_sold"][:, :3, 0] == [0, 100, 100]).all()
    assert (fares(chunk) == 0).all()
    assert_conserved(chunk)


def test_the_pull_of_a_flight_is_its_ordinary_travellers_or_what_is_given():
    # α = κ ln(travellers a day): 1,000 seats half taken are 500; an airlift, without any, is given 500.
    def pull(**what: Any) -> float:
        members = started(rush({"pull_scatter": 0}, services=[service(**what)])).members
        return float(members.pull[0, -1] / members["pull_elasticity"][0])

    assert pull(seats=1000, load=0.5) == pytest.approx(np.log(500))
    assert pull(seats=9, load=0, pull=500) == pytest.approx(np.log(500))
