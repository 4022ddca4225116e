"""Observations: what was counted and published; a table with one row per count.

A count has two times: the window that it is about (`start` to `end`), and `published_at`, from which on it
could be known. Times stay text with the offset of the source, so that its days can be shown as its days.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from egress.errors import EgressError, ObservationError, ScenarioError
from egress.scenario import load as loading
from egress.scenario.findings import ids
from egress.scenario.messages import MOMENT
from egress.scenario.positions import Reading, read_csv, read_xlsx
from egress.spelling import nearest

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row", bound=Mapping[Any, Any])

FILE = "observations.csv"
NUMBERS = ("value", "low", "high", "first_shown")
COLUMNS = (
    "series", "place", "crossing", "what", "start", "end", "value", "low", "high", "kind", "unit",
    "published_at", "first_shown", "source", "authority", "evidence", "note",
)  # fmt: skip
REQUIRED = ("series", "place", "what", "start", "end", "value", "kind", "published_at", "source")
FILLED = ("series", "what", "start", "end", "kind", "source")
"""Columns in which no cell may be empty."""
KINDS = ("daily", "period_total", "cumulative", "rate", "snapshot", "monthly")
PERSONS = ("persons", "persons/day")
UNITS = {
    "entries": PERSONS,
    "exits": PERSONS,
    "net": PERSONS,
    "detained": PERSONS,
    "called_up": PERSONS,
    "staying": ("persons",),
    "queue_persons": ("persons",),
    "queue_vehicles": ("vehicles",),
    "wait_hours": ("h",),
}
"""What can be counted, and the units that a count of it may have."""
QUEUES = ("queue_vehicles", "queue_persons", "wait_hours")
"""What tells of those who wait."""
LEVELS = (*QUEUES, "staying")
"""What is read off at a moment; all else but a stock of people called up is counted over a window."""
SAME = ("series", "kind", "source")
LONGEST_DAY = timedelta(hours=28)  # clocks may be changed (source: assumption, as in baselines)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)
"""What is thousands in one country and a decimal in the next."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Observations:
    """Published counts: `data` has the columns of COLUMNS; numbers are float (NaN = not said), the rest text.

    >>> sorted(Observations.of("russia-2022").data["kind"].unique())[:3]
    ['cumulative', 'daily', 'period_total']
    """

    data: pd.DataFrame

    @classmethod
    def read(cls, path: str | Path) -> Observations:
        """Read a table of counts from CSV, or the first sheet of an .xlsx workbook.

        Cells may be separated by commas (with decimal points), semicolons or tabs (decimal commas as well).
        `published_at` may be a day: its end (23:59) in UTC. Raises ObservationError with every fault and its place.
        """
        reading = table(path)
        rows = _rows(reading)
        if reading.faults:
            raise ObservationError(reading.faults)
        return cls(frame(rows))

    @classmethod
    def of(cls, scenario: str | Path) -> Observations:
        """Return the counts in a scenario's folder (or shipped with egress, by name); none where it has none.

        Raises ScenarioError where there is no such scenario, ObservationError as `read` does, and for places, crossings
        and evidence that the scenario does not have.
        """
        path = loading._folder(scenario) / FILE
        if not os.path.lexists(path):  # a link to nowhere is said, not passed over
            return cls(frame([]))
        reading = table(path)
        rows = _rows(reading)
        _refer(reading, scenario)
        if reading.faults:
            raise ObservationError(reading.faults)
        return cls(frame(rows))

    @classmethod
    def none(cls) -> Observations:
        """Return a table without counts."""
        return cls(frame([]))

    def known(self, as_of: datetime) -> Observations:
        """Return the counts published before a moment, as shown then; those without `published_at` never are.

        Raises ValueError for a moment without offset.
        """
        if as_of.tzinfo is None:
            raise ValueError(f"{as_of}: expected {MOMENT}")
        times = [moment(text) for text in self.data["published_at"]]
        kept = [time is not None and time < as_of for time in times]
        data = self.data.loc[kept].reset_index(drop=True)
        data["value"] = data["first_shown"].fillna(data["value"])  # what it was revised to is not known
        other = (data["first_shown"] < data["low"]) | (data["first_shown"] > data["high"])
        return Observations(data.assign(low=data["low"].mask(other), high=data["high"].mask(other)))  # of the revised

    def joined(self, others: Observations) -> Observations:
        """Return the counts of two tables in one; a row that stands in both stands there once.

        Raises EgressError where they tell one count differently.
        """
        import pandas as pd

        if self.data.empty or others.data.empty:
            return others if self.data.empty else self
        told = {same_count(row): row for row in self.data.to_dict("records")}
        new = []
        for row in others.data.to_dict("records"):
            before = told.get(same_count(row))
            if before is not None and not all(_alike(before[name], row[name]) for name in NUMBERS):
                raise EgressError(
                    f"{row['series']}, {row['start']} to {row['end']}: two tables tell it differently; "
                    "a revision has its own published_at"
                )
            new.append(before is None)
        return Observations(pd.concat([self.data, others.data.loc[new]], ignore_index=True))


def table(path: str | Path) -> Reading:
    """Return the cells of a table of counts, with where they stand."""
    path = Path(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_xlsx(path, COLUMNS, REQUIRED)
    return read_csv(path, COLUMNS, REQUIRED, lenient=True)


def moment(value: Any) -> datetime | None:
    """Return a text or stamp with offset as a datetime, None where there is none; raise ValueError else.

    >>> moment("2022-09-21T09:00+03:00").hour
    9
    """
    if value is None or value == "" or value != value:  # NaN and NaT differ from themselves
        return None
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if time.tzinfo is None:
        raise ValueError(f"{value}: expected {MOMENT}")
    return time


def published(value: Any) -> datetime | None:
    """Return when something became known: a day alone means its end in UTC, nothing means never.

    Raises ValueError for a time without offset.

    >>> published("2022-09-26").isoformat(), published("")
    ('2022-09-26T23:59:00+00:00', None)
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = value.isoformat()
    return moment(to_its_end(value) if isinstance(value, str) else value)


def to_its_end(text: str) -> str:
    """Return a day alone as its end in UTC, other texts as they are."""
    return f"{text}T23:59+00:00" if _DAY.fullmatch(text) else text


def names(cell: Any) -> tuple[str, ...]:
    """Return the names in a cell such as `FIN|EST`, in which commas may stand for bars.

    >>> names("FIN|EST, lars")
    ('FIN', 'EST', 'lars')
    """
    if not isinstance(cell, str):
        return ()
    return tuple(part.strip() for part in re.split(r"[,|]", cell) if part.strip())


def thing(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return what a row counts, and where. Rows of one series that differ in it are never taken together."""
    return row["what"], frozenset(names(row["place"])), frozenset(names(row["crossing"]))


def counted_by(row: Mapping[Any, Any]) -> str:
    """Return who counted: the authority, which may speak through several pages, else the source.

    >>> counted_by({"source": "S008", "authority": "Finnish Border Guard"})
    'Finnish Border Guard'
    """
    return str(row["authority"] or row["source"])


def rising(rows: Sequence[Row]) -> list[Row]:
    """Return the most of cumulative counts, in order of their ends, that never fall; of two choices the later one.

    One that the others contradict is a typing error, or was corrected since.

    >>> sums = zip((1, 2, 3), (1000.0, 70000.0, 3000.0), strict=True)
    >>> rows = [{"end": f"2030-03-0{day}T00:00+00:00", "value": value} for day, value in sums]
    >>> [row["value"] for row in rising(rows)]
    [1000.0, 3000.0]
    """
    best: list[list[Row]] = []
    for row in rows:
        before = [chain for chain in best if chain[-1]["value"] <= row["value"]]
        best.append([*max(before, key=_reach, default=[]), row])
    return max(best, key=_reach, default=[])


def _reach(chain: Sequence[Mapping[Any, Any]]) -> tuple[int, str]:
    end = moment(chain[-1]["end"])
    return len(chain), "" if end is None else end.astimezone(UTC).isoformat()


def same_count(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Return what no two rows may have in common: the same window, told once by one source.

    Raises ValueError for times without offset.
    """
    times = (moment(row[column]) for column in ("start", "end", "published_at"))
    return (*(row[column] for column in SAME), *thing(row), *times)


def _alike(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)  # NaN: both say nothing


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows with all of COLUMNS as the table that Observations holds."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {name: float if name in NUMBERS else str for name in COLUMNS}
    )


# Faults


@dataclass(frozen=True)
class _Line:
    """A row as text; notes its faults where they stand."""

    cells: dict[str, str]
    number: int
    reading: Reading

    def text(self, column: str) -> str:
        """Return a cell; empty = not said."""
        return self.cells.get(column, "")

    def fault(self, column: str, message: str) -> None:
        """Note a fault of a cell."""
        spot = self.reading.spot((self.number, column))
        self.reading.fault(spot.line, spot.column, message)

    def moment(self, column: str) -> datetime | None:
        """Return a time with offset, None where it is empty or (noted) faulty."""
        text = self.text(column)
        try:
            return moment(self.published() if column == "published_at" else text)
        except ValueError:
            self.fault(column, f"expected {MOMENT}, found {text!r}")
            return None

    def published(self) -> str:
        """Return when it was published; a day alone means its end in UTC."""
        return to_its_end(self.text("published_at"))

    def amount(self, column: str) -> float | None:
        """Return a number, None where it is empty or (noted) faulty."""
        text = self.text(column)
        if not text:
            return None
        whole = self.text("what") != "wait_hours" and "." in text  # 9.000 people are nine thousand as likely as nine
        if (self.reading.separator != "," or whole) and _GROUPED.fullmatch(text):
            self.fault(column, f"{text!r} may be thousands or a decimal: write it without anything in between")
            return None
        if self.reading.separator != ",":
            text = text.replace(",", ".", 1)
        problem = _not_an_amount(text, signed=self.text("what") == "net")
        if problem:
            self.fault(column, problem)
            return None
        return float(text)

    def one_of(self, column: str, known: tuple[str, ...]) -> None:
        """Check a cell that must hold one of a few names."""
        text = self.text(column)
        if text and text not in known:
            self.fault(column, f"{text!r} is unknown{nearest(text, known)}")


def _not_an_amount(text: str, signed: bool) -> str:
    """Say what is wrong with a number; empty where nothing is."""
    if not _NUMBER.fullmatch(text):
        if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
            return f"expected a finite number, found {text!r}"
        hint = ": write a decimal point, and nothing between thousands" if "," in text else ""
        return f"expected a number, found {text!r}{hint}"
    if not isfinite(float(text)):
        return f"expected a finite number, found {text!r}"
    if float(text) < 0 and not signed:
        return f"{text} is out of bounds: expected at least 0"
    return ""


def _rows(reading: Reading) -> list[dict[str, Any]]:
    """Return the rows as values; every fault is noted in the reading."""
    broken = {fault.line for fault in reading.faults}  # lines with too few or too many cells
    present = {loc[1] for loc in reading.values if len(loc) == 2}
    first: dict[tuple[Any, ...], int] = {}
    rows: list[dict[str, Any]] = []
    for number, cells in enumerate(reading.data):
        line = _Line(cells, number, reading)
        at = reading.spot((number,)).line
        if at in broken:
            continue
        rows.append(_values(line, present))
        try:
            key = same_count(rows[-1])
        except ValueError:  # noted as faulty already
            continue
        if key in first:
            line.fault("series", f"duplicate row: it stands already in line {first[key]}")
        first.setdefault(key, at)
    return rows


def _refer(reading: Reading, source: str | Path) -> None:
    """Note names that the scenario does not have; where it is faulty itself, that is said elsewhere."""
    try:
        scenario = loading.load(source)
    except ScenarioError:
        return
    where = {*ids(scenario.places), *ids(scenario.crossings), *ids(scenario.origins)}
    where |= {place.country for place in scenario.places} | {scenario.home}
    known = {"place": where, "crossing": set(ids(scenario.crossings)), "evidence": set(ids(scenario.evidence))}
    for number, cells in enumerate(reading.data):
        line = _Line(cells, number, reading)
        for column, found in known.items():
            for name in names(line.text(column)):
                if name not in found:
                    line.fault(column, f"unknown {column} {name!r}{nearest(name, found)}")


def _values(line: _Line, present: set[Any]) -> dict[str, Any]:
    """Return a row as values; its faults are noted."""
    for column in FILLED:
        if column in present and not line.text(column):
            line.fault(column, f"missing {column!r}")
    line.one_of("what", tuple(UNITS))
    line.one_of("kind", KINDS)
    what, unit = line.text("what"), line.text("unit")
    if unit and what in UNITS and unit not in UNITS[what]:
        line.fault("unit", f"{what} are not counted in {unit!r}{nearest(unit, UNITS[what])}")
    if "place" in present and not names(line.text("place")) and not names(line.text("crossing")):
        line.fault("place", "expected a place, a country code or a crossing, found nothing")
    amounts = {column: line.amount(column) for column in NUMBERS}
    _check_amounts(line, amounts, present)
    _check_times(line)
    return {column: line.text(column) for column in COLUMNS} | {"published_at": line.published()} | amounts


def _check_amounts(line: _Line, amounts: dict[str, float | None], present: set[Any]) -> None:
    value, low, high = (amounts[column] for column in NUMBERS[:3])
    given = [bool(line.text(column)) for column in NUMBERS[:3]]
    if given[1] != given[2]:
        line.fault("low" if given[1] else "high", "low and high stand together or not at all")
    elif not any(given) and "value" in present:
        line.fault("value", "expected a value, or low and high, found nothing")
    if low is not None and high is not None and low > high:
        line.fault("low", f"low {low:g} is above high {high:g}")
    elif low is not None and high is not None and value is not None and not low <= value <= high:
        line.fault("value", f"{value:g} is not between low {low:g} and high {high:g}")


def _check_times(line: _Line) -> None:
    """Note a window that ends before it starts, or that does not suit its kind, or lies after it was published."""
    start, end, known = (line.moment(column) for column in ("start", "end", "published_at"))
    suits, kind = _check_kind(line), line.text("kind")
    if start is not None and known is not None and known < start:
        line.fault("published_at", f"published before it began: {line.text('start')} is later")
    if start is None or end is None:
        return
    if end < start:
        line.fault("end", f"end before start: {line.text('end')} is earlier than {line.text('start')}")
    elif suits and kind == "snapshot" and end != start:
        line.fault("end", "a snapshot is of one moment: expected the same start and end")
    elif suits and kind != "snapshot" and end == start:
        line.fault("end", "an empty window: expected an end (exclusive) after the start")
    elif suits and kind == "daily" and end - start > LONGEST_DAY:
        line.fault("kind", "a daily count is of one day: expected 'period_total' (the sum) or 'rate' (a mean per day)")
    elif known is not None and start <= known < end - _slack(line.text("published_at")):
        line.fault("end", f"counted up to later than it was published: expected an end by {line.text('published_at')}")


def _slack(published: str) -> timedelta:
    """Return by how much a count's window may end after it was published: a day where only the day is known.

    Such a day is written as its end in files of egress (`to_its_end`).
    """
    return timedelta(days=1) if published == published[:10] or published[10:16] == "T23:59" else timedelta(0)


def _check_kind(line: _Line) -> bool:
    """Say whether the kind is known and suits what is counted; note where it does not suit."""
    kind, what = line.text("kind"), line.text("what")
    if kind not in KINDS or what not in UNITS:
        return False
    if what in LEVELS and kind != "snapshot":
        line.fault("kind", f"{what} is read off at a moment: expected kind 'snapshot', found {kind!r}")
    elif kind == "snapshot" and what not in (*LEVELS, "called_up"):
        line.fault("kind", f"{what} are counted over a window: expected another kind than 'snapshot'")
    else:
        return True
    return False
