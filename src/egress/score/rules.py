"""Proper scores and calibration of an ensemble, one number per forecast.

`samples` is [..., member], `observed` [...] in the same unit. A NaN count is not scored: its score is NaN. NaN or
infinity among the samples is an error, for a forecast that does not say anything cannot be compared.
The tables of `egress.score.table` use `crps`, the score of the ensemble as it was issued; `crps_fair` is for
comparing ensembles of different size. Everything here is plain NumPy: scoringrules needs seven seconds to be
imported, and checks these functions in the tests instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from egress.formats.hubverse import LEVELS

Floats: TypeAlias = npt.NDArray[np.float64]


class Wis(NamedTuple):
    """A weighted interval score, each [...] in the unit of the count; `total` is the sum of the others."""

    total: Floats
    spread: Floats
    """What the width of the ranges costs."""
    over: Floats
    """What forecasting too many costs."""
    under: Floats
    """What forecasting too few costs."""


def crps(samples: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return [...] the CRPS of the ensemble as issued, in the unit of the count; less is better.

        CRPS = mean |xᵢ - y| - Σᵢ Σⱼ |xᵢ - xⱼ| / (2 m²)

    It is never below the score of the distribution that the members were drawn from, and exceeds it by
    mean |x - x'| / (2 m) on average. One member gives the absolute error.
    Raises ValueError for shapes that do not fit, and samples that are not finite.
    Source: Gneiting and Raftery 2007, doi:10.1198/016214506000001437.

    >>> crps([[1.0, 3.0]], [2.0]).tolist()
    [0.5]
    """
    x, y = _checked(samples, observed)
    return _energy(x, y, x.shape[-1] ** 2)


def crps_fair(samples: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return [...] the fair CRPS: an unbiased estimate for the distribution the members were drawn from.

        CRPS = mean |xᵢ - y| - Σᵢ Σⱼ |xᵢ - xⱼ| / (2 m (m - 1))

    It may be negative. Raises ValueError as `crps` does, and for fewer than two members.
    Source: Ferro 2014, doi:10.1002/qj.2270.

    >>> crps_fair([[1.0, 3.0]], [2.0]).tolist()
    [0.0]
    """
    x, y = _checked(samples, observed)
    members = x.shape[-1]
    if members < 2:
        raise ValueError("the fair CRPS needs at least two members")
    return _energy(x, y, members * (members - 1))


def crps_log1p(samples: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Return [...] the CRPS of log(1 + x) against log(1 + y): the error in relative size, without unit.

    Raises ValueError as `crps` does, and for counts or samples below 0.
    Source: Bosse et al. 2023, doi:10.1371/journal.pcbi.1011393.

    >>> crps_log1p([[0.0, 0.0]], [np.e - 1]).round(6).tolist()
    [1.0]
    """
    x, y = _checked(samples, observed)
    if (x < 0).any() or (y < 0).any():
        raise ValueError("log(1 + x) is for counts from 0: found one below")
    return crps(np.log1p(x), np.log1p(y))


def quantiles(samples: npt.ArrayLike, levels: npt.ArrayLike = LEVELS) -> Floats:
    """Return [..., level] quantiles of an ensemble, on the straight line between members.

    Raises ValueError for samples that are not finite.

    >>> quantiles([[0.0, 10.0]], [0.5, 0.9]).tolist()
    [[5.0, 9.0]]
    """
    x = _finite(np.asarray(samples, dtype=float))
    return np.moveaxis(np.quantile(x, np.asarray(levels, dtype=float), axis=-1), 0, -1)


def wis(quantiles: npt.ArrayLike, observed: npt.ArrayLike, levels: npt.ArrayLike = LEVELS) -> Wis:
    """Return the weighted interval score of quantiles [..., level], split into three parts.

        WIS = (½ |y - m| + Σₖ αₖ/2 · (uₖ - lₖ) + (lₖ - y)⁺ + (y - uₖ)⁺) / (K + ½)

    over the K central ranges [lₖ, uₖ] of share 1 - αₖ and the median m: twice the mean pinball loss, which tends
    to the CRPS with many levels. Raises ValueError for levels that are not symmetric around a median, quantiles
    that cross, shapes that do not fit, and quantiles that are not finite.
    Source: Bracher et al. 2021, doi:10.1371/journal.pcbi.1008618.

    >>> [float(part.round(3)) for part in wis([1.0, 2.0, 4.0], 5.0, [0.25, 0.5, 0.75])]
    [2.167, 0.5, 0.0, 1.667]
    """
    q, y = _checked(quantiles, observed)
    p = np.asarray(levels, dtype=float)
    if p.shape != q.shape[-1:] or len(p) % 2 == 0 or not np.allclose(p + p[::-1], 1.0) or (np.diff(p) <= 0).any():
        raise ValueError("expected levels that rise, around a median, and a quantile for each")
    if (np.diff(q, axis=-1) < 0).any():
        raise ValueError("quantiles cross: expected them to rise with their levels")
    half = len(p) // 2
    low, middle, high = q[..., :half], q[..., half], q[..., half + 1 :][..., ::-1]
    ranges = half + 0.5
    spread = (p[:half] * (high - low)).sum(axis=-1) / ranges  # α/2 is the level of the lower end
    over = np.maximum(low - y[..., None], 0).sum(axis=-1) + 0.5 * np.maximum(middle - y, 0)
    under = np.maximum(y[..., None] - high, 0).sum(axis=-1) + 0.5 * np.maximum(y - middle, 0)
    spread = np.where(np.isnan(y), np.nan, spread)
    return Wis(spread + (over + under) / ranges, spread, over / ranges, under / ranges)


def covered(samples: npt.ArrayLike, observed: npt.ArrayLike, share: float) -> Floats:
    """Return [...] 1 where the central range of that share holds the count (its ends included), 0 where not.

    >>> covered([range(101)] * 3, [25, 24, np.nan], 0.5).tolist()
    [1.0, 0.0, nan]
    """
    if not 0 < share < 1:
        raise ValueError(f"expected a share between 0 and 1, found {share}")
    x, y = _checked(samples, observed)
    ends = quantiles(x, [(1 - share) / 2, (1 + share) / 2])
    return np.where(np.isnan(y), np.nan, (ends[..., 0] <= y) & (y <= ends[..., 1]))


def pit(samples: npt.ArrayLike, observed: npt.ArrayLike, uniform: npt.ArrayLike) -> Floats:
    """Return [...] the randomised PIT: where the count lies among the members, between 0 and 1.

        PIT = (#{xᵢ < y} + U · (1 + #{xᵢ = y})) / (m + 1)

    With U [...] uniform on (0, 1) it is exactly uniform where count and members come from one distribution,
    integers included. Raises ValueError as `crps` does.
    Source: Czado, Gneiting and Held 2009, doi:10.1111/j.1541-0420.2009.01191.x, for an ensemble.

    >>> pit([[1, 2, 2, 5]], [2], [0.5]).tolist()
    [0.5]
    """
    x, y = _checked(samples, observed)
    below = (x < y[..., None]).sum(axis=-1)
    equal = (x == y[..., None]).sum(axis=-1)
    found = (below + np.asarray(uniform, dtype=float) * (1 + equal)) / (x.shape[-1] + 1)
    return np.where(np.isnan(y), np.nan, found)


def brier(samples: npt.ArrayLike, observed: npt.ArrayLike, threshold: float) -> Floats:
    """Return [...] the Brier score of "more than `threshold`": (share of members above - 1 if it was so)².

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    >>> brier([[900, 1100, 1200, 1300]], [1500], 1000).tolist()
    [0.0625]
    """
    x, y = _checked(samples, observed)
    return np.where(np.isnan(y), np.nan, ((x > threshold).mean(axis=-1) - (y > threshold)) ** 2)


def _energy(x: Floats, y: Floats, pairs: int) -> Floats:
    """Return mean |x - y| less the sum of all |xᵢ - xⱼ|, each pair once, over `pairs`."""
    members = x.shape[-1]
    ordered = np.sort(x, axis=-1) - np.where(np.isnan(y), 0.0, y)[..., None]  # near 0, so that no digits are lost
    weights = 2.0 * np.arange(members) - members + 1
    found = np.abs(ordered).mean(axis=-1) - (ordered * weights).sum(axis=-1) / pairs
    return np.where(np.isnan(y), np.nan, found)


def _checked(samples: npt.ArrayLike, observed: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return both as arrays of floats; raise ValueError where they do not fit or say nothing."""
    x, y = (np.asarray(values, dtype=float) for values in (samples, observed))
    if x.ndim == 0 or x.shape[:-1] != y.shape or x.shape[-1] == 0:
        raise ValueError(f"expected samples [..., member] for counts [...], found {x.shape} and {y.shape}")
    if np.isinf(y).any():
        raise ValueError("a count is infinite")
    return _finite(x), y


def _finite(x: Floats) -> Floats:
    """Return samples; raise ValueError where one of them is no number."""
    if not np.isfinite(x).all():
        raise ValueError("samples hold NaN or infinity: expected a number from every member")
    return x


def uniform_of(*key: Any) -> float:
    """Return a number in (0, 1) that depends on nothing but a key, for `pit`.

    >>> uniform_of("finland", 1) == uniform_of("finland", 1) != uniform_of("finland", 2)
    True
    """
    from hashlib import sha256

    first = int.from_bytes(sha256(repr(key).encode()).digest()[:6], "big")
    return (first + 0.5) / 2.0**48
