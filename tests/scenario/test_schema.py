"""Help texts: what editors show, and the reference is made of."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest

from egress.scenario import schema
from egress.scenario.published import schema_text
from egress.units import parse

MODELS = [
    model
    for _, model in inspect.getmembers(schema, inspect.isclass)
    if issubclass(model, schema.Base) and model.__module__ == schema.__name__
]


def properties(model: type[schema.Base]) -> dict[str, Any]:
    found: dict[str, Any] = model.model_json_schema().get("properties", {})
    return found


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_has_a_help_text(model: type[schema.Base]) -> None:
    for name, shown in properties(model).items():
        text = shown.get("description", "")
        assert text.endswith("."), f"{model.__name__}.{name}: {text!r}"
        assert not text.startswith("a "), f"{model.__name__}.{name} shows its type instead of its help"


def test_help_stands_beside_the_example_with_its_unit() -> None:
    shown = properties(schema.Group)["preparation"]
    assert shown["description"] == "δ: mean time that the others take to get ready."
    assert shown["examples"][0] == "36 h"
    assert properties(schema.Period)["step"]["examples"] == ["6 h", 6]
    published = json.loads(schema_text())["$defs"]["Group"]["properties"]["preparation"]
    assert published["examples"] == shown["examples"]


@pytest.mark.parametrize("dimension", schema.SAMPLES)
def test_examples_can_be_read(dimension: str) -> None:
    low, high = schema.SAMPLES[dimension]
    assert 0 < parse(low, dimension) < parse(high, dimension)


def test_the_kinds_of_lane_are_told_apart() -> None:
    text = properties(schema.Lane)["kind"]["description"]
    assert all(kind in text for kind in ("vehicle", "bus", "foot", "rail"))
