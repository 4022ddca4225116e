"""Tasks F and F+ as sections of the benchmark's page, and as rows of its JSON (egress.benchmark.page has R and U)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from egress.flee.instances import NOWHERE
from egress.flee.reports import LONG
from egress.flee.split import ALL, FLEE, OWN, Beside, Split
from egress.score.summary import verdict

HORIZON = {1: "next report", LONG: f"{LONG} days or more"}
TARGET = {1: "the next day of reports", LONG: f"the first one {LONG} days on or later"}
COLD = """## Task F: the split over camps, cold

ARD of all days, by conflict; total arrivals given as Flee gets them. To beat: the least of Flee's listed settings, a
choice made with hindsight. [How to read it](flee-split.md).
"""
UPDATED = """## Task F+: the split over camps, with each report

Error of the target day as a share of its total, mean over n origins. To beat: the last report's split. The mean line
has the mean of the ratios; there is no interval in it. [How to read it](flee-split.md).
"""
LEFT_OUT = f"Tasks F and F+ are left out. {NOWHERE} (--flee DIR names the folder)."
NONE = dict.fromkeys(("crps", "log_crps", "crps_scored", "coverage50", "coverage80", "coverage90"))


def page(found: Split | None) -> str:
    """Return the sections as Markdown; None: the tasks were left out."""
    if found is None:
        return f"## Tasks F and F+\n\n{LEFT_OUT}\n"
    return "\n".join([COLD, cold(found), UPDATED, updated(found)])


def cold(found: Split) -> str:
    """Return the table of task F: a line per way of doing it, a column per conflict."""
    names = list(found.lines[OWN])
    head = f"| | {' | '.join(names)} | mean |\n{'|---' * (len(names) + 2)}|"
    lines = [line(label, values.values()) for label, values in found.lines.items()]
    return "\n".join([head, *lines, "", _gain(found), ""])


def line(label: str, values: Iterable[float]) -> str:
    """Return a line of the table of task F; no mean where a conflict has no number."""
    errors = np.array(list(values))
    cells = [f"{error:.3f}" if np.isfinite(error) else "" for error in errors]
    mean = f"{errors.mean():.4f}" if np.isfinite(errors).all() else ""
    return f"| {label} | {' | '.join(cells)} | {mean} |"


def _gain(found: Split) -> str:
    """Return by how much egress is below Flee, how sure that is, and which conflict decides it."""
    ours, flee = (found.lines[label] for label in (OWN, FLEE))
    gain = np.array([ours[name] - flee[name] for name in ours])
    most = int(np.abs(gain).argmax())
    draws = np.random.default_rng(1).integers(0, len(gain), size=(10_000, len(gain)))
    low, high = np.quantile(gain[draws].mean(axis=1), [0.05, 0.95])
    return (
        f"egress less Flee: {gain.mean():+.4f} (90 % {low:+.3f} to {high:+.3f}, conflicts drawn with replacement); "
        f"lower in {int((gain < 0).sum())} of {len(gain)}; "
        f"without {list(ours)[most]} {np.delete(gain, most).mean():+.4f}"
    )


def updated(found: Split) -> str:
    """Return the tables of task F+, one per horizon."""
    parts = []
    for ahead in dict.fromkeys(row.days for row in found.updated):
        parts.append(f"### Target: {TARGET[ahead]}\n")
        parts.append("| conflict | n | last report's split | egress | ratio | 90 % | says |\n" + "|---" * 7 + "|")
        for row in (row for row in found.updated if row.days == ahead):
            cells = [f"{row.rule:.4f}", f"{row.ours:.4f}", f"{row.ratio:.2f}"]
            if row.series == ALL:
                parts.append(f"| mean | | {' | '.join(cells)} | | |\n")
                continue
            said = verdict(row.drawn, row.low, row.high)
            parts.append(f"| {row.series} | {row.n} | {' | '.join(cells)} | {row.low:.2f}–{row.high:.2f} | {said} |")
    return "\n".join(parts)


def rows(found: Split | None) -> list[dict[str, object]]:
    """Return rows of the shape of `score.summary.rows`, whose CRPS is None: these tasks score errors, not ranges.

    F has `ard` and `ard_flee_best`, F+ `error` and `error_last_report`; both have `ratio`, ours to the rule.
    """
    if found is None:
        return []
    cold = [_row("F", "cold", "all days", row, row.drawn, "Flee's best settings") for row in found.cold]
    updated = [_row("F+", "updated", HORIZON[row.days], row, row.n, "last report") for row in found.updated]
    return [*cold, *updated]


def _row(task: str, mode: str, horizon: str, row: Beside, pairs: int, rule: str) -> dict[str, object]:
    ours, theirs = ("ard", "ard_flee_best") if task == "F" else ("error", "error_last_report")
    said: dict[str, object] = {"task": task, "mode": mode, "series": row.series, "horizon": horizon}
    said |= {"horizon_days": row.days, "n": row.n, "n_scored": row.n, "pairs": pairs, **NONE, "baselines": {}}
    said |= {
        name: end if np.isfinite(end) else None for name, end in (("ratio_low", row.low), ("ratio_high", row.high))
    }
    said |= {"best": rule, "ratio": row.ratio, "says": verdict(row.drawn, row.low, row.high)}
    return said | {ours: row.ours, theirs: row.rule}
