"""Known truths are found again: synthetic crises at one border, learnt from their counts.

The true crisis is a member of the prior, its counts are printed by the observation process, and the smoother sees
the first days only. If it is right, the truth is any member: its rank is uniform and ranges cover what they say.
Source: Talts et al. 2018, "Validating Bayesian inference algorithms with simulation-based calibration".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import egress
from egress.assimilate.forecasting import ahead
from egress.distribution import Distribution
from egress.ensemble import traced
from egress.observations import COLUMNS, Observations
from egress.observe import observed, print_like
from egress.scenario.schema import Scenario
from egress.scenario.time import start

CRISES, MEMBERS, BINS = 60, 150, 6
LEARNT_DAYS, AHEAD = 7, 5
UNKNOWN = {"intention_rate": (0.1, 0.2, 0.4), "intention_noise": (0.2, 0.3, 0.4)}
NAMES = ("parameter/intention_rate", "group/exposed/willing", "lane/bridge/vehicle/throughput", "arrivals ahead")


def uncertain() -> Scenario:
    """Return one-border with four unknowns (how fast and how many decide, the noise, the service) and no surprise."""
    scenario = egress.load("one-border")
    parameters = tuple(
        p.model_copy(update={"value": _range(p.value, *_per_hour(p.name))}) if p.name in UNKNOWN else p
        for p in scenario.parameters
    )
    group = scenario.groups[0]
    willing = group.model_copy(update={"willing": _range(group.willing, 0.02, 0.05, 0.12)})
    lane = scenario.lanes[0]
    flow = lane.throughput
    assert flow is not None
    served = _range(flow, 0.6 * flow.value, flow.value, 1.6 * flow.value)
    lanes = (lane.model_copy(update={"throughput": served, "relaxed": None}),)
    changed = {"parameters": parameters, "groups": (willing, *scenario.groups[1:]), "lanes": lanes, "policies": ()}
    return scenario.model_copy(update=changed)


def _per_hour(name: str) -> tuple[float, float, float]:
    low, middle, high = UNKNOWN[name]
    unit = 24.0 if name == "intention_rate" else 1.0
    return low / unit, middle / unit, high / unit


def _range(like: Distribution, low: float, middle: float, high: float) -> Distribution:
    return Distribution("range", low, middle, high, like.dimension)


def rows(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the windows that are counted: entries of every day, and the queue every morning."""
    begin = start(scenario.period)
    found: list[dict[str, Any]] = []
    blank: dict[str, Any] = dict.fromkeys(COLUMNS, "")
    for day in range(LEARNT_DAYS):
        first, last = begin + timedelta(days=day), begin + timedelta(days=day + 1)
        numbers = {"value": 1234.0, "low": np.nan, "high": np.nan, "first_shown": np.nan}
        about = {"published_at": last.isoformat(), "source": "guard"} | numbers
        daily = {"series": "entries", "what": "entries", "place": "XBB", "kind": "daily", "unit": "persons"}
        queue = {"series": "queue", "what": "queue_vehicles", "place": "bridge", "kind": "snapshot"}
        found.append(blank | about | daily | {"start": first.isoformat(), "end": last.isoformat()})
        found.append(blank | about | queue | {"start": first.isoformat(), "end": first.isoformat()})
    return found


def ranks() -> tuple[dict[str, list[float]], dict[str, list[bool]]]:
    """Return by unknown, for every crisis: rank of the truth among the members, and whether 80 % ranges hold it."""
    scenario = uncertain()
    truth, drawn = traced(scenario, members=CRISES, seed=77)
    windows = rows(scenario)
    said = [print_like(observed(truth, row), row, 99) for row in windows]
    origin = start(scenario.period) + timedelta(days=LEARNT_DAYS, minutes=1)
    days = slice(LEARNT_DAYS + 1, LEARNT_DAYS + 1 + AHEAD)
    total = truth.daily("XBB").isel(day=days).sum("day").values
    rank: dict[str, list[float]] = {name: [] for name in NAMES}
    held: dict[str, list[bool]] = {name: [] for name in NAMES}
    for crisis in range(CRISES):
        frame = pd.DataFrame([row | {"value": said[n][crisis]} for n, row in enumerate(windows)], columns=list(COLUMNS))
        run, learnt = ahead(scenario, origin, Observations(frame), days=AHEAD + 1, members=MEMBERS, seed=crisis)
        own = run.daily("XBB").isel(day=days).sum("day").values
        for name in NAMES:
            members = own if name == "arrivals ahead" else learnt.normals[name]
            true = total[crisis] if name == "arrivals ahead" else drawn.normals[name][crisis]
            rank[name].append(float((members < true).mean()))
            low, high = np.quantile(members, (0.1, 0.9))
            held[name].append(bool(low <= true <= high))
    return rank, held


@pytest.mark.slow
def test_truths_are_found_again_with_honest_ranges() -> None:
    rank, held = ranks()
    for name in NAMES:
        seen = np.histogram(np.clip(rank[name], 0, 1 - 1e-9), BINS, (0, 1))[0]
        chance = stats.chisquare(seen).pvalue
        share = np.mean(held[name])
        assert chance > 0.01, f"{name}: ranks {seen.tolist()} are not uniform (p = {chance:.4f})"
        assert 0.70 <= share <= 0.90, f"{name}: 80 % ranges hold {share:.0%} of the truths"
