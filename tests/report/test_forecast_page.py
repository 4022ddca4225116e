"""The page of a forecast, made by the engine on a copy of one-border with a hinted closure and a few counts."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from egress.assimilate.daily import Daily, with_yesterday
from egress.forecasts import Forecast
from egress.report import forecast_facts as ahead
from egress.report import forecast_folder, forecast_page
from egress.report import forecast_summary as words
from egress.report.input_names import in_units, input_name
from egress.report.names import Names
from egress.scenario.load import load, shipped
from egress.scenario.schema import Scenario

HINT = """
  - id: bridge-shuts
    what: the neighbour <shuts> the bridge
    history:
      - at: 2030-03-05T12:00+00:00
        status: hinted
        probability: 0.5
        window: [2030-03-07, 2030-03-08]
        evidence: [example]
    outcome: {happened: false, evidence: [example]}
    applies_to: {groups: all, crossings: [bridge]}
    effects:
      - {kind: close}

limits:"""
COUNTS = """series,place,crossing,what,start,end,value,low,high,kind,unit,published_at,source
bridge,,bridge,entries,2030-03-03T00:00+00:00,2030-03-04T00:00+00:00,520,,,daily,persons,2030-03-04T09:00+00:00,office
bridge,,bridge,entries,2030-03-04T00:00+00:00,2030-03-05T00:00+00:00,1150,,,daily,persons,2030-03-05T09:00+00:00,office
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Daily, Path]:
    """Return the scenario, its forecast, and the folder of its files."""
    source = tmp_path_factory.mktemp("forecast") / "hinted"
    shutil.copytree(shipped()["one-border"], source)
    text = (source / "scenario.yaml").read_text("utf-8").replace("name: one-border\n", "name: hinted\n")
    (source / "scenario.yaml").write_text(text.replace("\nlimits:", HINT), "utf-8")
    (source / "observations.csv").write_text(COUNTS, "utf-8")
    scenario = load(source)
    daily = with_yesterday(source, "2030-03-06", days=5, members=60, rounds=2)
    out = source.with_name("out")
    out.mkdir()
    forecast_folder.write(out, daily, scenario, exact=False)
    return scenario, daily, out


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "action")]
        self.ids += [v or "" for k, v in attrs if k == "id"]


def test_every_file_is_written_and_opens_again(made: tuple[Scenario, Daily, Path]) -> None:
    _, daily, out = made
    assert {path.name for path in out.iterdir()} == set(forecast_folder.FILES)
    again = Forecast.open(out)
    assert again.origin == daily.now.origin
    assert ahead.total(again, "XBB", 5) == ahead.total(daily.now, "XBB", 5)


def test_the_page_asks_nothing_and_escapes(made: tuple[Scenario, Daily, Path]) -> None:
    page = (made[2] / "report.html").read_text("utf-8")
    reader = Reader()
    reader.feed(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use"} & set(reader.tags)
    assert all(href.startswith("#") for href in reader.asked)
    assert {href[1:] for href in reader.asked} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    assert "<shuts>" not in page
    assert "&lt;shuts&gt;" in page
    assert not re.search(r"\bnan\b|None\b|inf\b", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))


def test_the_page_has_every_section(made: tuple[Scenario, Daily, Path]) -> None:
    page = (made[2] / "report.html").read_text("utf-8")
    ids = ("ahead", "open", "chances", "queue", "yesterday", "changed", "trust", "evidence")
    assert [f'<h2 id="{name}">' in page for name in ids] == [True] * len(ids)
    assert "It is not fit for deciding on anybody's case" in page.replace("&#39;", "'")
    assert "Every number is made up" in page


def test_an_open_policy_splits_the_fan(made: tuple[Scenario, Daily, Path]) -> None:
    scenario, daily, out = made
    names = Names.of(scenario)
    assert daily.now.open_policies() == ["bridge-shuts"]
    opened = forecast_page.opened(daily.now, "bridge-shuts", scenario, names, False)
    assert "fewer arrive" in opened.said
    assert all(
        "#D55E00" in figure.drawing.__html__() and "#0072B2" in figure.drawing.__html__() for figure in opened.figures
    )
    whole = ahead.splits(daily.now, "bridge-shuts", 3)[0]
    assert whole.between > 1000
    assert whole.happens.middle < whole.mixture.middle <= whole.not_happens.middle
    table = pd.read_csv(out / "branches.csv")
    assert set(table["place"]) == set(daily.now.places())
    assert float(table.loc[table["place"] == "XBB", "between"].sum()) == pytest.approx(whole.between, rel=0.02)


def test_who_is_stranded_is_told_where_the_only_way_may_shut(made: tuple[Scenario, Daily, Path]) -> None:
    scenario, daily, _ = made
    shut = daily.now.happens("bridge-shuts")
    stranded = ahead.stranded(daily.now)
    assert stranded.shape == (60, 5)
    assert (stranded[shut][:, -1] > 0).all()
    assert (stranded[~shut] == 0).all()
    share = words.percent(shut.mean())
    line = next(part for part in words.headline(daily.now, scenario) if "no way open" in part)
    assert line.startswith(f"In {share} of the members, ready to leave with no way open: about ")
    row = words.split_rows(daily.now, "bridge-shuts", Names.of(scenario), 3, True)[-1]
    assert row[0] == "With no way open, on the last day"
    assert row[2] == "0"
    assert row[4].endswith(" more")


def test_what_moved_since_yesterday_is_a_total_of_members_not_of_medians(made: tuple[Scenario, Daily, Path]) -> None:
    _, daily, _ = made
    assert daily.before is not None
    days = daily.changes["date"].unique().tolist()
    said = words.moved(daily, "XBB", "There", True)
    now, before = (ahead.over(one, "XBB", days).middle for one in (daily.now, daily.before))
    assert f"There: {now:,.0f} in the days ahead" in said
    assert f"{before:,.0f}" in said


def test_too_few_members_split_nothing(made: tuple[Scenario, Daily, Path]) -> None:
    scenario, daily, _ = made
    assert daily.before is not None  # it has 15 members
    opened = forecast_page.opened(daily.before, "bridge-shuts", scenario, Names.of(scenario), False) if (
        daily.before.open_policies()
    ) else None  # fmt: skip
    assert opened is None or (opened.figures == () and "members on one side" in opened.said)
    assert forecast_folder.branch_table(daily.before).empty


def test_tables_are_rounded_and_chances_are_not(made: tuple[Scenario, Daily, Path]) -> None:
    _, daily, out = made
    table = pd.read_csv(out / "forecast.csv")
    numbers = table.drop(columns=["place", "country", "crossing", "date", "horizon", "measure"]).to_numpy()
    assert (np.where(np.abs(numbers) < 1000, numbers % 10, numbers % 100) == 0).all()
    assert sorted(table["horizon"].unique()) == [1, 2, 3, 4, 5]
    assert set(table["measure"]) == {"gross", "net", "staying"}
    exact = forecast_folder.forecast_table(daily.now)
    assert (exact["mean"].to_numpy() % 10 != 0).any()
    chances = pd.read_csv(out / "exceedance.csv")
    assert chances["probability"].between(0, 1).all()
    assert chances["probability"].between(0.01, 0.99).any()
    hub = pd.read_csv(out / "hub.csv", dtype={"output_type_id": str})
    assert hub["value"].sum() == pytest.approx(forecast_folder.hub_table(daily.now)["value"].sum())


def test_chosen_numbers_are_asked_for(made: tuple[Scenario, Daily, Path]) -> None:
    daily = made[1]
    table = ahead.exceedance(daily.now, [1234.0])
    assert set(table["persons"]) == {1234.0}
    first = table[(table["place"] == "XBB")]["probability"].iloc[0]
    assert first == float(daily.now.chance("XBB", 1234)[0])


def test_the_count_since_yesterday_is_shown(made: tuple[Scenario, Daily, Path]) -> None:
    _, daily, out = made
    table = pd.read_csv(out / "yesterday.csv")
    assert list(table["start"]) == ["2030-03-04T00:00+00:00"]
    assert 0 <= float(table["pit"].iloc[0]) <= 1
    assert "the neighbour <shuts> the bridge: hinted" in daily.reasons
    changes = pd.read_csv(out / "changes.csv")
    assert list(changes.columns) == ["place", "date", "before", "now"]
    assert len(changes[changes["place"] == "XBB"]) == 5


def test_yesterday_is_left_out_on_the_first_day() -> None:
    daily = with_yesterday("one-border", "2030-03-02", days=1, members=4, rounds=1)
    assert daily.before is None
    assert words.changed(daily, Names.of(load("one-border"))) == []


def test_evidence_that_came_after_an_origin_within_a_day_is_not_shown() -> None:
    scenario = load("one-border")  # at UTC+00:00
    origin = datetime(2030, 3, 6, 9, tzinfo=UTC)
    out = ["2030-03-05", "2030-03-06T11:59+03:00", "2030-03", "2029", ""]
    later = ["2030-03-06", "2030-03-06T09:00+00:00", "2030-03-06T04:01-05:00", "2030-03-07", "2031"]
    assert [day for day in [*out, *later] if forecast_page.was_out(day, origin, scenario)] == out


def test_inputs_have_names_and_units() -> None:
    scenario = load("russia-2022")
    names = Names.of(scenario)
    assert input_name("crossing/lars/entries", names, scenario) == "Verkhny Lars: ordinary entries"
    assert input_name("parameter/intention_rate", names, scenario)[0] != "H"
    assert input_name("unheard/of/thing", names, scenario) == "unheard of: thing"
    assert in_units(24.0, 96.0, 240.0, "duration") == "4 (1–10) d"


def test_numbers_of_people_are_round_ones() -> None:
    assert ahead.thresholds(np.zeros((3, 2))) == []
    assert [ahead.nice(x) for x in (11.0, 95.0, 1300.0, 74000.0)] == [10.0, 100.0, 1500.0, 80000.0]
