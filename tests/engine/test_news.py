"""News: the signals, the belief and the perceived risk against their equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from reference import news as plain
from reference import small

from egress.engine.processes import news
from egress.engine.state import horizon


def moment(hour: float) -> str:
    return f"2030-03-{4 + int(hour // 24):02d}T{int(hour % 24):02d}:00+00:00"


def policy(name: str, history: list[dict[str, Any]], effects: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"id": name, "what": name, "history": history, "effects": effects} | more


@pytest.mark.parametrize("hold", [0.0, 3.0, 50.0])
@pytest.mark.parametrize("fades", [0.0, 1.0, 40.0, 1000.0])
@pytest.mark.parametrize("first", [-10.0, -3.0, 0.0, 2.0, 48.0, 300.0])
@pytest.mark.parametrize("delta", [1.0, 6.0, 24.0])
def test_kernel_is_the_mean_over_the_step(first: float, delta: float, hold: float, fades: float) -> None:
    if first + delta <= 0:
        return
    found = news.held_then_fading(*np.array([[first], [first + delta], [hold], [fades]]))[0]
    assert found == pytest.approx(plain.mean_kernel(first, first + delta, hold, fades), abs=1e-10)


def test_pressure_adds_signals_and_multiplies_by_the_series() -> None:
    said = small.scenario(
        origins=(small.origin("a"), small.origin("b", intensity=0.4)),
        signals=(
            {
                "what": "one",
                "at": moment(3),
                "strength": {"exposed": 1.0, "rest": 0.2},
                "hold": "1 d",
                "fades": "2 d",
                "evidence": ["x"],
            },
            {
                "what": "war",
                "at": moment(20),
                "strength": 0.5,
                "hold": 0,
                "fades": "3 d",
                "by_intensity": True,
                "evidence": ["x"],
            },
            {
                "what": "less",
                "at": moment(30),
                "strength": {"rest": -2},
                "hold": "1 d",
                "fades": "1 d",
                "evidence": ["x"],
            },
        ),
        series=({"what": "z", "weight": 0.7, "points": [[moment(0), 0.0], [moment(48), 1.0]], "evidence": ["x"]},),
    )
    run = small.run(said)
    for _ in range(14):
        begin = run.now.begin
        parts = 6 if any(begin < at < begin + 6 for at in (3, 20, 30)) else 1
        expected = np.zeros((2, 2))
        for first in begin + np.arange(parts) * 6 / parts:
            last = first + 6 / parts
            one = plain.mean_kernel(first - 3, last - 3, 24, 48)
            war = plain.mean_kernel(first - 20, last - 20, 0, 72)
            less = plain.mean_kernel(first - 30, last - 30, 24, 24)
            lift = np.exp(0.7 * min((first + last) / 2 / 48, 1.0))
            pressed = [[one + 0.5 * war * w, 0.2 * one + 0.5 * war * w - 2 * less] for w in (1.0, 0.4)]
            expected += np.maximum(pressed, 0) * lift / parts
        assert run.now.pressure[0] == pytest.approx(expected, abs=1e-9)
        run.again()


def test_belief_follows_windows_and_weights() -> None:
    hinted = {"at": moment(0), "status": "hinted", "evidence": ["x"]}
    said = small.scenario(
        policies=(
            policy(
                "ban",
                [hinted],
                [{"kind": "close"}],
                probability=0.0,
                feared=0.6,
                window=["2030-03-06", "2030-03-08"],
            ),
            policy(
                "bar",
                [hinted],
                [{"kind": "close"}],
                probability=0.0,
                feared=0.5,
                window=["2030-03-05", "2030-03-05"],
                applies_to={"groups": ["exposed"]},
            ),
        )
    )
    run = small.run(said)
    for _ in range(36):
        middle = run.now.middle
        ban, bar = (0.6, 48.0, 120.0), (0.5, 24.0, 48.0)
        expected = [plain.belief(middle, [ban, bar]), plain.belief(middle, [ban])]
        assert run.now.fear[0] == pytest.approx(expected, abs=2e-5)
        run.again()


def test_belief_in_an_announced_date_is_whole_within_the_horizon() -> None:
    announced = {"at": moment(0), "status": "announced", "starts": moment(144), "evidence": ["x"]}
    said = small.scenario(policies=(policy("ban", [announced], [{"kind": "close"}], feared=0.8),))
    run = small.run(said)
    for _ in range(24):
        assert run.now.fear[0, 0] == pytest.approx(0.8 * plain.share_near(run.now.middle, 144, 144))
        run.again()


@pytest.mark.parametrize("first", [0, 5])
def test_each_status_has_its_own_weight_whichever_step_is_taken_first(first: int) -> None:
    history = [
        {"at": moment(0), "status": "hinted", "feared": 0.6, "evidence": ["x"]},
        {"at": moment(24), "status": "denied", "feared": 0.1, "evidence": ["x"]},
    ]
    window = ["2030-03-04", "2030-03-05"]
    said = small.scenario(policies=(policy("ban", history, [{"kind": "close"}], probability=0.0, window=window),))
    members = small.run(said).members
    members._kept.clear()
    for step in range(first, 8):
        middle = step * 6 + 3
        weight = 0.6 if middle < 24 else 0.1
        assert news.fear(members, np.array([middle]))[0, 0, 0] == pytest.approx(
            plain.belief(middle, [(weight, 0, 48)]), abs=2e-5
        )


def test_perceived_risk_relaxes_and_policies_combine() -> None:
    force = {"at": moment(12), "status": "in_force", "evidence": ["x"]}
    ended = {"at": moment(60), "status": "ended", "evidence": ["x"]}
    said = small.scenario(
        {"perception_time": 20.0},
        policies=(
            policy(
                "stop",
                [force, ended],
                [{"kind": "refuse_exit", "share": 0.1, "perceived": 0.5}],
                applies_to={"groups": ["exposed"]},
            ),
            policy("talk", [force], [{"kind": "deter", "perceived": 0.4}]),
        ),
    )
    run = small.run(said)
    called = rest = 0.0
    for step in range(14):
        assert run.state.stopped[0, 0, :2] == pytest.approx([called, rest], abs=1e-8)
        begin = (step + 1) * 6
        aims = (0.7 if 12 <= begin < 60 else 0.4 if begin >= 60 else 0.0), 0.4 if begin >= 12 else 0.0
        called, rest = (plain.follow(s, aim, 20.0, 6.0) for s, aim in zip((called, rest), aims, strict=True))
        run.again()


def test_effects_hold_for_their_share_of_the_step() -> None:
    at = {"at": moment(2), "status": "in_force", "evidence": ["x"]}
    said = small.scenario(
        policies=(
            policy("a", [at], [{"kind": "refuse_exit", "share": 0.3, "listed_share": 0.9, "summons": 0.2}]),
            policy("b", [at], [{"kind": "refuse_exit", "share": 0.5}, {"kind": "throughput", "factor": 2.0}]),
            policy("c", [at], [{"kind": "refuse_entry", "exempt": 0.25, "ordinary_exempt": 0.6}]),
        )
    )
    now = small.run(said).now
    in_force = 4 / 6
    assert now.refused[0, 0, :2] == pytest.approx(1 - (1 - 0.3 * in_force) * (1 - 0.5 * in_force))
    assert now.refused[0, 0, 2] == pytest.approx(1 - (1 - 0.9 * in_force) * (1 - 0.5 * in_force))
    assert now.lane_factor[0, 0] == pytest.approx(1 + in_force)
    assert now.appeal[0, 0, 0] == pytest.approx(1 - 0.75 * in_force)
    assert now.admitted[0, 0, 0] == pytest.approx(1 - 0.75 * np.exp(-1 / 24) * in_force)
    assert now.ordinary_admitted[0, 0] == pytest.approx(1 - 0.4 * in_force)
    assert now.summoned[0, 0, 0] == pytest.approx(0.2)


def added(histories: list[list[dict[str, Any]]], hours: int, **more: Any) -> list[npt.NDArray[np.float64]]:
    """Return [H] seats added to a flight by policies of 40 a day each, in every step of six hours."""
    effect = {"kind": "seats", "per_day": 40, "services": ["fly"]}
    said = small.scenario(
        {"booking_horizon": 72.0},
        crossings=(small.door("field", "", mode="air", between="XAA|AIR", entries=0, exits=0),),
        lanes=(),
        places=(small.place("far", "XCC", admits="travel"),),
        airports=({"id": "aaa", "name": "a", "lat": 50, "lon": 20, "crossing": "field", "source": "x"},),
        services=(
            {"id": "fly", "origin": "aaa", "destination": "far", "seats": "100/d", "hours": 3, "fare": 9000,
             "load": 0.5, "source": "x"},
        ),
        policies=tuple(policy(f"p{n}", history, [effect], **more) for n, history in enumerate(histories)),
    )  # fmt: skip
    run = small.run(said)
    out = []
    for _ in range(hours // 6):
        added = run.now.seats_added
        out.append(np.zeros(horizon(run.members)) if added is None else added[0, 0])
        run.again()
    return out


def test_seats_are_added_on_the_days_of_departure_in_force() -> None:
    # known at 07:00 of the first day, from noon of the second to the end of the third
    known = {"at": moment(7), "status": "announced", "starts": moment(36), "ends": moment(72), "evidence": ["x"]}
    found = added([[known]], 96)
    np.testing.assert_allclose(found[0], [0, 0, 0, 0])
    for step in (1, 2, 3):
        np.testing.assert_allclose(found[step], [0, 20, 40, 0])
    # of what is left of the second day, a growing share: 12 h of 24, of 18, of 12, of 6
    for step, left in zip((4, 5, 6, 7), (24, 18, 12, 6), strict=True):
        np.testing.assert_allclose(found[step], [40 * min(12 / left, 1), 40, 0, 0])
    for step in (8, 9, 10, 11):
        np.testing.assert_allclose(found[step], [40, 0, 0, 0])
    np.testing.assert_allclose(found[12:], 0)


def test_seats_of_several_policies_add_up_and_those_without_a_date_come_as_a_surprise() -> None:
    force = {"at": moment(24), "status": "in_force", "ends": moment(48), "evidence": ["x"]}
    hinted = {"at": moment(0), "status": "hinted", "evidence": ["x"]}
    found = added([[force], [force]], 48)
    np.testing.assert_allclose(found[:4], 0)
    np.testing.assert_allclose(found[4:], np.tile([80, 0, 0, 0], (4, 1)))
    found = added([[hinted]], 72, window=["2030-03-05", "2030-03-05"], probability=1)
    np.testing.assert_allclose(found[:4], 0)
    assert (found[8] == 40).all(), "it stands"
