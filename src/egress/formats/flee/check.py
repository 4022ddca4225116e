"""What must hold between the tables of a Flee folder, and what Flee would do without a word where it does not.

The same checks serve a Flee folder and a converted scenario. Where `flee` mirrors a defect the user is warned;
`flee-corrected` refuses what has no certain meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from egress.engine.flee.case import FleeCase, FleeRules
from egress.formats.flee.check_closures import closures
from egress.formats.flee.check_counts import camps_and_counts, corrections, counts_within, order_of_counts, shared_files
from egress.formats.flee.checks import CAMPS, Checks, Spot, close
from egress.formats.flee.findings import Findings
from egress.formats.flee.scenario import NO_COUNTRY, FleeConflict, FleeScenario
from egress.spelling import nearest


def check(
    scenario: FleeScenario, rules: FleeRules, spot: Spot, findings: Findings, unread: frozenset[str] = frozenset()
) -> None:
    """Gather faults and warnings; tables in `unread` could not be read whole and are not judged."""
    checks = Checks(scenario, rules, spot, findings)
    checks.names = {place.name: i for i, place in enumerate(scenario.places)}
    _places(checks)
    if "places" in unread:
        return
    for judge, needs in JUDGES:
        if not unread & set(needs):
            judge(checks)


def check_case(case: FleeCase, rules: FleeRules, spot: Spot, findings: Findings) -> None:
    """Warn of what shows only in agents: stocks of the first day that reach the capacity."""
    if not rules.insert_day0 or rules.empty_camps_on_day0 or not rules.semantics.stock_uses_capacity_twice:
        return
    stock = {
        int(place): int(level[0]) for place, level in zip(case.data.place, case.data.level, strict=True) if place >= 0
    }
    for place, people in stock.items():
        capacity = int(case.places.capacity[place])
        if 0 < capacity <= people:
            said = f"the stock of day 0 ({people} agents) reaches the capacity ({capacity}): "
            findings.warn(
                *spot(("places", place, "capacity")), f"{said}Flee takes this camp as unlimited, and so does egress"
            )


# Places and roads


def _places(checks: Checks) -> None:
    rows = checks.scenario.places
    seen: dict[str, int] = {}
    joined = {name for route in checks.scenario.routes for name in (route.first, route.second)}
    for i, row in enumerate(rows):
        if row.name in seen:
            first = checks.spot(("places", seen[row.name], "name"))[1].line
            checks.fault(("places", i, "name"), f"duplicate place {row.name!r}: it stands already in line {first}")
        seen.setdefault(row.name, i)
        if row.type in CAMPS and row.capacity == 0:
            checks.warn(("places", i, "capacity"), f"capacity 0 of camp {row.name!r}: no limit, in Flee as here")
        if joined and row.name not in joined:
            checks.warn(("places", i, "name"), f"no route leads to {row.name!r}: nobody arrives or leaves")
        _where(i, checks)
        _custom_numbers(i, checks)


def _where(i: int, checks: Checks) -> None:
    """Warn of places that lie nowhere on earth or in no country, and of a home that no other place shares."""
    rows = checks.scenario.places
    row, home = rows[i], rows[0].country
    low, high = sorted((abs(row.gps_x or 0.0), abs(row.gps_y or 0.0)))
    if low > 90 or high > 180:
        at = f"{row.gps_x:g}, {row.gps_y:g}"
        checks.warn(("places", i, "name"), f"{row.name!r} lies at {at}, which is nowhere on earth: maps are wrong")
    if row.country == NO_COUNTRY:
        checks.warn(("places", i, "name"), f"{row.name!r} has no country: it counts as foreign, in Flee as here")
    elif i == 0 and any(other.country != home and other.country.lower() == home.lower() for other in rows):
        message = f"{home!r}, the country of the first place, is spelt otherwise below: those count as foreign"
        checks.warn(("places", 0, "country"), f"{message}, in Flee as here")


def _custom_numbers(i: int, checks: Checks) -> None:
    """Warn of custom columns that do nothing, or not what they seem to."""
    row = checks.scenario.places[i]
    if row.type not in CAMPS and row.initial_idps:
        checks.warn(("places", i, "initial_idps"), f"initial_idps of {row.name!r} has no effect: it is no camp")
    if row.deactivation_probability and not checks.rules.camps_are_sinks:
        checks.warn(("places", i, "deactivation_probability"), "no effect: camps_are_sinks is off")
    for name in ("capacity_per_day", "initial_idps"):
        if getattr(row, name) and checks.rules.hasten > 1:
            message = f"{name} is in agents, not in people: hasten does not divide it, in Flee as here"
            checks.warn(("places", i, name), message)


def _routes(checks: Checks) -> None:
    seen: dict[frozenset[str], int] = {}
    for i, row in enumerate(checks.scenario.routes):
        for end in ("first", "second"):
            if getattr(row, end) not in checks.names:
                checks.unknown(("routes", i, end), getattr(row, end), checks.names, "place")
        if row.first == row.second:
            checks.fault(("routes", i, "second"), f"a route from {row.first!r} to itself")
        if row.distance == 0:
            checks.warn(("routes", i, "distance"), "a distance of 0 km: both ends are one place, in Flee as here")
        if row.max_move_speed == 0:
            checks.warn(("routes", i, "first"), "max_move_speed 0: nobody gets along this road")
        pair = frozenset((row.first, row.second))
        if pair in seen and len(pair) == 2:
            line = checks.spot(("routes", seen[pair], "first"))[1].line
            message = f"a second route between {row.first!r} and {row.second!r} (line {line}): each counts as a choice"
            checks.warn(("routes", i, "first"), message)
        seen.setdefault(pair, i)
    _forced(checks)


def _forced(checks: Checks) -> None:
    """Warn of forced redirections, once for each of their two values."""
    rows = checks.scenario.routes
    effects = {1: "the route counts twice as a choice", 2: "no effect"}
    for value, effect in effects.items():
        forced = [i for i, row in enumerate(rows) if row.forced_redirection == value]
        if forced:
            said = effect if checks.mirror else "no effect"
            message = (
                f"forced_redirection {value} in {len(forced)} of {len(rows)} routes: Flee does not force anyone; {said}"
            )
            checks.warn(("routes", forced[0], "forced_redirection"), message)


def _major_routes(checks: Checks) -> None:
    roads = {frozenset((row.first, row.second)) for row in checks.scenario.routes}
    rows = checks.scenario.major_routes
    if rows and not checks.rules.fixed_routes:
        checks.warn(("major_routes", 0, "places.0"), "not used: major routes need fixed_routes in the settings")
    for i, row in enumerate(rows):
        for j, name in enumerate(row.places):
            if name not in checks.names:
                checks.unknown(("major_routes", i, f"places.{j}"), name, checks.names, "place")
            elif j and frozenset((row.places[j - 1], name)) not in roads and row.places[j - 1] in checks.names:
                message = f"no route in routes.csv between {row.places[j - 1]!r} and {name!r}"
                checks.fault(("major_routes", i, f"places.{j}"), message)


# Conflicts


def _conflicts(checks: Checks) -> None:
    spells: dict[str, list[tuple[int, FleeConflict]]] = {}
    for i, spell in enumerate(checks.scenario.conflicts):
        spells.setdefault(spell.place, []).append((i, spell))
    for name, rows in spells.items():
        if name not in checks.names:
            otherwise = "Flee goes on without it, and so does egress"
            checks.unknown(("conflicts", rows[0][0], "place"), name, checks.names, "place", otherwise)
        elif checks.scenario.places[checks.names[name]].type in CAMPS and checks.mirror:
            message = f"{name!r} is a camp: after a conflict Flee leaves it camp and town at once, and so does egress"
            checks.warn(("conflicts", rows[0][0], "place"), message)
        _changes_of_intensity(rows, checks)
    _early_zones(checks, spells)
    if checks.rules.conflict_driven_spawning is None:
        _empty_zones(checks, spells)


def _changes_of_intensity(rows: list[tuple[int, FleeConflict]], checks: Checks) -> None:
    pairs = pairwise(rows)
    changes = [i for (_, before), (i, after) in pairs if before.ends == after.starts]
    if changes and checks.rules.semantics.frozen_intensity:
        name = checks.scenario.conflicts[changes[0]].place
        times = "once" if len(changes) == 1 else f"{len(changes)} times"
        message = f"the intensity at {name!r} changes {times} while the conflict goes on: Flee keeps the first"
        checks.warn(("conflicts", changes[0], "place"), f"{message}, and so does egress")


def _early_zones(checks: Checks, spells: dict[str, list[tuple[int, FleeConflict]]]) -> None:
    """Warn of zones that are in conflict from the start by their type, which conflicts.csv says they are not."""
    start = checks.scenario.period.start
    for i, place in enumerate(checks.scenario.places):
        if place.type == "conflict" and place.conflict_date <= 0:
            first = [spell for _, spell in spells.get(place.name, []) if spell.starts <= start]
            if not first:
                message = f"{place.name!r} has conflict_date {place.conflict_date}, but conflicts.csv has none on day 0"
                checks.warn(("places", i, "conflict_date"), f"{message}: it begins as a conflict zone, in Flee as here")


def _empty_zones(checks: Checks, spells: dict[str, list[tuple[int, FleeConflict]]]) -> None:
    """Warn of zones without residents: nobody sets out from there, as origins are drawn by population."""
    for i, place in enumerate(checks.scenario.places):
        if place.name in spells and place.population <= 0:
            message = f"{place.name!r} is in conflict and has no residents: nobody sets out from there, in Flee as here"
            checks.warn(("places", i, "population"), message)


# Changes


def _changes(checks: Checks) -> None:
    for i, row in enumerate(checks.scenario.changes):
        if row.place not in checks.names:
            first = checks.scenario.places[0].name
            otherwise = f"Flee would change the first place, {first!r}"
            message = f"place {row.place!r} is not in locations.csv{nearest(row.place, checks.names)}; {otherwise}"
            checks.fault(("changes", i, "place"), message)


# What the settings ask for


def _attributes(checks: Checks) -> None:
    """Note tables and columns that the active rules need and that are not there."""
    rules, given = checks.rules, {row.attribute for row in checks.scenario.demographics}
    needs = {
        "age": rules.children_avoid_hazards or rules.elderly_avoid_hazards,
        "gender": rules.women_avoid_hazards or (rules.children_avoid_hazards and rules.boys_take_risk),
    }
    for attribute, needed in needs.items():
        if needed and attribute not in given:
            message = f"no input_csv/demographics_{attribute}.csv, which the rules of the settings need"
            checks.fault(("demographics",), message)
    if rules.boys_take_risk and not rules.children_avoid_hazards:
        checks.warn(("demographics",), "BoysTakeRisk has no effect without ChildrenAvoidHazards, in Flee as here")
    _weights(checks)
    if rules.stay_close_to_home:
        for i, place in enumerate(checks.scenario.places):
            if place.gps_x is None or place.gps_y is None:
                checks.fault(("places", i, "name"), f"{place.name!r} has no coordinates: stay_close_to_home needs them")


def _weights(checks: Checks) -> None:
    """Judge the values and weights of age and gender."""
    sums: Counter[tuple[str, str]] = Counter()
    for i, row in enumerate(checks.scenario.demographics):
        sums[(row.attribute, row.place)] += row.weight  # type: ignore[assignment]
        if row.attribute == "age" and not _numeric(row.value):
            checks.fault(("demographics", i, "value"), f"age {row.value!r}: expected a number of years")
        elif row.attribute == "gender" and row.value not in ("female", "male"):
            message = f"gender {row.value!r}: the rules know 'female' and 'male' only"
            checks.warn(("demographics", i, "value"), f"{message}, in Flee as here")
        if row.place and row.place not in checks.names:
            message = f"column {row.place!r} is not in locations.csv{close(row.place, checks.names)}"
            checks.warn(("demographics", i, "place"), f"{message}: not used")
    for (attribute, place), total in sums.items():
        if not total > 0:
            checks.fault(("demographics",), f"the weights of {attribute} in {place or 'Default'!r} add up to 0")


def _numeric(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


JUDGES: tuple[tuple[Callable[[Checks], None], tuple[str, ...]], ...] = (
    (_routes, ("routes",)),
    (_major_routes, ("routes", "major_routes")),
    (_conflicts, ("conflicts",)),
    (camps_and_counts, ("counts",)),
    (counts_within, ("counts",)),
    (order_of_counts, ("counts",)),
    (shared_files, ("counts",)),
    (corrections, ("counts", "corrections")),
    (closures, ("routes", "closures")),
    (_changes, ("changes",)),
    (_attributes, ("demographics",)),
)
"""What is judged, and the tables that it takes."""
