"""Official forecasts and planning figures, beside what members said on the same day."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.assimilate.prints import printed
from egress.observations import Observations, moment, names
from egress.trajectory import Trajectory

if TYPE_CHECKING:
    import pandas as pd

RANGE = (0.1, 0.5, 0.9)


def table() -> pd.DataFrame:
    """Return the official forecasts that are known, a row each (data/rivals.csv)."""
    import pandas as pd

    with (files("egress") / "data" / "rivals.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"crossing": str}).fillna({"crossing": ""})


def beside(trajectory: Trajectory, known: Observations, counts: pd.DataFrame, about: dict[str, Any]) -> pd.DataFrame:
    """Return a row per official forecast of a task and origin: official, p10, p50, p90 of members, counted."""
    import pandas as pd

    rows = []
    rivals = table()
    chosen = rivals[(rivals["task"] == about["task"]) & (rivals["origin"] == about["origin"])]
    for row in chosen.to_dict("records"):
        number = {
            name: float(row[name]) if row[name] not in ("", None) else np.nan for name in ("low", "value", "high")
        }
        asked = {str(key): value for key, value in row.items()} | number
        asked |= {"what": "entries", "authority": row["by"]}
        said = printed(trajectory, asked, known, int(about["seed"]))
        ranges = {f"p{round(100 * q)}": float(np.quantile(said, q)) for q in RANGE}
        told = {
            "what": row["what"],
            "by": row["by"],
            "note": row["note"],
            **{f"official_{k}": v for k, v in number.items()},
        }
        rows.append(about | told | ranges | {"counted": _counted(counts, asked)})
    return pd.DataFrame(rows)


def _counted(counts: pd.DataFrame, asked: dict[str, Any]) -> float:
    """Return what was counted in the same window at the same place; NaN where nobody did."""
    window = moment(asked["start"]), moment(asked["end"])
    for row in counts.to_dict("records"):
        same = set(names(row["place"])) == set(names(asked["place"])) and row["what"] == "entries"
        whole = not names(row["crossing"]) and row["kind"] != "rate"
        if same and whole and (moment(row["start"]), moment(row["end"])) == window:
            return float(row["value"])
    return float("nan")
