"""What a Flee folder says, in people and dates: the model behind both a Flee folder and its converted form.

A converted scenario is `scenario.yaml` with `rules: flee` beside one CSV file per table of `TABLES`.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, FiniteFloat, NonNegativeFloat, NonNegativeInt

from egress.engine.flee.case import ClosureKind, PlaceType, SpawnMode
from egress.scenario.schema import Base, Evidence, NameList, Names, Row

RulesName = Literal["flee", "flee-corrected"]
TOTAL = "total"
NO_COUNTRY = "unknown"  # of a place whose cell is empty


class FleePlace(Row):
    """A place: conflict zone, town, camp, forwarding hub or marker."""

    name: str = Field(min_length=1)
    region: str = "unknown"
    country: str = NO_COUNTRY
    """The country of the first place is home; all others are foreign."""
    gps_x: FiniteFloat | None = None
    """Degrees, the fourth column of locations.csv: latitude in most folders."""
    gps_y: FiniteFloat | None = None
    """Degrees, the fifth column of locations.csv: longitude in most folders."""
    type: PlaceType
    conflict_date: int = 0
    """Day of a conflict zone's first conflict; above 0 it begins as a town."""
    population: NonNegativeInt = 0
    """Residents; 0 for camps."""
    capacity: NonNegativeInt = 0
    """People whom a camp can hold; 0 means no limit."""
    conflict_intensity: NonNegativeFloat = 1.0
    """Intensity of a zone that conflicts.csv does not set, 0 to 1."""
    capacity_per_day: NonNegativeInt = 0
    """Agents by which the capacity grows each day."""
    initial_idps: NonNegativeInt = 0
    """Agents in the camp before the first day, beside those of the counts."""
    deactivation_probability: NonNegativeFloat = 0.0
    """Chance per day that a person in the camp leaves the simulation, where camps are sinks."""


class FleeRoute(Row):
    """A road between two places, both ways."""

    first: str
    second: str
    distance: NonNegativeFloat
    """Kilometres."""
    forced_redirection: int = Field(default=0, ge=0, le=2)
    """Read by Flee and not acted on, but 1 makes the road count twice."""
    max_move_speed: NonNegativeFloat | None = None
    """Kilometres per day on this road; else that of the settings."""
    walk_probability: NonNegativeFloat = 0.0
    """Chance that a person walks this road."""


class FleeConflict(Row):
    """A spell of conflict in one place."""

    place: str
    starts: date
    ends: date | None = None
    """First day without it; empty where it goes on to the end."""
    intensity: NonNegativeFloat = 1.0


class FleeCount(Row):
    """People in a camp on a day, by one file of source_data."""

    camp: str
    """A camp, or `total`, which comes first."""
    file: str
    """Counts of several files of a camp are added."""
    date: date
    people: NonNegativeInt


class FleeCorrection(Row):
    """A day from which the registrations of a camp are right: earlier counts are scaled to meet it."""

    camp: str
    date: date


class FleeChange(Row):
    """A change of the type of a place."""

    place: str
    type: PlaceType
    date: date


class FleeMajorRoute(Row):
    """A long route that is known from both of its ends, with `fixed_routes`."""

    places: NameList


class FleeWeight(Row):
    """Weight of a value of an attribute among those who set out from a place."""

    attribute: str
    value: str
    place: str = ""
    """Empty for places without weights of their own."""
    weight: NonNegativeFloat


class FleeClosure(Base):
    """A closure of a border, place, road or camp."""

    what: ClosureKind
    names: Names
    """The one or two names that it is about: countries, places or the ends of a road."""
    closes: date
    """Before the first day: never."""
    reopens: date | None = None
    """Left out: never."""
    probability: float = Field(default=1.0, ge=0, le=1)
    """That it happens at all; drawn once per member."""
    evidence: Names = ()


class FleeConflictSpawning(Base):
    """Departures set by the conflicts instead of the counts of camps."""

    mode: SpawnMode = "constant"
    displaced_per_conflict_day: NonNegativeFloat = 500.0


class FleePeriod(Base):
    """When it begins, and for how many days it goes on."""

    start: date
    days: int = Field(ge=1)


class FleeScenario(Base):
    """A Flee conflict folder, or its converted form."""

    name: str = Field(min_length=1)
    title: str = ""
    rules: RulesName = "flee"
    """`flee` mirrors Flee with its defects, `flee-corrected` mends them."""
    period: FleePeriod
    closures: tuple[FleeClosure, ...] = ()
    places: tuple[FleePlace, ...] = Field(min_length=1)
    routes: tuple[FleeRoute, ...] = ()
    conflicts: tuple[FleeConflict, ...] = ()
    counts: tuple[FleeCount, ...] = ()
    corrections: tuple[FleeCorrection, ...] = ()
    changes: tuple[FleeChange, ...] = ()
    major_routes: tuple[FleeMajorRoute, ...] = ()
    demographics: tuple[FleeWeight, ...] = ()
    evidence: tuple[Evidence, ...] = ()


TABLES: dict[str, type[Base]] = {
    "places": FleePlace,
    "routes": FleeRoute,
    "conflicts": FleeConflict,
    "counts": FleeCount,
    "corrections": FleeCorrection,
    "changes": FleeChange,
    "major_routes": FleeMajorRoute,
    "demographics": FleeWeight,
    "evidence": Evidence,
}
"""Fields of a scenario that stand in `<name>.csv` beside `scenario.yaml`."""
