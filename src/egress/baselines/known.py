"""What is known of a series at an origin, and the windows to be forecast, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from egress.observations import moment, published, rising
from egress.scenario.messages import MOMENT

if TYPE_CHECKING:
    import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

DAY = (20 / 24, 28 / 24)  # days: what passes for one day, so that clocks may be changed (source: assumption)
SLACK = 6 / 24  # days: local midnights up to this far after the origin's count as its midnight (source: assumption)
BINS = (("1-3", 3), ("4-7", 7), ("8-14", 14))  # days; source: evaluation.md


# Times


def horizon_days(origin: datetime, end: datetime) -> int:
    """Return how many days after the origin a window ends, a begun day as a whole one; 0 or less: not a forecast.

    A window that ends at midnight of another zone, up to SLACK after the origin's midnight, ends with that day.

    >>> horizon_days(moment("2022-09-26T00:00+03:00"), moment("2022-09-29T00:00+02:00"))
    3
    """
    return int(np.ceil((end - origin) / timedelta(days=1) - SLACK))


def horizon_bin(days: int) -> str:
    """Return the bin of a horizon in days; empty outside 1 to 14.

    >>> horizon_bin(4), horizon_bin(15)
    ('4-7', '')
    """
    return next((name for name, last in BINS if 1 <= days <= last), "")


# What is known


@dataclass(frozen=True)
class Counts:
    """Counts in order of their ends: times in days since 1970 in UTC, `value` persons per day or the level."""

    begin: Floats
    end: Floats
    value: Floats
    day: Ints
    """Local days since 1970 of their starts, to the nearest midnight (of a level: the day)."""

    def __len__(self) -> int:
        return len(self.end)

    def where(self, chosen: npt.NDArray[Any]) -> Counts:
        """Return some of them."""
        return Counts(self.begin[chosen], self.end[chosen], self.value[chosen], self.day[chosen])


@dataclass(frozen=True)
class Known:
    """All that is known of a series: its flows, its cumulative counts by (start, end), its levels."""

    flows: Counts
    cumulative: dict[float, dict[float, float]]
    levels: Counts


@dataclass(frozen=True)
class Window:
    """What is to be forecast; times as in Counts."""

    begin: float
    end: float
    days: Ints
    """The local days in it, all of the same length."""
    level: bool

    @property
    def share(self) -> float:
        """Return days per one of `days`."""
        return 1.0 if self.level else (self.end - self.begin) / len(self.days)


def known_counts(counts: pd.DataFrame, origin: datetime) -> Known:
    """Return what was published before the origin; of one window the last that was published."""
    rows: dict[tuple[Any, ...], tuple[datetime, Mapping[Any, Any]]] = {}
    for row in counts.to_dict("records"):
        when = published(row["published_at"])
        if when is None or when >= origin or not np.isfinite(_value(row)):
            continue
        key = (kind_of(row), _days(row["start"])[0], _days(row["end"])[0])
        if key not in rows or when >= rows[key][0]:
            rows[key] = (when, row)
    told = [row for _, row in rows.values()]
    cumulative = _cumulative(told)
    flows = [_flow(row) for row in told if kind_of(row) not in ("cumulative", "snapshot")]
    levels = [_level(row) for row in told if kind_of(row) == "snapshot"]
    return Known(_ordered(flows + _increments(told, cumulative)), cumulative, _ordered(levels))


def _value(row: Mapping[Any, Any]) -> float:
    """Return the value of a count, or the middle of low and high."""
    value = float(row["value"])
    return value if np.isfinite(value) else (float(row.get("low", np.nan)) + float(row.get("high", np.nan))) / 2.0


def kind_of(row: Mapping[Any, Any]) -> str:
    """Return how a row was counted; daily where it does not say."""
    kind = row.get("kind")
    return kind if isinstance(kind, str) and kind else "daily"


def per_day(row: Mapping[Any, Any]) -> bool:
    """Say whether the value of a row is a mean per day."""
    return kind_of(row) == "rate" or "/day" in str(row.get("unit", ""))


def _days(time: Any) -> tuple[float, float]:
    """Return a time in days since 1970 in UTC, and as its own clock shows it."""
    at = moment(time)
    if at is None:
        raise ValueError(f"expected {MOMENT}, found nothing")
    ahead = at.utcoffset() or timedelta()
    utc = (at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    return utc, utc + ahead / timedelta(days=1)


def _flow(row: Mapping[Any, Any]) -> tuple[float, float, float, int]:
    (begin, local), (end, _) = _days(row["start"]), _days(row["end"])
    return begin, end, _value(row) / (1.0 if per_day(row) else end - begin), round(local)


def _level(row: Mapping[Any, Any]) -> tuple[float, float, float, int]:
    at, local = _days(row["end"])
    return at, at, _value(row), int(np.floor(local))


def _cumulative(told: list[Mapping[Any, Any]]) -> dict[float, dict[float, float]]:
    """Return cumulative counts by start and end, in order of both, but for those that others contradict."""
    groups: dict[float, list[dict[str, Any]]] = {}
    for row in sorted((row for row in told if kind_of(row) == "cumulative"), key=lambda row: _days(row["end"])):
        groups.setdefault(_days(row["start"])[0], []).append({"end": row["end"], "value": _value(row)})
    return {start: {_days(row["end"])[0]: row["value"] for row in rising(rows)} for start, rows in groups.items()}


def _increments(
    told: list[Mapping[Any, Any]], cumulative: dict[float, dict[float, float]]
) -> list[tuple[float, float, float, int]]:
    """Return the flows between cumulative counts of one start; before the first, that since the start."""
    ahead = {_days(row["start"])[0]: _days(row["start"])[1] - _days(row["start"])[0] for row in told}
    found = []
    for start, ends in cumulative.items():
        times, sums = [start, *ends], [0.0, *ends.values()]
        for begin, end, before, after in zip(times, times[1:], sums, sums[1:], strict=False):
            found.append((begin, end, (after - before) / (end - begin), round(begin + ahead[start])))
    return found


def _ordered(rows: list[tuple[float, float, float, int]]) -> Counts:
    """Return counts by end; of those that end together the shortest, which is the newest, last."""
    rows = sorted(rows, key=lambda row: (row[1], row[0]))
    begin, end, value, day = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Counts(
        np.asarray(begin, dtype=float),
        np.asarray(end, dtype=float),
        np.asarray(value, dtype=float),
        np.asarray(day, dtype=np.int64),
    )


def dailies_of(counts: Counts) -> Counts:
    """Return the counts of one day each, one for each local day: the last that ends."""
    length = counts.end - counts.begin
    one = counts.where((length == 0) | ((DAY[0] <= length) & (length <= DAY[1])))
    last = {day: at for at, day in enumerate(one.day.tolist())}
    return one.where(np.asarray(sorted(last.values()), dtype=np.int64))


def window_of(row: Mapping[Any, Any]) -> Window:
    """Return a row as a window."""
    (begin, first), (end, last) = _days(row["start"]), _days(row["end"])
    if kind_of(row) == "snapshot":
        return Window(end, end, np.asarray([int(np.floor(last))]), level=True)
    if end <= begin:
        raise ValueError(f"an empty window: {row['start']} to {row['end']}")
    return Window(begin, end, np.arange(round(first), max(round(last), round(first) + 1)), level=False)
