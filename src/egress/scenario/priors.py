"""Priors: which numbers of a crisis may stand in a forecast of that crisis, and what stands in their place.

`data/priors.csv` has a row for every kind of number: which crisis it was fitted on, and a wide range from evidence of
before or from an assumption. `priors/without-<crisis>.yaml`, written by `egress calibrate --without <crisis>`
(assimilate.priors), holds what a **cold** forecast of that crisis draws from: those ranges, or what the counts of
other crises taught. Patterns stand for names and kinds of numbers (scenario.numbers); `*` stands for anything, and of
all rows that fit a number the first one decides.

>>> cold_scenario("ukraine-2022").name
'ukraine-2022'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, FiniteFloat, model_validator

from egress.distribution import Distribution
from egress.errors import EgressError, ScenarioError
from egress.scenario import load as loading
from egress.scenario import schema
from egress.scenario.numbers import Number, numbers, replaced
from egress.scenario.positions import Loc, read_yaml
from egress.scenario.schema import Base, Profile, Scenario
from egress.spelling import nearest

UNITS = schema.UNITS | {"%": "share", "persons/d": "flow"}
EVERY_DAY_ALIKE = (1.0,) * 7


class Prior(Base):
    """One row of priors: the numbers that it is for, and what they are drawn from; no range = as the scenario says."""

    pattern: str = Field(min_length=1)
    """Name or kind of numbers; `*` stands for anything."""
    only: str = ""
    """Scenario to which the row applies; empty = every scenario."""
    low: FiniteFloat | None = None
    """5 % point (of a normal or a range), or lower end (of a uniform)."""
    high: FiniteFloat | None = None
    """95 % point, or upper end."""
    value: FiniteFloat | None = None
    """Median of a range; empty = geometric mean of its ends."""
    shape: Literal["range", "uniform", "normal", "flat"] = "range"
    """How values lie between low and high; flat: a weekday profile with every day alike."""
    unit: str = "1"
    """Unit of low, high and value, such as `/d` or `%`."""
    times: Literal["", "entries", "ordinary"] = ""
    """What the range multiplies: nothing, a door's ordinary entries, or those times the lane's share (medians)."""
    source: str = Field(min_length=1)
    """Where the range comes from: literature with its year, `assumption`, `calibrated on <crisis>`, or `scenario`."""
    basis: str = ""
    """How it follows from there, in a sentence."""

    @model_validator(mode="after")
    def _drawable(self) -> Prior:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high stand together or not at all")
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r}: expected one of {', '.join(UNITS)}")
        if self.low is not None:
            self.distribution()
        return self

    @property
    def kept(self) -> bool:
        """True where numbers stay as the scenario says."""
        return self.low is None and self.shape != "flat"

    def fits(self, number: Number) -> bool:
        """Say whether the row is for a number."""
        return fnmatchcase(number.name, self.pattern) or fnmatchcase(number.kind, self.pattern)

    def distribution(self) -> Distribution:
        """Return what is drawn from, in canonical units; ValueError where there is no range."""
        assert self.low is not None
        assert self.high is not None
        dimension = UNITS[self.unit]
        low, high = _said(self.low, self.unit), _said(self.high, self.unit)
        if self.shape == "normal":
            middle, sd = (self.low + self.high) / 2, (self.high - self.low) / 2 / 1.6448536269514722
            raw: dict[str, Any] = {"normal": {"mean": _said(middle, self.unit), "sd": _said(sd, self.unit)}}
        elif self.shape == "uniform":
            raw = {"uniform": [low, high]}
        else:
            raw = {"range": [low, high]} | ({} if self.value is None else {"value": _said(self.value, self.unit)})
        least = float("-inf") if dimension == "number" else 0.0
        return Distribution.read(raw, dimension, least=least, most=1.0 if dimension == "share" else float("inf"))


class Fitted(Prior):
    """A row of `data/priors.csv`: a prior, and what its numbers in the shipped scenarios were fitted on."""

    fitted_on: str = Field(min_length=1)
    """Crisis whose counts shaped the numbers, `both`, `own` (that in whose scenario they stand) or `none`."""
    shared: bool = False
    """True where what one crisis teaches about it may be used for another."""

    def touched_by(self, crisis: str, scenario: str) -> bool:
        """Say whether counts of a crisis shaped the numbers as they stand in a scenario."""
        return self.fitted_on in (crisis, "both") or (self.fitted_on == "own" and crisis == scenario)


class Learnt(Base):
    """From which crisis something was learnt."""

    scenario: str
    """Its name."""
    hash: str
    """Hash of the scenario as it was calibrated, wide ranges included."""
    until: str = ""
    """Counts published before this were used; empty = all."""
    counts: int
    """How many counts that were."""
    misfit: float
    """Mean squared distance of the counts from the members, in standard deviations; about 1 is good."""


class Priors(Base):
    """What a forecast draws from in the place of a scenario's own ranges."""

    without: str
    """Crisis of which no count was used; empty = none is named."""
    made_by: str = ""
    """Command that wrote the file."""
    learnt_from: tuple[Learnt, ...] = ()
    """Crises whose counts were used."""
    priors: tuple[Prior, ...]
    """The rows; the first one that fits a number decides."""

    @classmethod
    def read(cls, path: str | Path) -> Priors:
        """Read a file; raise ScenarioError with every fault and its place."""
        reading = read_yaml(Path(path))
        found = None if reading.faults else loading._validated(reading, Priors)
        if not isinstance(found, Priors):
            raise ScenarioError(reading.faults)
        return found

    @classmethod
    def without_crisis(cls, crisis: str) -> Priors:
        """Return the shipped priors for a cold forecast of a crisis; EgressError where there are none."""
        path = file_of(crisis)
        if not path.is_file():
            known = [p.stem.removeprefix("without-") for p in path.parent.glob("without-*.yaml")]
            raise EgressError(
                f"no priors without {crisis!r}{nearest(crisis, known)}; write them with egress calibrate --without"
            )
        return cls.read(path)

    def of(self, number: Number) -> Prior | None:
        """Return the row that decides about a number, or None."""
        return next((row for row in self.priors if row.fits(number)), None)


def file_of(crisis: str) -> Path:
    """Return where the priors without a crisis are shipped."""
    return Path(str(files("egress"))) / "priors" / f"without-{crisis}.yaml"


@cache
def registry() -> tuple[Fitted, ...]:
    """Return the rows of data/priors.csv."""
    return loading.load_table(Path(str(files("egress.data"))) / "priors.csv", Fitted)


def wide(scenario: str, without: str) -> Priors:
    """Return wide ranges for what counts of a crisis shaped in a scenario; all else is kept as the scenario says.

    >>> wide("russia-2022", without="ukraine-2022").priors[0].pattern
    'parameter/intention_rate'
    """
    rows = (row for row in registry() if row.only in ("", scenario))
    return Priors(without=without, priors=tuple(plain(row, scenario, without) for row in rows))


def plain(row: Fitted, scenario: str, without: str) -> Prior:
    """Return a row of the registry as a prior for a scenario: kept unless a crisis shaped its numbers."""
    if row.kept or row.touched_by(without, scenario):
        return Prior(**{name: getattr(row, name) for name in Prior.model_fields})
    basis = f"fitted on {row.fitted_on}, not on {without}"
    return Prior(pattern=row.pattern, only=row.only, source="scenario", basis=basis)


def with_priors(scenario: Scenario, priors: Priors) -> Scenario:
    """Return the scenario with its uncertain numbers drawn from priors; certain ones stay, others without a row too.

    Raises EgressError for a row that names a number the scenario does not have, or fits a number of another kind.
    """
    rows = tuple(row for row in priors.priors if row.only in ("", scenario.name))
    chosen = priors.model_copy(update={"priors": rows})
    found = numbers(scenario)
    _check(scenario, rows, found)
    decided = [(number, row) for number in found if (row := chosen.of(number)) is not None and not row.kept]
    for factor in (False, True):  # a factor multiplies what has been replaced already
        changes = dict(_changes(scenario, [(n, row) for n, row in decided if bool(row.times) == factor]))
        scenario = replaced(scenario, changes)
    return scenario


def cold_scenario(source: str | Path | Scenario) -> Scenario:
    """Return a shipped crisis for a cold forecast: no number in it was fitted on its own counts.

    Raises EgressError where there are no priors without it.
    """
    scenario = source if isinstance(source, Scenario) else loading.load(source)
    return with_priors(scenario, Priors.without_crisis(scenario.name))


def fitted(scenario: Scenario) -> tuple[Number, ...]:
    """Return the uncertain numbers of a scenario that were fitted on its own counts."""
    rows = [row for row in registry() if row.only in ("", scenario.name)]
    own = ((number, next((row for row in rows if row.fits(number)), None)) for number in numbers(scenario))
    return tuple(number for number, row in own if row is not None and row.touched_by(scenario.name, scenario.name))


def shaped(scenario: Scenario) -> tuple[Number, ...]:
    """Return the numbers that counts of the crisis itself have shaped: fitted ones that stand as in the shipped folder.

    >>> len(shaped(loading.load("ukraine-2022"))) > 0, shaped(cold_scenario("ukraine-2022"))
    (True, ())
    """
    if scenario.name not in loading.list_names():
        return ()
    as_shipped = {number.name: number.value for number in numbers(loading.load(scenario.name))}
    return tuple(number for number in fitted(scenario) if as_shipped.get(number.name) == number.value)


def hindsight(scenario: Scenario) -> list[str]:
    """Return in words that the ranges of a past crisis know how it went on, later than any origin."""
    many = len(shaped(scenario))
    if not many:
        return []
    return [
        f"{many} ranges of {scenario.name} were fitted on the crisis itself, also on what came after the origin: "
        "this is in part hindsight. --cold-priors starts from ranges of other crises and of evidence from before."
    ]


def base(scenario: Scenario, number: Number, times: str) -> float:
    """Return what a factor multiplies: ordinary entries of the door, and the lane's share; canonical units."""
    table, at = str(number.loc[0]), int(number.loc[1])
    lane = scenario.lanes[at] if table == "lanes" else None
    id = lane.crossing if lane is not None else scenario.crossings[at].id
    entries = next(crossing.entries.median for crossing in scenario.crossings if crossing.id == id)
    share = lane.share.median if lane is not None and times == "ordinary" else 1.0
    if entries * share <= 0:
        raise EgressError(f"{number.name}: its prior is a multiple of the ordinary entries of {id}, and these are 0")
    return entries * share


# Rows and numbers


def _said(number: float, unit: str) -> str:
    """Return a number with its unit as a user would write it."""
    suffix = "" if unit in ("1", "share", "RUB/km", "persons") else unit
    return f"{number!r}{suffix}" if suffix.startswith("/") else f"{number!r} {suffix}".strip()


def _changes(scenario: Scenario, decided: list[tuple[Number, Prior]]) -> Iterator[tuple[Loc, Distribution | Profile]]:
    for number, row in decided:
        if isinstance(number.value, Profile):
            if row.shape != "flat":
                raise EgressError(f"{row.pattern}: {number.name} is a weekday profile, expected shape flat")
            yield number.loc, Profile(monday_to_sunday=EVERY_DAY_ALIKE, source=row.source)
        else:
            yield number.loc, _drawn_from(scenario, number, number.value, row)


def _drawn_from(scenario: Scenario, number: Number, value: Distribution, row: Prior) -> Distribution:
    new = row.distribution()
    if row.times:
        times, low, high = base(scenario, number, row.times), new.low, new.high
        return Distribution(new.kind, low * times, new.value * times, high * times, value.dimension)
    if new.dimension != value.dimension:
        raise EgressError(f"{row.pattern}: {number.name} is a {value.dimension}, its prior a {new.dimension}")
    return new


def _check(scenario: Scenario, rows: Iterable[Prior], found: Iterable[Number]) -> None:
    """Raise EgressError for rows that name a parameter, or a number of this scenario, which is not there."""
    known = {name for number in found for name in (number.name, number.kind)}
    known |= {f"parameter/{p.name}" for p in scenario.parameters}
    for row in rows:
        named = row.only == scenario.name or row.pattern.startswith("parameter/")
        if named and not row.kept and not any(fnmatchcase(name, row.pattern) for name in known):
            raise EgressError(f"{row.pattern}: {scenario.name} has no such number{nearest(row.pattern, known)}")


def dumped(priors: Priors) -> str:
    """Return the text of a file of priors: one row a line, empty columns left out."""
    head = [f"# Written by {priors.made_by}; do not edit.", f"without: {priors.without}", f"made_by: {priors.made_by}"]
    learnt = [f"  - {_flow(row.model_dump())}" for row in priors.learnt_from]
    rows = [f"  - {_flow(_told(row))}" for row in priors.priors]
    parts = [*head, *(["learnt_from:", *learnt] if learnt else []), "priors:", *rows]
    return "\n".join(parts) + "\n"


def _told(row: Prior) -> dict[str, Any]:
    usual = {name: field.default for name, field in Prior.model_fields.items()}
    return {name: value for name, value in row.model_dump().items() if value != usual[name]}


def _flow(row: Mapping[str, Any]) -> str:
    import json

    return "{" + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in row.items()) + "}"
