"""The benchmark of sudden exits: what its forecasts start from, and what its page says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import egress
from egress.benchmark import page, tasks
from egress.benchmark.rivals import beside
from egress.benchmark.tasks import MODES, TASKS, Results, Size
from egress.observations import Observations
from egress.scenario.load import load
from egress.scenario.numbers import numbers
from egress.scenario.priors import fitted, shaped
from egress.scenario.schema import Scenario
from egress.score.summary import rows, summary


class _Stopped(Exception):  # noqa: N818 - no error: the rest would cost a minute
    """The forecast was asked for."""


def test_official_forecasts_stand_beside_what_members_say() -> None:
    origin = datetime.fromisoformat("2022-09-24T00:00+03:00")
    counts = Observations.of("russia-2022")
    run = egress.run("russia-2022", members=2, as_of=origin)
    about = {"task": "R", "mode": "cold", "seed": 1, "origin": "2022-09-24"}
    found = beside(run, counts.known(origin), counts.data, about).set_index("official_value")
    day = found.loc[10_000.0]
    assert (day["by"], day["counted"]) == ("Finnish Border Guard", 8572.0)
    assert day["p10"] <= day["p50"] <= day["p90"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_no_number_that_the_crisis_has_shaped_reaches_a_scored_forecast(
    task: tasks.Task, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Scenario] = []

    def ahead(scenario: Scenario, *_: Any, **__: Any) -> None:
        asked.append(scenario)
        raise _Stopped

    monkeypatch.setattr(tasks, "ahead", ahead)
    with pytest.raises(_Stopped):
        tasks.scored(task, mode, 1, task.origins[-1], Size(2, (1,), 1))
    shipped = load(task.scenario)
    before = {number.name: number.value for number in numbers(asked[0])}
    assert len(fitted(shipped)) > 100
    assert not [number.name for number in fitted(shipped) if before.get(number.name) == number.value]
    assert not shaped(asked[0])
    assert shaped(shipped) == fitted(shipped)


def test_of_a_revised_count_the_last_vintage_is_scored() -> None:
    times = {"start": "2030-03-06T00:00+00:00", "end": "2030-03-07T00:00+00:00"}
    times |= {"what": "entries", "place": "XBB", "crossing": ""}
    counts = pd.DataFrame(
        [
            {"series": "a", "kind": "daily", "value": value, "published_at": at, **times}
            for value, at in (
                (3.0, "2030-03-09T00:00+00:00"),
                (1.0, "2030-03-07T09:00+00:00"),
                (2.0, "2030-03-08T09:00+00:00"),
            )
        ]
    )
    origin = datetime(2030, 3, 6, tzinfo=UTC)
    assert tasks.targets(counts, origin)["value"].tolist() == [3.0]
    assert tasks.targets(counts.assign(kind=["daily", "rate", "rate"]), origin)["value"].tolist() == [3.0, 2.0]
    assert tasks.targets(counts.assign(place=["XBB", "XBB", "XCC"]), origin)["value"].tolist() == [3.0, 2.0]


def table(mode: str, defined: bool, origin: str, covered: float) -> dict[str, Any]:
    rules = ("persistence", "weekday", "drift", "decay", "excess")
    scores = {
        f"{score}_{name}": 2.0 if defined else np.nan for score in ("crps", "log_crps", "point") for name in rules
    }
    means = dict.fromkeys(("crps", "log_crps", "wis", "spread", "over", "under"), 1.0)
    held = {f"covered{share}": covered for share in (50, 80, 90)}
    key = {"task": "U", "mode": mode, "seed": 1, "series": "a", "origin": origin, "start": "s", "end": "e"}
    return key | {"kind": "daily", "horizon_days": 3, "horizon": "1-3", "defined": defined} | scores | means | held


def test_the_page_counts_coverage_over_all_origins() -> None:
    found = pd.DataFrame([table("updated", True, "1", 1.0), table("updated", False, "2", 0.0)])
    said = page.page(Results(found, pd.DataFrame(), Size(2, (1,)), 60.0))
    assert "Of all 2 windows the 50, 80 and 90 % ranges hold 50%, 50% and 50%." in said
    row = rows(summary(found, days=(1, 3, 7, 14)))[0]
    assert (row["n"], row["n_scored"], row["coverage80"], row["ratio"]) == (1, 2, 0.5, 0.5)


def test_each_task_has_its_own_members_unless_told() -> None:
    russia, ukraine = TASKS
    full = tasks.size()
    assert (full.members_of(russia), full.members_of(ukraine)) == (300, 1000)
    assert tasks.size(members=50).members_of(ukraine) == 50
    assert tasks.size(quick=True).members_of(ukraine) == 8
    found = pd.DataFrame([table("updated", True, "1", 1.0)])
    said = page.page(Results(found, pd.DataFrame(), full, 60.0))
    assert "`egress score --benchmark --seeds 2 --page FILE`" in said
    assert "## Task U: ukraine-2022, 1,000 members" in said
