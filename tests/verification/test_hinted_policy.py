"""A policy that is only possible: it happens in its share of members, and is feared before it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import egress
from egress.scenario.schema import Scenario
from egress.testing import BEGIN, assert_conserved, policy, signal, town

MEMBERS = 2000
CHANCE = 0.3
WINDOW = ("2030-03-05", "2030-03-07")
LOW, HIGH = 4 * 24.0, 7 * 24.0  # hours: from 00:00 of its first to 24:00 of its last day


def border(feared: float | None, **changes: Any) -> Scenario:
    """Return a town in which an exit ban is hinted on the second day; feared=None: nobody speaks of it."""
    hint = policy(
        {"kind": "refuse_exit", "share": 1}, at=None, probability=CHANCE, feared=feared, window=WINDOW,
        history=[{"at": "2030-03-02T00:00+00:00", "status": "hinted", "evidence": ["example"]}],
    )  # fmt: skip
    numbers = {"intention_rate": 0.05, "act_rate": 24, "fear_response": 2}
    parts = {"days": 8, "step": 12, "population": 2000, "per_day": 4000, "signals": [signal()]}
    measures = [] if feared is None else [hint]
    return town(numbers=numbers, policies=measures, **parts | changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def runs() -> dict[float | None, Any]:
    return {w: egress.run(border(w), members=MEMBERS, seed=3, chunk=500) for w in (None, 0.0, 0.8)}


def test_hinted_policy_happens_in_its_share_of_members(runs):
    # 0.3 of 2,000 members ± 4 · sqrt(0.3 · 0.7 / 2,000) = 0.041.
    share = np.isfinite(runs[0.0].data.policy_start.values[:, 0]).mean()
    assert share == pytest.approx(CHANCE, abs=4 * np.sqrt(CHANCE * (1 - CHANCE) / MEMBERS))


def test_hinted_policy_starts_evenly_within_its_window(runs):
    # Uniform on 72 h: mean 132 h ± 4 · 72 / sqrt(12 · 600) = 3.4 h.
    start = runs[0.0].data.policy_start.values[:, 0]
    start = start[np.isfinite(start)]
    assert start.min() >= LOW
    assert start.max() <= HIGH
    assert start.mean() == pytest.approx((LOW + HIGH) / 2, abs=4 * 72 / np.sqrt(12 * len(start)))


def test_nobody_gets_out_once_it_is_in_force(runs):
    data = runs[0.0].data
    hours = (data.step - data.step[0]).values / np.timedelta64(1, "h")
    after = hours[None, :] >= data.policy_start.values[:, :1]
    assert data.entries.values[:, :, 0][after].sum() == 0
    assert data.refused.values[:, :, 0][after].sum() > 0


def test_unfeared_policy_changes_nothing_before_its_window(runs):
    before = slice(0, int(LOW / 12))
    for name in ("entries", "queue", "wait", "served", "exits"):
        there, without = (runs[w].data[name].values[:, before] for w in (0.0, None))
        np.testing.assert_array_equal(there, without)


def test_unfeared_policy_changes_nothing_where_it_does_not_happen(runs):
    spared = ~np.isfinite(runs[0.0].data.policy_start.values[:, 0])
    for name in ("entries", "queue", "arrivals", "outcomes", "flows"):
        there, without = (runs[w].data[name].values[spared] for w in (0.0, None))
        np.testing.assert_array_equal(there, without)


def test_feared_policy_raises_departures_before_its_window_as_worked_out(runs):
    # Hinted at 24 h for 96–168 h, weight 0.8, horizon 72 h: q(t) = (t + 72 − 96) / 72 from t = 24 h to 96 h.
    # Hazard h = 0.05/24 · (1 + 2 · 0.8 q(t)) per hour, q taken in mid-step: 30, 42, …, 90 h: 1/12, 3/12, …,
    # 11/12, in sum 3. Those who decided by 96 h: 1 − exp(−(0.05/24) (96 + 1.6 · 12 · 3)) = 27.4 %; unfeared
    # 18.1 %.
    before = slice(0, int(LOW / 12))
    for weight, hours in ((0.0, 96.0), (0.8, 96 + 1.6 * 12 * 3)):
        out = runs[weight].data.entries.values[:, before].sum(axis=(1, 2))
        decided = 2000 * (1 - np.exp(-0.05 / 24 * hours))
        # those who decided within the last hour have not acted: about an hour's worth, 2000 · 0.8 · h ≈ 9
        late = 2000 * np.exp(-0.05 / 24 * hours) * (0.05 / 24) * (1 + 2 * weight * 0.92)
        assert out.mean() == pytest.approx(decided - late, abs=4 * np.sqrt(decided / MEMBERS) + 2)


def test_fear_is_the_same_where_the_policy_happens_and_where_not(runs):
    data = runs[0.8].data
    happens = np.isfinite(data.policy_start.values[:, 0])
    early = data.entries.values[:, : int(LOW / 12)].sum(axis=(1, 2))
    error = np.sqrt(early.var() * (1 / happens.sum() + 1 / (~happens).sum()))
    assert early[happens].mean() == pytest.approx(early[~happens].mean(), abs=4 * error)


def test_trajectories_add_up(runs):
    for run in runs.values():
        assert_conserved(run)


def test_only_those_whom_it_would_stop_fear_it():
    # A ban for the exposed is nothing to the others: their departures are bit for bit the same.
    from egress.testing import group, steps_taken

    groups = [group(share=0.5), group("others", share=0.5)]
    both = []
    for feared in (0.0, 0.9):
        scenario = border(feared, groups=groups)
        measure = scenario.policies[0]
        only = measure.model_copy(update={"applies_to": measure.applies_to.model_copy(update={"groups": ("exposed",)})})
        chunk = steps_taken(scenario.model_copy(update={"policies": (only,)}), 7, 20)
        both.append(chunk.state.susceptible.sum(axis=1))
    calm, afraid = both
    assert np.array_equal(calm[:, 1], afraid[:, 1])
    assert afraid[:, 0].mean() < calm[:, 0].mean()


def test_policy_that_never_happens_and_nobody_fears_changes_nothing():
    never = policy(
        {"kind": "close"}, at=None, id="never", probability=0, window=WINDOW,
        history=[{"at": BEGIN, "status": "hinted", "evidence": ["example"]}],
    )  # fmt: skip
    with_it, without = (
        egress.run(border(0.8, calm=False).model_copy(update={"policies": measures}), members=5, seed=8)
        for measures in (
            (*border(0.8).policies, *town(policies=[never], days=8).policies),
            border(0.8).policies,
        )
    )
    for name in without.data.data_vars:
        if name != "policy_start":
            np.testing.assert_array_equal(with_it.data[name].values, without.data[name].values, err_msg=str(name))
