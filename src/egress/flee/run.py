"""Many members of a Flee case, on threads.

A member's luck depends on its number and the seed alone: results are the same for any number of threads and any
choice of members. A closure that is not certain, and each setting that has a range, is drawn once per member; members
with the same closures and settings share a plan (egress.flee.plans).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.engine.draws import purpose, uniforms
from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.plan import Layout, plan
from egress.errors import RunError
from egress.flee.plans import Plans
from egress.flee.ranges import drawn, none, told
from egress.flee.spread import Progress, spread

if TYPE_CHECKING:
    import xarray as xr

    from egress.formats.flee import FleeFolder

SEED = 20220921
OWN = "egress"
CLOSES = purpose("flee closure")


@dataclass(frozen=True)
class FleeRun:
    """What happened: agents (people / hasten) by member, day and place at the end of the day."""

    case: FleeCase
    rules: FleeRules
    seed: int
    members: Ints  # [M]
    camps: Ints  # [C] places of type camp at the start, in the order of locations.csv
    due: Any  # what the data say of each day: spawn.Due
    inside: Ints  # [M, D, P] int32
    moving: Ints  # [M, D] on links
    spawned: Ints  # [M, D] who set out
    gone: Ints  # [M, D] deactivated in camps
    origins: Ints  # [M, P] who set out, by place, over the run
    stock: Ints  # [P] in camps before day 0
    settings: Floats  # [M, S] value of each setting that has a range, in the order of rules.ranges
    own: bool = False  # under egress's own rules (egress.flee.gravity) instead of Flee's

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the camps."""
        return tuple(self.case.places.names[i] for i in self.camps)

    @property
    def sim(self) -> Ints:
        """Return [M, D, C] agents in camps."""
        return self.inside[:, :, self.camps]

    @property
    def data(self) -> Ints:
        """Return [D, C] agents in camps as the data have them; less those of day 0 with empty_camps_on_day0."""
        rows = {int(place): row for row, place in enumerate(self.case.data.place) if place >= 0}
        level = self.case.data.level[[rows[int(i)] for i in self.camps]].T
        return np.asarray(level - level[0] if self.rules.empty_camps_on_day0 else level)

    @classmethod
    def of(cls, data: xr.Dataset, case: FleeCase, rules: FleeRules) -> FleeRun:
        """Return the run that `dataset` wrote, of the same case and rules (parts of it: all their members)."""
        layout = plan(case, rules)
        names = {"gone": "deactivated"} | {name: name for name in ("inside", "moving", "spawned", "origins")}
        arrays: dict[str, Any] = {name: data[variable].values for name, variable in names.items()}
        members, seed = data["member"].values, int(data.attrs["seed"])
        settings = data["settings"].values if "settings" in data else none(len(members))
        rules = rules if "settings" in data else replace(rules, ranges=())
        stock = layout.plan.start.stock
        return cls(case, rules, seed, members, layout.camps, layout.due, **arrays, stock=stock, settings=settings)

    @property
    def happen(self) -> Ints:
        """Return [M, N] of bool: which closures happen."""
        return happening(self.case, self.seed, self.members)

    def dataset(self) -> xr.Dataset:
        """Return the run as integers with dims member, day and place, and the settings that differ by member."""
        import xarray as xr

        places = self.case.places
        days = np.datetime64(self.case.start.isoformat(), "ns") + np.arange(self.case.length) * np.timedelta64(1, "D")
        agents = {"units": f"agents ({self.rules.hasten} people each)" if self.rules.hasten > 1 else "persons"}

        def said(dims: tuple[str, ...], values: Ints, name: str) -> tuple[Any, ...]:
            return dims, values, agents | {"long_name": name}

        by_day, by_place = ("member", "day"), ("member", "day", "place")
        variables = {
            "inside": said(by_place, self.inside, "in a place at the end of the day"),
            "moving": said(by_day, self.moving, "on the way at the end of the day"),
            "spawned": said(by_day, self.spawned, "who set out on a day"),
            "deactivated": said(by_day, self.gone, "who left the simulation in a camp"),
            "origins": said(("member", "place"), self.origins, "who set out from a place"),
            "reported": said(("day", "camp"), self.data, "in a camp as the data have it"),
        }
        coords = {
            "member": self.members,
            "day": days.astype("datetime64[ns]"),
            "place": list(places.names),
            "country": ("place", list(places.countries)),
            "camp": list(self.names),
            "x": ("place", places.x),
            "y": ("place", places.y),
        }
        if self.rules.ranges:
            variables["settings"] = (("member", "setting"), self.settings, {"long_name": "settings that have ranges"})
            coords["setting"] = [one.name for one in self.rules.ranges]
        return xr.Dataset(variables, coords=coords, attrs={"case": self.case.name, "seed": self.seed})


def run(
    source: str | Path | FleeFolder,
    *,
    settings: str | Path | None = None,
    rules: str | None = None,
    days: int | None = None,
    members: int | Iterable[int] = 1,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
) -> FleeRun:
    """Read a Flee folder (or a converted scenario) and run its members: a number, or their numbers.

    `rules` is flee, flee-corrected, or egress: egress's own (egress.flee.gravity).
    Raises ScenarioError for a faulty folder, RunError where the rules cannot go on.
    """
    from egress.formats.flee import read

    if rules == OWN:
        from egress.flee import gravity

        case, law = read(source, settings, rules="flee", days=days)
        return gravity.run_case(case, law, members=members, seed=seed, threads=threads, progress=progress)
    case, law = read(source, settings, rules=rules, days=days)
    return run_case(case, law, members=members, seed=seed, threads=threads, progress=progress)


def run_case(
    case: FleeCase,
    rules: FleeRules,
    *,
    members: int | Iterable[int] = 1,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    departures: Ints | None = None,
    settings: Floats | None = None,
    happen: Ints | None = None,
) -> FleeRun:
    """Run members of a case; see `run`.

    `departures` [M, D] int64 stand for those that the data say of each day, `settings` [M, S] for the values that
    members draw of the settings that have ranges, and `happen` [M, N] of bool for the closures that they draw.
    """
    numbers = np.array(range(members) if isinstance(members, int) else list(members), dtype=np.int64)
    values = drawn(rules.ranges, seed, numbers) if settings is None else settings
    closed = happening(case, seed, numbers) if happen is None else happen
    count, days, places = len(numbers), case.length, len(case.places)
    out: dict[str, Any] = {
        "inside": np.zeros((count, days, places), np.int32),
        "moving": np.zeros((count, days), np.int32),
        "spawned": np.zeros((count, days), np.int32),
        "gone": np.zeros((count, days), np.int32),
        "origins": np.zeros((count, places), np.int32),
    }
    plans = _plans(case, rules, values, closed)
    first = plans.layout(0)

    def work(m: int) -> None:
        with _named(rules, numbers[m], values[m]), plans.borrow(m) as room:
            record = room.run(seed, int(numbers[m]), None if departures is None else departures[m])
        out["inside"][m], out["moving"][m] = record.inside, record.moving
        out["spawned"][m], out["gone"][m] = record.spawned.sum(axis=1), record.gone.sum(axis=1)
        out["origins"][m] = record.spawned.sum(axis=0)

    spread(work, count, threads, progress, lambda: plans.days_done() / days)
    stock = first.plan.start.stock
    return FleeRun(case, rules, seed, numbers, first.camps, first.due, **out, stock=stock, settings=values)


def _plans(case: FleeCase, rules: FleeRules, settings: Floats, happen: Ints) -> Plans:
    """Return the plans of members with these settings [M, S] and closures [M, N]."""

    def make(m: int) -> Layout:
        closures = tuple(one for one, yes in zip(case.closures, happen[m], strict=True) if yes)
        return plan(case, rules.with_values(settings[m].tolist()), closures)

    return Plans([a.tobytes() + b.tobytes() for a, b in zip(settings, happen, strict=True)], make)


@contextmanager
def _named(rules: FleeRules, member: int, values: Floats) -> Iterator[None]:
    """Let a RunError say in which member, with which settings, where they differ by member."""
    try:
        yield
    except RunError as error:
        if not rules.ranges:
            raise
        raise RunError(f"{error} (member {member}: {told(rules, values)})") from error


def happening(case: FleeCase, seed: int, members: Ints) -> Ints:
    """Return [M, N] of bool: which closures happen in which members; drawn by the number of the member."""
    happen = np.ones((len(members), len(case.closures)), dtype=bool)
    for n, closure in enumerate(case.closures):
        if closure.probability < 1.0:
            happen[:, n] = uniforms(seed, members, 0, n, CLOSES) < closure.probability
    return happen
