"""Cross-references and sums that no single field can check; each finding with its place in the data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any

from egress.scenario.check_events import events
from egress.scenario.network import AIRPORT_REACH, great_circle
from egress.scenario.positions import Loc
from egress.scenario.schema import Airport, AppliesTo, Crossing, Origin, Parameter, Policy, Scenario
from egress.scenario.time import zone
from egress.spelling import nearest

Finding = tuple[Loc, str]
NAMED = ("groups", "policies", "origins", "places", "crossings", "airports", "services", "evidence")
CLASSES = ("exposed", "others")  # names for all exposed groups and all others
DOCUMENTS = ("internal", "travel", "visa")
PAGES = ("assumption", "model.md", "behaviour.md")  # sources that no evidence table lists
REACH = 4000.0  # km, great circle; 72 h by road and rail at about 65 km/h with detours (data/parameters.csv)
STEPS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours: whole, and they divide a day
NEAR_ONE = 0.01  # by how much the mean of a weekday profile may miss 1


def faults(scenario: Scenario, broken: frozenset[Loc] = frozenset()) -> list[Finding]:
    """Return what is wrong between the parts of a scenario, each with its place in the data.

    `broken` items are not as the user wrote them: others may refer to them, nothing is said of them.
    """
    found: list[Finding] = []
    for check in (
        ids,
        period,
        groups,
        places,
        crossings,
        lanes,
        airports,
        services,
        strengths,
        policies,
        sources,
    ):
        found += check(scenario)
    sections = {str(loc[0]) for loc in broken}
    for check, needs in NEED_ALL.items():
        if not sections & needs:
            found += check(scenario)
    found += events(scenario)
    return [finding for finding in found if not {finding[0][:1], finding[0][:2]} & broken]


def _known(loc: Loc, what: str, word: str, names: Collection[str]) -> Iterator[Finding]:
    """Yield a fault where a name is not among those known."""
    if word not in names:
        yield loc, f"unknown {what} {word!r}{nearest(word, names)}"


def _ids(rows: Iterable[Any]) -> list[str]:
    return [row.id for row in rows]


def ids(scenario: Scenario) -> Iterator[Finding]:
    """Check that names are usable and unique in their table."""
    for table in NAMED:
        seen: dict[str, int] = {}
        for i, name in enumerate(_ids(getattr(scenario, table))):
            loc = (table, i, "id")
            if not name or re.search(r"[\s|,;:/]", name):
                yield loc, f"id {name!r}: expected a name without spaces and any of | , ; : /"
            if name in seen:
                yield (
                    loc,
                    f"duplicate id {name!r}: expected a name of its own, number {seen[name] + 1} has it",
                )
            seen.setdefault(name, i)
    for i, group in enumerate(scenario.groups):
        alike = [other.id for other in scenario.groups if other.exposed == (group.id == "exposed")]
        if group.id == "all" or (group.id in CLASSES and alike != [group.id]):
            yield ("groups", i, "id"), f"{group.id!r} means a class of groups: expected another id"


def lane_twins(scenario: Scenario) -> Iterator[Finding]:
    """Check that a crossing has at most one lane of a kind."""
    seen = set()
    for i, lane in enumerate(scenario.lanes):
        if (lane.crossing, lane.kind) in seen:
            message = f"duplicate lane: {lane.crossing!r} has a {lane.kind} lane already, expected one of a kind"
            yield ("lanes", i, "kind"), message
        seen.add((lane.crossing, lane.kind))


def period(scenario: Scenario) -> Iterator[Finding]:
    """Check the length of the period and of its step, and every offset of local time."""
    p = scenario.period
    if p.end < p.start:
        yield (
            ("period", "end"),
            f"the period ends before it starts: expected {p.start} or later, found {p.end}",
        )
    if p.step not in STEPS:
        message = f"a step of {p.step:g} h: expected whole hours that divide a day: 1, 2, 3, 4, 6, 8, 12 or 24 h"
        yield ("period", "step"), message
    offsets: list[tuple[Loc, str]] = [(("period", "utc_offset"), p.utc_offset)]
    offsets += [(("crossings", i, "utc_offset"), c.utc_offset) for i, c in enumerate(scenario.crossings)]
    for loc, offset in offsets:
        try:
            zone(offset or "+00:00")
        except ValueError as error:
            yield loc, str(error)


def groups(scenario: Scenario) -> Iterator[Finding]:
    """Check that every group has a share of every kind of origin."""
    kinds = sorted({origin.kind for origin in scenario.origins})
    for i, group in enumerate(scenario.groups):
        for kind in group.share:
            yield from _known(("groups", i, "share", kind), "kind of origin", kind, ["all", *kinds])
        for kind in kinds:
            if not {kind, "all"} & set(group.share):
                message = f"group {group.id!r} has no share of {kind!r} origins: expected {kind!r} or 'all'"
                yield ("groups", i, "share"), message


def shares(scenario: Scenario) -> Iterator[Finding]:
    """Check that the groups of every kind of origin make up at most its population."""
    for kind in sorted({origin.kind for origin in scenario.origins}):
        parts = [group.share.get(kind, group.share.get("all")) for group in scenario.groups]
        total = sum(part.median for part in parts if part is not None)
        if total > 1 + 1e-9:
            message = f"shares of {kind!r} origins add up to {total:g}: expected at most 1"
            yield ("groups", len(parts) - 1, "share"), message


def places(scenario: Scenario) -> Iterator[Finding]:
    """Check that places admit by documents that exist, and weekday profiles."""
    for i, place in enumerate(scenario.places):
        for document in place.admits:
            yield from _known(("places", i, "admits"), "document", document, DOCUMENTS)
        if place.country == scenario.home:
            yield ("places", i, "country"), f"{place.country!r} is the country left: expected another"
    for name, profile in scenario.weekdays.items():
        mean = sum(profile.monday_to_sunday) / 7
        if abs(mean - 1) > NEAR_ONE:
            yield ("weekdays", name, "monday_to_sunday"), f"the mean is {mean:.3g}: expected 1"


def crossings(scenario: Scenario) -> Iterator[Finding]:
    """Check that crossings lead from home to the country of their place."""
    countries = {place.id: place.country for place in scenario.places}
    for i, crossing in enumerate(scenario.crossings):
        home, entered = crossing.between
        if home != scenario.home:
            message = f"{crossing.id!r} leads out of {home!r}: expected {scenario.home!r}, the home of the scenario"
            yield ("crossings", i, "between"), message
        yield from _behind(i, crossing, entered, countries)
        for field in ("weekday_entries", "weekday_exits"):
            if profile := getattr(crossing, field):
                yield from _known(("crossings", i, field), "weekday profile", profile, scenario.weekdays)


def _behind(i: int, crossing: Crossing, entered: str, countries: dict[str, str]) -> Iterator[Finding]:
    """Check what lies behind a crossing."""
    if crossing.mode == "air":
        if crossing.place:
            yield (
                ("crossings", i, "place"),
                f"an airport has no place, found {crossing.place!r}: expected it empty",
            )
        if entered != "AIR":
            message = f"an airport leads to {entered!r}: expected {crossing.between[0]}|AIR"
            yield ("crossings", i, "between"), message
    elif not crossing.place:
        yield ("crossings", i, "place"), f"{crossing.id!r} has no place behind it: expected one of places"
    elif crossing.place not in countries:
        yield from _known(("crossings", i, "place"), "place", crossing.place, countries)
    elif entered != countries[crossing.place]:
        message = (
            f"{crossing.id!r} leads into {entered!r}, but {crossing.place!r} behind it lies in "
            f"{countries[crossing.place]!r}: expected {crossing.between[0]}|{countries[crossing.place]}"
        )
        yield ("crossings", i, "between"), message


def lanes(scenario: Scenario) -> Iterator[Finding]:
    """Check that lanes belong to land crossings and can serve."""
    land = {crossing.id: crossing for crossing in scenario.crossings if crossing.mode != "air"}
    for i, lane in enumerate(scenario.lanes):
        yield from _known(("lanes", i, "crossing"), "land crossing", lane.crossing, land)
        if lane.throughput is None and lane.crossing in land and land[lane.crossing].entries.high <= 0:
            message = "a lane without throughput at a crossing without entries: expected one of them"
            yield ("lanes", i, "throughput"), message
        times = [int(hour) * 60 + int(minute) for hour, minute in re.findall(r"(\d\d):(\d\d)", lane.hours)]
        if times[0] == times[1] or max(times) > 24 * 60 or re.search(r":[6-9]", lane.hours):
            yield ("lanes", i, "hours"), f"{lane.hours!r}: expected opening hours such as 07:00-19:00"


def laned_doors(scenario: Scenario) -> Iterator[Finding]:
    """Check that every land crossing has a lane."""
    served = {lane.crossing for lane in scenario.lanes}
    for i, crossing in enumerate(scenario.crossings):
        if crossing.mode != "air" and crossing.id not in served:
            yield ("crossings", i, "id"), f"{crossing.id!r} has no lane: expected at least one row of lanes"


def airports(scenario: Scenario) -> Iterator[Finding]:
    """Check that airports name an air crossing, and origins airports."""
    air = [crossing.id for crossing in scenario.crossings if crossing.mode == "air"]
    names = _ids(scenario.airports)
    for i, airport in enumerate(scenario.airports):
        if airport.crossing:
            yield from _known(("airports", i, "crossing"), "air crossing", airport.crossing, air)
    for i, origin in enumerate(scenario.origins):
        for name in origin.airports:
            yield from _known(("origins", i, "airports"), "airport", name, names)


def services(scenario: Scenario) -> Iterator[Finding]:
    """Check that services connect airports and places, and have seats."""
    named = {airport.id: airport for airport in scenario.airports}
    abroad = _ids(scenario.places)
    for i, service in enumerate(scenario.services):
        yield from _known(("services", i, "origin"), "airport", service.origin, named)
        if not service.domestic and service.destination in named and service.destination not in abroad:
            message = f"{service.destination!r} is an airport: expected a place abroad, or domestic = true"
            yield ("services", i, "destination"), message
        elif service.domestic:
            yield from _known(("services", i, "destination"), "airport", service.destination, named)
        else:
            yield from _known(("services", i, "destination"), "place", service.destination, abroad)
        if not service.domestic and service.origin in named and not named[service.origin].crossing:
            message = f"{service.origin!r} has no air crossing for flights abroad: expected one in airports"
            yield ("services", i, "origin"), message
        if service.origin == service.destination:
            yield ("services", i, "destination"), "a service to where it starts: expected another airport"
        if service.seats.median <= 0:
            yield ("services", i, "seats"), f"{service.seats.median:g} seats: expected more than 0"


def strengths(scenario: Scenario) -> Iterator[Finding]:
    """Check whom signals are said to touch."""
    names = ["all", *CLASSES, *_ids(scenario.groups)]
    for i, signal in enumerate(scenario.signals):
        for name in signal.strength:
            yield from _known(("signals", i, "strength", name), "group", name, names)


def policies(scenario: Scenario) -> Iterator[Finding]:
    """Check whom, where and what policies name."""
    for i, policy in enumerate(scenario.policies):
        loc: Loc = ("policies", i)
        yield from _applies((*loc, "applies_to"), policy.applies_to, scenario)
        for number, effect in enumerate(policy.effects):
            here = (*loc, "effects", number)
            if effect.kind == "seats":
                for k, name in enumerate(effect.services):
                    yield from _known((*here, "services", k), "service", name, _ids(scenario.services))
            elif effect.kind == "road_block":
                for k, name in enumerate(effect.local_origins):
                    yield from _known((*here, "local_origins", k), "origin", name, _ids(scenario.origins))


def _applies(loc: Loc, applies: AppliesTo, scenario: Scenario) -> Iterator[Finding]:
    if applies.groups != "all":
        for k, name in enumerate(applies.groups):
            yield from _known((*loc, "groups", k), "group", name, [*CLASSES, *_ids(scenario.groups), "all"])
    if applies.crossings != "all":
        countries = {place.country for place in scenario.places} | {c.between[1] for c in scenario.crossings}
        names = [*_ids(scenario.crossings), *sorted(countries)]
        for k, name in enumerate(applies.crossings):
            yield from _known((*loc, "crossings", k), "crossing or country", name, names)


def opened_lanes(scenario: Scenario) -> Iterator[Finding]:
    """Check that policies open lanes that exist."""
    for i, policy in enumerate(scenario.policies):
        for number, effect in enumerate(policy.effects):
            if effect.kind == "open_lane":
                yield from _lane(("policies", i, "effects", number, "lane"), effect.lane, policy, scenario)


def _lane(loc: Loc, kind: str, policy: Policy, scenario: Scenario) -> Iterator[Finding]:
    chosen = policy.applies_to.crossings
    doors = [c for c in scenario.crossings if chosen == "all" or c.id in chosen or c.between[1] in chosen]
    laned = {lane.crossing for lane in scenario.lanes if lane.kind == kind}
    named = [c.id for c in doors if c.id in chosen and c.id not in laned]
    for name in named:
        yield loc, f"{name!r} has no {kind} lane to open: expected a row of lanes with open = false"
    if doors and not named and not laned & {c.id for c in doors}:
        yield loc, f"no crossing here has a {kind} lane to open: expected a row of lanes with open = false"


def sources(scenario: Scenario) -> Iterator[Finding]:
    """Check that every source and every piece of evidence is in the evidence table."""
    names = [*_ids(scenario.evidence), *PAGES]
    for loc, name in chain(_row_sources(scenario), _listed_evidence(scenario)):
        yield from _known(loc, "source", name, names)


def _row_sources(scenario: Scenario) -> Iterator[tuple[Loc, str]]:
    for table in ("groups", "origins", "places", "crossings", "lanes", "airports", "services"):
        for i, row in enumerate(getattr(scenario, table)):
            for name in row.source.split(";"):
                yield (table, i, "source"), name.strip()
    for key, profile in scenario.weekdays.items():
        for name in profile.source.split(";"):
            yield ("weekdays", key, "source"), name.strip()


def _listed_evidence(scenario: Scenario) -> Iterator[tuple[Loc, str]]:
    lists: list[tuple[Loc, tuple[str, ...]]] = []
    lists += [(("signals", i), signal.evidence) for i, signal in enumerate(scenario.signals)]
    lists += [(("series", i), series.evidence) for i, series in enumerate(scenario.series)]
    for i, policy in enumerate(scenario.policies):
        lists += [(("policies", i, "history", k), status.evidence) for k, status in enumerate(policy.history)]
        if policy.outcome is not None:
            lists.append((("policies", i, "outcome"), policy.outcome.evidence))
    if scenario.call_up is not None:
        lists.append((("call_up",), scenario.call_up.evidence))
    if scenario.voice is not None:
        lists.append((("voice",), scenario.voice.evidence))
        lists += [(("voice", "calls", k), call.evidence) for k, call in enumerate(scenario.voice.calls)]
    for loc, names in lists:
        for k, name in enumerate(names):
            yield (*loc, "evidence", k), name


def ways_out(scenario: Scenario) -> Iterator[Finding]:
    """Check that every origin has a land crossing within reach or an airport with services."""
    laned = {lane.crossing for lane in scenario.lanes}
    doors = [c for c in scenario.crossings if c.id in laned and c.mode != "air"]
    served = {service.origin for service in scenario.services}
    for i, origin in enumerate(scenario.origins):
        near = min(((_km(origin, door), door.id) for door in doors), default=None)
        if _flies(origin, scenario, served) or (near is not None and near[0] <= REACH):
            continue
        found = f"the nearest crossing, {near[1]!r}, is {near[0]:.0f} km away" if near else "there is no crossing"
        expected = f"expected a land crossing within {REACH:.0f} km or an airport with services"
        yield ("origins", i, "id"), f"no way out of {origin.id!r}: {found}; {expected}"


def _flies(origin: Origin, scenario: Scenario, served: set[str]) -> bool:
    """Say whether an origin has an airport with services: one that it names, or else one nearby."""
    if origin.airports:
        return bool(served & set(origin.airports))
    return any(_km(origin, a) <= AIRPORT_REACH for a in scenario.airports if a.id in served)


def _km(origin: Origin, other: Crossing | Airport) -> float:
    return great_circle(origin.lat, origin.lon, other.lat, other.lon)


def parameter_faults(
    scenario: Scenario, defaults: tuple[Parameter, ...], broken: frozenset[Loc] = frozenset()
) -> list[Finding]:
    """Return what is wrong with the parameters that a scenario sets itself."""
    found = list(_parameters(scenario, {row.name: row for row in defaults}))
    return [finding for finding in found if not {finding[0][:1], finding[0][:2]} & broken]


def _parameters(scenario: Scenario, defaults: dict[str, Parameter]) -> Iterator[Finding]:
    seen = set()
    names = [*_ids(scenario.evidence), *PAGES]
    for i, row in enumerate(scenario.parameters):
        loc: Loc = ("parameters", i)
        yield from _known((*loc, "name"), "parameter", row.name, defaults)
        if row.name in seen:
            yield (*loc, "name"), f"duplicate parameter {row.name!r}: expected it once"
        seen.add(row.name)
        if row.name in defaults and row.dimension != defaults[row.name].dimension:
            usual = defaults[row.name].unit
            yield (*loc, "unit"), f"{row.name!r} in {row.unit!r}: expected {usual!r} or a unit like it"
        for name in row.source.split(";"):
            yield from _known((*loc, "source"), "source", name.strip(), names)


NEED_ALL = {
    lane_twins: {"lanes"},
    laned_doors: {"lanes"},
    opened_lanes: {"lanes", "crossings"},
    shares: {"groups", "origins"},
    ways_out: {"crossings", "lanes", "airports", "services"},
}
"""Checks that make sense only where no row of these tables is broken."""
