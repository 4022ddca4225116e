"""The results page of the benchmark, written by `egress score --benchmark --page FILE`; figures as they came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from egress.baselines import NAMES
from egress.benchmark.tasks import TASKS, Results, Task
from egress.score.summary import COVERED, INTERVAL, rows, summary

if TYPE_CHECKING:
    import pandas as pd

ALL = "all series"
HEAD = """# The benchmark of sudden exits: results

Written by `egress score --benchmark{members} --seeds {seeds} --page FILE` ({rounds} rounds of the smoother,
{minutes:.0f} minutes); do not edit. Both columns start from priors that nothing of the crisis has shaped.
CRPS is that of the members as issued; a ratio below 1 is better than the rule. A (series, origin) enters CRPS and
ratios only where each of the five rules is defined; n counts windows, pairs (series, origin). "All" counts every
window scored: 50, 80 and 90 % are the shares of these inside the ranges. Beside each ratio stands its interval
({interval:.0%}, pairs drawn with replacement; none where there is one pair). With n < 8 nothing can be said.
"""


def summarised(results: Results) -> pd.DataFrame:
    """Return the summary by task, mode, series and horizon, with rows for all series of a task together."""
    import pandas as pd

    parts = []
    for task in TASKS:
        table = results.scores[results.scores["task"] == task.name]
        if table.empty:
            continue
        days = task.days or None
        parts.append(summary(table, days=days))
        if table["series"].nunique() > 1:
            both = summary(table, by=("task", "mode", "horizon"), days=days)
            parts.append(both.assign(series=ALL))
    return pd.concat(parts, ignore_index=True)


def as_json(results: Results) -> list[dict[str, object]]:
    """Return the rows of the issue: task, mode, series, horizon, n, scores, coverage, baselines, ratios."""
    return rows(summarised(results))


def page(results: Results) -> str:
    """Return the page as Markdown."""
    size = results.size
    found = summarised(results)
    parts = [
        HEAD.format(
            members="" if size.members is None else f" --members {size.members}",
            seeds=len(size.seeds),
            rounds=size.rounds,
            minutes=results.seconds / 60,
            interval=INTERVAL,
        )
    ]
    for task in TASKS:
        part = found[found["task"] == task.name]
        if len(part):
            parts.append(_task(task, part, size.members_of(task)))
    if len(results.rivals):
        parts.append(_rivals(results.rivals))
    return "\n".join(parts)


def _task(task: Task, part: pd.DataFrame, members: int) -> str:
    lines = [f"## Task {task.name}: {task.scenario}, {members:,} members, origins {', '.join(task.origins)}", ""]
    for mode in part["mode"].unique():
        chosen = part[part["mode"] == mode]
        lines += [f"### {mode}", "", *_table(chosen, bool(task.days)), "", _coverage(chosen), ""]
    return "\n".join(lines)


def _coverage(part: pd.DataFrame) -> str:
    """Return in words what share of all windows of a task lies inside the ranges."""
    own = part[part["series"] != ALL]
    n = own["n_scored"].to_numpy(float)
    held = [f"{float((own[name] * n).sum() / n.sum()):.0%}" for name in COVERED]
    return f"Of all {n.sum():.0f} windows the 50, 80 and 90 % ranges hold {', '.join(held[:-1])} and {held[-1]}."


def _table(part: pd.DataFrame, by_day: bool) -> list[str]:
    names = ["series", "days", "n (pairs)", "CRPS", "log CRPS", "all", "50 %", "80 %", "90 %"]
    names += [f"÷ {name}" for name in NAMES] + ["says"]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in part.to_dict("records"):
        horizon = str(row["horizon_days"] if by_day else row["horizon"])
        cells = [str(row["series"]), horizon, f"{row['n']} ({row['pairs']})", f"{row['crps']:,.0f}"]
        cells += [_number(row["log_crps"]), f"{row['n_scored']}", *(f"{100 * row[name]:.0f}" for name in COVERED)]
        cells += [_ratio(*(row[f"ratio_{name}{end}"] for end in ("", "_low", "_high"))) for name in NAMES]
        lines.append("| " + " | ".join([*cells, str(row["says"])]) + " |")
    return lines


def _ratio(ratio: float, low: float, high: float) -> str:
    return f"{_number(ratio)} ({low:.2f}–{high:.2f})" if np.isfinite(low) else _number(ratio)


def _rivals(rivals: pd.DataFrame) -> str:
    lines = ["## Beside official forecasts and plans", ""]
    names = ["task", "mode", "origin", "what", "official", "by", "egress p50 (p10–p90)", "counted"]
    lines += ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    keys = ["task", "mode", "origin", "what", "by"]
    for key, part in rivals.groupby(keys, sort=False):
        task, mode, origin, what, by = (str(name) for name in key)
        middle = part[["p10", "p50", "p90", "counted", "official_low", "official_value", "official_high"]].mean()
        official = f"{middle['official_value']:,.0f}"
        if not np.isfinite(middle["official_value"]):
            official = f"{middle['official_low']:,.0f}–{middle['official_high']:,.0f}"
        said = f"{middle['p50']:,.0f} ({middle['p10']:,.0f}–{middle['p90']:,.0f})"
        lines.append(
            "| " + " | ".join([task, mode, origin, what, official, by, said, f"{middle['counted']:,.0f}"]) + " |"
        )
    return "\n".join([*lines, ""])


def _number(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "n/a"
