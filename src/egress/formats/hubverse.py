"""The table of the forecast hubs: a row per number that a forecast gives.

    origin_date, target, horizon, location, output_type, output_type_id, value

`output_type` is `quantile` (`output_type_id` the level, such as 0.025), `sample` (the member) or `mean` (empty).
Ids are text, as in hubs that mix the types. Layout: https://hubverse.io, model output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from egress.errors import EgressError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("origin_date", "target", "horizon", "location", "output_type", "output_type_id", "value")
TASK = ("origin_date", "target", "horizon", "location")
"""What names one number that is forecast."""
TYPES = ("quantile", "sample", "mean")
LEVELS = (
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
    0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.99,
)  # fmt: skip
"""The 23 levels of quantiles that hubs ask for: a median and eleven central ranges."""


def to_rows(samples: npt.ArrayLike, tasks: pd.DataFrame, types: Sequence[str] = TYPES) -> pd.DataFrame:
    """Return the table of a forecast: `samples` [task, member] for the rows of `tasks`, which has columns TASK.

    `origin_date` is a date or its text (kept as yyyy-mm-dd), `horizon` whole days. Rows stand in the order of
    tasks, types, levels and members. Raises EgressError for what `check` finds, ValueError for samples that do not
    fit the tasks or are not finite.

    >>> import pandas as pd
    >>> tasks = pd.DataFrame([("2022-09-26", "entries", 1, "FIN")], columns=list(TASK))
    >>> to_rows([[10.0, 20.0]], tasks, ["mean", "sample"])[["output_type", "output_type_id", "value"]].values.tolist()
    [['mean', '', 15.0], ['sample', '0', 10.0], ['sample', '1', 20.0]]
    """
    import pandas as pd

    x = np.asarray(samples, dtype=float)
    if x.ndim != 2 or len(x) != len(tasks) or not x.shape[1]:
        raise ValueError(f"expected samples [task, member] for {len(tasks)} tasks, found {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("samples hold NaN or infinity: expected a number from every member")
    numbers = {
        "quantile": ([f"{level:g}" for level in LEVELS], np.quantile(x, LEVELS, axis=1).T),
        "sample": ([str(member) for member in range(x.shape[1])], x),
        "mean": ([""], x.mean(axis=1, keepdims=True)),
    }
    parts = [numbers[name] for name in types]
    ids = [(name, number) for name, (labels, _) in zip(types, parts, strict=True) for number in labels]
    values = np.concatenate([part for _, part in parts], axis=1)
    table = tasks[list(TASK)].loc[tasks.index.repeat(len(ids))].reset_index(drop=True)
    table["origin_date"] = pd.to_datetime(table["origin_date"]).dt.strftime("%Y-%m-%d")
    table["output_type"], table["output_type_id"] = (list(part) * len(tasks) for part in zip(*ids, strict=True))
    table["value"] = values.reshape(-1)
    check(table)
    return table


def from_rows(table: pd.DataFrame, output_type: str = "sample") -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Return the tasks (columns TASK), and their numbers [task, level or member] of one type.

    Tasks stand in the order of the table, quantiles in that of their levels, samples of their members.
    Raises EgressError for what `check` finds, and where a task has not the numbers that others have.

    >>> import pandas as pd
    >>> tasks = pd.DataFrame([("2022-09-26", "entries", 1, "FIN")], columns=list(TASK))
    >>> from_rows(to_rows([[10.0, 20.0]], tasks))[1].tolist()
    [[10.0, 20.0]]
    """
    check(table)
    chosen = table[table["output_type"] == output_type]
    tasks = chosen[list(TASK)].drop_duplicates().reset_index(drop=True)
    ids = chosen["output_type_id"].replace("", "0").astype(float)
    wide = chosen.assign(id=ids).pivot(index=list(TASK), columns="id", values="value")
    if wide.isna().to_numpy().any():
        raise EgressError(f"not a whole forecast: each target, horizon and location needs the same {output_type}s")
    return tasks, wide.sort_index(axis=1).loc[list(tasks.itertuples(index=False, name=None))].to_numpy(float)


def check(table: pd.DataFrame) -> None:
    """Raise EgressError, in words, where a table is not in the layout, twofold, or holds no finite numbers."""
    if tuple(table.columns) != COLUMNS:
        raise EgressError(f"expected the columns {', '.join(COLUMNS)}; found {', '.join(map(str, table.columns))}")
    unknown = sorted(set(table["output_type"]) - set(TYPES))
    if unknown:
        raise EgressError(f"output_type {unknown[0]!r} is unknown: expected {', '.join(TYPES)}")
    if not np.isfinite(table["value"].to_numpy(float)).all():
        raise EgressError("value: expected finite numbers")
    if not (table["horizon"].to_numpy(float) % 1 == 0).all():
        raise EgressError("horizon: expected whole days")
    twice = table.duplicated([*TASK, "output_type", "output_type_id"])
    if twice.any():
        row = table[twice].iloc[0]
        raise EgressError(f"told twice: {', '.join(str(row[name]) for name in COLUMNS[:-1])}")
    _check_quantiles(table[table["output_type"] == "quantile"])


def _check_quantiles(part: pd.DataFrame) -> None:
    """Raise EgressError for levels outside 0 to 1 and quantiles that cross."""
    try:
        levels = part["output_type_id"].astype(float)
    except ValueError as error:
        raise EgressError(f"output_type_id: expected a level of quantiles ({error})") from None
    if not levels.between(0, 1, inclusive="neither").all():
        raise EgressError("output_type_id: expected levels of quantiles between 0 and 1")
    ordered = part.assign(level=levels).sort_values("level", kind="stable")
    if (ordered.groupby(list(TASK))["value"].diff() < 0).any():
        raise EgressError("quantiles cross: expected them to rise with their levels")
