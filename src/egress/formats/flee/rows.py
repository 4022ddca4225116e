"""The tables of a Flee folder as cells with line and column: comments, blank lines and headers told apart.

Flee takes every line that begins with `#` as a comment, and looks for the names of columns in these comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import overload

from egress.errors import ScenarioError
from egress.formats.flee.findings import Findings
from egress.scenario.positions import Cell, cells, read_text, shown

Row = Sequence[Cell]
WHOLE = re.compile(r"[+-]?\d+(_\d+)*")
WIDE = 15  # commas a line
MOST = 1_000_000_000  # people in one place: above it the numbers of a run have no room
FARTHEST = 100_000  # days from the start of a run
YEARS = (1900, 2199)
PLAIN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Line(Sequence[Cell]):
    """A line of a wide table without quotes; a cell is made when it is asked for, which most never are."""

    __slots__ = ("number", "raw")

    def __init__(self, number: int, raw: list[str]) -> None:
        self.number, self.raw = number, raw

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> Cell: ...
    @overload
    def __getitem__(self, index: slice) -> list[Cell]: ...
    def __getitem__(self, index: int | slice) -> Cell | list[Cell]:
        """Return a cell, or some of them."""
        if isinstance(index, slice):
            return [self[at] for at in range(len(self.raw))[index]]
        at = range(len(self.raw))[index]
        return Cell(self.raw[at].strip(), self.number, 1 + at + sum(map(len, self.raw[:at])))


def texts(row: Row) -> list[str]:
    """Return the texts of the cells of a row."""
    return [text.strip() for text in row.raw] if isinstance(row, Line) else [cell.text for cell in row]


@dataclass
class Table:
    """A table: the path as shown to the user, its comments and its other rows, in the order of the file."""

    file: str
    comments: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def spaced(self, cell: Cell) -> bool:
        """Say whether a cell has blanks around its text, which Flee takes as a part of a name."""
        rest = self.lines[cell.line - 1][cell.column - 1 :]
        if rest.startswith('"'):
            return not re.match(rf'"{re.escape(cell.text)}"', rest.replace('""', '"'))
        return rest.split(",")[0] != cell.text

    def header(self, first: str) -> Row | None:
        """Return the comment that names the columns: the one that begins with `#first`, in any case."""
        for row in self.comments:
            if row[0].text.lstrip("#").strip().strip('"').lower() == first:
                return row
        return None


def read_table(path: Path, findings: Findings) -> Table | None:
    """Read a table; None, and a fault, where it cannot be read. An empty file is a table without rows."""
    table = Table(shown(path))
    try:
        text = read_text(path)
    except ScenarioError as error:
        if error.faults[0].message == "is empty":
            return table
        findings.faults += error.faults
        return None
    table.lines = text.split("\n")
    try:
        for row in _rows(_without_open_quotes(text)):
            _sort(row, table)
    except ValueError as error:
        line, column = error.args
        message = "a quoted cell that does not end: expected a closing quote and a comma"
        findings.fault(table.file, Cell("", line, column), message)
        return None
    return None if _separated_otherwise(table, findings) else table


def read_optional(path: Path, findings: Findings) -> Table | None:
    """Read a table that need not be there; None where it is not."""
    return read_table(path, findings) if path.exists() else None


def read_required(path: Path, findings: Findings) -> Table | None:
    """Read a table that must be there; None, and a fault, where it is not."""
    if path.exists():
        return read_table(path, findings)
    findings.missing(path)
    return None


def _without_open_quotes(text: str) -> str:
    """Return the text with the quotes of comments made harmless, such as that of `# 5" of rain`."""
    lines = text.split("\n")
    odd = (line.startswith("#") and line.count('"') % 2 == 1 for line in lines)
    return "\n".join(line.replace('"', "'") if is_odd else line for line, is_odd in zip(lines, odd, strict=True))


def _rows(text: str) -> Iterable[Row]:
    """Return the rows of a text; raises ValueError(line, column) at a quote left open."""
    if '"' in text or text.count(",") < WIDE * text.count("\n"):
        return cells(text)
    return (Line(number, line.split(",")) for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1))


def _sort(row: Row, table: Table) -> None:
    first = row[0].text
    if first or any(texts(row)):
        (table.comments if first.startswith("#") else table.rows).append(row)


def _separated_otherwise(table: Table, findings: Findings) -> bool:
    """Say, and note, whether no row has a comma but the first has semicolons or tabs."""
    first = next(iter(table.rows), None)
    if first is None or any(len(row) > 1 for row in table.rows):
        return False
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in first[0].text:
            message = f"separated by {name}: expected commas between cells and points in decimals"
            findings.fault(table.file, first[0], message)
            return True
    return False


# Values


def whole(
    cell: Cell, what: str, table: Table, findings: Findings, least: int | None = 0, most: int = MOST
) -> int | None:
    """Return a cell as a whole number; None, and a fault, where it is none, below `least` or above `most`."""
    if not WHOLE.fullmatch(cell.text):
        _unfit(cell, f"{what}, a whole number", table, findings)
        return None
    value = int(cell.text)
    if least is not None and value < least:
        findings.fault(table.file, cell, f"{what} {value}: expected at least {least}")
        return None
    if abs(value) > most:
        findings.fault(table.file, cell, f"{what} {value}: expected at most {most:,}")
        return None
    return value


def number(cell: Cell, what: str, table: Table, findings: Findings, most: float = float("inf")) -> float | None:
    """Return a cell as a finite number; None, and a fault, where it is none or above `most`."""
    try:
        value = float(cell.text)
    except ValueError:
        value = float("nan")
    if value - value != 0:  # NaN or infinite
        _unfit(cell, f"{what}, a number", table, findings)
        return None
    if value > most:
        findings.fault(table.file, cell, f"{what}: {value:g} is too much, expected at most {most:,.0f}")
        return None
    return value


def day(cell: Cell, what: str, table: Table, findings: Findings) -> date | None:
    """Return a cell such as 2012-02-29 as a date; None, and a fault, where it is none, or of other years than YEARS."""
    try:
        if PLAIN_DAY.fullmatch(cell.text):  # ten times as fast
            found = date.fromisoformat(cell.text)
        else:
            found = datetime.strptime(cell.text, "%Y-%m-%d").date()
    except ValueError:
        _unfit(cell, f"{what}, a day such as 2012-02-29", table, findings)
        return None
    if not YEARS[0] <= found.year <= YEARS[1]:
        findings.fault(table.file, cell, f"{what} {found}: expected a year from {YEARS[0]} to {YEARS[1]}")
        return None
    return found


def _unfit(cell: Cell, expected: str, table: Table, findings: Findings) -> None:
    found = repr(cell.text) if cell.text else "nothing"
    hint = ": write it without commas" if re.fullmatch(r"[0-9]+(,[0-9]{3})+", cell.text) else ""
    findings.fault(table.file, cell, f"expected {expected}, found {found}{hint}")
