"""What things are called: names of a scenario and of countries in place of ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from egress.scenario.schema import Airport, Crossing, Origin, Place, Scenario

Named = Origin | Place | Airport | Crossing

LANES = {"vehicle": "vehicles", "foot": "on foot", "rail": "trains"}
MEASURES = {"gross": "entries", "net": "entries less exits", "staying": "still there"}
OUTCOMES = {
    "called_up": "called up",
    "listed": "listed for the call-up",
    "hiding": "in hiding",
    "detained": "detained",
    "stranded": "ready to leave, with no way open",
}
STATUSES = {"in_force": "in force"}


@cache
def outlines() -> tuple[dict[str, Any], ...]:
    """Return code, name and rings (lists of [lon, lat]) of every country of borders.json."""
    return tuple(json.loads(files("egress.data").joinpath("borders.json").read_text("utf-8")))


@cache
def country_names() -> dict[str, str]:
    """Return the English names of countries by alpha-3 code."""
    return {outline["code"]: outline["name"] for outline in outlines()}


@dataclass(frozen=True)
class Names:
    """The names of one scenario; an unknown id is its own name."""

    things: dict[str, str]
    """Origins, places, crossings, airports."""
    countries: dict[str, str]
    services: dict[str, str]
    policies: dict[str, str]

    @classmethod
    def of(cls, scenario: Scenario) -> Names:
        """Gather the names of a scenario; a code that is no country takes the name of its only place."""
        rows: tuple[Named, ...] = (
            *scenario.origins,
            *scenario.places,
            *scenario.airports,
            *scenario.crossings,
        )
        things = {row.id: row.name for row in rows}
        own = {}
        for code in {place.country for place in scenario.places} - country_names().keys():
            places = [place.name for place in scenario.places if place.country == code]
            own[code] = places[0] if len(places) == 1 else code
        ends = things | {place.id: place.name for place in scenario.places}
        ends |= {airport.id: airport.name for airport in scenario.airports}
        services = {
            s.id: f"{ends.get(s.origin, s.origin)} → {ends.get(s.destination, s.destination)}"
            for s in scenario.services
        }
        policies = {policy.id: policy.what for policy in scenario.policies}
        return cls(things, country_names() | own, services, policies)

    def country(self, code: str) -> str:
        """Return the name of a country."""
        return self.countries.get(code, code)

    def thing(self, label: str) -> str:
        """Return the name of an origin, place, crossing or airport."""
        return self.things.get(label, label)

    def series(self, label: str) -> str:
        """Return the name of a series of arrivals: a land crossing, or `airport:place`."""
        door, _, place = label.partition(":")
        return f"{self.thing(door)} → {self.thing(place)}" if place else self.thing(door)

    def lane(self, label: str) -> str:
        """Return the name of a lane `crossing/kind`."""
        crossing, _, kind = label.rpartition("/")
        return f"{self.thing(crossing)}, {LANES.get(kind, kind)}"

    def service(self, label: str) -> str:
        """Return the name of a service: from where to where."""
        return self.services.get(label, label)

    def policy(self, label: str) -> str:
        """Return what a policy is, in a sentence."""
        return self.policies.get(label, label)


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
