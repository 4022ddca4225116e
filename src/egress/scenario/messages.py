"""What a user reads when a value does not fit: pydantic's findings in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from egress.spelling import nearest

MOMENT = "a time with offset such as 2022-09-21T09:00+03:00"
DAY = "a day such as 2022-09-21"
FORMS = {
    "utc_offset": "an offset such as +03:00",
    "hours": "opening hours such as 07:00-19:00",
    "name": "lower-case letters, digits and hyphens, such as 'one-border'",
}
EXPECTED = {
    "string": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "finite": "a finite number",
    "model": "a mapping (`key: value`)",
    "dict": "a mapping (`key: value`)",
    "tuple": "a list",
    "list": "a list",
    "timezone": MOMENT,
    "datetime": MOMENT,
    "date": DAY,
}


def friendly(error: ErrorDetails, root: Any) -> str:
    """Return one finding of pydantic about data of the type `root`, in plain words."""
    kind, last, found = error["type"], error["loc"][-1] if error["loc"] else "", error["input"]
    context = error.get("ctx", {})
    match kind:
        case "missing" if isinstance(last, int):
            return f"missing item {last + 1} of the list"
        case "missing":
            return f"missing {last!r}"
        case "extra_forbidden":
            return f"unknown key {last!r}{nearest(last, fields(root, error['loc'][:-1]))}"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            options = _quoted(context["expected"])
            return f"{_found(found)} is unknown{nearest(found, options)}"
        case "union_tag_invalid":
            options = _quoted(context["expected_tags"])
            return f"unknown kind {context['tag']!r}{nearest(context['tag'], options)}"
        case "union_tag_not_found":
            return "missing 'kind'"
        case "string_pattern_mismatch":
            return f"expected {FORMS.get(str(last), 'another form')}, found {_found(found)}"
        case "string_too_short" | "string_too_long":
            count = context.get("min_length", context.get("max_length"))
            return f"expected {count} letters, found {_found(found)}" if found else "expected text, found nothing"
        case "too_short" | "too_long":
            return _count(kind, context)
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            bound = next(iter(context.values()))
            side = "at least" if kind.startswith("greater") else "at most"
            return f"{found} is out of bounds: expected {side} {bound:g}"
    return _type(kind, found, error["msg"])


def _count(kind: str, context: dict[str, Any]) -> str:
    side, count = ("least", context.get("min_length")) if kind == "too_short" else ("most", context["max_length"])
    return f"expected at {side} {count} {'item' if count == 1 else 'items'}, found {context['actual_length']}"


def _type(kind: str, found: Any, otherwise: str) -> str:
    """Return the message of a value of the wrong type."""
    expected = EXPECTED.get(kind.split("_")[0])
    if expected is None:
        return otherwise[0].lower() + otherwise[1:]
    hint = ""
    if expected == "text" and isinstance(found, int | float):
        hint = ": put it in quotes"
    elif expected.endswith("number") and isinstance(found, str) and "," in found:
        hint = ": write a decimal point"
    return f"expected {expected}, found {_found(found)}{hint}"


def _found(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case bool():
            return str(value).lower()
    return repr(value)


def _quoted(text: str) -> list[str]:
    """Return the names in pydantic's `'a', 'b' or 'c'`."""
    return text.split("'")[1::2]


def fields(root: Any, loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that may stand in the mapping at `loc` of data of the type `root`."""
    models = list(_models(root))
    for part in loc:
        inner = [m for model in models for name, m in _inner(model) if name == part]
        tagged = [model for model in models if part in _kinds(model)]
        models = inner or tagged or models
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _inner(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, field in model.model_fields.items():
        for inner in _models(field.annotation):
            yield field.alias or name, inner


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()
