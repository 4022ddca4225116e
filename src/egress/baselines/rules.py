"""What the five rules say of a window, and how wrong they were so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.baselines.known import (
    SLACK,
    Counts,
    Floats,
    Ints,
    Known,
    Window,
    dailies_of,
    horizon_days,
    kind_of,
    known_counts,
    per_day,
    window_of,
)
from egress.observations import moment
from egress.scenario.messages import MOMENT

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("persistence", "weekday", "drift", "decay", "excess")
FLOOR = 0.10  # log-sd one day ahead, at least; source: evaluation.md
DAILIES = 3  # what the rules but persistence need; source: evaluation.md
EXCESS_DAYS, DECAY_DAYS = 3, 7  # dailies, days; source: evaluation.md
LEAST = 1.0  # persons a day or units of a level: a log-normal has no median 0 (source: assumption)
LIKE = 0.5  # days by which windows of like length may differ (source: assumption)
COLUMNS = ("row", "baseline", "known", "median", "log_sd", "errors", "note")


def baselines(
    counts: pd.DataFrame, origin: datetime, windows: pd.DataFrame, ordinary: Sequence[float] | None = None
) -> pd.DataFrame:
    """Return what each rule says of each window, from the counts of one series known at the origin.

    `counts` and `windows` have start and end (texts or stamps with offset, `end` not in the window), and may have
    `kind` and `unit` as in a table of observations (else all are daily totals); `counts` also `value` (or low and
    high, whose middle is taken) and `published_at`. What was published at the origin or later, or never, is not
    used. `ordinary` are the persons of an ordinary Monday to Sunday (for a level: the level); without it every day
    counts as alike, and excess says the mean of the last three dailies, for a level that is flat cancels out.
    The result has a row per window and baseline with the columns COLUMNS: `row` is the position in `windows`,
    `known` and `median` in the unit of the window, `errors` how many errors log_sd comes from.
    Raises ValueError for times without offset, and an `ordinary` that is not seven numbers.

    >>> import pandas as pd
    >>> days = [f"2022-09-{day}T00:00+03:00" for day in range(10, 15)]
    >>> past = pd.DataFrame({"start": days[:3], "end": days[1:4], "value": [10, 20, 30], "published_at": days[1:4]})
    >>> ahead = pd.DataFrame({"start": days[3:4], "end": days[4:]})
    >>> table = baselines(past, moment("2022-09-13T00:01+03:00"), ahead)
    >>> table.set_index("baseline")["median"].round(1).to_dict()
    {'persistence': 30.0, 'weekday': 30.0, 'drift': 40.0, 'decay': 18.2, 'excess': 20.0}
    """
    import pandas as pd

    if origin.tzinfo is None:
        raise ValueError(f"{origin}: expected {MOMENT}")
    if ordinary is not None and len(ordinary) != 7:
        raise ValueError(f"expected an ordinary level for each of 7 weekdays, found {len(ordinary)}")
    known = known_counts(counts, origin)
    usual = None if ordinary is None else np.asarray(ordinary, dtype=float)
    rows = []
    for number, window in enumerate(windows.to_dict("records")):
        rows += [{"row": number} | found for found in _of_window(known, origin, window, usual)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def last(counts: pd.DataFrame, origin: datetime) -> float:
    """Return the last count known at the origin, per day (or as a level where there are no others); NaN: none."""
    known = known_counts(counts, origin)
    kept = known.flows if len(known.flows) else known.levels
    return float(kept.value[-1]) if len(kept) else float("nan")


def _of_window(known: Known, origin: datetime, row: Mapping[Any, Any], ordinary: Floats | None) -> list[dict[str, Any]]:
    """Return the columns of COLUMNS, but `row`, for one window."""
    window, base = window_of(row), 0.0
    unit = 1.0 / (window.end - window.begin) if per_day(row) and not window.level else 1.0
    if kind_of(row) == "cumulative":
        window, base = _since_last(known, window)
    end = moment(row["end"])
    assert end is not None  # window_of has read it
    days = horizon_days(origin, end)
    found = [_said(name, known, window, days, ordinary) for name in NAMES]
    for said in found:
        said |= {name: unit * (base + said[name]) for name in ("known", "median")}
    return found


def _since_last(known: Known, window: Window) -> tuple[Window, float]:
    """Return what is left of a cumulative window after the last cumulative count in it, and that count."""
    ends = [end for end in known.cumulative.get(window.begin, {}) if end < window.end]
    if not ends:
        return window, 0.0
    gone = round(ends[-1] - window.begin)
    left = window.days[gone:] if gone < len(window.days) else window.days[-1:]
    return Window(ends[-1], window.end, left, level=False), known.cumulative[window.begin][ends[-1]]


def _said(name: str, known: Known, window: Window, days: int, ordinary: Floats | None) -> dict[str, Any]:
    """Return what one rule says of a window, in persons or as a level."""
    counts = known.levels if window.level else known.flows
    dailies = dailies_of(counts)
    part, rest, note = _rule(name, counts, dailies, window, ordinary)
    if np.isnan(rest):
        return {"baseline": name, "known": np.nan, "median": np.nan, "log_sd": np.nan, "errors": 0, "note": note}
    used = counts if name == "persistence" else dailies
    errors = _errors(name, counts, dailies, window, window.end - used.end[-1], ordinary)
    rms = float(np.sqrt(np.mean(np.square(errors)))) if len(errors) else 0.0
    log_sd = max(FLOOR * np.sqrt(max(days, 1)), rms)
    return {
        "baseline": name,
        "known": part,
        "median": part + rest,
        "log_sd": log_sd,
        "errors": len(errors),
        "note": note,
    }


def _rule(
    name: str, counts: Counts, dailies: Counts, window: Window, ordinary: Floats | None
) -> tuple[float, float, str]:
    """Return what is counted of a window, what the rule says of the rest (NaN: undefined), and a note."""
    if not len(counts):
        return np.nan, np.nan, "no count is known"
    if name != "persistence" and len(dailies) < DAILIES:
        return np.nan, np.nan, f"{len(dailies)} dailies known, {DAILIES} needed"
    if (counts.value < 0).any():
        return np.nan, np.nan, "a count below 0 has no log-normal"
    told = np.isin(window.days, dailies.day) & (not window.level)
    part = float(dailies.value[np.isin(dailies.day, window.days[told])].sum())
    left = window.days[~told]
    says = np.full(len(left), counts.value[-1]) if name == "persistence" else _RULES[name](dailies, left, ordinary)
    note = _note(name, dailies, left, ordinary)
    return part * window.share, float(np.maximum(says, LEAST).sum()) * window.share, note


def _note(name: str, dailies: Counts, days: Ints, ordinary: Floats | None) -> str:
    """Say where a rule has to make do with less."""
    if name == "weekday" and not np.isin(days % 7, dailies.day % 7).all():
        return "no count of that weekday: the last daily"
    if name == "excess" and ordinary is None:
        return "no ordinary level: every day alike"
    return "counts of 0 are left out of its errors" if (dailies.value == 0).any() else ""


def _errors(
    name: str, counts: Counts, dailies: Counts, window: Window, lead: float, ordinary: Floats | None
) -> list[float]:
    """Return the rule's own log errors, `lead` days after the last count that it used, on what is known.

    They are taken on counts whose windows are as long as the one to be forecast, or else on the dailies. A count of
    nobody has no logarithm: it is left out of them.
    """
    length = window.end - window.begin
    counts, dailies = counts.where(counts.value > 0), dailies.where(dailies.value > 0)
    like = counts.where(np.abs(counts.end - counts.begin - length) <= LIKE)
    for truths in (like, dailies):
        found = [_error(name, counts, dailies, truth, lead, ordinary) for truth in _each(truths, window.level)]
        if any(error is not None for error in found):
            return [error for error in found if error is not None]
    return []


def _each(counts: Counts, level: bool) -> list[tuple[Window, float]]:
    """Return counts as windows with their values in persons or as levels."""
    found = []
    for begin, end, value, day in zip(counts.begin, counts.end, counts.value, counts.day, strict=True):
        days = np.arange(day, day + max(round(end - begin), 1))
        found.append((Window(begin, end, days, level), value * (1.0 if level else end - begin)))
    return found


def _error(
    name: str, counts: Counts, dailies: Counts, truth: tuple[Window, float], lead: float, ordinary: Floats | None
) -> float | None:
    """Return log(count ÷ what the rule would have said), None where it would have been undefined."""
    window, value = truth
    cut = window.end - lead + SLACK
    before, days = counts.where(counts.end <= cut), dailies.where(dailies.end <= cut)
    if name == "persistence" and len(before) == 0:
        return None
    part, rest, _ = _rule(name, before, days, window, ordinary)
    return None if np.isnan(rest) or rest <= 0 else float(np.log(max(value - part, LEAST) / rest))


# The rules: dailies, local days [n], ordinary level [weekday] → persons a day or levels [n]


def _weekday(dailies: Counts, days: Ints, ordinary: Floats | None) -> Floats:
    """The last daily of the same weekday, or the last daily where there is none."""
    same = (dailies.day[None, :] - days[:, None]) % 7 == 0
    last = np.where(same.any(axis=1), same.shape[1] - 1 - same[:, ::-1].argmax(axis=1), same.shape[1] - 1)
    return np.asarray(dailies.value[last])


def _drift(dailies: Counts, days: Ints, ordinary: Floats | None) -> Floats:
    """The line through the first and the last daily."""
    slope = (dailies.value[-1] - dailies.value[0]) / (dailies.day[-1] - dailies.day[0])
    return np.asarray(dailies.value[-1] + slope * (days - dailies.day[-1]))


def _decay(dailies: Counts, days: Ints, ordinary: Floats | None) -> Floats:
    """Least squares on the logs of the dailies of the last 7 days (the last three at least), not rising.

    A daily of nobody has no logarithm: it is left out where three others are known.
    """
    some = dailies.where(dailies.value > 0)
    dailies = some if len(some) >= DAILIES else dailies
    recent = max(int((dailies.day > dailies.day[-1] - DECAY_DAYS).sum()), DAILIES)
    logs, when = np.log(np.maximum(dailies.value[-recent:], LEAST)), dailies.day[-recent:].astype(float)
    away = when - when.mean()
    slope = min(float((away * logs).sum() / (away**2).sum()), 0.0)
    return np.asarray(np.exp(logs.mean() + slope * (days - when.mean())))


def _excess(dailies: Counts, days: Ints, ordinary: Floats | None) -> Floats:
    """The ordinary level of the weekday, and the mean excess of the last three dailies over theirs."""
    usual = np.zeros(7) if ordinary is None else ordinary  # a level that is the same every day cancels out
    last, when = dailies.value[-EXCESS_DAYS:], dailies.day[-EXCESS_DAYS:]
    return np.asarray(usual[_monday_first(days)] + (last - usual[_monday_first(when)]).mean())


def _monday_first(days: Ints) -> Ints:
    """Return weekdays, Monday 0; 1 January 1970 was a Thursday."""
    return (days + 3) % 7


_RULES: dict[str, Callable[[Counts, Ints, Floats | None], Floats]] = {
    "weekday": _weekday,
    "drift": _drift,
    "decay": _decay,
    "excess": _excess,
}
