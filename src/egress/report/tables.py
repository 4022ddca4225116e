"""The tables of a run folder: arrivals, queues, outcomes and weeks, with quantiles over the members.

A column with a bare name is the mean over the members (so that rows can be added up); `p05` … `p95` are
quantiles over the members (which cannot). Sums over crossings are made member by member, before quantiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from egress.replaced import write_file
from egress.report.rounding import Floats, rounded
from egress.trajectory import OUTCOMES

QUANTILES = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
LABELS = {"week", "days", "horizon", "persons", "probability", "pit"}  # numbers that are not people to be rounded
Array = npt.NDArray[Any]


def arrivals(trajectory: xr.Dataset) -> pd.DataFrame:
    """Return a row per series of arrivals, measure and day, in persons."""
    table = daily(trajectory["arrivals"].transpose("member", "crossing", "measure", "day"), "crossing")
    labels = {name: dict(zip(*_labels(trajectory, name), strict=True)) for name in ("place", "country")}
    for at, (name, label) in enumerate(labels.items()):
        table.insert(at, name, table["crossing"].map(label))
    return table


def arrivals_by_country(trajectory: xr.Dataset) -> pd.DataFrame:
    """Return a row per country of arrival, measure and day; persons, summed before the quantiles."""
    return daily(summed(trajectory["arrivals"], "country"), "country")


def arrivals_by_door(trajectory: xr.Dataset) -> pd.DataFrame:
    """Return a row per door (land crossing or airport of departure), measure and day; persons."""
    return daily(summed(trajectory["arrivals"], "door"), "door")


def summed(values: xr.DataArray, by: str) -> xr.DataArray:
    """Return `values` (member, …, crossing) with crossings added up by one of their labels.

    Dims: member, `by`, then the others in their order; 64-bit integers.
    """
    others = [dim for dim in values.dims if dim not in ("member", "crossing")]
    array = values.transpose("member", "crossing", *reversed(others))
    codes, groups = pd.factorize(np.asarray(values[by].values, dtype=str), sort=True)
    total = np.stack([array.values[:, codes == k].sum(axis=1, dtype=np.int64) for k in range(len(groups))], 1)
    coords = {by: groups.astype(str), **{dim: array[dim].values for dim in others}}
    return xr.DataArray(total, dims=("member", by, *reversed(others)), coords=coords)


def daily(values: xr.DataArray, by: str) -> pd.DataFrame:
    """Return a tidy table of `values` (member, `by`, measure, day): by, date, measure, mean, p05 … p95."""
    groups, measures = (np.asarray(values[dim].values, dtype=str) for dim in (by, "measure"))
    days = pd.DatetimeIndex(values["day"].values).strftime("%Y-%m-%d")
    shape = values.shape[1:]
    return pd.DataFrame(
        {
            by: _along(groups, 0, shape),
            "date": _along(np.asarray(days, dtype=str), 2, shape),
            "measure": _along(measures, 1, shape),
            **spread(values.values),
        }
    )


def spread(values: Array) -> dict[str, Floats]:
    """Return the mean and the quantiles over members of `values` (member, …), each flattened."""
    quantiles = np.quantile(values, list(QUANTILES.values()), axis=0)
    flat = {name: quantiles[at].ravel() for at, name in enumerate(QUANTILES)}
    return {"mean": values.mean(axis=0, dtype=np.float64).ravel(), **flat}


def queues(trajectory: xr.Dataset) -> pd.DataFrame:
    """Return a row per lane and step: who waits at its end, how long, and what the lane did.

    `time` is the end of the step at local time with offset. `people`, `vehicles`, `served`, `turned_back`,
    `gave_up` are means over the members; `wait_p50`, `wait_p95` hours, empty while the lane is shut.
    """
    lanes = trajectory.transpose("member", "lane", "step", ...)
    shape = (lanes.sizes["lane"], lanes.sizes["step"])
    kinds = np.asarray(lanes["lane_kind"].values, dtype=str)
    load = np.where(kinds == "vehicle", np.asarray(lanes["persons_per_vehicle"].values, dtype=float), np.nan)
    per_vehicle = _along(load, 0, shape)
    waiting = quantiles(lanes["queue"].values, [0.5, 0.95])
    waits = quantiles(lanes["wait"].values, [0.5, 0.95])
    people = _mean(lanes["queue"].values)
    return pd.DataFrame(
        {
            "crossing": _along(np.asarray(lanes["lane_crossing"].values, dtype=str), 0, shape),
            "time": _along(step_ends(trajectory), 1, shape),
            "lane": _along(kinds, 0, shape),
            "people": people,
            "people_p50": waiting[0].ravel(),
            "people_p95": waiting[1].ravel(),
            "vehicles": people / per_vehicle,
            "vehicles_p50": waiting[0].ravel() / per_vehicle,
            "vehicles_p95": waiting[1].ravel() / per_vehicle,
            "wait_p50": waits[0].ravel(),
            "wait_p95": waits[1].ravel(),
            "served": _mean(lanes["served"].values),
            "turned_back": _mean(lanes["refused"].values),
            "gave_up": _mean(lanes["gave_up"].values),
        }
    )


def quantiles(values: Array, probabilities: list[float]) -> Floats:
    """Return quantiles over members of `values` (member, …), leaving out NaN; NaN where nothing is known."""
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    known = ~np.isnan(flat)
    found = np.full((len(probabilities), flat.shape[1]), np.nan)
    whole, some = known.all(axis=0), known.any(axis=0)
    if whole.any():
        found[:, whole] = np.quantile(flat[:, whole], probabilities, axis=0)
    for column in np.flatnonzero(some & ~whole):
        found[:, column] = np.quantile(flat[known[:, column], column], probabilities)
    return found.reshape(len(probabilities), *values.shape[1:])


def outcomes(trajectory: xr.Dataset) -> pd.DataFrame:
    """Return a row per region and day: called up, listed (so far), hiding, detained, stranded; persons.

    Each has its mean over the members and its 5 % and 95 % quantiles (`hiding`, `hiding_p05`, `hiding_p95`).
    """
    values = trajectory["outcomes"].transpose("member", "region", "day", "outcome")
    days = pd.DatetimeIndex(values["day"].values).strftime("%Y-%m-%d")
    shape = values.shape[1:3]
    columns: dict[str, Array] = {
        "region": _along(np.asarray(values["region"].values, dtype=str), 0, shape),
        "date": _along(np.asarray(days, dtype=str), 1, shape),
    }
    for outcome in OUTCOMES:
        column = spread(values.sel(outcome=outcome).values)
        columns |= {outcome: column["mean"]}
        columns |= {f"{outcome}_{name}": column[name] for name in ("p05", "p95")}
    return pd.DataFrame(columns)


def weekly(trajectory: xr.Dataset, by: Sequence[str] = ("all", "country", "door")) -> pd.DataFrame:
    """Return arrivals by week, for every country and every door, and for all together (or as `by` says).

    Columns: by (`all`, `country`, `door`), label, week (from 1), start, end (both inclusive), days, measure,
    mean and quantiles in persons. gross and net are sums of the week, staying its last day.
    """
    values = trajectory["arrivals"]
    everywhere = values.assign_coords(all=("crossing", np.full(values.sizes["crossing"], "all")))
    tables = [_weeks(summed(everywhere, kind), kind) for kind in by]
    return pd.concat(tables, ignore_index=True)


def _weeks(values: xr.DataArray, by: str) -> pd.DataFrame:
    """Return the weekly table of `values` (member, `by`, measure, day)."""
    starts = np.arange(0, values.sizes["day"], 7)
    ends = np.minimum(starts + 7, values.sizes["day"]) - 1
    flows = np.add.reduceat(values.values, starts, axis=3)
    stock = values["measure"].values == "staying"
    flows[:, :, stock] = values.values[:, :, stock][..., ends]
    shape = flows.shape[1:]
    days = np.asarray(pd.DatetimeIndex(values["day"].values).strftime("%Y-%m-%d"), dtype=str)
    return pd.DataFrame(
        {
            "by": by,
            "label": _along(np.asarray(values[by].values, dtype=str), 0, shape),
            "week": _along(np.arange(1, len(starts) + 1), 2, shape),
            "start": _along(days[starts], 2, shape),
            "end": _along(days[ends], 2, shape),
            "days": _along(ends - starts + 1, 2, shape),
            "measure": _along(np.asarray(values["measure"].values, dtype=str), 1, shape),
            **spread(flows),
        }
    )


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do some work in a thread while the block goes on, and end when both have; what the work raises is raised.

    It gains where the work does not hold the interpreter, such as compressing NetCDF.
    """
    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(work)
        yield
        ended.result()


def write_csv(frame: pd.DataFrame, path: str | Path, *, exact: bool = False) -> None:
    """Write a table in one go (temporary name, then renamed); people are rounded unless `exact`.

    Hours keep one decimal. Raises OutputError when the file cannot be written.
    """
    shown = frame.copy(deep=False)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) or name in LABELS:
            continue
        if str(name).startswith("wait"):
            shown[name] = frame[name].round(1)
        elif not exact:
            shown[name] = whole(frame[name])
    write_file(path, shown.to_csv(index=False, lineterminator="\n", float_format="%.10g"))


def whole(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of people rounded for output, as whole numbers; unknown stays empty."""
    return pd.Series(rounded(column.to_numpy(float)), index=column.index).astype("Int64")


def offset(trajectory: xr.Dataset) -> np.timedelta64:
    """Return the offset of local time from UTC."""
    text = str(trajectory.attrs["utc_offset"])
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return np.timedelta64(-minutes if text[0] == "-" else minutes, "m")


def local_ends(trajectory: xr.Dataset) -> Array:
    """Return the ends of the steps at local time, without offset (step,)."""
    minutes = np.timedelta64(round(float(trajectory.attrs["step_hours"]) * 60), "m")
    return np.asarray(trajectory["step"].values + minutes + offset(trajectory))


def step_ends(trajectory: xr.Dataset) -> Array:
    """Return the ends of the steps as ISO texts at local time with offset (step,)."""
    texts = pd.DatetimeIndex(local_ends(trajectory)).strftime("%Y-%m-%dT%H:%M")
    return np.asarray([text + str(trajectory.attrs["utc_offset"]) for text in texts])


def _labels(trajectory: xr.Dataset, name: str) -> tuple[list[str], list[str]]:
    return [str(x) for x in trajectory["crossing"].values], [str(x) for x in trajectory[name].values]


def _along(labels: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """Return labels spread over a grid of this shape along one axis, flattened."""
    return np.broadcast_to(labels.reshape([-1 if at == axis else 1 for at in range(len(shape))]), shape).ravel()


def _mean(values: Array) -> Floats:
    return np.asarray(values.mean(axis=0, dtype=np.float64)).ravel()
