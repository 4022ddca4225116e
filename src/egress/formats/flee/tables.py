"""The tables of a Flee folder as rows of our model, each with the place it came from."""

from __future__ import annotations

from egress.formats.flee.camps import read_corrections, read_counts, read_demographics
from egress.formats.flee.events import read_changes, read_closures, read_conflicts, read_period
from egress.formats.flee.findings import Findings
from egress.formats.flee.folder import FleeFolder
from egress.formats.flee.gathered import Tables
from egress.formats.flee.network import read_major_routes, read_places, read_routes
from egress.scenario.positions import shown

READERS = {
    "places": read_places,
    "routes": read_routes,
    "major_routes": read_major_routes,
    "conflicts": read_conflicts,
    "closures": read_closures,
    "corrections": read_corrections,
    "changes": read_changes,
    "counts": read_counts,
    "demographics": read_demographics,
}


def read_tables(folder: FleeFolder, findings: Findings, mirror: bool, days: int | None) -> Tables:
    """Read every table of a folder; faults are gathered in the findings. `days` overrides the length."""
    tables = Tables(folder, findings, mirror=mirror)
    read_period(tables, days)
    for name, read in READERS.items():
        before = len(findings.faults)
        read(tables)
        if len(findings.faults) > before:
            tables.unread.add(name)
    _unsupported(tables)
    return tables


def _unsupported(tables: Tables) -> None:
    """Warn of files that Flee reads for rules which are off (settings that need them are refused by name)."""
    for name, rule in (
        ("agents.csv", "read_from_agents_csv_file"),
        ("flood_level.csv", "flood rules"),
        ("region_attributes_IPC.csv", "hunger (IPC) rules"),
    ):
        path = tables.folder.input_csv / name
        if path.exists():
            tables.findings.warn(shown(path), None, f"not used: it needs {rule}, off in the settings and not supported")
