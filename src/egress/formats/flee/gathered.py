"""What is gathered from the tables of a Flee folder, and what reading any of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from egress.engine.flee.case import PlaceType
from egress.formats.flee.findings import Findings
from egress.formats.flee.folder import FleeFolder
from egress.formats.flee.rows import Row, Table
from egress.scenario.positions import Cell, Loc, shown
from egress.scenario.schema import Base, Evidence
from egress.spelling import nearest

TYPES = (
    ("camp", "camp"),
    ("conflict", "conflict"),
    ("forward", "forward"),
    ("marker", "marker"),
    ("flood_zone", "flood_zone"),
    ("default", "town"),
    ("town", "town"),
)
"""Parts of a location_type and what they mean, in the order in which Flee looks for them."""


@dataclass
class Tables:
    """What the tables say, where each part of it stands, and which could not be read whole."""

    folder: FleeFolder
    findings: Findings
    rows: dict[str, list[Any]] = field(default_factory=dict)
    spots: dict[Loc, tuple[str, Cell]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    start: date | None = None
    days: int | None = None
    asked: bool = False
    """Whether the number of days was given beside the folder, not by sim_period.csv."""
    mirror: bool = True

    def source(self, path: Path) -> str:
        """Return the id under which a file is cited; it is read now."""
        name = f"{path.parent.name}/{path.name}"
        self.files[name] = shown(path)
        return name

    def add(self, kind: str, row: Base, table: Table, cells: dict[str, Cell]) -> None:
        """Take a row, with the cells that its values stand in."""
        index = len(self.rows.setdefault(kind, []))
        self.rows[kind].append(row)
        for name, cell in cells.items():
            self.spots[(kind, index, name)] = (table.file, cell)

    def warn_or_fault(self, file: str, cell: Cell, message: str, otherwise: str) -> None:
        """Warn of what Flee does without a word, or refuse it where defects are mended."""
        if self.mirror:
            self.findings.warn(file, cell, f"{message}: {otherwise}")
        else:
            self.findings.fault(file, cell, message)

    def evidence(self) -> list[Evidence]:
        """Return the files read as sources."""
        return [Evidence(id=name, what=f"{name} of the Flee folder {self.folder.name}") for name in self.files]


# Rows and columns


def text_at(row: Row, index: int) -> Cell:
    """Return a cell of a row; beyond its end, an empty one at the last cell's place."""
    return row[index] if index < len(row) else Cell("", row[-1].line, row[-1].column)


def long_enough(row: Row, least: int, table: Table, findings: Findings) -> bool:
    """Say whether a row has enough cells; a fault where it has not."""
    if len(row) >= least:
        return True
    hint = ": separated by semicolons?" if ";" in row[0].text else ""
    findings.fault(table.file, row[-1], f"{len(row)} cells, expected at least {least}{hint}")
    return False


def warn_of_blanks(cells: Iterable[Cell], table: Table, tables: Tables) -> None:
    """Warn of blanks around names, which Flee takes as a part of them."""
    for cell in cells:
        if cell.text and table.spaced(cell):
            message = f"blanks around {cell.text!r}: Flee would not know the name with them; egress leaves them out"
            tables.findings.warn(table.file, cell, message)


def check_order(table: Table, columns: Sequence[set[str]], tables: Tables) -> None:
    """Note names of the first columns that stand where Flee expects another column."""
    header = next((row for row in table.comments if _named(row[0]) in set().union(*columns)), [])
    for cell, expected in zip(header, columns, strict=False):
        name = _named(cell)
        others = set().union(*columns) - expected
        if name in others and name != "name":  # which some folders have twice
            message = f"{cell.text!r} stands where Flee reads {min(expected)!r}"
            tables.warn_or_fault(table.file, cell, message, "it goes by position, not by name, and so does egress")


def _named(cell: Cell) -> str:
    return cell.text.lstrip("#").strip().strip('"').lower()


def custom_columns(table: Table, first: str, count: int, known: Iterable[str], tables: Tables) -> list[Cell]:
    """Return the header's cells beyond the first `count`, and drop a header that lacks its `#` from the rows."""
    header = table.header(first)
    if header is None and table.rows and table.rows[0][0].text.lower() == first:
        header = table.rows.pop(0)
        tables.findings.warn(table.file, header[0], "a header without `#`: Flee would take it as a row; read as header")
    if header is None:
        wide = next((row for row in table.rows if any(cell.text for cell in row[count:])), None)
        if wide:
            message = f"cells beyond the {count}th, but no header `#{first},…` that names them"
            tables.findings.fault(table.file, wide[count], message)
        return []
    for row in table.rows:
        if any(cell.text for cell in row[len(header) :]):
            tables.findings.warn(table.file, row[len(header)], "a cell beyond the columns of the header: not used")
    for cell in header[count:]:
        hint = nearest(cell.text, known)
        if cell.text and cell.text not in known and ("did you mean" in hint or first == "closure_type"):
            message = f"column {cell.text!r} is unknown to Flee{hint} It has no effect"
            tables.findings.warn(table.file, cell, message)
    return list(header[count:])


def custom_cells(row: Row, names: list[Cell], count: int) -> dict[str, Cell]:
    """Return the cells of named columns beyond the first `count`, by name; empty ones are left out."""
    pairs = zip(names, row[count:], strict=False)
    return {name.text: cell for name, cell in pairs if name.text and cell.text}


def place_type(text: str) -> PlaceType | None:
    """Return the type that Flee finds in a location_type; None where there is none.

    >>> place_type("forwarding_hub"), place_type("IDPcamp"), place_type("village")
    ('forward', 'idpcamp', None)
    """
    lower = text.lower()
    found: Any = next((kind for part, kind in TYPES if part in lower), None)
    return "idpcamp" if found == "camp" and "idp" in lower else found
