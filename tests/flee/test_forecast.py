"""A forecast of camps: nothing later than the origin has a part in it, and what is learnt is worked out by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shared_flee

from egress import archive
from egress.cli import command_line
from egress.errors import EgressError, ObservationError
from egress.flee.forecast import Fit, departures, forecast, learn, updated
from egress.forecasts import Forecast
from egress.formats.flee import read_instance
from egress.formats.flee.counts import Reports
from egress.formats.flee.published import known, observations

ORIGIN = date(2020, 1, 13)
DAYS = 20
FILES = {
    "input_csv/sim_period.csv": f"StartDate,2020-01-01\nLength,{DAYS}\n",
    "input_csv/locations.csv": (
        "#name,region,country,latitude,longitude,location_type,conflict_date,population\n"
        "Gao,North,Mali,16.3,-0.04,conflict_zone,0,100000\n"
        "Kidal,North,Mali,18.4,1.4,conflict_zone,0,100000\n"
        "Abala,West,Niger,14.9,3.4,camp,,8000\n"
        "Mentao,West,Burkina,13.9,-1.7,camp,,8000\n"
    ),
    "input_csv/routes.csv": (
        "#name1,name2,distance,forced_redirection\nGao,Abala,100,0\nGao,Mentao,150,\nKidal,Abala,90,\n"
    ),
    "input_csv/closures.csv": "#closure_type,name1,name2,closure_start,closure_end\n",
    "input_csv/conflicts.csv": "#Day,Gao,Kidal\n" + "".join(f"{day},1,0\n" for day in range(DAYS)),
    "source_data/data_layout.csv": "total,refugees.csv\nAbala,abala.csv\nMentao,mentao.csv\n",
    "source_data/refugees.csv": "2020-01-01,100\n2020-01-20,5000\n",
    "source_data/abala.csv": "2020-01-01,100\n2020-01-06,600\n2020-01-11,900\n2020-01-16,2000\n2020-01-20,2300\n",
    "source_data/mentao.csv": "2020-01-01,0\n2020-01-08,400\n2020-01-15,1000\n2020-01-20,1500\n",
    "simsetting.yml": "log_levels: {agent: 0}\nmove_rules:\n  softening: 20.0\noptimisations:\n  hasten: 1\n",
}
LATER: dict[str, tuple[str, str]] = {
    "reports": ("source_data/abala.csv", "2020-01-01,100\n2020-01-06,600\n2020-01-11,900\n2020-01-13,7000\n"),
    "a camp's first reports": ("source_data/mentao.csv", "2020-01-01,0\n2020-01-08,400\n2020-01-19,1\n"),
    "total": ("source_data/refugees.csv", "2020-01-01,100\n2020-01-20,90000\n"),
    "corrections": ("input_csv/registration_corrections.csv", "Abala,2020-01-16\n"),
    "conflicts": (
        "input_csv/conflicts.csv",
        "#Day,Gao,Kidal\n" + "".join(f"{day},{int(day < 12)},{int(day >= 12)}\n" for day in range(DAYS)),
    ),
    "closures": (
        "input_csv/closures.csv",
        "#closure_type,name1,name2,closure_start,closure_end\ncountry,Mali,Niger,12,-1\n",
    ),
}


def written(tmp_path: Path, changes: dict[str, str] | None = None, name: str = "small") -> Path:
    return shared_flee.write(tmp_path / name, {**FILES, **(changes or {})})


def made(folder: Path, **options: Any) -> Forecast:
    return forecast(folder, ORIGIN, **{"days": 7, "members": 8, "seed": 3, "say": lambda _: None} | options)


@pytest.mark.parametrize("what", LATER)
def test_what_came_later_changes_nothing(tmp_path: Path, what: str) -> None:
    file, text = LATER[what]
    plain, other = made(written(tmp_path)), made(written(tmp_path, {file: text}, "other/small"))
    assert plain.trajectory.data.identical(other.trajectory.data)
    assert plain.learnt.equals(other.learnt)
    assert plain.known.data.equals(other.known.data)


def test_what_came_before_changes_it(tmp_path: Path) -> None:
    changes = {"source_data/abala.csv": FILES["source_data/abala.csv"].replace("2020-01-11,900", "2020-01-12,990")}
    plain, other = made(written(tmp_path)), made(written(tmp_path, changes, "other/small"))
    assert not np.array_equal(plain.ahead("Abala", "staying"), other.ahead("Abala", "staying"))
    assert len(other.known.data) == 5


def test_the_same_for_any_number_of_threads_and_with_more_members(tmp_path: Path) -> None:
    folder = written(tmp_path)
    one = made(folder, threads=1)
    assert one.trajectory.data.identical(made(folder, threads=3).trajectory.data)
    assert not one.trajectory.data.identical(made(folder, seed=4).trajectory.data)


def test_settings_with_ranges_differ_by_member_and_are_told(tmp_path: Path) -> None:
    weights = "move_rules:\n  max_move_speed: {low: 20, high: 300}\n"
    folder = written(tmp_path, {"simsetting.yml": weights})
    fast = written(tmp_path, {"simsetting.yml": weights.replace("{low: 20, high: 300}", "160")}, "plain/small")
    ranged, plain = made(folder), made(fast)
    assert ranged.about["warnings"][2:] == [
        "Members differ by settings too, each uniform in its range: max_move_speed 20 to 300."
    ]
    assert len(plain.about["warnings"]) == 2
    assert not np.array_equal(ranged.ahead("Abala", "staying"), plain.ahead("Abala", "staying"))
    assert len(made(folder, rules="egress").about["warnings"]) == 2


def test_origins_outside_and_too_many_members_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    for day in (date(2020, 1, 1), date(2020, 1, 22)):
        with pytest.raises(EgressError, match="expected an origin after 2020-01-01 and by 2020-01-21"):
            forecast(folder, day)
    with pytest.raises(EgressError, match="1001 members: expected 2 to 1000"):
        made(folder, members=1001)


def test_reports_are_observations_of_people_staying(tmp_path: Path) -> None:
    corrected = {"input_csv/registration_corrections.csv": "Abala,2020-01-16\n"}
    table = observations(read_instance(written(tmp_path, corrected)).scenario).data
    assert len(table) == 9  # the total is no place
    row = table[table["series"] == "Abala"].iloc[1]
    assert (row["what"], row["kind"], row["value"]) == ("staying", "snapshot", 600)  # as first reported
    assert row["start"] == row["end"] == row["published_at"] == "2020-01-06T23:59+00:00"


def test_a_closure_that_the_reader_holds_possible_stays_and_splits_the_members(tmp_path: Path) -> None:
    changes = {LATER["closures"][0]: LATER["closures"][1]}
    folder = written(tmp_path, changes)
    scenario = read_instance(folder).scenario
    assert known(scenario, ORIGIN, 7).closures == ()
    assert command_line(["convert", str(folder), str(tmp_path / "open")]) == 0
    file = tmp_path / "open" / "scenario.yaml"
    file.write_text(file.read_text("utf-8").replace("evidence: [i", "probability: 0.5, evidence: [i"), "utf-8")
    split = made(tmp_path / "open", members=40)
    policy = split.open_policies()
    assert policy == ["country Mali Niger"]
    assert 5 < split.happens(policy[0]).sum() < 35


OWN = (
    "series,place,what,start,end,value,kind,published_at,source\n"
    "mine,Abala,staying,2020-01-12T12:00+00:00,2020-01-12T12:00+00:00,3000,snapshot,2020-01-12,office\n"
    "mine,Abala,staying,2020-01-11T12:00+00:00,2020-01-11T12:00+00:00,1000,snapshot,2020-01-12,office\n"
    "mine,Mentao,staying,2020-01-12T12:00+00:00,2020-01-12T12:00+00:00,9000,snapshot,2020-01-14,late office\n"
)


def own(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / "own.csv"
    path.write_text(text, "utf-8")
    return path


def test_counts_of_ones_own_join_those_of_the_folder_once_they_are_published(tmp_path: Path) -> None:
    folder = written(tmp_path)
    plain, mine = made(folder), made(folder, observations=own(tmp_path))
    table = mine.known.data
    assert len(table) == len(plain.known.data) + 1
    rows = table[table["place"] == "Abala"]
    assert rows["value"].tolist() == [100, 600, 1000, 3000]  # that of the folder's 11 January is replaced
    assert rows["source"].tolist()[2:] == ["office", "office"]
    assert set(rows["series"]) == {"Abala"}
    assert 9000 not in table["value"].tolist()  # published after the origin
    middle = [float(np.median(one.ahead("Abala", "staying")[:, 0])) for one in (plain, mine)]
    assert abs(middle[0] - 900) < 500
    assert abs(middle[1] - 3000) < 1000


def test_a_later_publication_stands_and_the_first_figure_shown_is_learnt(tmp_path: Path) -> None:
    text = (
        OWN.replace(",value,", ",value,first_shown,").replace(",3000,", ",3000,2500,").replace("00,1000,", "00,1000,,")
    )
    text = text.replace(",9000,", ",9000,,")
    text += "mine,Abala,staying,2020-01-12T13:00+00:00,2020-01-12T13:00+00:00,2700,,snapshot,2020-01-13,office\n"
    rows = made(written(tmp_path), observations=own(tmp_path, text)).known.data
    assert rows[rows["place"] == "Abala"]["value"].tolist()[-1] == 2500
    text = text.replace("snapshot,2020-01-13,office", "snapshot,2020-01-12T23:59:30+00:00,office")
    rows = made(written(tmp_path), observations=own(tmp_path, text)).known.data
    assert rows[rows["place"] == "Abala"]["value"].tolist()[-1] == 2700


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("mine,Abala,staying,2020-01-12", "mine,Abalu,staying,2020-01-12"), "own.csv:2:6: 'Abalu' is not in"),
        (("mine,Mentao,", "mine,Mentao|Abala,"), "own.csv:4:6: 2 places: expected one camp"),
        (("Mentao,staying", "Mentao,queue_persons"), "own.csv:4:13: 'queue_persons': forecasts of Flee folders"),
        (
            ("2020-01-11T12:00+00:00,2020-01-11T12:00", "2020-01-12T13:00+00:00,2020-01-12T13:00"),
            "own.csv:3:6: a second",
        ),
    ],
)
def test_counts_that_suit_no_camp_are_refused_with_their_place(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ObservationError) as caught:
        made(written(tmp_path), observations=own(tmp_path, OWN.replace(*change)))
    assert said in str(caught.value)


def test_other_settings_and_rules_make_another_forecast(tmp_path: Path) -> None:
    folder, other = written(tmp_path), tmp_path / "other.yml"
    other.write_text("move_rules:\n  default_movechance: 0.9\n  conflict_movechance: 0.1\n", "utf-8")
    plain = made(folder)
    for options in ({"settings": other}, {"rules": "flee-corrected"}, {"rules": "egress"}):
        made_so = made(folder, **options)
        assert not np.array_equal(plain.ahead("Abala", "staying"), made_so.ahead("Abala", "staying"))
        assert made_so.about["rules"] == options.get("rules", "flee")
        assert made_so.known.data.equals(plain.known.data)


@pytest.mark.parametrize("what", LATER)
def test_what_came_later_changes_nothing_under_own_rules(tmp_path: Path, what: str) -> None:
    file, text = LATER[what]
    plain = made(written(tmp_path), rules="egress")
    other = made(written(tmp_path, {file: text}, "other/small"), rules="egress")
    assert plain.trajectory.data.identical(other.trajectory.data)


def test_a_closure_that_may_happen_stands_in_the_folder_itself(tmp_path: Path) -> None:
    text = "#closure_type,name1,name2,closure_start,closure_end,probability\ncountry,Mali,Niger,13,-1,0.5\n"
    for rules in ("flee", "egress"):
        split = made(written(tmp_path, {"input_csv/closures.csv": text}, rules), members=40, rules=rules)
        assert split.open_policies() == ["country Mali Niger"]
        yes = split.happens("country Mali Niger")
        assert 5 < yes.sum() < 35


def test_the_command_archives_and_tells_chances(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out, kept = written(tmp_path), tmp_path / "out", tmp_path / "kept"
    asked = ["forecast", str(folder), "--as-of", "2020-01-13", "--members", "8", "--out", str(out)]
    asked += ["--archive", str(kept), "--observations", str(own(tmp_path)), "--exceed", "1000", "--rules", "egress"]
    assert command_line(asked) == 0
    told = capsys.readouterr()
    assert "More than 1,000 people on 2020-01-26: Abala 100%" in told.out
    (file,) = kept.glob("2020-01-13-egress-camps-*.parquet")
    assert f"Archived as {file}" in told.err
    assert command_line(["archive", "verify", str(kept)]) == 0
    capsys.readouterr()
    assert command_line(["score", str(out), str(folder), "--json"]) == 0
    assert sum(row["n"] for row in json.loads(capsys.readouterr().out)) == 4  # reports of the folder after the origin
    table = archive.read(file)
    assert set(table["target"]) == {"people staying"}
    assert {"Abala", "Mentao", "Niger", "Burkina"} == set(table["location"])
    median = table[(table["location"] == "Abala") & (table["horizon"] == 1) & (table["output_type_id"] == "0.5")]
    saved = Forecast.open(out)
    assert median["value"].tolist() == [float(np.median(saved.ahead("Abala", "staying")[:, 0]))]
    chances = pd.read_csv(out / "exceedance.csv")
    row = chances[(chances["place"] == "Abala") & (chances["persons"] == 1000)].iloc[-1]
    assert row["probability"] == 1.0
    assert (out / "hub.csv").is_file()


def test_departures_ahead_are_those_of_days_in_a_row_before() -> None:
    said = np.zeros(100, dtype=np.int64)
    said[:80] = np.arange(80)
    out = departures(said, 80, 50, 1)
    assert (out[:, :80] == said[:80]).all()
    begun = out[:, 80]
    assert begun.min() >= 20  # not more than 60 days before
    assert begun.max() <= 73  # at least seven in a row
    assert len(set(begun.tolist())) > 10
    for row, first in zip(out[:, 80:], begun.tolist(), strict=True):
        assert row.tolist() == np.resize(np.arange(first, 80), 20).tolist()


def run_of(sim: list[list[int]], hasten: int = 1) -> Any:
    """Return what stands for a run of two members [M, D], one camp."""
    values = np.array(sim)[:, :, None]
    return SimpleNamespace(sim=values, names=("A",), rules=SimpleNamespace(hasten=hasten), seed=1)


def test_what_is_learnt_by_hand() -> None:
    # reports 100, 120, 150 on days 0, 1, 3: changes 20, 30; members' mean 0, 40, 40, 60: changes 40, 20
    run = run_of([[0, 40, 40, 60, 70], [0, 40, 40, 60, 90]])
    fit = learn(run, {"A": Reports(np.array([0.0, 1.0, 3.0]), np.array([100.0, 120.0, 150.0]))})
    share = (20 * 40 + 30 * 20) / ((1600 + 400) + 1000)
    rate = [(20 - share * 40) ** 2 / 1, (30 - share * 20) ** 2 / 2]
    assert fit.share == pytest.approx(share)
    assert fit.error == pytest.approx([np.sqrt((sum(rate) + 2 * np.mean(rate)) / 4)])
    assert fit.reports.tolist() == [2]


def test_a_camp_goes_on_from_its_last_report() -> None:
    run = run_of([[0, 40, 40, 60, 70], [0, 40, 40, 60, 90]])
    reports = {"A": Reports(np.array([0.0, 2.0]), np.array([100.0, 150.0]))}
    people = updated(run, reports, Fit(0.5, np.zeros(1), np.array([1])))
    assert people[:, :, 0].tolist() == [[100, 125, 150, 160, 165], [100, 125, 150, 160, 175]]
    wide = updated(run, reports, Fit(0.0, np.array([10.0]), np.array([1])))[:, :, 0]
    assert wide[:, 4] - 150 == pytest.approx((wide[:, 3] - 150) * np.sqrt(2), abs=1)
    assert wide[0, 4] != wide[1, 4]


@pytest.mark.slow
def test_from_folder_to_score(instances: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, out = tmp_path / "my-scenario", tmp_path / "forecast"
    assert command_line(["convert", str(instances / "mali2012"), str(scenario)]) == 0
    options = ["--as-of", "2012-08-01", "--members", "40", "--out", str(out)]
    assert command_line(["forecast", str(scenario), *options]) == 0
    assert {path.name for path in out.iterdir()} == {
        "trajectory.nc", "counts.csv", "learnt.csv", "known.csv", "forecast.json", "forecast.csv", "report.html",
        "hub.csv", "exceedance.csv",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "camps as forecast from 48 reports of days before 2012-08-01; 40 members" in said
    assert (out / "report.html").read_text("utf-8").count("<svg ") == 7
    assert command_line(["score", str(out), str(scenario / "observations.csv"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert sum(row["n"] for row in rows) == 7
    of_camp = {row["series"]: row for row in rows}
    assert of_camp["Fassala-Mbera"]["crps"] < 0.1 * 96484  # of its last report
    assert len(Forecast.open(out).known.data) == 48


def test_options_that_do_not_go_with_flee_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(written(tmp_path))
    assert command_line(["forecast", folder, "--as-of", "2020-01-10", "--cold"]) == 2
    assert "--cold is not for Flee folders: without counts" in capsys.readouterr().err
    assert command_line(["forecast", folder, "--as-of", "2020-01-10", "--posterior", "x.yaml"]) == 2
    assert "learns anew" in capsys.readouterr().err
    assert command_line(["forecast", folder, "--as-of", "2020-01-10", "--rules", "fleee"]) == 2
    assert "--rules fleee: expected flee, flee-corrected or egress" in capsys.readouterr().err
    assert command_line(["forecast", "one-border", "--as-of", "2030-03-06", "--rules", "flee"]) == 2
    assert "--rules is for Flee folders" in capsys.readouterr().err
    assert command_line(["forecast", folder, "--as-of", "2020-01-10T09:00+00:00"]) == 2
    assert "Flee folders go by days" in capsys.readouterr().err
