"""A border that shuts strands exactly those behind it, whether they queue, drive or are still at home."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.loop import Chunk, advance
from egress.testing import (
    AT_ONCE,
    assert_conserved,
    crossing,
    lane,
    origin,
    policy,
    put_in_seats,
    put_on_road,
    signal,
    started,
    town,
)
from egress.trajectory import OUTCOMES

STRANDED = OUTCOMES.index("stranded")
CLOSE = {"kind": "close"}


def day_end(chunk: Chunk, steps: int = 4) -> Chunk:
    for _ in range(steps):
        advance(chunk)
    return chunk


def test_border_that_shuts_strands_those_behind_it():
    # 1,000 come in the first step, 300 pass in each of the four steps of the first day but the last, which
    # passes 100 of 400 + 300 newcomers … worked out: queue 700, 400, 100, then 300 more come and 300 pass:
    # 100. At midnight the border shuts for good: the 100 in the queue, 50 who come next morning and 70 who
    # still drive then are stranded; 850 got out and stay out. 80 stay at home and never wanted to leave.
    shut = policy(CLOSE, at="2030-03-02T00:00+00:00")
    chunk = started(town(population=1500, hours=12, days=3, policies=[shut]), 2)
    put_on_road(chunk, 1000)
    put_on_road(chunk, 300, ahead=3)
    day_end(chunk)
    assert (chunk.record["queue"][:, 3, 0] == 100).all()
    put_on_road(chunk, 50)
    put_on_road(chunk, 70, ahead=2)
    day_end(chunk, 8)
    outcomes = chunk.record["outcomes"][:, :, 0, STRANDED]
    assert (outcomes == [0, 220, 220]).all()
    assert (chunk.record["surge"][:, 4:] == 0).all()
    assert (chunk.state.abroad.sum(axis=(1, 2)) == 1200).all()
    assert (chunk.state.susceptible.sum(axis=(1, 2)) == 80).all()
    assert np.isnan(chunk.record["wait"][:, 4:]).all()
    assert_conserved(chunk)


def test_people_at_home_without_a_way_out_are_stranded():
    # The border is shut before anybody decides. All 1,000 decide at once, find no way and stay: all stranded.
    chunk = started(town(signals=[signal()], policies=[policy(CLOSE)], numbers=AT_ONCE))
    day_end(chunk, 8)
    assert chunk.record["outcomes"][0, :2, 0, STRANDED].tolist() == [1000, 1000]
    assert chunk.state.road_from.sum() == 0


def test_another_door_stays_open():
    # Two doors; the bridge shuts after the first step. Those behind it (400 − 300) are stranded, those at the
    # gate are not: 400 come, 300 and then 100 pass.
    scenario = town(
        population=1000,
        crossings=[crossing(), crossing("gate")],
        lanes=[lane(), lane("gate")],
        policies=[policy(CLOSE, at="2030-03-01T06:00+00:00", applies_to={"crossings": ["bridge"]})],
    )
    chunk = started(scenario)
    put_on_road(chunk, 400, door=0)
    put_on_road(chunk, 400, door=1)
    day_end(chunk)
    assert chunk.record["surge"][0, :4].tolist() == [[300, 300], [0, 100], [0, 0], [0, 0]]
    assert chunk.record["outcomes"][0, 0, 0, STRANDED] == 100


def test_border_that_opens_again_lets_the_stranded_pass():
    # Shut from 06:00 on the first to 00:00 on the third day: 700 wait through the second day, then 300, 300,
    # 100.
    closed = {"status": "in_force", "at": "2030-03-01T06:00+00:00", "ends": "2030-03-03T00:00+00:00"}
    chunk = started(town(policies=[policy(CLOSE, at=None, history=[closed])]))
    put_on_road(chunk, 1000)
    day_end(chunk, 12)
    assert chunk.record["outcomes"][0, :3, 0, STRANDED].tolist() == [700, 700, 0]
    assert chunk.record["surge"][0, 7:12, 0].tolist() == [0, 300, 300, 100, 0]


@pytest.mark.parametrize("hour", ["18:00", "21:00"])
def test_border_that_shuts_in_the_evening_strands_people_the_same_day(hour: str):
    # Shut within the last step of the day or at its begin: at midnight those who still wait are stranded.
    chunk = started(town(policies=[policy(CLOSE, at=f"2030-03-01T{hour}+00:00")]))
    put_on_road(chunk, 1000, ahead=2)
    day_end(chunk)
    waiting = int(chunk.record["queue"][0, 3, 0])
    assert waiting >= 400
    assert chunk.record["outcomes"][0, 0, 0, STRANDED] == waiting


def test_airport_that_shuts_keeps_passengers_with_seats_at_home():
    # 100 have seats for the third day; the airport shuts at its begin: nobody flies, all are at home again
    # (cooling off; the rate of trying again is tiny).
    scenario = town(
        flights=True, days=4, origins=[origin()], signals=[], numbers={"cooling_time": 1e9},
        policies=[policy(CLOSE, at="2030-03-03T00:00+00:00", applies_to={"crossings": ["field-gate"]})],
    )  # fmt: skip
    chunk = started(scenario)
    chunk.state.susceptible[:, 0, 0] -= 100
    put_in_seats(chunk, 100, day=2)
    day_end(chunk, 16)
    assert chunk.record["surge"].sum() == 0
    assert chunk.state.booked.sum() == 0
    assert chunk.state.cooling.sum() == 100
