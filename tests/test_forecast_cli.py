"""The commands forecast, score and archive, and run with a posterior."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from shared_commands import Said, egress

from egress.assimilate import forecasting as learning
from egress.assimilate.forecasting import calibrate
from egress.assimilate.posterior import Posterior
from egress.benchmark import saved
from egress.forecasts import Forecast
from egress.observations import Observations
from egress.report import forecast_folder, forecasting
from egress.scenario.load import load, shipped
from egress.scenario.priors import cold_scenario, shaped

GOLDEN = Path(__file__).parent / "golden" / "one-border-forecast.txt"
REWRITE = "EGRESS_REWRITE_GOLDEN"
HEAD = "series,place,crossing,what,start,end,value,low,high,kind,unit,published_at,source\n"
DAYS = ((1, 490), (2, 510), (3, 540), (4, 1150), (5, 1190), (6, 1200), (7, 1180))


def counted(day: int, value: float) -> str:
    """Return a row: the entries of a day, published the next morning."""
    start, end = (f"2030-03-{at:02d}T00:00+00:00" for at in (day, day + 1))
    return f"bridge,,bridge,entries,{start},{end},{value},,,daily,persons,2030-03-{day + 1:02d}T09:00+00:00,office\n"


def forecast(scenario: object, out: Path, *options: object) -> Said:
    few = ("--as-of", "2030-03-06", "--days", 4, "--members", 12, "--threads", 1)
    return egress("forecast", scenario, *few, "--out", out, *options)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of counts."""
    path = tmp_path_factory.mktemp("own") / "counts.csv"
    path.write_text(HEAD + "".join(counted(day, value) for day, value in DAYS), "utf-8")
    return path


@pytest.fixture(scope="module")
def ran(own: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Said]:
    """Return the folder of a forecast, an archive, and what was said."""
    place = tmp_path_factory.mktemp("forecast")
    said = forecast("one-border", place / "out", "--observations", own, "--archive", place / "archive")
    return place / "out", place / "archive", said


def test_a_forecast_writes_every_file_and_nothing_else(ran: tuple[Path, Path, Said]) -> None:
    out, _, said = ran
    assert said.code == 0
    assert said.err.splitlines()[0] == f"Written to {out}"
    assert {path.name for path in out.iterdir()} == set(forecast_folder.FILES)
    assert sorted(path.name for path in out.parent.iterdir()) == ["archive", "out"]
    about = json.loads((out / "forecast.json").read_text("utf-8"))
    assert about["origin"] == "2030-03-06T00:00:00+00:00"
    assert about["files"] == list(forecast_folder.FILES)


def test_the_summary_is_golden(ran: tuple[Path, Path, Said]) -> None:
    if os.environ.get(REWRITE):
        GOLDEN.write_text(ran[2].out, "utf-8")
    assert ran[2].out == GOLDEN.read_text("utf-8")


def test_no_number_of_people_in_the_summary_is_exact(ran: tuple[Path, Path, Said]) -> None:
    numbers = [int(text.replace(",", "")) for text in re.findall(r"\b\d{1,3}(?:,\d{3})+\b", ran[2].out)]
    assert numbers
    assert all(number % 100 == 0 for number in numbers)


def test_the_archive_is_listed_and_verified(ran: tuple[Path, Path, Said]) -> None:
    _, archive, said = ran
    file = next(archive.glob("*.parquet"))
    assert said.err.splitlines()[1] == f"Archived as {file}"
    listed = egress("archive", "list", archive)
    assert listed.code == 0
    assert file.name in listed.out
    assert egress("archive", "verify", archive).code == 0
    broken = archive.with_name("broken")
    shutil.copytree(archive, broken)
    (broken / file.name).write_bytes(b"otherwise")
    found = egress("archive", "verify", broken)
    assert (found.code, "broken" in found.out) == (1, True)
    assert egress("archive", "list", archive / "nowhere").code == 2


def test_options_are_heard(own: Path, tmp_path: Path) -> None:
    said = forecast("one-border", tmp_path / "out", "--no-yesterday", "--exceed", "700,1100", "--exact", "--seed", 5)
    assert said.code == 0
    assert "yesterday" not in said.out
    assert set(pd.read_csv(tmp_path / "out" / "exceedance.csv")["persons"]) == {700, 1100}
    assert pd.read_csv(tmp_path / "out" / "yesterday.csv").empty
    about = json.loads((tmp_path / "out" / "forecast.json").read_text("utf-8"))
    assert (about["exact"], about["seed"], about["members"]) == (True, 5, 12)
    assert "No count was published before the origin" in said.out


# What must not leak


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of one-border with counts, and a closure hinted before the origin."""
    return _copy(tmp_path_factory.mktemp("leak") / "here", HINTED)


def _policy(name: str, effect: str, *history: str) -> str:
    lines = "".join(f"      - {{{entry}, evidence: [example]}}\n" for entry in history)
    return (
        f"  - id: {name}\n    what: {name}\n    history:\n{lines}"
        f"    applies_to: {{groups: all, crossings: [bridge]}}\n    effects:\n      - {effect}\n"
    )


HINTED = _policy(
    "may-shut",
    "{kind: close}",
    "at: 2030-03-05T12:00+00:00, status: hinted, probability: 0.5, window: [2030-03-07, 2030-03-08]",
).replace("    applies_to", "    outcome: {happened: false, evidence: [example]}\n    applies_to")
LATER = _policy(
    "shuts",
    "{kind: close}",
    "at: 2030-03-06T08:00+00:00, status: announced, starts: 2030-03-07T00:00+00:00",
    "at: 2030-03-07T00:00+00:00, status: in_force",
)


def _copy(folder: Path, policies: str, counts: str = "") -> Path:
    shutil.copytree(shipped()["one-border"], folder)
    text = (folder / "scenario.yaml").read_text("utf-8").replace("name: one-border\n", "name: here\n")
    text = text.replace("willing: 5 % ", "willing: {range: [0.2 %, 2 %]} ")  # something to be learnt
    (folder / "scenario.yaml").write_text(text.replace("\nlimits:", f"\n{policies}\nlimits:"), "utf-8")
    rows = "".join(counted(day, value) for day, value in DAYS[:5])
    (folder / "observations.csv").write_text(HEAD + rows + counts, "utf-8")
    return folder


def _forecast_csv(scenario: Path, out: Path) -> bytes:
    said = forecast(scenario, out, "--members", 30, "--exact")
    assert said.code == 0, said.err
    return (out / "forecast.csv").read_bytes()


def test_what_came_after_the_origin_changes_not_one_bit(source: Path, tmp_path: Path) -> None:
    before = _forecast_csv(source, tmp_path / "before")
    absurd = counted(6, 99_999_999) + counted(5, 1).replace("2030-03-06T09:00+00:00", "2030-03-06T00:00+00:00")
    known_later = _copy(tmp_path / "later" / "here", HINTED + LATER, absurd)
    assert "shuts" in (known_later / "scenario.yaml").read_text("utf-8")
    assert _forecast_csv(known_later, tmp_path / "after") == before
    files = ("hub.csv", "branches.csv", "exceedance.csv", "changes.csv", "yesterday.csv", "known.csv", "counts.csv")
    for name in files:
        assert (tmp_path / "after" / name).read_bytes() == (tmp_path / "before" / name).read_bytes(), name


def test_what_was_known_at_the_origin_does_matter(source: Path, tmp_path: Path) -> None:
    before = _forecast_csv(source, tmp_path / "before")
    assert _forecast_csv(_copy(tmp_path / "a" / "here", ""), tmp_path / "without-policy") != before
    early = counted(5, 1_900).replace("2030-03-06T09:00+00:00", "2030-03-05T23:59+00:00")
    assert _forecast_csv(_copy(tmp_path / "b" / "here", HINTED, early), tmp_path / "with-count") != before


def test_the_final_figure_of_a_revised_count_is_not_known_before(source: Path, tmp_path: Path) -> None:
    folders = []
    for name, final in (("a", 500), ("b", 99_999)):
        revised = counted(4, final).replace("\n", ",1150\n")
        folder = _copy(tmp_path / name / "here", HINTED)
        head = HEAD.replace("\n", ",first_shown\n")
        (folder / "observations.csv").write_text(head + counted(3, 540).replace("\n", ",\n") + revised, "utf-8")
        folders.append(tmp_path / f"out-{name}")
        assert forecast(folder, folders[-1]).code == 0
    for file in sorted(folders[0].iterdir()):
        if file.suffix != ".nc":  # a container with the time of writing in it
            assert (folders[1] / file.name).read_bytes() == file.read_bytes(), file.name


def test_counts_given_twice_are_one_and_the_forecast_can_be_scored(own: Path, source: Path, tmp_path: Path) -> None:
    said = forecast(source, tmp_path / "out", "--observations", own)
    assert said.code == 0, said.err
    assert "4 counts learnt from" in said.out
    assert egress("score", tmp_path / "out", own).code == 0


def test_a_count_of_an_unknown_place_is_told(own: Path, tmp_path: Path) -> None:
    typo = tmp_path / "typo.csv"
    typo.write_text(own.read_text("utf-8").replace(",bridge,", ",brigde,"), "utf-8")
    said = forecast("one-border", tmp_path / "out", "--observations", typo, "--no-yesterday")
    why = "4 of bridge (unknown crossing 'brigde': did you mean 'bridge'?)"
    assert why in " ".join(said.out.split())
    assert why in json.loads((tmp_path / "out" / "forecast.json").read_text("utf-8"))["warnings"][0]
    scored = egress("score", tmp_path / "out", typo)
    assert scored.code == 2
    assert "unknown crossing 'brigde'" in scored.err
    both = tmp_path / "both.csv"
    both.write_text(
        own.read_text("utf-8") + typo.read_text("utf-8").removeprefix(HEAD).replace("bridge,,", "t,,"), "utf-8"
    )
    assert "Not scored: 2 of t" in egress("score", tmp_path / "out", both).out


# Bad input


def test_an_origin_outside_the_period_is_told_in_one_line(tmp_path: Path) -> None:
    for day in ("2030-03-01", "2030-04-20", "2022-09-26"):
        said = egress("forecast", "one-border", "--as-of", day, "--out", tmp_path / "out")
        assert (said.code, said.out) == (2, "")
        assert re.fullmatch(rf"egress: {day}.*: expected an origin after 2030-03-01 and by .*2030-03-20.*\n", said.err)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--as-of", "soon"], "expected a day such as"),
        ([], "--as-of"),
        (["--as-of", "2030-03-06", "--exceed", "many"], "expected numbers of people"),
        (["--as-of", "2030-03-06", "--cold", "--observations", "x.csv"], "--cold uses no count"),
        (["--as-of", "2030-03-06", "--cold", "--cold-priors"], "--cold-priors goes with counts"),
        (["--as-of", "2030-03-06", "--cold-priors"], "no priors without 'one-border'"),
        (["--as-of", "2030-03-06", "--posterior", "nowhere.nc"], "nowhere.nc"),
        (["--as-of", "2030-03-06", "--observations", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_bad_options_are_told_in_one_line(options: list[str], expected: str, tmp_path: Path) -> None:
    said = egress("forecast", "one-border", "--out", tmp_path / "out", *options)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_faulty_row_of_counts_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + counted(3, 540) + counted(4, 1150).replace(",1150,", ",many,"), "utf-8")
    said = forecast("one-border", tmp_path / "out", "--observations", path)
    assert said.code == 2
    assert re.search(r"mine\.csv:3:\d+: expected a number, found 'many'", said.err)
    assert not (tmp_path / "out").exists()


# Posteriors


@pytest.fixture(scope="module")
def posterior(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a posterior of one-border, learnt from what was published before 6 March."""
    found, _ = calibrate("one-border", until="2030-03-06", observations=Observations.read(own), members=10, rounds=1)
    path = tmp_path_factory.mktemp("posterior") / "learnt.nc"
    found.save(path)
    return path


def test_a_posterior_takes_the_place_of_counts(posterior: Path, tmp_path: Path) -> None:
    said = forecast("one-border", tmp_path / "out", "--posterior", posterior, "--members", 8)
    assert said.code == 0, said.err
    assert "from a posterior file" in " ".join(said.out.split())
    assert "hindsight" not in said.out
    run = egress("run", "one-border", "--members", 8, "--posterior", posterior, "--out", tmp_path / "run")
    assert run.code == 0, run.err


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_tomorrow_learns_on_from_what_was_saved_today(own: Path, posterior: Path, tmp_path: Path) -> None:
    kept, few = tmp_path / "kept.nc", ("--observations", own, "--members", 8)
    said = forecast("one-border", tmp_path / "out", "--posterior", posterior, "--save-posterior", kept, *few)
    assert said.code == 0, said.err
    assert f"Posterior written to {kept}" in said.err
    assert "counts since" not in said.out
    next_day = ("--as-of", "2030-03-07", "--days", 2, "--threads", 1, "--posterior", kept, *few)
    told = egress("forecast", "one-border", *next_day, "--out", tmp_path / "next")
    assert told.code == 0, told.err
    assert "and from 1 count since" in " ".join(told.out.split())
    assert "Counts published since yesterday's forecast" in told.out
    assert lines(tmp_path / "next" / "yesterday.csv") == 2
    alone = egress("forecast", "one-border", *next_day, "--no-yesterday", "--out", tmp_path / "alone")
    assert alone.code == 0, alone.err
    assert lines(tmp_path / "alone" / "yesterday.csv") == 1
    assert (tmp_path / "next" / "forecast.csv").read_bytes() == (tmp_path / "alone" / "forecast.csv").read_bytes()


def test_a_posterior_that_knows_later_counts_is_doubted(own: Path, tmp_path: Path) -> None:
    found, _ = calibrate("one-border", observations=Observations.read(own), members=4, rounds=1)
    found.save(tmp_path / "late.nc")
    said = forecast("one-border", tmp_path / "out", "--posterior", tmp_path / "late.nc", "--members", 4)
    assert said.code == 0, said.err
    assert "this is hindsight, not a forecast" in " ".join(said.out.split())


def test_a_foreign_or_small_posterior_is_refused(posterior: Path, tmp_path: Path) -> None:
    known = Posterior.open(posterior)
    Posterior("one-border", "0123456789ab", known.until, 1, known.normals).save(tmp_path / "other.nc")
    Posterior("elsewhere", "0123456789ab", known.until, 1, known.normals).save(tmp_path / "else.nc")
    foreign = forecast("one-border", tmp_path / "out", "--posterior", tmp_path / "other.nc")
    small = forecast("one-border", tmp_path / "out", "--posterior", posterior, "--members", 11)
    (tmp_path / "no.nc").write_text("not NetCDF", "utf-8")
    none = forecast("one-border", tmp_path / "out", "--posterior", tmp_path / "no.nc")
    run = egress("run", "one-border", "--posterior", tmp_path / "other.nc", "--out", tmp_path / "out")
    other = forecast("one-border", tmp_path / "out", "--posterior", tmp_path / "else.nc")
    expected = ("another version of one-border", "10 members, 11 are asked for", "is not a posterior",
                "another version", "learnt with elsewhere, this is one-border")  # fmt: skip
    for said, part in zip((foreign, small, none, run, other), expected, strict=True):
        assert (said.code, said.out) == (2, "")
        assert part in said.err
        assert len(said.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


# Scores


def test_a_forecast_is_scored_on_what_came_later(ran: tuple[Path, Path, Said], own: Path, tmp_path: Path) -> None:
    out = ran[0]
    said = egress("score", out, own, "--chart", tmp_path / "scores.html")
    assert said.code == 0, said.err
    assert "2 counts scored" in said.out
    for word in ("CRPS", "log1p-CRPS", "WIS", "persistence", "excess", "Brier", "PIT", "too few to say"):
        assert word in said.out
    page = (tmp_path / "scores.html").read_text("utf-8")
    assert page.count("<svg") == 2
    rows = json.loads(egress("score", out, own, "--json").out)
    assert [(row["horizon"], row["n"], row["series"]) for row in rows] == [("1-3", 2, "bridge")]


def test_the_excess_rule_knows_the_ordinary_week_of_a_scenario_of_ones_own(
    own: Path, source: Path, tmp_path: Path
) -> None:
    assert forecast(source, tmp_path / "out", "--observations", own, "--no-yesterday").code == 0
    made, counts = Forecast.open(tmp_path / "out"), Observations.read(own)
    (kept,) = made.about["ordinary"]
    assert (kept["what"], kept["crossing"], len(kept["monday_to_sunday"])) == ("entries", "bridge", 7)
    uneven = replace(
        made, about=made.about | {"ordinary": [kept | {"monday_to_sunday": [100, 200, 300, 400, 500, 600, 700]}]}
    )
    one, other = (saved.of_forecast(each, counts) for each in (made, uneven))
    assert (one["crps_excess"] != other["crps_excess"]).all()
    assert one["crps_drift"].equals(other["crps_drift"])


def test_places_under_one_series_are_learnt_and_scored_apart(own: Path, source: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    rows = own.read_text("utf-8").removeprefix(HEAD)
    mixed.write_text(HEAD + rows + rows.replace("bridge,,bridge,", "bridge,XBB,,"), "utf-8")
    said = forecast("one-border", tmp_path / "out", "--observations", mixed, "--no-yesterday")
    assert "8 counts learnt from" in said.out
    found = json.loads(egress("score", tmp_path / "out", mixed, "--json").out)
    assert [(row["series"], row["n"]) for row in found] == [("bridge: entries bridge", 2), ("bridge: entries XBB", 2)]
    alone = json.loads(egress("score", tmp_path / "out", own, "--json").out)
    assert alone[0]["baselines"] == found[0]["baselines"] == found[1]["baselines"]


def test_there_must_be_something_to_score(ran: tuple[Path, Path, Said], own: Path, tmp_path: Path) -> None:
    before = tmp_path / "before.csv"
    before.write_text(HEAD + counted(3, 540), "utf-8")
    for arguments, expected in (
        ((ran[0], before), "no count whose window ends within 14 days"),
        ((tmp_path, own), "is not a forecast"),
        ((ran[0],), "expected the folder of a FORECAST"),
        ((), "expected the folder of a FORECAST"),
    ):
        said = egress("score", *arguments)
        assert (said.code, said.out) == (2, "")
        assert expected in said.err


def test_a_cold_forecast_sees_no_count(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egress.scenario.priors.cold_scenario", load)
    said = forecast(source, tmp_path / "out", "--cold")
    assert said.code == 0, said.err
    assert "no count of this crisis was used" in " ".join(said.out.split())
    assert pd.read_csv(tmp_path / "out" / "counts.csv").empty
    assert pd.read_csv(tmp_path / "out" / "known.csv").empty


def test_cold_priors_learn_from_the_counts_of_the_crisis_and_of_the_user(own: Path) -> None:
    asked = forecasting.asked("ukraine-2022", date(2022, 3, 10), own, None, False, True, False, {})
    assert not shaped(asked.scenario)
    assert set(asked.counts.data["series"]) > {"bridge", "ukraine_exits_total"}
    assert asked.label == "forecast-ukraine-2022-cold-priors-2022-03-10"


def test_a_forecast_of_a_past_crisis_says_that_its_ranges_know_how_it_went_on() -> None:
    shipped_one = load("ukraine-2022")
    for scenario, expected in ((shipped_one, True), (cold_scenario(shipped_one), False)):
        made = learning.forecast(scenario, "2022-02-25", days=1, members=2, threads=1)
        assert any("in part hindsight" in said for said in made.about["warnings"]) == expected


def test_a_cold_forecast_needs_priors_without_the_crisis(tmp_path: Path) -> None:
    said = forecast("one-border", tmp_path / "out", "--cold")
    assert (said.code, said.out) == (2, "")
    assert "without" in said.err
    assert len(said.err.splitlines()) == 1
