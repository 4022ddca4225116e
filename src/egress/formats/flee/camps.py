"""People in a Flee folder: counts of camps, corrections of registrations, ages and genders."""

from __future__ import annotations

from pathlib import Path

from egress.formats.flee.gathered import Tables, long_enough, text_at, warn_of_blanks
from egress.formats.flee.rows import Row, Table, day, number, read_optional, read_required, read_table, whole
from egress.formats.flee.scenario import TOTAL, FleeCorrection, FleeCount, FleeWeight
from egress.scenario.positions import Cell, shown
from egress.spelling import nearest

# Counts of camps


def read_counts(tables: Tables) -> None:
    """Read data_layout.csv and the files that it names."""
    path = tables.folder.source_data / "data_layout.csv"
    table = read_required(path, tables.findings)
    if table is None:
        return
    tables.source(path)
    if not table.rows or table.rows[0][0].text != TOTAL:
        at = table.rows[0][0] if table.rows else Cell("", 1, 1)
        found = f", found {at.text!r}: Flee would leave it out of its sums" if at.text else ""
        tables.findings.fault(table.file, at, f"expected the first row to be `total,FILE`{found}")
    seen: dict[str, Cell] = {}
    for row in table.rows:
        warn_of_blanks(row[:1], table, tables)
        if row[0].text in seen:
            tables.findings.fault(
                table.file, row[0], f"{row[0].text!r} stands already in line {seen[row[0].text].line}"
            )
        seen[row[0].text] = row[0]
        tables.spots[("layout", row[0].text)] = (table.file, row[0])
        _layout_row(row, table, tables)


def _layout_row(row: Row, table: Table, tables: Tables) -> None:
    files = [cell for cell in row[1:] if cell.text]
    if not row[0].text:
        tables.findings.fault(table.file, row[0], "no name")
    if not files:
        tables.findings.fault(table.file, row[0], f"{row[0].text!r} has no file: expected `NAME,FILE`")
    for cell in files:
        path = tables.folder.source_data / cell.text
        if path.is_file():
            _count_file(row[0].text, cell, path, tables)
        else:
            names = [other.name for other in tables.folder.source_data.glob("*.csv")]
            message = f"no file {cell.text!r} in {tables.folder.source_data.name}{nearest(cell.text, names)}"
            tables.findings.fault(table.file, cell, message)


def _count_file(camp: str, named: Cell, path: Path, tables: Tables) -> None:
    """Read one table of counts: days and people, with or without a header."""
    table = read_table(path, tables.findings)
    if table is None:
        return
    source = tables.source(path)
    if table.rows and table.rows[0][0].text in ("DateTime", "Date"):
        table.rows.pop(0)
    elif table.rows and table.rows[0][0].text.lower() in ("datetime", "date", "day"):
        tables.findings.warn(table.file, table.rows[0][0], "read as a header; Flee knows only `DateTime` and `Date`")
        table.rows.pop(0)
    counted = [row for row in table.rows if text_at(row, 1).text]
    for row in table.rows:
        if len(row) == 1:
            tables.findings.warn(table.file, row[0], f"no count beside {row[0].text!r}: passed over, as in Flee")
    if not counted:
        tables.findings.fault(table.file, Cell("", 1, 1), "no counts: expected lines such as `2012-02-29,1500`")
    for row in counted:
        when = day(row[0], "when it was counted", table, tables.findings)
        people = whole(row[1], "people", table, tables.findings)
        if len(row) > 2 and row[2].text.isdigit() and len(row[2].text) == len("000"):
            message = f"{row[2].text!r} beside {row[1].text!r}: a number with a comma? Write it without"
            tables.findings.fault(table.file, row[2], message)
        if when is not None and people is not None:
            count = FleeCount(camp=camp, file=named.text, date=when, people=people, source=source)
            tables.add("counts", count, table, {"camp": row[0], "date": row[0], "people": row[1]})


def read_corrections(tables: Tables) -> None:
    """Read registration_corrections.csv, which need not be there and has no header."""
    path = tables.folder.input_csv / "registration_corrections.csv"
    table = read_optional(path, tables.findings)
    if table is None:
        return
    source = tables.source(path)
    if table.rows and text_at(table.rows[0], 1).text.lower() in ("date", "day", "datetime"):
        row = table.rows.pop(0)
        tables.findings.warn(
            table.file, row[0], "read as a header; Flee knows none here and would stop: begin it with #"
        )
    for row in table.rows:
        if not long_enough(row, 2, table, tables.findings):
            continue
        warn_of_blanks(row[:1], table, tables)
        when = day(row[1], "a date", table, tables.findings)
        if when:
            cells = {"camp": row[0], "date": row[1]}
            tables.add("corrections", FleeCorrection(camp=row[0].text, date=when, source=source), table, cells)


# Who sets out


def read_demographics(tables: Tables) -> None:
    """Read demographics_age.csv and demographics_gender.csv; others need rules that are not supported."""
    for path in sorted(tables.folder.input_csv.glob("demographics_*.csv")):
        attribute = path.stem.split("_")[1]
        if attribute not in ("age", "gender"):
            tables.findings.warn(shown(path), None, f"not used: no supported rule asks for {attribute!r}")
            continue
        table = read_table(path, tables.findings)
        if table is not None:
            _weights(attribute, path, table, tables)


def _weights(attribute: str, path: Path, table: Table, tables: Tables) -> None:
    """Take one table of weights: a column of values, `Default`, columns by place."""
    source = tables.source(path)
    header = table.header(attribute) or (table.rows.pop(0) if table.rows else None)
    names = [cell.text.lstrip("#").strip() for cell in header or []]
    if header is None or attribute not in names or "Default" not in names:
        at = header[0] if header else Cell("", 1, 1)
        tables.findings.fault(table.file, at, f"expected the columns {attribute!r} and 'Default'")
        return
    values = names.index(attribute)
    for row in table.rows:
        for index, name in enumerate(names):
            cell = text_at(row, index)
            if index == values or not name or not cell.text:
                continue
            weight = number(cell, "a weight", table, tables.findings)
            if weight is not None and weight < 0:
                tables.findings.fault(table.file, cell, f"weight {weight:g}: expected at least 0")
            elif weight is not None:
                place = "" if name == "Default" else name
                found = FleeWeight(
                    attribute=attribute, value=row[values].text, place=place, weight=weight, source=source
                )
                tables.add("demographics", found, table, {"value": row[values], "place": header[index], "weight": cell})
