"""A Flee folder, or its converted form, as a case and rules for the engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from egress.engine.flee.case import SEMANTICS, FleeCase, FleeRules
from egress.errors import Fault, ScenarioError
from egress.formats.flee.build import case_of
from egress.formats.flee.check import check, check_case
from egress.formats.flee.checks import CAMPS, Spot
from egress.formats.flee.converted import read_converted
from egress.formats.flee.counts import Problem
from egress.formats.flee.findings import Findings
from egress.formats.flee.folder import FleeFolder, find, is_converted
from egress.formats.flee.gathered import Tables
from egress.formats.flee.scenario import FleePeriod, FleeScenario
from egress.formats.flee.settings import read_settings
from egress.formats.flee.tables import read_tables
from egress.scenario.positions import Cell, Loc, shown

Say = Callable[[Fault], None]


@dataclass(frozen=True)
class Instance:
    """A folder read: what it says, the case and the rules that follow, and what the user should know."""

    scenario: FleeScenario
    case: FleeCase
    rules: FleeRules
    warnings: tuple[Fault, ...]

    @property
    def hash(self) -> str:
        """Return 12 hexadecimal digits that change whenever what is said or a setting does; names are left out."""
        said = self.scenario.model_dump(mode="json", exclude={"name", "title", "evidence"})
        rules = asdict(self.rules)
        if not self.rules.ranges:
            del rules["ranges"]
        plain = json.dumps([said, rules], sort_keys=True, separators=(",", ":"), default=str)
        return sha256(plain.encode()).hexdigest()[:12]

    @property
    def size(self) -> str:
        """Return `63 places, 14 of them camps, 86 routes, 2 closures; 820 days from 2013-12-01; …`."""
        said, camps = self.scenario, sum(row.type in CAMPS for row in self.scenario.places)
        counted = f"{len(said.places)} places, {camps} of them camps, {len(said.routes)} routes"
        period = f"{said.period.days} days from {said.period.start}"
        return f"{counted}, {len(said.closures)} closures; {period}; rules: {said.rules}, hasten {self.rules.hasten}"


def read(
    folder: str | Path | FleeFolder,
    settings: str | Path | None = None,
    *,
    rules: str | None = None,
    days: int | None = None,
    say: Say | None = None,
) -> tuple[FleeCase, FleeRules]:
    """Return the case and the rules of a Flee folder or a converted scenario.

    `rules` is `flee` (else what a converted scenario says) or `flee-corrected`; `days` overrides the length. Warnings
    are said one by one, on stderr unless `say` takes them. Raises ScenarioError with every fault found.
    """
    instance = read_instance(folder, settings, rules=rules, days=days)
    for warning in instance.warnings:
        (say or warn)(warning)
    return instance.case, instance.rules


def read_instance(
    folder: str | Path | FleeFolder,
    settings: str | Path | None = None,
    *,
    rules: str | None = None,
    days: int | None = None,
) -> Instance:
    """Return what a Flee folder or a converted scenario says, with the warnings; raise ScenarioError."""
    if rules is not None and rules not in SEMANTICS:
        raise ScenarioError([Fault("", 0, 0, f"rules {rules!r}: expected 'flee' or 'flee-corrected'")])
    findings = Findings()
    chosen = Path(settings) if settings is not None else None
    if not isinstance(folder, FleeFolder) and is_converted(Path(folder)):
        said, own, spot = read_converted(Path(folder), findings, rules, days)
        own = read_settings(chosen, findings, said.rules if said else "flee") if chosen else own
        unread = frozenset[str]()
    else:
        place = folder if isinstance(folder, FleeFolder) else find(Path(folder), chosen)
        own = read_settings(place.settings, findings, rules or "flee")
        tables = read_tables(place, findings, (rules or "flee") == "flee", days)
        said, spot, unread = _said(tables, rules or "flee"), _spot(tables), frozenset(tables.unread)
    if said is not None:
        check(said, own, spot, findings, unread)
    if findings.faults or said is None:
        raise ScenarioError(findings.faults)
    case, problems = case_of(said, own)
    _raise(problems, spot)
    check_case(case, own, spot, findings)
    return Instance(said, case, own, findings.told())


def _said(tables: Tables, rules: Any) -> FleeScenario | None:
    """Return what the tables say, as far as they could be read."""
    rows = {name: tuple(found) for name, found in tables.rows.items()}
    if tables.start is None or not tables.days or not rows.get("places"):
        return None
    return FleeScenario(
        name=tables.folder.name,
        title=f"Flee instance {tables.folder.name}",
        rules=rules,
        period=FleePeriod(start=tables.start, days=tables.days),
        evidence=tuple(tables.evidence()),
        **rows,
    )


def _spot(tables: Tables) -> Spot:
    def spot(loc: Loc) -> tuple[str, Cell]:
        if loc in tables.spots:
            return tables.spots[loc]
        beside = next((at for known, at in tables.spots.items() if known[:2] == loc[:2]), None)
        return beside or (shown(tables.folder.input_csv), Cell("", 0, 0))

    return spot


def _raise(problems: Iterable[Problem], spot: Spot) -> None:
    """Raise ScenarioError where counts or corrections cannot be used."""
    column = {"counts": "date", "corrections": "date"}
    found = [(spot((table, index, column[table])), message) for table, index, message in problems]
    if found:
        raise ScenarioError([Fault(file, cell.line, cell.column, message) for (file, cell), message in found])


def warn(warning: Fault) -> None:
    """Print a warning on stderr."""
    place, _, message = str(warning).partition(": ")
    print(f"{place}: warning: {message}", file=sys.stderr)
