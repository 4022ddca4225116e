"""The JSON schema of `scenario.yaml`, for editors that check and complete while one types."""

from __future__ import annotations

import json
from typing import Any

from egress.scenario.schema import TABLES, Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOMENT = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$"
FORMS = ("uniform", "range", "value", "lognormal", "normal")
SCALARS = {"Group": "share", "Signal": "strength"}
"""Mappings by kind or group in whose place one value for all may stand."""


def schema_text() -> str:
    """Return the JSON schema as text; the tables may be left out, for they are CSV files beside it."""
    schema = _plain(Scenario.model_json_schema())
    schema["required"] = [name for name in schema["required"] if name not in TABLES]
    for model, field in SCALARS.items():
        mapping = schema["$defs"][model]["properties"][field]
        value = {
            "type": ["number", "string", "object"],
            "propertyNames": {"enum": list(FORMS)},
            "description": "one value for all",
        }
        outer = {key: mapping.pop(key) for key in ("default", "description", "title") if key in mapping}
        schema["$defs"][model]["properties"][field] = {"anyOf": [value, mapping], **outer}
    return json.dumps({"$schema": DIALECT, **schema}, indent=2, ensure_ascii=False) + "\n"


def _plain(part: Any) -> Any:
    """Return a part of the schema as a user writes it: values for distributions, times without seconds."""
    if isinstance(part, list):
        return [_plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") == "date-time":
        part = {key: value for key, value in part.items() if key != "format"} | {"pattern": MOMENT}
    default = part.get("default")
    if isinstance(default, dict) and {"kind", "value"} <= set(default):
        part = part | {"default": default["value"]}
    return {key: _plain(value) for key, value in part.items()}
