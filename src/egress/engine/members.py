"""What differs between members before the first step: parameters, uncertain inputs, noise, events.

Every draw is keyed by (seed, member, purpose), the purpose being the name of the number; adding a number
never shifts another's luck. Rates are per hour, flows persons per hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import numpy as np

from egress.distribution import Distribution
from egress.engine.compiled import compiled
from egress.engine.draws import key, purpose, uniform
from egress.engine.world import Bools, Floats, Ints, World

T = TypeVar("T")
MONEY = 1000.0  # fares enter the utility in thousands; where a seat is bought, its fare alone counts


def once(column: Callable[[Members, str], Floats]) -> Callable[[Members, str], Floats]:
    """Keep what a column returns: to make the names of its rows takes longer than to use it."""

    @wraps(column)
    def kept(members: Members, name: str) -> Floats:
        whole = f"column/{column.__name__}/{name}"
        if whole not in members._kept:
            members._kept[whole] = column(members, name)
        return np.asarray(members._kept[whole])

    return kept


@dataclass(frozen=True)
class Members:
    """The draws of a chunk of members of one run: arrays whose first axis is the member."""

    world: World
    seed: int
    numbers: Ints
    """[M] absolute numbers of the members."""
    given: Mapping[str, Floats] = field(default_factory=dict, repr=False)
    """Standard normals that stand for draws, by name ([M], of noise [M, cells, knots]): what was learnt."""
    normals: dict[str, Floats] = field(default_factory=dict, repr=False)
    """The standard normals behind everything drawn up to now, by name; `given` ones included."""
    uncertain: dict[str, Distribution] = field(default_factory=dict, repr=False)
    """What was drawn from, by name."""
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)
    """Arrays already drawn or computed, by name: a number is drawn once."""

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.numbers)

    def kept(self, name: str, make: Callable[[Members], T]) -> T:
        """Return what `make` makes of these members, made once by that name."""
        if name not in self._kept:
            self._kept[name] = make(self)
        return cast(T, self._kept[name])

    def uniform(self, name: str) -> Floats:
        """Return [M] uniforms that belong to a name."""
        from scipy.special import ndtr

        if name in self.given:
            return np.asarray(ndtr(self.normal(name)))
        chance = self._chance(name)
        self._note(name, chance)
        return chance

    def normal(self, name: str) -> Floats:
        """Return [M] standard normals that belong to a name."""
        if name in self.given:
            self.normals[name] = np.asarray(self.given[name], dtype=float)
        else:
            self._note(name, self._chance(name))
        return self.normals[name]

    def _chance(self, name: str) -> Floats:
        """Return [M] the uniforms of a name, for a member whose numbers are not learnt."""
        return first_uniforms(self.seed, self.numbers, 0, 1, 1, purpose(name))[:, 0, 0]

    def _note(self, name: str, chance: Floats) -> None:
        """Keep the standard normals of some uniforms."""
        from scipy.special import ndtri

        self.normals[name] = np.asarray(ndtri(chance))

    def drawn(self, distribution: Distribution, name: str) -> Floats:
        """Return [M] values of an uncertain input, in canonical units."""
        if name not in self._kept:
            certain = distribution.certain
            if not certain:
                self.uncertain[name] = distribution
            self._kept[name] = (
                np.full(len(self), distribution.median) if certain else distribution.quantile(self.uniform(name))
            )
        return np.asarray(self._kept[name])

    def table(self, rows: list[Distribution], names: list[str]) -> Floats:
        """Return [M, rows] values of a column of a table."""
        if not rows:
            return np.zeros((len(self), 0))
        whole = "|".join(names)
        if whole not in self._kept:
            columns = [self.drawn(row, name) for row, name in zip(rows, names, strict=True)]
            self._kept[whole] = np.stack(columns, axis=1)
        return np.asarray(self._kept[whole])

    # parameters ---------------------------------------------------------------------------------------
    @cached_property
    def parameters(self) -> dict[str, Floats]:
        """[M] values of every parameter by name."""
        return {p.name: self.drawn(p.value, f"parameter/{p.name}") for p in self.world.scenario.parameters}

    def __getitem__(self, name: str) -> Floats:
        """Return [M] values of one parameter."""
        return self.parameters[name]

    @once
    def group(self, name: str) -> Floats:
        """[M, G] a number of each group."""
        groups = self.world.scenario.groups
        return self.table([getattr(g, name) for g in groups], [f"group/{g.id}/{name}" for g in groups])

    @once
    def origin(self, name: str) -> Floats:
        """[M, O] a number of each origin."""
        rows = self.world.scenario.origins
        return self.table([getattr(o, name) for o in rows], [f"origin/{o.id}/{name}" for o in rows])

    @cached_property
    def population(self) -> Ints:
        """N [M, O, G] people of each group in each origin at the start."""
        groups, origins = self.world.scenario.groups, self.world.scenario.origins
        people = self.origin("population")
        out = np.zeros((len(self), len(origins), len(groups)))
        for g, group in enumerate(groups):
            shares = {k: self.drawn(d, f"group/{group.id}/share/{k}") for k, d in group.share.items()}
            for o, origin in enumerate(origins):
                out[:, o, g] = people[:, o] * shares[origin.kind if origin.kind in shares else "all"]
        return np.rint(out).astype(np.int64)

    @cached_property
    def willing(self) -> Floats:
        """φ·ω [M, O, G] chance of being susceptible."""
        share = self.group("willing")[:, None, :] * self.origin("willing")[:, :, None]
        return np.minimum(1.0, share * self["peers"][:, None, None])

    # noise --------------------------------------------------------------------------------------------
    def knots(self, name: str, sd: Floats, memory: Floats, cells: int) -> Floats:
        """Return [M, cells, D + 2] exact Ornstein–Uhlenbeck values at 00:00 UTC of each date, keyed by date."""
        days, name = self.world.days + 2, f"noise/{name}"
        self._note(name, first_uniforms(self.seed, self.numbers, self.world.first_knot, days, cells, purpose(name)))
        if name in self.given:  # what was learnt of the past; later knots are drawn
            past = min(days, self.given[name].shape[2])
            self.normals[name][:, :, :past] = self.given[name][:, :, :past]
        fresh = self.normals[name] * sd[:, None, None]
        keep = np.exp(-24 / memory)[:, None]
        for day in range(1, days):
            fresh[:, :, day] = keep * fresh[:, :, day - 1] + np.sqrt(1 - keep**2) * fresh[:, :, day]
        return fresh

    @cached_property
    def intention_noise(self) -> Floats:
        """[M, 1, D + 2] log multiplier of the hazard of deciding, mean of its exponential 1."""
        sd = self["intention_noise"]
        return self.knots("intention", sd, self["intention_memory"], 1) - (sd**2 / 2)[:, None, None]

    @cached_property
    def pull_noise(self) -> Floats:
        """[M, A, D + 2] additions to the utility of each entry."""
        return self.knots("pull", self["pull_noise"], self["pull_memory"], self.world.entries)

    @cached_property
    def service_noise(self) -> Floats:
        """[M, L, D + 2] log multiplier of the service of each lane, mean of its exponential 1."""
        sd = self["service_noise"]
        lanes = len(self.world.scenario.lanes)
        return self.knots("service", sd, self["service_memory"], lanes) - (sd**2 / 2)[:, None, None]

    # traffic and service --------------------------------------------------------------------------------
    @cached_property
    def ordinary_entries(self) -> Floats:
        """[M, X] ordinary entries per hour at each land door, its unknown level included."""
        return self._known_entries * self._levels

    @cached_property
    def _known_entries(self) -> Floats:
        doors = self.world.ways.land
        return self.table([d.entries for d in doors], [f"crossing/{d.id}/entries" for d in doors])

    @cached_property
    def ordinary_exits(self) -> Floats:
        """[M, A] ordinary exits per hour out of the country behind each entry."""
        doors = self.world.ways.land
        base = self.table([d.exits for d in doors], [f"crossing/{d.id}/exits" for d in doors])
        air = np.zeros((len(self), self.world.entries - self.world.doors))
        for s, entry in enumerate(self.world.service_entry):
            if entry >= 0:
                air[:, entry - self.world.doors] += self.seats[:, s] * self.load[:, s] / 24
        return np.concatenate([base * self._levels, air], axis=1)

    @cached_property
    def _levels(self) -> Floats:
        level = next(p.value for p in self.world.scenario.parameters if p.name == "ordinary_level")
        doors = self.world.ways.land
        return self.table([level] * len(doors), [f"crossing/{d.id}/level" for d in doors])

    @cached_property
    def pressed(self) -> Floats:
        """μ1 [M, L] persons per hour through a hard-pressed lane."""
        ordinary = self._known_entries
        given = [
            self.drawn(lane.throughput, f"lane/{lane.crossing}/{lane.kind}/throughput")
            if lane.throughput is not None
            else ordinary[:, self.world.lane_door[number]] * self["stress_factor"]
            for number, lane in enumerate(self.world.scenario.lanes)
        ]
        return np.stack(given, axis=1) if given else np.zeros((len(self), 0))

    @cached_property
    def relaxed(self) -> Floats:
        """μ0 [M, L] persons per hour through a lane at ease."""
        given = [
            self.drawn(lane.relaxed, f"lane/{lane.crossing}/{lane.kind}/relaxed")
            if lane.relaxed is not None
            else self.pressed[:, number] * self["relaxed_factor"]
            for number, lane in enumerate(self.world.scenario.lanes)
        ]
        return np.stack(given, axis=1) if given else np.zeros((len(self), 0))

    @once
    def lane(self, name: str) -> Floats:
        """[M, L] a number of each lane."""
        rows = self.world.scenario.lanes
        return self.table([getattr(r, name) for r in rows], [f"lane/{r.crossing}/{r.kind}/{name}" for r in rows])

    # seats --------------------------------------------------------------------------------------------
    @once
    def service(self, name: str) -> Floats:
        """[M, S] a number of each service."""
        rows = self.world.scenario.services
        return self.table([getattr(r, name) for r in rows], [f"service/{r.id}/{name}" for r in rows])

    @cached_property
    def seats(self) -> Floats:
        """[M, S] whole seats per day."""
        return np.rint(self.service("seats") * 24)

    @cached_property
    def load(self) -> Floats:
        """[M, S] share sold to ordinary travellers by departure."""
        return self.service("load")

    # choice -------------------------------------------------------------------------------------------
    @cached_property
    def hours(self) -> Floats:
        """[M, K] hours of travel of each itinerary, waits apart."""
        ways = self.world.ways.itineraries
        ground = np.array([way.ground + way.beyond for way in ways])
        rail = np.array([way.rail for way in ways], dtype=bool)
        speed = np.where(rail, self["rail_speed"][:, None], self["road_speed"][:, None])
        hours = ground * self["detour"][:, None] / speed
        flights = self.service("hours")
        for k, way in enumerate(ways):
            if way.service is not None:
                hours[:, k] += flights[:, way.service] + self["airport_time"]
        return hours

    @cached_property
    def product_hours(self) -> Floats:
        """[M, P] hours from take-off to the door (feeders) or to arrival (flights abroad)."""
        flights = self.service("hours")
        out = np.zeros((len(self), self.world.products))
        for p, product in enumerate(self.world.ways.products):
            beyond = product.beyond * self["detour"] / self["road_speed"]
            out[:, p] = flights[:, product.service] + beyond
        return out

    @cached_property
    def base_fare(self) -> Floats:
        """[M, S] fare of ordinary times that enters the choice: a seat that costs less counts as MONEY, as the road."""
        return np.asarray(np.maximum(self.service("fare"), MONEY))

    @cached_property
    def static_utility(self) -> Floats:
        """[M, K] the part of V that no step changes: pull, hours, cost of the ground leg."""
        ways = self.world.ways.itineraries
        number = {place.id: n for n, place in enumerate(self.world.scenario.places)}
        diaspora = self.table(
            [p.diaspora for p in self.world.scenario.places],
            [f"place/{p.id}/diaspora" for p in self.world.scenario.places],
        )
        home = np.array([number[e.place] for e in self.world.ways.entries])
        pull = self.pull + self["weight_diaspora"][:, None] * np.log1p(diaspora[:, home])
        ground = np.array([0.0 if way.service is not None else way.ground for way in ways])
        fare = np.maximum(1.0, ground * self["detour"][:, None] * self["ground_fare"][:, None] / MONEY)
        return (
            pull[:, self.world.way_entry]
            - self["weight_hours"][:, None] * self.hours
            - self["weight_fare"][:, None] * np.log(fare)
        )

    @cached_property
    def pull(self) -> Floats:
        """α [M, A] pull of each entry: κ ln(ordinary entries per day) and a scatter of its own."""
        air = np.zeros((len(self), self.world.entries - self.world.doors))
        for s, (entry, service) in enumerate(zip(self.world.service_entry, self.world.scenario.services, strict=True)):
            if entry >= 0:
                ordinary = self.seats[:, s] * self.load[:, s]
                if service.pull is not None:
                    ordinary = self.drawn(service.pull, f"service/{service.id}/pull") * 24
                air[:, entry - self.world.doors] += ordinary
        land = self._known_entries * 24
        for x, door in enumerate(self.world.ways.land):
            if door.pull is not None:
                land[:, x] = self.drawn(door.pull, f"crossing/{door.id}/pull") * 24
        daily = np.concatenate([land, air], axis=1)
        names = [e.label for e in self.world.ways.entries]
        scatter = np.stack([self.normal(f"entry/{name}/pull") for name in names], axis=1)
        elasticity, sd = self["pull_elasticity"][:, None], self["pull_scatter"][:, None]
        return np.asarray(elasticity * np.log(np.maximum(daily, 1.0)) + sd * scatter)

    # events -------------------------------------------------------------------------------------------
    @cached_property
    def policy_start(self) -> Floats:
        """[M, policies] hours at which each policy starts; infinite where it does not happen."""
        out = np.full((len(self), len(self.world.policies)), np.inf)
        for j, resolved in enumerate(self.world.policies):
            name = f"policy/{resolved.policy.id}"
            chance = self.drawn(resolved.probability, f"{name}/probability")
            happens = self.uniform(f"{name}/happens") < chance
            if resolved.start_hours is not None:
                start = np.full(len(self), resolved.start_hours)
            elif resolved.window_hours is not None:
                low, high = resolved.window_hours
                start = low + (high - low) * self.uniform(f"{name}/start")
            else:
                start = np.full(len(self), np.inf)
            out[:, j] = np.where(happens, start, np.inf)
        return out

    @cached_property
    def policy_end(self) -> Floats:
        """[policies] hours at which each policy ends (infinite if it stands)."""
        return np.array([resolved.end_hours for resolved in self.world.policies])


@compiled
def first_uniforms(seed: int, members: Ints, first: int, days: int, cells: int, what: int) -> Floats:
    """Return [M, cells, days] uniforms keyed by (member, day, cell, purpose)."""
    out = np.empty((members.shape[0], cells, days))
    for m in range(members.shape[0]):
        for cell in range(cells):
            for day in range(days):
                out[m, cell, day], _ = uniform(key(seed, members[m], first + day, cell, what))
    return out


def share_of_step(start: Floats, end: Floats, begin: float | Floats, delta: float | Floats) -> Floats:
    """Return the share of a step [begin, begin + delta] within [start, end], any shape."""
    inside = np.minimum(end, begin + delta) - np.maximum(start, begin)
    return np.clip(inside / delta, 0.0, 1.0)


__all__ = ["Bools", "Members", "share_of_step"]
