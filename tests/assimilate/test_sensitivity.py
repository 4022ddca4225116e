from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import egress
from egress.assimilate.factors import factors
from egress.assimilate.saltelli import Rows
from egress.assimilate.sensitivity import Sensitivity, _Engine
from egress.distribution import Distribution
from egress.engine.world import World
from egress.ensemble import traced
from egress.errors import EgressError
from egress.scenario.schema import Scenario

RATE, LEVEL = {"range": ["0.05 /d", "0.6 /d"]}, {"range": [0.99, 1.01]}


def uncertain(scenario: Scenario, ranges: dict[str, object]) -> Scenario:
    """Return the scenario with some parameters uncertain."""
    rows = tuple(
        p.model_copy(update={"value": Distribution.read(ranges[p.name], p.dimension)}) if p.name in ranges else p
        for p in scenario.parameters
    )
    return scenario.model_copy(update={"parameters": rows})


@pytest.fixture(scope="module")
def border() -> Scenario:
    return uncertain(egress.load("one-border"), {"intention_rate": RATE, "ordinary_level": LEVEL})


@pytest.fixture(scope="module")
def found(border: Scenario) -> Sensitivity:
    return egress.sensitivity(border, outputs=["arrivals", "XBB", "queue", "queue:bridge"], samples=32)


def total(table: pd.DataFrame, output: str, name: str) -> float:
    return float(table[(table["output"] == output) & (table["input"] == name)]["total"].iloc[0])


def test_at_one_border_nearly_all_hangs_on_the_only_number_that_is_unknown(found: Sensitivity) -> None:
    table = found.table()
    assert set(table["output"]) == {"arrivals", "XBB", "queue", "queue:bridge"}
    rate = total(table, "arrivals", "parameter/intention_rate")
    assert rate > 0.8
    assert total(table, "arrivals", "chance") < 0.05
    assert rate == total(table, "XBB", "parameter/intention_rate")
    row = table[table["input"] == "parameter/intention_rate"].iloc[0]
    assert row["if_low"] < row["if_high"]


def test_a_certain_input_has_no_row(found: Sensitivity) -> None:
    inputs = {name for name in found.table()["input"] if str(name).startswith("parameter/")}
    assert inputs <= {"parameter/intention_rate", "parameter/ordinary_level"}
    assert "parameter/peers" not in inputs
    assert "noise" not in set(found.table()["input"])


def test_the_order_of_the_parameters_does_not_matter(border: Scenario, found: Sensitivity) -> None:
    turned = border.model_copy(update={"parameters": border.parameters[::-1]})
    again = egress.sensitivity(turned, outputs=["arrivals", "XBB", "queue", "queue:bridge"], samples=32)
    pd.testing.assert_frame_equal(found.table(), again.table())


def test_threads_do_not_matter(border: Scenario, found: Sensitivity) -> None:
    alone = egress.sensitivity(border, outputs=["arrivals"], samples=32, threads=1)
    one = found.table()
    pd.testing.assert_frame_equal(alone.table(), one[one["output"] == "arrivals"].reset_index(drop=True))


def test_progress_ends_at_one(border: Scenario) -> None:
    heard: list[float] = []
    egress.sensitivity(border, outputs=["arrivals"], samples=8, progress=heard.append)
    assert heard[-1] == pytest.approx(1.0)
    assert heard == sorted(heard)


def test_an_unknown_output_says_what_there_is(border: Scenario) -> None:
    with pytest.raises(EgressError, match=r"no output 'Atlantis': expected arrivals, peak.*XBB"):
        egress.sensitivity(border, outputs=["Atlantis"], samples=8)


def test_a_row_of_a_alone_is_the_member_itself() -> None:
    scenario, names = egress.load("one-border"), ["origin/city/population"]
    chosen = factors(names)
    options = {"as_of": None, "seed": 3, "threads": 1}
    engine = _Engine(scenario, World.of(scenario), chosen, names, 4, options, None)
    rows = Rows(np.arange(4), np.zeros((4, len(chosen)), dtype=bool), np.full((4, len(chosen)), 0.5))
    told = engine(rows)[1]
    plain = traced(scenario, members=4, seed=3)[0]
    assert told[:, 0].tolist() == plain.data.surge.sum(("day", "crossing")).values.tolist()
    swapped = Rows(rows.base, np.ones_like(rows.swapped), rows.points)
    told = engine(swapped)[1]
    later = traced(scenario, members=8, seed=3)[0]
    assert told[:, 0].tolist() == later.data.surge.sum(("day", "crossing")).values[4:].tolist()
