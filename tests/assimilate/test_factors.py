from __future__ import annotations

import numpy as np
import pytest

import egress
from egress.assimilate.factors import CHANCE, KINDS, factors, kind_of, row_of, varying
from egress.engine.world import World
from egress.ensemble import traced
from egress.errors import EgressError


@pytest.mark.parametrize("scenario", ["one-border", "ukraine-2022"])
def test_the_factors_hold_every_varying_input_once(scenario: str) -> None:
    world = World.of(egress.load(scenario))
    drawn = traced(scenario, members=2)[1]
    names = varying(world, drawn.normals, drawn.uncertain)
    held = [name for factor in factors(names) for name in factor.inputs]
    assert sorted(held) == sorted(names)
    assert set(drawn.uncertain) <= set(names)


def test_what_is_certain_is_no_input() -> None:
    world = World.of(egress.load("one-border"))
    drawn = traced("one-border", members=2)[1]
    assert drawn.normals
    assert varying(world, drawn.normals, drawn.uncertain) == []
    assert [factor.name for factor in factors([])] == [CHANCE]


def test_a_policy_known_to_have_come_is_certain_and_one_that_is_hinted_is_not() -> None:
    scenario = egress.load("russia-2022")
    name = "policy/exit-ban/happens"
    assert varying(World.of(scenario), [name, "policy/exit-ban/start"], {}) == []
    origin = egress.load("russia-2022").policies[0].history[0].at.replace(month=9, day=26)
    known = World.of(egress.known(scenario, origin), origin)
    assert varying(known, [name], {}) == [name]


def test_parameters_stand_alone_and_groups_can_be_taken_apart() -> None:
    names = ["parameter/peers", "group/x/willing", "group/y/willing", "noise/pull", "policy/ban/0/share"]
    assert [f.name for f in factors(names)] == [CHANCE, "groups", "noise", "parameter/peers", "policies"]
    apart = {f.name: f for f in factors(names, ["groups"])}
    assert apart["group/x/willing"].single
    assert not apart["noise"].single
    assert "groups" not in apart


@pytest.mark.parametrize("name", ["noise", "chance", "weather"])
def test_noise_and_chance_cannot_be_taken_apart(name: str) -> None:
    with pytest.raises(EgressError, match=f"'{name}' cannot be taken apart"):
        factors(["parameter/peers"], [name])


@pytest.mark.parametrize("name", ["policy/ban/happens", "entry/x/pull", "series/heat", "something/new"])
def test_every_name_has_a_kind(name: str) -> None:
    assert kind_of(name) in KINDS


def test_an_input_is_traced_to_its_row() -> None:
    scenario = egress.load("russia-2022")
    assert row_of(scenario, "group/exposed-visa/willing") is scenario.groups[2]
    assert row_of(scenario, "signal/2/fades") is scenario.signals[2]
    assert row_of(scenario, "lane/lars/vehicle/throughput") in scenario.lanes
    assert row_of(scenario, "voice/0/turnout") is None
    assert np.isfinite(scenario.groups[2].willing.median)
