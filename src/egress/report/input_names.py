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
    "pull": "pull, in ordinary travellers",
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
KINDS = {"vehicle": "cars", "foot": "on foot", "rail": "rail"}
PER_DAY = ("flow", "vehicle flow", "rate")
SYMBOL = re.compile(r"^\S{1,3}: ")
"""What the meaning of a parameter begins with: its letter in the equations."""


def input_name(name: str, names: Names, scenario: Scenario) -> str:
    """Return what an uncertain input is, in words; parts that are not known stay as they are."""
    kind, _, rest = name.partition("/")
    parts = rest.split("/")
    if kind == "parameter":
        found = {row.name: row.meaning for row in scenario.parameters}
        return SYMBOL.sub("", found.get(rest, "")) or rest.replace("_", " ")
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


def in_units(low: float, middle: float, high: float, dimension: str) -> str:
    """Return a value with its range in everyday units.

    >>> in_units(0.006, 0.0125, 0.02, "share"), in_units(25.0, 50.0, 100.0, "flow")
    ('1.2 (0.6–2) %', '1,200 (600–2,400) a day')
    """
    times, unit = _unit(middle, dimension)
    below, said, above = (_short(times * value) for value in (low, middle, high))
    return f"{said} ({below}–{above}){unit}"


def _unit(middle: float, dimension: str) -> tuple[float, str]:
    """Return by what a value in canonical units is multiplied, and the unit that it has then."""
    if dimension == "share":
        return 100.0, " %"
    if dimension in PER_DAY:
        return 24.0, " a day"
    if dimension == "duration":
        return (1 / 24, " d") if abs(middle) >= 48 else (1.0, " h")
    return 1.0, {"distance": " km", "speed": " km/h"}.get(dimension, "")


def _short(value: float) -> str:
    """Return a number with two figures, without an exponent; thousands apart."""
    text = f"{float(f'{value:.2g}'):,.10f}"
    return re.sub(r"\.?0+$", "", text) if "." in text else text
