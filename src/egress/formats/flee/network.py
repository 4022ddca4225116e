"""Places and roads of a Flee folder: locations.csv, routes.csv, major_routes.csv."""

from __future__ import annotations

from typing import Any

from egress.engine.flee.case import LONGEST_ROAD
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
from egress.formats.flee.rows import Row, Table, number, read_optional, read_required, whole
from egress.formats.flee.scenario import FleeMajorRoute, FleePlace, FleeRoute
from egress.scenario.positions import Cell
from egress.spelling import nearest

LONGITUDE = {"lon", "longitude", "long", "lng"}
COLUMNS = (
    {"name"},
    {"region"},
    {"country"},
    {"gps_x", "lat", "latitude", "x", "lon", "longitude", "long", "lng"},
    {"gps_y", "lon", "longitude", "long", "lng", "y", "lat", "latitude"},
    {"location_type", "type"},
    {"conflict_date"},
    {"population", "pop", "pop/cap", "population/capacity", "capacity", "cap"},
)
"""Names of the eight columns of locations.csv that have no other meaning than their place."""
"""Names of the eight columns of locations.csv that have no other meaning than their place."""
PLACE_NUMBERS = {
    "conflict_intensity": (number, "an intensity"),
    "capacity_per_day": (whole, "agents a day"),
    "initial_idps": (whole, "agents"),
    "deactivation_probability": (number, "a probability"),
}
ROUTE_COLUMNS = ({"name1"}, {"name2"}, {"distance"}, {"forced_redirection"})
ROUTE_NUMBERS = {"max_move_speed": "a speed in km a day", "walk_probability": "a probability"}
ROUTE_MOST = {"max_move_speed": LONGEST_ROAD, "walk_probability": 1}
OTHER_PLACE_COLUMNS = ("farmer_fraction", "hdi", "trade_volume")


def read_places(tables: Tables) -> None:
    """Read locations.csv."""
    path = tables.folder.input_csv / "locations.csv"
    table = read_required(path, tables.findings)
    if table is None:
        return
    source = tables.source(path)
    known = (*PLACE_NUMBERS, *OTHER_PLACE_COLUMNS)
    names = custom_columns(table, "name", len(COLUMNS), known, tables)
    check_order(table, COLUMNS, tables)
    for row in table.rows:
        warn_of_blanks((row[0], *row[2:3]), table, tables)
        if long_enough(row, len(COLUMNS), table, tables.findings):
            _place(row, names, source, table, tables)
    if not table.rows:
        tables.findings.fault(table.file, Cell("", 1, 1), "no places")


def _longitude_first(table: Table) -> bool:
    """Say whether the header names the fourth column a longitude: where defects are mended, latitude comes first."""
    header = table.header("name") or []
    return len(header) > 3 and header[3].text.lower() in LONGITUDE


def _place(row: Row, names: list[Cell], source: str, table: Table, tables: Tables) -> None:
    """Take one row of locations.csv."""
    findings, faults = tables.findings, len(tables.findings.faults)
    kind = place_type(row[5].text)
    camp = kind in ("camp", "idpcamp")
    values: dict[str, Any] = {"name": row[0].text, "type": kind, "source": source}
    values |= {name: cell.text for name, cell in (("region", row[1]), ("country", row[2])) if cell.text}
    x, y = (row[4], row[3]) if _longitude_first(table) and not tables.mirror else (row[3], row[4])
    values |= {n: number(c, "degrees", table, findings) for n, c in (("gps_x", x), ("gps_y", y)) if c.text}
    if not row[0].text:
        findings.fault(table.file, row[0], "no name")
    if kind is None:
        hint = nearest(row[5].text, ("camp", "idpcamp", "conflict_zone", "forwarding_hub", "marker", "town"))
        findings.fault(table.file, row[5], f"{row[5].text!r} is an unknown location_type{hint}")
    elif kind == "flood_zone":
        findings.refuse(table.file, row[5], "flood zones")
    if kind == "conflict":
        values["conflict_date"] = whole(row[6], "the day of the conflict", table, findings, least=None)
    if row[7].text:
        field_name = "capacity" if camp else "population"
        values[field_name] = whole(row[7], field_name, table, findings)
    cells = {"name": row[0], "country": row[2], "type": row[5], "conflict_date": row[6], "capacity": row[7]}
    custom = custom_cells(row, names, len(COLUMNS))
    for name, (read, what) in PLACE_NUMBERS.items():
        if name in custom:
            values[name] = read(custom[name], what, table, findings)  # type: ignore[operator]
            cells[name] = custom[name]
            if values[name] is not None and values[name] < 0:
                findings.fault(table.file, custom[name], f"{name} {values[name]:g}: expected at least 0")
    if len(findings.faults) == faults:
        tables.add("places", FleePlace(**values), table, cells)


def read_routes(tables: Tables) -> None:
    """Read routes.csv."""
    path = tables.folder.input_csv / "routes.csv"
    table = read_required(path, tables.findings)
    if table is None:
        return
    source = tables.source(path)
    check_order(table, ROUTE_COLUMNS, tables)
    names = custom_columns(table, "name1", 4, ROUTE_NUMBERS, tables)
    if not table.rows:
        tables.findings.fault(table.file, Cell("", 1, 1), "no routes: expected lines such as `Kidal,Mentao,900`")
    for row in table.rows:
        if long_enough(row, 3, table, tables.findings):
            _route(row, names, source, table, tables)


def _route(row: Row, names: list[Cell], source: str, table: Table, tables: Tables) -> None:
    """Take one row of routes.csv."""
    findings, faults = tables.findings, len(tables.findings.faults)
    warn_of_blanks(row[:2], table, tables)
    forced = text_at(row, 3)
    values: dict[str, Any] = {"first": row[0].text, "second": row[1].text, "source": source}
    values["distance"] = number(row[2], "a distance in km", table, findings, LONGEST_ROAD)
    if forced.text:
        values["forced_redirection"] = whole(forced, "forced_redirection", table, findings)
        if values["forced_redirection"] not in (None, 0, 1, 2):
            findings.fault(table.file, forced, f"forced_redirection {forced.text}: expected 0, 1, 2 or nothing")
    cells = {"first": row[0], "second": row[1], "distance": row[2], "forced_redirection": forced}
    custom = custom_cells(row, names, 4)
    for name, what in ROUTE_NUMBERS.items():
        if name in custom:
            values[name] = number(custom[name], what, table, findings, ROUTE_MOST[name])
            cells[name] = custom[name]
    for name in ("distance", *ROUTE_NUMBERS):
        if (values.get(name) or 0.0) < 0:
            findings.fault(table.file, cells[name], f"{name} {values[name]:g}: expected at least 0")
    if len(findings.faults) == faults:
        tables.add("routes", FleeRoute(**values), table, cells)


def read_major_routes(tables: Tables) -> None:
    """Read major_routes.csv, which need not be there."""
    path = tables.folder.input_csv / "major_routes.csv"
    table = read_optional(path, tables.findings)
    if table is None:
        return
    source = tables.source(path)
    for row in table.rows:
        named = [cell for cell in row if cell.text]
        cells = {f"places.{i}": cell for i, cell in enumerate(named)}
        if not row[-1].text:
            message = "an empty cell at the end: Flee takes this route in one direction only; expected no commas there"
            tables.findings.fault(table.file, row[-1], message)
        elif len(named) < 3:
            tables.findings.fault(table.file, row[0], f"{len(named)} places, expected at least 3")
        else:
            tables.add("major_routes", FleeMajorRoute(places=tuple(c.text for c in named), source=source), table, cells)
