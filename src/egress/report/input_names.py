"""What uncertain inputs are called in words, and their values in everyday units."""

from __future__ import annotations

import re

from egress.report.names import Names
from egress.scenario.schema import Scenario

FIELDS = {
    "entries": "ordinary entries",
    "exits": "ordinary exits",
    "level": "level of ordinary traffic",
    "willing": "share who would leave at all",
    "share": "share",
    "ready_at_once": "share ready at once",
    "preparation": "time to get ready",
    "population": "population",
    "call_up_weight": "weight in the call-up",
    "protest_weight": "weight in protests",
    "seats": "seats a day",
    "load": "share of seats sold beforehand",
    "fare": "fare",
    "hours": "hours of travel",
    "throughput": "people let through",
    "hold": "days at full strength",
    "fades": "days until it fades",
    "strength": "strength",
    "probability": "probability",
    "perceived": "how likely people think it",
    "feared": "how much it is feared",
    "exempt": "share exempt",
}
KINDS = {"vehicle": "cars", "foot": "on foot", "rail": "rail", "bicycle": "bicycles"}
PER_DAY = ("flow", "vehicle flow", "rate")


def input_name(name: str, names: Names, scenario: Scenario) -> str:
    """Return what an uncertain input is, in words; parts that are not known stay as they are."""
    kind, _, rest = name.partition("/")
    parts = rest.split("/")
    if kind == "parameter":
        found = {row.name: row.meaning for row in scenario.parameters}
        return found.get(rest, "") or rest.replace("_", " ")
    said = [_said(part) for part in parts[1:] if not part.isdigit()]
    return ": ".join(part for part in (_of(kind, parts[0], names, scenario), ", ".join(said)) if part)


def _said(part: str) -> str:
    return FIELDS.get(part) or KINDS.get(part) or part.replace("_", " ")


def _of(kind: str, which: str, names: Names, scenario: Scenario) -> str:
    """Return the name of the thing that has the input."""
    if kind == "group":
        return next((group.name for group in scenario.groups if group.id == which), which)
    if kind == "signal" and which.isdigit() and int(which) < len(scenario.signals):
        return f"news: {scenario.signals[int(which)].what}"
    if kind in ("crossing", "lane"):
        return names.door(which)
    known = {"origin": names.regions, "service": names.services, "policy": names.policies, "place": names.places}
    return known.get(kind, {}).get(which) or f"{kind} {which.replace('_', ' ')}"


def in_units(value: float, dimension: str) -> str:
    """Return a value in everyday units.

    >>> in_units(0.0125, "share"), in_units(50.0, "flow"), in_units(36.0, "duration")
    ('1.2 %', '1,200 a day', '36 h')
    """
    if dimension == "share":
        return f"{_short(100 * value)} %"
    if dimension in PER_DAY:
        return f"{_short(24 * value)} a day"
    if dimension == "duration":
        return f"{_short(value / 24)} d" if abs(value) >= 48 else f"{_short(value)} h"
    suffix = {"distance": " km", "speed": " km/h", "money": ""}.get(dimension, "")
    return f"{_short(value)}{suffix}"


def _short(value: float) -> str:
    """Return a number with two figures, without an exponent; thousands apart."""
    text = f"{float(f'{value:.2g}'):,.10f}"
    return re.sub(r"\.?0+$", "", text) if "." in text else text
