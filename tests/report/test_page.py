from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from egress.distribution import Distribution
from egress.errors import OutputError
from egress.report import maps
from egress.report.page import _ranged, render
from egress.scenario.schema import Scenario


class Reader(HTMLParser):
    """Gathers tags, and attributes that could ask something of somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.asked: list[tuple[str, str, str]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.asked += [(tag, k, v or "") for k, v in attrs if k in ("src", "href", "xlink:href", "action", "style")]
        self.ids += [v or "" for k, v in attrs if k == "id"]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def page(
    trajectory: xr.Dataset,
    scenario: Scenario,
    observations: pd.DataFrame,
    comparison: pd.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    render(trajectory, scenario, observations, comparison, path)
    assert [child.name for child in path.parent.iterdir()] == ["report.html"]
    return path.read_text("utf-8")


def test_the_page_asks_nothing_of_anybody(page: str) -> None:
    reader = read(page)
    assert not {"script", "link", "img", "iframe", "object", "embed", "image", "use"} & set(reader.tags)
    for tag, name, value in reader.asked:
        evidence = value == "https://example.org/647"
        link = (tag, name) == ("a", "href") and (value.startswith("#") or evidence)
        assert link or name == "style"
    assert "@import" not in page
    assert set(re.findall(r"url\(([^)]*)\)", page)) <= {f"#{name}" for name in reader.ids}
    assert set(re.findall(r"https?://[^\s\"<]*", page)) == {"https://example.org/647"}


def test_links_within_the_page_lead_somewhere_and_ids_are_unique(page: str) -> None:
    reader = read(page)
    assert len(reader.ids) == len(set(reader.ids))
    inside = {value[1:] for _, name, value in reader.asked if name == "href" and value.startswith("#")}
    assert inside <= set(reader.ids)


def test_the_page_holds_what_the_issue_asks_for(page: str) -> None:
    for section in (
        "arrivals",
        "queues",
        "tickets",
        "map",
        "held",
        "events",
        "counts",
        "trust",
        "inputs",
        "evidence",
    ):
        assert f'<h2 id="{section}">' in page
    assert page.count("<svg ") == 3 * 2 + 4 + 1 + 1 + 2 + 1 + 1
    for wanted in (
        "This is a hindsight run, not a forecast",
        "<b>Purpose.</b>",
        "For planning the reception of groups of people; not for intercepting anybody.",
        "Decree 647",
        "0.03–0.3 per d",
        "Origins of the travellers",
        "Open Database License",
        "Counted: 5,200 people a day",
    ):
        assert wanted in page
    assert len(page) < 1_000_000


def test_names_are_shown_in_place_of_ids(page: str) -> None:
    text = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    text = re.sub(r"<[^>]*>", " ", text)
    for label in ("svo:ist", "mos-ist", "lars/vehicle", "exit-ban", "GEO", "in_force", "called_up"):
        assert label not in text


def test_a_forecast_hides_later_events_and_hollows_later_counts(
    trajectory: xr.Dataset, scenario: Scenario, observations: pd.DataFrame, tmp_path: Path
) -> None:
    render(
        trajectory.assign_attrs(as_of="2022-09-25"),
        scenario,
        observations,
        pd.DataFrame(),
        tmp_path / "r.html",
    )
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "This is a run with what was known of events by 25 Sep 2022, 00:00." in page
    assert "Finland refuses tourists" in page
    assert "Exit ban for men" not in page
    assert "counted, published later" in page


def test_queues_that_mean_nothing_are_left_out(
    trajectory: xr.Dataset, scenario: Scenario, observations: pd.DataFrame, tmp_path: Path
) -> None:
    crossings = tuple(c.model_copy(update={"queue_shown": c.id != "lars"}) for c in scenario.crossings)
    odd = scenario.model_copy(update={"crossings": crossings})
    render(trajectory, odd, observations, pd.DataFrame(), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    section = page[page.index('<h2 id="queues">') : page.index('<h2 id="tickets">')]
    assert section.count("Verkhny Lars") == 1
    assert "the queue of the model means nothing: Verkhny Lars." in section
    assert "wait at Verkhny Lars" not in page


def test_negative_ranges_are_read_without_a_puzzle() -> None:
    ranges = [Distribution.read({"range": ends}, "number", least=-9.0) for ends in ([-4, -1], [-1, 2], [1, 4])]
    assert [_ranged(value, 1.0, " h") for value in ranges] == ["−4 to −1 h", "−1 to 2 h", "1–4 h"]


def test_what_others_wrote_cannot_become_markup(
    trajectory: xr.Dataset, scenario: Scenario, observations: pd.DataFrame, tmp_path: Path
) -> None:
    evil = "<script>alert(1)</script>\"'>&"
    crossings = tuple(c.model_copy(update={"name": evil + c.name}) for c in scenario.crossings)
    policies = tuple(p.model_copy(update={"what": evil + p.what}) for p in scenario.policies)
    nasty = scenario.model_copy(update={"title": evil, "crossings": crossings, "policies": policies, "limits": (evil,)})
    render(trajectory, nasty, observations.assign(source=evil), pd.DataFrame(), tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "script" not in read(page).tags
    assert "&lt;script&gt;" in page
    assert 'href="javascript:' not in page


def test_a_page_that_cannot_be_written_leaves_nothing_behind(
    trajectory: xr.Dataset, scenario: Scenario, tmp_path: Path
) -> None:
    with pytest.raises(OutputError):
        render(trajectory, scenario, pd.DataFrame(), pd.DataFrame(), tmp_path / "absent" / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_the_map_holds_all_that_matters() -> None:
    lat, lon = np.array([69.7, 43.1, 41.0, 60.0]), np.array([30.1, 131.9, 29.0, 170.0])
    x, y = maps.View.around(lat, lon).at(lat, lon)
    assert ((x > 0) & (x < maps.WIDTH)).all()
    assert ((y > 0) & (y < maps.HEIGHT)).all()


def test_north_is_up_and_east_is_right() -> None:
    view = maps.View(50.0, 40.0, scale=100.0)
    x, y = view.at([50.0, 51.0, 50.0], [40.0, 40.0, 41.0])
    assert (x[0], y[0]) == pytest.approx((0, 0))
    assert y[1] < 0 < x[2]


def test_russia_is_one_piece_across_the_date_line() -> None:
    russia = next(o for o in maps.outlines() if o["code"] == "RUS")
    assert max(lon for ring in russia["rings"] for lon, _ in ring) > 185
    assert min(lon for ring in russia["rings"] for lon, _ in ring) > 0
