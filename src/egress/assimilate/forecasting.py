"""A forecast from an origin: what was known by then is learnt, and the members that learnt it go on.

The past is run again in every round of the smoother; the members of the last round run once through past and
future together, so that a forecast is made of whole runs of the engine, with all four kinds of noise ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

from egress.assimilate.counts import evidence
from egress.assimilate.posterior import LATE, Posterior
from egress.assimilate.prints import with_levels
from egress.assimilate.smoother import ROUNDS, Learnt, nothing, smooth
from egress.assimilate.tell import count_table, learnt_table, unseen_queue, warnings
from egress.baselines import weeks
from egress.ensemble import DEFAULT_SEED, Drawn, Normals, Progress, traced
from egress.errors import EgressError
from egress.forecasts import Forecast
from egress.observations import Observations
from egress.scenario.load import load, scenario_hash
from egress.scenario.priors import hindsight
from egress.scenario.schema import Scenario
from egress.scenario.time import zone
from egress.trajectory import Trajectory

MEMBERS = 1000
DAYS = 14
ONWARD = 1  # rounds in which a posterior takes in what was counted since: a day or two add little (source: assumption)


def forecast(
    scenario: Scenario | str | Path,
    as_of: datetime | date | str,
    *,
    days: int = DAYS,
    observations: Observations | None = None,
    members: int | None = None,
    seed: int = DEFAULT_SEED,
    rounds: int = ROUNDS,
    posterior: Posterior | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Forecast:
    """Return what is to be expected in the days after an origin, from what was known by then and nothing later.

    `as_of` is a moment with offset, or a day (its start, local time of the scenario). Counts are the scenario's own
    and those given. A `posterior` learns on from what was published since it was made. Raises EgressError for an origin
    outside the period.

    >>> import egress
    >>> egress.forecast("one-border", "2030-03-06", days=2, members=10, rounds=1).places()[0]
    'XBB'
    """
    name = scenario
    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    origin = origin_of(scenario, as_of)
    inside(scenario, origin)
    own = Observations.of(name) if not isinstance(name, Scenario) else None
    counts = joined([part for part in (own, observations) if part is not None])
    if posterior is not None:
        members = len(posterior) if members is None else members
    options: dict[str, Any] = {"days": days, "members": members or MEMBERS, "seed": seed, "threads": threads}
    if posterior is not None:
        options |= {"normals": posterior.of(scenario, members), "since": posterior.since}
        rounds = min(rounds, ONWARD)
    trajectory, learnt = ahead(scenario, origin, counts, **options, rounds=rounds, progress=progress)
    first = _last_day(scenario, origin) + timedelta(days=1)
    doubts = warnings(learnt) if posterior is None else _doubts(posterior, origin, learnt)
    known = counts.known(origin)
    about = {
        "scenario": scenario.name,
        "title": scenario.title,
        "first_day": first.isoformat(),
        "days": days,
        "effective_members_if_only_weighted": learnt.effective(),
        "members": options["members"],
        "misfit": learnt.misfit(),
        "ordinary": weeks(scenario, known.data),
        "warnings": [*hindsight(scenario), *doubts, *unseen_queue(trajectory, known, origin)],
    }
    return Forecast(
        with_levels(trajectory, learnt), origin, known, count_table(learnt), learnt_table(learnt), about,
        learnt.normals,
    )  # fmt: skip


def calibrate(
    scenario: Scenario | str | Path,
    *,
    until: datetime | date | str | None = None,
    observations: Observations | None = None,
    members: int = MEMBERS,
    seed: int = DEFAULT_SEED,
    rounds: int = ROUNDS,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Posterior, Learnt]:
    """Return what all counts published before a moment (else ever) teach about a scenario.

    Raises EgressError where there are no counts.
    """
    name = scenario
    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    own = Observations.of(name) if not isinstance(name, Scenario) else None
    counts = joined([part for part in (own, observations) if part is not None])
    moment = LATE if until is None else origin_of(scenario, until)
    known = evidence(counts, moment)
    if not len(known):
        raise EgressError(f"no counts of {scenario.name} were published{'' if until is None else f' before {until}'}")
    last = None if until is None else moment
    whole = last is None or _last_day(scenario, last) >= scenario.period.end
    past = scenario if last is None or whole else ended(scenario, last, 0)
    options: dict[str, Any] = {"members": members, "seed": seed, "as_of": last, "threads": threads}
    runs = rounds + 1  # the last one says how the members fare
    step = iter(range(runs))

    def simulate(normals: Normals) -> tuple[Trajectory, Drawn]:
        return traced(past, **options, learnt=normals, progress=_part(progress, [1 / runs] * runs, next(step)))

    learnt = smooth(simulate, known, seed, rounds)
    learnt = learnt.seen(simulate(learnt.normals)[0])
    until_text = "" if until is None else moment.isoformat()
    return Posterior(scenario.name, scenario_hash(scenario), until_text, seed, learnt.normals), learnt


def ahead(
    scenario: Scenario,
    as_of: datetime,
    observations: Observations,
    *,
    days: int = DAYS,
    members: int = MEMBERS,
    seed: int = DEFAULT_SEED,
    rounds: int = ROUNDS,
    threads: int | None = None,
    progress: Progress | None = None,
    normals: Normals | None = None,
    since: datetime | None = None,
) -> tuple[Trajectory, Learnt]:
    """Return the trajectory from the start of the scenario to `days` after the origin, and what was learnt.

    Uses the counts published before `as_of`, a moment with offset; with `rounds` 0 none. With `normals` learnt before,
    from what was published up to `since`, only the counts that came then are learnt. Raises EgressError for an origin
    outside the period.
    """
    known = evidence(observations, as_of)
    luck = seed
    if since is not None:
        known = known.beyond(evidence(observations, min(since, as_of)))
        luck += int(as_of.timestamp())  # not that of the rounds before
    past = ended(scenario, as_of, 0)
    whole = ended(scenario, as_of, days)
    options: dict[str, Any] = {"members": members, "seed": seed, "as_of": as_of, "threads": threads}
    rounds = rounds if len(known) else 0
    shares = _shares(past, whole, rounds)
    step = iter(range(rounds))

    def simulate(normals: Normals) -> tuple[Trajectory, Drawn]:
        return traced(past, **options, learnt=normals, progress=_part(progress, shares, next(step)))

    learnt = smooth(simulate, known, luck, rounds, normals) if rounds else None
    normals = learnt.normals if learnt else normals
    trajectory, drawn = traced(whole, **options, learnt=normals, progress=_part(progress, shares, rounds))
    return trajectory, learnt.seen(trajectory) if learnt else nothing(members, drawn)


def ended(scenario: Scenario, as_of: datetime, days: int) -> Scenario:
    """Return the scenario with a period that ends `days` after the day before the origin."""
    period, last = scenario.period, _last_day(scenario, as_of)
    if last < period.start:
        raise EgressError(
            f"{as_of.isoformat()}: a forecast needs a day to start from, expected an origin after {period.start}"
        )
    return scenario.model_copy(update={"period": period.model_copy(update={"end": last + timedelta(days=days)})})


def origin_of(scenario: Scenario, as_of: datetime | date | str) -> datetime:
    """Return an origin as a moment with offset; a day is its start in the local time of the scenario."""
    if isinstance(as_of, str):
        as_of = date.fromisoformat(as_of) if len(as_of) == len("2022-09-26") else datetime.fromisoformat(as_of)
    if not isinstance(as_of, datetime):
        as_of = datetime.combine(as_of, time(), zone(scenario.period.utc_offset))
    if as_of.tzinfo is None:
        raise EgressError(f"{as_of}: expected a day, or a time with offset such as 2022-09-26T09:00+03:00")
    return as_of


def inside(scenario: Scenario, origin: datetime) -> None:
    """Raise EgressError for an origin after the last day of the scenario, or without a day before it."""
    period, last = scenario.period, _last_day(scenario, origin)
    if not period.start <= last <= period.end:
        raise EgressError(
            f"{origin.isoformat()}: expected an origin after {period.start} and by the end of {period.end}, "
            f"the period of {scenario.name}"
        )


def _doubts(posterior: Posterior, origin: datetime, learnt: Learnt) -> list[str]:
    """Return in words what to doubt in what was learnt since, or that a posterior knows what came after the origin."""
    if posterior.since <= origin:
        return warnings(learnt) if len(learnt.evidence) or learnt.unanswered else []
    until = f"counts published up to {posterior.until}" if posterior.until else "all counts ever published"
    return [f"The posterior has learnt from {until}, later than the origin: this is hindsight, not a forecast."]


def joined(parts: list[Observations]) -> Observations:
    """Return the counts of several tables in one (Observations.joined)."""
    return reduce(Observations.joined, parts, Observations.none())


def _last_day(scenario: Scenario, as_of: datetime) -> date:
    """Return the last day that is over at the origin."""
    return (as_of.astimezone(zone(scenario.period.utc_offset)) - timedelta(microseconds=1)).date()


def _shares(past: Scenario, whole: Scenario, rounds: int) -> list[float]:
    """Return the share of the work in each run."""
    length = [(s.period.end - s.period.start).days + 1.0 for s in (past, whole)]
    work = [length[0]] * rounds + [length[1]]
    return [part / sum(work) for part in work]


def _part(progress: Progress | None, shares: list[float], number: int) -> Callable[[float], None] | None:
    if progress is None:
        return None
    done = sum(shares[:number])
    return lambda share: progress(min(1.0, done + shares[number] * share))
