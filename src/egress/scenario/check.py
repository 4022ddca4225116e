"""Cross-references and sums that no single field can check; each finding with its place in the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain

from egress.scenario.check_events import events
from egress.scenario.check_ways import (
    air_crossings,
    lane_twins,
    laned_doors,
    lanes,
    opened_lanes,
    origin_airports,
    services,
    ways_out,
)
from egress.scenario.findings import PAGES, REFERRED, Finding, ids, known
from egress.scenario.positions import Loc
from egress.scenario.schema import AppliesTo, Crossing, Scenario
from egress.scenario.time import days, zone

NAMED = ("groups", "policies", "origins", "places", "crossings", "airports", "services", "evidence")
CLASSES = ("exposed", "others")  # names for all exposed groups and all others
DOCUMENTS = ("internal", "travel", "visa")
STEPS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours: whole, and they divide a day
LONGEST = 3660  # days, ten years
YEARS = (1900, 2199)
MILLION = 1_000_000
FASTEST = 100  # by what a policy may multiply service
NEAR_ONE = 0.01  # by how much the mean of a weekday profile may miss 1


def faults(scenario: Scenario, broken: frozenset[Loc] = frozenset()) -> list[Finding]:
    """Return what is wrong between the parts of a scenario, each with its place in the data.

    `broken` items are not as the user wrote them: others may refer to them, nothing is said of them.
    """
    sections = {str(loc[0]) for loc in broken}
    found: list[Finding] = []
    for check in CHECKS:
        if sections & NEED_ALL.get(check, set()):
            continue
        table = REFER_TO.get(check, "")
        if table and not getattr(scenario, table):
            found += [((table,), REFERRED) for _ in check(scenario)][:1]
        else:
            found += check(scenario)
    return [finding for finding in found if not {finding[0][:1], finding[0][:2]} & broken]


def unique(scenario: Scenario) -> Iterator[Finding]:
    """Check that names are usable and unique in their table."""
    for table in NAMED:
        seen: dict[str, int] = {}
        for i, name in enumerate(ids(getattr(scenario, table))):
            loc = (table, i, "id")
            if not name or re.search(r"[\s|,;:/]", name):
                yield loc, f"id {name!r}: expected a name without spaces and any of | , ; : /"
            if name in seen:
                yield (
                    loc,
                    f"duplicate id {name!r}: expected a name of its own, number {seen[name] + 1} has it",
                )
            seen.setdefault(name, i)


def classes(scenario: Scenario) -> Iterator[Finding]:
    """Check that no group bears the name of a class that it does not make up alone."""
    for i, group in enumerate(scenario.groups):
        alike = [other.id for other in scenario.groups if other.exposed == (group.id == "exposed")]
        if group.id == "all" or (group.id in CLASSES and alike != [group.id]):
            yield ("groups", i, "id"), f"{group.id!r} means a class of groups: expected another id"


def period(scenario: Scenario) -> Iterator[Finding]:
    """Check the length of the period and of its step, and every offset of local time."""
    p = scenario.period
    if p.end < p.start:
        yield ("period", "end"), f"the period ends before it starts: expected {p.start} or later, found {p.end}"
    strange = [name for name in ("start", "end") if not YEARS[0] <= getattr(p, name).year <= YEARS[1]]
    for name in strange:
        yield ("period", name), f"the year {getattr(p, name).year}: expected {YEARS[0]} to {YEARS[1]}"
    if days(p) > LONGEST and not strange:
        yield ("period", "end"), f"a period of {days(p):,} days: expected at most {LONGEST:,}"
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
            yield from known(("groups", i, "share", kind), "kind of origin", kind, ["all", *kinds])
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
            yield from known(("places", i, "admits"), "document", document, DOCUMENTS)
        if place.country == scenario.home:
            yield ("places", i, "country"), f"{place.country!r} is the country left: expected another"
    for name, profile in scenario.weekdays.items():
        mean = sum(profile.monday_to_sunday) / 7
        if abs(mean - 1) > NEAR_ONE:
            yield ("weekdays", name, "monday_to_sunday"), f"the mean is {mean:.3g}: expected 1"


def crossings(scenario: Scenario) -> Iterator[Finding]:
    """Check that crossings lead from home to the country of their place."""
    countries = {place.id: place.country for place in scenario.places}
    homes = {crossing.between[0] for crossing in scenario.crossings}
    strange = scenario.home not in homes and len(homes) == 1 < len(scenario.crossings)
    if strange:
        yield (
            ("home",),
            f"{scenario.home!r} is left by no crossing: they all lead out of {homes.pop()!r}",
        )
    for i, crossing in enumerate(scenario.crossings):
        home = crossing.between[0]
        if home != scenario.home and not strange:
            message = f"{crossing.id!r} leads out of {home!r}: expected {scenario.home!r}, the home of the scenario"
            yield ("crossings", i, "between"), message
        yield from _behind(i, crossing, scenario.home, countries)
        for field in ("weekday_entries", "weekday_exits"):
            if profile := getattr(crossing, field):
                yield from known(("crossings", i, field), "weekday profile", profile, scenario.weekdays)


def _behind(i: int, crossing: Crossing, home: str, countries: dict[str, str]) -> Iterator[Finding]:
    """Check what lies behind a crossing."""
    entered = crossing.between[1]
    if crossing.mode == "air":
        if crossing.place:
            yield (
                ("crossings", i, "place"),
                f"an airport has no place, found {crossing.place!r}: expected it empty",
            )
        if entered != "AIR":
            message = f"an airport leads to {entered!r}: expected {home}|AIR"
            yield ("crossings", i, "between"), message
    elif not crossing.place:
        yield ("crossings", i, "place"), f"{crossing.id!r} has no place behind it: expected one of places"
    elif crossing.place not in countries:
        yield from known(("crossings", i, "place"), "place", crossing.place, countries)
    elif entered != countries[crossing.place]:
        message = (
            f"{crossing.id!r} leads into {entered!r}, but {crossing.place!r} behind it lies in "
            f"{countries[crossing.place]!r}: expected {home}|{countries[crossing.place]}"
        )
        yield ("crossings", i, "between"), message


def strengths(scenario: Scenario) -> Iterator[Finding]:
    """Check whom signals are said to touch."""
    names = ["all", *CLASSES, *ids(scenario.groups)]
    for i, signal in enumerate(scenario.signals):
        for name in signal.strength:
            yield from known(("signals", i, "strength", name), "group", name, names)


def policies(scenario: Scenario) -> Iterator[Finding]:
    """Check whom, where and what policies name."""
    for i, policy in enumerate(scenario.policies):
        loc: Loc = ("policies", i)
        yield from _applies((*loc, "applies_to"), policy.applies_to, scenario)
        for number, effect in enumerate(policy.effects):
            here = (*loc, "effects", number)
            if effect.kind == "throughput" and not 0 < effect.factor.median <= FASTEST:
                message = f"a factor of {effect.factor.median:g}: expected more than 0 (kind: close shuts a crossing)"
                message += f" and at most {FASTEST}"
                yield (*here, "factor"), message
            elif effect.kind == "road_block":
                for k, name in enumerate(effect.local_origins):
                    yield from known((*here, "local_origins", k), "origin", name, ids(scenario.origins))


def added_seats(scenario: Scenario) -> Iterator[Finding]:
    """Check that policies add seats to services that exist."""
    for i, policy in enumerate(scenario.policies):
        for number, effect in enumerate(policy.effects):
            if effect.kind == "seats":
                for k, name in enumerate(effect.services):
                    loc = ("policies", i, "effects", number, "services", k)
                    yield from known(loc, "service", name, ids(scenario.services))


def _applies(loc: Loc, applies: AppliesTo, scenario: Scenario) -> Iterator[Finding]:
    if applies.groups != "all":
        for k, name in enumerate(applies.groups):
            yield from known((*loc, "groups", k), "group", name, [*CLASSES, *ids(scenario.groups), "all"])
    if applies.crossings != "all":
        countries = {place.country for place in scenario.places} | {c.between[1] for c in scenario.crossings}
        names = [*ids(scenario.crossings), *sorted(countries), "all"]
        for k, name in enumerate(applies.crossings):
            yield from known((*loc, "crossings", k), "crossing or country", name, names)
    for key in ("groups", "crossings"):
        chosen = getattr(applies, key)
        if chosen != "all" and "all" in chosen:
            yield (*loc, key), f"'all' in a list: expected `{key}: all`, without brackets"


def processes(scenario: Scenario) -> Iterator[Finding]:
    """Check that call-up and protests have shares, times and sizes that can be."""
    call_up, voice = scenario.call_up, scenario.voice
    if call_up is not None:
        both = call_up.comply.median + call_up.hide.median
        if both > 1 + 1e-9:
            yield ("call_up", "hide"), f"those who comply and those who hide add up to {both:g}: expected at most 1"
        if call_up.half_time.median <= 0:
            yield ("call_up", "half_time"), "a quota served at once: expected more than 0 h"
    if voice is not None:
        if voice.scatter.median <= 0:
            yield ("voice", "scatter"), f"a scatter of {voice.scatter.median:g}: expected more than 0"
        for k, call in enumerate(voice.calls):
            if call.turnout.median > MILLION:
                message = f"{call.turnout.median:g} of a million people: expected at most {MILLION:,}"
                yield ("voice", "calls", k, "turnout"), message


def sources(scenario: Scenario) -> Iterator[Finding]:
    """Check that every source and every piece of evidence is in the evidence table."""
    names = [*ids(scenario.evidence), *PAGES]
    for loc, name in chain(_row_sources(scenario), _listed_evidence(scenario)):
        yield from known(loc, "source", name, names)


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


Check = Callable[[Scenario], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    unique, classes, period, groups, shares, places, crossings, lanes, lane_twins, laned_doors, air_crossings,
    origin_airports, services, strengths, policies, opened_lanes, added_seats, processes, sources, ways_out, events,
)  # fmt: skip
NEED_ALL: dict[Check, set[str]] = {
    classes: {"groups"},
    lane_twins: {"lanes"},
    laned_doors: {"lanes"},
    opened_lanes: {"lanes", "crossings"},
    shares: {"groups", "origins"},
    ways_out: {"crossings", "lanes", "airports", "services"},
    events: {"period"},
}
"""Checks that make sense only where no row of these tables is broken."""
REFER_TO: dict[Check, str] = {
    laned_doors: "lanes",
    opened_lanes: "lanes",
    origin_airports: "airports",
    services: "airports",
    added_seats: "services",
    sources: "evidence",
}
"""Checks that find each row at fault where a table is empty: that is said once, of the table."""
