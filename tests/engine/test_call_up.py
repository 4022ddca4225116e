"""Call-up: the quota, its spread over regions and people, and what becomes of those listed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import call_up as plain
from reference import small

from egress.engine.processes import call_up
from egress.testing import put_in_seats, ticket

STAGES = ("immune", "susceptible", "prep1", "prep2", "ready", "waiting", "cooling")


def order(**changes: Any) -> dict[str, Any]:
    base = {
        "quota": 4000,
        "from": "2030-03-04T00:00+00:00",
        "until": "2030-03-09T00:00+00:00",
        "half_time": "2 d",
        "comply": 0.4,
        "hide": 0.35,
        "found": "0.1/d",
        "evidence": ["x"],
    }
    return base | changes


def begun(members: int = 400, **changes: Any) -> small.Small:
    """Two regions with 1,000 and 3,000 exposed people, in stages as 1, 2, …, 7 and 12 booked."""
    said = small.scenario(
        origins=(small.origin("a", call_up_weight=3), small.origin("b")),
        places=(small.place("north"), small.place("far", "XCC", admits="travel")),
        crossings=(small.door("bridge"), small.door("field", "", mode="air", between="XAA|AIR")),
        airports=({"id": "aaa", "name": "a", "lat": 50, "lon": 20, "crossing": "field", "source": "x"},),
        services=tuple(
            {
                "id": name,
                "origin": "aaa",
                "destination": "far",
                "seats": "9000/d",
                "hours": 3,
                "fare": 9000,
                "load": 0,
                "source": "x",
            }
            for name in ("one", "two")
        ),
        call_up=order(**changes),
    )
    run = small.run(said, members)
    for o, size in enumerate((25, 75)):
        for number, stage in enumerate(STAGES):
            getattr(run.state, stage)[:, o, 0] = size * (number + 1)
        for p in (0, 1):
            for day in range(3 * p, 3 * p + 4):
                put_in_seats(run, size * (p + 1), p, day, o)
    return run


def test_due_follows_the_half_time() -> None:
    run = begun(1)
    for elapsed in (0.0, 1.0, 6.0, 48.0, 100.0, 120.0):
        assert call_up.due(run.members, elapsed, 120.0)[0] == round(plain.due(4000, elapsed, 120, 48))


def test_summonses_by_region_stage_and_fate() -> None:
    run = begun()
    state = run.state
    first = int(round(plain.due(4000, 6, 120, 48)) / 0.4)
    exposed = np.array([1000.0, 3000.0])
    share = plain.by_region(exposed, np.array([3.0, 1.0]))
    call_up.step(run.members, state, run.now)
    small.near(state.listed, first * share, first * share * (1 - share))
    assert (state.listed.sum(axis=1) == first).all()
    assert np.array_equal(state.called_up.sum(axis=2) + state.hiding.sum(axis=2) + state.ready[:, :, 2], state.listed)
    assert state.called_up[:, :, :2].sum() == 0, "those called up are counted in the listed class"
    for stock, chance in (
        (state.called_up[:, :, 2], 0.4),
        (state.hiding[:, :, 2], 0.35),
        (state.ready[:, :, 2], 0.25),
    ):
        small.near(stock.sum(axis=1), first * chance, first * chance * (1 - chance))
    for o, size in enumerate((25, 75)):
        counts = size * np.array([1.0, 2, 3, 4, 5, 6, 7, 4, 8])
        left = [getattr(state, stage)[:, o, 0] for stage in STAGES]
        left += [state.booked_from[:, ticket(run.members.world, p, o), 0] for p in (0, 1)]
        mean, variance = plain.drawn(counts, first * share[o])
        between = (counts / counts.sum()) ** 2 * first * share[o] * (1 - share[o])
        small.near(counts - np.stack(left, axis=1), mean, variance + between)
    assert np.array_equal(state.booked.sum(axis=(1, 2)), state.booked_from.sum(axis=1)), "seats are free again"
    assert np.array_equal(state.booked.sum(axis=(2, 3)), state.sold.sum(axis=1)), "seats are free again"
    seats = np.concatenate([state.booked[:, :4, 0, 0], state.booked[:, 3:7, 1, 0]], axis=1)
    mean = seats.sum(axis=1).mean() * np.array([1, 1, 1, 1, 2, 2, 2, 2]) / 12
    small.near(seats, mean, mean)


def test_the_whole_quota_is_met_at_the_end() -> None:
    run = begun(20, quota=900)
    for step in range(21):
        before = run.state.called_up.sum(axis=(1, 2))
        call_up.step(run.members, run.state, run.now)
        if step < 20:
            wanted = np.maximum(round(plain.due(900, 6 * (step + 1), 120, 48)) - before, 0)
            brought = run.state.called_up.sum(axis=(1, 2)) - before
            assert (np.abs(brought - wanted) <= 6 * np.sqrt(wanted * 1.5) + 12).all()
        run.again()
    assert (run.state.called_up.sum(axis=(1, 2)) == 900).all(), "with those found on the last day"


def test_nobody_is_listed_twice_nor_beyond_those_exposed() -> None:
    run = begun(20, quota=1e6, comply=1, hide=0)
    for _ in range(3):
        call_up.step(run.members, run.state, run.now)
        run.again()
    assert (run.state.listed <= [1000, 3000]).all()
    assert (run.state.called_up.sum(axis=2) == run.state.listed).all()


@pytest.mark.parametrize("rate", [0.1, 3.0])
def test_hiding_people_are_found_at_the_hazard(rate: float) -> None:
    run = begun(2000)
    state = run.state
    state.hiding[:, 0, 2] = 300
    found = 1 - np.exp(-rate / 4)
    chance, most = np.full(2000, found), np.full(2000, 4000)
    call_up.find_hiding(small.SEED, run.members.numbers, 0, chance, most, state.hiding, state.called_up)
    small.near(run.state.called_up[:, 0, 2], 300 * found, 300 * found * (1 - found))
    assert (run.state.called_up[:, 0, 2] + run.state.hiding[:, 0, 2] == 300).all()


def test_no_more_hiding_people_are_found_than_the_quota_takes() -> None:
    run = begun(20, quota=40, found="20/d")
    run.state.hiding[:, 0, 2] = 300
    call_up.step(run.members, run.state, run.now)
    assert (run.state.called_up.sum(axis=(1, 2)) == 40).all()
    assert (run.state.hiding[:, 0, 2] == 260).all()


@pytest.mark.parametrize("comply", [0.1, 0.9])
def test_a_small_quota_is_never_exceeded(comply: float) -> None:
    run = begun(500, quota=7, comply=comply, hide=0.1, found="3/d")
    for _ in range(21):
        call_up.step(run.members, run.state, run.now)
        assert (run.state.called_up.sum(axis=(1, 2)) <= 7).all()
        run.again()
    assert (run.state.called_up.sum(axis=(1, 2)) == 7).all()
