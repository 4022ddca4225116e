from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import egress
from egress.cli import command_line
from egress.errors import OutputError, ScenarioError
from egress.formats.flee import convert, read_instance

Small = Callable[..., Path]
CLOSURES = "#closure_type,name1,name2,closure_start,closure_end\ncountry,Mali,Niger,1,3\nlocation,Mopti,,0,-1\n"


def converted(small: Small, tmp_path: Path, changes: dict[str, Any] | None = None, rules: str = "flee") -> Path:
    out = tmp_path / "my-scenario"
    convert(small({"input_csv/closures.csv": CLOSURES, **(changes or {})}), out, rules=rules)
    return out


def test_a_folder_becomes_tables_with_headers_and_sources(small: Small, tmp_path: Path) -> None:
    out = converted(small, tmp_path)
    assert sorted(path.name for path in out.iterdir()) == [
        "conflicts.csv", "counts.csv", "evidence.csv", "observations.csv", "places.csv", "routes.csv", "scenario.yaml",
    ]  # fmt: skip
    assert (out / "conflicts.csv").read_text() == (
        "place,starts,ends,source\n"
        "Gao,2020-01-01,2020-01-03,input_csv/conflicts.csv\n"
        "Gao,2020-01-04,,input_csv/conflicts.csv\n"
    )
    assert (
        "input_csv/conflicts.csv,input_csv/conflicts.csv of the Flee folder small" in (out / "evidence.csv").read_text()
    )
    text = (out / "scenario.yaml").read_text()
    assert "name: my-scenario\n" in text
    assert "rules: flee\n" in text
    assert "{what: country, names: [Mali, Niger], closes: 2020-01-02, reopens: 2020-01-04, evidence: [" in text


def test_it_is_read_back_the_same(small: Small, tmp_path: Path) -> None:
    changes = {
        "input_csv/registration_corrections.csv": "Abala,2020-01-05\n",
        "input_csv/major_routes.csv": "Gao,Mopti,Abala\n",
        "location_changes.csv": "Mopti,idpcamp,2\n",
        "input_csv/demographics_age.csv": "age,Default,Gao\n10,1,0.25\n70,3,1\n",
        "simsetting.yml": (
            "move_rules: {fixed_routes: true, ElderlyAvoidHazards: true, softening: 0.1}\noptimisations: {hasten: 3}\n"
        ),
    }
    out = converted(small, tmp_path, changes)
    before, after = read_instance(small({"input_csv/closures.csv": CLOSURES, **changes})), read_instance(out)
    assert after.rules == before.rules
    for name in ("closures", "major_routes", "location_changes", "registration_corrections", "start", "length"):
        assert getattr(after.case, name) == getattr(before.case, name)
    assert after.case.demographics[0].weights.tolist() == before.case.demographics[0].weights.tolist()
    assert after.case.data.people.tobytes() == before.case.data.people.tobytes()


def test_closures_may_have_a_probability(small: Small, tmp_path: Path) -> None:
    out = converted(small, tmp_path)
    file = out / "scenario.yaml"
    file.write_text(file.read_text().replace("reopens: 2020-01-04,", "reopens: 2020-01-04, probability: 0.3,"))
    assert read_instance(out).case.closures[0].probability == 0.3
    file.write_text(file.read_text().replace("probability: 0.3", "probability: 3"))
    with pytest.raises(ScenarioError, match=r"scenario.yaml:9:97: 3 is out of bounds: expected at most 1"):
        read_instance(out)


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("scenario.yaml", "rules: flee", "rules: fleee", "scenario.yaml:6:8: 'fleee' is unknown: did you mean 'flee'?"),
        ("scenario.yaml", "softening: 20.0", "softning: 20.0", "unknown key 'softning': did you mean 'softening'?"),
        ("scenario.yaml", "evidence: [input_csv/closures.csv]", "evidence: [me]", "unknown source 'me'"),
        (
            "scenario.yaml",
            "names: [Mopti]",
            "names: [Mopty]",
            "place 'Mopty' is not in locations.csv: did you mean 'Mopti'?",
        ),
        ("routes.csv", "Gao,Mopti,100", "Gao,Mopty,100", "routes.csv:2:5: place 'Mopty' is not in locations.csv"),
        ("routes.csv", "Gao,Mopti,100", "Gao,Mopti,far", "routes.csv:2:11: expected a number, found 'far'"),
        ("places.csv", "Abala,", "Abalu,", "has no row in source_data"),
        ("counts.csv", "2020-01-05,300", "2020-01-05,-3", "counts.csv:5:28: -3 is out of bounds"),
        ("places.csv", "capacity", "capacties", "unknown column 'capacties': did you mean 'capacity'?"),
    ],
)
def test_faults_of_a_converted_scenario_have_their_place(
    small: Small, tmp_path: Path, file: str, old: str, new: str, fault: str
) -> None:
    out = converted(small, tmp_path, rules="flee-corrected" if "Mopty]" in new else "flee")
    path = out / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ScenarioError) as caught:
        read_instance(out)
    assert any(fault in str(found) for found in caught.value.faults)


def test_nothing_is_written_where_the_folder_is_faulty_or_the_place_taken(small: Small, tmp_path: Path) -> None:
    folder, out = small({"input_csv/routes.csv": None}), tmp_path / "out"
    with pytest.raises(ScenarioError):
        convert(folder, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]
    out.mkdir()
    with pytest.raises(OutputError, match="is there already"):
        convert(small(), out)
    with pytest.raises(OutputError, match="lower-case letters"):
        convert(small(), tmp_path / "My Scenario")


def test_the_commands_convert_and_validate(small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = small({"input_csv/closures.csv": None}), tmp_path / "mine"
    assert command_line(["convert", str(folder), str(out)]) == 0
    assert "closures.csv: warning: missing file" in capsys.readouterr().err
    assert command_line(["validate", str(out)]) == 0
    assert capsys.readouterr().out == (
        "mine: valid. 3 places, 1 of them camps, 2 routes, 0 closures; 4 days from 2020-01-01; rules: flee, hasten 1\n"
    )
    assert command_line(["validate", str(folder)]) == 0
    assert command_line(["convert", str(out), str(tmp_path / "again")]) == 2
    assert "is an egress scenario already" in capsys.readouterr().err


def test_what_reads_scenarios_says_that_it_does_not_take_it(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = converted(small, tmp_path)
    with pytest.raises(ScenarioError, match=r"scenario\.yaml:6:8: a scenario with the rules of Flee: the commands"):
        egress.load(out)
    with pytest.raises(ScenarioError, match=r"a Flee folder: the commands \(`egress run` and others\) take it"):
        egress.load(tmp_path / "small")
    assert command_line(["run", str(tmp_path / "small" / "simsetting.yml")]) == 2
    assert "small: name the folder" in capsys.readouterr().err


def test_explain_tells_the_day_the_settings_and_what_happens(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = converted(small, tmp_path, {"input_csv/registration_corrections.csv": None})
    text = "move_rules:\n  softening: 33.0\n"
    (tmp_path / "other.yml").write_text(text, "utf-8")
    for source, options, said in (
        (tmp_path / "small", [], "rules: flee, hasten 1."),
        (out, ["--rules", "flee-corrected"], "None is mirrored"),
        (tmp_path / "small", ["--settings", str(tmp_path / "other.yml")], "33.0"),
    ):
        assert command_line(["explain", str(source), *options]) == 0
        told = capsys.readouterr().out
        assert said in told
        assert "Route choice: the chance of every path" in told
        assert ("frozen_intensity" in told) == ("--rules" not in options)
    assert command_line(["explain", str(out), "--rules", "egress"]) == 0
    told = capsys.readouterr().out
    assert "gravity law" in told
    assert "Route choice" not in told
    assert "softening" not in told
    assert "hasten" in told
    assert command_line(["explain", "one-border", "--rules", "flee"]) == 2
    assert "--rules is for Flee folders" in capsys.readouterr().err


def test_validate_takes_other_settings_and_rules(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small({"input_csv/closures.csv": "camp,Nowhere,,0,3\n"})
    (tmp_path / "other.yml").write_text("move_rules:\n  softening: soft\n", "utf-8")
    assert command_line(["validate", str(folder)]) == 0
    assert command_line(["validate", str(folder), "--rules", "flee-corrected"]) == 2
    assert "'Nowhere' is not in locations.csv" in capsys.readouterr().err
    assert command_line(["validate", str(folder), "--settings", str(tmp_path / "other.yml")]) == 2
    assert "other.yml:2:14: expected a number" in capsys.readouterr().err


def test_it_runs_to_the_same_bytes_as_the_folder(small: Small, tmp_path: Path) -> None:
    always = {"input_csv/conflicts.csv": "#Day,Gao\n0,1\n1,1\n2,1\n3,1\n"}
    ours, folder = converted(small, tmp_path, always), tmp_path / "small"
    for source, out in ((folder, "a"), (ours, "b")):
        options = ["--members", "3", "--seed", "1", "--out", str(tmp_path / out)]
        assert command_line(["run", str(source), *options]) == 0
    for name in ("flee_out.csv", "flee_members.csv", "ard.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
