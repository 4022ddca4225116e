from __future__ import annotations

import numpy as np
import pytest

from egress.report.rounding import people, rounded, span


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, 0), (4, 0), (5, 10), (14, 10), (994, 990), (996, 1000), (1049, 1000), (1050, 1100), (-1250, -1300)],
)
def test_people_are_rounded_to_10_under_1000_and_to_100_above(number: int, shown: int) -> None:
    assert float(rounded(number)) == shown


def test_a_half_that_came_out_a_hair_too_small_is_a_half() -> None:
    assert float(rounded(3250 - 1e-9)) == 3300
    assert float(rounded(3249.9)) == 3200


def test_unknown_stays_unknown() -> None:
    assert np.isnan(rounded([1.0, np.nan])[1])
    assert people(float("nan")) == "unknown"


def test_words() -> None:
    assert people(3) == "under 10"
    assert people(0) == "0"
    assert people(1234567) == "1,234,600"
    assert people(1234567, exact=True) == "1,234,567"
    assert people(0.5, exact=True) == "1"
    assert people(8756.5, exact=True) == "8,757"
    assert span(1801, 1810, 1820) == "1,800"
    assert span(-1250, -90, 8400) == "−90 (−1,300 to 8,400)"
    assert span(811, 1234, 1650) == "1,200 (810–1,700)"
