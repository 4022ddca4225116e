"""The same seed gives the same numbers, however the work is divided, interrupted or continued."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import egress
from egress.engine.loop import Chunk, advance
from egress.engine.state import State
from egress.scenario.schema import Scenario
from egress.testing import (
    BEGIN,
    assert_conserved,
    crossing,
    group,
    lane,
    origin,
    policy,
    service,
    signal,
    started,
    town,
)
from egress.trajectory import Trajectory

HINT = {"status": "hinted", "at": BEGIN, "evidence": ["example"]}


def everything() -> Scenario:
    """Return a scenario in which every process works and every number is as uncertain as shipped."""

    def hinted(effect: dict, id: str, chance: float) -> dict:
        window = ("2030-03-01", "2030-03-03")
        return policy(effect, at=None, id=id, probability=chance, feared=0.5, window=window, history=[HINT])

    block = {"kind": "road_block", "turned_back": 0.6}
    scenario = town(
        days=4,
        flights=True,
        calm=False,
        groups=[
            group(share=0.4, willing={"range": [0.1, 0.4]}, ready_at_once=0.5),
            group("others", share=0.6, willing=0.05, ready_at_once=0.5, documents="visa"),
        ],
        origins=[origin(hours=3, population=20_000), origin("farm", hours=40, population=9000)],
        crossings=[crossing(entries=200, exits=200), crossing("gate", entries=50, exits=50, nest="other")],
        lanes=[lane(per_day=500), lane(kind="foot", per_day=100, open=False), lane("gate", per_day=100)],
        services=[service(seats=60, load=0.5, hours={"range": ["1 h", "4 h"]})],
        signals=[signal({"range": [0.5, 4]})],
        policies=[
            hinted({"kind": "refuse_exit", "share": 0.5, "summons": 0.5, "perceived": 0.5}, "ban", 0.5),
            policy({"kind": "refuse_exit", "share": 0.2}, id="checks"),
            hinted(block | {"distance": 2, "local_origins": ["farm"]}, "block", 0.4),
            policy(block | {"distance": 3}, id="post", at="2030-03-02T00:00+00:00"),
            hinted({"kind": "close"}, "shut", 0.3),
            hinted({"kind": "open_lane", "lane": "foot"}, "walk", 0.5),
        ],
        call_up={
            "quota": 900, "from": BEGIN, "until": "2030-03-04T00:00+00:00", "half_time": "1 d", "comply": 0.5,
            "hide": 0.3, "found": 0.2, "evidence": ["example"],
        },
        voice={
            "calls": [{"at": BEGIN, "turnout": 20_000}], "detained": 0.3, "released": 0.5, "listed": 0.5,
            "scatter": 1, "evidence": ["example"],
        },
    )  # fmt: skip
    return scenario


def same(one: Trajectory, other: Trajectory, members: slice = slice(None)) -> None:
    """Assert that two runs are bit for bit the same."""
    for name, values in one.data.data_vars.items():
        np.testing.assert_array_equal(other.data[name].values[members], values.values, err_msg=str(name))


@pytest.fixture(scope="module")
def whole() -> Trajectory:
    return egress.run(everything(), members=8, seed=5, threads=1, chunk=8)


def test_run_is_busy_enough_to_be_a_test(whole):
    data = whole.data
    for name in (
        "surge",
        "queue",
        "refused",
        "gave_up",
        "outcomes",
        "protest_detained",
        "seats_sold",
        "flows",
    ):
        assert data[name].sum() > 0, name
    assert (data.outcomes.sum(["member", "day", "region"]) > 0).all()
    assert (data.std("member").parameters.values > 0).sum() > 20
    assert_conserved(whole)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunk", [1, 3, 20])
def test_threads_and_chunks_do_not_matter(whole, threads: int, chunk: int):
    same(egress.run(everything(), members=8, seed=5, threads=threads, chunk=chunk), whole)


def test_first_members_are_those_of_a_smaller_run(whole):
    same(egress.run(everything(), members=4, seed=5), whole, slice(4))


def test_members_come_in_any_order():
    forward, backward = (
        started(everything(), [0, 1, 2, 3], seed=5),
        started(everything(), [3, 2, 1, 0], seed=5),
    )
    for chunk in (forward, backward):
        taken(chunk, 16)
    for name, values in forward.record.items():
        np.testing.assert_array_equal(values, backward.record[name][::-1], err_msg=name)


def test_another_seed_gives_other_numbers(whole):
    other = egress.run(everything(), members=8, seed=6)
    assert not np.array_equal(other.data.entries.values, whole.data.entries.values)


@pytest.mark.parametrize(
    "name", ["stress_wait", "balk_wait", "give_up_memory", "fear_horizon", "fare_window", "booking_horizon"]
)
def test_chunks_do_not_matter_where_any_number_is_uncertain(name: str):
    # every parameter may be given a range by a scenario, those that are certain by default too
    scenario = everything()
    rows = []
    for row in scenario.parameters:
        if row.name == name:
            middle = row.value.median
            row = row.model_copy(update={"value": type(row.value)("uniform", middle / 3, middle, middle * 1.67)})
        rows.append(row)
    scenario = scenario.model_copy(update={"parameters": tuple(rows)})
    same(*(egress.run(scenario, members=4, seed=5, chunk=size) for size in (1, 4)))


# Interrupted runs


def taken(chunk: Chunk, steps: int) -> Chunk:
    for _ in range(steps):
        advance(chunk)
    return chunk


def test_saved_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path):
    unbroken = taken(started(everything(), 3, seed=5), 16)
    first = taken(started(everything(), 3, seed=5), 7)
    first.state.save(tmp_path / "state.npz")
    second = started(everything(), 3, seed=5)
    second.state = State.load(tmp_path / "state.npz")
    taken(second, 9)
    for name in ("surge", "ordinary", "exits", "queue", "wait", "served", "refused", "gave_up"):
        np.testing.assert_array_equal(second.record[name][:, 7:], unbroken.record[name][:, 7:], err_msg=name)
    for name in ("seats_sold", "fare", "next_seat", "staying", "outcomes", "protest_detained"):
        np.testing.assert_array_equal(second.record[name][:, 2:], unbroken.record[name][:, 2:], err_msg=name)
    for name, values in vars(unbroken.state).items():
        np.testing.assert_array_equal(getattr(second.state, name), values, err_msg=name)


@pytest.mark.parametrize("before", [1, 4, 7, 15])
def test_state_alone_is_enough_to_go_on(before: int):
    unbroken = taken(started(everything(), 3, seed=5), 16)
    second = started(everything(), 3, seed=5)
    second.state = taken(started(everything(), 3, seed=5), before).state.copy()
    taken(second, 16 - before)
    for name, values in vars(unbroken.state).items():
        np.testing.assert_array_equal(getattr(second.state, name), values, err_msg=name)


def test_chosen_members_go_on_as_they_would_have():
    unbroken = taken(started(everything(), 3, seed=5), 16)
    second = started(everything(), [2, 0], seed=5)
    second.state = taken(started(everything(), 3, seed=5), 7).state.resampled(np.array([2, 0]))
    taken(second, 9)
    wanted = unbroken.state.resampled(np.array([2, 0]))
    for name, values in vars(wanted).items():
        np.testing.assert_array_equal(getattr(second.state, name), values, err_msg=name)


def test_copy_is_independent():
    chunk = taken(started(everything(), 2, seed=5), 5)
    kept = chunk.state.copy()
    before = kept.susceptible.copy()
    taken(chunk, 3)
    assert np.array_equal(kept.susceptible, before)
    assert kept.step == 5


def test_saving_leaves_no_half_written_file(tmp_path: Path):
    chunk = taken(started(everything(), 2, seed=5), 2)
    chunk.state.save(tmp_path / "state.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    loaded = State.load(tmp_path / "state.npz")
    for name, values in vars(chunk.state).items():
        np.testing.assert_array_equal(getattr(loaded, name), values, err_msg=name)
        if name != "step":
            assert getattr(loaded, name).dtype == values.dtype


def test_resampled_members_keep_their_people_and_go_on():
    # Members 2, 2 and 0 take the places of 0, 1 and 2: nobody is lost, and all goes on from there.
    chunk = taken(started(everything(), 3, seed=5), 8)
    population = chunk.state.population.copy()
    chunk.state = chunk.state.resampled(np.array([2, 2, 0]), members=np.array([10, 11, 12]))
    assert chunk.state.members.tolist() == [10, 11, 12]
    assert np.array_equal(chunk.state.population, population[[2, 2, 0]])
    assert_conserved(chunk)
    taken(chunk, 8)
    assert_conserved(chunk)
    assert not np.array_equal(chunk.state.abroad[0], chunk.state.abroad[1])  # luck differs from there on
