"""The filter: an iterated ensemble smoother that moves members until they agree with the counts.

A member is a point z in a space of standard normals: parameters, uncertain inputs, and every knot of its noise
(intention, pulls, service). From z and its own luck the engine makes its state, so that moving z moves the state
of the past as well as the constants. The counts are taken in `ROUNDS` parts 1/a, each twice the one before, for the
first steps are the longest and the least straight:

    z ← z + C_zy (C_yy + a R)⁻¹ (d + √a ε − y),     ε ~ N(0, R),     Σ 1/a = 1

C are covariances over members, y what a member predicts and d what was counted (assimilate.counts). The update is
taken along the uncorrelated directions of y / √R. A correlation c seen in m members is c plus chance of variance 1/m;
along each direction it is shrunk to what is likely to be true, c · max(0, 1 − 1/(m c²)). Whether and when policies
happen is never learnt.

Source: Emerick & Reynolds 2013, "Ensemble smoother with multiple data assimilation",
doi:10.1016/j.cageo.2012.03.011 (also for parts that grow); James & Stein 1961, "Estimation with quadratic loss"
(positive part, each alone).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from egress.assimilate.counts import Evidence
from egress.distribution import Distribution
from egress.ensemble import Drawn, Normals
from egress.observe import unanswered
from egress.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
ROUNDS = 4  # parts in which the counts are taken; Emerick & Reynolds 2013
FARTHEST = 5.0  # no standard normal is moved farther out
LEVEL = 0.15  # sd of the logarithm of the level of a source that others contradict (source: assumption)
FIXED = ("/happens", "/start")  # what will come of a policy is the analyst's, not the counts'
SOURCE = "source/"

Simulate = Callable[[Normals], tuple[Trajectory, Drawn]]


@dataclass(frozen=True)
class Learnt:
    """What counts have taught: standard normals by name, and how the members fared against the counts."""

    normals: Normals
    evidence: Evidence
    before: Floats
    """[member, n] what the members said of the counts before (scale of the filter)."""
    after: Floats
    """[member, n] what they say after; until they have run again (`seen`), what they said in the last round."""
    prior: Normals
    """The standard normals that the members had before."""
    uncertain: Mapping[str, Distribution]
    """What the inputs are drawn from."""
    unanswered: tuple[str, ...] = ()
    """In words, the counts of which a run can say nothing, and why (observe.unanswered)."""

    def effective(self) -> float:
        """Return the effective number of members, were those of before only weighted, not moved."""
        return effective(self.before, self.evidence)

    def seen(self, trajectory: Trajectory) -> Learnt:
        """Return the same with what the members, moved for the last time, say of the counts in their own run."""
        if not len(self.evidence):
            return self
        return replace(self, after=self.evidence.predicted(trajectory) + _lifted(self.evidence, self.normals))

    def misfit(self) -> float:
        """Return the mean squared distance of counts from the mean prediction, in total standard deviations."""
        if not len(self.evidence):
            return float("nan")
        variance = self.after.var(axis=0) + self.evidence.sd**2
        return float(np.mean((self.after.mean(axis=0) - self.evidence.value) ** 2 / variance))


def smooth(
    simulate: Simulate, evidence: Evidence, seed: int, rounds: int = ROUNDS, start: Normals | None = None
) -> Learnt:
    """Return members moved to agree with the counts; `simulate` runs members from their standard normals.

    They `start` from what was learnt before, else as drawn.
    """
    normals: Normals = dict(start or {})
    first: tuple[Floats, Normals] | None = None
    predicted = np.zeros((0, len(evidence)))
    for number in range(rounds):
        trajectory, drawn = simulate(normals)
        normals = {**normals, **drawn.normals}
        if first is None:
            kept = np.asarray(np.isfinite(evidence.predicted(trajectory)).all(axis=0))
            left = unanswered(trajectory, evidence.only(~kept).rows)
            evidence = evidence.only(kept)
            normals = {**normals, **_levels(evidence, trajectory, seed)}
        predicted = evidence.predicted(trajectory) + _lifted(evidence, normals)
        if first is None:
            first = predicted, normals
        if not len(evidence):
            break
        luck = np.random.default_rng([seed, number])
        normals = moved(normals, predicted, evidence.value, evidence.sd, parts(rounds)[number], luck)
    assert first is not None
    return Learnt(normals, evidence, first[0], predicted, first[1], drawn.uncertain, left)


def parts(rounds: int) -> Floats:
    """Return [rounds] by how much the variance of the counts is raised in each round; the inverses sum to 1.

    >>> parts(2).round(2).tolist()
    [3.0, 1.5]
    """
    share = 2.0 ** np.arange(rounds)
    return np.asarray(share.sum() / share)


def nothing(members: int, drawn: Drawn) -> Learnt:
    """Return what is learnt where there are no counts."""
    from egress.observations import Observations

    none = np.zeros((members, 0))
    rows = Observations.none().data
    return Learnt(drawn.normals, Evidence(rows, none[0], none[0], ()), none, none, drawn.normals, drawn.uncertain)


def effective(predicted: Floats, evidence: Evidence) -> float:
    """Return (Σw)² / Σw² of members [member, n] weighted by the likelihood of the counts."""
    if not len(evidence):
        return float(len(predicted))
    fit = -0.5 * (((predicted - evidence.value) / evidence.sd) ** 2).sum(axis=1)
    weight = np.exp(fit - fit.max())
    return float(weight.sum() ** 2 / (weight**2).sum())


# One round


def moved(
    normals: Normals, predicted: Floats, value: Floats, sd: Floats, raised: float, luck: np.random.Generator
) -> dict[str, Floats]:
    """Return the members after a part 1/raised of the counts, `value` with error `sd` [n], is taken in."""
    free = [name for name in normals if not name.endswith(FIXED)]
    z = np.concatenate([normals[name].reshape(len(predicted), -1) for name in free], axis=1)
    blur = np.sqrt(raised) * sd * luck.standard_normal(predicted.shape)
    gap = value + blur - predicted
    z = np.clip(z + _step(z, predicted, gap / sd, sd, raised), -FARTHEST, FARTHEST)
    after = dict(normals)
    at = 0
    for name in free:
        size = normals[name][0].size
        after[name] = z[:, at : at + size].reshape(normals[name].shape)
        at += size
    return after


def _step(z: Floats, predicted: Floats, gap: Floats, sd: Floats, raised: float) -> Floats:
    """Return [member, numbers] by how much each standard normal moves; `gap` [member, n] in units of `sd`.

    The counts are turned to directions in which members differ without correlation; shrinking along these leaves the
    balance between counts that say nearly the same untouched.
    """
    members = len(z)
    apart = (predicted - predicted.mean(axis=0)) / sd / np.sqrt(members - 1)
    directions, strength, of_counts = np.linalg.svd(apart, full_matrices=False)
    away = z - z.mean(axis=0)
    joint = away.T @ directions / np.sqrt(members - 1)
    seen = np.abs(joint) / np.maximum(away.std(axis=0), 1e-300)[:, None] * np.sqrt(members)
    sure = 1.0 - 1.0 / np.maximum(seen, 1.0) ** 2
    along = gap @ of_counts.T * (strength / (strength**2 + raised))
    return np.asarray(along @ (sure * joint).T)


def _levels(evidence: Evidence, trajectory: Trajectory, seed: int) -> dict[str, Floats]:
    """Return [member] standard normals for the level of each source that others contradict."""
    from egress.engine.draws import purpose

    members = trajectory.data.sizes["member"]
    named = sorted({name for name in evidence.source if name})
    return {
        SOURCE + name: np.random.default_rng([seed, purpose(SOURCE + name)]).standard_normal(members) for name in named
    }


def _lifted(evidence: Evidence, normals: Normals) -> Floats:
    """Return [member, n] (or 0) the logarithm of the level of each count's source."""
    columns = [LEVEL * normals[SOURCE + name] if name else None for name in evidence.source]
    found = next((column for column in columns if column is not None), None)
    if found is None:
        return np.zeros((1, len(evidence)))
    return np.stack([np.zeros_like(found) if column is None else column for column in columns], axis=1)
