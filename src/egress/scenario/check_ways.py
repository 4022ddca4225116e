"""The ways out of a scenario: lanes, airports and services, and that every origin has one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from egress.scenario.findings import Finding, ids, known
from egress.scenario.network import AIRPORT_REACH, FEEDER_REACH, great_circle, ground_reach
from egress.scenario.positions import Loc
from egress.scenario.schema import Airport, Crossing, Origin, Policy, Scenario


def lane_twins(scenario: Scenario) -> Iterator[Finding]:
    """Check that a crossing has at most one lane of a kind."""
    seen = set()
    for i, lane in enumerate(scenario.lanes):
        if (lane.crossing, lane.kind) in seen:
            message = f"duplicate lane: {lane.crossing!r} has a {lane.kind} lane already, expected one of a kind"
            yield ("lanes", i, "kind"), message
        seen.add((lane.crossing, lane.kind))


def lanes(scenario: Scenario) -> Iterator[Finding]:
    """Check that lanes belong to land crossings and can serve."""
    land = {crossing.id: crossing for crossing in scenario.crossings if crossing.mode != "air"}
    for i, lane in enumerate(scenario.lanes):
        yield from known(("lanes", i, "crossing"), "land crossing", lane.crossing, land)
        if lane.throughput is None and lane.crossing in land and land[lane.crossing].entries.high <= 0:
            message = "a lane without throughput at a crossing without entries: expected one of them"
            yield ("lanes", i, "throughput"), message
        if lane.throughput is not None and lane.throughput.median <= 0:
            message = "a lane that passes nobody: expected more than 0, and open = false where only a policy opens it"
            yield ("lanes", i, "throughput"), message
        if lane.persons_per_vehicle.median < 1:
            message = f"{lane.persons_per_vehicle.median:g} people in a vehicle: expected at least 1"
            yield ("lanes", i, "persons_per_vehicle"), message
        times = [int(hour) * 60 + int(minute) for hour, minute in re.findall(r"(\d\d):(\d\d)", lane.hours)]
        if times[0] == times[1] or max(times) > 24 * 60 or re.search(r":[6-9]", lane.hours):
            yield ("lanes", i, "hours"), f"{lane.hours!r}: expected opening hours such as 07:00-19:00"


def laned_doors(scenario: Scenario) -> Iterator[Finding]:
    """Check that every land crossing has a lane."""
    served = {lane.crossing for lane in scenario.lanes}
    for i, crossing in enumerate(scenario.crossings):
        if crossing.mode != "air" and crossing.id not in served:
            yield ("crossings", i, "id"), f"{crossing.id!r} has no lane: expected at least one row of lanes"


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


def air_crossings(scenario: Scenario) -> Iterator[Finding]:
    """Check that airports name an air crossing."""
    air = [crossing.id for crossing in scenario.crossings if crossing.mode == "air"]
    for i, airport in enumerate(scenario.airports):
        if airport.crossing:
            yield from known(("airports", i, "crossing"), "air crossing", airport.crossing, air)


def origin_airports(scenario: Scenario) -> Iterator[Finding]:
    """Check that origins name airports."""
    names = ids(scenario.airports)
    for i, origin in enumerate(scenario.origins):
        for name in origin.airports:
            yield from known(("origins", i, "airports"), "airport", name, names)


def services(scenario: Scenario) -> Iterator[Finding]:
    """Check that services connect airports and places, and have seats."""
    named = {airport.id: airport for airport in scenario.airports}
    abroad = ids(scenario.places)
    effects = [effect for policy in scenario.policies for effect in policy.effects]
    added = {name for effect in effects if effect.kind == "seats" for name in effect.services}
    for i, service in enumerate(scenario.services):
        yield from known(("services", i, "origin"), "airport", service.origin, named)
        if not service.domestic and service.destination in named and service.destination not in abroad:
            message = f"{service.destination!r} is an airport: expected a place abroad, or domestic = true"
            yield ("services", i, "destination"), message
        elif service.domestic:
            yield from known(("services", i, "destination"), "airport", service.destination, named)
        else:
            yield from known(("services", i, "destination"), "place", service.destination, abroad)
        if not service.domestic and service.origin in named and not named[service.origin].crossing:
            message = f"{service.origin!r} has no air crossing for flights abroad: expected one in airports"
            yield ("services", i, "origin"), message
        if service.origin == service.destination:
            yield ("services", i, "destination"), "a service to where it starts: expected another airport"
        if service.seats.median <= 0 and service.id not in added:
            yield ("services", i, "seats"), "0 seats: expected more than 0, or a policy that adds some"
        if service.pull is None and service.seats.median * service.load.median <= 0 and not service.domestic:
            message = "no ordinary traveller has a seat (an airlift?): expected a pull, in ordinary travellers per day"
            yield ("services", i, "pull"), message


def ways_out(scenario: Scenario) -> Iterator[Finding]:
    """Check that every origin has a land crossing within reach or an airport from which one gets out."""
    from egress.scenario.load import defaults  # it imports the checks

    reach = ground_reach([*scenario.parameters, *defaults()])
    laned = {lane.crossing for lane in scenario.lanes}
    doors = [c for c in scenario.crossings if (c.id in laned or not laned) and c.mode != "air"]
    arrive = {a.id for a in scenario.airports if any(_km(a, door) <= FEEDER_REACH for door in doors)}
    served = {s.origin for s in scenario.services if not s.domestic or s.destination in arrive}
    for i, origin in enumerate(scenario.origins):
        near = min(((_km(origin, door), door.id) for door in doors), default=None)
        if _flies(origin, scenario, served) or (near is not None and near[0] <= reach):
            continue
        found = f"the nearest crossing, {near[1]!r}, is {near[0]:.0f} km away" if near else "there is no crossing"
        expected = f"expected a land crossing within {reach:.0f} km (ground_reach), or an airport with services abroad"
        expected += f" or to within {FEEDER_REACH:.0f} km of a crossing"
        yield ("origins", i, "id"), f"no way out of {origin.id!r}: {found}; {expected}"


def _flies(origin: Origin, scenario: Scenario, served: set[str]) -> bool:
    """Say whether an origin has an airport with services: one that it names, or else one nearby."""
    if origin.airports:
        return bool(served & set(origin.airports))
    return any(_km(origin, a) <= AIRPORT_REACH for a in scenario.airports if a.id in served)


def _km(origin: Origin | Airport, other: Crossing | Airport) -> float:
    return great_circle(origin.lat, origin.lon, other.lat, other.lon)
