"""What things are called: names of a scenario and of countries in place of ids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from egress.scenario.schema import Scenario

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
    """The names of one scenario, by kind, for ids of two kinds may be alike; an unknown id names itself."""

    regions: dict[str, str]
    places: dict[str, str]
    doors: dict[str, str]
    countries: dict[str, str]
    services: dict[str, str]
    policies: dict[str, str]

    @classmethod
    def of(cls, scenario: Scenario) -> Names:
        """Gather the names of a scenario; a code that is no country takes the name of its only place."""
        own = {}
        for code in {place.country for place in scenario.places} - country_names().keys():
            found = [place.name for place in scenario.places if place.country == code]
            own[code] = found[0] if len(found) == 1 else code
        places = {place.id: place.name for place in scenario.places}
        airports = {airport.id: airport.name for airport in scenario.airports}
        services = {
            s.id: f"{airports.get(s.origin, s.origin)} → "
            + (airports if s.domestic else places).get(s.destination, s.destination)
            for s in scenario.services
        }
        return cls(
            regions={origin.id: origin.name for origin in scenario.origins},
            places=places,
            doors={crossing.id: crossing.name for crossing in scenario.crossings},
            countries=country_names() | own,
            services=services,
            policies={policy.id: policy.what for policy in scenario.policies},
        )

    def country(self, code: str) -> str:
        """Return the name of a country."""
        return self.countries.get(code, code)

    def door(self, label: str) -> str:
        """Return the name of a crossing, which may be an airport."""
        return self.doors.get(label, label)

    def anywhere(self, label: str) -> str:
        """Return the name of what a count may speak of: a country, place, region or crossing."""
        for known in (self.countries, self.places, self.regions, self.doors):
            if label in known:
                return known[label]
        return label

    def service(self, label: str) -> str:
        """Return the name of a service: from where to where."""
        return self.services.get(label, label)

    def policy(self, label: str) -> str:
        """Return what a policy is, in a sentence."""
        return self.policies.get(label, label)


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]
