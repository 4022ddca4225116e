"""What a user says: the frozen models behind `scenario.yaml` and its tables.

A scenario is one folder. `scenario.yaml` holds what one reads aloud (period, groups, signals, policies);
tables of numbers are CSV files beside it (`TABLES`), one row per thing, each row with its source.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    WithJsonSchema,
    model_validator,
)

from egress.distribution import Distribution
from egress.scenario.messages import DAY, MOMENT
from egress.units import example, parse

Everyone = Literal["all"]
Names = tuple[str, ...]
SAMPLES: dict[str, tuple[Any, Any]] = {
    "number": (1, 2),
    "share": ("10 %", "20 %"),
    "persons": ("200 thousand", "300 thousand"),
    "duration": ("36 h", "3 d"),
    "distance": ("100 km", "120 km"),
    "money": (5000, 9000),
    "rate": ("0.3/day", "0.5/day"),
    "flow": ("4 thousand/day", "6 thousand/day"),
    "vehicle flow": ("870 vehicles/day", "1200 vehicles/day"),
}
"""Two quantities of each dimension as a user writes them, for the examples of the JSON schema."""


MOST = {"persons": 1.5e9, "flow": 1e7 / 24, "share": 1.0, "money": 1e9}
"""What no quantity of a dimension exceeds, in canonical units: counts of people must fit into 32 bits."""


def uncertain(dimension: str, least: float = 0.0, most: float | None = None) -> Any:
    """Return the field type of an uncertain quantity: a number, a text with a unit, or a distribution."""
    low, high = SAMPLES[dimension]
    most = MOST.get(dimension, float("inf")) if most is None else most
    return Annotated[
        Distribution,
        BeforeValidator(lambda raw: Distribution.read(raw, dimension, least=least, most=most)),
        WithJsonSchema(
            {
                "anyOf": [{"type": "number"}, {"type": "string"}, {"type": "object"}],
                "description": f"{example(dimension)}, {{range: [low, high]}}, {{uniform: [low, high]}}, …",
                # the help of a field takes the place of this description, not that of the examples
                "examples": [low, {"range": [low, high]}, {"uniform": [low, high]}],
            }
        ),
    ]


def exact(dimension: str) -> Any:
    """Return the field type of a certain quantity, as a float in canonical units."""

    def read(raw: Any) -> float:
        number = parse(raw, dimension)
        if number < 0:
            raise ValueError(f"{raw} is out of bounds: expected {example(dimension)}, not negative")
        return number

    shown = {"anyOf": [{"type": "number"}, {"type": "string"}], "examples": ["6 h", 6]}
    return Annotated[float, BeforeValidator(read), WithJsonSchema(shown)]


def _listed(raw: Any) -> Any:
    """Return a table cell such as `travel|visa` (or one name) as a tuple of names."""
    if isinstance(raw, str):
        return tuple(part.strip() for part in raw.split("|") if part.strip())
    return raw


NameList = Annotated[Names, BeforeValidator(_listed)]
Selection = Annotated[
    Everyone | Names,
    BeforeValidator(lambda raw: "all" if raw == "all" else _listed(raw)),
]

if TYPE_CHECKING:
    AnyNumber: TypeAlias = Distribution
    Number: TypeAlias = Distribution
    Share: TypeAlias = Distribution
    Persons: TypeAlias = Distribution
    Flow: TypeAlias = Distribution
    VehicleFlow: TypeAlias = Distribution
    Rate: TypeAlias = Distribution
    Duration: TypeAlias = Distribution
    Distance: TypeAlias = Distribution
    Money: TypeAlias = Distribution
    Hours: TypeAlias = float
    Exact: TypeAlias = float
else:
    Number = uncertain("number")
    AnyNumber = uncertain("number", least=-1000.0, most=1000.0)
    Share = uncertain("share")
    Persons = uncertain("persons")
    Flow = uncertain("flow")
    VehicleFlow = uncertain("vehicle flow")
    Rate = uncertain("rate")
    Duration = uncertain("duration")
    Distance = uncertain("distance")
    Money = uncertain("money")
    Hours = exact("duration")
    Exact = exact("number")


def _in_words(expected: str) -> BeforeValidator:
    """Return what refuses numbers in the place of a time, which would be read as seconds since 1970."""

    def check(raw: Any) -> Any:
        if isinstance(raw, int | float) or (isinstance(raw, str) and not re.match(r"\s*\d{4}-", raw)):
            raise ValueError(f"expected {expected}, found {raw!r}")
        return raw

    return BeforeValidator(check)


Moment = Annotated[AwareDatetime, _in_words(MOMENT)]
Day = Annotated[date, _in_words(DAY)]


class Base(BaseModel):
    """Frozen; unknown keys are errors; the text under each field is its help."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True)


class Row(Base):
    """A row of a table: `X`, `X_low`, `X_high` become one uncertain X; every row names its source."""

    source: str = Field(min_length=1)
    """Ids of the evidence table, separated by `;`, or `assumption`."""
    basis: str = ""
    """How the numbers follow from the source, in a sentence."""

    @model_validator(mode="before")
    @classmethod
    def _join_ranges(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        row = {key: value for key, value in raw.items() if value not in ("", None)}
        if not any(key.endswith(("_low", "_high")) for key in row):
            return row
        for name in cls.model_fields:
            low, high = row.pop(f"{name}_low", None), row.pop(f"{name}_high", None)
            if (low is None) != (high is None):
                raise ValueError(f"{name}_low and {name}_high stand together or not at all")
            if low is not None:
                middle = {"value": row[name]} if name in row else {}
                row[name] = {"range": [low, high], **middle}
        return row


class Period(Base):
    """When the scenario begins and ends, and how finely it is stepped."""

    start: Day
    """First day, from 00:00 local time."""
    end: Day
    """Last day, to 24:00 local time."""
    utc_offset: str = Field(pattern=r"^[+-]\d\d:\d\d$")
    """Offset of local time, such as +03:00; days of the results are days at this offset."""
    step: Hours = 6.0
    """Length of a step: 1, 2, 3, 4, 6, 8, 12 or 24 h; results must not depend on it."""


class Group(Base):
    """People alike for the model: sex and age band × liability to the call-up × documents."""

    id: str
    """Name that signals and policies refer to, without spaces."""
    name: str
    """As a planner would say it."""
    documents: Literal["internal", "travel", "visa"]
    """Best travel document held: internal passport only, travel passport, visa (and passport)."""
    exposed: bool = False
    """True for those whom the call-up or the danger is meant for."""
    share: dict[str, Share] = Field(default_factory=dict)
    """Share of an origin's population, by kind of origin (`all` for every kind)."""
    willing: Share
    """φ: share of the group who would leave at all under the reference signal."""
    ready_at_once: Share
    """f: share of deciders who need no preparation."""
    preparation: Duration
    """δ: mean time that the others take to get ready."""
    source: str = Field(min_length=1)
    """Evidence ids or `assumption`."""

    @model_validator(mode="before")
    @classmethod
    def _share_for_all(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "share" in raw:
            share = raw["share"]
            kinds = {"uniform", "range", "value", "lognormal", "normal"}
            if not isinstance(share, dict) or set(share) & kinds:
                share = {"all": share}
            raw = raw | {"share": share}
        return raw


class Origin(Row):
    """A region that people leave."""

    id: str
    """Name that policies and results refer to, without spaces."""
    name: str
    """The region as shown in reports."""
    kind: str = "other"
    """Class of origin, for the composition by group (such as `metropolis`)."""
    lat: float = Field(ge=-90, le=90)
    """Latitude of where most people set out, degrees north."""
    lon: float = Field(ge=-180, le=180)
    """Longitude of it, degrees east."""
    population: Persons
    """Residents at the start of the period, persons."""
    willing: Number = Distribution("fixed", 1, 1, 1)
    """ω: multiplier of φ in this region."""
    intensity: Number = Distribution("fixed", 1, 1, 1)
    """How strongly signals marked `by_intensity` are felt here (war by region)."""
    call_up_weight: Number = Distribution("fixed", 1, 1, 1)
    """Relative share of the exposed whom the call-up takes here."""
    protest_weight: Number = Distribution("fixed", 1, 1, 1)
    """Relative readiness to protest here."""
    airports: NameList = ()
    """Airports that people here use; empty = the nearest with services."""


class Place(Row):
    """A destination: where an arrival is counted."""

    id: str
    """Name that crossings and services refer to, without spaces."""
    name: str
    """The place as shown in reports."""
    country: str = Field(min_length=3, max_length=3)
    """ISO 3166 alpha-3 code."""
    lat: float = Field(ge=-90, le=90)
    """Latitude, degrees north."""
    lon: float = Field(ge=-180, le=180)
    """Longitude, degrees east."""
    admits: NameList
    """Documents with which people are admitted at the start of the period."""
    diaspora: Persons = Distribution("fixed", 0, 0, 0)
    """People of the same origin already there; unused while `weight_diaspora` is 0."""


class Crossing(Row):
    """A named border crossing point; an airport of departure is one too (mode air)."""

    id: str
    """Name that lanes, policies and counts refer to, without spaces."""
    name: str
    """The crossing as shown in reports."""
    between: NameList = Field(min_length=2, max_length=2)
    """Country left and country entered (alpha-3); for an airport the second is `AIR`."""
    place: str = ""
    """The destination place behind it; empty for an airport."""
    mode: Literal["road", "rail", "air"]
    """How people travel through it: road, rail or air."""
    lat: float = Field(ge=-90, le=90)
    """Latitude of the crossing, degrees north."""
    lon: float = Field(ge=-180, le=180)
    """Longitude of the crossing, degrees east."""
    nest: str = "all"
    """Crossings that are close substitutes share a nest (same document and region)."""
    entries: Flow = Distribution("fixed", 0, 0, 0)
    """Ordinary entries into the country behind it, persons per day; also the pull of the door, unless that is given."""
    pull: Flow | None = None
    """Pull of the door, as so many ordinary entries per day; empty = `entries`. Needed where it opens anew."""
    exits: Flow = Distribution("fixed", 0, 0, 0)
    """Ordinary exits out of that country, back home, persons per day."""
    weekday_entries: str = ""
    """Name of a weekday profile (empty = every day alike)."""
    weekday_exits: str = ""
    """The same for exits."""
    utc_offset: str = Field(default="", pattern=r"^([+-]\d\d:\d\d)?$")
    """Offset of the counts' local time; empty = that of the period."""
    queue_shown: bool = True
    """False where the queue means nothing: it is left out of summary and report; say why in basis."""


class Lane(Row):
    """One way through a land crossing, with its own rate of service and its own queue."""

    crossing: str
    """The land crossing that it is part of."""
    kind: Literal["vehicle", "bus", "foot", "rail"]
    """vehicle (own cars), bus (minibuses, taxis, lifts), foot (walkers, bicycles) or rail (trains)."""
    throughput: Flow | None = None
    """μ1: persons per day of 24 open hours when hard pressed; empty = ordinary entries × stress_factor."""
    relaxed: Flow | None = None
    """μ0: persons per day of 24 open hours in ordinary times; empty = the hard-pressed rate × relaxed_factor."""
    persons_per_vehicle: Number = Distribution("fixed", 1, 1, 1)
    """People in a vehicle, persons per vehicle."""
    share: Share = Distribution("fixed", 1, 1, 1, "share")
    """Share of those arriving who would take this lane if all lanes were open and empty."""
    open: bool = True
    """False where only a policy opens it."""
    hours: str = Field(default="00:00-24:00", pattern=r"^\d\d:\d\d-\d\d:\d\d$")
    """Opening hours, local time; 22:00-06:00 passes midnight, and a third of `throughput` gets through."""


class Airport(Row):
    """A city with flights; `crossing` is where exit control happens."""

    id: str
    """Name that origins and services refer to, without spaces."""
    name: str
    """The city as shown in reports."""
    lat: float = Field(ge=-90, le=90)
    """Latitude, degrees north."""
    lon: float = Field(ge=-180, le=180)
    """Longitude, degrees east."""
    crossing: str = ""
    """The air crossing of its international departures; empty = domestic only."""


class Service(Row):
    """Seats per day on one leg: a flight abroad, or a feeder to a city near the border."""

    id: str
    """Name that policies and results refer to, without spaces."""
    origin: str
    """Airport of departure."""
    destination: str
    """A place abroad, or an airport for a domestic feeder."""
    domestic: bool = False
    """True for a feeder: the destination is an airport at home."""
    seats: Flow
    """Seats per day; 0 where only a policy adds them."""
    hours: Duration
    """Time in the air."""
    fare: Money
    """One way, in ordinary times; 0 = free."""
    nest: str = "air"
    """Services that are close substitutes share a nest."""
    load: Share
    """Share of seats sold to ordinary travellers by departure; 0 for an airlift."""
    pull: Flow | None = None
    """Pull of the destination, as so many ordinary travellers per day; empty = seats × load. Needed for an airlift."""
    lead_shape: Exact = 0.77
    """Shape of the Weibull lead time with which ordinary seats are sold."""
    lead_scale: Hours = 699.6
    """Scale of that lead time."""


class Evidence(Base):
    """Who said it, when, where."""

    id: str
    """Name that `source` and `evidence` refer to, without spaces."""
    what: str
    """What it says, in a few words of one's own."""
    publisher: str = ""
    """Who published it."""
    published: str = ""
    """Day on which it was published, as YYYY-MM-DD where known."""
    url: str = ""
    """Address where it can be read."""


class Parameter(Row):
    """One number of the behaviour model, drawn per member."""

    name: str
    """A name of the parameter table."""
    value: Any
    """The distribution, in the unit given."""
    unit: str
    """Unit of value, low and high, such as `/d` or `km`."""
    shape: Literal["range", "uniform"] = "range"
    """How values lie between low and high: a 90 % range, or uniform."""
    dimension: str = "number"
    """Dimension of the unit; follows from it."""
    meaning: str = ""
    """What it is, in a few words."""

    @model_validator(mode="before")
    @classmethod
    def _value_in_its_unit(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or isinstance(raw.get("value"), Distribution):
            return raw
        row = {k: v for k, v in raw.items() if v not in ("", None)}
        unit = row.get("unit", "")
        dimension = UNITS.get(unit)
        if dimension is None:
            raise ValueError(f"unknown unit {unit!r}: expected one of {', '.join(UNITS)}")
        suffix = "" if unit in ("1", "share", "RUB/km") else (unit if unit.startswith("/") else f" {unit}")
        low, high = row.pop("low", None), row.pop("high", None)
        if (low is None) != (high is None):
            raise ValueError("low and high stand together or not at all")
        if low is None:
            if "value" not in row:
                raise ValueError("expected a value, or low and high")
            spec: Any = f"{row['value']}{suffix}"
        elif row.get("shape") == "uniform":
            spec = {"uniform": [f"{low}{suffix}", f"{high}{suffix}"]}
        else:
            spec = {"range": [f"{low}{suffix}", f"{high}{suffix}"]}
            if "value" in row:
                spec["value"] = f"{row['value']}{suffix}"
        most = MOST.get(dimension, float("inf"))
        least = float("-inf") if dimension == "number" else 0.0
        return row | {
            "value": Distribution.read(spec, dimension, least=least, most=most),
            "dimension": dimension,
        }


UNITS = {
    "1": "number",
    "share": "share",
    "h": "duration",
    "d": "duration",
    "/d": "rate",
    "/h": "rate",
    "km/h": "speed",
    "km": "distance",
    "RUB/km": "number",
    "RUB": "money",
    "persons": "persons",
}


class Signal(Base):
    """Something that becomes known and changes how many decide to leave (step 3 of the model)."""

    what: str
    """What became known, as a planner would say it."""
    at: Moment
    """When it became known, with offset."""
    strength: dict[str, AnyNumber]
    """a: relative to the reference signal (1), by group id, `exposed`, `others` or `all`; may be negative."""
    hold: Duration
    """How long it keeps its full strength."""
    fades: Duration
    """τ: time constant of the decay after that."""
    by_intensity: bool = False
    """True: multiplied by each origin's intensity."""
    evidence: Names = Field(min_length=1)
    """Ids of the evidence table."""

    @model_validator(mode="before")
    @classmethod
    def _strengths(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and "strength" in raw:
            given = raw["strength"]
            forms = {"uniform", "range", "value", "lognormal", "normal"}
            if not isinstance(given, dict) or set(given) & forms:
                given = {"all": given}
            raw = raw | {"strength": given}
        return raw


class Series(Base):
    """An outside series z(t) that raises or lowers the pressure: F is multiplied by exp(β z)."""

    what: str
    """What is measured, as a planner would say it."""
    weight: AnyNumber
    """β: weight of z in the exponent; below 0 it lowers the pressure."""
    points: tuple[tuple[Moment, FiniteFloat], ...] = Field(min_length=1)
    """Dated values; straight lines between, the last one holds."""
    evidence: Names = Field(min_length=1)
    """Ids of the evidence table."""


class RefuseExit(Base):
    """Exit control stops a share of those whom it applies to."""

    kind: Literal["refuse_exit"]
    """Which effect this is."""
    share: Share
    """r: chance of being refused at the door."""
    listed_share: Share = Distribution("fixed", 0, 0, 0, "share")
    """The same for people already listed, if higher."""
    summons: Share = Distribution("fixed", 0, 0, 0, "share")
    """Share of those refused who are served a summons."""
    perceived: Share = Distribution("fixed", 0, 0, 0, "share")
    """The chance of being stopped as people think it is, once known: it keeps them away."""


class RefuseEntry(Base):
    """The other side turns away all but an exempt share."""

    kind: Literal["refuse_entry"]
    """Which effect this is."""
    exempt: Share = Distribution("fixed", 0, 0, 0, "share")
    """e: share who are still admitted (residents, family, work)."""
    ordinary_exempt: Share = Distribution("fixed", 1, 1, 1, "share")
    """Share of ordinary travellers who are still admitted."""


class Close(Base):
    """The crossing shuts for everybody."""

    kind: Literal["close"]
    """Which effect this is."""


class Throughput(Base):
    """Service is faster or slower by a factor."""

    kind: Literal["throughput"]
    """Which effect this is."""
    factor: Number
    """By how much the rate of service is multiplied: below 1 slower, above 1 faster."""


class OpenLane(Base):
    """A lane opens."""

    kind: Literal["open_lane"]
    """Which effect this is."""
    lane: Literal["vehicle", "bus", "foot", "rail"]
    """Kind of lane that opens; the lane stands in lanes.csv with open = false."""
    capacity: Share = Distribution("fixed", 1, 1, 1, "share")
    """Share of the lane's throughput that is opened (bicycles only, say)."""


class RoadBlock(Base):
    """A block on the road to a crossing catches those who have not passed it."""

    kind: Literal["road_block"]
    """Which effect this is."""
    distance: Hours
    """Hours of travel between the block and the door."""
    turned_back: Share
    """Share of those caught who turn back; the others go round or walk on."""
    local_origins: Names = ()
    """Origins whose plates pass."""


class Seats(Base):
    """Seats are added to services."""

    kind: Literal["seats"]
    """Which effect this is."""
    per_day: Flow
    """Seats added to each service, per day."""
    services: Names
    """Ids of the services that they are added to."""


class Deter(Base):
    """Talk or checks that keep people away without stopping anybody."""

    kind: Literal["deter"]
    """Which effect this is."""
    perceived: Share
    """The chance of being stopped as people think it is: it keeps them away."""


Effect = Annotated[
    RefuseExit | RefuseEntry | Close | Throughput | OpenLane | RoadBlock | Seats | Deter,
    Field(discriminator="kind"),
]
STATUSES = Literal["hinted", "proposed", "reported", "announced", "in_force", "denied", "ended"]


class Status(Base):
    """What was known of a policy from a moment on; fields left out keep what stood before."""

    at: Moment
    """When this became known, with offset."""
    status: STATUSES
    """How firm it is: hinted, proposed, reported, announced, in_force, denied or ended."""
    probability: Share | None = None
    """The analyst's chance that it happens."""
    feared: Share | None = None
    """w: how much weight people gave it."""
    window: tuple[Day, Day] | None = None
    """First and last day on which it could start."""
    starts: Moment | None = None
    """When it takes effect, with offset; of in_force, `at` unless given."""
    ends: Moment | None = None
    """When it ends, with offset; empty = not within sight."""
    evidence: Names = ()
    """Ids of the evidence table."""


class Outcome(Base):
    """What came of it: used in hindsight runs only, never with `--as-of`."""

    happened: bool
    """Whether it took effect."""
    starts: Moment | None = None
    """When it took effect, with offset; empty = as the history says."""
    ends: Moment | None = None
    """When it ended, with offset; empty = as the history says."""
    evidence: Names = ()
    """Ids of the evidence table."""


class AppliesTo(Base):
    """Whom and where a policy binds."""

    groups: Selection = "all"
    """Group ids, `exposed`, `others`, or all."""
    crossings: Selection = "all"
    """Crossing ids, country codes (every crossing into that country), or all."""
    listed_only: bool = False
    """True: binds only people listed for the call-up."""


class Policy(Base):
    """A measure, certain or only possible, with the history of what was known of it."""

    id: str
    """Name that results refer to, without spaces."""
    what: str
    """What it does, as a planner would say it."""
    history: tuple[Status, ...] = Field(min_length=1)
    """What was known of it from when on, in order of time."""
    probability: Share | None = None
    """The analyst's chance that it happens, until a status gives another."""
    feared: Share | None = None
    """w: how much weight people gave it, until a status gives another."""
    window: tuple[Day, Day] | None = None
    """First and last day on which it could start, until a status gives others."""
    outcome: Outcome | None = None
    """What came of it; left out = the last status decides."""
    applies_to: AppliesTo = AppliesTo()
    """Whom and where it binds; left out = everybody, everywhere."""
    effects: tuple[Effect, ...] = ()
    """What it changes while it is in force."""


class CallUp(Base):
    """A quota of summonses served over weeks on the exposed (step 2)."""

    quota: Persons
    """How many are to be called up in the whole of it, persons."""
    from_: Moment = Field(alias="from")
    """When the first summonses are served, with offset."""
    until: Moment
    """When the quota is full, with offset; may lie after the period."""
    half_time: Duration
    """Time in which half of the quota is served; the pace then falls off."""
    comply: Share
    """Share of those listed who report."""
    hide: Share
    """Share who hide; the rest decide at once to leave."""
    found: Rate
    """Hazard of being found while hiding."""
    evidence: Names = Field(min_length=1)
    """Ids of the evidence table."""


class Call(Base):
    """A call to protest."""

    at: Moment
    """When people gather, with offset."""
    turnout: Number
    """Protesters per person at home, million⁻¹, at full strength of the signals."""
    evidence: Names = ()
    """Ids of the evidence table."""


class Voice(Base):
    """Protests and detentions by city and day (step 4)."""

    calls: tuple[Call, ...] = Field(min_length=1)
    """Calls to protest, in order of time."""
    detained: Share
    """Share of protesters detained."""
    released: Rate
    """Hazard of being released, per day."""
    listed: Share
    """Share of detained exposed people who are listed on release."""
    scatter: Number
    """Size of the negative binomial of the turnout (small = uneven)."""
    evidence: Names = Field(min_length=1)
    """Ids of the evidence table."""


class Profile(Base):
    """Relative traffic by weekday, Monday first, mean 1."""

    monday_to_sunday: tuple[Annotated[FiniteFloat, Field(ge=0)], ...] = Field(min_length=7, max_length=7)
    """Seven factors of the daily traffic, Monday first, mean 1."""
    source: str = Field(min_length=1)
    """Evidence ids or `assumption`."""


class Scenario(Base):
    """Everything that a user says about one crisis; frozen."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Short name, of small letters, digits and hyphens."""
    title: str
    """Heading of summary and report."""
    summary: str
    """What happens, in a few sentences, for the head of the report."""
    home: str = Field(min_length=3, max_length=3)
    """Country left, alpha-3."""
    period: Period
    """When it begins and ends, and how finely it is stepped."""
    members: int = Field(default=200, ge=1, le=10**9)
    """How many members a run has unless told otherwise."""
    groups: tuple[Group, ...] = Field(min_length=1)
    """People alike for the model, together at most the population."""
    signals: tuple[Signal, ...] = ()
    """What became known and made people decide to leave."""
    series: tuple[Series, ...] = ()
    """Outside series that raise or lower the pressure."""
    policies: tuple[Policy, ...] = ()
    """Measures, certain or only possible."""
    call_up: CallUp | None = None
    """A call-up with a quota, if there is one."""
    voice: Voice | None = None
    """Protests and detentions, if there are any."""
    weekdays: dict[str, Profile] = Field(default_factory=dict)
    """Weekday profiles of ordinary traffic, by name."""
    limits: Names = ()
    """What this scenario cannot say, in sentences; printed in every report."""
    origins: tuple[Origin, ...] = Field(min_length=1)
    """Regions that people leave; rows of origins.csv."""
    places: tuple[Place, ...] = Field(min_length=1)
    """Destinations; rows of places.csv."""
    crossings: tuple[Crossing, ...] = Field(min_length=1)
    """Border crossing points; rows of crossings.csv."""
    lanes: tuple[Lane, ...] = ()
    """Ways through land crossings; rows of lanes.csv."""
    airports: tuple[Airport, ...] = ()
    """Cities with flights; rows of airports.csv."""
    services: tuple[Service, ...] = ()
    """Seats per day on one leg; rows of services.csv."""
    evidence: tuple[Evidence, ...] = ()
    """Who said what; rows of evidence.csv."""
    parameters: tuple[Parameter, ...] = ()
    """Rows that replace the defaults of data/parameters.csv."""


TABLES = ("origins", "places", "crossings", "lanes", "airports", "services", "evidence", "parameters")
"""Fields of a scenario that are read from `<name>.csv` beside `scenario.yaml`."""
