"""Quantities written as text, in canonical units: person, hour, km, rouble.

>>> parse("4 thousand/day", "flow")
166.66666666666666
>>> parse("36 h", "duration")
36.0
>>> parse("870 vehicles/day", "vehicle flow")
36.25
"""

from __future__ import annotations

import math
import re

from egress.spelling import close

COUNT = {"": 1.0, "hundred": 1e2, "thousand": 1e3, "million": 1e6}
HOURS = {"min": 1 / 60, "h": 1.0, "hour": 1.0, "d": 24.0, "day": 24.0, "week": 168.0, "w": 168.0}
DIMENSIONS: dict[str, dict[str, float]] = {
    "number": {"": 1.0},
    "share": {"": 1.0, "%": 0.01},
    "persons": dict.fromkeys(("", "person", "persons", "people"), 1.0),
    "duration": HOURS | {f"{unit}s": hours for unit, hours in HOURS.items() if len(unit) > 2},
    "distance": {"": 1.0, "km": 1.0, "m": 1e-3},
    "money": {"": 1.0, "rub": 1.0},
}
RATES = {"rate": "number", "flow": "persons", "vehicle flow": "vehicles", "speed": "distance"}
VEHICLES = dict.fromkeys(("", "vehicle", "vehicles", "car", "cars"), 1.0)
DEFAULT_PER = {"rate": "day", "flow": "day", "vehicle flow": "day", "speed": "h"}

_QUANTITY = re.compile(
    r"^\s*(?P<number>[-+]?(?:(?:[1-9]\d{0,2}(?:[ ,_']\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)"
    r"\s*(?P<rest>[^/]*?)\s*(?:(?:/|\bper\b)\s*(?P<per>\w+))?\s*$"
)


def parse(value: object, dimension: str) -> float:
    """Return a quantity in canonical units (persons, hours, km, per hour for rates and flows).

    `value` is a number (then in the dimension's default unit: rates and flows per **day**, durations
    in **hours**, shares as fractions) or a text such as "4 thousand/day", "36 h", "12 %".

    Thousands may be apart by a comma, space, _ or '. Raises ValueError with what was expected for anything
    else, and for non-finite numbers.

    >>> parse("0,5", "number")
    Traceback (most recent call last):
    ValueError: decimal comma in '0,5': write a decimal point
    """
    if isinstance(value, bool) or value is None:
        raise ValueError(f"expected {example(dimension)}, found {'nothing' if value is None else value}")
    if isinstance(value, int | float):
        number, unit, per = _float(value), "", None
    else:
        match = _QUANTITY.match(str(value))
        if match is None:
            raise ValueError(f"expected {example(dimension)}, found {value!r}")
        if re.match(r",\d", match["rest"]):
            raise ValueError(f"decimal comma in {value!r}: write a decimal point")
        number = float(re.sub(r"[ ,_']", "", match["number"]))
        unit, per = match["rest"].strip().lower(), match["per"]
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, found {value!r}")
    return number * _factor(unit, per, dimension, value)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number with hundreds of digits
        return math.inf


def _factor(unit: str, per: str | None, dimension: str, value: object) -> float:
    """Return the factor from (count word and unit, time unit after the slash) to canonical units."""
    base = RATES.get(dimension, dimension)
    units = VEHICLES if base == "vehicles" else DIMENSIONS[base]
    words = unit.split()
    scale = COUNT[words.pop(0)] if words and words[0] in COUNT else 1.0
    name = " ".join(words)
    if name not in units and not (dimension == "duration" and name == ""):
        expected = close(words[0], [*units, *COUNT]) or f": expected {example(dimension)}"
        raise ValueError(f"unknown unit {name!r} in {value!r}{expected}")
    factor = scale * units.get(name, 1.0)
    if dimension in RATES:
        per = per or DEFAULT_PER[dimension]
        if per.rstrip("s") not in HOURS and per not in HOURS:
            expected = close(per, HOURS) or f": expected {example(dimension)}"
            raise ValueError(f"unknown time unit {per!r} in {value!r}{expected}")
        factor /= HOURS.get(per, HOURS.get(per.rstrip("s"), 1.0))
    elif per is not None:
        raise ValueError(f"{value!r} is per time, expected {example(dimension)}")
    return factor


def example(dimension: str) -> str:
    """Return words for what a quantity of this dimension looks like."""
    return {
        "number": "a number",
        "share": 'a share such as 0.12 or "12 %"',
        "persons": 'persons such as 300000 or "300 thousand"',
        "duration": 'a duration such as "36 h" or "3 d"',
        "distance": 'a distance such as "120 km"',
        "money": "roubles such as 12000",
        "rate": 'a rate such as "0.3/day"',
        "flow": 'a flow such as "4 thousand/day"',
        "vehicle flow": 'a flow such as "870 vehicles/day"',
        "speed": 'a speed such as "65 km/h"',
    }[dimension]
