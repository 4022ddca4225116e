"""From what a folder says to the arrays that the engine runs, in agents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from egress.engine.flee.case import (
    NOWHERE,
    CampData,
    Closure,
    Demographic,
    FleeCase,
    FleeRules,
    Floats,
    Links,
    LocationChange,
    Places,
)
from egress.formats.flee.counts import Problem, levels, truncated
from egress.formats.flee.scenario import FleeClosure, FleePlace, FleeScenario


def case_of(scenario: FleeScenario, rules: FleeRules) -> tuple[FleeCase, list[Problem]]:
    """Return the case of a scenario at the `hasten` of the rules, and what is wrong with its counts."""
    index = {place.name: i for i, place in enumerate(scenario.places)}
    data, problems = _data(scenario, rules.hasten, index)
    case = FleeCase(
        name=scenario.name,
        places=_places(scenario.places, rules.hasten),
        links=_links(scenario, index),
        conflicts=_conflicts(scenario, index),
        data=data,
        start=scenario.period.start,
        length=scenario.period.days,
        closures=tuple(_closure(closure, scenario, index) for closure in scenario.closures),
        major_routes=tuple(tuple(index[name] for name in row.places) for row in scenario.major_routes),
        location_changes=tuple(
            LocationChange(index.get(row.place, NOWHERE), row.type, (row.date - scenario.period.start).days)
            for row in scenario.changes
        ),
        demographics=_demographics(scenario),
        registration_corrections=tuple((row.camp, row.date) for row in scenario.corrections),
        files=tuple(row.id for row in scenario.evidence),
    )
    return case, problems


def _places(rows: tuple[FleePlace, ...], hasten: int) -> Places:
    def column(read: Callable[[FleePlace], Any], kind: Any = np.float64) -> Any:
        return np.array([read(row) for row in rows], dtype=kind)

    nan = float("nan")
    return Places(
        names=tuple(row.name for row in rows),
        regions=tuple(row.region for row in rows),
        countries=tuple(row.country for row in rows),
        x=column(lambda row: nan if row.gps_x is None else row.gps_x),
        y=column(lambda row: nan if row.gps_y is None else row.gps_y),
        types=tuple(row.type for row in rows),
        conflict_date=column(lambda row: row.conflict_date),
        population=column(lambda row: row.population // hasten, np.int64),
        capacity=column(lambda row: row.capacity // hasten, np.int64),
        conflict_intensity=column(lambda row: row.conflict_intensity),
        capacity_per_day=column(lambda row: row.capacity_per_day),
        initial_idps=column(lambda row: row.initial_idps, np.int64),
        deactivation_probability=column(lambda row: row.deactivation_probability),
    )


def _links(scenario: FleeScenario, index: dict[str, int]) -> Links:
    def column(values: Iterable[Any], kind: Any = np.float64) -> Any:
        return np.array(list(values), dtype=kind)

    rows, nan = scenario.routes, float("nan")
    return Links(
        first=column((index[row.first] for row in rows), np.int64),
        second=column((index[row.second] for row in rows), np.int64),
        distance=column(row.distance for row in rows),
        forced_redirection=column((row.forced_redirection for row in rows), np.int64),
        max_move_speed=column(nan if row.max_move_speed is None else row.max_move_speed for row in rows),
        walk_probability=column(row.walk_probability for row in rows),
    )


def _conflicts(scenario: FleeScenario, index: dict[str, int]) -> Floats:
    """Return intensities by day and place; spells of unknown places are left out, as Flee does."""
    start, days = scenario.period.start, scenario.period.days
    intensity = np.zeros((days, len(scenario.places)))
    for spell in scenario.conflicts:
        if spell.place in index:
            first = max((spell.starts - start).days, 0)
            last = days if spell.ends is None else max((spell.ends - start).days, 0)
            intensity[first:last, index[spell.place]] = spell.intensity
    return intensity


def _data(scenario: FleeScenario, hasten: int, index: dict[str, int]) -> tuple[CampData, list[Problem]]:
    period = scenario.period
    mirror = scenario.rules == "flee"
    names, people, problems = levels(scenario.counts, scenario.corrections, period.start, period.days, hasten, mirror)
    place = np.array([index.get(name, NOWHERE) for name in names], dtype=np.int64)
    return CampData(names, place, people, truncated(people)), problems


def _closure(closure: FleeClosure, scenario: FleeScenario, index: dict[str, int]) -> Closure:
    start = scenario.period.start
    first, second = (*closure.names, "")[:2]
    known = closure.what != "country"
    return Closure(
        kind=closure.what,
        names=(first, second),
        start=(closure.closes - start).days,
        end=-1 if closure.reopens is None else (closure.reopens - start).days,
        first=index.get(first, NOWHERE) if known else NOWHERE,
        second=index.get(second, NOWHERE) if known else NOWHERE,
        probability=closure.probability,
    )


def _demographics(scenario: FleeScenario) -> tuple[Demographic, ...]:
    found = []
    for attribute in dict.fromkeys(row.attribute for row in scenario.demographics):
        rows = [row for row in scenario.demographics if row.attribute == attribute]
        values = tuple(dict.fromkeys(row.value for row in rows))
        weights = np.zeros((len(scenario.places), len(values)))
        for at, place in enumerate(scenario.places):
            own = [row for row in rows if row.place == place.name] or [row for row in rows if not row.place]
            for row in own:
                weights[at, values.index(row.value)] = row.weight
        found.append(Demographic(attribute, values, weights))
    return tuple(found)
