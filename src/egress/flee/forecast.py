"""A forecast by Flee's rules: camps after an origin, from the reports of the days before it and nothing later.

Members run from the first day of the folder through the origin. From the day f after the last report on, the people
who set out are those of consecutive days out of the last WINDOW before it, begun on a day drawn for each member. Each
camp then goes on from its last report y, r days after the start,

    x(d) = y + b (S(d) − S(r)) + s √(d − r) z,     z ~ N(0, 1) by member and camp

where S is what the member has in the camp. b, the share of the members' changes that reports have borne out, and s,
the error of a day, are learnt from the RECENT last reports of each camp: with Δ the changes from one to the next, all
as shares of the last report,

    b = Σ Δy ΔS / (Σ ΔS² + mean ΔS²), within 0 and 1;     s² of a camp: mean of (Δy − b ΔS)² / days between,

s² is drawn to the mean of all camps with the weight of POOL reports. Where the members' changes were no use, b is near
0 and the last report stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import egress
from egress.assimilate.prints import AS_PRINTED
from egress.engine.draws import purpose
from egress.engine.flee.case import Floats, Ints
from egress.engine.flee.spawn import due
from egress.errors import EgressError
from egress.flee import gravity
from egress.flee.run import OWN, SEED, FleeRun, run_case
from egress.flee.spread import Progress
from egress.forecasts import Forecast
from egress.formats.flee import Instance, read_instance
from egress.formats.flee.build import case_of
from egress.formats.flee.counts import Reports, reported
from egress.formats.flee.own_counts import joined, known_at, read_own, shown
from egress.formats.flee.published import known
from egress.formats.flee.published import observations as reports_of
from egress.formats.flee.read import Say, warn
from egress.formats.flee.scenario import FleeScenario
from egress.observations import Observations
from egress.trajectory import MOST_MEMBERS, Trajectory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MEMBERS, DAYS = 200, 14
WINDOW, SHORTEST = 60, 7  # days before the last report from which departures ahead are taken; at least so many in a row
RECENT = 6  # changes between reports of a camp that are learnt from (source: assumption)
POOL = 2.0  # reports: weight of all camps in the error of one
LEAST = 10.0  # people: a camp is taken as at least so large where errors are shared by size
AHEAD, ERROR = purpose("flee departures ahead"), purpose("flee report")
CAPACITY = "Capacities of camps are those of the folder; often they are the most that was ever counted, later included."
PUBLISHED = "Each report of the folder is taken as published on the day that it is of; real ones came later."
LEARNT = (
    "The split over camps was learnt from seven conflicts; one of them is left out only where the folder has its name, "
    "so that a converted one of another name has learnt from itself."
)


@dataclass(frozen=True)
class Fit:
    """What reports have taught: the share of changes borne out, and the error of a day by camp [C] in people."""

    share: float
    error: Floats
    reports: Ints
    """[C] pairs of reports that it comes from."""


def forecast(
    source: str | Path,
    as_of: date,
    *,
    settings: str | Path | None = None,
    rules: str | None = None,
    observations: str | Path | None = None,
    days: int = DAYS,
    members: int = MEMBERS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    say: Say = warn,
) -> Forecast:
    """Return the people in each camp in the days from an origin on, in a Flee folder or a converted scenario.

    `rules` is flee, flee-corrected, or egress: egress's own (egress.flee.gravity). `observations` is a table of counts
    of camps, beside those of the folder. Raises EgressError for an origin outside the period of the folder, more
    members than are kept, and counts that cannot be used.
    """
    own = rules == OWN
    instance = read_instance(source, settings, rules="flee" if own else rules)
    for warning in instance.warnings:
        say(warning)
    _check(instance, as_of, members)
    origin = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    said, table = _known(instance.scenario, origin, days, observations)
    case, problems = case_of(said, instance.rules)
    if problems:
        raise EgressError(f"{source}: with what was known on {as_of}: {problems[0][2]}")
    reports = _reports(said, case.data.names)
    options: dict[str, Any] = {"members": members, "seed": seed, "threads": threads, "progress": progress}
    last = max((int(of.days[-1]) for of in reports.values()), default=0)
    driven = instance.rules.conflict_driven_spawning is not None
    ahead = None if driven else departures(due(case, instance.rules).people, max(last, 0) + 1, members, seed)
    run = (gravity.run_case if own else run_case)(case, instance.rules, **options, departures=ahead)
    fit = learn(run, reports)
    people = updated(run, reports, fit)
    about = {
        "scenario": instance.case.name,
        "title": instance.scenario.title or instance.case.name,
        "first_day": as_of.isoformat(),
        "days": days,
        "members": members,
        "rules": OWN if own else instance.scenario.rules,
        "hasten": instance.rules.hasten,
        "settings": None if settings is None else str(settings),
        "observations": None if observations is None else str(observations),
        "warnings": [LEARNT if own else CAPACITY, PUBLISHED, *_ranged(run)],
    }
    return Forecast(
        Trajectory(_dataset(run, people, ahead, as_of)), origin, table, table.data, _learnt(run, fit), about
    )


def _ranged(run: FleeRun) -> list[str]:
    """Return a sentence on the settings that differ by member, where some do."""
    ranges = ", ".join(map(str, run.rules.ranges))
    return [f"Members differ by settings too, each uniform in its range: {ranges}."] if ranges else []


def _known(
    scenario: FleeScenario, origin: datetime, days: int, path: str | Path | None
) -> tuple[FleeScenario, Observations]:
    """Return what was known of a scenario at the origin, with counts of one's own; and all counts known, as a table."""
    said = known(scenario, origin.date(), days)
    before = tuple(row for row in scenario.counts if row.date < origin.date())
    table = reports_of(scenario.model_copy(update={"counts": before}))
    if path is None:
        return said, table
    own = known_at(read_own(path, scenario), origin)
    return joined(said, own), shown(table, own)


def _check(instance: Instance, as_of: date, members: int) -> None:
    """Raise EgressError for what cannot be forecast."""
    start = instance.scenario.period.start
    end = start + timedelta(days=instance.scenario.period.days)
    if not start < as_of <= end:
        raise EgressError(f"{as_of}: expected an origin after {start} and by {end}, the period of {instance.case.name}")
    if not 2 <= members <= MOST_MEMBERS:
        raise EgressError(f"{members} members: expected 2 to {MOST_MEMBERS} for a forecast of a Flee folder")


def _reports(said: Any, names: tuple[str, ...]) -> dict[str, Reports]:
    """Return the reports of each camp in people, corrected as far as was known, by day; those before the start last."""
    found, _ = reported(said.counts, said.corrections, said.period.start, 1, said.rules == "flee")
    return {name: found[name].sorted() for name in names[1:]}


def departures(said: Ints, first: int, members: int, seed: int) -> Ints:
    """Return [M, D] who sets out: as the data say before day `first`, then as on consecutive days before it, again
    and again, begun on a day drawn for each member."""
    out = np.repeat(said[None], members, axis=0).astype(np.int64)
    begin = max(1, first - WINDOW)
    latest = max(begin, first - SHORTEST)
    if begin >= first or first >= len(said):
        return out
    luck = np.random.default_rng([seed, AHEAD])
    for m, start in enumerate(luck.integers(begin, latest + 1, members).tolist()):
        block = said[start:first]
        out[m, first:] = np.resize(block, len(said) - first)
    return out


def learn(run: FleeRun, reports: dict[str, Reports]) -> Fit:
    """Return what the last changes between reports teach about the changes of the members."""
    size = np.array([max(reports[name].agents[-1], LEAST) for name in run.names])
    changes = [_changes(run, c, reports[name]) for c, name in enumerate(run.names)]
    told, had, gaps = (np.concatenate([part[k] for part in changes]) for k in range(3))
    number = np.array([len(part[0]) for part in changes])
    sizes = np.repeat(size, number)
    square = (had / sizes) ** 2
    total = square.sum() + (square.mean() if len(square) else 0.0)
    share = float(np.clip((told * had / sizes**2).sum() / total, 0.0, 1.0)) if total > 0 else 0.0
    rate = ((told - share * had) / sizes) ** 2 / np.maximum(gaps, 1.0)
    shared = float(rate.mean()) if len(rate) else 0.0
    own = np.array([part.sum() for part in np.split(rate, np.cumsum(number)[:-1])])
    return Fit(share, size * np.sqrt((own + POOL * shared) / (number + POOL)), number)


def _changes(run: FleeRun, c: int, reports: Reports) -> tuple[Floats, Floats, Floats]:
    """Return the last changes of people between reports of a camp, those of the members' mean, the days between."""
    inside = np.flatnonzero(reports.days >= 0)[-RECENT - 1 :]
    days, people = reports.days[inside].astype(np.int64), reports.agents[inside]
    had = run.rules.hasten * run.sim[:, days, c].mean(axis=0)
    return np.diff(people), np.diff(had), np.diff(days).astype(float)


def updated(run: FleeRun, reports: dict[str, Reports], fit: Fit) -> Ints:
    """Return [M, D, C] people: along the reports up to the last, then on from it."""
    had = run.rules.hasten * run.sim.astype(np.float64)
    members, days, _ = had.shape
    out = np.empty(had.shape)
    luck = np.random.default_rng([run.seed, ERROR]).standard_normal((members, len(run.names)))
    for c, name in enumerate(run.names):
        own = reports[name]
        last = min(max(int(own.days[-1]), 0), days - 1)
        out[:, :, c] = own.at(np.arange(days))
        later = np.arange(last + 1, days)
        moved = fit.share * (had[:, later, c] - had[:, last, c][:, None])
        error = fit.error[c] * np.sqrt(later - own.days[-1]) * luck[:, c][:, None]
        out[:, later, c] = own.agents[-1] + moved + error
    return np.asarray(np.rint(np.maximum(out, 0.0)), dtype=np.int64)


def _learnt(run: FleeRun, fit: Fit) -> pd.DataFrame:
    """Return a row per number that was learnt."""
    import pandas as pd

    rows = [("share of the members' changes borne out", fit.share, int(fit.reports.sum()))]
    rows += [(f"error of a day, {name}, people", float(s), int(n))
             for name, s, n in zip(run.names, fit.error, fit.reports, strict=True)]  # fmt: skip
    return pd.DataFrame(rows, columns=["name", "value", "reports"])


def _dataset(run: FleeRun, people: Ints, ahead: Ints | None, as_of: date) -> xr.Dataset:
    """Return a trajectory of camps: people staying, departures by member, and which closures happen."""
    import xarray as xr

    case = run.case
    start = np.datetime64(case.start.isoformat(), "ns") + np.arange(case.length) * np.timedelta64(1, "D")
    names = list(run.names)
    countries = [case.places.countries[i] for i in run.camps]
    open_ones = [n for n, closure in enumerate(case.closures) if closure.probability < 1]
    happens = run.happen[:, open_ones]
    begin = 24.0 * np.array([case.closures[n].start for n in open_ones], dtype=float)
    set_out = np.asarray(run.spawned if ahead is None else ahead) * run.rules.hasten
    first = (as_of - case.start).days
    persons = {"units": "persons"}
    variables: dict[str, Any] = {
        "arrivals": (("member", "day", "crossing", "measure"), people[..., None].astype(np.int32),
                     persons | {"long_name": "people in a camp at the end of the day"}),
        "policy_start": (("member", "policy"), np.where(happens, begin, np.inf),
                         {"units": "h", "long_name": "start of a closure since the start of the period"}),
        "parameters": (("member", "parameter"), set_out[:, first:].sum(axis=1, dtype=float)[:, None],
                       persons | {"long_name": "people who set out after the origin"}),
    }  # fmt: skip
    coords: dict[str, Any] = {
        "member": run.members, "day": start, "step": start, "crossing": names, "measure": ["staying"],
        "country": ("crossing", countries), "place": ("crossing", names), "door": ("crossing", names),
        "policy": [" ".join((case.closures[n].kind, *filter(None, case.closures[n].names))) for n in open_ones],
        "parameter": ["departures ahead"],
    }  # fmt: skip
    attrs = {
        "egress_version": egress.__version__, "scenario": case.name, "seed": run.seed, "step_hours": 24.0,
        "as_of": as_of.isoformat(), "utc_offset": "+00:00", "members": len(run.members), AS_PRINTED: 1,
    }  # fmt: skip
    return xr.Dataset(variables, coords=coords, attrs=attrs)
