"""A stand-in scenario from faulty data, so that cross-references are checked in the same go.

Items with faults are patched from a sound item of the same list; what the checks say of them is dropped.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic import ValidationError

from egress.scenario.messages import fields
from egress.scenario.positions import Loc
from egress.scenario.schema import Scenario

OPTIONAL = ("signals", "series", "policies", "call_up", "voice", "limits", "members")
STAND_INS = {"name": "stand-in", "title": "stand-in", "summary": "stand-in"}
CALM = {"monday_to_sunday": [1] * 7, "source": "assumption"}
PARAMETER = {"value", "low", "high", "shape", "unit"}  # a fault of a whole row may come from any of these


def salvaged(data: dict[str, Any], error: ValidationError) -> tuple[Scenario | None, frozenset[Loc]]:
    """Return a stand-in (None where nothing can stand in) and the places that are not as the user wrote them.

    `error` is what pydantic said of `data`.
    """
    patched, items = deepcopy(data), _items(error)
    for loc, bad in items.items():
        _patch(patched, loc, bad, set(items))
    try:
        return Scenario.model_validate(patched), frozenset(items)
    except ValidationError:
        return None, frozenset(items)


def _items(error: ValidationError) -> dict[Loc, set[Any]]:
    """Return the faulty items (one of a list or a whole section) with their faulty keys ("" = unknown)."""
    items: dict[Loc, set[Any]] = {}
    for finding in error.errors(include_url=False):
        loc = finding["loc"]
        size = 2 if len(loc) > 1 and (isinstance(loc[1], int) or loc[0] == "weekdays") else 1
        items.setdefault(loc[:size], set()).add(loc[size] if len(loc) > size else "")
    return items


def _patch(data: dict[str, Any], loc: Loc, bad: set[Any], broken: set[Loc]) -> None:
    """Put something sound in the place of one item."""
    name = str(loc[0])
    if len(loc) == 1:
        if name in STAND_INS:
            data[name] = STAND_INS[name]
        elif name in OPTIONAL or name not in Scenario.model_fields:
            data.pop(name, None)
    elif name == "weekdays":
        data[name][loc[1]] = CALM
    else:
        _patch_row(data, name, int(loc[1]), bad, broken)


def _patch_row(data: dict[str, Any], name: str, index: int, bad: set[Any], broken: set[Loc]) -> None:
    rows = data[name]
    sound = next((row for i, row in enumerate(rows) if (name, i) not in broken), None)
    if isinstance(sound, dict):
        own = rows[index] if isinstance(rows[index], dict) else {}
        suspect = bad | _ranges(own) if "" in bad else bad
        kept = {key: value for key, value in own.items() if key not in suspect and key in _keys(name)}
        rows[index] = {**sound, **({"id": f"item-{index}"} if "id" in sound else {}), **kept}
    elif name in OPTIONAL:
        rows.clear()


def _ranges(row: dict[str, Any]) -> set[str]:
    """Return the keys of a row that a fault of the whole row may come from."""
    ends = {key for key in row if key.endswith(("_low", "_high"))}
    return ends | {end.rpartition("_")[0] for end in ends} | (PARAMETER if "unit" in row else set())


def _keys(name: str) -> set[str]:
    """Return the keys that may stand in an item of a list of the scenario."""
    known = set(fields(Scenario, (name, 0)))
    return known | {f"{key}_{end}" for key in known for end in ("low", "high")} | {"low", "high"}
