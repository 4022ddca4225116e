"""Two times of everything: when it holds, and when it could be known. Hours count from the period's start.

A run that stands at a moment (`as_of`) sees what was known before it; a hindsight run also knows outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from math import inf
from typing import Any

from egress.distribution import Distribution
from egress.scenario.schema import Period, Policy, Scenario, Status

FIRM = ("reported", "announced", "in_force")
"""Statuses that say a policy comes, unless they carry a probability of their own."""
NEVER = Distribution("fixed", 0.0, 0.0, 0.0, "share")
SURELY = Distribution("fixed", 1.0, 1.0, 1.0, "share")
Window = tuple[float, float]


@dataclass(frozen=True)
class ResolvedPolicy:
    """A policy as one run sees it; times in hours since the start of the period (before it: negative).

    `start_hours` is None where the start is drawn in `window_hours`; without either it does not happen.
    """

    policy: Policy
    probability: Distribution
    start_hours: float | None
    window_hours: Window | None
    end_hours: float
    known_hours: float
    """When its first status became known."""
    feared: tuple[tuple[float, Distribution, Window | None], ...]
    """From when on, how much weight people give it, and when it would start; in order of time."""


# The period


@cache
def zone(utc_offset: str) -> timezone:
    """Return the zone of an offset such as `+03:00`; raise ValueError for offsets beyond 14 h.

    >>> zone("-03:30")
    datetime.timezone(datetime.timedelta(days=-1, seconds=73800))
    """
    ahead = timedelta(hours=int(utc_offset[1:3]), minutes=int(utc_offset[4:6]))
    if ahead > timedelta(hours=14) or int(utc_offset[4:6]) >= 60:
        raise ValueError(f"no offset of local time: expected -14:00 to +14:00, found {utc_offset!r}")
    return timezone(-ahead if utc_offset[0] == "-" else ahead)


def start(period: Period) -> datetime:
    """Return local midnight at which the period begins, with offset."""
    return datetime.combine(period.start, time(), zone(period.utc_offset))


def days(period: Period) -> int:
    """Return the number of days of the period, first and last included."""
    return (period.end - period.start).days + 1


def steps(period: Period) -> int:
    """Return the number of steps of the period."""
    return round(days(period) * 24 / period.step)


def hours(scenario: Scenario, moment: datetime) -> float:
    """Return the hours from the start of the period to a moment with offset."""
    return (moment - start(scenario.period)) / timedelta(hours=1)


def _day_hours(scenario: Scenario, day: date) -> float:
    return (day - scenario.period.start).days * 24.0


# What was known


def known(scenario: Scenario, as_of: datetime | None) -> Scenario:
    """Return the scenario as it could be known before `as_of` (None: all of it, outcomes included).

    Raises ValueError for a moment without offset.
    """
    if as_of is None:
        return scenario
    if as_of.tzinfo is None:
        raise ValueError(f"{as_of}: expected a time with offset such as 2022-09-21T09:00+03:00")
    call_up = scenario.call_up
    changes: dict[str, Any] = {
        "signals": tuple(signal for signal in scenario.signals if signal.at < as_of),
        "series": _known_series(scenario, as_of),
        "policies": _known_policies(scenario, as_of),
        "call_up": call_up if call_up is not None and call_up.from_ < as_of else None,
        "voice": None,
    }
    if scenario.voice is not None:
        calls = tuple(call for call in scenario.voice.calls if call.at < as_of)
        changes["voice"] = scenario.voice.model_copy(update={"calls": calls}) if calls else None
    return scenario.model_copy(update=changes)


def _known_series(scenario: Scenario, as_of: datetime) -> tuple[Any, ...]:
    cut = (
        series.model_copy(update={"points": tuple(point for point in series.points if point[0] < as_of)})
        for series in scenario.series
    )
    return tuple(series for series in cut if series.points)


def _known_policies(scenario: Scenario, as_of: datetime) -> tuple[Policy, ...]:
    cut = (
        policy.model_copy(
            update={
                "history": tuple(status for status in policy.history if status.at < as_of),
                "outcome": None,
            }
        )
        for policy in scenario.policies
    )
    return tuple(policy for policy in cut if policy.history)


# Policies


@dataclass
class _Standing:
    """What stands of a policy after some of its statuses; fields left out keep what stood before."""

    given: Distribution | None
    """Probability last given."""
    feared: Distribution | None
    window: tuple[date, date] | None
    starts: datetime | None = None
    ends: datetime | None = None
    probability: Distribution = NEVER
    firm: bool = False
    """True once a status said that it comes."""

    def follow(self, status: Status, first: bool) -> None:
        """Take in the next status."""
        if status.status == "ended":
            self._end(status)
            return
        self.feared = status.feared or self.feared
        if status.window is not None:
            self.window, self.starts = status.window, None
        self._start(status)
        self.ends = status.ends or self.ends
        before = self.given if first else None  # what the policy itself says holds until its first status
        self.given = status.probability or self.given
        if status.status in FIRM:
            self.firm = True
            self.probability = status.probability or before or SURELY
        else:
            self.probability = self.given or NEVER

    def _start(self, status: Status) -> None:
        if status.starts is not None:
            self.starts = status.starts
        if status.status == "in_force" and (self.starts is None or self.ended(status.at)):
            self.starts = status.starts or status.at
            self.ends = None

    def ended(self, at: datetime) -> bool:
        """Say whether it was over at a moment."""
        return self.ends is not None and self.ends <= at

    def _end(self, status: Status) -> None:
        self.ends = status.ends or status.at
        if not self.firm:  # a plan given up before it came to anything
            self.probability, self.starts, self.window = NEVER, None, None


def resolve(scenario: Scenario, hindsight: bool, as_of: datetime | None = None) -> tuple[ResolvedPolicy, ...]:
    """Return every policy as a run sees it, in the scenario's order.

    With `hindsight`, outcomes decide; else the last status does, and no start is drawn before `as_of`.
    """
    return tuple(_resolved(scenario, policy, hindsight, as_of) for policy in scenario.policies)


def _resolved(scenario: Scenario, policy: Policy, hindsight: bool, as_of: datetime | None) -> ResolvedPolicy:
    standing = _Standing(policy.probability, policy.feared, policy.window)
    feared = []
    for number, status in enumerate(policy.history):
        standing.follow(status, first=number == 0)
        feared.append(_fear(scenario, status, standing))
    if hindsight and policy.outcome is not None:
        standing.probability = SURELY if policy.outcome.happened else NEVER
        standing.starts = policy.outcome.starts or standing.starts
        standing.ends = policy.outcome.ends or standing.ends
    fixed, window = _when(scenario, standing)
    probability = standing.probability
    if fixed is None and window is not None and as_of is not None:
        low, high = max(window[0], hours(scenario, as_of)), window[1]
        probability, window = (NEVER, None) if low >= high else (probability, (low, high))
    return ResolvedPolicy(
        policy=policy,
        probability=probability if fixed is not None or window is not None else NEVER,
        start_hours=fixed,
        window_hours=window,
        end_hours=inf if standing.ends is None else hours(scenario, standing.ends),
        known_hours=hours(scenario, policy.history[0].at),
        feared=tuple(feared),
    )


def _when(scenario: Scenario, standing: _Standing) -> tuple[float | None, Window | None]:
    """Return the fixed start, or else the window from 00:00 of its first to 24:00 of its last day."""
    if standing.starts is not None:
        return hours(scenario, standing.starts), None
    if standing.window is None:
        return None, None
    first, last = standing.window
    return None, (_day_hours(scenario, first), _day_hours(scenario, last) + 24.0)


def _fear(scenario: Scenario, status: Status, standing: _Standing) -> tuple[float, Distribution, Window | None]:
    """Return from when, how strongly and for when a policy is feared after a status."""
    since = hours(scenario, status.at)
    if status.status in ("in_force", "ended") or standing.feared is None:
        return since, NEVER, None  # a fact is no longer a fear
    fixed, window = _when(scenario, standing)
    return since, standing.feared, window if fixed is None else (fixed, fixed)
