"""Means over tables of scores, with the ratio to each baseline and how sure it is.

A (series, origin) enters scores and ratios only if each baseline is defined there, so that scores of the forecast
and of the baselines are means over the same counts. Where none does, the score of the forecast is shown alone, with
those baselines that are defined throughout, and without a ratio. Coverage compares with nobody: it is over all counts.
A ratio is mean CRPS ÷ mean CRPS of the baseline over the same counts. Its interval comes from drawing (series,
origin) pairs with replacement, for counts of one origin err together, and one of the seeds for each pair drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from egress.baselines import BINS, NAMES
from egress.score.rules import Floats
from egress.score.table import SHARES

if TYPE_CHECKING:
    import pandas as pd

BY = ("task", "mode", "series", "horizon")
COUNT = ["series", "origin", "start", "end", "kind"]
"""What names a count that is forecast; seeds are no further counts."""
PAIR = ["series", "origin"]
FEW = 8  # counts; source: evaluation.md
TOO_FEW = "too few to say"
INTERVAL = 0.90  # share of draws within ratio_low and ratio_high
DRAWS = 2000
MEANS = ("crps", "log_crps", "wis", "spread", "over", "under")
COVERED = tuple(f"covered{share}" for share in SHARES)
LAST = dict(BINS)


def summary(
    table: pd.DataFrame, by: Sequence[str] = BY, days: Sequence[int] | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return means over a table of `scores`, a row per group, in order.

    `by` are columns of it (`size` among them); `horizon` may be taken by exact `days` such as (1, 3, 7, 14)
    instead of bins. `n` counts the counts that are compared, `pairs` the (series, origin) among them, `seeds` the
    seeds. `n_scored` counts all counts scored, over which `covered…` and `crps_scored` are;
    `seed_low`, `seed_high` are the least and most mean CRPS of a seed. For each rule there are `crps_<rule>`,
    `point_<rule>`, `ratio_<rule>` with `_low` and `_high` (INTERVAL of the draws; NaN: not defined, or one pair only);
    `best` names the rule with the least CRPS, `ratio`, `ratio_low`, `ratio_high` are those to it. `says` is
    "below" or "above" where the interval lies on one side of 1, "too few to say" for n < FEW, "level" else, and
    "n/a" without a ratio. Skipped rows, and (series, origin) where a rule is undefined, are counted in `left_out`.
    """
    import pandas as pd

    if days is not None:
        table = table[table["horizon_days"].isin(list(days))]
        by = [*by, "horizon_days"]
    groups = [_of_group(part, np.random.default_rng(seed)) for _, part in table.groupby(list(by), sort=False)]
    keys = [dict(zip(by, _tuple(key), strict=True)) for key, _ in table.groupby(list(by), sort=False)]
    found = pd.DataFrame([key | group for key, group in zip(keys, groups, strict=True)])
    if "horizon" in found and "horizon_days" not in found:
        found.insert(list(found).index("horizon") + 1, "horizon_days", found["horizon"].map(LAST))
    return found


def rows(summed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of `egress score --benchmark --json`; what is not defined is None.

    crps, log_crps and those of the baselines are over n counts; coverage and crps_scored over n_scored.
    ratio_low and ratio_high are of the ratio to the best of the baselines. Raises KeyError for a summary that is
    not by task, mode, series and horizon.
    """
    found = []
    for row in summed.to_dict("records"):
        means = {"crps": row["crps"], "log_crps": row["log_crps"]}
        means |= {f"coverage{share}": row[f"covered{share}"] for share in SHARES}
        said: dict[str, Any] = {name: row[name] for name in BY}
        said |= {"horizon_days": int(row["horizon_days"]), "n": int(row["n"]), "pairs": int(row["pairs"])}
        said |= {name: _number(value) for name, value in means.items()}
        said |= {"n_scored": int(row["n_scored"]), "crps_scored": _number(row["crps_scored"])}
        said["baselines"] = {name: _number(row[f"crps_{name}"]) for name in NAMES}
        said |= {name: _number(row[name]) for name in ("ratio_low", "ratio_high")}
        found.append(said | {"best": row["best"], "ratio": _number(row["ratio"]), "says": row["says"]})
    return found


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _of_group(part: pd.DataFrame, generator: np.random.Generator) -> dict[str, Any]:
    """Return the columns of one row of `summary` but its keys."""
    defined = part.groupby(PAIR)["defined"].transform("all")
    used = part[defined] if defined.any() else part
    by_seed = used.groupby("seed")["crps"].mean()
    found: dict[str, Any] = {
        "n": len(used[COUNT].drop_duplicates()),
        "pairs": len(used[PAIR].drop_duplicates()),
        "left_out": len(part[COUNT].drop_duplicates()) - len(used[COUNT].drop_duplicates()),
        "seeds": len(by_seed),
        "n_scored": len(part[COUNT].drop_duplicates()),
        "crps_scored": float(part["crps"].mean(skipna=False)),
        **{name: float(used[name].mean(skipna=False)) for name in MEANS},
        **{name: float(part[name].mean()) for name in COVERED},
        "seed_low": float(by_seed.min()),
        "seed_high": float(by_seed.max()),
    }
    for name in NAMES:
        for score in ("crps", "log_crps", "point"):
            found[f"{score}_{name}"] = float(used[f"{score}_{name}"].mean(skipna=False))
    return found | _ratios(used, bool(defined.any()), found, generator)


def _ratios(used: pd.DataFrame, defined: bool, means: dict[str, Any], generator: np.random.Generator) -> dict[str, Any]:
    """Return the ratio to each rule and to the best of them, their intervals, and what they say."""
    names = [part for name in NAMES for part in (f"ratio_{name}", f"ratio_{name}_low", f"ratio_{name}_high")]
    found: dict[str, Any] = dict.fromkeys([*names, "ratio", "ratio_low", "ratio_high"], np.nan)
    if not defined:
        return found | {"best": "", "says": "n/a"}
    drawn = _drawn(used, generator)
    for name in NAMES:
        low, high = _interval(drawn["crps"], drawn[f"crps_{name}"])
        ratio = _over(means["crps"], means[f"crps_{name}"])
        found |= {f"ratio_{name}": ratio, f"ratio_{name}_low": low, f"ratio_{name}_high": high}
    best = min(NAMES, key=lambda name: means[f"crps_{name}"])
    found |= {"best": best, "ratio": found[f"ratio_{best}"]}
    found |= {end: found[f"ratio_{best}_{end[6:]}"] for end in ("ratio_low", "ratio_high")}
    return found | {"says": verdict(means["n"], found["ratio_low"], found["ratio_high"])}


def verdict(n: int, low: float, high: float) -> str:
    """Return what the interval of a ratio over n counts says: "below", "above", "level", or that it cannot."""
    if n < FEW or np.isnan(low):
        return TOO_FEW
    return "below" if high < 1 else "above" if low > 1 else "level"


def _over(score: float, baseline: float) -> float:
    """Return a ratio; NaN for nothing over nothing."""
    return score / baseline if baseline > 0 else float("inf") if score > 0 else float("nan")


def _drawn(used: pd.DataFrame, generator: np.random.Generator) -> dict[str, Floats]:
    """Return sums [draw] of the scores over pairs drawn with replacement, and over one seed of each.

    A pair that lacks a seed is drawn from those it has.
    """
    columns = ["crps", *(f"crps_{name}" for name in NAMES)]
    sums = used.groupby([*PAIR, "seed"])[columns].sum()
    pairs = [part.to_numpy(float) for _, part in sums.groupby(level=[0, 1])]
    seeds = max(len(part) for part in pairs)
    filled = np.stack([part[np.resize(np.arange(len(part)), seeds)] for part in pairs])
    which = generator.integers(len(pairs), size=(DRAWS, len(pairs)))
    whose = generator.integers(seeds, size=which.shape)
    total = filled[which, whose].sum(axis=1) if len(pairs) > 1 else np.full((DRAWS, len(columns)), np.nan)
    return {name: total[:, at] for at, name in enumerate(columns)}


def _interval(score: Floats, baseline: Floats) -> tuple[float, float]:
    """Return the middle INTERVAL of the ratio of sums [draw]; NaN where there is none."""
    if np.isnan(score).any() or (baseline <= 0).any():
        return float("nan"), float("nan")
    low, high = np.quantile(score / baseline, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return float(low), float(high)
