"""Which ways out there are: itineraries from every origin over at most one crossing.

Great-circle distances stand for road distances where none is known; the parameter `detour` turns them into
road kilometres (its basis says so). Lengths in km, times in hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from egress.scenario.schema import Airport, Crossing, Origin, Parameter, Scenario

EARTH_RADIUS = 6371.0  # km, mean radius (IUGG)
FEEDER_REACH = 350.0  # km, great circle from the landing city to a crossing; source: assumption
AIRPORTS_PER_ORIGIN = 2  # where an origin names none; source: assumption
AIRPORT_REACH = 900.0  # km, great circle from an origin to an airport not named by it; source: assumption


def great_circle(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in km (haversine).

    >>> round(great_circle(55.75, 37.62, 59.94, 30.31))
    635
    """
    a, b, c, d = np.radians([lat1, lon1, lat2, lon2])
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return float(2 * EARTH_RADIUS * np.arcsin(np.sqrt(h)))


@dataclass(frozen=True)
class Entry:
    """A series of arrivals: a land crossing, or a departure airport and the place flown to."""

    label: str
    door: str
    place: str
    country: str
    mode: str
    nest: str


@dataclass(frozen=True)
class Itinerary:
    """One way out of an origin.

    `ground` km before the seat leg (or all the way), `beyond` km after it; `service` is None by land.
    """

    origin: int
    entry: int
    ground: float
    rail: bool
    service: int | None = None
    product: int | None = None
    beyond: float = 0.0


@dataclass(frozen=True)
class Product:
    """What a seat is bought for: a service, and the land crossing one goes on to (None: a flight abroad)."""

    service: int
    entry: int
    beyond: float
    domestic: bool


@dataclass
class Network:
    """All itineraries of a scenario, sorted by origin, those that need no seat first, and nest."""

    entries: list[Entry]
    land: list[Crossing]
    products: list[Product]
    itineraries: list[Itinerary] = field(default_factory=list)


def ground_reach(parameters: Iterable[Parameter]) -> float:
    """Return how many km (great circle) the longest ways by road and rail go; of two of a name the first counts.

    >>> from egress.scenario.load import defaults
    >>> round(ground_reach(defaults()))
    2492
    """
    named: dict[str, float] = {}
    for row in parameters:
        named.setdefault(row.name, row.value.median)
    return named["ground_reach"] * named["road_speed"] / named["detour"] if named["detour"] else float("inf")


def network(scenario: Scenario, reach: float) -> Network:
    """Return every itinerary; `reach` km bounds ways by road and rail (great circle)."""
    land = [crossing for crossing in scenario.crossings if crossing.mode != "air"]
    entries = _entries(scenario, land)
    index = {entry.label: number for number, entry in enumerate(entries)}
    products = _products(scenario, land, index)
    ways: list[Itinerary] = []
    for number, origin in enumerate(scenario.origins):
        ways += _by_land(number, origin, land, reach)
        ways += _by_air(number, origin, scenario, products)
    ways.sort(key=lambda w: (w.origin, w.service is not None, _nest(w, entries, scenario), w.entry))
    return Network(entries, land, products, ways)


def _nest(way: Itinerary, entries: list[Entry], scenario: Scenario) -> str:
    """Return the nest of a way: feeders stand in the nest of their door, with seats of their own."""
    name = entries[way.entry].nest
    return f"{name}, by feeder" if way.service is not None and scenario.services[way.service].domestic else name


def _entries(scenario: Scenario, land: list[Crossing]) -> list[Entry]:
    country = {place.id: place.country for place in scenario.places}
    entries = [Entry(c.id, c.id, c.place, country[c.place], c.mode, c.nest) for c in land]
    door = {airport.id: airport.crossing for airport in scenario.airports}
    seen = set()
    for service in scenario.services:
        label = f"{door[service.origin]}:{service.destination}"
        if not service.domestic and label not in seen:
            seen.add(label)
            place = service.destination
            entries.append(Entry(label, door[service.origin], place, country[place], "air", service.nest))
    return entries


def _products(scenario: Scenario, land: list[Crossing], index: dict[str, int]) -> list[Product]:
    airports = {airport.id: airport for airport in scenario.airports}
    products = []
    for number, service in enumerate(scenario.services):
        if not service.domestic:
            label = f"{airports[service.origin].crossing}:{service.destination}"
            products.append(Product(number, index[label], 0.0, False))
            continue
        city = airports[service.destination]
        for crossing in land:
            km = great_circle(city.lat, city.lon, crossing.lat, crossing.lon)
            if km <= FEEDER_REACH:
                products.append(Product(number, index[crossing.id], km, True))
    return products


def _by_land(number: int, origin: Origin, land: list[Crossing], reach: float) -> list[Itinerary]:
    km = [great_circle(origin.lat, origin.lon, door.lat, door.lon) for door in land]
    return [
        Itinerary(number, entry, length, door.mode == "rail")
        for entry, (length, door) in enumerate(zip(km, land, strict=True))
        if length <= reach
    ]


def _by_air(number: int, origin: Origin, scenario: Scenario, products: list[Product]) -> list[Itinerary]:
    near = {airport.id: km for airport, km in _airports(origin, scenario)}
    ways = []
    for index, product in enumerate(products):
        service = scenario.services[product.service]
        if service.origin in near:
            ground = near[service.origin]
            ways.append(Itinerary(number, product.entry, ground, False, product.service, index, product.beyond))
    return ways


def _airports(origin: Origin, scenario: Scenario) -> list[tuple[Airport, float]]:
    """Return the airports that people of an origin use, with km to each."""
    served = {service.origin for service in scenario.services}
    km = {a.id: great_circle(origin.lat, origin.lon, a.lat, a.lon) for a in scenario.airports if a.id in served}
    named = [a for a in scenario.airports if a.id in origin.airports and a.id in km]
    if origin.airports:
        return [(airport, km[airport.id]) for airport in named]
    near = sorted((a for a in scenario.airports if km.get(a.id, np.inf) <= AIRPORT_REACH), key=lambda a: km[a.id])
    return [(airport, km[airport.id]) for airport in near[:AIRPORTS_PER_ORIGIN]]
