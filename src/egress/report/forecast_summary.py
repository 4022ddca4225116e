"""The summary that `egress forecast` prints, and the sentences that it shares with the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from egress.assimilate.daily import Daily
from egress.forecasts import FEWEST, Forecast
from egress.report import facts
from egress.report import forecast_facts as ahead
from egress.report.forecast_facts import ALL, STRANDED, Split
from egress.report.input_names import in_units, input_name
from egress.report.names import Names, capital
from egress.report.rounding import people, span
from egress.report.summary import RANGES, _table, _when, _where, count_words
from egress.scenario.schema import Scenario

CLEAR = 2.0  # standard errors by which two middles must differ for it not to be chance (source: assumption)
MANY = 50  # members from which on a 90 % range is one: five lie outside (source: assumption)
BRANCHES = ("all days ahead", "if it happens", "if it does not", "mixture", "between the means")
PLACES, DOORS, INPUTS, SPLITS, REASONS = 6, 4, 6, 3, 6  # rows that fit a screen
MODES = {
    "cold": "cold: priors alone, no count of this crisis",
    "posterior": "members that have learnt before, from a posterior file",
}


def summary(daily: Daily, scenario: Scenario, *, exact: bool = False, exceed: Sequence[float] = ()) -> RenderableType:
    """Return what a planner reads first, as something that rich prints."""
    forecast, names = daily.now, Names.of(scenario)
    parts: list[RenderableType] = [
        Text(f"{scenario.title}  ({knowledge(forecast)})", style="bold"),
        *(Text(f"• {line}") for line in headline(forecast, scenario, exact)),
        *(Text(f"! {warning}", style="bold") for warning in forecast.about["warnings"]),
        Text(RANGES.replace("runs", "members"), style="dim"),
        _totals(forecast, names, exact),
        *_chances(forecast, names, exceed),
        *_policies(forecast, names, exact),
        *_learnt(forecast, names, scenario),
        *(Text(f"• {line}") for line in changed(daily, names, exact)),
        *(Text(f"• {limit}", style="dim") for limit in scenario.limits),
    ]
    return Group(*parts)


def knowledge(forecast: Forecast) -> str:
    """Return what the forecast was allowed to know, in words."""
    until = facts.known_until(forecast.trajectory.data)
    how, counts = MODES.get(str(forecast.about.get("mode", ""))), len(forecast.counts)
    if how is None:
        known = len(forecast.known.data)
        how = f"{_counts(counts)} learnt from"
        how += f" of {known} known" if known > counts else ""
    elif counts:
        how += f", and from {_counts(counts)} since"
    return f"forecast with what was known by {until}; {how}"


def _counts(number: int) -> str:
    return f"{number} {'count' if number == 1 else 'counts'}"


def headline(forecast: Forecast, scenario: Scenario, exact: bool = False) -> list[str]:
    """Return the forecast in a few sentences, the most important first."""
    names = Names.of(scenario)
    return [
        *_flows(forecast, names, exact),
        *_hinge(forecast, names, exact),
        *_queue(forecast, scenario, names, exact),
        *_stranded(forecast, exact),
    ]


def _flows(forecast: Forecast, names: Names, exact: bool) -> Iterator[str]:
    lengths = [days for days in ahead.spans(forecast) if days >= 7] or ahead.spans(forecast)[-1:]
    said = [f"{ahead.total(forecast, ALL, days).people(exact)} in the next {_days(days)}" for days in lengths]
    yield f"People who arrive abroad, ordinary travel included: about {facts.listed(said)}."
    week = min(7, lengths[-1])
    totals = {place: ahead.total(forecast, place, week) for place in ahead.countries(forecast)}
    first = sorted((place for place in totals if totals[place].middle > 0), key=lambda place: -totals[place].middle)[:3]
    if not first:
        return
    top = [f"{names.country(place)}, {totals[place].people(exact)}" for place in first]
    yield f"Most arrive in {'; '.join(top)}, in the next {_days(week)}."


def _days(number: int) -> str:
    return "day" if number == 1 else f"{number} days"


def _hinge(forecast: Forecast, names: Names, exact: bool) -> Iterator[str]:
    """Yield a sentence on the open policy that matters most surely."""
    found = [
        (part, policy)
        for policy in forecast.open_policies()
        if ahead.enough(forecast, policy)
        for part in ahead.splits(forecast, policy, 1)
        if part.errors >= ahead.SURE
    ]
    if found:
        part, policy = max(found, key=lambda item: abs(item[0].between))
        share = forecast.happens(policy).mean()
        yield (
            f"It hangs on this: {names.policy(policy)} ({percent(share)} likely by then). "
            f"If so, {between(part, exact)} {where(part.place, names)} than if not."
        )


def where(place: str, names: Names) -> str:
    """Return `in Georgia`, `over Verkhny Lars` or `in all`."""
    if place in (ALL, STRANDED):
        return "in all" if place == ALL else "with no way open, on the last day"
    return f"over {names.door(place)}" if place in names.doors else f"in {names.country(place)}"


def between(part: Split, exact: bool = False) -> str:
    """Return `about 4,200 fewer arrive`, or that the difference is within chance."""
    if part.errors < ahead.SURE:
        return f"about as many arrive (the difference of {people(abs(part.between), exact)} is within chance)"
    return f"about {people(abs(part.between), exact)} {'fewer' if part.between > 0 else 'more'} arrive"


def _queue(forecast: Forecast, scenario: Scenario, names: Names, exact: bool) -> Iterator[str]:
    unshown = [crossing.id for crossing in scenario.crossings if not crossing.queue_shown]
    queues = ahead.queues(forecast, unshown)
    if not queues:
        yield "No queue of note is expected at any crossing."
        return
    worst = queues[0]
    yield (
        f"The longest queue is expected at {names.door(worst.crossing)}: about {worst.people.people(exact)} people "
        f"around {facts.day(worst.at)}, waits up to {facts.wait_range(worst.wait)}."
    )


def _stranded(forecast: Forecast, exact: bool) -> Iterator[str]:
    daily = ahead.stranded(forecast)
    most = daily.max(axis=1)
    left = most >= facts.NOTE
    if left.mean() < ahead.SELDOM:
        return
    day = facts.day(pd.Timestamp(ahead.dates(forecast)[int(daily.mean(axis=0).argmax())]))
    number = facts.Range.of(most[left]).people(exact)
    who = "ready to leave with no way open"
    head = capital(who) if left.all() else f"In {percent(left.mean())} of the members, {who}"
    yield f"{head}: about {number} people when most, around {day}."


def _totals(forecast: Forecast, names: Names, exact: bool) -> RenderableType:
    lengths = ahead.spans(forecast)
    table = _table("People who enter, ordinary travel included, in all")
    table.add_column("into, or by way of")
    for number in lengths:
        table.add_column(f"next {_days(number)}", justify="right")
    for place, name in shown(forecast, names, PLACES, DOORS):
        table.add_row(name, *(ahead.total(forecast, place, n).people(exact) for n in lengths))
    table.caption = "all places, day by day: forecast.csv"
    return table


def shown(forecast: Forecast, names: Names, most: int, doors: int) -> list[tuple[str, str]]:
    """Return the busiest countries and land crossings ahead: id and name."""
    countries = [(place, names.country(place)) for place in ahead.countries(forecast)[:most]]
    return countries + [(place, names.door(place)) for place in ahead.doors(forecast)[:doors]]


def _chances(forecast: Forecast, names: Names, exceed: Sequence[float]) -> Iterator[RenderableType]:
    dates = ahead.dates(forecast)
    days = [n for n in ahead.spans(forecast) if n <= len(dates)]
    table = _table("Chance that more people than so many enter on a day")
    table.add_column("into, or by way of")
    table.add_column("more than", justify="right")
    for number in days:
        table.add_column(facts.day(pd.Timestamp(dates[number - 1])), justify="right")
    for place, name in shown(forecast, names, PLACES, DOORS):
        persons = ahead.values(forecast, place)
        for limit in exceed or ahead.middle(ahead.thresholds(persons)):
            chances = (persons > limit).mean(axis=0)
            table.add_row(name, f"{limit:,.0f}", *(percent(chances[n - 1]) for n in days))
    if table.row_count:
        yield table


def percent(share: float) -> str:
    """Return a chance that is never quite sure.

    >>> percent(0.0), percent(0.304), percent(1.0)
    ('under 1 %', '30 %', 'over 99 %')
    """
    if share < 0.01:
        return "under 1 %"
    return "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _policies(forecast: Forecast, names: Names, exact: bool) -> Iterator[RenderableType]:
    for policy in forecast.open_policies():
        share = forecast.happens(policy).mean()
        title = f"Open: {names.policy(policy)} ({percent(share)} likely within {_days(int(forecast.about['days']))})"
        if not ahead.enough(forecast, policy):
            yield Text(f"{title}: {few(forecast, policy)}")
            continue
        table = _table(title)
        for name in BRANCHES:
            table.add_column(name, justify="left" if name == BRANCHES[0] else "right")
        for row in split_rows(forecast, policy, names, SPLITS, exact):
            table.add_row(*row)
        yield table


def few(forecast: Forecast, policy: str) -> str:
    """Return why a policy has no branches."""
    yes = forecast.happens(policy)
    return f"only {min(yes.sum(), (~yes).sum())} members on one side, {FEWEST} are needed: run more --members"


def split_rows(forecast: Forecast, policy: str, names: Names, most: int, exact: bool) -> list[list[str]]:
    """Return a row of texts per place: if a policy happens, if not, in all, and how many people between."""
    rows = []
    stranded = ahead.split(forecast, STRANDED, policy)
    for part in [*ahead.splits(forecast, policy, most), *([stranded] if stranded.mixture.high >= facts.NOTE else [])]:
        sure = part.errors >= ahead.SURE
        number = people(abs(part.between), exact)
        gap = f"{number} {'fewer' if part.between > 0 else 'more'}" if sure else f"{number}, within chance"
        ranges = (part.happens, part.not_happens, part.mixture)
        rows.append([capital(where(part.place, names)), *(value.people(exact) for value in ranges), gap])
    return rows


def learnt_rows(forecast: Forecast, names: Names, scenario: Scenario, most: int) -> list[list[str]]:
    """Return a row of texts per input that the counts informed most: name, prior, posterior, how much."""
    table = forecast.learnt[forecast.learnt["informed"] >= 0.05].head(most)
    rows = []
    for row in table.to_dict("records"):
        dimension = str(row["dimension"])
        ranges = [
            in_units(float(row[f"{word}_p05"]), float(row[f"{word}_p50"]), float(row[f"{word}_p95"]), dimension)
            for word in ("prior", "posterior")
        ]
        rows.append([capital(input_name(str(row["name"]), names, scenario)), *ranges, percent(float(row["informed"]))])
    return rows


def _learnt(forecast: Forecast, names: Names, scenario: Scenario) -> Iterator[RenderableType]:
    rows = learnt_rows(forecast, names, scenario, INPUTS)
    if not rows:
        return
    table = Table(
        title=f"What {_counts(len(forecast.counts))} taught", title_justify="left", title_style="bold", box=None
    )
    table.pad_edge, table.padding = False, (0, 2, 0, 0)
    table.add_column("input", max_width=44)
    for name in ("before", "now", "learnt"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*row)
    yield table


def changed(daily: Daily, names: Names, exact: bool = False) -> list[str]:
    """Return what the forecast of the day before said, and what changed since, in sentences."""
    if daily.before is None:
        return []
    said = []
    number = len(daily.yesterday)
    if number:
        hits = ahead.inside(daily.yesterday)
        few = daily.before.trajectory.data.sizes["member"]
        of = f" of {few} members" if few < MANY else ""
        said.append(f"Counts published since yesterday's forecast{of}: {number}; inside its 90 % ranges: {hits}.")
    else:
        said.append("No count was published since yesterday's forecast.")
    said += [moved(daily, place, names.country(place), exact) for place in ahead.countries(daily.now)[:3]]
    said += surprised(daily, names)
    return said + [f"Became known since: {reason}." for reason in daily.reasons[:REASONS]]


def surprised(daily: Daily, names: Names) -> list[str]:
    """Return which counts lay outside yesterday's 90 % ranges, in sentences."""
    said = []
    for row in daily.yesterday[ahead.outside(daily.yesterday)].to_dict("records"):
        more = "more" if row["value"] > row["p95"] else "fewer"
        about = f"{_where(row, names)}, {_when(str(row['start']), str(row['end']))}: {count_words(row)}"
        said.append(f"{about}, {more} were counted than yesterday's 90 % range held.")
    return said


def moved(daily: Daily, place: str, name: str, exact: bool = False) -> str:
    """Return how the total of the days ahead moved since yesterday, in a sentence."""
    days = daily.changes.loc[daily.changes["place"] == place, "date"].tolist()
    assert daily.before is not None  # else there are no changes
    now, before = ahead.over(daily.now, place, days).middle, ahead.over(daily.before, place, days).middle
    head = f"{name}: {people(now, exact)} in the days ahead"
    if people(now, exact) == people(before, exact) or abs(now / before - 1) < 0.005:
        return f"{head}, yesterday's forecast said {people(before, exact)}."
    error = np.hypot(ahead.chance(daily.now, place, days), ahead.chance(daily.before, place, days))
    if abs(now - before) < CLEAR * error:
        return f"{head}, yesterday's forecast said {people(before, exact)}: no more apart than chance has it."
    change = now / before - 1
    said = f"{100 * abs(change):.0f} % {'more' if change > 0 else 'fewer'} than yesterday's forecast said"
    return f"{head}, {said} ({people(before, exact)})."


def pit_words(pit: float) -> str:
    """Return where a count fell among the members.

    >>> pit_words(0.5), pit_words(0.99), pit_words(0.1)
    ('in the middle half', 'above 95 % of members', 'low')
    """
    if not np.isfinite(pit):
        return "unknown"
    if pit > 0.95:
        return "above 95 % of members"
    if pit < 0.05:
        return "below 95 % of members"
    return "low" if pit < 0.25 else "high" if pit > 0.75 else "in the middle half"


def spread(low: float, middle: float, high: float, what: str, exact: bool = False) -> str:
    """Return a range of a count in its unit: people or hours."""
    return f"{middle:.0f} ({low:.0f}–{high:.0f})" if what == "wait_hours" else span(low, middle, high, exact)
