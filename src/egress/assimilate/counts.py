"""Counts as evidence: what was published by an origin, each thing told once, on the scale of the filter.

    z = asinh(x / 2),   sd(z)² = (x + (r x)² + u²/12 + ((high − low) / 3.29)²) / (x² + 4)

z is the logarithm for counts that are not small, and bears zeros and net flows. r is the over-dispersion of the
source (observe), u the unit to which it rounds. A cumulative count tells what came since the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from egress.observations import LEVELS, Observations, counted_by, moment, names, rising, thing
from egress.observe import dispersion, observed, precision

if TYPE_CHECKING:
    import pandas as pd

    from egress.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
Row = Mapping[Any, Any]
TOLD = 0.95  # a count is left out where shorter ones have told this share of its window (source: assumption)
RANGE = 3.29  # a range of a source is its 90 % range: so many standard deviations
REVISED = 0.10  # relative sd of later revisions of a count that is known as first shown (source: assumption;
#               Ukraine's were 0.70 to 1.37 of the final values, shared/data/exodus/README.md)


@dataclass(frozen=True)
class Evidence:
    """Counts known at an origin, on the scale of the filter; `rows` keep the columns of observations."""

    rows: pd.DataFrame
    value: Floats
    """[n] counted, on the scale of the filter."""
    sd: Floats
    """[n] standard deviation of what the source adds."""
    source: tuple[str, ...]
    """[n] whose level is unknown, empty where only one authority tells of a thing."""
    contradicted: tuple[str, ...] = ()
    """In words, the cumulative counts that others of their series contradict and that teach nothing."""

    def __len__(self) -> int:
        """Return the number of counts."""
        return len(self.rows)

    def predicted(self, trajectory: Trajectory) -> Floats:
        """Return [member, n] what each member says of each count, on the scale of the filter; NaN where it cannot."""
        columns = [scaled(observed(trajectory, row)) for row in self.rows.to_dict("records")]
        members = trajectory.data.sizes["member"]
        return np.stack(columns, axis=1) if columns else np.zeros((members, 0))

    def beyond(self, told: Evidence) -> Evidence:
        """Return the counts of which none had been told before, by series, kind, window and place."""
        names = ["series", "kind", "start", "end", "what", "place", "crossing"]
        before = set(told.rows[names].itertuples(index=False, name=None))
        return self.only(np.array([row not in before for row in self.rows[names].itertuples(index=False, name=None)],
                                  dtype=bool))  # fmt: skip

    def only(self, kept: npt.NDArray[np.bool_]) -> Evidence:
        """Return some of the counts."""
        source = tuple(name for name, keep in zip(self.source, kept, strict=True) if keep)
        rows = self.rows.loc[kept].reset_index(drop=True)
        return Evidence(rows, self.value[kept], self.sd[kept], source, self.contradicted)


def scaled(x: Any) -> Floats:
    """Return numbers on the scale of the filter: near log x, 0 for 0.

    >>> float(scaled(0.0))
    0.0
    """
    return np.asarray(np.arcsinh(np.asarray(x, dtype=float) / 2.0))


def evidence(observations: Observations, as_of: datetime) -> Evidence:
    """Return what counts tell at an origin: the last vintage of each, nothing twice.

    Raises ValueError for a moment without offset.
    """
    import pandas as pd

    known = observations.known(as_of).data
    series = [(group, rising(group) if _runs(group[0]) else group) for group in _series(known)]
    told = _once([row for _, group in series for row in _increments(group)])
    rows = pd.DataFrame(told, columns=[*known.columns, "error"])
    value = scaled([row["value"] for row in told])
    sd = np.array([row["error"] / np.hypot(row["value"], 2.0) for row in told])
    fell = tuple(f"{row['value']:,.0f} of {row['series']} until {row['end']}"
                 for group, kept in series for row in group if not any(row is one for one in kept))  # fmt: skip
    return Evidence(rows, value, sd, _conflicting(told), fell)


# One count


def _read(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a row with the value to learn from and its error; None where nothing is said."""
    first = float(row.get("first_shown", np.nan))
    low, high = float(row["low"]), float(row["high"])
    value = first if np.isfinite(first) else float(row["value"])
    if not np.isfinite(value):
        value = (low + high) / 2
    if not np.isfinite(value):
        return None
    wide = (high - low) / RANGE if np.isfinite(high - low) else 0.0
    revised = REVISED * value if np.isfinite(first) else 0.0
    told = row | {"value": value}
    variance = abs(value) + (dispersion(told) * value) ** 2 + precision(told) ** 2 / 12 + wide**2 + revised**2
    return told | {"error": float(np.sqrt(variance))}


def _series(known: pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Return the rows of each series and kind in order of their ends, the last vintage of each window."""
    groups: dict[tuple[Any, ...], dict[tuple[Any, ...], dict[str, Any]]] = {}
    for raw in sorted(known.to_dict("records"), key=lambda row: _moment(row["published_at"])):
        row = _read({str(key): value for key, value in raw.items()})
        if row is not None:
            since = _moment(row["start"]) if _runs(row) else None
            name = (row["series"], row["kind"], counted_by(row), thing(row), since)
            groups.setdefault(name, {})[_moment(row["start"]), _moment(row["end"])] = row
    return [sorted(group.values(), key=lambda row: _moment(row["end"])) for group in groups.values()]


def _runs(row: Row) -> bool:
    return bool(row["kind"] == "cumulative")


def _increments(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return cumulative counts as what came between them, other counts as they are."""
    if not rows or not _runs(rows[0]):
        return rows
    out, before = [rows[0]], rows[0]
    for row in rows[1:]:
        came = row["value"] - before["value"]
        if came <= 0 or _moment(row["end"]) <= _moment(before["end"]):
            continue  # a stale figure: nothing is learnt from it
        rounding = precision(row) ** 2 / 12 + precision(before) ** 2 / 12
        error = np.sqrt(came + (dispersion(row) * came) ** 2 + rounding)
        out.append(row | {"start": before["end"], "kind": "period_total", "value": came, "error": float(error)})
        before = row
    return out


# Many counts


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the counts without those whose window shorter ones of the same thing have told.

    What another authority says of the very same window is kept: it may contradict.
    """
    told: dict[tuple[Any, ...], list[tuple[datetime, datetime]]] = {}
    whose: set[tuple[Any, ...]] = set()
    kept = []
    for row in sorted(rows, key=_length):
        start, end = _moment(row["start"]), _moment(row["end"])
        spans = told.setdefault(thing(row), [])
        window = (thing(row), start, end)
        other = (start, end) in spans and (*window, counted_by(row)) not in whose
        if row["what"] in LEVELS or row["kind"] == "snapshot" or other or _covered(start, end, spans) < TOLD:
            kept.append(row)
            spans.append((start, end))
            whose.add((*window, counted_by(row)))
    return sorted(kept, key=lambda row: (_moment(row["end"]), row["series"]))


def _length(row: Row) -> float:
    return (_moment(row["end"]) - _moment(row["start"])).total_seconds()


def _covered(start: datetime, end: datetime, spans: list[tuple[datetime, datetime]]) -> float:
    """Return the share of a window that lies within spans."""
    if end <= start:
        return 0.0
    left, inside = start, 0.0
    for begin, stop in sorted(spans):
        begin, stop = max(begin, left), min(stop, end)
        if stop > begin:
            inside += (stop - begin).total_seconds()
            left = stop
    return inside / (end - start).total_seconds()


def _conflicting(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return whose level is unknown: who made each count of a thing that several authorities tell of."""
    sources: dict[tuple[Any, ...], set[str]] = {}
    for row in rows:
        sources.setdefault(thing(row), set()).add(counted_by(row))
    return tuple(level_of(row) if len(sources[thing(row)]) > 1 else "" for row in rows)


def level_of(row: Row) -> str:
    """Return the name of the level at which an authority tells of a thing.

    >>> level_of({"source": "S1", "authority": "", "what": "entries", "place": "FIN", "crossing": ""})
    'S1 of entries at FIN'
    """
    where = " ".join(sorted({*names(row["place"]), *names(row["crossing"])}))
    return f"{counted_by(row)} of {row['what']} at {where}"


def _moment(text: Any) -> datetime:
    found = moment(text)
    if found is None:
        raise ValueError(f"{text!r}: a count without a window")
    return found
