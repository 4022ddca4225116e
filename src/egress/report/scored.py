"""The command `egress score FORECAST OBSERVATIONS`: a table, charts, or rows of JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group, RenderableType
from rich.text import Text

from egress.baselines import NAMES
from egress.benchmark import saved
from egress.benchmark.tasks import OVERLAPPING, targets
from egress.errors import EgressError
from egress.forecasts import Forecast
from egress.observations import Observations
from egress.observe import unanswered
from egress.replaced import write_file
from egress.report.summary import _table
from egress.score.summary import TOO_FEW, rows, summary
from egress.score.table import SHARES, THRESHOLDS

if TYPE_CHECKING:
    from rich.table import Table

NO_RATIO = "n/a"


@dataclass(frozen=True)
class Scored:
    """The scores of one forecast: a row per count, and means per bin of horizons."""

    name: str
    table: pd.DataFrame
    means: pd.DataFrame
    unanswered: tuple[str, ...]
    """In words, the counts of which the forecast says nothing, and why."""


def of_forecast(folder: Path, observations: Path) -> Scored:
    """Score the forecast in a folder; EgressError where there is nothing to score.

    `observations` may be a Flee folder: the reports in its source_data.
    """
    forecast, counts = Forecast.open(folder), _counts(observations)
    table = saved.of_forecast(forecast, counts)
    rows = saved.with_middles(counts.data)
    left = unanswered(forecast.trajectory, targets(rows, forecast.origin)) + tuple(_repeated(rows, forecast.origin))
    if table.empty:
        raise EgressError(
            f"{observations}: no count whose window ends within 14 days of {forecast.origin.isoformat()} "
            f"is one that the forecast can answer{': ' if left else ''}{'; '.join(left)}"
        )
    means = summary(table, by=("horizon",))
    return Scored(f"{forecast.about['title']}, {forecast.origin:%d %b %Y}", table, means, left)


def _repeated(counts: pd.DataFrame, origin: datetime) -> Iterator[str]:
    """Yield the series that are not scored because their names say that they tell what others tell."""
    for series in sorted({name for name in counts["series"] if name.endswith(OVERLAPPING)}):
        number = len(targets(counts, origin, (series,)))
        if number:
            yield f"{number} of {series} (a name that ends so stands for what other series tell)"


def _counts(source: Path) -> Observations:
    from egress.formats.flee import is_flee, read_instance
    from egress.formats.flee.published import observations

    return observations(read_instance(source).scenario) if is_flee(source) else Observations.read(source)


def scored_what(found: Scored) -> str:
    """Return what was scored, in a line."""
    number = len(found.table)
    counts = f"{number} {'count' if number == 1 else 'counts'}"
    return f"{found.name}: {counts} scored; lower is better, coverage should be as its name says"


def told(found: Scored) -> RenderableType:
    """Return the tables that are printed: scores by horizon, ratios to the baselines, chances."""
    head = scored_what(found)
    few = f"Ratio: CRPS ÷ that of the rule (90 % interval); below 1 the forecast is better. Under 8 counts: {TOO_FEW}. "
    few += f"{NO_RATIO}: a rule needs three daily counts known at the origin (persistence one). "
    few += "Left out: counts for which not every rule is defined, where it is for others; coverage counts them too."
    lines = [Text(few)]
    if found.unanswered:
        lines.append(Text(f"Not scored: {'; '.join(found.unanswered)}."))
    return Group(Text(head, style="bold"), _scores(found.means), _ratios(found.means), _brier(found.table), *lines)


def _scores(means: pd.DataFrame) -> Table:
    table = _table("Scores")
    columns = ("days ahead", "n", "left out", "CRPS", "log1p-CRPS", "WIS", "= spread", "+ over", "+ under")
    for name in (*columns, *(f"in {share} %" for share in SHARES)):
        table.add_column(name, justify="right")
    for row in means.to_dict("records"):
        numbers = [f"{row[name]:,.1f}" for name in ("wis", "spread", "over", "under")]
        covered = [f"{row[f'covered{share}']:.0%}" for share in SHARES]
        first = row["horizon"], f"{row['n']}", f"{row['left_out']}", f"{row['crps']:,.1f}", _plain(row["log_crps"])
        table.add_row(*first, *numbers, *covered)
    return table


def _plain(value: float) -> str:
    return NO_RATIO if value != value else f"{value:.3f}"


def _ratios(means: pd.DataFrame) -> Table:
    table = _table("CRPS ÷ that of five simple rules")
    for name in ("days ahead", "n", *NAMES, "best rule", "says"):
        table.add_column(name, justify="right")
    for row in means.to_dict("records"):
        cells = [_ratio(*(row[f"ratio_{name}{end}"] for end in ("", "_low", "_high"))) for name in NAMES]
        table.add_row(row["horizon"], f"{row['n']}", *cells, row["best"] or NO_RATIO, row["says"])
    return table


def _ratio(ratio: float, low: float, high: float) -> str:
    if ratio != ratio:
        return NO_RATIO
    return f"{ratio:.2f}" if low != low else f"{ratio:.2f} ({low:.2f}–{high:.2f})"


def _brier(scores: pd.DataFrame) -> Table:
    table = _table("Brier score of more than so many, and PIT")
    for name in ("days ahead", *(f"> {number:,}" for number in THRESHOLDS), "mean PIT"):
        table.add_column(name, justify="right")
    for horizon, part in scores.groupby("horizon", sort=False):
        values = [f"{part[f'brier_{number:g}'].mean():.3f}" for number in THRESHOLDS]
        table.add_row(str(horizon), *values, f"{part['pit'].mean():.2f}")
    return table


def as_json(found: Scored) -> str:
    """Return the rows that `--json` prints, a row per series and horizon (score.summary.rows)."""
    return json.dumps(rows(summary(found.table)), indent=1)


def write_charts(found: Scored, path: Path) -> None:
    """Write the ratios to the baselines and the histogram of PIT as one HTML file; OutputError if it cannot be."""
    from egress.report import charts
    from egress.report import scores as drawings

    parts = []
    for title, draw, table in (
        ("CRPS ÷ that of simple rules", drawings.ratios, found.means),
        ("Where the counts fell among the members (PIT)", drawings.pit, found.table),
    ):
        try:
            body = charts.svg(draw(table), title)
        except ValueError as error:
            body = f"<p>{error}</p>"
        parts.append(f"<h2>{title}</h2>\n{body}")
    head = '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8"><title>Scores · egress</title>'
    head += '<meta name="viewport" content="width=device-width">'
    style = '<body style="font: 16px/1.5 Helvetica, Arial, sans-serif; margin: 32px">'
    said = f"<h1>Scores of a forecast</h1>\n<p>{html.escape(scored_what(found))}.</p>"
    write_file(path, "\n".join([head, style, said, *parts, "</body></html>\n"]))
