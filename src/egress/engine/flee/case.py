"""A Flee conflict folder as plain arrays: what the reader fills in and the count engine runs.

Axes: place P (order of locations.csv), row of routes.csv L, row of data_layout.csv R, day D. People are counted in
agents: people divided by `hasten`. Every section named here is one of design/flee.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
Floats = npt.NDArray[Any]
PlaceType = Literal["camp", "idpcamp", "conflict", "forward", "marker", "flood_zone", "town"]
SpawnMode = Literal["constant", "pop_ratio", "poisson"]
ClosureKind = Literal["country", "location", "link", "camp", "idpcamp", "remove_forced_redirection"]
DISPLACED = "displaced_per_conflict_day"  # the one setting that may have a range and stands below another
LONGEST_ROAD = 16_777  # km: a road, or a day's way, has 24 bits for its metres
MOST_PEOPLE = 2**31 - 1  # agents in a run: their numbers have 32 bits
NOWHERE = -1  # index of a name that is not in locations.csv


@dataclass(frozen=True)
class Places:
    """Rows of locations.csv (sections 1 and 2); the first row's country is home."""

    names: tuple[str, ...]
    regions: tuple[str, ...]
    countries: tuple[str, ...]
    x: Floats  # [P] column 4 as it stands (latitude in most files)
    y: Floats  # [P] column 5 as it stands
    types: tuple[PlaceType, ...]  # by substring in the order of section 2; a zone with a later date is still "conflict"
    conflict_date: Floats  # [P] day; 0 where empty
    population: Ints  # [P] int64, already // hasten; 0 for camps
    capacity: Ints  # [P] int64, already // hasten; 0 where not a camp (0 or less: unlimited)
    conflict_intensity: Floats  # [P] of a zone by its type; default_conflict_intensity where there is no column
    capacity_per_day: Floats  # [P] agents a day; 0 where there is no column
    initial_idps: Ints  # [P] int64 agents; 0 where there is no column
    deactivation_probability: Floats  # [P] per day; 0 where there is no column
    custom: dict[str, tuple[str, ...]] = field(default_factory=dict)  # other columns, as text

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.names)


@dataclass(frozen=True)
class Links:
    """Rows of routes.csv in their order, undirected: the engine makes the two directions."""

    first: Ints  # [L] place
    second: Ints  # [L] place
    distance: Floats  # [L] km
    forced_redirection: Ints  # [L] 0, 1 or 2
    max_move_speed: Floats  # [L] km per day; NaN where the settings' speed holds
    walk_probability: Floats  # [L] 0 where there is no column

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.distance)


@dataclass(frozen=True)
class Closure:
    """One row of closures.csv; `first` and `second` are places or NOWHERE (countries are in `names`)."""

    kind: ClosureKind
    names: tuple[str, str]
    start: int  # day; below 0: never
    end: int  # day of reopening; -1: never
    first: int = NOWHERE
    second: int = NOWHERE
    probability: float = 1.0  # that it happens at all, drawn once per member


@dataclass(frozen=True)
class CampData:
    """The tables under source_data (section 1): linear in time, divided by hasten, registrations corrected."""

    names: tuple[str, ...]  # [R] of data_layout.csv; row 0 is the total
    place: Ints  # [R] place or NOWHERE
    people: Floats  # [R, D] real
    level: Ints  # [R, D] int64: the same truncated to whole agents


@dataclass(frozen=True)
class LocationChange:
    """One row of location_changes.csv."""

    place: int
    type: PlaceType
    day: int


@dataclass(frozen=True)
class Demographic:
    """demographics_ATTRIBUTE.csv: weights of values, by place."""

    attribute: str
    values: tuple[str, ...]  # [V]
    weights: Floats  # [P, V]; the column Default where a place has none of its own


@dataclass(frozen=True)
class FleeCase:
    """Everything that a conflict folder says, at one `hasten`."""

    name: str
    places: Places
    links: Links
    conflicts: Floats  # [D, P] intensity 0-1 by row of conflicts.csv (0 for places without a column)
    data: CampData
    start: date
    length: int  # days: D
    closures: tuple[Closure, ...] = ()
    major_routes: tuple[tuple[int, ...], ...] = ()  # places along each row of major_routes.csv
    location_changes: tuple[LocationChange, ...] = ()
    demographics: tuple[Demographic, ...] = ()
    registration_corrections: tuple[tuple[str, date], ...] = ()  # already applied to `data`; for the report
    files: tuple[str, ...] = ()  # read, relative to the folder


@dataclass(frozen=True)
class ConflictSpawning:
    """conflict_driven_spawning: agents per zone and day instead of camp data (section 4)."""

    mode: SpawnMode = "constant"
    displaced_per_conflict_day: float = 500.0  # agents; a share of the population with pop_ratio


@dataclass(frozen=True)
class SettingRange:
    """A number of the rules that is not known: uniform between its ends; a whole number may be either end.

    >>> SettingRange("awareness_level", 1, 3, whole=True).at(np.array([0.0, 0.5, 0.99])).tolist()
    [1.0, 2.0, 3.0]
    """

    name: str  # of its key in simsetting.yml, in the unit of that key
    low: float
    high: float
    whole: bool = False

    def at(self, shares: Floats) -> Floats:
        """Return the values [...] at shares [...] of the range, each from 0 up to below 1."""
        if self.whole:
            return np.asarray(np.minimum(self.low + np.floor(shares * (self.high - self.low + 1)), self.high))
        return np.asarray(self.low + shares * (self.high - self.low))

    @property
    def middle(self) -> float:
        """Return the middle, of whole numbers the lower one."""
        middle = (self.low + self.high) / 2
        return float(math.floor(middle)) if self.whole else middle

    def __str__(self) -> str:
        """Return `max_move_speed 200 to 600`."""
        return f"{self.name} {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Semantics:
    """One switch per defect of section 15 that changes a result: True mirrors Flee, False corrects it."""

    doubled_redirection: bool = True  # 1: forced_redirection 1 makes the pair of links twice
    dead_link_closures: bool = True  # 2: `link` closures do nothing
    frozen_intensity: bool = True  # 3: a change between two positive intensities is ignored
    full_speed_each_hop: bool = True  # 4: each hop of a day has the full speed; arrival needs more than the distance
    stock_uses_capacity_twice: bool = True  # 5: the day-0 stock lowers the capacity and counts inside
    dead_sinks: bool = True  # 7: camps_are_sinks has no effect
    unknown_names_first: bool = True  # 10: an unknown name in closures.csv acts on the first place
    crossed_reopening: bool = True  # 9 of flee.md: the end of one closure opens what another still shuts
    pruning_shifts_routes: bool = True  # 13: pruning drops the first route equal to the one meant
    ageing_conflicts_attract: bool = True  # 17: conflict_spawn_decay also enters the score
    late_decay: bool = True  # 18: the decay used for spawning is a day late
    camp_conflict_leaves_town: bool = True  # 19: a camp that was a conflict zone keeps a town's movechance
    swapped_axes: bool = True  # 21: stay_close_to_home takes column 4 as x
    doubled_day0: bool = True  # 22: the day-0 sum has total and camps added together
    headless_major_routes: bool = True  # a major route is stored without its first node (seen in the code, not in 15)


FLEE = Semantics()
CORRECTED = Semantics(**{f.name: False for f in fields(Semantics)})
SEMANTICS = MappingProxyType({"flee": FLEE, "flee-corrected": CORRECTED})


@dataclass(frozen=True)
class FleeRules:
    """Supported keys of simsetting.yml under Flee's names and with Flee's defaults (section 1)."""

    # spawn_rules
    take_from_population: bool = False
    insert_day0: bool = True
    empty_camps_on_day0: bool = False
    conflict_zone_spawning_only: bool = True  # no effect: other places have weight 0 in any case (section 4)
    camps_are_sinks: bool = False
    sum_from_camps: bool = True
    conflict_spawn_decay: tuple[float, ...] = ()  # factors; empty: none
    conflict_spawn_decay_interval: int = 30  # days
    conflict_driven_spawning: ConflictSpawning | None = None
    default_conflict_intensity: float = 1.0
    # move_rules
    max_move_speed: float = 360.0  # km per day
    max_walk_speed: float = 35.0  # km per day
    foreign_weight: float = 1.0
    camp_weight: float = 1.0
    conflict_weight: float = 10**-0.5
    conflict_movechance: float = 1.0  # per day, as the following
    camp_movechance: float = 0.001
    idpcamp_movechance: float = 0.1
    default_movechance: float = 0.3
    awareness_level: int = 1  # links
    capacity_buffer: float = 0.9
    capacity_scaling: float = 1.0
    avoid_short_stints: bool = False
    start_on_foot: bool = False
    softening: float = 10.0  # km
    weight_softening: float = 0.0
    weight_power: float = 1.0
    distance_power: float = 1.0
    stay_close_to_home: bool = False
    home_distance_power: float = 0.5
    use_pop_for_loc_weight: bool = False
    pop_power_for_loc_weight: float = 0.1
    movechance_pop_base: float = 10000.0  # agents
    movechance_pop_scale_factor: float = 0.0
    pruning_threshold: float = 1.0
    fixed_routes: bool = False
    women_avoid_hazards: bool = False  # WomenAvoidHazards
    children_avoid_hazards: bool = False  # ChildrenAvoidHazards
    elderly_avoid_hazards: bool = False  # ElderlyAvoidHazards
    boys_take_risk: bool = False  # BoysTakeRisk
    # optimisations
    hasten: int = 1  # people per agent
    # ours
    semantics: Semantics = FLEE
    recent_travel_cells: int = 8  # cells of r per unit, with avoid_short_stints (see table.py)
    ranges: tuple[SettingRange, ...] = ()  # of numbers above that differ by member; those above are their middles

    def with_semantics(self, name: str) -> FleeRules:
        """Return the rules as `flee` or `flee-corrected`."""
        return replace(self, semantics=SEMANTICS[name])

    def with_values(self, values: Sequence[float]) -> FleeRules:
        """Return the rules with values [S] in the place of their ranges, in the order of these."""
        pairs = zip(self.ranges, values, strict=True)
        given: dict[str, Any] = {one.name: int(value) if one.whole else float(value) for one, value in pairs}
        people, spawning = given.pop(DISPLACED, None), self.conflict_driven_spawning
        if people is not None and spawning is not None:
            given["conflict_driven_spawning"] = replace(spawning, displaced_per_conflict_day=float(people))
        return replace(self, **given, ranges=())


def no_links() -> Links:
    """Return a network without links."""
    none = np.zeros(0)
    return Links(none.astype(np.int64), none.astype(np.int64), none, none.astype(np.int64), none, none)
