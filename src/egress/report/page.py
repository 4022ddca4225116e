"""The report: one HTML file with everything in it, which asks nothing of anybody outside.

Imported only when a report is written, for altair is slow to load.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import xarray as xr

from egress.distribution import Distribution
from egress.replaced import write_file
from egress.report import charts, facts, maps
from egress.report import summary as words
from egress.report.names import Names, capital, country_names
from egress.report.observed import counts
from egress.report.rounding import people
from egress.report.tables import summed
from egress.scenario.priors import hindsight
from egress.scenario.schema import Group, Parameter, Scenario
from egress.units import parse

COUNTRIES, CROSSINGS, SERVICES, FARES, WEEKS = 5, 12, 14, 6, 12  # shown in figures and tables
LONG_WAIT = 12  # hours: the caption counts the crossings above it
DOCUMENTS = {
    "internal": "internal passport only",
    "travel": "travel passport",
    "visa": "visa",
}


@dataclass(frozen=True)
class Figure:
    """A drawing, what it is called, and what one sees on it in words."""

    title: str
    drawing: charts.Drawing
    caption: str = ""


@dataclass(frozen=True)
class Table:
    """A table of texts; the first `words` columns are set left, the others right."""

    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    words: int = 1
    caption: str = ""
    note: str = ""


@dataclass(frozen=True)
class Reference:
    """One piece of evidence: where it stands in the list, and a link if it has one."""

    anchor: str
    id: str
    what: str
    publisher: str
    published: str
    url: str
    link: str


@dataclass(frozen=True)
class Sources:
    """Sources of a row, each with the anchor of its entry in the evidence list (empty = none)."""

    parts: Sequence[tuple[str, str]]


def render(
    trajectory: xr.Dataset,
    scenario: Scenario,
    observations: pd.DataFrame,
    comparison: pd.DataFrame,
    path: str | Path,
    found: facts.Facts | None = None,
    *,
    exact: bool = False,
) -> None:
    """Write the report of a run, in one go; people are rounded unless `exact`, `found` are the facts if known already.

    Raises OutputError when the file cannot be written.
    """
    loader = jinja2.PackageLoader("egress.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    context = content(
        trajectory, scenario, observations, comparison, found or facts.Facts.of(trajectory, scenario), exact
    )
    write_file(path, environment.get_template("report.html").render(context))


def content(
    trajectory: xr.Dataset,
    scenario: Scenario,
    observations: pd.DataFrame,
    comparison: pd.DataFrame,
    found: facts.Facts,
    exact: bool,
) -> dict[str, Any]:
    """Return all that the template shows."""
    names, evidence = Names.of(scenario), references(scenario)
    held = words.people_facts(trajectory, found.unshown, exact)
    queues = [queue for queue in found.queues if queue.people.high >= facts.NOTE]
    top = [ticket for ticket in found.tickets if ticket.seats.high > 0]
    weeks = trajectory, scenario, comparison, exact
    events = charts.events(scenario, trajectory)
    return {
        "scenario": scenario,
        "run": trajectory.attrs,
        "exact": exact,
        "hindsight": not trajectory.attrs["as_of"],
        "period": period(trajectory),
        "knowledge": capital(words.knowledge(trajectory)),
        "known_until": facts.known_until(trajectory),
        "in_part_hindsight": hindsight(scenario),
        "headline": facts.headline(trajectory, scenario, found, exact),
        "tiles": tiles(trajectory, names, queues, exact),
        "arrivals": list(arrival_figures(found.countries[:COUNTRIES], trajectory, scenario, observations, exact)),
        "weeks": week_tables("country", found, COUNTRIES, *weeks),
        "looked_at": [
            (names.door(q.crossing), list(queue_figures(q, trajectory, scenario, observations, exact)))
            for q in looked_at(queues, scenario, trajectory, observations)
        ],
        "waits": waits_figure(trajectory, queues, names),
        "queues": queue_table(queues, names, exact),
        "queues_left_out": facts.unshown_line(found.unshown, names),
        "seats": seats_figure(trajectory, top[:SERVICES], names),
        "sold_out": sold_out_table(found.tickets, names, exact),
        "fares": list(fare_figures(trajectory, top[:FARES], names)),
        "map": map_figure(found.doors, trajectory, scenario, exact),
        "outlines": scenario.home in country_names(),
        "held": Table(("", "whole run, or at its end", "most on one day"), held),
        "forks": fork_table(trajectory, names, exact),
        "timeline": timeline_figure(events, trajectory),
        "events": event_table(events, trajectory, evidence),
        "comparison": comparison_table(comparison, names, exact),
        "assumptions": words.assumptions(scenario),
        "hits": words.hits(comparison),
        "not_compared": words.not_compared(comparison),
        "doors": week_tables("door", found, WEEKS, *weeks),
        "groups": group_table(scenario.groups, evidence),
        "parameters": parameter_table(scenario.parameters, evidence),
        "evidence": list(evidence.values()),
    }


def period(trajectory: xr.Dataset) -> str:
    """Return `20 September to 3 October 2022`."""
    days = facts.days_of(trajectory)
    return f"{days[0].day} {days[0]:%B} to {days[-1].day} {days[-1]:%B %Y}"


def tiles(
    trajectory: xr.Dataset, names: Names, queues: Sequence[facts.Queue], exact: bool
) -> list[tuple[str, str, str]]:
    """Return the figures that matter most: what, the middle of the runs, 8 of 10 runs."""
    surge = facts.Range.of(facts.whole_surge(trajectory))
    arrivals = trajectory["arrivals"].transpose("member", "day", "crossing", "measure")
    staying = facts.Range.of(arrivals.sel(measure="staying").values[:, -1].sum(axis=1, dtype=np.int64))
    gross = arrivals.sel(measure="gross").sum("crossing", dtype=np.int64).values
    crest = facts.peak(gross, facts.days_of(trajectory))
    found = [
        ("arrive abroad beyond ordinary travel", *_split(surge.people(exact))),
        ("of them still there at the end", *_split(staying.people(exact))),
        ("enter on the busiest day, ordinary travel included", *_split(crest.height.people(exact))),
        ("is the busiest day", *_split(crest.days())),
    ]
    if queues:
        where = f"wait at {names.door(queues[0].crossing)}, the longest queue"
        found.append((where, *_split(queues[0].people.people(exact))))
    return found


def _split(text: str) -> tuple[str, str]:
    """Return `1,200` and `800–1,900` of `1,200 (800–1,900)`."""
    middle, _, rest = text.partition(" (")
    return middle, rest.rstrip(")")


def arrival_figures(
    top: Sequence[facts.Destination],
    trajectory: xr.Dataset,
    scenario: Scenario,
    observations: pd.DataFrame,
    exact: bool,
) -> Iterator[tuple[str, Figure, Figure]]:
    """Yield the main destinations: name, fan of daily entries with counts, fan of those still there."""
    names, days = Names.of(scenario), facts.days_of(trajectory)
    arrivals = summed(trajectory["arrivals"], "country")
    for found in top:
        values = arrivals.sel(country=found.label)
        name = names.country(found.label)
        seen = counts(observations, scenario, trajectory, found.label, ["entries"])
        entries = charts.series(values.sel(measure="gross").values, days + pd.Timedelta(hours=12))
        staying = charts.series(values.sel(measure="staying").values, days + pd.Timedelta(days=1))
        yield (
            name,
            Figure(
                "Entries per day",
                charts.Drawing(charts.fan(entries, "people per day", seen), f"Entries into {name} per day"),
                f"Entries peak around {found.peak.days()} at about {found.peak.height.people(exact)} a day, "
                "ordinary travel included.",
            ),
            Figure(
                "People of the surge still there",
                charts.Drawing(charts.fan(staying, "people", counts(observations[:0], scenario, trajectory, "", ())),
                       f"People of the surge still in {name}"),
                f"{found.surge.people(exact)} arrive in the surge; {found.staying.people(exact)} are still "
                "there on the last day.",
            ),
        )  # fmt: skip


def week_tables(
    by: str,
    found: facts.Facts,
    top: int,
    trajectory: xr.Dataset,
    scenario: Scenario,
    seen: pd.DataFrame,
    exact: bool,
) -> list[Table]:
    """Return a table of weeks for each of these countries (or, `by` door, doors)."""
    names = Names.of(scenario)
    naming = names.country if by == "country" else names.door
    head = ("week", "entries", "observed entries", "entries less exits", "surge still there at its end")
    return [
        Table(
            head,
            [(w.week, w.gross, w.observed or "–", w.net, w.staying) for w in weeks],
            caption=naming(label),
        )
        for label, weeks in words.week_rows(by, found, top, trajectory, scenario, seen, exact)
    ]


def looked_at(
    queues: Sequence[facts.Queue], scenario: Scenario, trajectory: xr.Dataset, observations: pd.DataFrame
) -> list[facts.Queue]:
    """Return the crossing with the longest queue, and up to two others where somebody counted the queue."""
    kinds = ("queue_vehicles", "queue_persons", "wait_hours")
    counted = [q for q in queues[1:] if len(counts(observations, scenario, trajectory, q.crossing, kinds))]
    return [*queues[:1], *counted[:2]]


def queue_figures(
    worst: facts.Queue, trajectory: xr.Dataset, scenario: Scenario, observations: pd.DataFrame, exact: bool
) -> Iterator[Figure]:
    """Yield the fans of one crossing: people, vehicles, hours, people let through, with what was seen."""
    name = Names.of(scenario).door(worst.crossing)
    looks = {
        "people": ("People waiting", "people", "queue_persons", worst.people.people(exact)),
        "vehicles": ("Vehicles waiting", "vehicles", "queue_vehicles", worst.vehicles.people(exact)),
        "hours": ("Longest wait of any lane", "hours", "wait_hours", facts.wait_range(worst.wait)),
        "people per day": ("Let through", "people per day", "entries", ""),
    }
    for unit, table in charts.queue_tables(trajectory, worst.crossing).items():
        title, axis, what, most = looks[unit]
        seen = counts(observations, scenario, trajectory, worst.crossing, [what])
        drawing = charts.Drawing(charts.fan(table, axis, seen, unit=unit), f"{title} at {name}")
        said = f"At most {most}." if most else "People whom the lanes pass in a day, ordinary travel included."
        yield Figure(title, drawing, said)


def waits_figure(trajectory: xr.Dataset, queues: Sequence[facts.Queue], names: Names) -> Figure | None:
    """Return the heat map of waits at the crossings with the longest queues."""
    shown = [queue for queue in queues if queue.wait.high >= 1][:CROSSINGS]
    if not shown:
        return None
    long = [names.door(queue.crossing) for queue in queues if queue.wait.middle > LONG_WAIT]
    some = long if len(long) <= 5 else [*long[:4], f"{len(long) - 4} more crossings"]
    said = f"In the middle of the runs waits pass {LONG_WAIT} h at {facts.listed(some)}. Darker: longer."
    return Figure(
        "Longest wait of the day, by crossing",
        charts.Drawing(charts.all_queues(trajectory, shown, names), "Longest wait by crossing and day"),
        said if long else f"In the middle of the runs no wait passes {LONG_WAIT} h.",
    )


def queue_table(queues: Sequence[facts.Queue], names: Names, exact: bool) -> Table:
    """Return the table of longest queues."""
    head = ("crossing", "people waiting", "vehicles", "longest wait", "around", "turned back", "gave up")
    rows = [(names.door(queue.crossing), *words.queue_cells(queue, exact)) for queue in queues]
    return Table(head, rows)


def seats_figure(trajectory: xr.Dataset, top: Sequence[facts.Ticket], names: Names) -> Figure | None:
    """Return the heat map of free seats on the services most bought."""
    if not top:
        return None
    gone = [ticket for ticket in top if ticket.first is not None]
    share = f"{len(gone)} of these {len(top)}" if len(gone) < len(top) else f"All of these {len(top)}"
    share = share if gone else f"None of these {len(top)}"
    said = f"{share} services {'are' if gone else 'is'} without a free seat for more than {facts.FAR} days ahead"
    if gone:
        first = min(gone, key=lambda ticket: (ticket.first, -ticket.seats.middle))
        assert first.first is not None
        said += f" at some time; the first is {names.service(first.service)}, on {facts.day(first.first)}"
    return Figure(
        "How far ahead the first free seat is",
        charts.Drawing(
            charts.seats(trajectory, [t.service for t in top], names), "First free seat, by service and day"
        ),
        f"{said}. Shown are the services on which most people of the surge buy seats; middle of the runs.",
    )


def sold_out_table(tickets: Sequence[facts.Ticket], names: Names, exact: bool) -> Table | None:
    """Return the services without a free seat for over a week, the first to sell out first."""
    gone = [ticket for ticket in tickets if ticket.first is not None]
    gone.sort(key=lambda ticket: (ticket.first, -ticket.seats.middle))
    rows = [(names.service(ticket.service), *words.ticket_cells(ticket, exact)) for ticket in gone]
    head = ("from → to", "sold out from", "until", "dearest fare, of that of the first day", "seats bought")
    return Table(head, rows) if rows else None


def fare_figures(trajectory: xr.Dataset, top: Sequence[facts.Ticket], names: Names) -> Iterator[Figure]:
    """Yield the fans of fares of the services most bought, but of those that are free."""
    for ticket in top:
        if ticket.dearer == 0:
            continue
        name = names.service(ticket.service)
        dear = f"{ticket.dearer:.1f} times the fare of the first day at its dearest."
        yield Figure(name, charts.Drawing(charts.fares(trajectory, ticket.service), f"Fare {name}"), dear)


def map_figure(doors: Sequence[facts.Destination], trajectory: xr.Dataset, scenario: Scenario, exact: bool) -> Figure:
    """Return the map of flows."""
    names = Names.of(scenario)
    most = facts.listed([f"{names.door(d.label)} ({people(d.surge.middle, exact)})" for d in doors[:3]])
    said = f"Most leave by {most}. " if facts.whole_surge(trajectory).any() else ""
    chart, outlines = maps.flow_map(trajectory, scenario)
    return Figure(
        "Where they set out, which way they leave, where they arrive",
        charts.Drawing(chart, "Map of origins, crossings and destinations", outlines),
        f"{said}Black rings: regions of origin; orange discs: crossings and airports; green "
        "discs: places flown to; blue lines: ways to the door; green lines: flights. Discs grow in area with "
        "the number of people; the thinnest flows are left out. Where people come from follows from the "
        "scenario's assumptions; counts at borders cannot check it.",
    )


def fork_table(trajectory: xr.Dataset, names: Names, exact: bool) -> Table | None:
    """Return what the surge hangs on: measures that come in some runs only."""
    rows = [
        (
            capital(names.policy(fork.policy)),
            f"{fork.share:.0%} of runs",
            fork.happens.people(exact),
            fork.not_happens.people(exact),
        )
        for fork in facts.forks(trajectory)
    ]
    return Table(("measure", "it comes in", "surge if it comes", "surge if not"), rows) if rows else None


def timeline_figure(events: pd.DataFrame, trajectory: xr.Dataset) -> Figure | None:
    """Return the time line of events within the period."""
    days = facts.days_of(trajectory)
    near = events["time"].between(days[0] - pd.Timedelta(days=2), days[-1] + pd.Timedelta(days=1))
    if not near.any():
        return None
    return Figure(
        "What became known when",
        charts.Drawing(charts.timeline(events, trajectory), "Events on a time line"),
        f"{events.loc[near, 'what'].nunique()} events and measures, in the order in which they became known. "
        "A hint or a proposal may come to nothing; people act on it all the same.",
    )


def event_table(events: pd.DataFrame, trajectory: xr.Dataset, evidence: dict[str, Reference]) -> Table:
    """Return every event with its status, how many runs have it, and its evidence."""
    starts = trajectory["policy_start"].notnull().mean("member").to_series().to_dict()
    rows = [
        (
            _moment(row["time"], facts.days_of(trajectory)[0].year),
            capital(row["what"]),
            row["status"],
            f"{starts[row['policy']]:.0%}" if row["policy"] in starts else "–",
            _sources(row["evidence"], evidence),
        )
        for row in events.to_dict("records")
    ]
    return Table(("time", "event or measure", "status", "runs with it", "evidence"), rows, words=5)


def _moment(time: pd.Timestamp, year: int) -> str:
    return f"{facts.day(time)}{'' if time.year == year else f' {time.year}'} {time:%H:%M}"


def comparison_table(comparison: pd.DataFrame, names: Names, exact: bool) -> Table | None:
    """Return what was counted with the model beside it."""
    if comparison.empty:
        return None
    head = ("where", "what", "when", "observed", "model", "inside 90 %")
    return Table(head, words.comparison_rows(comparison, names, exact), words=3)


def group_table(groups: Sequence[Group], evidence: dict[str, Reference]) -> Table:
    """Return the groups of people that the model tells apart."""
    rows = [
        (
            capital(group.name),
            DOCUMENTS[group.documents],
            _ranged(group.willing, 0.01, " %"),
            _ranged(group.ready_at_once, 0.01, " %"),
            _ranged(group.preparation, 24, " d"),
            _sources(re.split(r"[;,]", group.source), evidence),
        )
        for group in groups
    ]
    head = ("group", "best document", "would leave at all", "ready at once", "others prepare for", "source")
    return Table(head, rows, words=6)


def parameter_table(parameters: Sequence[Parameter], evidence: dict[str, Reference]) -> Table:
    """Return the parameters with the ranges they are drawn from, in the units of their rows."""
    rows = [
        (
            parameter.meaning or parameter.name,
            _ranged(parameter.value, _unit(parameter), _suffix(parameter.unit)),
            _sources(re.split(r"[;,]", parameter.source), evidence),
            parameter.basis,
        )
        for parameter in parameters
    ]
    return Table(("parameter", "value, or 90 % range", "source", "basis"), rows, words=4)


def _suffix(unit: str) -> str:
    return "" if unit in ("1", "share") else f" per {unit[1:]}" if unit.startswith("/") else f" {unit}"


def _unit(parameter: Parameter) -> float:
    """Return the size of a parameter's unit in canonical units."""
    unit = parameter.unit
    if parameter.dimension not in ("rate", "duration", "distance", "speed"):
        return 1.0
    return parse(f"1{unit}" if unit.startswith("/") else f"1 {unit}", parameter.dimension)


def _ranged(value: Distribution, unit: float, suffix: str) -> str:
    low, middle, high = (f"{x / unit:.3g}" for x in (value.low, value.value, value.high))
    said = middle if value.certain else f"{low} to {high}" if value.low < 0 else f"{low}–{high}"
    return f"{said.replace('-', '−') if value.low < 0 else said}{suffix}"


def references(scenario: Scenario) -> dict[str, Reference]:
    """Return the evidence by id; only plain web addresses become links."""
    return {
        item.id: Reference(
            anchor=f"evidence-{number}",
            id=item.id,
            what=item.what,
            publisher=item.publisher,
            published=item.published,
            url=item.url,
            link=item.url if re.match(r"https?://", item.url) else "",
        )
        for number, item in enumerate(scenario.evidence, 1)
    }


def _sources(ids: Sequence[str], evidence: dict[str, Reference]) -> Sources:
    parts = [part.strip() for part in ids if part.strip()]
    return Sources([(part, evidence[part].anchor if part in evidence else "") for part in parts])
