"""What happens in a Flee folder, and when: sim_period.csv, conflicts.csv, closures.csv, location_changes.csv."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any, get_args

from egress.engine.flee.case import ClosureKind
from egress.formats.flee.gathered import (
    Tables,
    check_order,
    custom_cells,
    custom_columns,
    long_enough,
    place_type,
    text_at,
    warn_of_blanks,
)
from egress.formats.flee.rows import FARTHEST, Row, Table, day, number, read_optional, read_required, texts, whole
from egress.formats.flee.scenario import FleeChange, FleeClosure, FleeConflict
from egress.scenario.positions import Cell, shown
from egress.spelling import nearest

CLOSURE_COLUMNS = ({"closure_type"}, {"name1"}, {"name2"}, {"closure_start"}, {"closure_end"})
CLOSURES: tuple[str, ...] = get_args(ClosureKind)


def read_period(tables: Tables, days: int | None) -> None:
    """Read sim_period.csv."""
    path = tables.folder.input_csv / "sim_period.csv"
    table = read_required(path, tables.findings)
    if table is None:
        return
    tables.source(path)
    said: dict[str, Cell] = {}
    for row in table.rows:
        key = row[0].text.lower()
        if key in said:
            message = f"{row[0].text!r} stands already in line {said[key].line}"
            tables.warn_or_fault(table.file, row[0], message, "Flee takes the last, and so does egress")
        said[key] = row[0]
        if key not in ("startdate", "length"):
            hint = nearest(row[0].text, ("StartDate", "Length"))
            tables.findings.warn(table.file, row[0], f"{row[0].text!r} is not read{hint}")
        elif key == "startdate":
            tables.start = day(text_at(row, 1), "StartDate", table, tables.findings)
        else:
            tables.days = whole(text_at(row, 1), "Length", table, tables.findings, 0 if days else 1, FARTHEST)
    for name in ("startdate", "length"):
        if name not in [row[0].text.lower() for row in table.rows]:
            label = {"startdate": "StartDate,2012-02-29", "length": "Length,300"}[name]
            tables.findings.fault(table.file, Cell("", 1, 1), f"no line such as `{label}`")
    tables.days, tables.asked = days or tables.days, bool(days)


# Conflicts


def read_conflicts(tables: Tables) -> None:
    """Read conflicts.csv as spells of equal intensity."""
    path = tables.folder.input_csv / "conflicts.csv"
    table = read_required(path, tables.findings)
    if table is None or tables.start is None or not tables.days:
        return
    source = tables.source(path)
    header = _day_header(table, tables)
    if header is None:
        return
    rows = table.rows[: tables.days]
    if len(rows) < tables.days:
        last = rows[-1][0] if rows else Cell("", 1, 1)
        why = "the DAYS asked for" if tables.asked else "Length of sim_period.csv"
        message = f"{len(rows)} days, expected {tables.days} ({why}): Flee would stop after them"
        tables.findings.fault(table.file, last, message)
    said = [texts(row) for row in rows]
    _check_days(rows, said, header, table, tables)
    columns = list(zip(*said, strict=False))  # as many as the shortest row has
    for index, cell in enumerate(header[1 : len(columns)], start=1):
        if not cell.text and set(columns[index]) - {"", "0"}:
            tables.findings.fault(table.file, cell, f"column {index + 1} has conflicts, but no name of a place")
        elif cell.text:
            column = _column(index, columns[index], rows, table, tables)
            if column is not None:
                _spells(cell, column, source, table, tables)


def _day_header(table: Table, tables: Tables) -> Row | None:
    """Return the row of names of conflicts.csv, or None with a fault."""
    header = table.header("day") or next((row for row in table.comments if len(row) > 1), None)
    if header is None and table.rows and not table.rows[0][0].text.isdigit():
        header = table.rows.pop(0)
        tables.findings.warn(table.file, header[0], "a header without `#`: Flee would take it as a day; read as header")
    if header is None:
        at = table.rows[0][0] if table.rows else Cell("", 1, 1)
        tables.findings.fault(table.file, at, "no header such as `#Day,Gao,Kidal`")
        return None
    for row in table.comments:
        if row is not header and len(row) > 1:
            what = "a day" if row[0].line > header[0].line else "the header"
            tables.findings.fault(table.file, row[0], f"a comment with commas: Flee would read it as {what}")
    seen: dict[str, Cell] = {}
    for cell in header[1:]:
        if cell.text and cell.text in seen:
            tables.findings.fault(table.file, cell, f"duplicate column {cell.text!r}")
        seen[cell.text] = cell
    return header


def _check_days(rows: list[Row], said: list[list[str]], header: Row, table: Table, tables: Tables) -> None:
    """Note rows that are too short or too long, and a first column that is not the number of the row."""
    width = max(i for i, text in enumerate(texts(header)) if text or i == 0) + 1
    out_of_order = None
    for number_of_row, (row, found) in enumerate(zip(rows, said, strict=True)):
        if len(found) < width or any(found[width:]):
            filled = max((i for i, text in enumerate(found) if text), default=0) + 1
            message = f"{filled} cells, expected {width} as in the header"
            tables.findings.fault(table.file, row[min(width, len(row) - 1)], message)
        if out_of_order is None and found[0] != str(number_of_row):
            out_of_order = (number_of_row, row[0])
    if out_of_order:
        expected, cell = out_of_order
        message = f"day {cell.text!r} stands in the row of day {expected}"
        tables.warn_or_fault(table.file, cell, message, "Flee goes by the order of the rows, and so does egress")


def _column(index: int, said: tuple[str, ...], rows: list[Row], table: Table, tables: Tables) -> list[float] | None:
    """Return the intensities of one place; None, and faults, where there is something else."""
    if set(said) <= {"0", "1"}:  # most columns
        return list(map(float, said))
    values = [_intensity(row[index], table, tables) for row in rows]
    return None if None in values else [value for value in values if value is not None]


def _intensity(cell: Cell, table: Table, tables: Tables) -> float | None:
    try:
        value = float(cell.text)
    except ValueError:
        value = -1.0
    if value > 1 and value - value == 0:
        tables.findings.warn(table.file, cell, f"intensity {cell.text}: above 1; taken as it is, in Flee as here")
    if value >= 0 and value - value == 0:
        return value
    found = repr(cell.text) if cell.text else "nothing"
    tables.findings.fault(table.file, cell, f"expected an intensity from 0 to 1, found {found}")
    return None


def _spells(cell: Cell, column: list[float], source: str, table: Table, tables: Tables) -> None:
    """Take the spells of one place: runs of days of one intensity above 0."""
    begin = 0
    assert tables.start is not None
    for value, run in groupby(column):
        end = begin + len(list(run))
        if value > 0:
            starts = tables.start + timedelta(days=begin)
            ends = tables.start + timedelta(days=end) if end < len(column) else None
            spell = FleeConflict(place=cell.text, starts=starts, ends=ends, intensity=value, source=source)
            tables.add("conflicts", spell, table, {"place": cell})
        begin = end
    if not any(value > 0 for value in column):
        tables.spots[("unused conflicts", cell.text)] = (table.file, cell)


# Closures and changes


def read_closures(tables: Tables) -> None:
    """Read closures.csv."""
    path = tables.folder.input_csv / "closures.csv"
    table = read_optional(path, tables.findings)
    if table is None:
        tables.findings.warn(shown(path), None, "missing file: Flee would stop; read as no closures")
        return
    source = tables.source(path)
    check_order(table, CLOSURE_COLUMNS, tables)
    custom = custom_columns(table, "closure_type", 5, ("probability",), tables)
    for row in table.rows:
        if long_enough(row, 5, table, tables.findings) and tables.start:
            warn_of_blanks(row[:3], table, tables)
            _closure(row, custom_cells(row, custom, 5).get("probability"), source, table, tables)


def _closure(row: Row, chance: Cell | None, source: str, table: Table, tables: Tables) -> None:
    """Take one row of closures.csv; a column `probability` is ours, and Flee passes over it."""
    start = whole(row[3], "closure_start", table, tables.findings, None, FARTHEST)
    end = whole(row[4], "closure_end", table, tables.findings, None, FARTHEST)
    kind = _closure_kind(row[0], table, tables)
    probability = 1.0 if chance is None else number(chance, "a probability", table, tables.findings)
    if probability is not None and not 0 <= probability <= 1:
        tables.findings.fault(table.file, chance or row[-1], f"probability {probability:g}: expected 0 to 1")
        return
    if start is None or end is None or kind is None or probability is None or tables.start is None:
        return
    if start < 0:
        message = (
            f"starts on day {start}, before the run: it never takes effect, in Flee as here; write 0 for the start"
        )
        tables.findings.warn(table.file, row[3], message)
    if 0 <= end < start:
        message = f"ends on day {end}, before it starts on day {start}: it is never undone"
        tables.warn_or_fault(table.file, row[4], message, "so in Flee, and here")
    names = (row[1].text, row[2].text) if kind in ("country", "link", "remove_forced_redirection") else (row[1].text,)
    reopens = tables.start + timedelta(days=end) if end >= 0 else None
    closes = tables.start + timedelta(days=max(start, -1))
    closure = FleeClosure(
        what=kind, names=names, closes=closes, reopens=reopens, probability=probability, evidence=(source,)
    )
    cells = {"what": row[0], "names.0": row[1], "names.1": row[2], "closes": row[3], "reopens": row[4]}
    tables.add("closures", closure, table, cells)


def _closure_kind(cell: Cell, table: Table, tables: Tables) -> ClosureKind | None:
    """Return the kind of a closure; None where Flee passes over the row."""
    found: Any = cell.text
    if found in CLOSURES:
        return found  # type: ignore[no-any-return]
    if found.lower() in CLOSURES and not tables.mirror:
        tables.findings.warn(table.file, cell, f"{found!r} is read as {found.lower()!r}; Flee would pass over the row")
        return found.lower()  # type: ignore[no-any-return]
    message = f"{found!r} is an unknown closure_type{nearest(found, CLOSURES)}"
    tables.warn_or_fault(table.file, cell, message, "Flee passes over this row, and so does egress")
    return None


def read_changes(tables: Tables) -> None:
    """Read location_changes.csv: Flee looks for it in the folder that it is started in, not in input_csv."""
    at_root, inside = (at / "location_changes.csv" for at in (tables.folder.root, tables.folder.input_csv))
    path = inside if inside.exists() and not tables.mirror else at_root
    table = read_optional(path, tables.findings)
    if inside.exists() and tables.mirror:
        message = "not read: Flee looks for it in the folder that it is started in; egress does as Flee under flee"
        tables.findings.warn(shown(inside), None, message)
    if table is None:
        return
    if tables.mirror:
        tables.findings.warn(table.file, None, "Flee reads it only where it is started in this folder; read")
    source = tables.source(path)
    for row in table.rows:
        if long_enough(row, 3, table, tables.findings):
            _change(row, source, table, tables)


def _change(row: Row, source: str, table: Table, tables: Tables) -> None:
    """Take one row of location_changes.csv."""
    kind = place_type(row[1].text)
    when = whole(row[2], "a day", table, tables.findings, None, FARTHEST)
    if kind is None:
        tables.findings.fault(table.file, row[1], f"{row[1].text!r} is an unknown type of place")
    elif kind == "flood_zone":
        tables.findings.refuse(table.file, row[1], "flood zones")
    elif when is not None and tables.start:
        change = FleeChange(place=row[0].text, type=kind, date=tables.start + timedelta(days=when), source=source)
        tables.add("changes", change, table, {"place": row[0], "type": row[1], "date": row[2]})
