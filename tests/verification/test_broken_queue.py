"""What is broken on purpose is noticed: the checks of conservation can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import egress
from egress.engine import conserve
from egress.engine.loop import Chunk, advance
from egress.engine.processes import cross
from egress.testing import assert_conserved, assert_non_negative, put_in_seats, put_on_road, started, town


def busy() -> Chunk:
    """Return a chunk of two members with 700 people in the queue after one step."""
    chunk = started(town(population=2000), 2)
    put_on_road(chunk, 1000)
    advance(chunk)
    assert_conserved(chunk)
    return chunk


def to_midnight(chunk: Chunk) -> None:
    for _ in range(chunk.members.world.per_day - chunk.state.step):
        advance(chunk)


def lose_from_queue(chunk: Chunk) -> None:
    slot = int(chunk.state.oldest[1, 0]) % chunk.state.queue.shape[2]
    chunk.state.queue[1, 0, slot, 0] -= 1


def lose_from_home(chunk: Chunk) -> None:
    chunk.state.susceptible[0, 0, 0] -= 1


def invent_at_home(chunk: Chunk) -> None:
    chunk.state.ready[1, 0, 0] += 1


def lose_abroad(chunk: Chunk) -> None:
    chunk.state.recent[0, 0, 0] -= 1


def swap_groups(chunk: Chunk) -> None:
    chunk.state.immune[0, 0, 0] += 5
    chunk.state.abroad[0, 0, 0] -= 5


def owe_people(chunk: Chunk) -> None:
    chunk.state.prep1[0, 0, 0] -= 3
    chunk.state.prep2[0, 0, 0] += 3


def flying() -> Chunk:
    """Return a chunk of two members with 100 people who have seats for a day two days ahead."""
    chunk = started(town(population=2000, flights=True, signals=[], numbers={"ground_reach": 1}), 2)
    chunk.state.susceptible[:, 0, 0] -= 100
    put_in_seats(chunk, 100, day=2)
    advance(chunk)
    assert_conserved(chunk)
    return chunk


def sell_twice(chunk: Chunk) -> None:
    chunk.state.sold[1, 0, 2] += 1


def lose_from_flight(chunk: Chunk) -> None:
    chunk.state.booked_from[0, 0, 0] -= 1


def move_to_another_day(chunk: Chunk) -> None:
    chunk.state.booked[1, 2, 0, 0] -= 1
    chunk.state.booked[1, 1, 0, 0] += 1


def move_to_another_class(chunk: Chunk) -> None:
    chunk.state.booked[1, 2, 0, 0] -= 1
    chunk.state.booked[1, 2, 0, 1] += 1


@pytest.mark.parametrize("breakage", [sell_twice, lose_from_flight, move_to_another_day, move_to_another_class])
def test_one_seat_missing_is_noticed(breakage: Callable[[Chunk], None]):
    chunk = flying()
    breakage(chunk)
    with pytest.raises(egress.ConservationError, match="booked"):
        to_midnight(chunk)


@pytest.mark.parametrize(
    "breakage", [lose_from_queue, lose_from_home, invent_at_home, lose_abroad, swap_groups, owe_people]
)
def test_one_person_missing_is_noticed(breakage: Callable[[Chunk], None]):
    chunk = busy()
    breakage(chunk)
    with pytest.raises(egress.ConservationError):
        assert_conserved(chunk)
    with pytest.raises(egress.ConservationError):
        to_midnight(chunk)  # the run itself notices by the end of the day


def test_one_hour_of_waiting_missing_is_noticed():
    chunk = busy()
    chunk.state.wait_sum[1, 0] -= 1.0
    with pytest.raises(egress.ConservationError, match="waits"):
        conserve.assert_waits(chunk.state, chunk.members.world)


def test_integral_that_forgets_a_person_for_a_step_is_noticed():
    chunk = busy()
    chunk.state.queue_integral[0, 0] += 6.0
    with pytest.raises(egress.ConservationError, match="waits"):
        to_midnight(chunk)


def test_run_whose_queue_loses_a_person_stops(monkeypatch: pytest.MonkeyPatch):
    # Not the state but the process is broken: once in the run somebody vanishes from the queue.
    whole = cross.step

    def leaky(members, state, now, *rest):
        whole(members, state, now, *rest)
        if now.step == 16:
            slot = int(state.newest[0, 0] - 1) % state.queue.shape[2]
            state.queue[0, 0, slot, 0] -= 1

    monkeypatch.setattr(cross, "step", leaky)
    with pytest.raises(egress.ConservationError):
        egress.run("one-border", members=2, threads=1)


def test_run_whose_queue_serves_the_wrong_waits_stops(monkeypatch: pytest.MonkeyPatch):
    whole = cross.step

    def unfair(members, state, now, *rest):
        whole(members, state, now, *rest)
        state.wait_sum *= 1.0 + 1e-5

    monkeypatch.setattr(cross, "step", unfair)
    with pytest.raises(egress.ConservationError, match="waits"):
        egress.run("one-border", members=2, threads=1)


def test_trajectory_that_counts_somebody_twice_is_noticed():
    run = egress.run("one-border", members=2)
    assert_conserved(run)
    run.data["flows"][0, 0, 0] += 1
    with pytest.raises(egress.ConservationError, match="got out"):
        assert_conserved(run)


def test_negative_people_are_noticed():
    chunk = busy()
    chunk.state.settled[0, 0] = -1
    with pytest.raises(egress.ConservationError, match="settled"):
        assert_non_negative(chunk.state)
