from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from egress.distribution import Distribution
from egress.engine.processes.choose import NOT_FLOWN
from egress.report import facts
from egress.report.names import Names
from egress.report.summary import _when, assumption_share, comparison_rows, hits, not_compared, summary
from egress.scenario.schema import Scenario


def printed(trajectory: xr.Dataset, scenario: Scenario, comparison: pd.DataFrame) -> str:
    console = Console(width=120, record=True, quiet=True)
    with console.capture() as capture:
        console.quiet = False
        console.print(summary(trajectory, scenario, comparison))
    return " ".join(capture.get().split())


def test_a_planner_finds_what_the_issue_asks_for(
    trajectory: xr.Dataset, scenario: Scenario, comparison: pd.DataFrame
) -> None:
    text = printed(trajectory, scenario, comparison)
    for wanted in (
        "hindsight run, not a forecast", "Finland", "Verkhny Lars", "observed", "21,000", "Longest queues",
        "Moscow → Istanbul", "turned back", "called up", "in hiding", "detained", "no way open",
        "rest on assumptions", "4 of 5 published counts",
    ):  # fmt: skip
        assert wanted in text
    assert "svo:ist" not in text


def test_a_count_given_as_a_span_is_shown_as_one(scenario: Scenario, comparison: pd.DataFrame) -> None:
    spans = comparison[:1].assign(value=np.nan, low=300.0, high=900.0)
    assert comparison_rows(spans, Names.of(scenario))[0][3] == "300–900"
    assert comparison_rows(spans.assign(what="wait_hours"), Names.of(scenario))[0][3] == "300–900"


def test_counts_that_read_alike_are_told_apart_by_their_series(scenario: Scenario, comparison: pd.DataFrame) -> None:
    rows = pd.concat([comparison[:1], comparison[:1].assign(series="another", value=1.0)])
    said = [row[1] for row in comparison_rows(rows, Names.of(scenario))]
    assert said == [f"entries ({comparison['series'].iloc[0]})", "entries (another)"]
    assert comparison_rows(comparison[:1].assign(kind="rate"), Names.of(scenario))[0][1] == "entries a day"


def test_a_window_of_one_day_is_a_day() -> None:
    day = pd.Timestamp("2022-09-27")
    assert facts.between(day, day) == "27 Sep"
    assert facts.between(day, day + pd.Timedelta(days=1)) == "27–28 Sep"


def test_an_empty_comparison_is_fine(trajectory: xr.Dataset, scenario: Scenario) -> None:
    assert "Nothing was observed" in printed(trajectory, scenario, pd.DataFrame())
    assert hits(pd.DataFrame()) == ""


@pytest.mark.parametrize(
    "moment", ["2022-09-26", "2022-09-26T00:00:00+03:00", "2022-09-25T21:00:00+00:00", "2022-09-26T01:00:00+04:00"]
)
def test_a_forecast_says_so(moment: str, trajectory: xr.Dataset, scenario: Scenario, comparison: pd.DataFrame) -> None:
    run = trajectory.assign_attrs(as_of=moment)
    assert "(run with what was known of events by 26 Sep 2022, 00:00; no count was learnt from," in printed(
        run, scenario, comparison
    )


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("", "Nobody beyond ordinary travel arrives abroad between 20 Sep and 3 Oct 2022."),
        (
            "2022-09-21T00:00:00+03:00",
            "Nobody beyond ordinary travel is expected between 20 Sep and 3 Oct 2022: "
            "no signal is known by 21 Sep 2022, 00:00.",
        ),
        (
            "2022-09-22T00:00:00+03:00",
            "Nobody beyond ordinary travel is expected between 20 Sep and 3 Oct 2022: "
            "the signals known by then move nobody.",
        ),
    ],
)
def test_a_run_without_a_surge_reads_well(
    as_of: str, expected: str, trajectory: xr.Dataset, scenario: Scenario
) -> None:
    calm = trajectory.assign(surge=trajectory["surge"] * 0, outcomes=trajectory["outcomes"] * 0)
    calm = calm.assign_attrs(as_of=as_of)
    first, second, *_ = facts.headline(calm, scenario, facts.Facts.of(calm, scenario))
    assert first == expected
    assert second.startswith("Entries peak")
    assert "About 0" not in printed(calm, scenario, pd.DataFrame())


def without_queue(scenario: Scenario, crossing: str) -> Scenario:
    kept = (c.model_copy(update={"queue_shown": c.id != crossing}) for c in scenario.crossings)
    return scenario.model_copy(update={"crossings": tuple(kept)})


def test_queues_that_mean_nothing_are_left_out(
    trajectory: xr.Dataset, scenario: Scenario, comparison: pd.DataFrame
) -> None:
    worst = facts.Facts.of(trajectory, scenario).queues[0].crossing
    found = facts.Facts.of(trajectory, without_queue(scenario, worst))
    assert worst not in [queue.crossing for queue in found.queues]
    name = Names.of(scenario).door(worst)
    text = printed(trajectory, without_queue(scenario, worst), comparison)
    assert f"The longest queue stands at {name}" not in text
    assert f"Left out, for there the queue of the model means nothing: {name}." in text


def test_the_longest_queue_adds_up_the_lanes_of_a_crossing(trajectory: xr.Dataset) -> None:
    lars = next(queue for queue in facts.longest_queues(trajectory) if queue.crossing == "lars")
    waiting = trajectory["queue"].sel(lane=["lars/vehicle", "lars/foot"]).sum("lane").max("step").values
    assert lars.people.middle == pytest.approx(np.median(waiting))
    assert 0 < lars.vehicles.middle < lars.people.middle


def test_tickets_are_sold_out_when_the_first_free_seat_is_over_a_week_away(trajectory: xr.Dataset) -> None:
    free = np.median(trajectory["next_seat"].sel(service="mos-ist").values, axis=0)
    ticket = next(ticket for ticket in facts.tickets(trajectory) if ticket.service == "mos-ist")
    assert ticket.first == pd.Timestamp(trajectory["day"].values[np.flatnonzero(free > 7)[0]])


def test_a_service_that_is_not_flown_is_not_sold_out_and_of_several_spells_the_longest_is_told(
    trajectory: xr.Dataset,
) -> None:
    days = trajectory["day"].values
    free = trajectory["next_seat"].copy(deep=True)
    chosen = free.loc[{"service": "mos-ist"}]
    chosen[:] = 1
    chosen[:, :3] = NOT_FLOWN
    chosen[:, 4] = 22
    chosen[:, 6:9] = 22
    ticket = next(t for t in facts.tickets(trajectory.assign(next_seat=free)) if t.service == "mos-ist")
    assert (ticket.first, ticket.last) == (pd.Timestamp(days[6]), pd.Timestamp(days[8]))
    chosen[:, 3:] = 1
    ticket = next(t for t in facts.tickets(trajectory.assign(next_seat=free)) if t.service == "mos-ist")
    assert ticket.first is None


def test_the_headline_says_who_stands_ready_with_no_way_open(trajectory: xr.Dataset, scenario: Scenario) -> None:
    outcomes = trajectory["outcomes"].copy(deep=True)
    outcomes.loc[{"outcome": "stranded"}] = 0
    quiet = trajectory.assign(outcomes=outcomes, surge=trajectory["surge"] * 0)
    lines = facts.headline(quiet, scenario, facts.Facts.of(quiet, scenario))
    assert not any("no way open" in line for line in lines)
    held = outcomes.copy(deep=True)
    held.loc[{"outcome": "stranded", "region": held["region"].values[0]}] = 5000
    stuck = quiet.assign(outcomes=held).assign_attrs(as_of="2022-09-20T00:00+03:00")
    lines = facts.headline(stuck, scenario, facts.Facts.of(stuck, scenario))
    assert "Ready to leave with no way open: about 5,000 people when most." in lines
    assert not any("move nobody" in line for line in lines)


def test_a_count_that_is_not_compared_says_why(comparison: pd.DataFrame) -> None:
    silent = comparison.assign(why="")
    assert not_compared(silent) == ""
    silent.loc[silent.index[0], ["series", "why"]] = ["queues", "no lane there"]
    assert not_compared(silent) == "Not compared: 1 of queues (no lane there)."


def test_windows_with_hours_are_told_with_them() -> None:
    assert _when("2022-09-22T00:00+03:00", "2022-09-23T00:00+03:00") == "22 Sep"
    assert _when("2022-09-22T00:00+03:00", "2022-09-24T00:00+03:00") == "22–23 Sep"
    assert _when("2022-09-22T06:00+03:00", "2022-09-22T18:00+03:00") == "22 Sep 06:00 – 18:00"
    assert _when("2022-09-22T00:00+03:00", "2022-09-23T12:00+03:00") == "22 Sep 00:00 – 23 Sep 12:00"


def test_what_happens_in_some_runs_only_is_a_fork(trajectory: xr.Dataset) -> None:
    assert facts.forks(trajectory) == []
    starts = trajectory["policy_start"].copy(deep=True)
    starts[:10, 1] = np.nan
    (fork,) = facts.forks(trajectory.assign(policy_start=starts))
    assert (fork.policy, fork.share) == ("entry-ban", 0.5)


def test_shares_of_assumptions_count_quantities_by_source(scenario: Scenario) -> None:
    assumed, number = assumption_share(scenario)
    # group: share, willing, ready_at_once, preparation; se; train; lars/vehicle: 2; mos-ogz: 4; retry_rate
    assert assumed == 4 + 1 + 1 + 2 + 4 + 1
    assert number == assumed + 2 + 2 + 1 + 4 + 1
    signal = scenario.signals[0]  # of a signal what is certain counts neither way
    unsure = signal.model_copy(update={"fades": Distribution("range", 24, 72, 240, "duration")})
    more = scenario.model_copy(update={"signals": (signal, unsure)})
    assert assumption_share(more) == (assumed + 1, number + 1)


def test_a_made_up_country_takes_the_name_of_its_place(scenario: Scenario) -> None:
    place = scenario.places[0].model_copy(update={"country": "XAB"})
    names = Names.of(scenario.model_copy(update={"places": (place, *scenario.places[1:])}))
    assert (names.country("XAB"), names.country("TUR")) == ("Stepantsminda", "Türkiye")


def test_importing_reports_does_not_load_altair() -> None:
    code = (
        "import sys, egress.report, egress.report.summary, egress.report.tables;"
        "assert not {'altair', 'vl_convert', 'jinja2', 'shapely'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_region_and_an_airport_may_have_the_same_id(scenario: Scenario) -> None:
    crossings = tuple(c.model_copy(update={"id": "mow"}) if c.id == "svo" else c for c in scenario.crossings)
    names = Names.of(scenario.model_copy(update={"crossings": crossings}))
    assert (names.door("mow"), names.anywhere("mow")) == ("Moscow airports", "Moscow")
