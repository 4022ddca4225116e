"""The log-normals of the baselines: quantiles and exact scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]

LEVELS = 999  # levels of quantiles that stand for a log-normal on log(1 + x)


def quantiles(table: pd.DataFrame, levels: npt.ArrayLike) -> Floats:
    """Return [row, level] quantiles of what `baselines` returned; NaN where a rule is undefined.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"known": [100.0], "median": [300.0], "log_sd": [0.1]})
    >>> quantiles(table, [0.1, 0.5, 0.9]).round(0).tolist()
    [[276.0, 300.0, 327.0]]
    """
    from scipy.special import ndtri

    known, median, log_sd = (table[name].to_numpy(float)[:, None] for name in ("known", "median", "log_sd"))
    return np.asarray(known + (median - known) * np.exp(log_sd * ndtri(np.asarray(levels, dtype=float))))


def crps(table: pd.DataFrame, observed: npt.ArrayLike) -> Floats:
    """Return [row] the exact CRPS of what `baselines` returned; NaN for rules undefined and counts unknown.

        CRPS = y [2Φ(ω) - 1] - 2 exp(μ + s²/2) [Φ(ω - s) + Φ(s / √2) - 1],     ω = (log y - μ) / s

    of y = count - known and μ = log(median - known). Source: Baran and Lerch 2015, doi:10.1002/qj.2521.

    >>> import pandas as pd
    >>> crps(pd.DataFrame({"known": [0.0], "median": [1.0], "log_sd": [1.0]}), [1.0]).round(4).tolist()
    [0.2674]
    """
    from scipy.special import ndtr

    known, median, s = (table[name].to_numpy(float) for name in ("known", "median", "log_sd"))
    y, middle = np.asarray(observed, dtype=float) - known, median - known
    with np.errstate(divide="ignore", invalid="ignore"):
        omega = np.where(y > 0, np.log(np.maximum(y, 0) / middle) / s, -np.inf)
    tail = ndtr(omega - s) + ndtr(s / np.sqrt(2.0)) - 1.0
    found = y * (2.0 * ndtr(omega) - 1.0) - 2.0 * middle * np.exp(s**2 / 2.0) * tail
    return np.where(np.isnan(y + middle + s), np.nan, found)


def crps_log1p(table: pd.DataFrame, observed: npt.ArrayLike) -> Floats:
    """Return [row] the CRPS on log(1 + count), from LEVELS quantiles (within 0.1 % of the exact one)."""
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    x, y = quantiles(table, levels), np.asarray(observed, dtype=float)
    fit = np.isfinite(x).all(axis=1) & (y >= 0)
    found = np.full(len(y), np.nan)
    logs, truth = np.log1p(x[fit]), np.log1p(y[fit])
    pairs = (logs * (2.0 * np.arange(LEVELS) - LEVELS + 1)).sum(axis=1) / LEVELS**2
    found[fit] = np.abs(logs - truth[:, None]).mean(axis=1) - pairs
    return found
