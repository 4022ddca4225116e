"""Steps 1 and 3 of a day: what every place is, from conflicts, location changes and closures of camps.

Nothing here depends on the agents, so the whole run is laid out before it starts (flee.md sections 2, 3 and 9):

    conflict_i(0) from the type; on day t from row t of conflicts.csv where it changes between 0 and positive
    movechance_i, town_i, camp_i, marker_i follow the last event
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from egress.engine.flee.case import NOWHERE, Closure, FleeCase, FleeRules, Floats, Ints

POSITIVE = 1e-6  # intensities above this are conflicts (flee.md section 3)
SILENT_CAMP = 0.005  # per day: with a lower movechance a place becomes a camp (flee.md section 2)
NO_CONFLICT = -1.0  # Flee's mark of a place without conflict (flee.md section 2)


@dataclass(frozen=True)
class Status:
    """What every place is, [D, P], when people move (after the closures of the day)."""

    town: Ints  # 0 or 1
    camp: Ints
    marker: Ints
    movechance: Floats  # per day
    conflict: Floats  # intensity; NO_CONFLICT without
    since: Ints  # day on which the conflict was switched on; -1: by its type
    spawn_conflict: Floats  # intensity as the spawn weights of the day know it
    spawn_since: Ints
    spawn_clock: Ints  # [D] day of the decay in the spawn weights (section 4: a day late unless refreshed)
    camps: Ints  # [C] places of type camp at the start, in the order of locations.csv


class _Now:
    """The state of all places while the days pass."""

    def __init__(self, case: FleeCase, rules: FleeRules) -> None:
        places = case.places
        self.rules = rules
        self.town, self.camp, self.idp, self.marker = (np.zeros(len(places), np.int64) for _ in range(4))
        self.zone = np.zeros(len(places), np.int64)  # flood zone: never a silent camp
        self.movechance = np.zeros(len(places))
        self.conflict = np.full(len(places), NO_CONFLICT)
        self.since = np.full(len(places), -1, np.int64)
        self.type = list(places.types)
        for i, kind in enumerate(places.types):
            later = kind == "conflict" and places.conflict_date[i] > 0
            self.become(i, "town" if later else kind, float(places.conflict_intensity[i]))
            if self.movechance[i] < SILENT_CAMP and not self.zone[i]:
                self.camp[i], self.town[i] = 1, 0

    def become(self, i: int, kind: str, intensity: float) -> None:
        """Make place i of a type, as on reading it (section 2)."""
        rules = self.rules
        self.type[i] = kind  # type: ignore[call-overload]
        self.town[i] = kind == "town"
        self.camp[i] = kind in ("camp", "idpcamp")
        self.idp[i] = kind == "idpcamp"
        self.marker[i] = kind == "marker"
        self.zone[i] = kind == "flood_zone"
        self.conflict[i] = intensity if kind == "conflict" else NO_CONFLICT
        self.movechance[i] = {
            "camp": rules.camp_movechance,
            "idpcamp": rules.idpcamp_movechance,
            "conflict": rules.conflict_movechance,
            "forward": 1.0,  # per day (section 2)
            "marker": 1.0,
        }.get(kind, rules.default_movechance)

    def erupt(self, i: int, day: int, intensity: float) -> None:
        """Switch a conflict on."""
        self.conflict[i] = intensity
        self.movechance[i] = self.rules.conflict_movechance
        self.town[i] = 0
        self.since[i] = day

    def calm(self, i: int) -> None:
        """Switch a conflict off; a camp or hub is a town afterwards (defect 19) unless corrected."""
        self.conflict[i] = NO_CONFLICT
        kind = self.type[i]
        if self.rules.semantics.camp_conflict_leaves_town or kind == "conflict":
            self.movechance[i] = self.rules.default_movechance
            self.town[i] = 1
        else:
            self.become(i, kind, 0.0)

    def read_row(self, table: Floats, day: int, places: Ints) -> bool:
        """Take what a row of conflicts.csv says of some places; return whether anything was switched."""
        changed = False
        for i in places:
            value, before = table[day, i], table[day - 1, i] if day else 0.0
            if value > POSITIVE and (day == 0 or before < POSITIVE):
                self.erupt(int(i), day, float(value))
            elif value < POSITIVE:
                self.calm(int(i))
            elif not self.rules.semantics.frozen_intensity:
                self.conflict[i] = value
            else:
                continue
            changed = True
        return changed


def _changes(table: Floats) -> list[Ints]:
    """Return the places in conflict on day 0, and on each later day those whose intensity is not that before."""
    new = table > POSITIVE
    new[1:] = (table[1:] != table[:-1]) & (new[1:] | new[:-1])
    day, place = np.nonzero(new)
    return np.split(place, np.searchsorted(day, np.arange(1, len(table))))


def target(closure: Closure, rules: FleeRules) -> int:
    """Return the place that a closure acts on: under Flee an unknown name is the first place (defect 10)."""
    if closure.first != NOWHERE:
        return closure.first
    return 0 if rules.semantics.unknown_names_first else NOWHERE


def _close_camps(now: _Now, closures: tuple[Closure, ...], day: int, rules: FleeRules) -> None:
    """Make camps towns and towns camps again (section 9)."""
    for closure in closures:
        if closure.kind not in ("camp", "idpcamp") or (i := target(closure, rules)) == NOWHERE:
            continue
        if closure.start == day:
            now.become(i, "town", 0.0)
        if closure.end == day:
            now.become(i, closure.kind, 0.0)


def statuses(case: FleeCase, rules: FleeRules, closures: tuple[Closure, ...]) -> Status:
    """Return what every place is on every day, given the closures that happen."""
    days, places = case.length, len(case.places)
    now = _Now(case, rules)
    camps = np.flatnonzero(now.camp)
    whole = {n: np.zeros((days, places), np.int64) for n in ("town", "camp", "marker", "since", "spawn_since")}
    real = {n: np.zeros((days, places)) for n in ("movechance", "conflict", "spawn_conflict")}
    clock = np.zeros(days, np.int64)
    seen = now.conflict.copy(), now.since.copy(), 0  # by the spawn weights: conflict, since, clock
    changes = _changes(case.conflicts)
    for day in range(days):
        for change in case.location_changes:
            if change.day == day:
                now.become(change.place, change.type, rules.default_conflict_intensity)
        if now.read_row(case.conflicts, day, changes[day]) or not rules.semantics.late_decay:
            seen = now.conflict.copy(), now.since.copy(), day
        real["spawn_conflict"][day], whole["spawn_since"][day], clock[day] = seen
        _close_camps(now, closures, day, rules)
        for name in ("town", "camp", "marker", "since"):
            whole[name][day] = getattr(now, name)
        for name in ("movechance", "conflict"):
            real[name][day] = getattr(now, name)
        seen = now.conflict.copy(), now.since.copy(), day
    return Status(camps=camps, spawn_clock=clock, **whole, **real)


def decay(clock: Ints, since: Ints, rules: FleeRules) -> Floats:
    """Return conflict_spawn_decay at a clock for conflicts that began on day `since` (1 without a list; section 4)."""
    steps = rules.conflict_spawn_decay
    if not steps:
        return np.ones(np.broadcast(clock, since).shape)
    age = np.trunc((clock - since) / rules.conflict_spawn_decay_interval).astype(np.int64)
    return np.asarray(steps)[np.minimum(age, len(steps) - 1)]
