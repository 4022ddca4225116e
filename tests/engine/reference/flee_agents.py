"""Flee's rules agent by agent, in plain Python, written from flee.md: slow, for small cases.

Counts inside places are snapshots (as pflee has them) or kept up to date agent by agent (as serial Flee has them).
r is exact. Nothing of the engine is used but the case and the rules.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from egress.engine.flee.case import FleeCase, FleeRules


@dataclass
class Place:
    name: str
    country: str
    population: int
    capacity: float
    movechance: float = 0.0
    town: bool = False
    camp: bool = False
    marker: bool = False
    conflict: float = -1.0
    since: int = -1
    score: float = 1.0
    inside: int = 0
    seen: int = 0
    links: list[Link] = field(default_factory=list)


@dataclass
class Link:
    start: int
    end: int
    length: float
    speed: float | None
    walk: float
    closed: bool = False


@dataclass
class Agent:
    at: int
    link: Link | None = None
    km: float = 0.0
    today: float = 0.0
    r: float = 0.0
    arrived: bool = False
    route: list[int] = field(default_factory=list)
    age: int = 30
    sex: str = "male"
    active: bool = True


class Model:
    """One run; `serial` keeps counts up to date within a phase."""

    def __init__(self, case: FleeCase, rules: FleeRules, seed: int, serial: bool = False) -> None:
        self.case, self.rules, self.serial = case, rules, serial
        self.flee = rules.semantics.full_speed_each_hop
        self.rng = random.Random(seed)
        self.draws = np.random.default_rng(seed)
        self.agents: list[Agent] = []
        self.debt = 0
        self.shut: dict[int, list[Link]] = {}
        said = case.places
        self.places = [
            Place(said.names[i], said.countries[i], int(said.population[i]), float(said.capacity[i]))
            for i in range(len(said))
        ]
        for i, place in enumerate(self.places):
            kind = "town" if said.types[i] == "conflict" and said.conflict_date[i] > 0 else said.types[i]
            self.make(place, kind)
            if kind == "conflict":
                place.conflict = float(said.conflict_intensity[i])
            if place.movechance < 0.005:
                place.camp, place.town = True, False
        self.camps = [i for i, place in enumerate(self.places) if place.camp]
        links = case.links
        for n in range(len(links)):
            twice = rules.semantics.doubled_redirection and links.forced_redirection[n] == 1
            for _ in range(2 if twice else 1):
                a, b = int(links.first[n]), int(links.second[n])
                speed = None if np.isnan(links.max_move_speed[n]) else float(links.max_move_speed[n])
                length, walk = float(links.distance[n]), float(links.walk_probability[n])
                self.places[a].links.append(Link(a, b, length, speed, walk))
                self.places[b].links.append(Link(b, a, length, speed, walk))
        for i in self.camps:
            if not rules.empty_camps_on_day0:
                for _ in range(int(said.initial_idps[i]) + (self.level(i, 0) if rules.insert_day0 else 0)):
                    self.add(i)

    def make(self, place: Place, kind: str) -> None:
        rules = self.rules
        place.town, place.camp, place.marker = kind == "town", kind in ("camp", "idpcamp"), kind == "marker"
        place.conflict = -1.0
        chances = {
            "camp": rules.camp_movechance,
            "idpcamp": rules.idpcamp_movechance,
            "conflict": rules.conflict_movechance,
            "forward": 1.0,
            "marker": 1.0,
        }
        place.movechance = chances.get(kind, rules.default_movechance)

    def level(self, i: int, day: int) -> int:
        data = self.case.data
        return sum(int(data.level[row, day]) for row in range(len(data.names)) if data.place[row] == i)

    def add(self, i: int) -> None:
        agent = Agent(i)
        for said in self.case.demographics:
            value = self.rng.choices(said.values, weights=said.weights[i].tolist())[0]
            if said.attribute == "age":
                agent.age = int(value)
            elif said.attribute == "gender":
                agent.sex = value
        self.agents.append(agent)
        self.places[i].inside += 1

    # the day

    def run(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return ([D, P] inside, [D] on links)."""
        inside = np.zeros((self.case.length, len(self.places)), dtype=int)
        moving = np.zeros(self.case.length, dtype=int)
        self.spawn_weights = self.weights(0)
        for day in range(self.case.length):
            self.day(day)
            inside[day] = [place.inside for place in self.places]
            moving[day] = sum(agent.link is not None for agent in self.agents)
        return inside, moving

    def decay(self, place: Place, clock: int) -> float:
        steps = self.rules.conflict_spawn_decay
        if not steps:
            return 1.0
        return steps[min(int((clock - place.since) / self.rules.conflict_spawn_decay_interval), len(steps) - 1)]

    def weights(self, clock: int) -> list[float]:
        return [
            place.population * place.conflict * self.decay(place, clock) if place.conflict > 0 else 0.0
            for place in self.places
        ]

    def day(self, day: int) -> None:
        if self.conflicts(day):
            self.spawn_weights = self.weights(day)
        self.spawn(day)
        self.closures(day)
        self.spawn_weights = self.weights(day)
        for i, place in enumerate(self.places):
            self.score(place, day)
            place.capacity += max(int(self.case.places.capacity_per_day[i]), 0)
        self.snapshot()
        for agent in self.agents:
            self.decide(agent, False)
        self.snapshot()
        for agent in self.agents:
            self.travel(agent)
        for agent in self.agents:
            agent.r = (agent.r + agent.today / (self.rules.max_move_speed if self.flee else 1.0)) / 2
            agent.today = 0.0

    def snapshot(self) -> None:
        for place in self.places:
            place.seen = place.inside

    def conflicts(self, day: int) -> bool:
        for change in self.case.location_changes:
            if change.day == day:
                place = self.places[change.place]
                self.make(place, change.type)
                if change.type == "conflict":
                    place.conflict = self.rules.default_conflict_intensity
        table, changed = self.case.conflicts, False
        for i, place in enumerate(self.places):
            now, before = table[day, i], table[day - 1, i] if day else 0.0
            if now > 1e-6 and before < 1e-6:
                place.conflict, place.town, place.since = float(now), False, day
                place.movechance, changed = self.rules.conflict_movechance, True
            elif now < 1e-6 and before > 1e-6:
                place.conflict, place.town, changed = -1.0, True, True
                place.movechance = self.rules.default_movechance
        return changed

    def spawn(self, day: int) -> None:
        rules, level = self.rules, self.case.data.level
        if rules.conflict_driven_spawning is not None:
            self.spawn_by_conflict()
            return
        rows = level[1:] if rules.sum_from_camps else level[:1]
        new = int((rows[:, day] - rows[:, day - 1]).sum()) if day else 0
        if day == 0 and not rules.insert_day0 and not rules.empty_camps_on_day0:
            new = int(level[:, 0].sum()) if rules.sum_from_camps else int(level[0, 0])
        new -= self.debt if day else 0
        if day == 0 and rules.insert_day0:
            for i, place in enumerate(self.places):
                place.capacity -= self.level(i, 0) if place.capacity > 0 else 0
        self.debt, new = max(-new, 0), max(new, 0)
        if new:
            chance = np.array(self.spawn_weights) / sum(self.spawn_weights)
            for i in self.draws.choice(len(self.places), new, p=chance):
                self.leave_home(int(i))

    def leave_home(self, i: int) -> None:
        self.add(i)
        if self.rules.take_from_population:
            self.places[i].population = max(self.places[i].population - 1, 0)

    def spawn_by_conflict(self) -> None:
        driven = self.rules.conflict_driven_spawning
        assert driven is not None
        for i, place in enumerate(self.places):
            if place.conflict > 0:
                rate = driven.displaced_per_conflict_day * place.conflict
                if driven.mode == "poisson":
                    count = int(self.draws.poisson(rate))
                else:
                    count = int(rate * (place.population if driven.mode == "pop_ratio" else 1))
                for _ in range(count):
                    self.leave_home(i)

    def closures(self, day: int) -> None:
        for n, closure in enumerate(self.case.closures):
            if closure.start == day:
                self.close(n, closure)
            if closure.end == day:
                self.reopen(n, closure)

    def close(self, n: int, closure: Any) -> None:
        if closure.kind in ("camp", "idpcamp"):
            self.make(self.places[max(closure.first, 0)], "town")
            return
        for place in self.places:
            for link in [link for link in place.links if self.touches(closure, link)]:
                link.closed = True
                place.links.remove(link)
                again = Link(link.start, link.end, link.length, link.speed, link.walk)
                self.shut.setdefault(n, []).append(again)

    def reopen(self, n: int, closure: Any) -> None:
        if closure.kind in ("camp", "idpcamp"):
            self.make(self.places[max(closure.first, 0)], closure.kind)
            return
        for link in self.shut.pop(n, []):
            self.places[link.start].links.append(link)

    def touches(self, closure: Any, link: Link) -> bool:
        if closure.kind == "country":
            between = {self.places[link.start].country, self.places[link.end].country}
            return between == set(closure.names) and len(between) == 2
        return closure.kind == "location" and closure.first in (link.start, link.end)

    # choices

    def score(self, place: Place, day: int) -> None:
        rules = self.rules
        place.score = 1.0 if place.country == self.places[0].country else rules.foreign_weight
        place.score *= rules.camp_weight if place.camp else 1.0
        if place.conflict > 0:
            place.score *= rules.conflict_weight ** (self.decay(place, day) * place.conflict)

    def count(self, place: Place) -> int:
        return place.inside if self.serial else place.seen

    def room(self, place: Place) -> float:
        cap, b, n = place.capacity * self.rules.capacity_scaling, self.rules.capacity_buffer, self.count(place)
        if cap < 1 or n <= b * cap:
            return 1.0
        return 0.0 if n >= cap else 1 - (n - b * cap) / (cap * (1 - b))

    def seen_score(self, agent: Agent, place: Place) -> float:
        rules, s, squared = self.rules, place.score, False
        if rules.children_avoid_hazards:
            if agent.age < 19:
                s, squared = s * s, True
            if rules.boys_take_risk and agent.sex == "male" and agent.age > 14:
                s = 1.0
        if rules.elderly_avoid_hazards and agent.age > 59:
            s, squared = s * s, True
        if rules.women_avoid_hazards and agent.sex == "female" and not squared:
            s = s * s
        if rules.use_pop_for_loc_weight and not place.camp:
            s *= max(1, place.population) ** rules.pop_power_for_loc_weight
        return s

    def paths(self, agent: Agent, nodes: list[int], km: float, step: int) -> list[tuple[float, list[int]]]:
        rules, found = self.rules, []
        for link in self.places[nodes[-1]].links:
            if link.end in nodes:
                continue
            end, length, at = self.places[link.end], km + link.length, step
            if end.marker:
                at -= 1
            else:
                worth = rules.weight_softening + self.seen_score(agent, end)
                worth = worth / (rules.softening + length) ** rules.distance_power * self.room(end)
                found.append((worth**rules.weight_power, [*nodes[1:], link.end]))
            if rules.awareness_level > at:
                found += self.paths(agent, [*nodes, link.end], length, at + 1)
        return found

    def choose(self, agent: Agent) -> list[int]:
        found = self.paths(agent, [agent.at], 0.0, 1)
        if self.rules.pruning_threshold > 1.001 and found:
            least = max(weight for weight, _ in found) / self.rules.pruning_threshold
            if self.rules.semantics.pruning_shifts_routes:  # the route that goes is the first equal one
                weights, paths = [weight for weight, _ in found], [path for _, path in found]
                at = 0
                while at < len(weights):
                    if weights[at] >= least:
                        at += 1
                        continue
                    weights.remove(weights[at])
                    paths.remove(paths[at])
                found = list(zip(weights, paths, strict=True))
            else:
                found = [(weight, path) for weight, path in found if weight >= least]
        if not found:
            return []
        weights = [weight for weight, _ in found]
        weights = weights if sum(weights) > 0 else [1.0] * len(found)
        return list(self.rng.choices([path for _, path in found], weights=weights)[0])

    def decide(self, agent: Agent, pushed: bool) -> None:
        if agent.link is not None:
            return
        place, rules = self.places[agent.at], self.rules
        if not (place.town and pushed) and not agent.route:
            chance = place.movechance
            if rules.movechance_pop_scale_factor:
                size = max(place.population, place.capacity) / rules.movechance_pop_base
                chance *= size**rules.movechance_pop_scale_factor
            if self.rng.random() >= chance:
                return
        agent.route = agent.route or self.choose(agent)
        if not agent.route:
            return
        link = next((link for link in place.links if link.end == agent.route[0]), None)
        last = self.places[agent.route[-1]]
        if link is None or (last.camp and self.room(last) < 0.5):
            agent.route = []
            return
        agent.route.pop(0)
        place.inside -= 1
        agent.link, agent.km = link, 0.0

    def travel(self, agent: Agent) -> None:
        while agent.link is not None:
            link, rules = agent.link, self.rules
            speed = rules.max_move_speed if link.speed is None else link.speed
            if (not agent.arrived and rules.start_on_foot) or self.rng.random() < link.walk:
                speed = rules.max_walk_speed
            if not self.leg(agent, link, speed):
                return
            agent.arrived, agent.link = True, None
            agent.at = link.start if link.closed else link.end
            self.places[agent.at].inside += 1
            if link.closed or agent.today >= (speed if self.flee else 1.0):
                return
            covered = agent.today / (rules.max_move_speed if self.flee else 1.0)
            self.decide(agent, rules.avoid_short_stints and (agent.r + covered) / 2 < 0.5)

    def leg(self, agent: Agent, link: Link, speed: float) -> bool:
        """Return whether the agent gets to the end of the link today."""
        if self.flee:
            agent.km += speed
            agent.today += speed
            if agent.km <= link.length:
                return False
            agent.today -= agent.km - link.length
            return True
        reach = speed * (1.0 - agent.today)
        if agent.km + reach < link.length - 1e-9:
            agent.km, agent.today = agent.km + reach, 1.0
            return False
        agent.today += (link.length - agent.km) / speed
        return True
