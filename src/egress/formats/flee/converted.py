"""Converted scenarios: a folder with scenario.yaml (`rules: flee`) and one CSV file per table, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from egress.engine.flee.case import SEMANTICS, FleeRules
from egress.errors import Fault
from egress.formats.flee.checks import Spot
from egress.formats.flee.findings import Findings
from egress.formats.flee.scenario import TABLES, FleeScenario
from egress.formats.flee.settings import rules_of
from egress.scenario.messages import friendly
from egress.scenario.positions import Cell, Loc, Reading, read_csv, read_yaml, shown
from egress.spelling import nearest

YAML_FILE = "scenario.yaml"
SETTINGS = "settings"
OTHER_TABLES = ("observations",)  # written for `egress score`; not read here


def read_converted(
    path: Path, findings: Findings, rules: str | None = None, days: int | None = None
) -> tuple[FleeScenario | None, FleeRules, Spot]:
    """Return a converted scenario, its rules, and where everything stands; faults are gathered in the findings."""
    folder = path if path.is_dir() else path.parent
    reading = _read(folder)
    if rules is not None:
        reading.data["rules"] = rules
    chosen = str(reading.data.get("rules", "flee"))
    own = FleeRules()
    if not reading.partial:
        kind = chosen if chosen in SEMANTICS else "flee"
        own = rules_of(reading, (SETTINGS,), folder / YAML_FILE, findings, kind)
    scenario = _validated(reading, days)
    findings.faults += reading.faults
    if scenario is not None:
        _sources(scenario, reading, findings)
    return (None if reading.faults else scenario), own, _spot_in(reading)


def _read(folder: Path) -> Reading:
    reading = read_yaml(folder / YAML_FILE)
    for name, model in TABLES.items():
        path = folder / f"{name}.csv"
        if path.exists():
            required = [key for key, field in model.model_fields.items() if field.is_required()]
            reading.include(read_csv(path, tuple(model.model_fields), tuple(required)), name)
        elif name == "places":
            reading.faults.append(Fault(shown(path), 0, 0, "missing file"))
            reading.partial = True
    for path in sorted(folder.glob("*.csv")):
        hint = nearest(path.stem, TABLES)
        if path.stem not in (*TABLES, *OTHER_TABLES) and "did you mean" in hint:
            reading.faults.append(Fault(shown(path), 0, 0, f"unknown table {path.stem!r}{hint}"))
    return reading


def _validated(reading: Reading, days: int | None) -> FleeScenario | None:
    """Return the data as a scenario, or None with the faults noted."""
    data: dict[str, Any] = {key: value for key, value in reading.data.items() if key != SETTINGS}
    try:
        scenario = TypeAdapter(FleeScenario).validate_python(data)
    except ValidationError as error:
        for finding in error.errors(include_url=False):
            spot = reading.spot(finding["loc"], key=finding["type"] == "extra_forbidden")
            reading.faults.append(Fault(*spot, friendly(finding, FleeScenario)))
        return None
    if days:
        scenario = scenario.model_copy(update={"period": scenario.period.model_copy(update={"days": days})})
    return scenario


def _sources(scenario: FleeScenario, reading: Reading, findings: Findings) -> None:
    """Note sources that evidence.csv does not have."""
    known = {row.id for row in scenario.evidence} | {"assumption"}
    for table in TABLES:
        cited = [(i, getattr(row, "source", "")) for i, row in enumerate(getattr(scenario, table))]
        for i, source in cited:
            _known(source.split(";") if source else [], (table, i, "source"), known, reading, findings)
    for i, closure in enumerate(scenario.closures):
        _known(list(closure.evidence), ("closures", i, "evidence"), known, reading, findings)


def _known(names: list[str], loc: Loc, known: set[str], reading: Reading, findings: Findings) -> None:
    for name in names:
        if name.strip() not in known:
            spot = reading.spot(loc)
            findings.faults.append(Fault(*spot, f"unknown source {name.strip()!r}{nearest(name.strip(), known)}"))


def _spot_in(reading: Reading) -> Spot:
    first: dict[str, int] = {}
    for i, row in enumerate(reading.data.get("counts") or []):
        first.setdefault(row.get("camp", ""), i)

    def spot(loc: Loc) -> tuple[str, Cell]:
        if loc and loc[0] == "layout":
            loc = ("counts", first.get(str(loc[1]), 0), "camp")
        parts: list[str | int] = []
        for part in loc:  # `names.1` is the second of a list of names
            name, _, index = str(part).partition(".")
            parts += [part] if isinstance(part, int) else [name, *([int(index)] if index else [])]
        at = reading.spot(tuple(parts))
        return at.file, Cell("", at.line, at.column)

    return spot
