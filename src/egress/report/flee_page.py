"""The report of a run of Flee's rules: measures beside naive ones, camps with their reports, map, warnings, limits.

Numbers of people are those of agents times `hasten`. Imported only when a report is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from egress.engine.flee.case import FleeRules, Ints
from egress.errors import Fault
from egress.flee.measures import ard, naive, rescaled_ard
from egress.flee.run import FleeRun
from egress.formats.flee import Instance
from egress.formats.flee.counts import reported
from egress.replaced import write_file
from egress.report import charts, flee_map
from egress.report.facts import Range, listed
from egress.report.page import Figure, Table, _split
from egress.report.rounding import people

MOST_POINTS = 400  # days of a fan that are drawn
FEWEST = 5  # members on each side of a closure that may happen, below which its effect is not told
CHANCE = (
    "The members differ by chance alone (and by closures that are not certain): the ranges do not hold what nobody "
    "knows about the rules, the roads or the counts. The truth lies outside them far more often than they say."
)
RANGED = (
    "The members differ by chance and by settings ({}): the ranges hold what is not known about these, each taken as "
    "uniform between its ends, and nothing about other settings, the roads or the counts. They are as good as the ends."
)
LEARNT = (
    "The members differ by chance and by settings ({}) as reports of camps before {} have taught them: the ranges "
    "hold what these left open about the settings, and nothing about other settings, the roads or the counts."
)
DRAWS = (
    "The members differ by chance and by the numbers of the rules, which other conflicts left open. What the rules "
    "leave out is not in the ranges, so that the truth lies outside them more often than they say."
)
LIMITS = (
    "Between two reports the data of ARD lie on a straight line; only the dots were reported.",
    "Capacities of camps often are the most that was ever counted there, which nobody knew on the first day.",
)
BY_DATA = (
    "How many set out is taken from the counts of camps themselves, later ones included. The run says where people "
    "go, not how many; it is hindsight, and no test of a forecast. For that: egress forecast.",
)


def render(run: FleeRun, instance: Instance, attrs: dict[Any, Any], path: Path) -> None:
    """Write the page; people are rounded. Raises OutputError when the file cannot be written."""
    loader = jinja2.PackageLoader("egress.report")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    write_file(path, environment.get_template("flee.html").render(content(run, instance, attrs)))


def content(run: FleeRun, instance: Instance, attrs: dict[Any, Any]) -> dict[str, Any]:
    """Return all that the template shows."""
    end = run.case.start + timedelta(days=run.case.length - 1)
    by_data = run.rules.conflict_driven_spawning is None
    return {
        "title": run.case.name,
        "period": f"{_day(run.case.start)} to {_day(end)}",
        "run": attrs,
        "headline": headline(run),
        "tiles": tiles(run),
        "measures": measure_table(run),
        "camps": camp_table(run),
        "fans": list(fans(run, instance)),
        "map": map_figure(run),
        "closures": closure_table(run),
        "forks": fork_table(run),
        "warnings": warning_table(instance.warnings),
        "settings": None if run.own else setting_table(run.rules),
        "by_data": by_data,
        "limits": (_differ(run, str(attrs.get("learnt_before", ""))), *LIMITS, *(BY_DATA if by_data else ())),
        "sources": [row.what for row in instance.scenario.evidence],
    }


def _differ(run: FleeRun, learnt_before: str) -> str:
    """Return what the members differ by, and what their ranges do not hold."""
    if learnt_before:
        return LEARNT.format(", ".join(map(str, run.rules.ranges)), learnt_before)
    if run.rules.ranges:
        return RANGED.format(", ".join(map(str, run.rules.ranges)))
    return DRAWS if run.own else CHANCE


# Headline


def headline(run: FleeRun) -> Iterator[str]:
    """Yield what matters most, in sentences."""
    each, scaled = ard(run.sim, run.data), rescaled_ard(run.sim, run.data)
    said = f"{100 * (1 - scaled.mean() / 2):.0f} % of the people in camps are in the camp where the data have them"
    yield f"On average over all days {said}, their total set to that of the data. ARD {each.mean():.3f}."
    beside = naive(run.data)
    if beside:
        better = [f"{days} days" for days, value in beside if value < each.mean()]
        worse = [f"{days} days" for days, value in beside if value >= each.mean()]
        parts = [f"worse than taking each camp's data of {listed(better)} before"] if better else []
        parts += [f"better than taking that of {listed(worse)} before"] if worse else []
        yield f"By ARD that is {' and '.join(parts)}."
    total, reported_total = _people(run, run.sim[:, -1].sum(axis=1)), run.rules.hasten * int(run.data[-1].sum())
    yield f"On the last day {total.people()} people are in camps; the data have {people(reported_total)}."
    c = int(np.median(run.sim[:, -1], axis=0).argmax())
    fullest = _people(run, run.sim[:, -1, c])
    yield (
        f"Most of them are in {run.names[c]}: {fullest.people()}; the data have "
        f"{people(run.rules.hasten * int(run.data[-1, c]))}."
    )


def _people(run: FleeRun, agents: Ints) -> Range:
    return Range.of(np.asarray(agents, dtype=np.int64) * run.rules.hasten)


def tiles(run: FleeRun) -> list[tuple[str, str, str]]:
    """Return the figures that matter most: what, the middle of the members, 8 of 10 of them."""
    each, scaled = ard(run.sim, run.data), rescaled_ard(run.sim, run.data)
    moving = _people(run, run.moving[:, -1])
    away = _people(run, run.spawned.sum(axis=1))
    found = [
        ("ARD: 0 is perfect", *_share(each)),
        ("rescaled ARD: where people are, apart from how many", *_share(scaled)),
        ("set out in the period", *_split(away.people())),
        ("on the way at the end", *_split(moving.people())),
    ]
    return found


def _share(values: Any) -> tuple[str, str]:
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    return f"{middle:.3f}", "" if f"{low:.3f}" == f"{high:.3f}" else f"{low:.3f}–{high:.3f}"


# Tables


def measure_table(run: FleeRun) -> Table:
    """Return Flee's measures of error beside those of naive rules."""
    plain, scaled = ard(run.sim, run.data), rescaled_ard(run.sim, run.data)
    rows = [("this run", *(f"{v.mean():.4f}" for v in (plain, scaled)), f"{plain.min():.4f}–{plain.max():.4f}")]
    rows += [(f"each camp's data of {days} days before", f"{value:.4f}", "–", "–") for days, value in naive(run.data)]
    note = "Means over members and days, day 0 included, as Flee and FabFlee reckon them (the last column: of members)."
    return Table(("", "ARD", "rescaled", "least to most"), rows, note=note)


def camp_table(run: FleeRun) -> Table:
    """Return a row per camp: where, capacity, data, what the members have on the last day, its part of the error."""
    wrong = np.abs(run.sim - run.data).sum(axis=(0, 1), dtype=float)
    share = wrong / max(wrong.sum(), 1.0)
    rows = []
    for c, place in enumerate(run.camps):
        most = run.rules.hasten * int(run.case.places.capacity[place])
        rows.append(
            (
                run.names[c],
                run.case.places.countries[place].replace("_", " "),
                people(most) if most > 0 else "no limit",
                people(run.rules.hasten * int(run.data[-1, c])),
                _people(run, run.sim[:, -1, c]).people(),
                f"{share[c]:.0%}",
            )
        )
    head = ("camp", "country", "capacity", "data, last day", "members, last day", "share of the misplaced, all days")
    return Table(head, rows, words=2)


def closure_table(run: FleeRun) -> Table | None:
    """Return the closures: what, when, how likely, in how many members."""
    rows = []
    for n, closure in enumerate(run.case.closures):
        if closure.start < 0:
            continue
        start = _day(run.case.start + timedelta(days=closure.start))
        end = _day(run.case.start + timedelta(days=closure.end)) if closure.end >= 0 else "never"
        happens = int(run.happen[:, n].sum())
        rows.append((*_closed(run, n), start, end, f"{closure.probability:.0%}", f"{happens} of {len(run.members)}"))
    return Table(("closure", "of", "from", "undone", "probability", "members"), rows, words=2) if rows else None


def _closed(run: FleeRun, n: int) -> tuple[str, str]:
    closure = run.case.closures[n]
    names = [name.replace("_", " ") for name in closure.names if name]
    return closure.kind.replace("_", " "), " – ".join(names)


def fork_table(run: FleeRun) -> Table | None:
    """Return what hangs on closures that may or may not happen: people in camps by country at the end."""
    countries = np.array([run.case.places.countries[i] for i in run.camps])
    rows = []
    for n, closure in enumerate(run.case.closures):
        yes = run.happen[:, n]
        if closure.probability >= 1 or min(yes.sum(), (~yes).sum()) < FEWEST:
            continue
        for country in dict.fromkeys(countries.tolist()):
            inside = run.sim[:, -1, countries == country].sum(axis=1)
            sides = (_people(run, inside[yes]).people(), _people(run, inside[~yes]).people())
            rows.append((" ".join(_closed(run, n)), country.replace("_", " "), *sides))
    head = ("closure", "people in camps on the last day in", "if it happens", "if it does not")
    return Table(head, rows, words=2) if rows else None


def warning_table(warnings: tuple[Fault, ...]) -> Table | None:
    """Return the warnings with their places."""
    rows = [(f"{w.file}:{w.line}:{w.column}" if w.line else w.file, w.message) for w in warnings]
    return Table(("where", "what, and what egress does"), rows, words=2) if rows else None


def setting_table(rules: FleeRules) -> Table | None:
    """Return the settings that have ranges, and those that differ from Flee's defaults."""
    left_out = {"semantics", "recent_travel_cells", "ranges", *(one.name for one in rules.ranges)}
    usual = {field.name: _setting(field.default) for field in fields(rules)}
    rows = [(one.name, f"{one.low:g} to {one.high:g}, by member", usual.get(one.name, "none")) for one in rules.ranges]
    rows += [
        (field.name, _setting(getattr(rules, field.name)), usual[field.name])
        for field in fields(rules)
        if field.name not in left_out and getattr(rules, field.name) != field.default
    ]
    return Table(("setting", "here", "Flee's default"), rows) if rows else None


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(f"{part:g}" for part in value) or "none"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


# Figures


def fans(run: FleeRun, instance: Instance) -> Iterator[Figure]:
    """Yield the fan of each camp, with its reports as dots."""
    case, said, hasten = run.case, instance.scenario, run.rules.hasten
    every = max(1, -(-case.length // MOST_POINTS))
    chosen = np.unique(np.append(np.arange(0, case.length, every), case.length - 1))
    days = pd.Timestamp(case.start) + pd.to_timedelta(chosen, unit="D") + pd.Timedelta(hours=12)
    mirror = said.rules == "flee"
    used = reported(said.counts, said.corrections, case.start, 1, mirror)[0]
    raw = reported(said.counts, (), case.start, 1, mirror)[0]
    for c, name in enumerate(run.names):
        table = charts.series(run.sim[:, chosen, c].astype(np.int64) * hasten, days)
        dots = pd.concat([_dots(case.start, raw[name], True), _dots(case.start, used[name], False)])
        inside = dots[(dots["from"] >= days[0]) & (dots["from"] <= days[-1])]
        inside = inside.drop_duplicates(["from", "per_day"], keep="last")
        caption = _counted(int((~inside["late"]).sum()), int(inside["late"].sum()))
        yield Figure(name, charts.Drawing(charts.fan(table, "people", inside), f"People in {name}"), caption)


def _counted(reports: int, corrected: int) -> str:
    """Return how many reports there are, and how many of them were corrected later."""
    said = f"{reports} report{'s' if reports != 1 else ''} in the period." if reports else "No report in the period."
    if not corrected:
        return said
    return (
        f"{said} {corrected} of them {'was' if corrected == 1 else 'were'} corrected later (hollow: as first reported)."
    )


def _dots(start: date, reports: Any, before: bool) -> pd.DataFrame:
    when = pd.Timestamp(start) + pd.to_timedelta(reports.days, unit="D") + pd.Timedelta(hours=12)
    source = "as first reported" if before else "as used"
    return pd.DataFrame({"from": when, "to": when, "per_day": reports.agents, "late": before, "source": source})


def map_figure(run: FleeRun) -> Figure | None:
    """Return the map, or None where too few places have coordinates."""
    found = flee_map.chart(run)
    if found is None:
        return None
    chart, outlines = found
    most = np.median(run.origins, axis=0)
    first = [run.case.places.names[i] for i in np.argsort(-most, kind="stable")[:3] if most[i] > 0]
    said = f"Most set out from {listed(first)}. " if first else ""
    return Figure(
        "Where they set out, the roads, the camps on the last day",
        charts.Drawing(chart, "Map of origins, roads and camps", outlines),
        f"{said}Black rings: people who set out over the whole period; green discs: people in camps on the last day, "
        "orange rings the same as the data have it (all grow in area with people; middle of the members); grey lines: "
        "roads, dashed where a closure shuts them at some time; grey dots: places.",
    )


def _day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"
