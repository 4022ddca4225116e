"""A Flee folder written as an egress scenario: scenario.yaml and one CSV file per table."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Iterable
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from egress.errors import OutputError
from egress.formats.flee.folder import SCENARIO, is_converted
from egress.formats.flee.published import observations
from egress.formats.flee.read import Instance, read_instance
from egress.formats.flee.scenario import TABLES, FleeClosure
from egress.formats.flee.setting_ranges import ENDS
from egress.formats.flee.settings import sections_of
from egress.observations import REQUIRED

NOTE = """\
Converted from a Flee folder; `egress run` gives the same as for that folder.
Dates are days; a closure that names no day of reopening is never undone, one that closes before the first day never
happens. `probability` may be given for each closure: it is drawn once per member.
"""


def convert(source: str | Path, out: str | Path, settings: str | Path | None = None, rules: str = "flee") -> Instance:
    """Write a Flee folder as an egress scenario to a new folder, and return what was read.

    Raises ScenarioError where the folder has faults, and OutputError where `out` is there already or cannot be made.
    """
    target = Path(out)
    if target.exists():
        raise OutputError(f"{target}: is there already; choose another name")
    if is_converted(Path(source)):
        raise OutputError(f"{source}: is an egress scenario already")
    name = Path(os.path.abspath(target)).name
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", name):
        expected = "lower-case letters, digits and hyphens, such as 'mali-2012'"
        raise OutputError(f"{name!r} cannot name a scenario: expected {expected}")
    instance = read_instance(source, settings, rules=rules)
    part = target.parent / f".{name}-{os.getpid()}"
    try:
        part.mkdir(parents=True)
        for file, text in _files(instance, name).items():
            (part / file).write_text(text, "utf-8", newline="\n")
        part.rename(target)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return instance


def _files(instance: Instance, name: str) -> dict[str, str]:
    """Return the files of a scenario by name; tables without rows are left out."""
    tables = {table: getattr(instance.scenario, table) for table in TABLES}
    texts = {f"{table}.csv": _csv(table, rows) for table, rows in tables.items() if rows}
    counted = observations(instance.scenario).data
    if len(counted):
        texts["observations.csv"] = counted[[*REQUIRED, "unit"]].to_csv(
            index=False, lineterminator="\n", float_format="%.10g"
        )
    return {SCENARIO: _yaml(instance, name), **texts}


def _yaml(instance: Instance, name: str) -> str:
    said = instance.scenario
    closures = CommentedSeq(_flat(_closure(row)) for row in said.closures)
    period = _flat({"start": said.period.start, "days": said.period.days})
    top = CommentedMap(
        {
            "name": name,
            "title": f"{said.title}, converted",
            "rules": said.rules,
            "period": period,
            "closures": closures,
            "settings": _block(sections_of(instance.rules)),
        }
    )
    top.yaml_set_start_comment(NOTE)
    yaml = YAML()
    yaml.width = 10_000  # a closure stays in its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    yaml.dump(top, stream)
    return stream.getvalue()


def _block(data: Any) -> Any:
    """Return plain data with its lists and ranges in one line each."""
    if isinstance(data, dict) and data.keys() == set(ENDS):
        return _flat(data)
    if isinstance(data, dict):
        return CommentedMap({key: _block(value) for key, value in data.items()})
    return _flow(data) if isinstance(data, list) else data


def _flat(data: dict[str, Any]) -> CommentedMap:
    """Return a mapping that is written in one line."""
    found = CommentedMap({key: _flow(value) if isinstance(value, list) else value for key, value in data.items()})
    found.fa.set_flow_style()
    return found


def _flow(values: list[Any]) -> CommentedSeq:
    found = CommentedSeq(values)
    found.fa.set_flow_style()
    return found


def _closure(row: FleeClosure) -> dict[str, Any]:
    found: dict[str, Any] = {"what": row.what, "names": list(row.names), "closes": row.closes}
    if row.reopens is not None:
        found["reopens"] = row.reopens
    if row.probability != 1:
        found["probability"] = row.probability
    return found | {"evidence": list(row.evidence)}


def _csv(table: str, rows: Iterable[BaseModel]) -> str:
    """Return rows as CSV; columns in which no row differs from the default are left out."""
    fields = TABLES[table].model_fields
    kept = [
        name
        for name, field in sorted(fields.items(), key=lambda item: item[0] in ("source", "basis"))
        if field.is_required() or any(getattr(row, name) != field.default for row in rows)
    ]
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(kept)
    for row in rows:
        writer.writerow([_cell(getattr(row, name)) for name in kept])
    return stream.getvalue()


def _cell(value: Any) -> str:
    """Return a value as a cell that is read back as the same value."""
    match value:
        case None:
            return ""
        case date():
            return value.isoformat()
        case tuple() if any("|" in name for name in value):
            raise OutputError(f"a name with `|` in {', '.join(value)}: expected none, as it separates names")
        case tuple():
            return "|".join(value)
        case float():
            return repr(value).removesuffix(".0")
    return str(value)
