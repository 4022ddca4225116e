"""One member of a run, day by day: spawn, phase 1 (set out), phase 2 (travel and hop), night (flee.md section 3).

Counts inside places are snapshots, as in pflee (section 13): taken after the spawn for phase 1 and after phase 1
for phase 2. Given a snapshot people are independent, so each state is drawn as a multinomial; the law is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled, float64, int64
from egress.engine.draws import binomial, key, keys, multinomial, purpose
from egress.engine.flee.capacity import factors
from egress.engine.flee.case import Floats, Ints
from egress.engine.flee.choose import weigh
from egress.engine.flee.decide import AT_ONCE, Hand, Mood, decide, shunned
from egress.engine.flee.movechance import movechances
from egress.engine.flee.network import Paths
from egress.engine.flee.plan import Days, Law, Plan
from egress.engine.flee.spawn import NO_ORIGIN, spawn
from egress.engine.flee.table import Fields, Table, add, clear, overflown, parts, size, state_of, table
from egress.engine.flee.travel import Pace
from egress.errors import ConservationError, RunError

SET_OUT = purpose("flee set out")
GO_ON = purpose("flee go on")
ROAD = purpose("flee road")
CLASS = purpose("flee class")
SINK = purpose("flee sink")
FINE, NO_ROOM, LOST, ENDLESS = 0, 2, 3, 4  # outcomes of a member (1 is NO_ORIGIN)
MOST_HOPS = 1000  # in a day; Flee ends in Python's recursion limit, also 1000 (flee.md section 8)
ROOM = 1 << 12  # states to begin with
GROWTH = 4  # of the room, where a member needs more and is begun anew


class Desk(NamedTuple):
    """Scratch of one member."""

    inside: Ints  # [P] people in places, as a snapshot
    leaving: Ints  # [P]
    full: Floats  # [P] capacity factor
    chance: Floats  # [P] movechance
    crowd: Floats  # [P] factor of use_pop_for_loc_weight
    worth: Floats  # [K, N] cumulative chances of paths
    hand: Hand
    population: Ints  # [P]
    shun: Ints  # [P] 1: a camp too full to set out for
    none: Ints  # [L] zeros
    walkers: int  # 1: some links have a walk_probability


class Tables(NamedTuple):
    """Where people are: the evening before, the night to come, and those who arrived early."""

    evening: Table
    night: Table
    wave: Table
    further: Table


class Record(NamedTuple):
    """What happened in one member."""

    inside: Ints  # [D, P] agents in places at the end of the day
    spawned: Ints  # [D, P] agents who set out
    moving: Ints  # [D] agents on links at the end of the day
    gone: Ints  # [D, P] deactivated in camps
    today: Ints  # [1] days that are over, for who waits


@compiled
def _refresh(days: Days, law: Law, paths: Paths, lean: Floats, day: int, desk: Desk, stale: int) -> None:
    """Bring capacity factors and the chances of paths up to date."""
    changed = factors(desk.inside, days.capacity[day], law.scaling, law.buffer, desk.full)
    shunned(days.camp[day], desk.full, desk.shun)
    if not changed and stale == 0:
        return
    first, row = paths.first[days.topology[day]], days.score_row[day]
    for kind in range(desk.worth.shape[0]):
        weigh(
            first,
            paths.destination,
            paths.resistance,
            lean,
            desk.crowd,
            days.score[row, kind],
            days.bare[row],
            desk.full,
            law.softening,
            law.power,
            law.threshold,
            law.fixed,
            paths.alike,
            law.shifts,
            desk.worth[kind],
        )


@compiled
def _stale(days: Days, law: Law, day: int) -> int:
    """Return whether scores or open links differ from the day before: 0 or 1."""
    if day == 0 or law.pop_power != 0.0:
        return 1
    same = days.topology[day] == days.topology[day - 1] and days.score_row[day] == days.score_row[day - 1]
    return 0 if same else 1


@compiled
def _attract(camp: Ints, population: Ints, power: float, crowd: Floats) -> None:
    """Write how much residents attract to places that are no camps (flee.md section 5)."""
    if power != 0.0:
        for j in range(crowd.shape[0]):
            crowd[j] = 1.0 if camp[j] == 1 else max(1.0, float64(population[j])) ** power


@compiled
def _put(
    fields: Fields, shares: Floats, afoot: int, night: Table, seed: int, member: int, day: int, people: Ints
) -> None:
    """Add new people [P] to the state, split into classes by their shares [P, K]."""
    kinds = shares.shape[1]
    counts = np.zeros(kinds, np.int64)
    for place in range(people.shape[0]):
        if people[place] > 0:
            for kind in range(kinds):
                counts[kind] = 0
            multinomial(people[place], shares[place], counts, key(seed, member, day, place, CLASS))
            for kind in range(kinds):
                if counts[kind] > 0:
                    add(night, state_of(fields, place, 0, 0, kind, 0, afoot, 0), counts[kind], 0.0)


@compiled
def _sink(pace: Pace, camp: Ints, chance: Floats, night: Table, seed: int, member: int, day: int, gone: Ints) -> None:
    """Let people in camps leave the simulation, with a chance per day [P]."""
    for row in range(size(night)):
        where = parts(pace.fields, night.rows[row, 0])[0]
        if where < pace.places and camp[where] == 1 and chance[where] > 0.0:
            people = night.rows[row, 1]
            out, _ = binomial(people, chance[where], key(seed, member, day, row, SINK))
            night.travel[row] *= (people - out) / people
            night.rows[row, 1] -= out
            gone[where] += out


@compiled
def _count(pace: Pace, night: Table, inside: Ints, snapshot: Ints) -> int:
    """Count people in places into `inside` and `snapshot` [P]; return those on links."""
    moving = int64(0)
    for row in range(size(night)):
        where = parts(pace.fields, night.rows[row, 0])[0]
        if where < pace.places:
            inside[where] += night.rows[row, 1]
        else:
            moving += night.rows[row, 1]
    for i in range(inside.shape[0]):
        snapshot[i] = inside[i]
    return moving  # type: ignore[no-any-return]


@compiled
def _begin(days: Days, law: Law, seed: int, member: int, day: int, desk: Desk, spawned: Ints) -> int:
    """Spawn, and bring residents, chances of moving and the snapshot up to date; return an outcome."""
    fault = spawn(
        seed, member, day, law.spawn_mode, law.spawn_rate, days.due[day], days.weight[day], desk.population, spawned
    )
    for i in range(spawned.shape[0]):
        desk.inside[i] += spawned[i]
        desk.leaving[i] = 0
        if law.take:
            desk.population[i] = max(desk.population[i] - spawned[i], 0)
    _attract(days.camp[day], desk.population, law.pop_power, desk.crowd)
    movechances(days.movechance[day], desk.population, days.capacity[day], law.move_scale, law.move_base, desk.chance)
    return fault


@compiled
def _full(tables: Tables) -> bool:
    """Return whether somebody found no room."""
    return overflown(tables.evening) or overflown(tables.night) or overflown(tables.wave) or overflown(tables.further)


@compiled
def _move(
    plan: Plan, seed: int, member: int, day: int, desk: Desk, evening: Table, night: Table, wave: Table, further: Table
) -> bool:
    """Take everybody from the evening before to the night; return whether some still hop after MOST_HOPS.

    `wave` and `further` are empty before and after, unless somebody still hops.
    """
    days, _, law, web, pace = plan
    topology, shut = days.topology[day], days.shut[day]
    turned = days.turned[shut] if shut >= 0 else desk.none
    first, is_open = web.paths.first[topology], web.open[topology]
    mood = Mood(first, is_open, turned, days.town[day], desk.shun, desk.chance, desk.worth)
    hops, phase, stale = 0, SET_OUT, _stale(days, law, day)
    if desk.walkers == 1:
        keys(seed, member, day, ROAD, desk.hand.roads)
    while hops == 0 or (size(wave) > 0 and hops < MOST_HOPS):
        if hops < 2:  # a snapshot and fresh draws for each of the two phases
            _refresh(days, law, web.paths, web.lean, day, desk, stale)
            keys(seed, member, day, phase, desk.hand.stream)
        who = evening if hops == 0 else wave
        decide(pace, web, mood, who, min(hops, 1), desk.hand, desk.leaving, further, night)
        if hops == 0:
            for i in range(desk.inside.shape[0]):
                desk.inside[i] -= desk.leaving[i]
        else:
            clear(wave)
        wave, further = further, wave
        hops, phase, stale = hops + 1, GO_ON, 0
    return size(wave) > 0


@compiled
def run_days(plan: Plan, seed: int, member: int, desk: Desk, tables: Tables, record: Record) -> tuple[int, int]:
    """Take one member through all days; return (outcome, day)."""
    days, start, law, _, pace = plan
    evening, night, wave, further = tables
    length = days.due.shape[0]
    people = int64(0)
    for i in range(desk.inside.shape[0]):
        desk.inside[i] = start.stock[i]
        people += start.stock[i]
    _put(pace.fields, start.shares, law.afoot, evening, seed, member, length, start.stock)
    for day in range(length):
        spawned, inside, gone = record.spawned[day], record.inside[day], record.gone[day]
        fault = _begin(days, law, seed, member, day, desk, spawned)
        if fault != FINE:
            return fault, day
        _put(pace.fields, start.shares, law.afoot, evening, seed, member, day, spawned)
        clear(night)
        endless = _move(plan, seed, member, day, desk, evening, night, wave, further)
        if _full(tables):
            return NO_ROOM, day
        if endless:
            return ENDLESS, day
        _sink(pace, days.camp[day], start.deactivation, night, seed, member, day, gone)
        record.moving[day] = _count(pace, night, inside, desk.inside)
        there = record.moving[day]
        for i in range(inside.shape[0]):
            people += spawned[i] - gone[i]
            there += inside[i]
        if there != people:
            return LOST, day
        evening, night = night, evening
        record.today[0] = day + 1
    return FINE, length


@dataclass(eq=False)
class Room:
    """Tables and scratch of one thread, used for one member after another; grows when a member needs more."""

    plan: Plan
    states: int = ROOM
    cells: int = 0
    """States in use on the last evening of the last member."""
    today: Ints = field(default_factory=lambda: np.zeros(1, np.int64))
    """[1] days that are over of the member under way."""

    def run(self, seed: int, member: int, due: Ints | None = None) -> Record:
        """Return what happened in one member, with departures [D] of its own where they are given. Raises RunError."""
        plan = self.plan if due is None else self.plan._replace(days=self.plan.days._replace(due=due))
        while True:
            record = self._record()
            evening, night, wave, further = (table(self.states) for _ in range(4))
            tables = Tables(evening, night, wave, further)
            outcome, day = run_days(plan, seed, member, self._desk(), tables, record)
            self.cells = max(size(evening), size(night))
            if outcome != NO_ROOM:
                break
            self.states *= GROWTH
        if outcome == NO_ORIGIN:
            why = "no place in conflict has residents (times its conflict_spawn_decay)"
            raise RunError(f"people are to set out on day {day}, and {why}")
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
            self.today,
        )

    def _desk(self) -> Desk:
        places, kinds = self.plan.start.shares.shape
        links, paths = len(self.plan.web.roads.start), self.plan.web.paths
        most = int(np.diff(paths.first, axis=1).max(initial=0))
        return Desk(
            np.zeros(places, np.int64),
            np.zeros(places, np.int64),
            np.ones(places),
            np.zeros(places),
            np.ones(places),
            np.zeros((kinds, len(paths.destination))),
            Hand(
                np.zeros(places, np.uint64),
                np.zeros(links, np.uint64),
                np.zeros(most, np.int64),
                np.zeros((max(most, 1), 3), np.int64),
                np.zeros(AT_ONCE),
            ),
            self.plan.start.population.copy(),
            np.zeros(places, np.int64),
            np.zeros(links, np.int64),
            int(self.plan.web.roads.walk.any()),
        )
