"""Scenario folders and tables as models; every fault of a scenario is reported at once, with its place.

>>> load("no-such-crisis")  # doctest: +ELLIPSIS
Traceback (most recent call last):
egress.errors.ScenarioError: no-such-crisis: neither a folder nor a shipped scenario...
"""

from __future__ import annotations

import json
import os
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from egress.distribution import Distribution
from egress.errors import Fault, ScenarioError
from egress.scenario import check
from egress.scenario.check_parameters import parameter_faults
from egress.scenario.findings import REFERRED
from egress.scenario.messages import friendly
from egress.scenario.positions import Loc, Reading, Spot, read_csv, read_yaml, shown
from egress.scenario.salvage import salvaged
from egress.scenario.schema import TABLES, Base, Parameter, Row, Scenario
from egress.spelling import nearest

M = TypeVar("M", bound=Base)
YAML_FILE = "scenario.yaml"
OTHER_TABLES = ("observations",)  # may stand in a scenario folder; read elsewhere
FLEE_FILES = ("locations.csv", "routes.csv")


def load(source: str | Path) -> Scenario:
    """Return the scenario in a folder (or named by its scenario.yaml, or shipped with egress by its name).

    Its parameters are complete: the defaults, with the rows of the scenario in their place.
    Raises ScenarioError with every fault found.
    """
    folder = _folder(source)
    return _kept(folder) if folder in shipped().values() else _load(folder)


def _load(folder: Path) -> Scenario:
    reading = read_folder(folder)
    if str(reading.data.get("rules", "")).startswith("flee"):
        message = "a scenario with the rules of Flee: the commands (`egress run` and others) take it"
        raise ScenarioError([Fault(*reading.spot(("rules",)), f"{message}, this does not")])
    scenario = _checked(reading)
    if scenario is None or reading.faults:
        raise ScenarioError(reading.faults)
    own = {row.name: row for row in scenario.parameters}
    complete = tuple(own.get(row.name, row) for row in defaults())
    return scenario.model_copy(update={"parameters": complete})


@cache
def _kept(folder: Path) -> Scenario:
    """Return a shipped scenario: they do not change, and a forecast asks for its own three times."""
    return _load(folder)


def load_table(path: str | Path, model: type[M]) -> tuple[M, ...]:
    """Return the rows of a CSV table; raise ScenarioError with every fault found."""
    reading = _read_table(Path(path), model)
    rows = _validated(reading, tuple[model, ...])  # type: ignore[valid-type]
    if reading.faults:
        raise ScenarioError(reading.faults)
    found: tuple[M, ...] = rows
    return found


@cache
def defaults() -> tuple[Parameter, ...]:
    """Return the parameters of data/parameters.csv."""
    return load_table(Path(str(files("egress.data"))) / "parameters.csv", Parameter)


def shipped() -> dict[str, Path]:
    """Return the folders of the scenarios shipped with egress, by name."""
    root = Path(str(files("egress.scenarios")))
    return {path.name: path for path in sorted(root.iterdir()) if (path / YAML_FILE).is_file()}


def list_names() -> list[str]:
    """Return the names of the scenarios shipped with egress."""
    return list(shipped())


def scenario_hash(scenario: Scenario) -> str:
    """Return 12 hexadecimal digits that change whenever anything in the scenario does."""
    plain = json.dumps(scenario.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode()).hexdigest()[:12]


def read_folder(folder: Path) -> Reading:
    """Read a scenario folder as plain data; what cannot be read is noted in the reading."""
    reading = read_yaml(folder / YAML_FILE)
    for name in TABLES:
        path = folder / f"{name}.csv"
        if os.path.lexists(path):  # a link to nowhere is said, not passed over
            _include(reading, name, path)
        elif _required(Scenario.model_fields[name]) and name not in reading.data:
            reading.unread(ScenarioError([Fault(shown(path), 0, 0, "missing file")]))
        elif name not in reading.data:
            reading.values[(name,)] = Spot(shown(path), 0, 0)  # where it is said that others refer to it
    known = (*TABLES, *OTHER_TABLES)
    for path in sorted(folder.glob("*.csv")):
        hint = nearest(path.stem, known)
        if path.stem not in known and "did you mean" in hint:
            reading.faults.append(Fault(shown(path), 0, 0, f"unknown table {path.stem!r}{hint}"))
    return reading


def _include(reading: Reading, name: str, path: Path) -> None:
    """Take a table into the reading of its folder."""
    if name in reading.data:
        message = f"{name!r} stand both here and in {shown(path)}: expected one of them"
        reading.fault(*reading.keys[(name,)][1:], message)
    table = _read_table(path, _row_model(name))
    reading.include(table, name)
    if table.faults and not table.data:
        del reading.data[name]
    elif not table.data and _required(Scenario.model_fields[name]):
        reading.faults.append(Fault(table.file, 1, 1, f"no rows: expected at least one of {name}"))


def _folder(source: str | Path) -> Path:
    """Return the scenario folder that is meant; raise ScenarioError where there is none."""
    path, names = Path(source), shipped()
    if not path.exists():
        if str(source) in names:
            return names[str(source)]
        message = f"neither a folder nor a shipped scenario{nearest(source, names)}"
        raise ScenarioError([Fault(str(source), 0, 0, message)])
    folder = path if path.is_dir() else path.parent
    if (folder / YAML_FILE).exists() and (path.is_dir() or path.name == YAML_FILE):
        return folder
    raise ScenarioError([Fault(shown(path), 0, 0, _no_scenario(path, folder))])


def _no_scenario(path: Path, folder: Path) -> str:
    """Say what a path that is no scenario folder is."""
    if (folder / "input_csv").is_dir() or all((folder / name).is_file() for name in FLEE_FILES):
        if not path.is_dir():
            return f"a file of the Flee folder {shown(folder)}: name the folder"
        if not (folder / "input_csv").is_dir():
            return "tables of Flee, but no folder input_csv that holds them, with source_data beside it"
        return "a Flee folder: the commands (`egress run` and others) take it, this does not"
    if not path.is_dir():
        return "not a scenario: expected a folder with scenario.yaml"
    if (folder / "scenario.yml").exists():
        return "found scenario.yml: expected scenario.yaml"
    return "no scenario.yaml in this folder"


# Tables


def _row_model(name: str) -> type[Base]:
    model: type[Base] = get_args(Scenario.model_fields[name].annotation)[0]
    return model


def _required(field: FieldInfo) -> bool:
    return field.is_required()


def _read_table(path: Path, model: type[Base]) -> Reading:
    columns = list(model.model_fields)
    if issubclass(model, Row):
        uncertain = [name for name, field in model.model_fields.items() if _uncertain(field.annotation)]
        columns += [f"{name}_{end}" for name in uncertain for end in ("low", "high")]
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    if model is Parameter:
        columns += ["low", "high"]
        required.remove("value")
    return read_csv(path, tuple(columns), tuple(required))


def _uncertain(annotation: Any) -> bool:
    return annotation is Distribution or any(_uncertain(part) for part in get_args(annotation))


# Faults


def _validated(reading: Reading, kind: Any) -> Any:
    """Return the data as models, or None with the faults noted in the reading."""
    try:
        return TypeAdapter(kind).validate_python(reading.data)
    except ValidationError as error:
        _note(reading, error, kind)
        return None


def _checked(reading: Reading) -> Scenario | None:
    """Return the scenario, or None; faults of its values and of its cross-references are noted."""
    scenario, broken = None, frozenset[Loc]()
    if reading.partial and len(reading.data) <= len(TABLES):
        return None
    try:
        scenario = Scenario.model_validate(reading.data)
    except ValidationError as error:
        _note(reading, error, Scenario)
        scenario, broken = salvaged(reading.data, error)
    if scenario is not None and not reading.partial:
        for loc, message in [*check.faults(scenario, broken), *parameter_faults(scenario, defaults(), broken)]:
            spot = reading.spot(loc)
            kind = "" if message != REFERRED else "no rows: " if spot.line else "missing file: "
            reading.faults.append(Fault(*spot, kind + message))
    return None if broken else scenario


def _note(reading: Reading, error: ValidationError, kind: Any) -> None:
    """Add the findings of pydantic to the faults, each at its place."""
    findings = error.errors(include_url=False)
    seen = {(f.file, f.line) for f in reading.faults if f.file.endswith(".csv")}
    seen_exactly = {(f.file, f.line, f.column) for f in reading.faults}
    extra = {f["loc"][:-1]: friendly(f, kind) for f in findings if f["type"] == "extra_forbidden"}
    for finding in findings:
        loc, missing = finding["loc"], finding["type"] == "missing"
        if any(str(part).startswith("literal[") for part in loc):
            continue  # the other branch of `all | names` says what was expected
        if finding["type"] == "too_short" and any(f["loc"][: len(loc)] == loc != f["loc"] for f in findings):
            continue  # counted without the faulty ones
        if missing and (_column_faulted(reading, loc) or f"{loc[-1]!r}?" in extra.get(loc[:-1], "")):
            continue
        message = friendly(finding, kind)
        if finding["type"] == "value_error":
            loc = reading.known((*loc, message.split()[0]))  # a fault of a whole row names its column first
        spot = reading.spot(loc, key=finding["type"] == "extra_forbidden")
        if spot[:2] not in seen and spot not in seen_exactly:
            reading.faults.append(Fault(*spot, message))


def _column_faulted(reading: Reading, loc: Loc) -> bool:
    """Say whether a missing value or table has been reported as a missing column or file already."""
    if len(loc) == 1:
        return any(Path(f.file).stem == loc[0] for f in reading.faults)
    file = reading.spot(loc).file
    return any(f.file == file and f.message == f"missing column {loc[-1]!r}" for f in reading.faults)
