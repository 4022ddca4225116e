"""Which published counts belong beside which figure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from egress.observations import rising
from egress.report.tables import offset
from egress.scenario.schema import Scenario

COLUMNS = ["series", "place", "crossing", "what", "start", "end", "value", "low", "high", "kind", "unit"]
ADDED = ["from", "to", "per_day", "late"]
HALF_DAY = np.timedelta64(12, "h")
SLACK = np.timedelta64(2, "h")  # by which the length of a window may miss whole days (source: assumption)


def local(times: pd.Series[str], trajectory: xr.Dataset) -> pd.Series[pd.Timestamp]:
    """Return times (texts or stamps with offset) as stamps at the local time of the run, without offset."""
    stamps = pd.to_datetime(times, utc=True, format="ISO8601" if times.dtype.kind in "OTU" else None)
    return stamps.dt.tz_localize(None) + pd.Timedelta(offset(trajectory))


def known_by(moments: pd.Series[str], as_of: str, trajectory: xr.Dataset) -> pd.Series[bool]:
    """Return which of `moments` (empty = never) lie before the start of `as_of`; all of them in hindsight."""
    if not as_of:
        return pd.Series(True, index=moments.index)
    return local(moments.replace("", None), trajectory) < as_of_moment(as_of, trajectory)


def as_of_moment(as_of: str, trajectory: xr.Dataset) -> pd.Timestamp:
    """Return the moment of knowledge as a stamp at local time, without offset."""
    stamp = pd.Timestamp(as_of)
    if stamp.tzinfo is None:
        return stamp
    return stamp.tz_convert("UTC").tz_localize(None) + pd.Timedelta(offset(trajectory))


def counts(
    observations: pd.DataFrame, scenario: Scenario, trajectory: xr.Dataset, label: str, what: Collection[str]
) -> pd.DataFrame:
    """Return the counts of a country, door or place, with local `from`, `to` and value `per_day`.

    Of cumulative counts, what came since the one before. `label` is a country code, a crossing or a place; `what` the
    kinds of count (such as `entries`).
    """
    names = [] if observations.empty else ["what", "place", "crossing"]
    columns = (observations[name] for name in names)
    within = {place.id for place in scenario.places if place.country == label}
    wanted = [
        kind in what and _is(label, place, crossing, within) for kind, place, crossing in zip(*columns, strict=True)
    ]
    if not any(wanted):
        return pd.DataFrame(columns=[*COLUMNS, *ADDED])
    rows = _since_the_one_before(observations[wanted])
    starts, ends = local(rows["start"], trajectory), local(rows["end"], trajectory)
    days = (ends - starts) / pd.Timedelta(days=1)
    rate = (rows["kind"] == "rate") | rows["unit"].astype(str).str.contains("/")
    late = ~known_by(rows["published_at"], str(trajectory.attrs["as_of"]), trajectory)
    per_day = rows["value"].where(rate | (days <= 0), rows["value"] / days.where(days > 0))
    return pd.concat([rows, pd.concat([starts, ends, per_day, late], axis=1, keys=ADDED)], axis=1)


def _since_the_one_before(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of counts in which a cumulative one tells what came since the last that others do not contradict."""
    running = (rows["kind"] == "cumulative") & rows["value"].notna()
    found: list[dict[Any, Any]] = rows[~running].to_dict("records")
    for _, group in rows[running].groupby(["series", "place", "crossing", "what", "start"], dropna=False, sort=False):
        before: dict[Any, Any] | None = None
        for row in rising(sorted(group.to_dict("records"), key=lambda row: pd.Timestamp(row["end"]))):
            if before is not None and row["value"] == before["value"]:
                continue  # a stale figure, or another vintage
            if before is None:
                found.append(row)
            else:
                since = {"start": before["end"], "value": row["value"] - before["value"], "kind": "period_total"}
                found.append(row | since)
            before = row
    return pd.DataFrame(found, columns=rows.columns)


def _is(label: str, place: object, crossing: object, within: set[str]) -> bool:
    """Return whether a count of `place` (and `crossing`) counts all of `label`, or of the places `within`, alone."""
    places, doors = _parts(place), _parts(crossing)
    if doors:
        return doors == {label}
    return places == {label} or (bool(within) and places == within)


def _parts(cell: object) -> set[str]:
    if not isinstance(cell, str):
        return set()
    return {part.strip() for part in re.split(r"[,|]", cell) if part.strip()}


def total(rows: pd.DataFrame, start: pd.Timestamp, days: int) -> float:
    """Return what `counts` add up to in a window of whole days; NaN unless they cover it exactly.

    Counts of just this window come first, then its mean rates, then shorter windows that fill it one after the other,
    the shortest first; of several their mean, counts before rates. Windows count to the nearest midnight, so that 10:00
    to 10:00 is a day and other offsets do not matter, but their lengths are whole days (to SLACK, for a change of
    clocks).
    """
    if rows.empty:
        return float("nan")
    begin = start.to_datetime64()
    starts, ends = (rows[end].to_numpy("datetime64[ns]") for end in ("from", "to"))
    first, last = ((at + HALF_DAY).astype("datetime64[D]") for at in (starts, ends))
    exact = np.abs((ends - starts) - (last - first)) <= SLACK
    rate, per_day = rows["kind"].to_numpy() == "rate", rows["per_day"].to_numpy(float)
    exact &= np.isfinite(per_day)
    lasted = (ends - starts) / np.timedelta64(1, "D")
    filled: dict[int, tuple[int, float]] = {days: (0, 0.0)}  # from a day of the window to its end: parts, people
    for day in reversed(range(days)):
        for length in range(1, days - day + 1):
            here = exact & (first == begin + np.timedelta64(day, "D")) & (last - first == np.timedelta64(length, "D"))
            if not here.any() or day + length not in filled:
                continue
            here &= rate == rate[here].all()
            whole = length == days
            people = float((per_day * (length if whole else lasted))[here].mean())
            found = filled[day + length][0] + 1, filled[day + length][1] + people
            if day not in filled or whole or found[0] > filled[day][0]:
                filled[day] = found
    return filled[0][1] if 0 in filled else float("nan")
