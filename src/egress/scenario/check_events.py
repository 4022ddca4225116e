"""When things happen: events within the period, histories in order, and policies that say when they start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from egress.scenario.findings import Finding
from egress.scenario.positions import Loc
from egress.scenario.schema import Policy, Scenario
from egress.scenario.time import zone

BEFORE = timedelta(days=90)  # how long before the period its events may lie
SOFT = ("hinted", "proposed", "reported", "denied")


def events(scenario: Scenario) -> Iterator[Finding]:
    """Check the times of signals, calls, the call-up and policies; yields findings with their places."""
    try:
        local = zone(scenario.period.utc_offset)
        first = datetime.combine(scenario.period.start, time(), local) - BEFORE
        last = datetime.combine(scenario.period.end, time(), local) + timedelta(days=1)
    except (ValueError, OverflowError):
        return  # said where the offset, or the period, stands
    if last <= first + BEFORE:
        return  # the same
    for loc, moment in _moments(scenario):
        if not first <= moment <= last:
            yield loc, _outside(moment, first, last)
    yield from _series(scenario)
    if scenario.call_up is not None and scenario.call_up.until <= scenario.call_up.from_:
        yield ("call_up", "until"), "the call-up ends before it begins: expected a later time"
    for i, policy in enumerate(scenario.policies):
        yield from _history(("policies", i), policy, last)
        yield from _windows(("policies", i), policy, first, last, local)
        yield from _start(("policies", i), policy)


def _outside(found: datetime | date, first: datetime, last: datetime) -> str:
    span = f"{first.date()} (90 days before the period) to {(last - timedelta(days=1)).date()} (its end)"
    return f"{found.isoformat()} lies outside the period: expected {span}"


def _moments(scenario: Scenario) -> Iterator[tuple[Loc, datetime]]:
    for i, signal in enumerate(scenario.signals):
        yield ("signals", i, "at"), signal.at
    if scenario.call_up is not None:
        yield ("call_up", "from"), scenario.call_up.from_
    if scenario.voice is not None:
        for k, call in enumerate(scenario.voice.calls):
            yield ("voice", "calls", k, "at"), call.at


def _series(scenario: Scenario) -> Iterator[Finding]:
    for i, series in enumerate(scenario.series):
        for k in range(1, len(series.points)):
            before, at = series.points[k - 1][0], series.points[k][0]
            if at <= before:
                yield (
                    ("series", i, "points", k),
                    f"not in order of time: expected later than {before.isoformat()}",
                )


def _history(loc: Loc, policy: Policy, last: datetime) -> Iterator[Finding]:
    """Check that statuses are in order and known before the end; policies in force long before are fine."""
    for k, status in enumerate(policy.history):
        here = (*loc, "history", k)
        if k and status.at < policy.history[k - 1].at:
            before = policy.history[k - 1].at.isoformat()
            yield (*here, "at"), f"not in order of time: expected {before} or later"
        if status.at > last:
            end = (last - timedelta(days=1)).date()
            yield (*here, "at"), f"{status.at.isoformat()} lies after the period: expected {end} or earlier"
        begins = status.at if status.starts is None and status.status == "in_force" else status.starts
        if begins is not None and status.ends is not None and status.ends <= begins:
            yield (*here, "ends"), "it ends before it starts: expected a later time"
    outcome = policy.outcome
    if outcome is not None and outcome.starts and outcome.ends and outcome.ends <= outcome.starts:
        yield (*loc, "outcome", "ends"), "it ends before it starts: expected a later time"


def _windows(loc: Loc, policy: Policy, first: datetime, last: datetime, local: tzinfo) -> Iterator[Finding]:
    windows = [((*loc, "window"), policy.window, policy.history[0].at)]
    windows += [((*loc, "history", k, "window"), status.window, status.at) for k, status in enumerate(policy.history)]
    for here, window, said in windows:
        if window is None:
            continue
        if window[1] < window[0]:
            yield here, f"the window ends before it starts: expected [{window[1]}, {window[0]}]"
        elif window[1] < said.astimezone(local).date():
            yield here, f"the window is over before the policy is known of, {said.isoformat()}: expected a later one"
        for k, day in enumerate(window):
            if not first <= datetime.combine(day, time(), local) < last:
                yield (*here, k), _outside(day, first, last)


def _start(loc: Loc, policy: Policy) -> Iterator[Finding]:
    """Check that a policy with effects says how likely it is and when it would start."""
    statuses = policy.history
    if not policy.effects or any(status.starts for status in statuses):
        return
    windowed = policy.window is not None or any(status.window for status in statuses)
    soft = [status.status for status in statuses if status.status in SOFT]
    if soft and policy.probability is None and all(status.probability is None for status in statuses):
        yield loc, f"{policy.id!r} is {soft[0]} without a probability: expected 'probability' from 0 to 1"
    if soft and not windowed:
        yield loc, f"{policy.id!r} is {soft[0]} without a time: expected 'window: [first day, last day]'"
    in_force = any(status.status == "in_force" for status in statuses)
    if not soft and not windowed and not in_force:
        message = f"{policy.id!r} is {statuses[-1].status} without a time: expected 'starts' or 'window'"
        yield (*loc, "history", len(statuses) - 1), message
    happened = policy.outcome is not None and policy.outcome.happened and policy.outcome.starts is None
    if happened and not windowed and not in_force:
        yield (*loc, "outcome"), f"{policy.id!r} happened at no known time: expected 'starts'"
