"""Scenarios changed in one thing, for comparisons; nothing is changed in place."""

from __future__ import annotations

from typing import Any

from egress.distribution import Distribution
from egress.scenario.schema import Scenario


def with_step(scenario: Scenario, hours: float) -> Scenario:
    """Return the scenario with another step."""
    return scenario.model_copy(update={"period": scenario.period.model_copy(update={"step": float(hours)})})


def scaled(d: Distribution, factor: float) -> Distribution:
    """Return a distribution times a factor."""
    return Distribution(d.kind, d.low * factor, d.value * factor, d.high * factor, d.dimension)


def scaled_population(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with more people; seats and lanes grow with them, so that queues stay alike."""
    origins = [o.model_copy(update={"population": scaled(o.population, factor)}) for o in scenario.origins]
    crossings = [
        c.model_copy(update={"entries": scaled(c.entries, factor), "exits": scaled(c.exits, factor)})
        for c in scenario.crossings
    ]
    lanes = [
        lane.model_copy(update={n: scaled(v, factor) for n in ("throughput", "relaxed") if (v := getattr(lane, n))})
        for lane in scenario.lanes
    ]
    services = [s.model_copy(update={"seats": scaled(s.seats, factor)}) for s in scenario.services]
    return scenario.model_copy(
        update={
            "origins": tuple(origins),
            "crossings": tuple(crossings),
            "lanes": tuple(lanes),
            "services": tuple(services),
        }
    )


def fixed(value: float, dimension: str = "number") -> Distribution:
    """Return a certain number."""
    return Distribution("fixed", value, value, value, dimension)


def with_parameters(scenario: Scenario, **values: float) -> Scenario:
    """Return the scenario with parameters fixed, in canonical units (hours, per hour, km)."""
    rows = tuple(
        p.model_copy(update={"value": fixed(values[p.name], p.dimension)}) if p.name in values else p
        for p in scenario.parameters
    )
    missing = set(values) - {p.name for p in scenario.parameters}
    if missing:
        raise KeyError(f"no parameter {missing.pop()!r}")
    return scenario.model_copy(update={"parameters": rows})


def with_rows(scenario: Scenario, table: str, **values: Any) -> Scenario:
    """Return the scenario with a field of every row of a table (or group) replaced."""
    rows = tuple(row.model_copy(update=values) for row in getattr(scenario, table))
    return scenario.model_copy(update={table: rows})


def without_policy(scenario: Scenario, policy: str) -> Scenario:
    """Return the scenario without one policy."""
    return scenario.model_copy(update={"policies": tuple(p for p in scenario.policies if p.id != policy)})
