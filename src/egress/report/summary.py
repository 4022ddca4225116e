"""The summary that `egress run` prints: what fits a planner's screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from egress.distribution import Distribution
from egress.report import facts
from egress.report.names import OUTCOMES, Names, capital
from egress.report.observed import counts, total
from egress.report.rounding import people, span
from egress.scenario import schema
from egress.scenario.schema import Scenario

COUNTRIES, DOORS, QUEUES, TICKETS, COUNTS = 5, 4, 8, 8, 14  # rows that fit a screen
WHAT = {
    "entries": "entries",
    "exits": "exits",
    "net": "entries less exits",
    "queue_vehicles": "vehicles waiting",
    "queue_persons": "people waiting",
    "staying": "people staying",
    "wait_hours": "hours of waiting",
    "detained": "detained",
    "called_up": "called up",
}
Record = Mapping[Hashable, Any]
RANGES = "Middle of the runs; in brackets, 8 of 10 runs lie between."


@dataclass(frozen=True)
class Week:
    """One week of one destination, as texts."""

    week: str
    gross: str
    net: str
    staying: str
    observed: str


def summary(
    trajectory: xr.Dataset,
    scenario: Scenario,
    comparison: pd.DataFrame,
    found: facts.Facts | None = None,
    *,
    exact: bool = False,
) -> RenderableType:
    """Return what a planner reads first, as something that rich prints; `found` are the facts if known already."""
    names, found = Names.of(scenario), found or facts.Facts.of(trajectory, scenario)
    weeks = trajectory, scenario, comparison
    parts: Iterable[RenderableType] = (
        Text(f"{scenario.title}  ({knowledge(trajectory)})", style="bold"),
        *(Text(f"• {line}") for line in facts.headline(trajectory, scenario, found, exact)),
        Text(RANGES, style="dim"),
        _weeks_table("country", found, COUNTRIES, *weeks, exact),
        _weeks_table("door", found, DOORS, *weeks, exact),
        _queue_table(found, names, exact),
        _ticket_table(found.tickets, names, exact),
        *_people_lines(trajectory, found.unshown, exact),
        *_fork_lines(trajectory, names, exact),
        *_comparison_parts(comparison, scenario, exact),
        Text(f"How far to trust it: {assumptions(scenario)} {hits(comparison)}".strip()),
        *(Text(f"• {limit}", style="dim") for limit in scenario.limits),
    )
    return Group(*parts)


def knowledge(trajectory: xr.Dataset) -> str:
    """Return what the run was allowed to know, in words."""
    until = facts.known_until(trajectory)
    if not until:
        return "hindsight run, not a forecast"
    counts = "" if trajectory.attrs.get("learnt") else "; no count was learnt from, `egress forecast` does"
    return f"run with what was known of events by {until}{counts}"


def week_rows(
    by: str,
    found: facts.Facts,
    top: int,
    trajectory: xr.Dataset,
    scenario: Scenario,
    observations: pd.DataFrame,
    exact: bool = False,
) -> Iterator[tuple[str, list[Week]]]:
    """Yield the weeks of the `top` countries (or, `by` door, doors) with most of the surge."""
    table = found.weeks[found.weeks["by"] == by]
    for destination in _of(found, by)[:top]:
        rows: dict[int, list[Record]] = {}
        for row in table[table["label"] == destination.label].to_dict("records"):
            rows.setdefault(row["week"], []).append(row)
        seen = counts(observations, scenario, trajectory, destination.label, ["entries"])
        yield destination.label, [_week(group, seen, exact) for group in rows.values()]


def _of(found: facts.Facts, by: str) -> list[facts.Destination]:
    return found.countries if by == "country" else found.doors


def _week(group: Sequence[Record], seen: pd.DataFrame, exact: bool) -> Week:
    first, last = pd.Timestamp(group[0]["start"]), pd.Timestamp(group[0]["end"])
    observed = total(seen, first, int(group[0]["days"]))
    cells = {row["measure"]: _range(row, exact) for row in group}
    shown = "" if np.isnan(observed) else people(observed, exact)
    return Week(facts.between(first, last), cells["gross"], cells["net"], cells["staying"], shown)


def _range(row: Record, exact: bool) -> str:
    return span(float(row["p10"]), float(row["p50"]), float(row["p90"]), exact)


def _weeks_table(
    by: str,
    found: facts.Facts,
    top: int,
    trajectory: xr.Dataset,
    scenario: Scenario,
    seen: pd.DataFrame,
    exact: bool,
) -> RenderableType:
    names = Names.of(scenario)
    table = _table("Destinations by week" if by == "country" else "Busiest ways out by week")
    table.add_column("week", max_width=22)
    for name in ("entries", "observed", "entries less exits", "surge still there"):
        table.add_column(name, justify="right", no_wrap=name == "observed")
    naming: Callable[[str], str] = names.country if by == "country" else names.door
    for label, weeks in week_rows(by, found, top, trajectory, scenario, seen, exact):
        table.add_row(Text(naming(label), style="bold"))
        for week in weeks:
            table.add_row(f"  {week.week}", week.gross, week.observed, week.net, week.staying)
    more = len(_of(found, by)) - top
    if more > 0:
        table.caption = f"{more} more in report.html and arrivals.csv"
    return table


def _queue_table(found: facts.Facts, names: Names, exact: bool) -> RenderableType:
    table = _table("Longest queues")
    for name in (
        "crossing",
        "people waiting",
        "vehicles",
        "longest wait",
        "around",
        "turned back",
        "gave up",
    ):
        table.add_column(name, justify="left" if name == "crossing" else "right")
    for queue in found.queues[:QUEUES]:
        if queue.people.high >= facts.NOTE or queue.turned_back.high >= facts.NOTE:
            table.add_row(names.door(queue.crossing), *queue_cells(queue, exact))
    without = facts.unshown_line(found.unshown, names)
    table.caption = without or None
    return table if table.row_count else Text(f"No queue of note forms at any crossing. {without}".strip())


def queue_cells(queue: facts.Queue, exact: bool = False) -> list[str]:
    """Return people waiting, vehicles, wait, day, turned back and gave up as texts."""
    cars = "" if np.isnan(queue.vehicles.middle) else people(queue.vehicles.middle, exact)
    lost = [queue.turned_back.people(exact), queue.gave_up.people(exact)]
    return [queue.people.people(exact), cars, facts.wait_range(queue.wait), facts.day(queue.at), *lost]


def _ticket_table(tickets: Sequence[facts.Ticket], names: Names, exact: bool) -> RenderableType:
    if not tickets:
        return Text("Tickets: the scenario has no services.")
    gone = [ticket for ticket in tickets if ticket.first is not None]
    if not gone:
        return Text("Tickets: no service is booked out for a week ahead.")
    table = _table(f"Tickets sold out (first free seat more than {facts.FAR} days away, in half of the runs)")
    for name in ("from → to", "sold out from", "until", "dearest fare", "seats bought"):
        table.add_column(name, justify="left" if name == "from → to" else "right")
    for ticket in sorted(gone, key=lambda t: (t.first, -t.seats.middle))[:TICKETS]:
        table.add_row(names.service(ticket.service), *ticket_cells(ticket, exact))
    if len(gone) > TICKETS:
        table.caption = f"{len(gone) - TICKETS} more in report.html"
    return table


def ticket_cells(ticket: facts.Ticket, exact: bool = False) -> list[str]:
    """Return first and last day sold out, how much dearer, and seats bought as texts."""
    first = "never" if ticket.first is None else facts.day(ticket.first)
    last = "" if ticket.last is None else facts.day(ticket.last)
    dearer = f"× {ticket.dearer:.1f}" if ticket.dearer > 0 else "free"
    return [first, last, dearer, ticket.seats.people(exact)]


def people_facts(trajectory: xr.Dataset, unshown: Sequence[str], exact: bool = False) -> list[tuple[str, str, str]]:
    """Return what became of people who did not get away: what, at the end, at most on one day.

    Left out is who gave up at crossings whose queue means nothing (`unshown`).
    """
    rows = [
        ("turned back at a crossing, whole run", facts.over_run(trajectory, "refused").people(exact), ""),
        (
            "times that people gave up in a queue, whole run",
            facts.over_run(trajectory, "gave_up", unshown).people(exact),
            "",
        ),
    ]
    for name, (end, most) in facts.outcome_totals(trajectory).items():
        if most.high > 0:
            rows.append((OUTCOMES[name], end.people(exact), most.people(exact)))
    protest = facts.over_run(trajectory, "protest_detained")
    if protest.high > 0:
        rows.append(("detained at protests, whole run", protest.people(exact), ""))
    return rows


def _people_lines(trajectory: xr.Dataset, unshown: Sequence[str], exact: bool) -> list[RenderableType]:
    table = _table("People who did not get away, or not at once")
    for name in ("", "whole run or at its end", "most on one day"):
        table.add_column(name, justify="right" if name else "left")
    for row in people_facts(trajectory, unshown, exact):
        table.add_row(*row)
    return [table]


def _fork_lines(trajectory: xr.Dataset, names: Names, exact: bool) -> list[RenderableType]:
    found = facts.forks(trajectory)
    if not found:
        return []
    table = _table("What the surge hangs on: measures that come in some runs only")
    for name in ("measure", "comes in", "surge if it comes", "surge if not"):
        table.add_column(name, justify="left" if name == "measure" else "right")
    for fork in found:
        ranges = fork.happens.people(exact), fork.not_happens.people(exact)
        table.add_row(capital(names.policy(fork.policy)), f"{fork.share:.0%} of runs", *ranges)
    return [table]


def comparison_rows(comparison: pd.DataFrame, names: Names, exact: bool = False) -> list[list[str]]:
    """Return a row of texts per count: where, what, when, observed, model, whether inside 90 %.

    Counts of different series that read alike are told apart by their names.
    """
    rows = [_comparison_row(row, names, exact) for row in comparison.to_dict("records")]
    series = comparison["series"].astype(str)
    alike = Counter((*row[:3],) for *row, _ in {(*row[:3], name) for row, name in zip(rows, series, strict=True)})
    for row, name in zip(rows, series, strict=True):
        row[1] += f" ({name})" if alike[*row[:3],] > 1 else ""
    return rows


def _comparison_row(row: Record, names: Names, exact: bool) -> list[str]:
    low, middle, high = (float(str(row[key])) for key in ("p10", "p50", "p90"))
    if row["what"] == "wait_hours":
        figures = [_counted(row, "{:.0f}".format), f"{middle:.0f} ({low:.0f}–{high:.0f})"]
    else:
        figures = [_counted(row, lambda count: people(count, exact)), span(low, middle, high, exact)]
    what = count_words(row)
    if np.isnan(middle):
        figures[1] = "–"
    verdict = "–" if np.isnan(middle) else "yes" if bool(row["inside90"]) else "no"
    return [_where(row, names), what, _when(str(row["start"]), str(row["end"])), *figures, verdict]


def count_words(row: Record) -> str:
    """Return what a row of counts is of, in words; a mean rate is so much a day."""
    what = str(row["what"])
    return WHAT.get(what, what) + (" a day" if row["kind"] == "rate" else "")


def _counted(row: Record, shown: Callable[[float], str]) -> str:
    """Return what was counted, or its span where it was given as low and high only."""
    value, low, high = (float(str(row[key])) for key in ("value", "low", "high"))
    return shown(value) if np.isfinite(value) else f"{shown(low)}–{shown(high)}"


def _where(row: Record, names: Names) -> str:
    by_door = isinstance(row["crossing"], str) and bool(row["crossing"])
    label = row["crossing"] if by_door else row["place"]
    parts = [part.strip() for part in str(label).replace("|", ",").split(",") if part.strip()]
    known = [names.door(part) if part in names.doors and by_door else names.anywhere(part) for part in parts]
    return facts.listed(known) if len(known) <= 3 else f"{known[0]} and {len(known) - 1} more"


def _when(start: str, end: str) -> str:
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    if first == last:
        return f"{facts.day(first)} {first:%H:%M}"
    if (first.hour, first.minute, last.hour, last.minute) != (0, 0, 0, 0):
        until = f"{last:%H:%M}" if first.date() == last.date() else f"{facts.day(last)} {last:%H:%M}"
        return f"{facts.day(first)} {first:%H:%M} – {until}"
    last = max(last - pd.Timedelta(seconds=1), first)
    return facts.day(first) if last - first < pd.Timedelta(days=1) else facts.between(first, last)


def _comparison_parts(comparison: pd.DataFrame, scenario: Scenario, exact: bool) -> list[RenderableType]:
    if comparison.empty:
        return [Text("Nothing was observed to compare with.")]
    table = _table("What was counted, and the model for the same window")
    for name in ("where", "what", "when", "observed", "model", "inside 90 %"):
        table.add_column(name, justify="left" if name in ("where", "what", "when") else "right")
    for row in comparison_rows(comparison, Names.of(scenario), exact)[:COUNTS]:
        table.add_row(*row)
    if len(comparison) > COUNTS:
        table.caption = f"{len(comparison) - COUNTS} more in report.html"
    left = not_compared(comparison)
    return [table, *([Text(left)] if left else [])]


def not_compared(comparison: pd.DataFrame) -> str:
    """Return of how many counts the runs say nothing, and why, in a sentence; empty where there are none."""
    silent = comparison[comparison["why"].astype(bool)] if "why" in comparison else comparison.iloc[:0]
    found = Counter((str(row["series"]), str(row["why"])) for row in silent.to_dict("records"))
    said = "; ".join(f"{number} of {series} ({why})" for (series, why), number in found.items())
    return f"Not compared: {said}." if said else ""


def hits(comparison: pd.DataFrame) -> str:
    """Return how many counts the 90 % ranges hold, in a sentence; empty without counts."""
    known = comparison.dropna(subset=["p50"]) if "p50" in comparison else comparison.iloc[:0]
    if known.empty:
        return ""
    inside = int(known["inside90"].astype(bool).sum())
    return f"{inside} of {len(known)} published counts lie inside the 90 % range of the runs."


def assumptions(scenario: Scenario) -> str:
    """Return the share of inputs that are assumptions, in a sentence."""
    assumed, number = assumption_share(scenario)
    alone = sum(given for given, sources in _inputs(scenario) if sources <= {"assumption"})
    if not assumed:
        return f"None of the {number:,} numbers put in is marked as an assumption."
    return (
        f"{assumed:,} of {number:,} numbers put in ({assumed / number:.0%}) rest on assumptions, "
        f"{alone:,} of them on nothing else."
    )


def assumption_share(scenario: Scenario) -> tuple[int, int]:
    """Return how many uncertain inputs rest on an assumption, and how many there are.

    Counted are the quantities given in the tables, parameters, groups and signals; one that leans on an assumption
    beside other sources counts as assumed, and so does what is uncertain of a signal: its evidence shows that it came,
    not how strongly it moved people.
    """
    inputs = list(_inputs(scenario))
    assumed = sum(given for given, sources in inputs if "assumption" in sources)
    return assumed, sum(given for given, _ in inputs)


def _inputs(scenario: Scenario) -> Iterator[tuple[int, set[str]]]:
    """Yield, for each row and group, how many quantities it gives and what they rest on."""
    rows: list[schema.Row | schema.Group] = [*scenario.groups, *scenario.parameters]
    for name in ("origins", "places", "crossings", "lanes", "airports", "services"):
        rows += getattr(scenario, name)
    for row in rows:
        given = sum(_quantities(getattr(row, field)) for field in row.model_fields_set)
        yield given, {part.strip() for part in row.source.split(";")}
    for signal in scenario.signals:
        numbers = [*signal.strength.values(), signal.hold, signal.fades]
        yield sum(not number.certain for number in numbers), {"assumption"}


def _quantities(value: object) -> int:
    if isinstance(value, dict):
        return sum(_quantities(part) for part in value.values())
    return int(isinstance(value, Distribution))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
