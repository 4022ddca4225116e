"""Observation processes: what each source would print, were a member of a run the truth.

    printed = round(NB(mean = share seen · true, sd² = mean + (r · mean)²))

A window is summed over steps (those at its edges are split in proportion), a snapshot lies on the straight
line between the ends of two steps. What the run does not cover is NaN, never 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from egress.errors import EgressError
from egress.observations import LEVELS, QUEUES, UNITS, Observations, moment, names
from egress.spelling import nearest
from egress.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Row: TypeAlias = "Mapping[Any, Any] | pd.Series[Any]"

# Over-dispersion r: relative sd of counts beyond chance. Source: model.md, prior ranges (residuals of fits).
EXACT = 0.08  # official counts to the person: 6-10 %
ROUNDED = 0.15  # rounded totals
QUEUE = 0.25  # cars in a queue; people in one and hours of waiting the same (source: assumption)
ROUND_ZEROS = 2  # a count with so many zeros at its end is a rounded one (source: assumption)
SEEN = 1.0  # share of the true number that a source sees (source: assumption)
PROCESS = {"called_up": "call_up", "detained": "voice"}  # without which there are none of them
SIGNIFICANT = 2  # digits that a source keeps at least: who prints 200,000 would print 190,000 (assumption)

QUANTILES = {"p05": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95}
ADDED = ("mean", *QUANTILES, "inside90", "ratio", "width", "why")
"""Columns that `compare` adds to those of the observations."""

SANITY = ("georgia_entries", "finland_entries", "finland_se_entries", "kazakhstan_entries_cumulative")
LEAST_INSIDE, MOST_WIDTH, MOST_FACTOR = 0.8, 6.0, 2.0
"""What a plausible run of Russia 2022 keeps to."""


class _Unseen(Exception):  # noqa: N818 - an answer in words, never shown as an error
    """A row that the run cannot answer; says why."""


def observed(trajectory: Trajectory, row: Row) -> Floats:
    """Return [member] the true number behind a row of observations, in its unit; NaN where there is none.

    >>> import egress
    >>> window = {"start": "2030-03-02T10:00+00:00", "end": "2030-03-03T10:00+00:00", "kind": "daily"}
    >>> observed(egress.run("one-border", members=3), window | {"place": "bridge", "what": "entries"}).shape
    (3,)
    """
    try:
        return _observed(trajectory.data, row)
    except _Unseen:
        return np.full(trajectory.data.sizes["member"], np.nan)


def print_like(values: Floats, row: Row, seed: int, members: npt.NDArray[Any] | None = None) -> Floats:
    """Return [member] what the source of a row would print for true numbers [member].

    Keyed by (seed, member, series and start of the row); members are 0, 1, … unless told otherwise.
    """
    from egress.engine.draws import purpose, uniforms

    start = moment(row["start"])
    key = purpose(f"observe {row['series']} {start and start.astimezone(UTC).isoformat()}")
    numbers = np.arange(len(values)) if members is None else members
    noisy = _dispersed(SEEN * np.asarray(values, dtype=float), row, uniforms(seed, numbers, 0, 0, key))
    unit = precision(row)
    return np.round(noisy / unit) * unit if unit >= 1 else np.round(noisy, round(-np.log10(unit)))


def compare(
    trajectory: Trajectory, observations: Observations, seed: int | None = None, noisy: bool = True
) -> pd.DataFrame:
    """Return every observation, in order, with what the run says of it (columns ADDED).

    `inside90`: p05 to p95 hold the value (or meet low to high where there is none); `ratio` is p50 ÷ value,
    `width` p95 ÷ p05; `why` says in words what is missing. `seed` is the run's own unless given.
    Raises EgressError for a run that keeps quantiles only.

    >>> import egress
    >>> len(compare(egress.run("one-border", members=2), Observations.of("one-border")))
    0
    """
    import pandas as pd

    data = trajectory.data
    seed = int(data.attrs["seed"]) if seed is None else seed
    rows = observations.data.to_dict("records")
    added = pd.DataFrame(
        [_compared(data, row, seed, noisy) for row in rows],
        columns=list(ADDED),
        index=observations.data.index,
    )
    floats = {name: float for name in ADDED if name not in ("inside90", "why")}
    return observations.data.join(added.astype(floats | {"inside90": "boolean", "why": str}))


def unanswered(trajectory: Trajectory, rows: pd.DataFrame) -> tuple[str, ...]:
    """Return in words how many rows of each series a run does not answer in every member, and why."""
    told = [(str(row["series"]), _compared(trajectory.data, row, 0, noisy=False)) for row in rows.to_dict("records")]
    found = Counter((series, str(said["why"])) for series, said in told if said["why"])
    return tuple(f"{number} of {series} ({why})" for (series, why), number in found.items())


def sanity(comparison: pd.DataFrame, series: tuple[str, ...] = SANITY) -> pd.DataFrame:
    """Return a row per series of counts, and one for all of them, on whether the run is plausible.

    `windows` counts those that the run can answer and `unseen` the others; `inside` is the share in the 90 %
    range, `widest` the worst p95 ÷ p05, `ratio` the median of p50 ÷ value, `farthest` the worst of these,
    `good` the share of windows inside, no wider than MOST_WIDTH and within MOST_FACTOR at once; `passed`
    holds where inside ≥ LEAST_INSIDE, widest ≤ MOST_WIDTH and ratio is within MOST_FACTOR.
    """
    import pandas as pd

    chosen = comparison[comparison["series"].isin(series)]
    parts = [(name, chosen[chosen["series"] == name]) for name in series]
    return pd.DataFrame([{"series": name} | _sane(part) for name, part in [*parts, ("all", chosen)]])


# What is true


def _observed(data: xr.Dataset, row: Row) -> Floats:
    """Return [member] the true number; raise _Unseen where the run does not know it."""
    if "member" not in data.sizes:
        raise EgressError("this run keeps quantiles only: counts are compared with its members")
    what, kind = str(row["what"]), str(row["kind"])
    if what not in UNITS:
        raise _Unseen(f"nothing is known of {what!r}{nearest(what, UNITS)}")
    if what in PROCESS and PROCESS[what] in str(data.attrs.get("without", "")).split(", "):
        raise _Unseen(f"the scenario has no {PROCESS[what]!r}, from which {what} come")
    start, end = _hours(data, row["start"]), _hours(data, row["end"])
    if min(start, end) < 0 or max(start, end) > _length(data):
        raise _Unseen("the window is not whole within the period of the run")
    if kind == "snapshot":
        return _level(data, row, what, end)
    if what in LEVELS:
        raise _Unseen(f"{what} is known at a moment: expected a snapshot")
    if end <= start:
        raise _Unseen("the window is empty")
    total = _total(data, row, what, start, end)
    per_day = kind == "rate" or "/day" in str(row.get("unit", ""))
    return total / ((end - start) / 24.0) if per_day else total


def _total(data: xr.Dataset, row: Row, what: str, start: float, end: float) -> Floats:
    """Return [member] what happened in a window, in persons."""
    if what == "net":
        return _total(data, row, "entries", start, end) - _total(data, row, "exits", start, end)
    if what == "called_up":
        return _called_up(data, row, end) - _called_up(data, row, start)
    if what == "detained":
        return _summed(data, "protest_detained", "region", _regions(data, row), start, end)
    return _summed(data, what, "crossing", _crossings(data, row), start, end)


def _level(data: xr.Dataset, row: Row, what: str, at: float) -> Floats:
    """Return [member] persons, vehicles or hours at a moment."""
    if what == "called_up":
        return _called_up(data, row, at)
    if what not in LEVELS:
        raise _Unseen(f"{what} are counted over a window, not at a moment")
    if what == "staying":
        return _staying(data, row, at)
    lanes = _lanes(data, row, vehicles=what == "queue_vehicles")
    queue = data["queue"].transpose("member", "step", "lane").values[:, :, lanes]
    if what == "wait_hours":
        wait = data["wait"].transpose("member", "step", "lane").values[:, :, lanes]
        waits = _weighted(wait.astype(float), queue)
        return _between(waits, np.where(np.isnan(waits[:, 0]), np.nan, 0.0), _step_hours(data), at)
    per = data["persons_per_vehicle"].values[lanes] if what == "queue_vehicles" else np.ones(lanes.sum())
    return _between((queue / per).sum(axis=2), np.zeros(len(queue)), _step_hours(data), at)


def _weighted(wait: Floats, queue: npt.NDArray[Any]) -> Floats:
    """Return [member, step] the wait of those who queue, or the mean of open lanes where nobody does."""
    shut = np.isnan(wait)
    people = np.where(shut, 0.0, queue)
    weight = np.where(people.sum(axis=2, keepdims=True) > 0, people, ~shut)
    total = weight.sum(axis=2)
    return np.where(total > 0, (np.where(shut, 0.0, wait) * weight).sum(axis=2) / np.maximum(total, 1e-12), np.nan)


def _called_up(data: xr.Dataset, row: Row, at: float) -> Floats:
    """Return [member] the stock of people called up at a moment."""
    stock = data["outcomes"].sel(outcome="called_up").transpose("member", "day", "region").values
    chosen = stock[:, :, _regions(data, row)].sum(axis=2)
    return _between(chosen, np.zeros(len(chosen)), 24.0, at)


def _staying(data: xr.Dataset, row: Row, at: float) -> Floats:
    """Return [member] the people of the surge who are in a place at a moment."""
    stock = data["arrivals"].sel(measure="staying").transpose("member", "day", "crossing").values
    chosen = stock[:, :, _crossings(data, row)].sum(axis=2)
    return _between(chosen, np.zeros(len(chosen)), 24.0, at)


def _summed(data: xr.Dataset, name: str, across: str, chosen: Bools, start: float, end: float) -> Floats:
    """Return [member] the sum of a variable over a window and what is chosen of its last dimension."""
    along = "step" if "step" in data[name].dims else "day"
    delta = _step_hours(data) if along == "step" else 24.0
    begin = delta * np.arange(data.sizes[along])
    shares = np.clip(np.minimum(end, begin + delta) - np.maximum(start, begin), 0.0, None) / delta
    touched = np.flatnonzero(shares)
    values = data[name].transpose("member", along, across).values[:, touched][:, :, chosen]
    return np.asarray(values.sum(axis=2, dtype=float) @ shares[touched])


def _between(ends: npt.NDArray[Any], first: Floats, delta: float, at: float) -> Floats:
    """Return [member] a level at `at` hours, from levels [member, n] at ends of steps and the first one.

    Runs begin with empty queues and nobody called up (engine.state.initial).
    """
    levels = np.concatenate([first[:, None], ends.astype(float)], axis=1)
    before = min(int(at // delta), levels.shape[1] - 2)
    part = at / delta - before
    if part == 0.0 or part == 1.0:  # the neighbour may be unknown
        return np.asarray(levels[:, before + int(part)])
    return np.asarray(levels[:, before] * (1.0 - part) + levels[:, before + 1] * part)


# Where and when


def _hours(data: xr.Dataset, time: Any) -> float:
    """Return hours since the start of the period."""
    try:
        at = moment(time)
    except ValueError as error:
        raise _Unseen(str(error)) from None
    if at is None:
        raise _Unseen("the window is not known")
    begin = data["step"].values[0].astype("datetime64[us]").astype(datetime).replace(tzinfo=UTC)
    return float((at - begin) / timedelta(hours=1))


def _step_hours(data: xr.Dataset) -> float:
    return float(data.attrs["step_hours"])


def _length(data: xr.Dataset) -> float:
    """Return the hours of the period."""
    return data.sizes["step"] * _step_hours(data)


def _chosen(cell: Any, by: dict[str, Any], kind: str) -> Bools:
    """Return which entries bear one of the names in a cell in any of their labels."""
    labels = [np.asarray(values, dtype=str) for values in by.values()]
    known = {str(name) for values in labels for name in values}
    for name in names(cell):
        if name not in known:
            raise _Unseen(f"unknown {kind} {name!r}{nearest(name, known)}")
    return np.asarray(np.logical_or.reduce([np.isin(values, names(cell)) for values in labels]))


def _crossings(data: xr.Dataset, row: Row) -> Bools:
    """Return [crossing] which ways in a row is about."""
    place, crossing = row.get("place", ""), row.get("crossing", "")
    doors = {name: data[name].values for name in ("door", "crossing")}
    chosen = np.ones(data.sizes["crossing"], dtype=bool)
    if not names(place) and not names(crossing):
        raise _Unseen("neither a place nor a crossing is named")
    if names(place):
        chosen &= _chosen(place, {name: data[name].values for name in ("place", "country")} | doors, "place")
    if names(crossing):
        chosen &= _chosen(crossing, doors, "crossing")
    if not chosen.any():
        raise _Unseen(f"{crossing} does not lead to {place}")
    return chosen


def _lanes(data: xr.Dataset, row: Row, vehicles: bool) -> Bools:
    """Return [lane] the lanes of the crossings that a row is about."""
    doors = data["door"].values[_crossings(data, row)].astype(str)
    chosen = np.isin(data["lane_crossing"].values.astype(str), doors)
    if vehicles:
        chosen &= data["lane_kind"].values.astype(str) == "vehicle"
    if not chosen.any():
        raise _Unseen(f"there are no {'lanes for vehicles' if vehicles else 'lanes'} at {', '.join(doors)}")
    return chosen


def _regions(data: xr.Dataset, row: Row) -> Bools:
    """Return [region] the regions named, or all of them where the country left is."""
    if names(row.get("crossing", "")):
        raise _Unseen("this is counted by region, not by crossing")
    place, home = row.get("place", ""), _home(data, names(row.get("place", "")))
    if home:
        return np.ones(data.sizes["region"], dtype=bool)
    if not names(place):
        raise _Unseen("no region is named")
    return _chosen(place, {"region": data["region"].values}, "region")


def _home(data: xr.Dataset, places: tuple[str, ...]) -> bool:
    """Say whether the country left is named: a run names it, or it is the only code nobody enters."""
    if "home" in data.attrs:
        return data.attrs["home"] in places
    others = {*data["region"].values.astype(str), *data["country"].values.astype(str)}
    return len(places) == 1 and places[0] not in others and len(places[0]) == 3 and places[0].isupper()


# What is printed


def _dispersed(mean: Floats, row: Row, chance: Floats) -> Floats:
    """Return [member] a count around its mean with the over-dispersion of the row's kind of source."""
    from scipy.special import gammaincinv, ndtri  # scipy.stats, which has all three, takes a second to import

    r = dispersion(row)
    out = np.full(mean.shape, np.nan)
    if row["what"] == "net":  # may be negative; source: assumption
        return np.asarray(mean + ndtri(chance) * np.sqrt(np.abs(mean) + (r * mean) ** 2))
    out[mean == 0.0] = 0.0
    some = mean > 0.0
    shape = 1.0 / r**2
    if row["what"] == "wait_hours":
        out[some] = gammaincinv(shape, chance[some]) * (mean[some] / shape)
    else:
        out[some] = _counted(chance[some], shape, mean[some])
    return out


def _counted(chance: Floats, shape: float, mean: Floats) -> Floats:
    """Return quantiles of negative binomials: the least k whose cumulative probability I_p(shape, k + 1) is enough."""
    from scipy.special import betainc, nbdtrik

    p = shape / (shape + mean)
    k = np.maximum(np.ceil(nbdtrik(chance, shape, p)), 0.0)
    k -= (k > 0) & (betainc(shape, np.maximum(k, 1.0), p) >= chance)
    return np.asarray(k + (betainc(shape, k + 1.0, p) < chance))


def dispersion(row: Row) -> float:
    """Return r of the row's kind of source."""
    if row["what"] in QUEUES:
        return QUEUE
    return ROUNDED if all(_exponent(number) >= ROUND_ZEROS for number in _said(row)) else EXACT


def _said(row: Row) -> list[float]:
    """Return the numbers from which the precision of a row shows: its value, or else low and high."""
    value = float(row.get("value", np.nan))
    ends = [float(row.get(name, np.nan)) for name in ("low", "high")]
    found = [number for number in ([value] if np.isfinite(value) else ends) if np.isfinite(number)]
    return found or [1.0]


def _exponent(number: float) -> int:
    """Return how many zeros end a number; negative: its decimals."""
    exponent = Decimal(repr(float(number))).normalize().as_tuple().exponent
    return int(exponent) if number else 0


def precision(row: Row) -> float:
    """Return the unit to which the source rounds: its zeros at the end, but SIGNIFICANT digits at least."""
    return min(_unit(number) for number in _said(row))


def _unit(number: float) -> float:
    exponent = _exponent(number)
    leading = Decimal(repr(float(number))).adjusted() if number else 0
    return float(10.0 ** max(min(exponent, leading + 1 - SIGNIFICANT), min(exponent, 0)))


# Comparison


def _compared(data: xr.Dataset, row: Mapping[Any, Any], seed: int, noisy: bool) -> dict[str, Any]:
    """Return the columns ADDED for one row."""
    try:
        values = _observed(data, row)
    except _Unseen as unseen:
        return {"why": str(unseen), "inside90": None}
    if noisy:
        numbers = data["member"].values if "member" in data.coords else None
        values = print_like(values, row, seed, numbers)
    known = values[np.isfinite(values)]
    if not len(known):
        return {"why": "the lanes are shut at that moment", "inside90": None}
    ranges = dict(zip(QUANTILES, np.quantile(known, list(QUANTILES.values())).tolist(), strict=True))
    missing = len(values) - len(known)
    why = f"the lanes are shut at that moment in {missing} of {len(values)} members" if missing else ""
    return {"mean": known.mean(), **ranges, **_verdict(row, ranges), "why": why}


def _verdict(row: Mapping[Any, Any], ranges: dict[str, float]) -> dict[str, Any]:
    """Return whether the range holds the value, p50 ÷ value (or middle of low and high), and p95 ÷ p05."""
    value, low, high = (float(row[name]) for name in ("value", "low", "high"))
    least, most = (low, high) if np.isnan(value) else (value, value)
    middle = (least + most) / 2.0
    bottom, top = ranges["p05"], ranges["p95"]
    inside = None if np.isnan(middle) else bool(bottom <= most and least <= top)
    return {"inside90": inside, "ratio": _ratio(ranges["p50"], middle), "width": _ratio(top, bottom)}


def _ratio(over: float, under: float) -> float:
    """Return over ÷ under; infinite for something over nothing, NaN where it has no meaning."""
    if np.isnan(under) or under < 0 or over < 0 or over == under == 0:
        return float("nan")
    return over / under if under > 0 else float("inf")


def _sane(part: pd.DataFrame) -> dict[str, Any]:
    """Return the columns of `sanity` for some rows of a comparison."""
    known = part[part["inside90"].notna()]
    inside, width, ratio = (known[name].to_numpy(float) for name in ("inside90", "width", "ratio"))
    if not len(known):
        empty = dict.fromkeys(("inside", "widest", "ratio", "farthest", "good"), float("nan"))
        return {"windows": 0, "unseen": len(part), **empty, "passed": False}
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(np.log(ratio))
    good = (inside == 1.0) & (width <= MOST_WIDTH) & (away <= np.log(MOST_FACTOR))
    middle, widest = float(np.median(ratio)), float(np.max(width))
    passed = inside.mean() >= LEAST_INSIDE and widest <= MOST_WIDTH
    return {
        "windows": len(known),
        "unseen": len(part) - len(known),
        "inside": float(inside.mean()),
        "widest": widest,
        "ratio": middle,
        "farthest": float(ratio[np.argmax(np.where(np.isnan(away), np.inf, away))]),
        "good": float(good.mean()),
        "passed": bool(passed and 1 / MOST_FACTOR <= middle <= MOST_FACTOR),
    }
