"""What holds when, and what could be known when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import Any

import pytest

from egress.distribution import Distribution
from egress.scenario.load import load
from egress.scenario.schema import Period, Policy, Scenario
from egress.scenario.time import ResolvedPolicy, days, hours, known, resolve, start, steps

Resolve = Callable[..., ResolvedPolicy]


def at(day: int, hour: int = 0) -> datetime:
    return datetime.fromisoformat(f"2030-03-{day:02}T{hour:02}:00+03:00")


def share(value: float) -> Distribution:
    return Distribution("fixed", value, value, value, "share")


@pytest.fixture
def tiny(folder: Path) -> Scenario:
    return load(folder)


@pytest.fixture
def resolved(tiny: Scenario) -> Resolve:
    """Return a function that resolves one policy with a history of (day, status, further fields)."""

    def one(
        *history: tuple[int, str, dict[str, Any]],
        hindsight: bool = False,
        as_of: datetime | None = None,
        **fields: Any,
    ) -> ResolvedPolicy:
        statuses = [{"at": at(day), "status": status, **more} for day, status, more in history]
        policy = Policy.model_validate({"id": "p", "what": "p", "history": statuses, **fields})
        scenario = known(tiny.model_copy(update={"policies": (policy,)}), as_of)
        return resolve(scenario, hindsight, as_of)[0]

    return one


WINDOW = (date(2030, 3, 5), date(2030, 3, 8))  # hours 96 to 192


def test_the_period(tiny: Scenario) -> None:
    assert (days(tiny.period), steps(tiny.period)) == (10, 40)
    assert start(tiny.period) == at(1)
    assert hours(tiny, at(2, 12)) == 36
    assert hours(tiny, datetime.fromisoformat("2030-02-28T21:00+00:00")) == 0
    assert hours(tiny, at(1).replace(month=2)) == -28 * 24


def test_west_of_greenwich() -> None:
    period = Period.model_validate({"start": "2030-03-01", "end": "2030-03-01", "utc_offset": "-03:30"})
    assert start(period).isoformat() == "2030-03-01T00:00:00-03:30"


def test_everything_is_known_in_hindsight(tiny: Scenario) -> None:
    assert known(tiny, None) is tiny


def test_nothing_is_known_before_it_happens(tiny: Scenario) -> None:
    before = known(tiny, at(2, 9))
    assert before.signals == before.policies == ()
    assert before.call_up is before.voice is None
    assert len(before.series[0].points) == 1
    assert known(tiny, at(1)).series == ()


def test_what_has_happened_is_known_but_no_outcome(tiny: Scenario) -> None:
    later = known(tiny, at(4))
    assert len(later.signals) == 1
    assert later.call_up is not None
    assert later.voice is not None
    assert [(policy.id, len(policy.history), policy.outcome) for policy in later.policies] == [("ban", 1, None)]


def test_knowledge_needs_an_offset(tiny: Scenario) -> None:
    with pytest.raises(ValueError, match="expected a time with offset"):
        known(tiny, datetime(2030, 3, 2))


def test_a_hint_starts_in_its_window_by_chance(resolved: Resolve) -> None:
    policy = resolved((2, "hinted", {"probability": 0.3}), window=WINDOW, feared=0.5)
    assert policy.probability == share(0.3)
    assert policy.start_hours is None
    assert policy.window_hours == (96, 192)
    assert policy.end_hours == inf
    assert policy.known_hours == 24
    assert policy.feared == ((24, share(0.5), (96, 192)),)


def test_fields_left_out_keep_what_stood_before(resolved: Resolve) -> None:
    policy = resolved((2, "hinted", {}), (3, "denied", {}), probability=0.2, feared=0.5, window=WINDOW)
    assert policy.probability == share(0.2)
    assert policy.window_hours == (96, 192)
    assert [entry[1] for entry in policy.feared] == [share(0.5), share(0.5)]


def test_a_later_status_overrides(resolved: Resolve) -> None:
    later = {"probability": 0.1, "feared": 0.9, "window": [date(2030, 3, 6), date(2030, 3, 6)]}
    policy = resolved((2, "hinted", {}), (3, "denied", later), probability=0.2, feared=0.5, window=WINDOW)
    assert policy.probability == share(0.1)
    assert policy.window_hours == (120, 144)
    assert policy.feared == ((24, share(0.5), (96, 192)), (48, share(0.9), (120, 144)))


def test_a_hint_without_probability_never_happens(resolved: Resolve) -> None:
    assert resolved((2, "hinted", {}), window=WINDOW).probability == share(0)


def test_an_announced_start_is_certain_and_feared_until_in_force(resolved: Resolve) -> None:
    history = [(2, "hinted", {}), (3, "announced", {"starts": at(5)}), (5, "in_force", {})]
    announced = resolved(*history[:2], probability=0.2, feared=0.5, window=WINDOW)
    assert (announced.probability, announced.start_hours, announced.window_hours) == (share(1), 96, None)
    assert announced.feared[1] == (48, share(0.5), (96, 96))
    in_force = resolved(*history, probability=0.2, feared=0.5, window=WINDOW)
    assert (in_force.probability, in_force.start_hours) == (share(1), 96)
    assert in_force.feared[2] == (96, share(0), None)


def test_a_denial_after_an_announcement_needs_its_own_chance(resolved: Resolve) -> None:
    history = [(3, "announced", {"starts": at(5)}), (4, "denied", {"probability": 0.1})]
    policy = resolved(*history)
    assert (policy.probability, policy.start_hours) == (share(0.1), 96)


def test_probability_of_the_policy_holds_for_its_first_status(resolved: Resolve) -> None:
    assert resolved((2, "reported", {}), probability=0.6, window=WINDOW).probability == share(0.6)
    later = resolved((2, "hinted", {}), (3, "reported", {}), probability=0.6, window=WINDOW)
    assert later.probability == share(1)


def test_in_force_without_a_start_starts_then(resolved: Resolve) -> None:
    policy = resolved((2, "hinted", {}), (6, "in_force", {"ends": at(8)}), window=WINDOW, probability=0.1)
    assert (policy.start_hours, policy.end_hours) == (120, 168)


def test_what_ended_has_an_end(resolved: Resolve) -> None:
    policy = resolved((2, "in_force", {}), (7, "ended", {}))
    assert (policy.probability, policy.start_hours, policy.end_hours) == (share(1), 24, 144)
    assert resolved((2, "in_force", {}), (7, "ended", {"ends": at(9)})).end_hours == 192
    again = resolved((2, "in_force", {}), (3, "ended", {}), (5, "in_force", {}))
    assert (again.start_hours, again.end_hours) == (96, inf)


def test_a_plan_given_up_never_happens(resolved: Resolve) -> None:
    policy = resolved((2, "hinted", {}), (3, "ended", {}), probability=0.5, window=WINDOW)
    assert (policy.probability, policy.start_hours, policy.window_hours) == (share(0), None, None)


def test_hindsight_knows_the_outcome(resolved: Resolve) -> None:
    hint = (2, "hinted", {})
    came = {"happened": True, "starts": at(6), "ends": at(9)}
    policy = resolved(hint, probability=0.1, window=WINDOW, outcome=came, hindsight=True)
    assert (policy.probability, policy.start_hours, policy.end_hours) == (share(1), 120, 192)
    never = resolved(hint, probability=0.1, window=WINDOW, outcome={"happened": False}, hindsight=True)
    assert never.probability == share(0)
    told = resolved((3, "announced", {"starts": at(5)}), outcome={"happened": True}, hindsight=True)
    assert told.start_hours == 96
    foresight = resolved(hint, probability=0.1, window=WINDOW, outcome=came)
    assert foresight.probability == share(0.1)


def test_no_start_is_drawn_in_the_past(resolved: Resolve) -> None:
    hint = (2, "hinted", {"probability": 0.3})
    assert resolved(hint, window=WINDOW, as_of=at(7)).window_hours == (144, 192)
    passed = resolved(hint, window=WINDOW, as_of=at(9))
    assert (passed.probability, passed.window_hours) == (share(0), None)
    assert resolved(hint, window=WINDOW).window_hours == (96, 192)


def test_forecasts_never_see_later_statuses(resolved: Resolve) -> None:
    history = [(2, "hinted", {"probability": 0.3}), (6, "in_force", {})]
    assert resolved(*history, window=WINDOW, as_of=at(6)).start_hours is None
    assert resolved(*history, window=WINDOW, as_of=at(6, 1)).start_hours == 120
