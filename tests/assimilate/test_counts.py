"""Counts as evidence: each thing told once, by what was known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pytest

from egress.assimilate.counts import evidence, scaled
from egress.assimilate.tell import unscaled
from egress.observations import COLUMNS, Observations

ORIGIN = datetime.fromisoformat("2030-03-10T00:00+00:00")


def counts(*rows: dict[str, Any]) -> Observations:
    import pandas as pd

    usual: dict[str, Any] = {
        "series": "s",
        "place": "XBB",
        "crossing": "",
        "what": "entries",
        "start": "2030-03-02T00:00+00:00",
        "end": "2030-03-03T00:00+00:00",
        "value": 1000.0,
        "low": np.nan,
        "high": np.nan,
        "kind": "daily",
        "unit": "persons",
        "published_at": "2030-03-04T00:00+00:00",
        "first_shown": np.nan,
        "source": "A",
        "authority": "",
        "evidence": "",
        "note": "",
    }
    return Observations(pd.DataFrame([usual | row for row in rows], columns=list(COLUMNS)))


def test_the_scale_is_the_logarithm_and_bears_zero() -> None:
    assert float(scaled(1e6)) == pytest.approx(np.log(1e6))
    assert float(scaled(0.0)) == 0.0
    assert unscaled(scaled([-50.0, 0.0, 3.0, 8e5])).tolist() == pytest.approx([-50.0, 0.0, 3.0, 8e5])


def test_what_was_published_later_is_not_known() -> None:
    late = counts({}, {"value": 9e9, "published_at": "2030-03-10T00:00+00:00", "series": "late"})
    assert evidence(late, ORIGIN).rows["series"].tolist() == ["s"]


def test_the_last_vintage_of_a_window_is_the_one_that_counts() -> None:
    two = counts({"value": 900.0}, {"value": 1000.0, "published_at": "2030-03-05T00:00+00:00"})
    assert evidence(two, ORIGIN).rows["value"].tolist() == [1000.0]


def test_a_cumulative_count_tells_what_came_since_the_one_before() -> None:
    rows = [
        {"kind": "cumulative", "end": f"2030-03-0{day}T00:00+00:00", "value": value}
        for day, value in ((3, 1000.0), (5, 1600.0), (6, 1500.0), (7, 2000.0))
    ]
    found = evidence(counts(*rows), ORIGIN)
    assert found.rows["value"].tolist() == [1000.0, 500.0, 500.0]  # 1,500 corrects the 1,600 before it
    assert found.rows["start"].str[8:10].tolist() == ["02", "03", "06"]
    assert found.contradicted == ("1,600 of s until 2030-03-05T00:00+00:00",)


def test_a_typing_error_in_a_cumulative_count_costs_that_count_alone() -> None:
    rows = [
        {"kind": "cumulative", "end": f"2030-03-0{day}T00:00+00:00", "value": value}
        for day, value in ((3, 1000.0), (4, 70000.0), (5, 3000.0), (6, 4000.0))
    ]
    found = evidence(counts(*rows), ORIGIN)
    assert found.rows["value"].tolist() == [1000.0, 2000.0, 1000.0]
    assert found.contradicted == ("70,000 of s until 2030-03-04T00:00+00:00",)


def test_places_and_things_under_one_series_are_told_apart() -> None:
    others = [{"place": "XCC", "value": 7.0}, {"crossing": "bridge", "value": 8.0}, {"what": "exits", "value": 9.0}]
    assert sorted(evidence(counts({}, *others), ORIGIN).rows["value"]) == [7.0, 8.0, 9.0, 1000.0]
    later = [row | {"kind": "cumulative", "end": f"2030-03-0{4 + n}T00:00+00:00"} for n, row in enumerate(others)]
    told = evidence(counts({"kind": "cumulative"}, *later), ORIGIN).rows
    assert sorted(told["value"]) == [7.0, 8.0, 9.0, 1000.0]  # no difference of one from another


def test_a_total_that_dailies_have_told_is_left_out() -> None:
    days = [{"start": f"2030-03-0{d}T00:00+00:00", "end": f"2030-03-0{d + 1}T00:00+00:00"} for d in (2, 3)]
    total = {"series": "total", "kind": "period_total", "end": "2030-03-04T00:00+00:00", "value": 2000.0}
    longer = {"series": "longer", "kind": "period_total", "end": "2030-03-06T00:00+00:00", "value": 4000.0}
    told = evidence(counts(*days, total, longer), ORIGIN).rows["series"].tolist()
    assert told == ["s", "s", "longer"]


def test_the_error_of_an_exact_count_is_worked_out_by_hand() -> None:
    exact = evidence(counts({"value": 1234.0}), ORIGIN)
    by_hand = np.sqrt(1234 + (0.08 * 1234) ** 2 + 1 / 12) / np.hypot(1234, 2)
    assert exact.sd.tolist() == pytest.approx([by_hand])


def test_a_range_is_a_count_with_its_range_as_error() -> None:
    about = evidence(counts({"value": np.nan, "low": 8000.0, "high": 12000.0}), ORIGIN)
    assert about.rows["value"].tolist() == [10000.0]
    assert about.sd[0] > (4000 / 3.29) / 10000


def test_a_revised_count_is_learnt_as_it_was_first_shown() -> None:
    told = evidence(counts({"value": 1234.0, "first_shown": 999.0}), ORIGIN)
    assert told.rows["value"].tolist() == [999.0]


def test_sources_that_tell_of_one_thing_have_a_level_each() -> None:
    two = counts({}, {"series": "t", "source": "B", "value": 1300.0}, {"series": "u", "place": "XCC", "source": "B"})
    told = evidence(two, ORIGIN)
    found = dict(zip(told.rows["series"], told.source, strict=True))
    assert found == {"s": "A of entries at XBB", "t": "B of entries at XBB", "u": ""}


def test_an_authority_that_speaks_through_several_pages_is_one_witness() -> None:
    office = {"authority": "Border Guard", "kind": "cumulative", "what": "entries"}
    first = office | {"source": "P1", "value": 1000.0, "end": "2030-03-03T00:00+00:00"}
    second = office | {"source": "P2", "value": 1600.0, "end": "2030-03-05T00:00+00:00"}
    told = evidence(counts(first, second), ORIGIN)
    assert told.source == ("", "")
    assert np.rint(2 * np.sinh(told.value)).tolist() == [1000.0, 600.0], "what came since the page before"


def test_one_source_does_not_tell_a_window_twice() -> None:
    twice = counts({}, {"series": "again"})
    assert len(evidence(twice, ORIGIN)) == 1
