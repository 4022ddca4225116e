"""Tables of scores: a row per forecast of a count, with the baselines beside it.

Every forecast is scored on the count itself, in its own unit, by the CRPS of its members as issued; baselines by
the exact CRPS of their log-normals. Common members or seeds never help: a baseline has no chance in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress import baselines as rules
from egress.observations import moment
from egress.score.rules import Floats, brier, covered, crps, crps_log1p, pit, quantiles, uniform_of, wis

if TYPE_CHECKING:
    import pandas as pd

SHARES = (50, 80, 90)  # per cent of the central ranges; source: evaluation.md
THRESHOLDS = (1_000, 10_000, 100_000)  # persons (of a level: its unit): "more than N" (source: assumption)
SIZES = ((1_000, "under 1,000"), (10_000, "1,000-10,000"), (np.inf, "over 10,000"))
"""Sizes of a place: its last count before the origin, per day (of a level: as read). Source: assumption."""
KEY = ("task", "mode", "seed", "series", "origin", "start", "end", "kind")
SCORES = ("crps", "log_crps", "wis", "spread", "over", "under", *(f"covered{share}" for share in SHARES), "pit")
COLUMNS = (
    *KEY, "horizon_days", "horizon", "size", "value", "members", "median", *SCORES,
    *(f"{prefix}_{name}" for prefix in ("crps", "log_crps", "point") for name in rules.NAMES), "defined",
)  # fmt: skip
"""Columns of `scores`; `brier_N` for each threshold comes after them."""


def scores(
    samples: npt.ArrayLike,
    observations: pd.DataFrame,
    counts: pd.DataFrame,
    origin: datetime,
    *,
    task: str = "",
    mode: str = "updated",
    seed: int = 0,
    ordinary: Mapping[str, Sequence[float]] | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
) -> pd.DataFrame:
    """Return the scores of one forecast: a row for each count within 14 days of the origin, columns COLUMNS.

    `samples` [row, member] are the members' numbers for the rows of `observations`, in the unit of each row; the
    rows are as in a table of observations, `value` what turned out (NaN: not scored, and so are windows that ended
    by the origin). `counts` are all counts ever published of these series, with the values first shown; what was
    not known at the origin is left out here. `ordinary` are the persons of an ordinary Monday to Sunday by series.
    `crps_<rule>`, `log_crps_<rule>` are of the rule's distribution, `point_<rule>` the error of its median;
    `defined` says that each rule is. `log_crps` is NaN where something is below 0.
    Raises ValueError for samples that are not finite or do not fit the rows.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"series": ["a"], "start": ["2022-09-26T00:00+03:00"], "end": ["2022-09-27T00:00+03:00"]})
    >>> rows = rows.assign(value=[120.0], published_at="2022-09-27")
    >>> table = scores([[100.0, 140.0]], rows, rows, moment("2022-09-26T00:00+03:00"))
    >>> float(table.loc[0, "crps"]), str(table.loc[0, "horizon"]), bool(table.loc[0, "defined"])
    (10.0, '1-3', False)
    """
    import pandas as pd

    x, rows = np.asarray(samples, dtype=float), observations.reset_index(drop=True)
    if x.ndim != 2 or len(x) != len(rows):
        raise ValueError(f"expected samples [row, member] for {len(rows)} rows, found {x.shape}")
    chosen = [_scored(row, origin) for row in rows.to_dict("records")]
    rows, x = rows[chosen].reset_index(drop=True), x[chosen]
    if rows.empty:
        return pd.DataFrame(columns=[*COLUMNS, *(f"brier_{at:g}" for at in thresholds)])
    keys = _keys(rows, origin, {"task": task, "mode": mode, "seed": seed})
    own = _own(x, rows["value"].to_numpy(float), keys, thresholds)
    table = pd.concat([keys, own, _beside(rows, counts, origin, ordinary or {})], axis=1)
    return table[[*COLUMNS, *(f"brier_{at:g}" for at in thresholds)]]


def _scored(row: Mapping[Any, Any], origin: datetime) -> bool:
    return bool(np.isfinite(row["value"])) and bool(rules.horizon_bin(rules.horizon_days(origin, _end(row))))


def _end(row: Mapping[Any, Any]) -> datetime:
    end = moment(row["end"])
    if end is None:
        raise ValueError("a window without end")
    return end


def _keys(rows: pd.DataFrame, origin: datetime, said: dict[str, Any]) -> pd.DataFrame:
    """Return what names each row, and its horizon."""
    days = [rules.horizon_days(origin, _end(row)) for row in rows.to_dict("records")]
    kind = rows.get("kind", "daily")
    named = rows[["series", "start", "end"]].assign(kind=kind, origin=origin.isoformat(), **said)
    named["horizon_days"] = days
    named["horizon"] = [rules.horizon_bin(day) for day in days]
    return named


def _own(x: Floats, y: Floats, keys: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """Return the columns that need only the members [row, member] and the counts [row]."""
    import pandas as pd

    whole = (x >= 0).all(axis=1) & (y >= 0)
    logs = np.full(len(y), np.nan)
    logs[whole] = crps_log1p(x[whole], y[whole])
    parts = wis(quantiles(x), y)
    uniform = [uniform_of(*row) for row in keys[["seed", "series", "origin", "start", "end"]].itertuples(index=False)]
    found = {"value": y, "members": x.shape[1], "median": np.median(x, axis=1), "crps": crps(x, y), "log_crps": logs}
    found |= {"wis": parts.total, "spread": parts.spread, "over": parts.over, "under": parts.under}
    found |= {f"covered{share}": covered(x, y, share / 100) for share in SHARES}
    found |= {"pit": pit(x, y, uniform)} | {f"brier_{at:g}": brier(x, y, at) for at in thresholds}
    return pd.DataFrame(found)


def _beside(
    rows: pd.DataFrame, counts: pd.DataFrame, origin: datetime, ordinary: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """Return the columns of the baselines, and the size of the place."""
    import pandas as pd

    parts = []
    for name, part in rows.groupby("series", sort=False):
        past = counts[counts["series"] == name]
        table = rules.baselines(past, origin, part, ordinary.get(str(name)))
        y = part["value"].to_numpy(float)[table["row"]]
        table = table.assign(crps=rules.crps(table, y), log_crps=rules.crps_log1p(table, y))
        table["point"] = np.abs(y - table["median"])
        wide = table.pivot(index="row", columns="baseline", values=["crps", "log_crps", "point"])
        wide.columns = ["_".join(names) for names in wide.columns.to_list()]
        found = wide.set_index(part.index)
        found["size"] = _size(rules.last(past, origin))
        parts.append(found)
    joined = pd.concat(parts).loc[rows.index]
    joined["defined"] = joined[[f"crps_{name}" for name in rules.NAMES]].notna().all(axis=1)
    return joined


def _size(last: float) -> str:
    """Return the size of a place by its last count; empty where none is known."""
    return next((name for most, name in SIZES if last < most), "") if np.isfinite(last) else ""
