"""What a forecast tells besides arrivals: what the counts taught, how members fared, what changed since yesterday."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from egress.assimilate.prints import printed
from egress.assimilate.smoother import Learnt
from egress.forecasts import Forecast
from egress.observations import QUEUES, Observations, moment
from egress.observe import observed
from egress.scenario.schema import Scenario
from egress.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
RANGE = (0.05, 0.5, 0.95)
MISFIT = 2.0  # mean squared standardised distance of counts above which the members cannot have made them (assumption)
FAR = 3.0  # standard deviations from the prior mean at which a number was pulled out of its range (assumption)
STEP = ("series", "place", "crossing", "what", "start", "end", "kind", "value", "p05", "p50", "p95", "pit")
"""Columns of `one_step`."""
WAITING = 1.0  # days of arrivals in a queue from which on a forecast hangs on it (assumption)
SEEN = timedelta(days=7)  # how long a report of a queue says something of it (assumption)
NO_COUNT = "No count was published before the origin: the forecast rests on the priors alone."
WORST = 3  # counts that are named
FEW = 100  # members below which chance correlations are taken for knowledge (assumption)


def unscaled(z: Floats) -> Floats:
    """Return numbers from the scale of the filter (inverse of counts.scaled)."""
    return np.asarray(2.0 * np.sinh(z))


def count_table(learnt: Learnt) -> pd.DataFrame:
    """Return a row per count: what members said of it before learning and in the last round."""
    columns = ["series", "place", "crossing", "what", "start", "end", "kind", "value", "source", "published_at"]
    table = learnt.evidence.rows[columns].copy()
    for name, said in (("before", learnt.before), ("after", learnt.after)):
        ranges = np.quantile(unscaled(said), RANGE, axis=0) if len(table) else np.zeros((3, 0))
        for level, values in zip(RANGE, ranges, strict=True):
            table[f"{name}_p{round(100 * level):02d}"] = values
    return table


def learnt_table(learnt: Learnt) -> pd.DataFrame:
    """Return a row per uncertain input: prior and posterior range in canonical units, and how much was learnt.

    `informed` = 1 − variance after ÷ variance before, of the standard normal behind it; `moved` is how far its
    mean went, in prior standard deviations.
    """
    from scipy.special import ndtr

    rows = []
    for name, distribution in learnt.uncertain.items():
        if name not in learnt.normals:
            continue
        before, after = learnt.prior[name], learnt.normals[name]
        row: dict[str, Any] = {"name": name, "dimension": distribution.dimension}
        for word, z in (("prior", before), ("posterior", after)):
            ranges = np.quantile(distribution.quantile(ndtr(z)), RANGE)
            row |= {f"{word}_p{round(100 * q):02d}": v for q, v in zip(RANGE, ranges, strict=True)}
        shrunk = 1 - float(after.var() / max(before.var(), 1e-12))
        rows.append(row | {"informed": max(0.0, shrunk), "moved": float(after.mean() - before.mean())})
    columns = ["name", "dimension", "prior_p05", "prior_p50", "prior_p95"]
    columns += ["posterior_p05", "posterior_p50", "posterior_p95", "informed", "moved"]
    return pd.DataFrame(rows, columns=columns).sort_values("informed", ascending=False, ignore_index=True)


def warnings(learnt: Learnt) -> list[str]:
    """Return in words what should make a reader doubt the update."""
    said = []
    members = len(next(iter(learnt.normals.values())))
    if learnt.unanswered:
        left = "; ".join(learnt.unanswered)
        said.append(f"Counts of which the model can say nothing, and which taught nothing: {left}.")
    if learnt.evidence.contradicted:
        fell = "; ".join(learnt.evidence.contradicted)
        said.append(f"Cumulative counts that others of their series contradict, and which taught nothing: {fell}.")
    if not len(learnt.evidence):
        return [*said, NO_COUNT.replace("No count", "No count of the rest") if said else NO_COUNT]
    if learnt.misfit() > MISFIT:
        away = np.abs(learnt.after.mean(axis=0) - learnt.evidence.value)
        away /= np.sqrt(learnt.after.var(axis=0) + learnt.evidence.sd**2)
        worst = "; ".join(_away(learnt, int(n)) for n in np.argsort(-away)[:WORST])
        said.append(
            "The filter has collapsed onto members that do not agree with the counts "
            f"(mean squared distance {learnt.misfit():.1f}, expected about 1; worst: {worst}): "
            "the ranges are too narrow. Check these counts, widen the inputs named under what was learnt, or ask what "
            "the scenario leaves out on these days."
        )
    far = [name for name, z in learnt.normals.items() if z.ndim == 1 and abs(z.mean()) > FAR]
    if far:
        said.append(f"Counts pull {', '.join(far[:5])} out of the range given: check the range or the counts.")
    if members < FEW:
        said.append(f"Only {members} members learnt: with fewer than {FEW} chance is taken for knowledge.")
    return said


def _away(learnt: Learnt, number: int) -> str:
    """Return a count in words, and what the members say of it in the middle."""
    row = learnt.evidence.rows.iloc[number]
    middle = float(np.median(unscaled(learnt.after[:, number])))
    window = f"{row['start']} to {row['end']}" if row["start"] != row["end"] else f"{row['end']}"
    return f"{row['series']} {window}: {row['value']:,.0f}, members {middle:,.0f}"


def unseen_queue(trajectory: Trajectory, known: Observations, origin: datetime) -> list[str]:
    """Return in words that the forecast hangs on a queue of which no report was read in the week before."""
    seen = known.data.loc[known.data["what"].isin(QUEUES), "start"]
    if any((at := moment(start)) is not None and origin - SEEN < at <= origin for start in seen):
        return []
    everywhere = "|".join(sorted(set(trajectory.data["country"].values.astype(str))))
    row = {"place": everywhere, "crossing": "", "unit": "persons", "end": origin.isoformat()}
    now = {"what": "queue_persons", "kind": "snapshot", "start": origin.isoformat()}
    day = {"what": "entries", "kind": "daily", "start": (origin - timedelta(days=1)).isoformat()}
    queue, flow = (float(np.median(observed(trajectory, row | rest))) for rest in (now, day))
    if not queue > WAITING * flow:  # nor where the first day is not over: unknown
        return []
    return [
        f"In the middle of the members about {round(queue, -3):,.0f} people wait at the crossings at the origin, "
        f"{queue / flow:.1f} times the arrivals of the day before, and no report of a queue in the last 7 days was "
        "read. Counts of arrivals say little of who still waits: add reports of waits, vehicles or people at the "
        "crossings (--observations)."
    ]


def one_step(before: Forecast, observations: Observations, until: datetime) -> pd.DataFrame:
    """Return a row per count published since a forecast was made: what it said, what was counted, and the PIT.

    PIT is the share of members that said less (half of those that said the same): uniform if ranges are honest.
    """
    new = [
        row
        for row in observations.known(until).data.to_dict("records")
        if (moment(row["published_at"]) or until) >= before.origin and np.isfinite(row["value"])
    ]
    rows = []
    for raw in new:
        row = {str(key): value for key, value in raw.items()}
        said = printed(before.trajectory, row, before.known, int(before.trajectory.data.attrs["seed"]))
        if not np.isfinite(said).all():
            continue
        value = row["first_shown"] if np.isfinite(row["first_shown"]) else row["value"]
        ranges = {f"p{round(100 * q):02d}": float(np.quantile(said, q)) for q in RANGE}
        pit = float((said < value).mean() + 0.5 * (said == value).mean())
        about = {key: row[key] for key in ("series", "place", "crossing", "what", "start", "end", "kind")}
        rows.append(about | {"value": value} | ranges | {"pit": pit})
    return pd.DataFrame(rows, columns=list(STEP))


def changes(before: Forecast, now: Forecast, place: str) -> pd.DataFrame:
    """Return a row per day that both forecasts cover: median arrivals then and now."""
    middles = [forecast.ahead(place).transpose("member", "day") for forecast in (before, now)]
    then, here = (dict(zip(part["day"].values, np.median(part.values, axis=0), strict=True)) for part in middles)
    days = [day for day in here if day in then]
    columns = {"place": place, "date": [str(day)[:10] for day in days]}
    return pd.DataFrame(columns | {"before": [then[day] for day in days], "now": [here[day] for day in days]})


def reasons(scenario: Scenario, since: datetime, until: datetime) -> list[str]:
    """Return in words what became known between two origins: signals, and statuses of policies."""
    said = []
    for signal in scenario.signals:
        if since <= signal.at < until:
            said.append(f"signal: {signal.what}")
    for policy in scenario.policies:
        said += [f"{policy.what}: {s.status.replace('_', ' ')}" for s in policy.history if since <= s.at < until]
    return said
