"""Quantities as text, in canonical units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.units import DIMENSIONS, RATES, example, parse


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        (5, "number", 5.0),
        ("-3.5e2", "number", -350.0),
        (".5", "number", 0.5),
        ("12 %", "share", 0.12),
        ("12%", "share", 0.12),
        ("300 thousand", "persons", 3e5),
        ("1,234,567 people", "persons", 1234567.0),
        ("1 234 567", "persons", 1234567.0),
        ("1.5 million persons", "persons", 1.5e6),
        ("3 d", "duration", 72.0),
        ("90 min", "duration", 1.5),
        ("2 weeks", "duration", 336.0),
        (36, "duration", 36.0),
        ("120 km", "distance", 120.0),
        ("500 m", "distance", 0.5),
        ("27,000 RUB", "money", 27000.0),
        (24, "flow", 1.0),
        ("24 persons per day", "flow", 1.0),
        ("5/h", "flow", 5.0),
        ("48 vehicles/day", "vehicle flow", 2.0),
        ("0.24/day", "rate", 0.01),
        ("65 km/h", "speed", 65.0),
    ],
)
def test_quantities(text: object, dimension: str, expected: float) -> None:
    assert parse(text, dimension) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        ("0,5", "number", "decimal comma"),
        ("0,123", "number", "decimal comma"),
        ("2,5 million", "persons", "decimal comma"),
        ("1,23456", "number", "decimal comma"),
        ("4 5", "number", "unknown unit '5'"),
        ("12 furlongs", "distance", "unknown unit 'furlongs' in '12 furlongs': expected a distance"),
        ("5 peopel", "persons", "did you mean 'people'?"),
        ("5 thousnd/day", "flow", "did you mean 'thousand'?"),
        ("5/dya", "flow", "unknown time unit 'dya' in '5/dya': did you mean 'day'?"),
        ("12 %", "number", "unknown unit '%'"),
        ("5/fortnight", "flow", "unknown time unit 'fortnight'"),
        ("5 persons/day", "persons", "is per time"),
        ("many", "persons", "expected persons such as"),
        ("", "number", "expected a number, found ''"),
        (None, "duration", "found nothing"),
        (True, "number", "found True"),
        ([1], "number", "expected a number"),
        (float("nan"), "number", "expected a finite number"),
        (float("inf"), "share", "expected a finite number"),
        ("1e999", "number", "expected a finite number"),
        (10**400, "persons", "expected a finite number"),
    ],
)
def test_what_is_no_quantity(text: object, dimension: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text, dimension)


@pytest.mark.parametrize("dimension", [*DIMENSIONS, *RATES])
def test_every_dimension_has_an_example(dimension: str) -> None:
    assert example(dimension)


@given(st.floats(0, 1e9, allow_nan=False))
def test_numbers_and_their_text_are_alike(number: float) -> None:
    assert parse(repr(number), "persons") == parse(number, "persons") == number
    assert parse(f"{number!r} d", "duration") == pytest.approx(24 * number)
