"""The report of a forecast: one HTML file with everything in it, which asks nothing of anybody outside.

Imported only when a report is written, for altair is slow to load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from egress.assimilate.daily import Daily
from egress.forecasts import Forecast
from egress.observations import published
from egress.replaced import write_file
from egress.report import charts, facts
from egress.report import forecast_charts as drawings
from egress.report import forecast_facts as ahead
from egress.report import forecast_summary as words
from egress.report.forecast_facts import ALL
from egress.report.input_names import input_name
from egress.report.names import Names, capital
from egress.report.observed import counts
from egress.report.page import Figure, Table, references
from egress.report.rounding import people, rounded
from egress.report.summary import _when, _where, assumptions, count_words, queue_cells
from egress.scenario.schema import Scenario
from egress.scenario.time import zone

COUNTRIES, DOORS, CHANCES, CHANGES, INPUTS, COUNTS, SPLITS = 6, 6, 6, 6, 12, 16, 5  # shown
PAST = 14  # days before the origin that are drawn
QUEUES = 8
FARTHEST = 10.0  # times the middle, beyond which a drawing is cut
COUNTED = 2  # crossings that are drawn because somebody counted there
LOOKED_AT = ("queue_vehicles", "queue_persons", "wait_hours")
RANGE = np.timedelta64(PAST, "D")


@dataclass(frozen=True)
class Chances:
    """The chance that more people than some numbers enter a place, by day: texts and shades."""

    name: str
    dates: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class Open:
    """A policy of which it is open whether it comes."""

    title: str
    said: str
    figures: Sequence[Figure]
    table: Table | None


@dataclass(frozen=True)
class Queues:
    """The crossing with the longest queue ahead, another where queues were counted, and a table of all."""

    name: str
    doors: Sequence[tuple[str, Sequence[Figure]]]
    table: Table


def render(
    daily: Daily, scenario: Scenario, path: str | Path, *, exact: bool = False, exceed: Sequence[float] = ()
) -> None:
    """Write the report of a forecast, in one go; people are rounded unless `exact`.

    Raises OutputError when the file cannot be written.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("egress.report"),
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    write_file(path, environment.get_template("forecast.html").render(content(daily, scenario, exact, exceed)))


def content(daily: Daily, scenario: Scenario, exact: bool, exceed: Sequence[float]) -> dict[str, Any]:
    """Return all that the template shows."""
    now, names = daily.now, Names.of(scenario)
    policies = [opened(now, policy, scenario, names, exact) for policy in now.open_policies()]
    rows = words.learnt_rows(now, names, scenario, INPUTS)
    return {
        "scenario": scenario,
        "run": now.trajectory.data.attrs,
        "exact": exact,
        "period": period(now),
        "knowledge": capital(words.knowledge(now)),
        "headline": words.headline(now, scenario, exact),
        "warnings": now.about["warnings"],
        "totals": total_table(now, names, exact),
        "countries": [fan_figure(now, c, names.country(c), scenario, exact) for c in ahead.countries(now)[:COUNTRIES]],
        "doors": [fan_figure(now, d, names.door(d), scenario, exact) for d in drawn_doors(now, scenario)],
        "left_out": left_out(now),
        "policies": policies,
        "split_shown": any(policy.figures for policy in policies),
        "chance_tables": chance_tables(now, names, exceed),
        "queue": busiest(now, scenario, names, exact),
        **yesterdays(daily, names, exact),
        "learnt": learnt_figure(now, names, scenario) if rows else None,
        "learnt_table": Table(("input", "before: middle (9 of 10)", "after", "learnt"), rows),
        "counts": len(now.counts),
        "diagnostics": diagnostics(now),
        "assumptions": assumptions(scenario),
        "evidence": [item for item in references(scenario).values() if was_out(item.published, now.origin, scenario)],
    }


def was_out(when: str, origin: datetime, scenario: Scenario) -> bool:
    """Return whether what was published at a moment, or on a day, was out before the origin, that day being over.

    A day ends as it does for counts, at its end in UTC. What has no date is out.
    """
    try:
        at = published(when)
    except ValueError:  # a month or year
        return when < f"{origin.astimezone(zone(scenario.period.utc_offset)):%Y-%m-%d}"
    return at is None or at < origin


def period(forecast: Forecast) -> str:
    """Return `26 September to 9 October 2022`."""
    first, last = (pd.Timestamp(date) for date in (ahead.dates(forecast)[0], ahead.dates(forecast)[-1]))
    return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"


def total_table(forecast: Forecast, names: Names, exact: bool) -> Table:
    """Return the people who enter in the next days, by place."""
    lengths = ahead.spans(forecast)
    places = [(ALL, "All countries"), *words.shown(forecast, names, COUNTRIES, DOORS)]
    rows = [(name, *(ahead.total(forecast, place, n).people(exact) for n in lengths)) for place, name in places]
    return Table(("into, or by way of", *(f"next {words._days(n)}" for n in lengths)), rows)


def left_out(forecast: Forecast) -> str:
    """Return how many places are not drawn."""
    number = len(ahead.countries(forecast)[COUNTRIES:]) + len(ahead.doors(forecast)[DOORS:])
    return f"{number} more countries and crossings are in forecast.csv." if number else ""


# Fans


def drawn_doors(forecast: Forecast, scenario: Scenario) -> list[str]:
    """Return the busiest land crossings, and up to COUNTED others where somebody counted."""
    found = ahead.doors(forecast)
    others = [door for door in found[DOORS:] if len(known(forecast, scenario, door, ("entries",)))]
    return [*found[: DOORS - len(others[:COUNTED])], *others[:COUNTED]]


def origin(forecast: Forecast) -> pd.Timestamp:
    """Return the start of the first day of the forecast, local time."""
    return pd.Timestamp(forecast.first_day)


def fan_figure(forecast: Forecast, place: str, name: str, scenario: Scenario, exact: bool) -> Figure:
    """Return the past and the future of a country or crossing, with what was counted."""
    table, seen = arrivals(forecast, place), known(forecast, scenario, place, ("entries",))
    said = f"{ahead.total(forecast, place, 7).people(exact)} in the next {min(7, len(ahead.dates(forecast)))} days."
    drawing = charts.Drawing(drawings.fan(table, origin(forecast), "people per day", seen), f"Entries per day: {name}")
    return Figure(name, drawing, said if len(seen) else f"{said} No count was known.")


def arrivals(forecast: Forecast, place: str) -> pd.DataFrame:
    """Return the table of a fan of daily entries, PAST days before the origin and all ahead."""
    daily = forecast.trajectory.daily(place)
    near = daily.sel(day=daily["day"] >= forecast.first_day - RANGE).transpose("member", "day")
    return charts.series(near.values, pd.DatetimeIndex(near["day"].values) + pd.Timedelta(hours=12))


def known(forecast: Forecast, scenario: Scenario, label: str, what: Sequence[str]) -> pd.DataFrame:
    """Return the counts of a place that were known at the origin."""
    return counts(forecast.known.data, scenario, forecast.trajectory.data, label, list(what))


# Open policies


def opened(forecast: Forecast, policy: str, scenario: Scenario, names: Names, exact: bool) -> Open:
    """Return what hangs on a policy: sentences, fans that split, a table."""
    share = forecast.happens(policy).mean()
    title = f"{capital(names.policy(policy))}: {words.percent(share)} likely by {_last(forecast)}"
    if not ahead.enough(forecast, policy):
        return Open(title, f"{capital(words.few(forecast, policy))}.", (), None)
    parts = ahead.splits(forecast, policy, SPLITS)
    drawn = [part for part in parts if part.place != ALL][:2] or parts[:1]
    figures = [split_figure(forecast, policy, part, scenario, names, exact) for part in drawn]
    rows = words.split_rows(forecast, policy, names, SPLITS, exact)
    return Open(title, said_of(parts, names, exact), figures, Table(words.BRANCHES, rows))


def said_of(parts: Sequence[ahead.Split], names: Names, exact: bool) -> str:
    """Return what hangs on a policy in a sentence or two."""
    sure = [part for part in parts if part.errors >= ahead.SURE]
    if not sure:
        return "In the days ahead it makes no difference that stands out from chance at any place."
    first = max(sure, key=lambda part: abs(part.between))
    said = f"If it happens, {words.between(first, exact)} {words.where(first.place, names)} in the days ahead"
    return f"{said} than if it does not."


def split_figure(
    forecast: Forecast, policy: str, part: ahead.Split, scenario: Scenario, names: Names, exact: bool
) -> Figure:
    """Return the fan of a place that splits at the origin."""
    table = arrivals(forecast, part.place) if part.place != ALL else _all(forecast)
    start, yes, persons = origin(forecast), forecast.happens(policy), ahead.values(forecast, part.place)
    times = pd.DatetimeIndex(ahead.dates(forecast)) + pd.Timedelta(hours=12)
    chosen = {drawings.HAPPENS: yes, drawings.NOT: ~yes, drawings.MIXTURE: np.ones(len(yes), dtype=bool)}
    branches = {name: charts.series(persons[which].astype(np.int64), times) for name, which in chosen.items()}
    seen = known(forecast, scenario, part.place, ("entries",))
    chart = drawings.split(table[table["time"] < start], branches, start, "people per day", seen)
    name = capital(words.where(part.place, names))
    return Figure(
        name, charts.Drawing(chart, f"Two futures {name}"), capital(words.between(part, exact)) + " if it happens."
    )


def _all(forecast: Forecast) -> pd.DataFrame:
    gross = forecast.trajectory.data["arrivals"].sel(measure="gross").transpose("member", "day", "crossing")
    near = gross.sel(day=gross["day"] >= forecast.first_day - RANGE)
    times = pd.DatetimeIndex(near["day"].values) + pd.Timedelta(hours=12)
    return charts.series(near.values.sum(axis=2, dtype=np.int64), times)


def _last(forecast: Forecast) -> str:
    return facts.day(pd.Timestamp(ahead.dates(forecast)[-1]))


# Chances


def chance_tables(forecast: Forecast, names: Names, exceed: Sequence[float]) -> list[Chances]:
    """Return the chances of the busiest places."""
    found = []
    dates = [facts.day(pd.Timestamp(date)) for date in ahead.dates(forecast)]
    for place, name in words.shown(forecast, names, CHANCES // 2 + 1, CHANCES // 2 - 1):
        persons = ahead.values(forecast, place)
        rows = [(f"{n:,.0f}", _shaded((persons > n).mean(axis=0))) for n in exceed or ahead.thresholds(persons)]
        if rows:
            found.append(Chances(name, dates, rows))
    return found


def _shaded(shares: Any) -> list[tuple[str, str]]:
    """Return chances as texts in per cent with shades behind them."""
    return [
        ("<1" if share < 0.01 else ">99" if share > 0.99 else f"{100 * share:.0f}", f"{0.55 * share:.2f}")
        for share in shares
    ]


# The queue


def busiest(forecast: Forecast, scenario: Scenario, names: Names, exact: bool) -> Queues | None:
    """Return the longest queues ahead, drawn at the worst crossing and at one where queues were counted."""
    found = ahead.queues(forecast, [crossing.id for crossing in scenario.crossings if not crossing.queue_shown])
    if not found:
        return None
    ids = [queue.crossing for queue in found]
    counted = [door for door in ids[1:] if len(known(forecast, scenario, door, LOOKED_AT))]
    doors = [(names.door(d), list(_queue_figures(forecast, d, scenario, names))) for d in (ids[0], *counted[:1])]
    rows = [(names.door(queue.crossing), *queue_cells(queue, exact)) for queue in found[:QUEUES]]
    head = ("crossing", "people waiting", "vehicles", "longest wait", "around", "turned back", "gave up")
    return Queues(names.door(ids[0]), doors, Table(head, rows))


def _queue_figures(forecast: Forecast, crossing: str, scenario: Scenario, names: Names) -> Iterator[Figure]:
    looks = {
        "people": ("People waiting", "people", "queue_persons"),
        "vehicles": ("Vehicles waiting", "vehicles", "queue_vehicles"),
        "hours": ("Longest wait of any lane", "hours", "wait_hours"),
        "people per day": ("Let through", "people per day", "entries"),
    }
    start = origin(forecast)
    for unit, table in charts.queue_tables(forecast.trajectory.data, crossing).items():
        title, axis, what = looks[unit]
        near = table[pd.to_datetime(table["time"]) >= start - pd.Timedelta(days=PAST)].reset_index(drop=True)
        chart = drawings.fan(near, start, axis, known(forecast, scenario, crossing, (what,)), unit=unit)
        yield Figure(title, charts.Drawing(chart, f"{title} at {names.door(crossing)}"))


# Yesterday


def yesterdays(daily: Daily, names: Names, exact: bool) -> dict[str, Any]:
    """Return what the forecast of the day before said, and what changed since."""
    if daily.before is None:
        return dict.fromkeys(("yesterday", "surprises", "hits", "changes", "reasons", "members_before"))
    table = daily.yesterday
    shown = table.iloc[(-(table["pit"].astype(float) - 0.5).abs()).argsort(kind="stable")][:COUNTS]
    number, hits = len(table), ahead.inside(table)
    more = f" Shown are the {COUNTS} that surprised most." if number > COUNTS else ""
    return {
        "yesterday": yesterday_table(shown, names, exact) if number else None,
        "surprises": surprise_figure(shown, names),
        "hits": f"{hits} of {number} counts published since lie inside yesterday's 90 % ranges.{more}",
        "changes": [change_figure(daily, place, names, exact) for place in ahead.countries(daily.now)[:CHANGES]],
        "reasons": [capital(reason) for reason in (*daily.reasons, *words.surprised(daily, names))],
        "members_before": daily.before.trajectory.data.sizes["member"],
    }


def yesterday_table(table: pd.DataFrame, names: Names, exact: bool) -> Table:
    """Return the counts since yesterday beside what was forecast."""
    rows = []
    for row in table.to_dict("records"):
        said = words.spread(row["p05"], row["p50"], row["p95"], str(row["what"]), exact)
        value = f"{row['value']:.0f}" if row["what"] == "wait_hours" else people(float(row["value"]), exact)
        when = _when(str(row["start"]), str(row["end"]))
        what = count_words(row)
        rows.append((_where(row, names), what, when, value, said, f"{row['pit']:.2f}", words.pit_words(row["pit"])))
    return Table(("where", "what", "when", "counted", "forecast (9 of 10)", "PIT", "which is"), rows, words=3)


def surprise_figure(table: pd.DataFrame, names: Names) -> Figure | None:
    """Return the counts against yesterday's ranges, in proportion to their middles, cut at FARTHEST."""
    rows = table[(table["p50"] > 0) & (table["value"] > 0)]
    if rows.empty:
        return None
    labels = [_labelled(row, names) for row in rows.to_dict("records")]
    ratios = {"low": rows["p05"], "high": rows["p95"], "at": rows["value"]}
    cut = {name: (part / rows["p50"]).clip(1 / FARTHEST, FARTHEST) for name, part in ratios.items()}
    data = pd.DataFrame({"row": labels, **cut, "fits": rows["value"].between(rows["p05"], rows["p95"])})
    return Figure("", charts.Drawing(drawings.surprises(data), "Counts against yesterday's forecast"))


def _labelled(row: dict[Any, Any], names: Names) -> str:
    when, what = _when(str(row["start"]), str(row["end"])), count_words(row)
    return f"{when}, {what}: {_where(row, names)}"


def change_figure(daily: Daily, place: str, names: Names, exact: bool) -> Figure:
    """Return the two medians of a country day by day."""
    part = daily.changes[daily.changes["place"] == place].copy()
    name = names.country(place)
    said = words.moved(daily, place, name, exact).removeprefix(f"{name}: ")
    if not exact:
        part[["before", "now"]] = rounded(part[["before", "now"]])
    return Figure(
        name, charts.Drawing(drawings.changed(part, "people per day"), f"Forecast now and yesterday: {name}"), said
    )


# What was learnt, and how far to trust it


def learnt_figure(forecast: Forecast, names: Names, scenario: Scenario) -> Figure:
    """Return the inputs that the counts informed most: prior against posterior."""
    table = forecast.learnt[forecast.learnt["informed"] >= 0.05].head(INPUTS)
    named = [capital(input_name(str(name), names, scenario)) for name in table["name"]]
    return Figure("", charts.Drawing(drawings.learnt(table.assign(name=named)), "Inputs before and after the counts"))


def diagnostics(forecast: Forecast) -> Table:
    """Return how the members fared against the counts."""
    about, number = forecast.about, len(forecast.counts)
    effective, misfit = float(about["effective_members_if_only_weighted"]), float(about["misfit"])
    made = datetime.fromisoformat(str(forecast.origin))
    rows = [
        ("origin", f"{made:%d %b %Y, %H:%M} (UTC{made:%z})"),
        ("members", f"{about['members']:,}"),
        ("counts learnt from", f"{number}"),
    ]
    if number:
        held = ((forecast.counts["value"] >= forecast.counts["after_p05"])
                & (forecast.counts["value"] <= forecast.counts["after_p95"])).sum()  # fmt: skip
        rows += [
            ("misfit: mean squared distance of counts from the members, about 1 is good", f"{misfit:.2f}"),
            ("members left, had they only been weighted, not moved", f"{effective:.1f}"),
            ("known counts inside the members' 90 % range, their own errors left aside", f"{held} of {number}"),
        ]
    return Table(("diagnostics", ""), rows)
