"""Writes what the code knows best: the fields of a scenario, parameters, commands, equations.

    python docs/reference/make.py FOLDER     what Sphinx does by itself (docs/conf.py)

Each function returns Markdown; pages of the documentation include it, so that there is no second copy.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from egress.distribution import Distribution
from egress.scenario import schema
from egress.scenario.schema import TABLES, Base, Row, Scenario
from egress.units import example

SECTIONS: tuple[tuple[str, type[Base]], ...] = (
    ("scenario.yaml", Scenario),
    ("period", schema.Period),
    ("groups", schema.Group),
    ("signals", schema.Signal),
    ("series", schema.Series),
    ("policies", schema.Policy),
    ("policies: history", schema.Status),
    ("policies: outcome", schema.Outcome),
    ("policies: applies_to", schema.AppliesTo),
    ("call_up", schema.CallUp),
    ("voice", schema.Voice),
    ("voice: calls", schema.Call),
    ("weekdays", schema.Profile),
)
EFFECTS: tuple[type[Base], ...] = get_args(get_args(schema.Effect)[0])


def cell(text: str) -> str:
    """Return a text fit for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


# Scenario


def _properties(model: type[Base]) -> dict[str, Any]:
    """Return the JSON schema of each field of a model, by the name that users write."""
    found: dict[str, Any] = model.model_json_schema(mode="validation")["properties"]
    return found


def kind(field: FieldInfo, shown: dict[str, Any]) -> str:
    """Return in words what may stand in a field."""
    if "const" in shown:
        return f"`{shown['const']}`"
    names = re.findall(r"Literal\[(.*?)\]", str(field.annotation))
    if names:
        words = " \\| ".join(f"`{word}`" for word in re.findall(r"'([^']+)'", names[0])).replace("\\|", "or")
        return words + (" or names" if "tuple" in str(field.annotation) else "")
    if uncertain(field.annotation):
        mapped = "dict" in str(field.annotation)
        form = example(dimension(field.annotation, field.metadata))
        return f"{'by name: ' if mapped else ''}uncertain: {form}"
    for part in (shown, *shown.get("anyOf", ())):
        if part.get("format") in ("date", "date-time"):
            return "day" if part["format"] == "date" else "time with offset"
    if {"number", "string"} == {part.get("type") for part in shown.get("anyOf", ())}:
        return "duration such as `6 h`" if dimension(field.annotation, field.metadata) == "duration" else "number"
    return _plain(field, shown)


def _plain(field: FieldInfo, shown: dict[str, Any]) -> str:
    text = str(field.annotation)
    if "tuple[datetime.date, datetime.date]" in text:
        return "[first day, last day]"
    if "points" in shown.get("title", "").lower():
        return "list of [time with offset, number]"
    if "tuple[str" in text:
        return "list of names"
    for model in (*(m for _, m in SECTIONS), schema.Effect):
        if getattr(model, "__name__", "") and f".{model.__name__}" in text:
            return "see below"
    if "monday" in shown.get("title", "").lower():
        return "seven numbers"
    if shown.get("type") == "array":
        return "list; see below"
    words = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    return words.get(shown.get("type", ""), "see below")


def dimension(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """Return the dimension of an uncertain quantity, which `schema.uncertain` hands to its reader; or ""."""
    for part in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(part, BeforeValidator):
            known = inspect.getclosurevars(part.func).nonlocals
            if "dimension" in known:
                return str(known["dimension"])
    return next(filter(None, map(dimension, get_args(annotation))), "")


def uncertain(annotation: Any) -> bool:
    """Say whether a field holds an uncertain quantity."""
    return annotation is Distribution or any(uncertain(part) for part in get_args(annotation))


def needed(field: FieldInfo) -> str:
    """Return `yes`, or what holds where the field is left out."""
    if field.is_required():
        return "yes"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Distribution):
        hours = default.dimension == "duration"
        return f"no: {default.value:g}{' h' if hours else ''}"
    if default is None or default in ("", (), {}) or isinstance(default, Base):
        return "no"
    if isinstance(default, float):
        hours = dimension(field.annotation, field.metadata) == "duration"
        return f"no: {default:g}{' h' if hours else ''}"
    return f"no: {str(default).lower() if isinstance(default, bool) else default}"


def fields(model: type[Base], columns: bool = False) -> str:
    """Return the table of the fields of a model; of a table, with the columns of uncertain numbers."""
    shown = _properties(model)
    rows = []
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] in Row.model_fields):
        written = field.alias or name
        help_text = field.description or ""
        part = shown.get(written, {})
        label = f"`{written}`"
        if columns and uncertain(field.annotation):
            label += f", `{written}_low`, `{written}_high`"
        rows.append((label, kind(field, part), needed(field), help_text))
    return table(("column" if columns else "field", "what", "needed", "meaning"), rows)


def effects() -> str:
    """Return what each effect of a policy does, with its fields."""
    parts = []
    for model in EFFECTS:
        name = get_args(model.model_fields["kind"].annotation)[0]
        rows = {key: field for key, field in model.model_fields.items() if key != "kind"}
        parts.append(f"#### `{name}`\n\n{inspect.cleandoc(model.__doc__ or '')}\n")
        if rows:
            parts.append(fields(model))
    return "\n".join(parts)


def scenario() -> str:
    """Return the reference of `scenario.yaml`."""
    parts = []
    for name, model in SECTIONS:
        shown = fields(model)
        if model is Scenario:
            kept = (line for line in shown.splitlines() if line.split("`")[1:2] not in [[t] for t in TABLES])
            shown = "\n".join(kept) + "\n\nThe tables stand in CSV files, see below.\n"
        parts.append(f"### {name}\n\n{inspect.cleandoc(model.__doc__ or '')}\n\n{shown}\n")
        if model is schema.AppliesTo:
            parts.append(f"### policies: effects\n\n{effects()}\n")
    return "\n".join(parts)


def tables() -> str:
    """Return the reference of the tables beside `scenario.yaml`."""
    parts = []
    for name in TABLES:
        model: type[Base] = get_args(Scenario.model_fields[name].annotation)[0]
        own = model is schema.Parameter
        shown = parameter_columns() if own else fields(model, columns=True)
        parts.append(f"### {name}.csv\n\n{inspect.cleandoc(model.__doc__ or '')}\n\n{shown}\n")
    return "\n".join(parts)


def parameter_columns() -> str:
    """Return the columns of parameters.csv, whose value is spread over several."""
    rows = [
        ("`name`", "text", "yes", "a name of the parameter table"),
        ("`value`", "number", "this, or low and high", "the middle, or the certain value"),
        ("`low`, `high`", "numbers", "together", "ends of the 90 % range, or of the uniform range"),
        ("`shape`", "`range` or `uniform`", "no: range", "how values lie between the ends"),
        ("`unit`", ", ".join(f"`{unit}`" for unit in schema.UNITS), "yes", "unit of value, low and high"),
        ("`meaning`", "text", "no", "what it is"),
        ("`source`", "text", "yes", (Row.model_fields["source"].description or "")),
        ("`basis`", "text", "no", (Row.model_fields["basis"].description or "")),
    ]
    return table(("column", "what", "needed", "meaning"), rows)


# Parameters, commands, equations


def parameters() -> str:
    """Return the table of data/parameters.csv."""
    import csv
    from importlib.resources import files

    with files("egress.data").joinpath("parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    shown = []
    for row in rows:
        ends = f"{row['low']} to {row['high']}" if row["low"] else ""
        shape = {"range": "", "uniform": "uniform"}[row["shape"]] if ends else "certain"
        rest = (row[name] for name in ("unit", "meaning", "source", "basis"))
        shown.append((f"`{row['name']}`", row["value"], ends, shape, *rest))
    return table(("name", "middle", "range", "shape", "unit", "meaning", "source", "basis"), shown)


def commands() -> str:
    """Return every command with its arguments and options."""
    from egress.cli import app, archive

    parts = []
    named = [("", command) for command in app.registered_commands]
    named += [("archive ", command) for command in archive.registered_commands]
    for group, command in named:
        callback = command.callback
        if callback is None:
            continue
        name = group + (command.name or callback.__name__)
        parts.append(f"### egress {name}\n\n{inspect.cleandoc(callback.__doc__ or '')}\n")
        hints = get_type_hints(callback, include_extras=True)
        given = inspect.signature(callback).parameters
        rows = [_option(word, hint, given[word].default) for word, hint in hints.items() if word != "return"]
        if rows:
            parts.append(table(("argument or option", "meaning"), rows))
    return "\n".join(parts)


def _option(name: str, hint: Any, default: Any) -> tuple[str, str]:
    """Return how an argument or option is written, and its help, with the default where that is a number."""
    info = next(part for part in hint.__metadata__ if hasattr(part, "help"))
    told = info.help or ""
    if "Argument" in type(info).__name__:
        return f"`{info.metavar or name.upper()}`", told
    spelt = (info.default, *(info.param_decls or ()))  # typer keeps the first spelling in the place of the default
    label = next((s for s in spelt if isinstance(s, str) and s.startswith("--")), f"--{name.replace('_', '-')}")
    if hint.__origin__ is bool:
        return f"`{label}`" + (f", `--no-{label[2:]}`" if default is True else ""), told
    label += f" {info.metavar or ('PATH' if 'Path' in str(hint.__origin__) else 'VALUE')}"
    return f"`{label}`", f"{told.removesuffix('.')} (else {default})." if isinstance(default, int) else told


def equations() -> Iterator[tuple[str, str]]:
    """Yield (name of a module, its equations), as they stand at the top of its file."""
    from egress import observe
    from egress.engine import conserve
    from egress.engine.loop import ORDER
    from egress.engine.processes import book

    for module in (*(module for _, module in ORDER.values()), book, conserve, observe):
        lines = (module.__doc__ or "").splitlines()
        block = [line[4:] for line in lines if line.startswith("    ")]
        name = module.__name__.rpartition(".")[2]
        yield name, "```text\n" + "\n".join(block) + "\n```\n"


def order() -> str:
    """Return the order of a step, numbered."""
    from egress.engine.loop import ORDER

    lines = []
    for number, (name, (_, module)) in enumerate(ORDER.items(), 1):
        first = inspect.cleandoc(module.__doc__ or "").splitlines()[0].partition(": ")[2]
        file = module.__name__.rpartition(".")[2]
        lines.append(f"{number}. **{name}** (`engine/processes/{file}.py`): {first}")
    return "\n".join(lines) + "\n"


def pages() -> dict[str, str]:
    """Return every generated part by its file name."""
    parts = {
        "scenario.md": scenario(),
        "tables.md": tables(),
        "parameters.md": parameters(),
        "commands.md": commands(),
        "order.md": order(),
    }
    return parts | {f"{name}-equations.md": text for name, text in equations()}


def write(folder: Path) -> None:
    """Write every generated part to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
