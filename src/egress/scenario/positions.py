"""Plain data from YAML and CSV files, with the line and column where every value and key stands.

Timestamps stay text, so that offsets are kept; lines and columns count from 1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from egress.errors import Fault, ScenarioError
from egress.spelling import nearest

Loc = tuple[str | int, ...]
"""Where a value stands in the data: keys of mappings and indices (from 0) of lists and table rows."""


class Spot(NamedTuple):
    """Where a value stands in a file."""

    file: str
    line: int
    column: int


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    line: int
    column: int


@dataclass
class Reading:
    """Plain data, where its values and keys stand, and what was wrong on the way."""

    file: str
    data: Any = None
    values: dict[Loc, Spot] = field(default_factory=dict)
    keys: dict[Loc, Spot] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    partial: bool = False
    """True where values are missing because they could not be read: what refers to them cannot be judged."""
    separator: str = ","
    """What stands between the cells of a table; empty for a workbook. Without commas there, decimals may have them."""

    def fault(self, line: int, column: int, message: str, partial: bool = False) -> None:
        """Note a fault at a place of this file; `partial` where values are lost by it."""
        self.faults.append(Fault(self.file, line, column, message))
        self.partial |= partial

    def unread(self, error: ScenarioError) -> Reading:
        """Note that the file cannot be read at all."""
        self.faults += error.faults
        self.partial = True
        return self

    def known(self, loc: Loc) -> Loc:
        """Return the longest part of `loc` that stands in a file; other parts are skipped."""
        found: Loc = ()
        for part in loc:
            ends = (part, f"{part}_low", "low") if isinstance(part, str) else (part,)
            found = next(((*found, end) for end in ends if (*found, end) in self.values), found)
        return found

    def spot(self, loc: Loc, key: bool = False) -> Spot:
        """Return where `loc` (or, with `key`, its key) stands, or else the nearest thing around it."""
        found = self.known(loc)
        if key and found in self.keys:
            return self.keys[found]
        return self.values.get(found, Spot(self.file, 1, 1))

    def include(self, other: Reading, prefix: str) -> None:
        """Take in another file's data as the value of `prefix`."""
        self.data[prefix] = other.data
        self.values |= {(prefix, *loc): spot for loc, spot in other.values.items()}
        self.keys |= {(prefix, *loc): spot for loc, spot in other.keys.items()}
        self.faults += other.faults
        self.partial |= other.partial


def shown(path: Path) -> str:
    """Return a path as text, relative to the current folder where that is shorter."""
    full = str(path)
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        return full
    return min(full, relative, key=len)


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file with \\n line ends; raise ScenarioError where it cannot be read."""
    if path.is_dir():
        raise ScenarioError([Fault(shown(path), 0, 0, "is a folder: expected a file")])
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError([_not_utf8(path, error.object, error.start)]) from None
    except OSError as error:
        raise ScenarioError([Fault(shown(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ScenarioError([_not_utf8(path, raw, raw.index(b"\0"))])
    if not text.strip():
        raise ScenarioError([Fault(shown(path), 1, 1, "is empty")])
    return text


def _not_utf8(path: Path, raw: bytes, at: int) -> Fault:
    before = raw[:at].decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n")
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw.count(b"\0") > len(raw) // 4
    kind = "UTF-16" if wide else "another encoding"
    message = f"not UTF-8 but {kind}: expected a file saved as UTF-8 (in Excel: CSV UTF-8)"
    if not wide and raw[at : at + 1] == b"\0":
        message = "a character of value 0: expected text"
    return Fault(shown(path), len(before), len(before[-1]) + 1, message)


# YAML


def read_yaml(path: Path) -> Reading:
    """Read a YAML file whose top is a mapping; faults are noted in the reading."""
    reading = Reading(shown(path), {})
    text = ""
    try:
        text = read_text(path)
        node = YAML(typ="rt").compose(text)
    except ScenarioError as error:
        reading.unread(error)
    except YAMLError as error:
        reading.fault(*_syntax(error, text), partial=True)
    except RecursionError:
        reading.fault(1, 1, "lists or mappings within each other without end: expected a few levels", partial=True)
    else:
        if isinstance(node, MappingNode):
            reading.data = _plain(node, (), reading, set())
        else:
            message = "expected `key: value` lines" if node else "is empty"
            reading.fault(1, 1, message, partial=True)
    return reading


def _syntax(error: YAMLError, text: str) -> tuple[int, int, str]:
    """Return line, column and message of a syntax error."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        mark, problem = error.problem_mark, str(error.problem)
        if "'\\t'" in problem:
            problem = "a tab: expected spaces"
        return mark.line + 1, mark.column + 1, f"not readable as YAML: {problem}"
    if isinstance(error, ReaderError):
        before, found = text[: error.position].split("\n"), text[error.position]
        return len(before), len(before[-1]) + 1, f"the character {found!r}: expected printable text"
    return 1, 1, f"not readable as YAML: {error}"


def _plain(node: Node, loc: Loc, reading: Reading, seen: set[int]) -> Any:
    """Return a node as plain data and note where it stands."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    reading.values[loc] = Spot(reading.file, line, column)
    if id(node) in seen:
        message = f"an alias (*{node.anchor}) repeats this value: expected it written out"
        reading.fault(line, column, message, partial=True)
        return None
    seen.add(id(node))
    if isinstance(node, MappingNode):
        return _mapping(node, loc, reading, seen)
    if isinstance(node, SequenceNode):
        return [_plain(item, (*loc, i), reading, seen) for i, item in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: MappingNode, loc: Loc, reading: Reading, seen: set[int]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key, value in node.value:
        line, column = key.start_mark.line + 1, key.start_mark.column + 1
        if not isinstance(key, ScalarNode):
            reading.fault(line, column, "a key that is a list or mapping: expected a name")
        elif key.value in data:
            first = reading.keys[(*loc, key.value)].line
            reading.fault(line, column, f"duplicate key {key.value!r}: it stands already in line {first}")
        else:
            reading.keys[(*loc, key.value)] = Spot(reading.file, line, column)
            data[key.value] = _plain(value, (*loc, key.value), reading, seen)
            if data[key.value] is None:  # an absent value has no place but the next token's
                reading.values[(*loc, key.value)] = reading.keys[(*loc, key.value)]
    return data


def _scalar(node: Node) -> Any:
    """Return the value of a scalar: timestamps and everything unusual stay text."""
    kind, text = str(node.tag).rpartition(":")[2], str(node.value).replace("\a", "")
    try:
        match kind:
            case "null":
                return None
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int":
                return int(text, 0) if text[:2].lower() in ("0x", "0o") else int(text.replace("_", ""))
            case "float":
                return float(re.sub(r"^([-+]?)\.(?=inf|nan)", r"\1", text.replace("_", "").lower()))
    except ValueError:
        pass
    return text


# CSV

_CELLS = {
    mark: re.compile(rf'"((?:[^"]|"")*)"[{blank}]*(?=[{mark}\n]|\Z)|([^"{mark}\n][^{mark}\n]*|)(?=[{mark}\n]|\Z)')
    for mark, blank in ((",", " \t"), (";", " \t"), ("\t", " "))
}
"""One cell, quoted or not, by what separates cells."""


def cells(text: str, separator: str = ",") -> Iterator[list[Cell]]:
    """Yield the cells of each line of a CSV text; raise ValueError(line, column) at a quote left open.

    >>> [[cell.text for cell in row] for row in cells('a,"b, c"\\n1,2\\n')]
    [['a', 'b, c'], ['1', '2']]
    """
    if '"' not in text:  # most tables: several times as fast
        yield from _plain_cells(text, separator)
        return
    at, line, begin = 0, 1, 0
    row: list[Cell] = []
    while at < len(text) or row:
        match = _CELLS[separator].match(text, at)
        if match is None:
            raise ValueError(line, at - begin + 1)
        quoted = match[1] is not None
        value = match[1].replace('""', '"') if quoted else match[2]
        row.append(Cell(value.strip(), line, at - begin + 1))
        if breaks := match[0].count("\n"):
            line, begin = line + breaks, at + match[0].rindex("\n") + 1
        at = match.end()
        if text[at : at + 1] != separator:
            yield row
            row, line, begin = [], line + 1, at + 1
        at += 1


def _plain_cells(text: str, separator: str) -> Iterator[list[Cell]]:
    """Yield the cells of each line of a text without quotes."""
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        column, row = 1, []
        for value in line.split(separator):
            row.append(Cell(value.strip(), number, column))
            column += len(value) + 1
        yield row


def read_csv(path: Path, columns: tuple[str, ...], required: tuple[str, ...], lenient: bool = False) -> Reading:
    """Read a table with a header line as a list of rows; empty cells are left out of a row's data.

    `columns` are the names that may stand in the header, `required` those that must. With `lenient` the cells may
    be separated by semicolons or tabs, whichever the first line has; `separator` of the reading says which.
    """
    reading = Reading(shown(path), [])
    try:
        text = read_text(path)
        reading.separator = _separator(text) if lenient else ","
        rows = list(cells(text, reading.separator))
    except ScenarioError as error:
        return reading.unread(error)
    except ValueError as error:
        line, column = error.args
        message = "a quoted cell that does not end: expected a closing quote and a comma"
        reading.fault(line, column, message, partial=True)
        return reading
    return _table(reading, rows, columns, required)


def read_xlsx(path: Path, columns: tuple[str, ...], required: tuple[str, ...]) -> Reading:
    """Read the first sheet of a workbook as `read_csv` reads a table; lines and columns are those of the sheet.

    A day stays a day, and a time without offset a time without offset. Formulas count by the value last shown.
    """
    reading = Reading(shown(path), [], separator="")
    try:
        rows = _sheet(path)
    except ScenarioError as error:
        return reading.unread(error)
    return _table(reading, rows, columns, required)


def _separator(text: str) -> str:
    """Return what separates the cells of the first line that says anything."""
    first = next(line for line in text.split("\n") if line.strip())
    return max((",", ";", "\t"), key=lambda mark: (first.count(mark), mark == ","))


def _sheet(path: Path) -> list[list[Cell]]:
    """Return the cells of the first sheet; raise ScenarioError where the file is no workbook."""
    import zipfile

    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    if path.is_dir():
        raise ScenarioError([Fault(shown(path), 0, 0, "is a folder: expected a file")])
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except OSError as error:
        raise ScenarioError([Fault(shown(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
    except (zipfile.BadZipFile, KeyError, ValueError, InvalidFileException):
        message = "is no workbook (.xlsx): expected one, or a table saved as CSV"
        raise ScenarioError([Fault(shown(path), 0, 0, message)]) from None
    sheet = book.worksheets[0]
    rows = [
        [Cell(_written(cell), line, column) for column, cell in enumerate(row, 1)]
        for line, row in enumerate(sheet.iter_rows(min_row=1, min_col=1), 1)
    ]
    book.close()
    width = max((len(_trimmed(row)) for row in rows[:1]), default=0)
    return [row[: max(width, len(_trimmed(row)))] for row in rows]


def _trimmed(row: list[Cell]) -> list[Cell]:
    """Return a row without the empty cells at its end, which a sheet has of its own accord."""
    last = max((at + 1 for at, cell in enumerate(row) if cell.text), default=0)
    return row[:last]


def _written(cell: Any) -> str:
    """Return a cell of a sheet as one would write it: numbers with a point, days and times as in ISO 8601."""
    value = cell.value
    if isinstance(value, datetime) and "h" not in str(cell.number_format).lower():
        value = value.date()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float):
        text = repr(int(value) if value.is_integer() else value)
        return f"{text}0" if "." in text and "e" not in text else text  # 1.2340, for a text 1.234 may be thousands
    return "" if value is None else str(value).strip()


def _table(reading: Reading, rows: list[list[Cell]], columns: tuple[str, ...], required: tuple[str, ...]) -> Reading:
    """Take the rows of a table, the header first, into a reading."""
    reading.values[()] = Spot(reading.file, 1, 1)
    rows = [row for row in rows if any(cell.text for cell in row)]
    if rows and rows[0][0].text.startswith("sep="):  # Excel's note to itself
        rows = rows[1:]
    if not rows:
        reading.fault(1, 1, "holds only empty cells: expected a line of column names", partial=True)
        return reading
    header = _header(rows[0], columns, required, reading)
    if header is not None:
        for row in rows[1:]:
            _row(row, header, reading)
    return reading


def _header(row: list[Cell], columns: tuple[str, ...], required: tuple[str, ...], reading: Reading) -> list[str] | None:
    """Return the column names ("" for columns to skip), or None where the rows cannot be read."""
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(separator in cell.text for cell in row):
            message = f"separated by {name}: expected commas between cells and points in decimals"
            reading.fault(row[0].line, row[0].column, message, partial=True)
            return None
    if not any(cell.text in columns for cell in row):
        message = f"no known column name: expected a first line with {', '.join(required)}"
        reading.fault(row[0].line, row[0].column, message, partial=True)
        return None
    names: list[str] = []
    for cell in row:
        name = cell.text
        if name in names or name not in columns:
            what = "duplicate" if name in names else "unknown"
            hint = "" if name in names else nearest(name, columns)
            reading.fault(cell.line, cell.column, f"{what} column {name!r}{hint}")
            name = ""
        names.append(name)
    for name in required:
        if name not in names and f"{name}_low" not in names:
            reading.fault(row[0].line, row[0].column, f"missing column {name!r}", partial=True)
    return names


def _row(row: list[Cell], header: list[str], reading: Reading) -> None:
    loc: Loc = (len(reading.data),)
    reading.values[loc] = Spot(reading.file, row[0].line, row[0].column)
    if len(row) != len(header):
        extra = row[min(len(header), len(row) - 1)]
        hint = ": put a cell with commas in quotes" if len(row) > len(header) and reading.separator == "," else ""
        reading.fault(extra.line, extra.column, f"{len(row)} cells, expected {len(header)}{hint}", partial=True)
    for name, cell in zip(header, row, strict=False):
        if name:
            reading.values[(*loc, name)] = Spot(reading.file, cell.line, cell.column)
    pairs = zip(header, row, strict=False)
    reading.data.append({name: cell.text for name, cell in pairs if name and cell.text})
