"""Charts of a forecast: past and future on either side of the origin, branches, what was learnt, what changed.

Imported only when a report is written, for altair is slow to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from egress.report.charts import BANDS, BLUE, GREY, GROUND, HALF, HEIGHTS, INK, ORANGE, SHADES, Chart, _days, _marks

GREEN = "#009E73"
HAPPENS, NOT, MIXTURE = "if it happens", "if it does not", "mixture of both"
THEN, NOW = "yesterday's forecast", "this forecast"
BEFORE, AFTER = "before the counts", "after the counts"


def fan(
    table: pd.DataFrame,
    origin: pd.Timestamp,
    title: str,
    seen: pd.DataFrame,
    *,
    unit: str = "people",
    width: int = HALF,
    height: int = 170,
) -> Chart:
    """Return the model's past in grey and the forecast in blue, on either side of the origin, with the counts.

    `table` has time and p05 … p95; `seen` what `observed.counts` gives.
    """
    table = table.assign(time=pd.to_datetime(table["time"]))
    past, ahead = table[table["time"] < origin], table[table["time"] >= origin]
    x = alt.X("time:T", axis=_days(table["time"], narrow=width < HALF), title=None)
    layers = [
        _band(past, x, title, GREY, ("p05", "p95"), 0.2),
        _line(past, x, GREY),
        *(_band(ahead, x, title, BLUE, (low, high), SHADES[share]) for low, high, share in BANDS),
        _line(ahead, x, BLUE),
        _origin(origin),
        *_marks(seen, table, unit),
    ]
    return alt.layer(*layers).properties(width=width, height=height)


def _band(table: pd.DataFrame, x: alt.X, title: str, colour: str, ends: tuple[str, str], opacity: float) -> Chart:
    area = alt.Chart(table[["time", *ends]]).mark_area(
        color=colour, opacity=opacity, aria=False, interpolate="monotone"
    )
    y = alt.Y(f"{ends[0]}:Q", title=title, axis=HEIGHTS, scale=GROUND)
    return area.encode(x=x, y=y, y2=f"{ends[1]}:Q")


def _line(table: pd.DataFrame, x: alt.X, colour: str, dash: list[int] | None = None) -> Chart:
    look: dict[str, Any] = {"color": colour, "strokeWidth": 2, "aria": False, "interpolate": "monotone"}
    mark = alt.Chart(table[["time", "p50"]]).mark_line(**look, strokeDash=dash or [1, 0])
    return mark.encode(x=x, y=alt.Y("p50:Q", scale=GROUND))


def _origin(origin: pd.Timestamp) -> Chart:
    """Return the line between what is known and what is forecast."""
    data = pd.DataFrame({"time": [origin]})
    return alt.Chart(data).mark_rule(color=INK, strokeDash=[3, 3], strokeWidth=1.2, aria=False).encode(x="time:T")


def split(
    past: pd.DataFrame, parts: Mapping[str, pd.DataFrame], origin: pd.Timestamp, title: str, seen: pd.DataFrame
) -> Chart:
    """Return the past in grey and two futures: orange if a policy happens, blue if not, the mixture dashed.

    `parts` are the tables of HAPPENS, NOT and MIXTURE; bands hold 8 of 10 members of a branch.
    """
    times = pd.concat([past["time"], parts[MIXTURE]["time"]], ignore_index=True)
    x = alt.X("time:T", axis=_days(pd.to_datetime(times)), title=None)
    colours = {HAPPENS: ORANGE, NOT: BLUE}
    layers = [
        _band(past, x, title, GREY, ("p10", "p90"), 0.2),
        _line(past, x, GREY),
        *(_band(parts[name], x, title, colour, ("p10", "p90"), 0.24) for name, colour in colours.items()),
        *(_line(parts[name], x, colour) for name, colour in colours.items()),
        _line(parts[MIXTURE], x, INK, [2, 3]),
        _origin(origin),
        *_marks(seen, pd.DataFrame({"time": pd.to_datetime(times)}), "people"),
    ]
    return alt.layer(*layers).properties(width=HALF, height=190)


def changed(table: pd.DataFrame, title: str) -> Chart:
    """Return the medians of two forecasts day by day: columns date, before, now."""
    times = pd.to_datetime(table["date"]) + pd.Timedelta(hours=12)
    x = alt.X("time:T", axis=_days(times, narrow=True), title=None)
    lines = {"before": (GREY, [4, 3]), "now": (BLUE, [1, 0])}
    layers = []
    for name, (colour, dash) in lines.items():
        data = pd.DataFrame({"time": times, "p50": table[name]})
        mark = alt.Chart(data).mark_line(color=colour, strokeWidth=2, strokeDash=dash, aria=False)
        layers.append(mark.encode(x=x, y=alt.Y("p50:Q", title=title, axis=HEIGHTS, scale=GROUND)))
    return alt.layer(*layers).properties(width=230, height=110)


def learnt(table: pd.DataFrame) -> Chart:
    """Return prior and posterior ranges: columns name, prior_p05 … posterior_p95; 0 and 1 are the ends of the prior."""
    wide = (table["prior_p95"] - table["prior_p05"]).replace(0.0, np.nan)
    parts = []
    for word, label in (("prior", BEFORE), ("posterior", AFTER)):
        ends = {q: (table[f"{word}_{q}"] - table["prior_p05"]) / wide for q in ("p05", "p50", "p95")}
        parts.append(pd.DataFrame({"name": table["name"], "which": label, **ends}))
    data = pd.concat(parts, ignore_index=True).dropna()
    labels = "datum.value == 0 ? 'prior 5 %' : datum.value == 1 ? 'prior 95 %' : ''"
    axis = alt.Axis(values=[0, 1], labelExpr=labels, grid=True, title=None)
    y = alt.Y("name:N", sort=list(table["name"]), title=None, axis=alt.Axis(labelLimit=330, ticks=False, domain=False))
    scale = alt.Scale(domain=[BEFORE, AFTER], range=["#9ca3af", BLUE])
    colour = alt.Color("which:N", scale=scale, legend=alt.Legend(title=None, orient="top", symbolType="square"))
    lift = alt.YOffset("which:N", sort=[BEFORE, AFTER])
    base = alt.Chart(data)
    bars = base.mark_bar(height=6, aria=False).encode(
        x=alt.X("p05:Q", axis=axis), x2="p95:Q", y=y, yOffset=lift, color=colour
    )
    ticks = base.mark_tick(color=INK, thickness=2, height=9, aria=False)
    middles = ticks.encode(x=alt.X("p50:Q", axis=axis), y=y, yOffset=lift)
    return alt.layer(bars, middles).properties(width=480, height=alt.Step(11))


def surprises(table: pd.DataFrame) -> Chart:
    """Return counts against yesterday's ranges, as shares of yesterday's middle: columns row, low, high, at, fits."""
    scale = alt.Scale(type="log", nice=False)
    values = [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10]
    axis = alt.Axis(values=values, format="~g", grid=True)
    y = alt.Y("row:N", sort=list(table["row"]), title=None, axis=alt.Axis(labelLimit=330, ticks=False, domain=False))
    base = alt.Chart(table)
    title = "÷ the middle of yesterday's forecast"
    bars = base.mark_bar(height=8, color=BLUE, opacity=0.3, aria=False)
    bars = bars.encode(x=alt.X("low:Q", scale=scale, axis=axis, title=title), x2="high:Q", y=y)
    dots = base.mark_point(filled=True, size=60, opacity=1, aria=False)
    colour = alt.Color("fits:N", scale=alt.Scale(domain=[True, False], range=[GREEN, ORANGE]), legend=None)
    dots = dots.encode(x=alt.X("at:Q", scale=scale, axis=axis, title=title), y=y, color=colour)
    one = base.mark_rule(color=INK, strokeDash=[3, 3], aria=False).encode(x=alt.datum(1.0))
    return alt.layer(bars, one, dots).properties(width=440, height=alt.Step(20))
