"""Intend and prepare: the closed form against the matrix exponential, the draws against their means."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import intend as plain
from reference import small

from egress.engine.processes import intend

RATES = [0.0, 1e-9, 0.004, 1 / 24, 2.0, 40.0]


@pytest.mark.parametrize("delta", [1.0, 6.0, 24.0])
def test_transition_is_the_matrix_exponential(delta: float) -> None:
    found = np.empty((5, 5))
    for decide, prepare, act in itertools.product(RATES, RATES, RATES):
        for at_once in (0.0, 0.35, 1.0):
            intend.transition(decide, at_once, prepare, act, delta, found)
            np.testing.assert_allclose(found, plain.chances(decide, at_once, prepare, act, delta), atol=1e-10)


def test_transition_with_a_huge_rate() -> None:
    found = np.empty((5, 5))
    intend.transition(0.1, 0.5, 2e6, 1 / 6, 6.0, found)
    np.testing.assert_allclose(found, plain.chances(0.1, 0.5, 2e6, 1 / 6, 6.0), atol=1e-8)


def test_two_half_steps_are_one_step() -> None:
    half, whole = np.empty((5, 5)), np.empty((5, 5))
    intend.transition(0.05, 0.4, 0.03, 0.1, 3.0, half)
    intend.transition(0.05, 0.4, 0.03, 0.1, 6.0, whole)
    np.testing.assert_allclose(half @ half, whole, atol=1e-12)


@pytest.mark.parametrize("parts", [1, 6, 24])
def test_acts_within_a_step_are_those_of_shorter_steps(parts: int) -> None:
    whole, early = np.empty((5, 5)), np.empty((4, parts))
    intend.over_step(np.array([0.05]), 0.4, 0.03, 0.1, 6.0, whole, early)
    np.testing.assert_allclose(whole, plain.chances(0.05, 0.4, 0.03, 0.1, 6.0), atol=1e-10)
    for part in range(parts):
        until = plain.chances(0.05, 0.4, 0.03, 0.1, 6.0 * (part + 1) / parts)
        np.testing.assert_allclose(early[:, part], until[:4, 4], atol=1e-10)


def test_a_hazard_that_begins_within_a_step() -> None:
    # Nothing for three hours, then 0.05 per hour for three: exp(3 Q₀) exp(3 Q₁), not exp(6 Q at the mean).
    course = np.array([0.0, 0.0, 0.0, 0.05, 0.05, 0.05])
    whole, early = np.empty((5, 5)), np.empty((4, 6))
    intend.over_step(course, 0.4, 0.03, 0.1, 6.0, whole, early)
    expected = plain.chances(0.0, 0.4, 0.03, 0.1, 3.0) @ plain.chances(0.05, 0.4, 0.03, 0.1, 3.0)
    np.testing.assert_allclose(whole, expected, atol=1e-10)
    assert (early[0, :3] == 0.0).all()


def test_when_people_act_is_handed_on() -> None:
    # Everybody decides at once and acts at 1 an hour: 1 − exp(−t) have by t; those who only looked again, evenly.
    given = {"intention_rate": 0.0, "act_rate": 1.0, "retry_rate": 0.1}
    run = small.run(small.scenario(given), members=3)
    run.state.ready[:, 0, 0] = 700
    run.state.waiting[:, 0, 1] = 500
    intend.step(run.members, run.state, run.now)
    hours = np.arange(1, 7)
    np.testing.assert_allclose(run.now.acted_by[:, 0], np.tile(-np.expm1(-hours) / -np.expm1(-6), (3, 1)), rtol=1e-9)
    np.testing.assert_allclose(run.now.acted_by[:, 1], np.tile(hours / 6, (3, 1)), rtol=1e-12)


@pytest.mark.parametrize("delta", [1.0, 6.0, 24.0])
def test_mean_time_between_two_looks_is_that_of_the_rate(delta: float) -> None:
    # A look in the middle of a step, the next in the middle of a later one: mean Δ/p = 1/ρ0 with p = ρ0 Δ.
    run = small.run(small.scenario({"retry_rate": 0.02, "intention_rate": 0.0}, step=delta), members=2000)
    run.state.waiting[:, 0, 0] = 1000
    intend.step(run.members, run.state, run.now)
    small.near(run.state.acted[:, 0, 0], 1000 * 0.02 * delta, 1000 * 0.02 * delta * (1 - 0.02 * delta))


@pytest.mark.parametrize("size", [3, 400])
def test_draws_have_the_means_of_the_chain(size: int) -> None:
    signal = {
        "what": "s",
        "at": "2030-03-01T00:00+00:00",
        "strength": {"exposed": 1.0, "rest": 0.5},
        "hold": "30 d",
        "fades": "5 d",
        "evidence": ["x"],
    }
    given = {
        "intention_rate": 0.02,
        "act_rate": 0.08,
        "retry_rate": 0.03,
        "cooling_time": 40.0,
        "try_again": 0.7,
    }
    run = small.run(small.scenario(given, signals=(signal,)), members=2000)
    state = run.state
    before = {"susceptible": 4, "prep1": 3, "prep2": 2, "ready": 1}
    for name, factor in before.items():
        getattr(state, name)[:, 0, :2] = factor * size
    state.waiting[:, 0, :2] = size
    state.cooling[:, 0, :2] = size
    intend.step(run.members, state, run.now)
    for c, strength in enumerate((1.0, 0.5)):
        chance = plain.chances(0.02 * strength, 0.3, 2 / 48, 0.08, 6.0)[:4]
        people = np.array(list(before.values())) * float(size)
        mean, variance = people @ chance, plain.covariance(people, chance)
        looked, rested = 0.03 * 6, 6 / 40
        mean[4] += size * looked
        variance[4] += size * looked * (1 - looked)
        stages = [state.susceptible, state.prep1, state.prep2, state.ready, state.acted]
        small.near(np.stack([stage[:, 0, c] for stage in stages], axis=1), mean, variance)
        again, over = rested * 0.7, rested * 0.3
        small.near(state.immune[:, 0, c], size * over, size * over * (1 - over))
        stay = size * (1 - looked) + size * again
        small.near(state.waiting[:, 0, c], stay, size * (looked * (1 - looked) + again * (1 - again)))
    moved = sum(getattr(state, name) for name in ("immune", "waiting", "cooling", *before)) + state.acted
    assert (moved[:, 0, :2] == 12 * size).all()


def test_hazard_has_fear_noise_and_pressure() -> None:
    signal = {
        "what": "s",
        "at": "2030-03-01T00:00+00:00",
        "strength": 0.5,
        "hold": "30 d",
        "fades": "5 d",
        "evidence": ["x"],
    }
    given = {"intention_rate": 0.02, "fear_response": 1.5, "act_rate": 0.0}
    run = small.run(small.scenario(given, signals=(signal,)), members=2000)
    run.now.fear[:, 0] = 0.8
    run.now.intention[:] = 1.3
    run.state.susceptible[:, 0, :2] = 500
    intend.step(run.members, run.state, run.now)
    for c, fear in enumerate((0.8, 0.0)):
        stay = np.exp(-6 * 0.02 * 0.5 * (1 + 1.5 * fear) * 1.3)
        small.near(run.state.susceptible[:, 0, c], 500 * stay, 500 * stay * (1 - stay))


def test_susceptible_are_drawn_once_with_the_share_of_group_and_region() -> None:
    said = small.scenario({"peers": 1.2}, origins=(small.origin("a", willing=1.5), small.origin("b", willing=20)))
    run = small.run(said, members=2000)
    intend.begin(run.members, run.state)
    share = 0.1 * 1.5 * 1.2
    small.near(run.state.susceptible[:, 0, 0], 50_000 * share, 50_000 * share * (1 - share))
    assert (run.state.susceptible[:, 1, :2] == 50_000).all()
    assert (run.state.susceptible + run.state.immune)[:, :, :2].sum() == 2000 * 2 * 2 * 50_000
