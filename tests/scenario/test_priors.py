"""Cold priors: nothing that was fitted on a crisis reaches its cold forecast."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import egress
from egress.distribution import Distribution
from egress.errors import EgressError, ScenarioError
from egress.observations import Observations
from egress.scenario.load import defaults, load, scenario_hash, shipped
from egress.scenario.numbers import Number, numbers, reference, replaced
from egress.scenario.priors import (
    Fitted,
    Prior,
    Priors,
    base,
    cold_scenario,
    dumped,
    file_of,
    fitted,
    plain,
    registry,
    wide,
    with_priors,
)
from egress.scenario.schema import Profile, Scenario

CRISES = ("russia-2022", "ukraine-2022")
MODEL = (
    # the table "Prior ranges" of model.md
    "group/threatened-hard/willing", "group/threatened-easy/willing", "group/other-hard/willing",
    "group/other-easy/willing", "origin/*/willing", "parameter/intention_rate", "signal/hint/strength/*",
    "signal/reference/hold", "signal/reference/fades", "parameter/fear_response", "group/*/ready_at_once",
    "group/*/preparation", "parameter/act_rate", "parameter/retry_rate", "parameter/weight_hours",
    "parameter/weight_wait", "parameter/weight_days", "parameter/weight_fare", "parameter/pull_elasticity",
    "parameter/nest_dissimilarity", "parameter/fare_curve", "parameter/weight_stopped", "parameter/stress_factor",
    "lane/*/throughput", "lane/*/persons_per_vehicle", "lane/*/share", "policy/road_block/turned_back",
    "parameter/land_suppression", "parameter/air_suppression", "policy/refuse_entry/exempt", "parameter/peers",
    "parameter/early_leaving", "parameter/late_leaving", "parameter/ordinary_level", "parameter/intention_noise",
    "parameter/service_noise",
)  # fmt: skip
HAND = Prior(pattern="group/older/willing", low=1, high=4, unit="%", source="a test")


def tenfold(value: Distribution | Profile) -> Distribution | Profile:
    """Return something quite different of the same kind and sign."""
    if isinstance(value, Profile):
        return Profile(monday_to_sunday=(7, 0, 0, 0, 0, 0, 0), source="a test")
    if value.dimension == "share":
        return replace(value, low=value.low / 10, value=value.value / 10, high=value.high / 10)
    return replace(value, low=10 * value.low, value=10 * value.value, high=10 * value.high)


def disturbed(scenario: Scenario, wrong: tuple[Number, ...]) -> Scenario:
    return replaced(scenario, {number.loc: tenfold(number.value) for number in wrong})


def values(scenario: Scenario) -> dict[str, Distribution | Profile]:
    return {number.name: number.value for number in numbers(scenario)}


def pretended(crisis: str) -> Scenario:
    """Return a crisis with every number that was fitted on it ten times what it was."""
    scenario = load(crisis)
    return disturbed(scenario, fitted(scenario))


# No leak


@pytest.mark.parametrize("crisis", CRISES)
def test_numbers_fitted_on_a_crisis_do_not_reach_its_cold_scenario(crisis: str):
    other = pretended(crisis)
    assert scenario_hash(other) != scenario_hash(load(crisis))
    assert values(cold_scenario(other)) == values(cold_scenario(crisis))
    assert scenario_hash(cold_scenario(other)) == scenario_hash(cold_scenario(crisis))


@pytest.mark.parametrize("crisis", CRISES)
def test_numbers_fitted_on_a_crisis_do_not_survive_in_its_cold_scenario(crisis: str):
    own, cold = load(crisis), values(cold_scenario(crisis))
    marked = fitted(own)
    assert len(marked) > 50
    assert [number.name for number in marked if cold.get(number.name) == number.value] == []


@pytest.mark.parametrize(("crisis", "origin"), [("russia-2022", "2022-09-22"), ("ukraine-2022", "2022-02-26")])
def test_counts_and_fitted_numbers_change_not_one_bit_of_a_cold_forecast(crisis: str, origin: str, tmp_path: Path):
    folder = tmp_path / crisis
    shutil.copytree(shipped()[crisis], folder)
    counts = pd.read_csv(folder / "observations.csv", dtype=str)
    for column in ("value", "low", "high"):
        counts[column] = [f"{10 * float(v):g}" if isinstance(v, str) else v for v in counts[column]]
    counts.to_csv(folder / "observations.csv", index=False)
    assert Observations.of(folder).data["value"].sum() > 9 * Observations.of(crisis).data["value"].sum()
    changed = load(folder)
    forecasts = [
        egress.forecast(scenario, origin, days=1, members=3, threads=1)
        for scenario in (cold_scenario(disturbed(changed, fitted(changed))), cold_scenario(crisis))
    ]
    for one, two in zip(*(f.trajectory.data.data_vars.values() for f in forecasts), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_cold_forecast_differs_from_a_warm_one():
    days = [egress.forecast(s, "2022-02-26", days=1, members=3).ahead("poland") for s in (
        load("ukraine-2022"), cold_scenario("ukraine-2022"))]  # fmt: skip
    assert not np.array_equal(days[0], days[1])


@pytest.mark.parametrize(("other", "crisis"), [CRISES, CRISES[::-1]])
def test_what_a_crisis_shaped_elsewhere_is_not_what_others_are_calibrated_from(other: str, crisis: str):
    scenario = load(other)
    rows = [row for row in registry() if row.only in ("", other)]
    shaped = tuple(
        number
        for number in numbers(scenario)
        if next(row for row in rows if row.fits(number)).touched_by(crisis, other)
    )
    assert {"parameter/intention_rate", "parameter/fear_response"} <= {number.name for number in shaped}
    start = with_priors(disturbed(scenario, shaped), wide(other, without=crisis))
    assert start == with_priors(scenario, wide(other, without=crisis))


# Nothing forgotten


@pytest.mark.parametrize("crisis", CRISES)
def test_every_number_of_a_crisis_has_a_row(crisis: str):
    rows = [row for row in registry() if row.only in ("", crisis)]
    assert [n.name for n in numbers(load(crisis)) if not any(row.fits(n) for row in rows)] == []


def test_every_parameter_has_a_row_of_its_own():
    patterns = [row.pattern for row in registry()]
    assert {f"parameter/{p.name}" for p in defaults()} == {p for p in patterns if p.startswith("parameter/")}
    assert set(MODEL) <= set(patterns)


def test_every_row_has_a_source_and_fitted_ones_a_range():
    for row in registry():
        assert row.source
        assert row.basis
        assert row.fitted_on in (*CRISES, "both", "own", "none")
        assert row.kept == (row.fitted_on == "none")


def test_every_row_fits_some_number_first():
    for crisis in CRISES:
        rows = [row for row in registry() if row.only in ("", crisis)]
        used = {id(next(row for row in rows if row.fits(number))) for number in numbers(load(crisis))}
        assert [row.pattern for row in rows if row.only == crisis and id(row) not in used] == []


@pytest.mark.parametrize("crisis", CRISES)
def test_shipped_priors_are_those_of_the_registry_but_for_what_was_calibrated(crisis: str):
    found = Priors.without_crisis(crisis)
    rows = [row for row in registry() if row.only in ("", crisis)]
    assert [row.pattern for row in found.priors] == [row.pattern for row in rows]
    for row, prior in zip(rows, found.priors, strict=True):
        if prior.source.startswith("calibrated on"):
            assert row.shared
            assert crisis not in prior.source
        else:
            assert prior == plain(row, crisis, crisis)
    assert crisis not in [each.scenario for each in found.learnt_from]
    assert found.made_by.startswith(f"egress calibrate --without {crisis}")


@pytest.mark.parametrize("crisis", CRISES)
def test_a_shipped_file_is_what_was_written(crisis: str):
    assert dumped(Priors.without_crisis(crisis)) == file_of(crisis).read_text("utf-8")


# Rows and numbers


def test_priors_stand_in_the_place_of_ranges():
    scenario = load("ukraine-2022")
    new = with_priors(scenario, Priors(without="", priors=(HAND,)))
    assert values(new)["group/older/willing"] == Distribution("range", 0.01, 0.02, 0.04, "share")
    changed = {name for name, value in values(new).items() if value != values(scenario)[name]}
    assert changed == {"group/older/willing"}


def test_the_first_row_that_fits_decides():
    keep = Prior(pattern="group/older/willing", source="scenario")
    pooled = HAND.model_copy(update={"pattern": "group/threatened-easy/willing"})
    scenario = load("ukraine-2022")
    new = values(with_priors(scenario, Priors(without="", priors=(keep, pooled))))
    assert new["group/older/willing"] == values(scenario)["group/older/willing"]
    assert new["group/men-18-60/willing"].value == pytest.approx(0.02)


def test_a_factor_multiplies_what_was_replaced_already():
    doors = Prior(pattern="crossing/medyka/entries", low=100, high=400, unit="persons/d", source="a test")
    shares = Prior(pattern="lane/medyka/*/share", low=0.4, high=0.6, shape="uniform", unit="share", source="a test")
    lanes = Prior(pattern="lane/medyka/*/throughput", low=1, high=9, times="ordinary", source="a test")
    new = with_priors(load("ukraine-2022"), Priors(without="", priors=(lanes, doors, shares)))
    found = values(new)["lane/medyka/foot/throughput"]
    assert np.array([found.low, found.value, found.high]) * 24 == pytest.approx([100, 300, 900])  # 200 × 0.5 × …
    assert found.dimension == "flow"


def test_certain_numbers_stay():
    strength = reference(cold_scenario("russia-2022")).strength["exposed"]
    assert strength.certain
    assert strength.value == 1.0


def test_classes_of_groups_and_signals():
    kinds = {number.name: number.kind for number in numbers(load("russia-2022"))}
    assert kinds["group/exposed-visa/willing"] == "group/threatened-easy/willing"
    assert kinds["group/exposed-travel/willing"] == "group/threatened-hard/willing"
    assert kinds["group/others-visa/willing"] == "group/other-easy/willing"
    assert [kinds[f"signal/{n}/hold"].split("/")[1] for n in range(6)] == [
        "hint", "hint", "reference", "later", "calm", "calm",
    ]  # fmt: skip
    assert kinds["policy/lars-office/0/share"] == "policy/refuse_exit/share"


def test_names_are_those_under_which_the_engine_draws():
    from egress.ensemble import traced

    scenario = load("russia-2022")
    short = scenario.model_copy(update={"period": scenario.period.model_copy(update={"end": scenario.period.start})})
    _, drawn = traced(short, members=1)
    # a level per door comes from one parameter; the probability of a status is drawn under the name of its policy
    levels = {name for name in drawn.uncertain if name.endswith(("/level", "/probability"))}
    assert len(drawn.uncertain) > 500
    unknown = set(drawn.uncertain) - levels - {number.name for number in numbers(scenario)}
    assert unknown == set()


def test_a_wrong_name_gets_the_nearest():
    wrong = Prior(pattern="parameter/intention_rat", low=1, high=2, unit="/d", source="a test")
    with pytest.raises(EgressError, match=r"did you mean 'parameter/intention_rate'"):
        with_priors(load("ukraine-2022"), Priors(without="", priors=(wrong,)))
    with pytest.raises(EgressError, match=r"no priors without 'russia-2023'.*did you mean 'russia-2022'"):
        Priors.without_crisis("russia-2023")


def test_a_prior_of_another_dimension_is_an_error():
    wrong = HAND.model_copy(update={"unit": "d"})
    with pytest.raises(EgressError, match="is a share, its prior a duration"):
        with_priors(load("ukraine-2022"), Priors(without="", priors=(wrong,)))


def test_a_faulty_file_says_where(tmp_path: Path):
    path = tmp_path / "priors.yaml"
    path.write_text("without: x\npriors:\n  - {pattern: a, low: 1, unit: '1', source: b}\n", "utf-8")
    with pytest.raises(ScenarioError, match=r"priors.yaml:3:\d+: .*low and high stand together"):
        Priors.read(path)


def test_a_multiple_of_nothing_is_an_error():
    scenario = load("ukraine-2022")
    nothing = Distribution("fixed", 0.0, 0.0, 0.0)
    empty = replaced(scenario, {("crossings", 0, "entries"): nothing})
    exits = next(number for number in numbers(empty) if number.name == "crossing/medyka/exits")
    with pytest.raises(EgressError, match="these are 0"):
        base(empty, exits, "entries")


def test_a_row_without_range_is_kept_and_unknown_units_are_refused():
    assert Prior(pattern="a", source="scenario").kept
    assert not Prior(pattern="a", source="b", shape="flat").kept
    with pytest.raises(ValueError, match="expected one of"):
        Fitted(pattern="a", source="b", fitted_on="none", unit="furlong")
