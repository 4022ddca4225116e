"""One member of a run, day by day: spawn, phase 1 (set out), phase 2 (travel and hop), night (flee.md section 3).

Counts inside places are snapshots, as in pflee (section 13): taken after the spawn for phase 1 and after phase 1
for phase 2. Given a snapshot people are independent, so each state is drawn as a multinomial; the law is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, float64
from egress.engine.draws import binomial, key, multinomial, purpose
from egress.engine.flee.capacity import factors
from egress.engine.flee.case import Floats, Ints
from egress.engine.flee.choose import weigh
from egress.engine.flee.decide import Mood, decide, shunned
from egress.engine.flee.movechance import movechances
from egress.engine.flee.moves import Moves, moves
from egress.engine.flee.plan import Plan
from egress.engine.flee.spawn import NO_ORIGIN, spawn
from egress.engine.flee.table import Table, add, clear, overflown, parts, size, state_of, table
from egress.engine.flee.travel import travel, walkers
from egress.errors import ConservationError, RunError

SET_OUT = purpose("flee set out")
GO_ON = purpose("flee go on")
ROAD = purpose("flee road")
CLASS = purpose("flee class")
SINK = purpose("flee sink")
FINE, NO_ROOM, LOST, ENDLESS = 0, 2, 3, 4  # outcomes of a member (1 is NO_ORIGIN)
MOST_HOPS = 1000  # in a day; Flee ends in Python's recursion limit, also 1000 (flee.md section 8)
ROOM = 1 << 12  # states to begin with
MOVES = 4  # rows of the list of moves per state


class Desk(NamedTuple):
    """Scratch of one member."""

    inside: Ints  # [P] people in places, as a snapshot
    leaving: Ints  # [P]
    full: Floats  # [P] capacity factor
    chance: Floats  # [P] movechance
    crowd: Floats  # [P] factor of use_pop_for_loc_weight
    worth: Floats  # [K, N] cumulative chances of paths
    picks: Ints  # [most paths of a place]
    stream: Ints  # [P] states of the places' draws
    roads: Ints  # [L] states of the links' draws
    population: Ints  # [P]
    counts: Ints  # [max(P, K)]
    shun: Ints  # [P]
    none: Ints  # [L] zeros


class Tables(NamedTuple):
    """Where people are: the evening before, the night to come, those who arrived early, and those who move."""

    evening: Table
    night: Table
    wave: Table
    further: Table
    moves: Moves


class Record(NamedTuple):
    """What happened in one member."""

    inside: Ints  # [D, P] agents in places at the end of the day
    spawned: Ints  # [D, P] agents who set out
    moving: Ints  # [D] agents on links at the end of the day
    gone: Ints  # [D, P] deactivated in camps


@compiled
def _refresh(plan: Plan, day: int, desk: Desk, force: bool) -> None:
    """Bring capacity factors and the chances of paths up to date."""
    law, web, days = plan.law, plan.web, plan.days
    changed = factors(desk.inside, days.capacity[day], law.scaling, law.buffer, desk.full)
    shunned(days.camp[day], desk.full, desk.shun)
    if not (changed or force):
        return
    first, row = web.paths.first[days.topology[day]], days.score_row[day]
    for kind in range(desk.worth.shape[0]):
        weigh(
            first,
            web.paths.destination,
            web.paths.resistance,
            web.lean,
            desk.crowd,
            days.score[row, kind],
            days.bare[row],
            desk.full,
            law.softening,
            law.power,
            law.threshold,
            law.fixed,
            desk.worth[kind],
        )


@compiled
def _stale(plan: Plan, day: int) -> bool:
    """Return whether scores or open links differ from the day before."""
    days = plan.days
    if day == 0 or plan.law.pop_power != 0.0:
        return True
    return days.topology[day] != days.topology[day - 1] or days.score_row[day] != days.score_row[day - 1]  # type: ignore[no-any-return]


@compiled
def _attract(plan: Plan, day: int, desk: Desk) -> None:
    """Write how much residents attract to places that are no camps (section 5)."""
    if plan.law.pop_power != 0.0:
        for j in range(desk.crowd.shape[0]):
            pop = max(1.0, float64(desk.population[j]))
            desk.crowd[j] = 1.0 if plan.days.camp[day, j] == 1 else pop**plan.law.pop_power


@compiled
def _put(plan: Plan, night: Table, seed: int, member: int, day: int, people: Ints, counts: Ints) -> None:
    """Add new people [P] to the state, split into classes."""
    shares, pace = plan.start.shares, plan.pace
    for place in range(people.shape[0]):
        if people[place] == 0:
            continue
        counts[: shares.shape[1]] = 0
        multinomial(people[place], shares[place], counts[: shares.shape[1]], key(seed, member, day, place, CLASS))
        for kind in range(shares.shape[1]):
            if counts[kind] > 0:
                add(night, state_of(pace.fields, place, 0, 0, kind, 0, plan.law.afoot, 0), counts[kind], 0.0)


@compiled
def _sink(plan: Plan, day: int, night: Table, seed: int, member: int, gone: Ints) -> None:
    """Let people in camps leave the simulation."""
    for row in range(size(night)):
        where = parts(plan.pace.fields, night.rows[row, 0])[0]
        if where < plan.pace.places and plan.days.camp[day, where] == 1 and plan.start.deactivation[where] > 0.0:
            people = night.rows[row, 1]
            out, _ = binomial(people, plan.start.deactivation[where], key(seed, member, day, row, SINK))
            if out > 0:
                night.travel[row] *= (people - out) / people
                night.rows[row, 1] -= out
                gone[where] += out


@compiled
def _count(plan: Plan, night: Table, inside: Ints) -> int:
    """Count people in places into `inside` [P]; return those on links."""
    inside[:] = 0
    moving = 0
    for row in range(size(night)):
        where = parts(plan.pace.fields, night.rows[row, 0])[0]
        if where < plan.pace.places:
            inside[where] += night.rows[row, 1]
        else:
            moving += night.rows[row, 1]
    return moving


@compiled
def _begin_day(plan: Plan, seed: int, member: int, day: int, desk: Desk, evening: Table, record: Record) -> int:
    """Spawn, take the snapshot, and prepare chances and draws; return an outcome."""
    law, days = plan.law, plan.days
    due = days.due[day]
    fault = spawn(
        seed, member, day, law.spawn_mode, law.spawn_rate, due, days.weight[day], desk.population, record.spawned[day]
    )
    if fault != 0:
        return fault
    _put(plan, evening, seed, member, day, record.spawned[day], desk.counts)
    desk.inside[:] += record.spawned[day]
    if law.take:
        for i in range(desk.population.shape[0]):
            desk.population[i] = max(desk.population[i] - record.spawned[day, i], 0)
    _attract(plan, day, desk)
    movechances(days.movechance[day], desk.population, days.capacity[day], law.move_scale, law.move_base, desk.chance)
    for i in range(desk.stream.shape[0]):
        desk.stream[i] = key(seed, member, day, i, SET_OUT)
    for link in range(desk.roads.shape[0]):
        if plan.web.roads.walk[link] > 0.0:
            desk.roads[link] = key(seed, member, day, link, ROAD)
    return FINE


@compiled
def _mood(plan: Plan, day: int, desk: Desk) -> Mood:
    """Return what places are like today; the arrays of the desk are shared, and renewed between the phases."""
    days, web = plan.days, plan.web
    topology, shut = days.topology[day], days.shut[day]
    turned = days.turned[shut] if shut >= 0 else desk.none
    return Mood(
        web.paths.first[topology], web.open[topology], turned, days.town[day], desk.shun, desk.chance, desk.worth
    )


@compiled
def _day(plan: Plan, seed: int, member: int, day: int, desk: Desk, tables: Tables, record: Record) -> int:
    """Take everybody from the evening before through a day to the night; return an outcome."""
    outcome = _begin_day(plan, seed, member, day, desk, tables.evening, record)
    if outcome != FINE:
        return outcome
    _refresh(plan, day, desk, _stale(plan, day))
    clear(tables.night)
    desk.leaving[:] = 0
    mood = _mood(plan, day, desk)
    pace, web, wave, further = plan.pace, plan.web, tables.wave, tables.further
    decide(pace, web, mood, tables.evening, False, desk.picks, desk.stream, desk.leaving, tables.moves, tables.night)
    walkers(web.roads, tables.moves, desk.roads)
    travel(pace, web.roads, tables.moves, wave, tables.night)
    desk.inside[:] -= desk.leaving
    _refresh(plan, day, desk, False)
    for i in range(desk.stream.shape[0]):
        desk.stream[i] = key(seed, member, day, i, GO_ON)
    hops = 0
    while size(wave) > 0 and hops < MOST_HOPS:
        decide(pace, web, mood, wave, True, desk.picks, desk.stream, desk.leaving, tables.moves, tables.night)
        clear(wave)
        walkers(web.roads, tables.moves, desk.roads)
        travel(pace, web.roads, tables.moves, further, tables.night)
        wave, further = further, wave
        hops += 1
    if overflown(tables.night) or overflown(wave) or overflown(further) or tables.moves.last[1] != 0:
        return NO_ROOM
    _sink(plan, day, tables.night, seed, member, record.gone[day])
    record.moving[day] = _count(plan, tables.night, record.inside[day])
    desk.inside[:] = record.inside[day]
    return FINE if size(wave) == 0 else ENDLESS


@compiled
def run_days(plan: Plan, seed: int, member: int, desk: Desk, tables: Tables, record: Record) -> tuple[int, int]:
    """Take one member through all days; return (outcome, day)."""
    days = record.moving.shape[0]
    _put(plan, tables.evening, seed, member, days, plan.start.stock, desk.counts)
    desk.inside[:] = plan.start.stock
    people = plan.start.stock.sum()
    for day in range(days):
        outcome = _day(plan, seed, member, day, desk, tables, record)
        if outcome != FINE:
            return outcome, day
        people += record.spawned[day].sum() - record.gone[day].sum()
        if record.inside[day].sum() + record.moving[day] != people:
            return LOST, day
        tables = Tables(tables.night, tables.evening, tables.wave, tables.further, tables.moves)
    return FINE, days


@dataclass
class Room:
    """Tables and scratch of one thread, used for one member after another; grows when a member needs more."""

    plan: Plan
    states: int = ROOM

    def run(self, seed: int, member: int) -> Record:
        """Return what happened in one member. Raises RunError."""
        while True:
            record = self._record()
            tables = Tables(*(table(self.states) for _ in range(4)), moves(MOVES * self.states))
            outcome, day = run_days(self.plan, seed, member, self._desk(), tables, record)
            if outcome != NO_ROOM:
                break
            self.states *= 2
        if outcome == NO_ORIGIN:
            raise RunError(f"people are to set out on day {day}, and no place in conflict has residents")
        if outcome == LOST:
            raise ConservationError(f"people do not add up in member {member} after day {day}")
        if outcome == ENDLESS:
            raise RunError(f"people hop over more than {MOST_HOPS} links on day {day}: links short, or speed high")
        return record

    def _record(self) -> Record:
        days, places = self.plan.days.capacity.shape
        return Record(
            np.zeros((days, places), np.int64),
            np.zeros((days, places), np.int64),
            np.zeros(days, np.int64),
            np.zeros((days, places), np.int64),
        )

    def _desk(self) -> Desk:
        places, kinds = self.plan.start.shares.shape
        links, paths = len(self.plan.web.roads.start), self.plan.web.paths
        most = int(np.diff(paths.first, axis=1).max(initial=0))
        return Desk(
            *(np.zeros(places, np.int64) for _ in range(2)),
            np.ones(places),
            np.zeros(places),
            np.ones(places),
            np.zeros((kinds, len(paths.destination))),
            np.zeros(most, np.int64),
            np.zeros(places, np.uint64),
            np.zeros(links, np.uint64),
            self.plan.start.population.copy(),
            np.zeros(max(places, kinds), np.int64),
            np.zeros(places, np.int64),
            np.zeros(links, np.int64),
        )
