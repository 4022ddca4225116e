"""What members say that a source will print: the truth of each member, the source's level and its errors.

A cumulative count is the last one that was known and what came since: members are asked for the flow.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress.assimilate.counts import level_of
from egress.assimilate.smoother import LEVEL, SOURCE, Learnt
from egress.observations import Observations, moment, rising, thing
from egress.observe import observed, print_like
from egress.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Row = Mapping[Any, Any]
LEVELS = "source_level"
AS_PRINTED = "as_printed"
"""Attribute of a trajectory whose members are what sources print already, their errors included."""


def with_levels(trajectory: Trajectory, learnt: Learnt) -> Trajectory:
    """Return the trajectory with the learnt factor of each source that others contradict (variable LEVELS)."""
    found = sorted(name for name in learnt.normals if name.startswith(SOURCE))
    members = trajectory.data.sizes["member"]
    factors = np.stack([np.exp(LEVEL * learnt.normals[name]) for name in found], axis=1) if found else None
    values = np.ones((members, 0)) if factors is None else factors
    about = {"units": "1", "long_name": "what a source prints ÷ what is true"}
    names = np.array([name.removeprefix(SOURCE) for name in found], dtype=str)
    data = trajectory.data.assign_coords(source=names).assign({LEVELS: (("member", "source"), values, about)})
    return Trajectory(data)


def printed(trajectory: Trajectory, row: Row, known: Observations, seed: int) -> Floats:
    """Return [member] what the source of a row would print; NaN where a member cannot say."""
    base, flow = _since(row, known)
    values = observed(trajectory, flow) * _level(trajectory, row)
    if not np.isfinite(values).any() or AS_PRINTED in trajectory.data.attrs:
        return base + values
    return base + print_like(values, flow, seed)


def samples(
    trajectory: Trajectory, rows: pd.DataFrame, known: Observations, seed: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return [row, member] of the rows that every member answers, and which these are [row]."""
    said = [printed(trajectory, row, known, seed) for row in rows.to_dict("records")]
    whole = np.array([bool(np.isfinite(values).all()) for values in said], dtype=bool)
    kept = [values for values, good in zip(said, whole, strict=True) if good]
    return np.stack(kept) if kept else np.zeros((0, trajectory.data.sizes["member"])), whole


def _level(trajectory: Trajectory, row: Row) -> Floats | float:
    """Return [member] the factor at which the source tells of the thing, 1 where nobody contradicts it."""
    data = trajectory.data
    name = level_of(row)
    if LEVELS not in data or name not in data["source"].values:
        return 1.0
    return np.asarray(data[LEVELS].sel(source=name).values, dtype=float)


def _since(row: Row, known: Observations) -> tuple[float, Row]:
    """Return the last known count under a cumulative one that others do not contradict, and what comes after it."""
    if row["kind"] != "cumulative":
        return 0.0, row
    table = known.data
    alike = table[(table["series"] == row["series"]) & (table["kind"] == "cumulative")].to_dict("records")
    before = [
        {**old, "value": _value(old)}
        for old in alike
        if thing(old) == thing(row) and _at(old["start"]) == _at(row["start"]) and _at(old["end"]) < _at(row["end"])
    ]
    last = rising(sorted(before, key=lambda old: _at(old["end"])))[-1:]
    base, since = (last[0]["value"], last[0]["end"]) if last else (0.0, row["start"])
    return base, {**row, "start": since, "kind": "period_total"}


def _value(row: Row) -> float:
    first = float(row.get("first_shown", np.nan))
    return first if np.isfinite(first) else float(row["value"])


def _at(text: Any) -> datetime:
    found = moment(text)
    assert found is not None  # every window is checked when a table is read
    return found
