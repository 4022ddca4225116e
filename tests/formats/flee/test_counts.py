"""Days between reports, sums of files, corrections: against answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.formats.flee import Instance
from egress.formats.flee.counts import Reports, correct, linear_sum, stepwise_sum, truncated

DAYS = np.arange(-2, 12)


def reports(*pairs: tuple[float, float]) -> Reports:
    days, agents = zip(*pairs, strict=True)
    return Reports(np.array(days, dtype=float), np.array(agents, dtype=float))


def plainly(found: Reports, day: int) -> float:
    """Return the agents of a day, report by report."""
    if day <= found.days[0]:
        return float(found.agents[0])
    for i in range(1, len(found.days)):
        if day < found.days[i]:
            gap = found.days[i] - found.days[i - 1]
            return float(
                found.agents[i - 1] + (day - found.days[i - 1]) / gap * (found.agents[i] - found.agents[i - 1])
            )
    return float(found.agents[-1])


def test_between_reports_lies_a_line_and_outside_of_them_nothing_changes() -> None:
    found = reports((0, 10), (4, 30), (8, 10)).at(DAYS)
    assert found.tolist() == [10, 10, 10, 15, 20, 25, 30, 25, 20, 15, 10, 10, 10, 10]


def test_two_reports_of_a_day_make_a_jump() -> None:
    found = reports((0, 0), (2, 4), (2, 10), (4, 20)).at(np.arange(5))
    assert found.tolist() == [0, 2, 10, 15, 20]


def test_one_report_holds_for_all_days() -> None:
    assert reports((3, 7)).at(DAYS).tolist() == [7] * len(DAYS)


@given(
    st.lists(st.tuples(st.integers(-5, 15), st.integers(0, 1000)), min_size=1, max_size=8),
    st.integers(-8, 20),
)
def test_any_order_of_reports_is_read_line_by_line(pairs: list[tuple[int, int]], day: int) -> None:
    found = reports(*pairs)
    assert found.at(np.array([day]))[0] == plainly(found, day)


def test_sorting_keeps_the_last_report_of_a_day() -> None:
    found = reports((5, 1), (0, 2), (5, 3)).sorted()
    assert (found.days.tolist(), found.agents.tolist()) == ([0, 5], [2, 3])


def test_flee_adds_files_in_steps() -> None:
    first, second = reports((0, 10), (4, 30), (9, 50)), reports((0, 1), (2, 2), (6, 3), (12, 4))
    found = stepwise_sum(first, second)
    assert found is not None
    assert list(zip(found.days.tolist(), found.agents.tolist(), strict=True)) == [
        (0, 11),  # 10 + 1
        (2, 32),  # the next report of the first file, 30, + 2
        (4, 32),  # 30 + the last report of the second, 2
        (6, 53),  # 50 + 3
        (9, 53),  # 50 + 3; the second file's day 12 lies after the first's last and is left out
    ]


def test_flee_stops_where_the_second_file_begins_later() -> None:
    assert stepwise_sum(reports((0, 1), (5, 2)), reports((2, 1), (5, 2))) is None


def test_the_corrected_sum_follows_the_lines() -> None:
    first, second = reports((0, 10), (4, 30)), reports((1, 1), (8, 8))
    total = linear_sum(first, second).at(DAYS)
    assert np.allclose(total, first.at(DAYS) + second.at(DAYS))


def test_a_correction_scales_all_that_was_before() -> None:
    found = correct(reports((0, 10), (3, 20), (5, 5), (7, 9)), 5)
    assert isinstance(found, Reports)
    assert found.agents.tolist() == [2.5, 5, 5, 9]


@pytest.mark.parametrize(("day", "why"), [(4, "no report is of this day"), (0, "the first report is of this day")])
def test_a_correction_needs_a_report_of_its_day_and_one_before(day: int, why: str) -> None:
    assert why in str(correct(reports((0, 10), (3, 20)), day))


def test_a_correction_by_less_than_one_agent_is_refused() -> None:
    assert "0.5 agents (people / hasten): expected at least 1" in str(correct(reports((0, 0.5), (3, 20)), 3))


def test_agents_are_cut_not_rounded() -> None:
    assert truncated(np.array([0.99, 1.0, 1.999])).tolist() == [0, 1, 1]


def test_hasten_divides_counts_before_lines_are_drawn(told: Callable[..., Instance]) -> None:
    case = told({"simsetting.yml": "optimisations: {hasten: 30}\n"}).case
    assert case.data.people[1].tolist() == [100 / 30 + i / 4 * (300 / 30 - 100 / 30) for i in range(4)]
    assert case.data.level[1].tolist() == [3, 5, 6, 8]
    assert case.places.population.tolist() == [33, 16, 0]
    assert case.places.capacity.tolist() == [0, 0, 26]


def test_several_files_of_a_camp(told: Callable[..., Instance]) -> None:
    files = {
        "source_data/data_layout.csv": "total,refugees.csv\nAbala,abala.csv,outside.csv,\n",
        "source_data/outside.csv": "2020-01-01,10\n2020-01-03,20\n",
    }
    assert told(files).case.data.level[1].tolist() == [110, 215, 320, 320]
    assert told(files, "flee-corrected").case.data.level[1].tolist() == [110, 165, 220, 270]


def test_reports_out_of_order_are_sorted_only_where_defects_are_mended(told: Callable[..., Instance]) -> None:
    files = {"source_data/abala.csv": "2020-01-01,100\n2020-01-05,300\n2020-01-03,100\n"}
    assert told(files).case.data.level[1].tolist() == [100, 150, 200, 250]
    corrected = told(files, "flee-corrected").case
    assert corrected.data.level[1].tolist() == [100, 100, 100, 200]
    assert corrected.start == date(2020, 1, 1)
