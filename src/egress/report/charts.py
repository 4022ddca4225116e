"""Charts as static SVG: fans of arrivals, queues, tickets, fares and the time line of events.

Imported only when a report is written, for altair is slow to load. Colours are those of Okabe and Ito, which
colour-blind readers can tell apart.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert
import xarray as xr

from egress.replaced import write_file
from egress.report.facts import Array, Queue, between, day, days_of, vehicles
from egress.report.names import STATUSES, Names
from egress.report.observed import HALF_DAY, as_of_moment
from egress.report.pen import pen
from egress.report.rounding import people, rounded
from egress.report.tables import QUANTILES, local_ends, quantiles, spread
from egress.scenario.schema import Scenario

Chart = Any  # of altair, whose own types do not say what layering gives
BLUE, INK, ORANGE, GREY = "#0072B2", "#1a1a1a", "#D55E00", "#6b7280"
BANDS = (("p05", "p95", "90 %"), ("p10", "p90", "80 %"), ("p25", "p75", "50 %"))
SHADES = {"90 %": 0.16, "80 %": 0.22, "50 %": 0.34}
FONT = "Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif"
WIDE, HALF = 900, 375  # px
LONG, MONTHS, MOST_TICKS = 150, (1, 2, 3, 6, 12), 6  # days from which an axis has ticks by the month
THOUSANDS = 5000.0  # RUB from which on fares are drawn in thousands
SEATS = (
    (-1, "not flown", "#e7d8c9"),
    (0, "today or tomorrow", "#f1f5f9"),
    (2, "in 2–3 days", "#c6dbef"),
    (4, "in 4–7 days", "#7fb1d8"),
    (8, "in 8–14 days", "#2f7ebc"),
    (15, "later than 14 days, or none", "#08306b"),
)
STATUS_LOOK = {
    "became known": (INK, "diamond"),
    "hinted": ("#E69F00", "triangle-up"),
    "proposed": ("#CC79A7", "triangle-up"),
    "reported": ("#56B4E9", "circle"),
    "announced": (BLUE, "circle"),
    "in force": ("#009E73", "square"),
    "denied": (ORANGE, "cross"),
    "ended": (GREY, "square"),
}
TITLED = r"<path\2><title>\1</title></path>"
GROUND = alt.Scale(domainMin=0, padding=0)
HEIGHTS = alt.Axis(tickCount=4, format=",d", minExtent=46)
_numbers = count(1)


def svg(chart: Chart, label: str, datasets: Mapping[str, Any] | None = None) -> str:
    """Return a chart as SVG for the middle of a page: own ids, tooltips as titles, nothing from outside.

    `datasets` are the large ones that the chart only names: altair copies many times what it holds.
    """
    return embedded(vl_convert.vegalite_to_svg(_styled(chart, datasets)), label, next(_numbers))


def png(chart: Chart) -> bytes:
    """Return a chart as a picture for slides and messages, on white."""
    spec = _styled(chart, None)
    spec["config"]["background"] = "white"
    return bytes(vl_convert.vegalite_to_png(spec, scale=2))


def picture(chart: Chart) -> str:
    """Return a chart as an SVG file of its own, on white."""
    spec = _styled(chart, None)
    spec["config"]["background"] = "white"
    return str(vl_convert.vegalite_to_svg(spec))


def save(chart: Chart, path: Path) -> None:
    """Write a chart to a file of its own: PNG (twice as many dots as on a screen) or SVG, by the end of its name."""
    text = picture(chart)
    write_file(path, vl_convert.svg_to_png(text, scale=2) if path.suffix.lower() == ".png" else text)


def _styled(chart: Chart, datasets: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what vega is told of a chart, in the look of the report."""
    spec: dict[str, Any] = chart.to_dict(validate=False)
    spec["config"] |= {
        "font": FONT,
        "background": "transparent",
        "view": {"stroke": None},
        "axis": {
            "labelColor": "#374151", "titleColor": "#374151", "labelFontSize": 11, "titleFontSize": 11,
            "titleFontWeight": "normal", "gridColor": "#e5e7eb", "domainColor": "#9ca3af",
            "tickColor": "#9ca3af",
        },
        "legend": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "columnPadding": 24},
    }  # fmt: skip
    spec["datasets"] = spec.get("datasets", {}) | dict(datasets or {})
    return spec


class Drawing:
    """A chart on its way to a page: what `svg` returns, made meanwhile."""

    def __init__(self, chart: Chart, label: str, datasets: Mapping[str, Any] | None = None) -> None:
        self._number, self._label = next(_numbers), label
        self._future = pen().draw(_styled(chart, datasets))

    def __html__(self) -> str:
        """Return the SVG, whose texts vega has escaped."""
        return embedded(self._future.result(), self._label, self._number)


def embedded(text: str, label: str, number: int) -> str:
    """Return an SVG with ids of its own, native tooltips and a label for those who hear the page."""
    own = f"figure{number}-"
    text = re.sub(r'(id="|url\(#)', rf"\g<1>{own}", text)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
    text = re.sub(r'<path aria-label="([^"]*)"([^>]*?)\s*(?:/>|></path>)', TITLED, text)
    text = re.sub(r' (aria-label|aria-roledescription|aria-hidden|role)="[^"]*"', "", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1)


def fan(
    table: pd.DataFrame,
    title: str,
    seen: pd.DataFrame,
    *,
    width: int = HALF,
    height: int = 170,
    unit: str = "people",
) -> Chart:
    """Return a fan: the median and the 50, 80 and 90 % ranges over `time`, with counts on it.

    `table` has time and p05 … p95; `seen` what `observed.counts` gives, its height in column `per_day`.
    """
    table = table.assign(time=pd.to_datetime(table["time"]))
    x = alt.X("time:T", axis=_days(table["time"], narrow=width < HALF), title=None)
    parts = [
        pd.DataFrame({"time": table["time"], "low": table[low], "high": table[high], "share": share})
        for low, high, share in BANDS
    ]
    shade = alt.Opacity("share:N", scale=alt.Scale(domain=list(SHADES), range=list(SHADES.values())), legend=None)
    y = alt.Y("low:Q", title=title, axis=HEIGHTS, scale=GROUND)
    bands = alt.Chart(pd.concat(parts)).mark_area(color=BLUE, aria=False, interpolate="monotone")
    middle = alt.Chart(table).mark_line(color=BLUE, strokeWidth=2, aria=False, interpolate="monotone")
    layers = bands.encode(x=x, y=y, y2=alt.Y2("high:Q"), opacity=shade), middle.encode(x=x, y=alt.Y("p50:Q"))
    return alt.layer(*layers, *_marks(seen, table, unit)).properties(width=width, height=height)


def _days(times: pd.Series[Any], narrow: bool = False, orient: Any = "bottom") -> alt.Axis:
    """Return an axis of days: ticks by the week, closer for periods under three weeks, by months for long ones."""
    length = (times.max() - times.min()).days
    every = (2 if length <= 21 else 7) * (2 if narrow else 1)
    months = next((step for step in MONTHS if length / 30 / step <= MOST_TICKS), MONTHS[-1])
    freq, form = (f"{months}MS", "%b %Y") if length > LONG else (f"{every}D", "%-d %b")
    ticks = pd.date_range(times.min().normalize(), times.max(), freq=freq)
    values = [alt.DateTime(year=t.year, month=t.month, date=t.day) for t in ticks]
    return alt.Axis(values=values, format=form, grid=True, labelFlush=False, orient=orient)


def _marks(seen: pd.DataFrame, table: pd.DataFrame, unit: str) -> list[Chart]:
    """Return the counts: a dot for a day or a moment, a bar for a longer window; hollow if then unknown."""
    if seen.empty:
        return []
    inside = (seen["to"] >= table["time"].min()) & (seen["from"] <= table["time"].max())
    seen = seen[inside & seen["per_day"].notna()]
    if seen.empty:
        return []
    first = seen["from"].clip(lower=table["time"].min())
    last = seen["to"].clip(upper=table["time"].max())
    short = (seen["to"] - seen["from"]) <= pd.Timedelta(days=1.5)
    shown = pd.DataFrame(
        {
            "from": first,
            "to": last,
            "middle": first + (last - first) / 2,
            "value": _heights(seen["per_day"], unit),
            "fill": np.where(seen["late"].astype(bool), "white", ORANGE),
            "text": [_told(row, unit) for row in seen.to_dict("records")],
        }
    )
    y = alt.Y("value:Q", scale=GROUND, stack=None)  # bars of counts overlap, they do not add up
    text, fill = alt.Description("text:N"), alt.Fill("fill:N", scale=None)
    dots = alt.Chart(shown[short]).mark_point(size=34, stroke=ORANGE, strokeWidth=1.5, opacity=1)
    bars = alt.Chart(shown[~short]).mark_bar(height=3, stroke=ORANGE, strokeWidth=0.8, opacity=0.9)
    found = []
    if short.any():
        found.append(dots.encode(x="middle:T", y=y, fill=fill, description=text))
    if (~short).any():
        found.append(bars.encode(x="from:T", x2="to:T", y=y, fill=fill, description=text))
    return found


def _heights(values: pd.Series[Any], unit: str) -> Any:
    return values.astype(float) if unit == "hours" else rounded(values)


def _told(row: dict[Any, Any], unit: str) -> str:
    """Return the words of a count's tooltip."""
    shown = f"{row['per_day']:.0f}" if unit == "hours" else people(float(row["per_day"]))
    first, last = row["from"], row["to"]
    if first == last:
        when, per = f"{day(first)} {first:%H:%M}", ""
    else:  # the days that the window holds for the most part
        begin, end = (first + HALF_DAY).normalize(), (last + HALF_DAY).normalize() - pd.Timedelta(days=1)
        when, per = between(begin, end) if begin < end else day(begin), " a day" if unit == "people" else ""
    source = str(row.get("source") or row.get("evidence") or "")
    return f"Counted: {shown} {unit}{per}, {when}; {source}"


def series(values: Array, times: Any, whole: bool = True) -> pd.DataFrame:
    """Return the table of a fan from values (member, time); people are rounded (`whole`)."""
    if values.dtype.kind == "f":
        found = quantiles(values, list(QUANTILES.values()))
        table = pd.DataFrame({"time": times} | dict(zip(QUANTILES, found, strict=True)))
    else:
        table = pd.DataFrame({"time": times} | spread(values))
    bands = list(QUANTILES)
    table[bands] = rounded(table[bands]) if whole else table[bands].round(1)
    return table


def queue_tables(trajectory: xr.Dataset, crossing: str) -> dict[str, pd.DataFrame]:
    """Return the fans of one crossing: `people`, `vehicles` (if it has a lane for them), `hours`."""
    at = np.flatnonzero(trajectory["lane_crossing"].values == crossing)
    lanes, times = trajectory.isel(lane=at), local_ends(trajectory)
    tables = {"people": series(lanes["queue"].sum("lane").transpose("member", "step").values, times)}
    cars = lanes.isel(lane=np.flatnonzero(lanes["lane_kind"].values == "vehicle"))
    if cars.sizes["lane"]:
        tables["vehicles"] = series(vehicles(cars), times)
    wait = lanes["wait"].transpose("member", "step", "lane").values
    longest = np.where(np.isnan(wait), -1.0, wait).max(axis=2)
    tables["hours"] = series(np.where(longest < 0, np.nan, longest), times, whole=False)
    tables["people per day"] = _served(lanes)
    return tables


def _served(lanes: xr.Dataset) -> pd.DataFrame:
    """Return the fan of people let through per local day."""
    steps = lanes["served"].sum("lane", dtype=np.int64).transpose("member", "step").values
    days = pd.DatetimeIndex(local_ends(lanes) - np.timedelta64(1, "s")).normalize()
    first = np.flatnonzero(~days.duplicated())
    return series(np.add.reduceat(steps, first, axis=1), days[first] + pd.Timedelta(hours=12))


def all_queues(trajectory: xr.Dataset, queues: Sequence[Queue], names: Names) -> Chart:
    """Return a heat map of the middle wait, crossings by days, for the crossings with the longest queues.

    Of a day in which all lanes stay shut (in half of the runs) no wait is known: it is marked.
    """
    lanes = np.asarray(trajectory["lane_crossing"].values, dtype=str)
    wait = trajectory["wait"].transpose("member", "step", "lane").values
    days = pd.DatetimeIndex(local_ends(trajectory) - np.timedelta64(1, "s")).normalize()
    rows = []
    for queue in queues:
        longest = np.where(np.isnan(wait), -1.0, wait)[:, :, lanes == queue.crossing].max(axis=2)
        middle = pd.Series(np.median(longest, axis=0)).groupby(days).max()
        rows += [(names.door(queue.crossing), day, hours) for day, hours in middle.items()]
    table = pd.DataFrame(rows, columns=["crossing", "day", "hours"])
    table["step"] = _binned(table["hours"], [-1, 0, 1, 6, 12, 24, 48])
    scale = alt.Scale(
        domain=["shut", "under 1 h", "1–6 h", "6–12 h", "12–24 h", "24–48 h", "over 48 h"],
        range=["#64748b", "#f1f5f9", "#fde0c5", "#f9b787", "#ee854f", "#c74a1f", "#7a1f0a"],
    )
    table["wait"] = table["step"].map(dict(enumerate(scale["domain"])))
    return _heat(table, "crossing", "wait", scale, [names.door(q.crossing) for q in queues], "Longest wait")


def _binned(values: pd.Series[Any], edges: Sequence[float]) -> Any:
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, None)


def _heat(table: pd.DataFrame, row: str, colour: str, scale: alt.Scale, order: Sequence[str], title: str) -> Chart:
    """Return a heat map of rows by days."""
    table = table.assign(end=pd.to_datetime(table["day"]) + pd.Timedelta(days=1))
    x = alt.X("day:T", axis=_days(table["day"]), title=None)
    y = alt.Y(f"{row}:N", sort=list(order), title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))
    legend = alt.Legend(title=title, orient="top", symbolType="square", symbolStrokeWidth=0, columns=7)
    return (
        alt.Chart(table)
        .mark_rect(aria=False, stroke="white", strokeWidth=1)
        .encode(x=x, x2="end:T", y=y, color=alt.Color(f"{colour}:N", scale=scale, legend=legend))
        .properties(width=WIDE - 290, height=alt.Step(19))
    )


def seats(trajectory: xr.Dataset, services: Sequence[str], names: Names) -> Chart:
    """Return a heat map of the first day with a free seat (middle of the runs), services by days."""
    chosen = trajectory["next_seat"].sel(service=list(services)).transpose("member", "service", "day").values
    middle = np.median(chosen, axis=0)
    table = pd.DataFrame(
        {
            "service": np.repeat([names.service(name) for name in services], middle.shape[1]),
            "day": np.tile(days_of(trajectory), len(services)),
            "step": _binned(pd.Series(np.ceil(middle.ravel())), [edge for edge, _, _ in SEATS]),
        }
    )
    shown = SEATS if (middle < 0).any() else SEATS[1:]
    scale = alt.Scale(domain=[word for _, word, _ in shown], range=[colour for _, _, colour in shown])
    table["free"] = table["step"].map({number: word for number, (_, word, _) in enumerate(SEATS)})
    order = [names.service(name) for name in services]
    return _heat(table, "service", "free", scale, order, "First free seat")


def fares(trajectory: xr.Dataset, service: str) -> Chart:
    """Return the fan of one service's fare in roubles, or in thousands of them."""
    values = trajectory["fare"].sel(service=service).transpose("member", "day").values.astype(float)
    unit, scale = ("thousand RUB", 1000.0) if values.max() >= THOUSANDS else ("RUB", 1.0)
    table = series(values / scale, days_of(trajectory), whole=False)
    return fan(table, f"{unit}, one way", pd.DataFrame(), width=240, height=110)


def events(scenario: Scenario, trajectory: xr.Dataset) -> pd.DataFrame:
    """Return what became known and when: time, what, status, policy, evidence; nothing later than `as_of`."""
    rows = [(s.at, s.what, "became known", "", s.evidence) for s in scenario.signals]
    for policy in scenario.policies:
        rows += [
            (entry.at, policy.what, STATUSES.get(entry.status, entry.status), policy.id, entry.evidence)
            for entry in policy.history
        ]
    table = pd.DataFrame(rows, columns=["time", "what", "status", "policy", "evidence"])
    stamps = pd.to_datetime(table["time"], utc=True)
    zone = pd.Timestamp(f"2000-01-01T00:00{trajectory.attrs['utc_offset']}").tzinfo
    table["time"] = stamps.dt.tz_convert(zone).dt.tz_localize(None)
    as_of = str(trajectory.attrs["as_of"])
    if as_of:
        table = table[table["time"] < as_of_moment(as_of, trajectory)]
    return table.sort_values("time", kind="stable", ignore_index=True)


def timeline(table: pd.DataFrame, trajectory: xr.Dataset) -> Chart:
    """Return the events within the period on a time line, a row each, marked by status."""
    days = days_of(trajectory)
    end = days[-1] + pd.Timedelta(days=1)
    table = table[(table["time"] >= days[0] - pd.Timedelta(days=2)) & (table["time"] < end)]
    row = {what: "\n".join(textwrap.wrap(what, 58)[:2]) for what in table["what"]}
    table = table[["time", "status"]].assign(row=table["what"].map(row))
    order = list(dict.fromkeys(table["row"]))
    used = [status for status in STATUS_LOOK if status in set(table["status"])]
    look = {
        "color": alt.Scale(domain=used, range=[STATUS_LOOK[status][0] for status in used]),
        "shape": alt.Scale(domain=used, range=[STATUS_LOOK[status][1] for status in used]),
    }
    axis = alt.Axis(
        labelExpr="split(datum.label, '\\n')",
        labelLimit=380,
        ticks=False,
        domain=False,
        grid=True,
        labelPadding=8,
    )
    legend = alt.Legend(title=None, orient="top", symbolSize=80, labelFontSize=12, columns=4)
    return (
        alt.Chart(table)
        .mark_point(filled=True, size=85, opacity=1, aria=False)
        .encode(
            x=alt.X(
                "time:T", title=None, axis=_days(pd.Series(days), orient="top"),
                scale=alt.Scale(domain=[_moment(min(days[0], table["time"].min())), _moment(end)]),
            ),
            y=alt.Y("row:N", sort=order, title=None, axis=axis),
            color=alt.Color("status:N", scale=look["color"], legend=legend),
            shape=alt.Shape("status:N", scale=look["shape"], legend=legend),
        )
        .properties(width=WIDE - 400, height=alt.Step(31))
    )  # fmt: skip


def _moment(stamp: pd.Timestamp) -> alt.DateTime:
    return alt.DateTime(year=stamp.year, month=stamp.month, date=stamp.day, hours=stamp.hour, minutes=stamp.minute)
