"""Charts of scores: the ratio to each baseline with its interval, and where the counts fell (PIT)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from egress.baselines import BINS, NAMES
from egress.report.charts import BLUE, GREY, INK, ORANGE, Chart
from egress.score.summary import FEW

if TYPE_CHECKING:
    from collections.abc import Sequence

HORIZONS = [f"{name} days" for name, _ in BINS]
CLEAR, UNCLEAR = "the interval is on one side of 1", "it is not, or the counts are too few"
PARTS = 10  # of the PIT histogram
TICKS = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]


def ratios(summed: pd.DataFrame) -> Chart:
    """Return the CRPS of the forecast ÷ that of each baseline on a log scale, a panel for each horizon bin.

    `summed` is a `score.summary` by columns of which `horizon` is one; its other keys become rows within a panel
    where there are several of them. Left of 1 the forecast is better. Ratios that are not defined are left out.
    Raises ValueError where none is.
    """
    table = ratio_table(summed)
    if table.empty:
        raise ValueError("no ratio is defined: there is nothing to draw")
    x = alt.X(
        "ratio:Q", scale=alt.Scale(type="log"), title="CRPS ÷ baseline's", axis=alt.Axis(values=TICKS, format="~g")
    )
    y = alt.Y("row:N", sort=list(dict.fromkeys(table["row"])), title=None, axis=alt.Axis(labelLimit=260, domain=False))
    legend = alt.Legend(title=None, orient="top", symbolOpacity=1, labelLimit=400)
    colour = alt.Color("sure:N", scale=alt.Scale(domain=[CLEAR, UNCLEAR], range=[BLUE, GREY]), legend=legend)
    base = alt.Chart(table)
    bars = base.mark_rule(strokeWidth=2, aria=False).encode(x2="high:Q", y=y, color=colour)
    bars = bars.encode(x=alt.X("low:Q", scale=alt.Scale(type="log"), title="CRPS ÷ baseline's"))
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(x=x, y=y, color=colour, description="told:N")
    one = base.mark_rule(color=ORANGE, strokeDash=[4, 3], aria=False).encode(x=alt.datum(1.0))
    panel = alt.layer(one, bars, dots).properties(width=230, height=alt.Step(17))
    used = [name for name in HORIZONS if name in set(table["horizon"])]
    header = alt.Header(title=None, labelFontSize=12, labelFontWeight="bold", labelColor=INK)
    return panel.facet(column=alt.Column("horizon:N", sort=used, header=header))


def ratio_table(summed: pd.DataFrame) -> pd.DataFrame:
    """Return what `ratios` draws: horizon, row, ratio, low, high (the ratio where there is no interval), sure, told."""
    keys = [name for name in ("task", "mode", "series", "size") if name in summed and summed[name].nunique() > 1]
    found = []
    for row in summed.to_dict("records"):
        for name in NAMES:
            ratio, low, high = (float(row[f"ratio_{name}{end}"]) for end in ("", "_low", "_high"))
            if not (np.isfinite(ratio) and ratio > 0):
                continue
            label = ", ".join(str(row[key]) for key in keys)
            sure = row["n"] >= FEW and (high < 1 or low > 1)
            said = {"row": f"{label}: {name}" if label else name, "sure": CLEAR if sure else UNCLEAR}
            said |= {"horizon": f"{row['horizon']} days", "told": _told(name, ratio, low, high, row["n"])}
            found.append(said | {"ratio": ratio, **_ends(ratio, low, high)})
    return pd.DataFrame(found)


def _ends(ratio: float, low: float, high: float) -> dict[str, float]:
    return {"low": low, "high": high} if low > 0 and high > 0 else {"low": ratio, "high": ratio}


def _told(name: str, ratio: float, low: float, high: float, n: int) -> str:
    """Return the words of a tooltip."""
    interval = f" ({low:.2f} to {high:.2f})" if np.isfinite(low) else ""
    few = ", too few to say" if n < FEW else ""
    return f"{ratio:.2f}{interval} times the CRPS of {name}; n = {n}{few}"


def pit(table: pd.DataFrame) -> Chart:
    """Return the histogram of PIT over a table of `scores`, a panel for each horizon bin.

    Flat: the ranges are right. A hump: too wide. A valley: too narrow. High at the right: too few people forecast.
    The line is what flat would be. Raises ValueError where nothing is scored.
    """
    counted = pit_table(table)
    if counted.empty:
        raise ValueError("nothing is scored: there is nothing to draw")
    x = alt.X("from:Q", title="where the count fell among the members", scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("share:Q", title="share of counts", axis=alt.Axis(format="%", tickCount=4))
    blocks = alt.Chart(counted).mark_rect(color=BLUE, stroke="white")
    bars = blocks.encode(x=x, x2="to:Q", y=y, y2=alt.datum(0), description="told:N")
    flat = alt.Chart(counted).mark_rule(color=ORANGE, strokeDash=[4, 3], aria=False).encode(y=alt.datum(1 / PARTS))
    panels = alt.layer(bars, flat).properties(width=230, height=130)
    header = alt.Header(title=None, labelFontSize=12, labelFontWeight="bold", labelColor=INK)
    return panels.facet(column=alt.Column("panel:N", sort=list(dict.fromkeys(counted["panel"])), header=header))


def pit_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return what `pit` draws: panel, from, to, share and told, a row per part of each horizon bin."""
    found: list[dict[str, Any]] = []
    edges: Sequence[float] = np.linspace(0, 1, PARTS + 1).tolist()
    for name, _ in BINS:
        values = table.loc[table["horizon"] == name, "pit"].dropna().to_numpy(float)
        counts, _ = np.histogram(values, bins=edges)
        n = len(table.loc[table["horizon"] == name, ["series", "origin", "start", "end"]].drop_duplicates())
        for low, high, count in zip(edges, edges[1:], counts.tolist(), strict=False):
            if len(values):
                share = count / len(values)
                told = f"{share:.0%} between {low:.1f} and {high:.1f}"
                found.append({"panel": f"{name} days, n = {n}", "from": low, "to": high, "share": share, "told": told})
    return pd.DataFrame(found)
