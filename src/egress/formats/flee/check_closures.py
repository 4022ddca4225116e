"""What must hold of the closures of a Flee folder."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from egress.formats.flee.checks import CAMPS, Checks
from egress.formats.flee.scenario import FleeClosure
from egress.spelling import nearest


def closures(checks: Checks) -> None:
    """Judge closures: whom they name, what they can do, and whether ever."""
    countries = {row.country for row in checks.scenario.places}
    _never(checks)
    for i, row in enumerate(checks.scenario.closures):
        first_place = checks.scenario.places[0].name
        if row.what == "country":
            _border(i, row, countries, checks)
            continue
        acts = f"Flee would act on the first place, {first_place!r}, and so does egress"
        otherwise = "Flee passes over this row, and so does egress" if row.what in ("location", "link") else acts
        if row.what == "remove_forced_redirection":
            otherwise = "it has no effect in Flee"
        for j, name in enumerate(row.names):
            if name not in checks.names:
                checks.unknown(("closures", i, f"names.{j}"), name, checks.names, "place", otherwise)
        _kind(i, row, checks)
    idle = [i for i, row in enumerate(checks.scenario.closures) if row.what == "remove_forced_redirection"]
    if idle:
        found = f"{len(idle)} of {len(checks.scenario.closures)} closures"
        message = f"remove_forced_redirection in {found}: no effect, as Flee does not force anyone"
        checks.warn(("closures", idle[0], "what"), message)


def _border(i: int, row: FleeClosure, countries: set[str], checks: Checks) -> None:
    """Judge the closure of a border."""
    unknown = [name for name in row.names if name not in countries]
    if row.names[0] == row.names[-1]:
        message = f"{row.names[0]!r} is closed against itself: all roads within it shut, in Flee as here"
        checks.warn(("closures", i, "what"), message)
    for j, name in enumerate(row.names):
        if name not in countries:
            message = f"country {name!r} is not in locations.csv{nearest(name, countries)}"
            if checks.mirror:
                checks.warn(("closures", i, f"names.{j}"), f"{message}; Flee closes nothing, and neither does egress")
            else:
                checks.fault(("closures", i, f"names.{j}"), message)
    if not unknown and not _roads_between(row.names, checks):
        message = f"no route joins {row.names[0]!r} and {row.names[-1]!r}: nothing closes"
        checks.warn(("closures", i, "what"), message)


def _roads_between(countries: tuple[str, ...], checks: Checks) -> int:
    """Return how many routes join two countries."""
    country = {row.name: row.country for row in checks.scenario.places}
    wanted = {countries[0], countries[-1]}
    routes = checks.scenario.routes
    return sum({country.get(row.first), country.get(row.second)} == wanted for row in routes)


def _kind(i: int, row: FleeClosure, checks: Checks) -> None:
    """Judge closures by what they can do."""
    place = checks.names.get(row.names[0])
    if row.what == "link" and checks.rules.semantics.dead_link_closures:
        checks.warn(("closures", i, "what"), "closures of links do nothing in Flee, nor here under flee")
    elif row.what == "link":
        pairs = Counter(frozenset((route.first, route.second)) for route in checks.scenario.routes)
        if frozenset(row.names) not in pairs and all(name in checks.names for name in row.names):
            checks.fault(("closures", i, "names.1"), f"no route joins {row.names[0]!r} and {row.names[-1]!r}")
    elif row.what in CAMPS and place is not None and checks.scenario.places[place].type not in CAMPS:
        message = f"{row.names[0]!r} is no camp: it becomes a town when this starts, and a camp when it ends"
        checks.warn(("closures", i, "names.0"), f"{message}, in Flee as here")


def _never(checks: Checks) -> None:
    """Warn of closures that change nothing: over as they begin, after the run, or a second time."""
    period, seen = checks.scenario.period, set[tuple[object, ...]]()
    for i, row in enumerate(checks.scenario.closures):
        told = (row.what, row.names, row.closes, row.reopens)
        if told in seen:
            checks.warn(("closures", i, "what"), "the same closure a second time: it changes nothing")
        seen.add(told)
        if row.closes >= period.start + timedelta(days=period.days):
            checks.warn(("closures", i, "closes"), f"{row.closes} lies after the run: nothing closes")
        elif row.reopens == row.closes and row.closes >= period.start:
            checks.warn(("closures", i, "reopens"), "it ends on the day on which it starts: expected a later day")
