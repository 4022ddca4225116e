"""What reports of camps teach about the settings of a Flee folder that have ranges.

Members start as they would draw their settings, and are moved by the iterated ensemble smoother (assimilate.smoother)
until they agree with the reports known on a day, each as a share of all people whom the data have in camps:

    y = people reported in a camp / people in all camps on that day,     sd = ERROR · √n

with n the number of reports of the camp. So all reports of a camp weigh as one that is right to ERROR: what the rules
get wrong about a camp they get wrong in each of its reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from egress.assimilate.posterior import Posterior
from egress.assimilate.smoother import ROUNDS, moved, parts
from egress.engine.draws import purpose, uniforms
from egress.engine.flee.case import FleeCase, Floats, Ints, SettingRange
from egress.ensemble import Normals
from egress.errors import EgressError
from egress.flee.ranges import SETTING
from egress.flee.run import SEED, FleeRun, run_case
from egress.flee.spread import Progress
from egress.formats.flee import Instance, read_instance
from egress.formats.flee.build import case_of
from egress.formats.flee.counts import reported
from egress.formats.flee.published import known
from egress.formats.flee.read import Say, warn
from egress.formats.flee.scenario import FleeScenario

MEMBERS = 200
ERROR = 0.03  # of all people in camps: what the rules get wrong about a camp (source: assumption)
LEAST = 5  # reports


@dataclass(frozen=True)
class Taught:
    """What reports have taught about settings."""

    posterior: Posterior
    ranges: tuple[SettingRange, ...]
    before: Floats
    """[M, S] values of the settings as members draw them."""
    after: Floats
    """[M, S] values that agree with the reports."""
    reports: int
    away: tuple[float, float]
    """Mean distance of a report from the middle of the members, before and after, as a share of all people in camps."""


@dataclass(frozen=True)
class _Reports:
    """Reports after the first day: where [n], on which day [n], their share of all people and its error [n]."""

    camp: Ints
    day: Ints
    total: Floats
    share: Floats
    sd: Floats

    def predicted(self, run: FleeRun) -> Floats:
        """Return [M, n] the shares that members have."""
        return np.asarray(run.sim[:, self.day, self.camp] / self.total)

    def away(self, predicted: Floats) -> float:
        """Return the mean distance of the reports from the middle of the members [M, n]."""
        return float(np.abs(np.median(predicted, axis=0) - self.share).mean())


def calibrate(
    source: str | Path,
    until: date | None = None,
    *,
    settings: str | Path | None = None,
    members: int = MEMBERS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
    say: Say = warn,
) -> Taught:
    """Return what the reports of a Flee folder (or a converted one) before a day teach about its settings with ranges.

    Without `until` all reports of its period are used. Raises EgressError where no setting has a range, the day lies
    outside the period, or there are fewer than LEAST reports.

    >>> from egress.flee.calibrate import calibrate
    >>> calibrate("mali2012", date(2012, 8, 1), settings="ranges.yml").posterior.save(...)  # doctest: +SKIP
    """
    instance = read_instance(source, settings)
    for warning in instance.warnings:
        say(warning)
    return of_instance(instance, until, members=members, seed=seed, threads=threads, progress=progress)


def of_instance(
    instance: Instance,
    until: date | None = None,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Taught:
    """Return what the reports of a folder that is read teach; see `calibrate`."""
    ranges = instance.rules.ranges
    if not ranges:
        example = "max_move_speed: {low: 200, high: 600}"
        raise EgressError(f"{instance.case.name}: no setting has a range, such as {example}")
    end = _end(instance.scenario, until)
    case, reports = _known(instance, end)
    first = _drawn(ranges, seed, members)

    def seen(normals: Normals, done: int) -> Floats:
        """Return what members say of the reports, after so many rounds."""
        heard = None if progress is None else lambda share: progress((done + share) / (ROUNDS + 1))
        options: dict[str, Any] = {"members": members, "seed": seed, "threads": threads, "progress": heard}
        return reports.predicted(run_case(case, instance.rules, settings=_values(ranges, normals), **options))

    normals, away = _smoothed(first, reports, seen, seed)
    moment = datetime(end.year, end.month, end.day, tzinfo=UTC).isoformat()
    posterior = Posterior(instance.case.name, instance.hash, moment, seed, normals)
    before, after = (_values(ranges, each) for each in (first, normals))
    return Taught(posterior, ranges, before, after, len(reports.share), away)


def _smoothed(
    first: Normals, reports: _Reports, seen: Callable[[Normals, int], Floats], seed: int
) -> tuple[Normals, tuple[float, float]]:
    """Return the normals moved until members agree with the reports, and how far these are away before and after."""
    normals, away = first, []
    for done, raised in enumerate(parts(ROUNDS)):
        predicted = seen(normals, done)
        away.append(reports.away(predicted))
        luck = np.random.default_rng([seed, done])
        normals = moved(normals, predicted, reports.share, reports.sd, float(raised), luck)
    return normals, (away[0], reports.away(seen(normals, ROUNDS)))


@dataclass(frozen=True)
class Learnt:
    """What a posterior file says of the members of a run."""

    settings: Floats
    """[M, S] values of the settings that have ranges."""
    until: str
    """The day before which it learnt."""
    digest: str
    """12 hexadecimal digits that change with what it holds."""


def learnt(path: Path, instance: Instance, members: Ints) -> Learnt:
    """Return what a posterior file says of members.

    Raises EgressError where it is of another folder or of other settings, or has fewer members.
    """
    found = Posterior.open(path)
    ranges = instance.rules.ranges
    if found.hash != instance.hash or sorted(found.normals) != sorted(one.name for one in ranges):
        why = "another folder, or with other settings or rules"
        raise EgressError(f"{path}: was learnt with {why} than {instance.case.name} has now: calibrate again")
    if members.max() >= len(found):
        raise EgressError(f"{path}: has {len(found)} members, {members.max() + 1} are asked for: calibrate with more")
    values = _values(ranges, found.normals)
    return Learnt(values[members], found.until[:10], sha256(values.tobytes()).hexdigest()[:12])


def _end(scenario: FleeScenario, until: date | None) -> date:
    start = scenario.period.start
    last = start + timedelta(days=scenario.period.days)
    end = until or last
    if not start < end <= last:
        raise EgressError(f"{end}: expected a day after {start} and by {last}, the period of {scenario.name}")
    return end


def _known(instance: Instance, end: date) -> tuple[FleeCase, _Reports]:
    """Return what was known of a folder at the start of a day: a case up to it, and its reports after the first day."""
    said, rules = known(instance.scenario, end, 0), instance.rules
    case, problems = case_of(said, rules)
    if problems:
        raise EgressError(f"{said.name}: with what was known on {end}: {problems[0][2]}")
    found, _ = reported(said.counts, said.corrections, said.period.start, rules.hasten, said.rules == "flee")
    run = run_case(case, rules, threads=1)
    total = np.maximum(run.data.sum(axis=1), 1.0)
    rows = []
    for c, name in enumerate(run.names):
        own = found[name].sorted()
        kept = (own.days > 0) & (own.days < case.length)
        sd = ERROR * np.sqrt(max(kept.sum(), 1))
        rows += [(c, day, people, sd) for day, people in zip(own.days[kept], own.agents[kept], strict=True)]
    if len(rows) < LEAST:
        raise EgressError(
            f"{said.name}: {len(rows)} reports after the first day: expected at least {LEAST} to learn from"
        )
    camp, day = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    people, sd = (np.array([row[k] for row in rows], dtype=np.float64) for k in (2, 3))
    return case, _Reports(camp, day, total[day], people / total[day], sd)


def _drawn(ranges: tuple[SettingRange, ...], seed: int, members: int) -> Normals:
    """Return the standard normals [M] behind what members draw by themselves, by setting."""
    from scipy.special import ndtri

    numbers = np.arange(members)
    return {one.name: np.asarray(ndtri(uniforms(seed, numbers, 0, purpose(one.name), SETTING))) for one in ranges}


def _values(ranges: tuple[SettingRange, ...], normals: Normals) -> Floats:
    """Return the values [M, S] at standard normals."""
    from scipy.special import ndtr

    return np.stack([one.at(ndtr(normals[one.name])) for one in ranges], axis=1)
