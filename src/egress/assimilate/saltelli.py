"""Total and first-order Sobol indices from a Saltelli design: screen many factors, then measure those that matter.

    T_i = E[(f(A) − f(A with i of B))²] / 2V        the share of the variance V that stays while i is unknown
    S_i = E[f(B) (f(A with i of B) − f(A))] / V     the share that goes, on average, once i alone is known

A and B are two independent draws of all factors. Every factor is swapped at a few base points first; those with a
large T_i are then swapped at all of them, and all others together are one factor more, so that nothing is left out.

Saltelli et al. 2010, "Variance based sensitivity analysis of model output", doi:10.1016/j.cpc.2009.09.018 (SALib);
screening by the same design: Campolongo et al. 2011, doi:10.1016/j.cpc.2010.12.039.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.errors import EgressError

Floats = npt.NDArray[np.float64]
SCREENED = 4  # base points at which every factor is tried; 4 to 10 is usual for elementary effects (Morris 1991)
LEVEL = 0.9  # of the intervals, as everywhere in egress
RESAMPLES = 400  # bootstrap samples behind an interval
LEAST, MOST = 8, 4096  # base points
CENTRAL = (0.1, 0.9)  # points between which an output must vary to be worth a row (assumption)
EDGE = 1e-9  # points are kept off 0 and 1, where a normal is infinite
REST = "all else"


@dataclass(frozen=True)
class Rows:
    """Rows of a design: a base point each, and the factors that are taken from B instead of A."""

    base: npt.NDArray[np.int64]
    """[R] number of the base point."""
    swapped: npt.NDArray[np.bool_]
    """[R, F] whether a factor is that of B."""
    points: Floats
    """[R, F] the factors' values as uniforms in (0, 1)."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.base)


Evaluate = Callable[[Rows], Floats]
"""Takes rows [R], gives [R, outputs]."""


@dataclass(frozen=True)
class Index:
    """Total and first-order index of one factor for one output, with 90 % intervals."""

    factor: str
    total: float
    total_range: tuple[float, float]
    first: float
    first_range: tuple[float, float]


@dataclass(frozen=True)
class Explored:
    """What a design gave: indices per output (empty where nothing varies), and the ensemble of A and B."""

    indices: tuple[tuple[Index, ...], ...]
    points: Floats
    """[2N, F] of A, then B."""
    values: Floats
    """[2N, outputs] of A, then B: an ordinary ensemble."""
    screened: Floats
    """[F, outputs] rough total indices of all factors; empty without screening."""
    runs: int


@dataclass(frozen=True)
class Design:
    """Base points A and B of some factors."""

    first: Floats
    """A [N, F]"""
    other: Floats
    """B [N, F]"""

    @classmethod
    def of(cls, factors: Sequence[str], samples: int, seed: int) -> Design:
        """Return scrambled Sobol points; raises EgressError where SALib is not installed."""
        sampler, _ = _salib()
        rows = sampler.sample(_problem(factors), samples, calc_second_order=False, seed=seed)
        rows = np.clip(rows, EDGE, 1 - EDGE)
        step = len(factors) + 2
        return cls(rows[::step], rows[step - 1 :: step])

    def rows(self, base: Sequence[int] | range, swapped: npt.NDArray[np.bool_]) -> Rows:
        """Return a row per base point, all with the same factors [F] of B."""
        at = np.asarray(base, dtype=np.int64)
        taken = np.tile(swapped, (len(at), 1))
        return Rows(at, taken, np.where(taken, self.other[at], self.first[at]))


def explore(
    factors: Sequence[str], evaluate: Evaluate, *, samples: int, kept: int, seed: int, screened: int = SCREENED
) -> Explored:
    """Return the indices of the `kept` factors that matter most for any output, and of all others as one.

    Factors are taken in alphabetical order, whatever the order given: rows are [R, F] in that order. With no more
    than `kept` + 1 factors nothing is screened. Raises EgressError for samples that are no power of two, or where
    SALib is not installed.
    """
    check(samples)
    factors = sorted(factors)
    count, screened = len(factors), min(screened, samples)
    design = Design.of(factors, samples, seed)
    alone = np.eye(count, dtype=bool)
    whole = joined([design.rows(range(samples), np.full(count, taken)) for taken in (False, True)])
    values = evaluate(whole)
    every = count <= kept + 1
    tried = range(0 if every else screened)
    before = _each(design, tried, alone, evaluate, values.shape[1])
    rough = _rough(before, values) if len(tried) else np.zeros((0, values.shape[1]))
    chosen = range(count) if every else sorted(np.argsort(-rough.max(axis=1), kind="stable")[:kept].tolist())
    after = _each(design, range(len(tried), samples), alone[list(chosen)], evaluate, values.shape[1])
    swapped = np.concatenate([before[list(chosen)], after], axis=1)
    names = [factors[n] for n in chosen]
    if not every:
        others = np.asarray(~alone[list(chosen)].any(axis=0))
        rest = evaluate(design.rows(range(samples), others))
        swapped, names = np.concatenate([swapped, rest[None]]), [*names, REST]
    found = [indices(names, values[:samples, o], swapped[:, :, o], values[samples:, o], seed) for o in _columns(values)]
    return Explored(tuple(found), whole.points, values, rough, runs(count, samples, kept, screened))


def runs(factors: int, samples: int, kept: int, screened: int = SCREENED) -> int:
    """Return how many rows `explore` evaluates."""
    if factors <= kept + 1:
        return samples * (factors + 2)
    screened = min(screened, samples)
    return samples * 3 + factors * screened + kept * (samples - screened)


def indices(names: Sequence[str], first: Floats, swapped: Floats, other: Floats, seed: int) -> tuple[Index, ...]:
    """Return the indices of one output from f(A) [N], f(A with one factor of B) [F, N] and f(B) [N], by SALib.

    Empty where the output is the same in eight of ten rows: chance alone would choose its factor.
    """
    if not varies(np.concatenate([first, other])[:, None])[0]:
        return ()
    _, analyser = _salib()
    rows = np.concatenate([first[None], swapped, other[None]]).T.ravel()
    options = {"num_resamples": RESAMPLES, "conf_level": LEVEL, "seed": seed + 1}  # SALib takes 0 for none
    found = analyser.analyze(_problem(names), rows, calc_second_order=False, **options)
    out = []
    for n, name in enumerate(names):
        total, first_order = float(found["ST"][n]), float(found["S1"][n])
        wide, broad = float(found["ST_conf"][n]), float(found["S1_conf"][n])
        whole = max(0.0, total - wide), total + wide
        out.append(Index(name, total, whole, first_order, (first_order - broad, first_order + broad)))
    return tuple(out)


def varies(values: Floats) -> npt.NDArray[np.bool_]:
    """Return [outputs] whether the middle eight of ten rows [R, outputs] are not all the same."""
    low, high = np.quantile(values, CENTRAL, axis=0)
    return np.asarray(high > low)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return rows one after the other."""
    return Rows(
        np.concatenate([part.base for part in parts]),
        np.concatenate([part.swapped for part in parts]),
        np.concatenate([part.points for part in parts]),
    )


def _each(
    design: Design, base: Sequence[int] | range, masks: npt.NDArray[np.bool_], evaluate: Evaluate, outputs: int
) -> Floats:
    """Return [masks, base, outputs]: values with the factors of each mask [masks, F] taken from B."""
    if not len(base):
        return np.zeros((len(masks), 0, outputs))
    found = evaluate(joined([design.rows(base, masks[n]) for n in range(len(masks))]))
    return np.asarray(found.reshape(len(masks), len(base), outputs))


def _rough(swapped: Floats, values: Floats) -> Floats:
    """Return [F, outputs] total indices from the few base points of the screening; 0 where nothing varies."""
    variance = np.where(varies(values), values.var(axis=0), 0.0)
    squares = ((swapped - values[None, : swapped.shape[1]]) ** 2).mean(axis=1) / 2
    return np.asarray(np.divide(squares, variance, out=np.zeros_like(squares), where=variance > 0))


def _columns(values: Floats) -> range:
    return range(values.shape[1])


def _problem(names: Sequence[str]) -> dict[str, Any]:
    """Return what SALib calls a problem: factors that are uniform in (0, 1)."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def check(samples: int) -> None:
    """Raise EgressError for samples that are no power of two in bounds, or where SALib is not installed."""
    if not LEAST <= samples <= MOST or samples & (samples - 1):
        raise EgressError(f"{samples} samples: expected a power of two from {LEAST} to {MOST}, such as 64")
    _salib()


def _salib() -> tuple[Any, Any]:
    try:
        from SALib.analyze import sobol as analyser
        from SALib.sample import sobol as sampler
    except ImportError as error:
        raise EgressError("sensitivity needs SALib: pip install SALib") from error
    return sampler, analyser
