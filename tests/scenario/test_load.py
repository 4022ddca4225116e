"""Every kind of bad input is answered with its place and with what was expected."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.errors import ScenarioError
from egress.scenario import load as loading
from egress.scenario.load import load, load_table, scenario_hash, shipped
from egress.scenario.positions import cells
from egress.scenario.schema import Evidence, Lane

Change = Callable[[str, str, str], None]
Faults = Callable[[], list[str]]
YAML = "scenario.yaml"


def test_a_valid_folder_loads(folder: Path) -> None:
    scenario = load(folder)
    assert scenario.origins[1].name == "The Valley, all of it"
    assert scenario.origins[1].population.low == 1e6
    assert scenario.signals[0].at.isoformat() == "2030-03-02T09:00:00+03:00"
    assert load(folder / YAML) == load("tiny") == scenario


def test_own_parameters_replace_the_defaults(folder: Path) -> None:
    given_rates = {row.name: row.value for row in load(folder).parameters}
    assert len(given_rates) == len(loading.defaults())
    assert given_rates["act_rate"].low == pytest.approx(1 / 24)
    assert given_rates["ground_fare"].median == 8
    assert given_rates["fear_horizon"].median == 72


def test_hash_changes_with_content_alone(folder: Path, change: Change) -> None:
    before = scenario_hash(load(folder))
    change(YAML, "title: A tiny", "# a comment\ntitle: A tiny")
    assert scenario_hash(load(folder)) == before
    change("lanes.csv", "1200", "1201")
    assert scenario_hash(load(folder)) != before
    assert len(before) == 12


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenarios_load_by_name(name: str) -> None:
    assert load(name).name == name


# what is wrong: file, a text in it, what stands there instead, the first fault
BROKEN = {
    "misspelt key": (
        YAML,
        "    willing: 5 %",
        "    wiling: 5 %",
        "16:5: unknown key 'wiling': did you mean 'willing'?",
    ),
    "misspelt key of an effect": (
        YAML,
        "share: 0.9",
        "share: 0.9, sumons: 1",
        "52:41: unknown key 'sumons': did you mean 'summons'?",
    ),
    "unknown kind": (
        YAML,
        "refuse_exit",
        "refuse_exits",
        "52:9: unknown kind 'refuse_exits': did you mean 'refuse_exit'?",
    ),
    "no kind": (YAML, "{kind: refuse_exit,", "{", "52:9: missing 'kind'"),
    "missing key": (
        YAML,
        "    ready_at_once: 20 %\n    preparation: 3 d\n",
        "",
        "20:5: missing 'preparation'",
    ),
    "not a choice": (YAML, "internal", "intern", "22:16: 'intern' is unknown: did you mean 'internal'?"),
    "number for text": (YAML, "A tiny crisis", "5", "2:8: expected text, found 5: put it in quotes"),
    "text for a list": (
        YAML,
        "\n  - Every",
        " Every",
        "81:9: expected a list, found 'Every number is made up.'",
    ),
    "number for a list": (YAML, "groups: [exposed]", "groups: 5", "50:26: expected a list, found 5"),
    "nothing": (
        YAML,
        "hold: 2 d",
        "hold:",
        '32:5: expected a duration such as "36 h" or "3 d", found nothing',
    ),
    "naive time": (
        YAML,
        "T09:00+03:00\n    str",
        "T09:00\n    str",
        "30:9: expected a time with offset such as 2022-09-21T09:00+03:00, found '2030-03-02T09:00'",
    ),
    "no day": (YAML, "2030-03-10\n", "soon\n", "7:8: expected a day such as 2022-09-21, found 'soon'"),
    "negative": (YAML, "hold: 2 d", "hold: -2 d", "32:11: -2 d is out of bounds: expected at least 0"),
    "negative day": (
        YAML,
        "step: 6 h",
        "step: -0.25 d",
        '9:9: -0.25 d is out of bounds: expected a duration such as "36 h" or "3 d", not negative',
    ),
    "negative in a table": (
        "origins.csv",
        ",1 million,",
        ",-1 million,",
        "3:44: -1 million is out of bounds: expected at least 0",
    ),
    "more people than there are": (
        "origins.csv",
        "2 million",
        "2000 million",
        "2:38: 2000 million is out of bounds: expected at most 1,500,000,000",
    ),
    "more traffic than there is": (
        "crossings.csv",
        ",500,500,",
        ",1e15,500,",
        "2:46: 1e15 is out of bounds: expected at most 10,000,000/day",
    ),
    "seconds since 1970": (
        YAML,
        "2030-03-02T09:00+03:00\n    str",
        "1898640000\n    str",
        "30:9: expected a time with offset such as 2022-09-21T09:00+03:00, found 1898640000",
    ),
    "day in seconds": (
        YAML,
        "2030-03-10\n",
        "1898640000\n",
        "7:8: expected a day such as 2022-09-21, found 1898640000",
    ),
    "half a window": (
        YAML,
        "[2030-03-05, 2030-03-08]",
        "[2030-03-05]",
        "48:13: missing item 2 of the list",
    ),
    "not a number": (YAML, "hold: 2 d", "hold: .nan", "32:11: expected a finite number, found nan"),
    "infinite": (YAML, "0.5], [2030", ".inf], [2030", "38:39: expected a finite number, found inf"),
    "probability over 1": (
        YAML,
        "share: 0.9",
        "share: 1.9",
        "52:36: 1.9 is out of bounds: expected at most 1",
    ),
    "duplicate key": (
        YAML,
        "title: A",
        "name: again\ntitle: A",
        "2:1: duplicate key 'name': it stands already in line 1",
    ),
    "alias": (
        YAML,
        "fades: 5 d\n    evidence: [decree]",
        "fades: &x 5 d\n    evidence: [*x]",
        "33:12: an alias (*x) repeats this value: expected it written out",
    ),
    "syntax": (
        YAML,
        "hold: 2 d",
        "hold: [2",
        "33:10: not readable as YAML: expected ',' or ']', but got ':'",
    ),
    "tab": (YAML, "hold: 2 d", "hold:\t2 d", "32:10: not readable as YAML: a tab: expected spaces"),
    "control character": (
        YAML,
        "A tiny",
        "A \x07 tiny",
        "2:10: the character '\\x07': expected printable text",
    ),
    "offset": (YAML, '"+03:00"', '"3"', "8:15: expected an offset such as +03:00, found '3'"),
    "missing column": ("lanes.csv", ",source", ",basis", "1:1: missing column 'source'"),
    "misspelt column": ("lanes.csv", "open", "opn", "1:26: unknown column 'opn': did you mean 'open'?"),
    "duplicate column": ("lanes.csv", "open", "kind", "1:26: duplicate column 'kind'"),
    "too many cells": (
        "origins.csv",
        "2 million",
        "2,5 million",
        "2:63: 12 cells, expected 11: put a cell with commas in quotes",
    ),
    "too few cells": ("lanes.csv", "1200,,,", "1200,", "2:21: 4 cells, expected 6"),
    "decimal comma": (
        "origins.csv",
        "2 million",
        '"2,5 million"',
        "2:38: decimal comma in '2,5 million': write a decimal point",
    ),
    "decimal comma in a degree": (
        "origins.csv",
        ",50,",
        ',"50,5",',
        "2:32: expected a number, found '50,5': write a decimal point",
    ),
    "out of bounds": ("origins.csv", ",50,20,", ",95,20,", "2:32: 95 is out of bounds: expected at most 90"),
    "empty cell": ("origins.csv", "valley,", ",", "3:1: missing 'id'"),
    "half a range": (
        "origins.csv",
        "1 million,",
        ",",
        "3:45: population_low and population_high stand together or not at all",
    ),
    "open quote": (
        "origins.csv",
        'of it"',
        "of it",
        "3:8: a quoted cell that does not end: expected a closing quote and a comma",
    ),
    "no rows": (
        "places.csv",
        "\nnorth,North,XBB,51,20,travel|visa,survey\nfar,Far Away,XCC,40,40,visa,survey",
        "",
        "1:1: no rows: expected at least one of places",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_reported_at_its_place(what: str, change: Change, faults: Faults) -> None:
    file, old, new, expected = BROKEN[what]
    change(file, old, new)
    assert faults()[0] == f"tiny/{file}:{expected}"


def test_all_faults_are_reported_at_once(change: Change, faults: Faults) -> None:
    change(YAML, "    willing: 5 %", "    wiling: 5 %")
    change("crossings.csv", "north", "nort")
    change("services.csv", "80 %,survey\nfeeder", "180 %,survey\nfeeder")
    change("origins.csv", "capital,", "valley,")
    assert faults() == [
        "tiny/crossings.csv:2:27: unknown place 'nort': did you mean 'north'?",
        "tiny/origins.csv:3:1: duplicate id 'valley': expected a name of its own, number 1 has it",
        "tiny/scenario.yaml:16:5: unknown key 'wiling': did you mean 'willing'?",
        "tiny/services.csv:2:30: 180 % is out of bounds: expected at most 1",
    ]


@pytest.mark.parametrize("what", ["misspelt key", "misspelt column", "not a choice", "half a range", "empty cell"])
def test_one_fault_brings_no_others(what: str, change: Change, faults: Faults) -> None:
    file, old, new, _ = BROKEN[what]
    change(file, old, new)
    assert len(faults()) == 1


@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_named(separator: str, name: str, folder: Path, faults: Faults) -> None:
    text = (folder / "lanes.csv").read_text(encoding="utf-8").replace(",", separator)
    (folder / "lanes.csv").write_text(text, encoding="utf-8")
    expected = f"separated by {name}: expected commas between cells and points in decimals"
    assert faults() == [f"tiny/lanes.csv:1:1: {expected}"]


@pytest.mark.parametrize(("encoding", "kind"), [("cp1251", "another encoding"), ("utf-16", "UTF-16")])
@pytest.mark.parametrize("file", [YAML, "places.csv"])
def test_other_encodings_are_named(file: str, encoding: str, kind: str, folder: Path, faults: Faults) -> None:
    text = (folder / file).read_text(encoding="utf-8").replace("North", "Север").replace("tiny crisis", "Кризис")
    (folder / file).write_text(text, encoding=encoding)
    place = "1:1" if encoding == "utf-16" else {YAML: "2:10", "places.csv": "2:7"}[file]
    expected = f"not UTF-8 but {kind}: expected a file saved as UTF-8 (in Excel: CSV UTF-8)"
    assert faults() == [f"tiny/{file}:{place}: {expected}"]


@pytest.mark.parametrize("file", [YAML, "places.csv"])
def test_byte_order_mark_and_windows_line_ends_are_accepted(file: str, folder: Path) -> None:
    before = load(folder)
    text = (folder / file).read_text(encoding="utf-8")
    (folder / file).write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load(folder) == before


@pytest.mark.parametrize("file", [YAML, "places.csv"])
def test_a_character_of_value_0(file: str, folder: Path, faults: Faults) -> None:
    raw = (folder / file).read_bytes().replace(b"North", b"Nor\0th").replace(b"tiny crisis", b"tiny\0crisis")
    (folder / file).write_bytes(raw)
    place = {YAML: "2:14", "places.csv": "2:10"}[file]
    assert faults() == [f"tiny/{file}:{place}: a character of value 0: expected text"]


def test_lists_without_end(folder: Path, faults: Faults) -> None:
    (folder / YAML).write_text("a: " + "[" * 5000 + "]" * 5000, encoding="utf-8")
    assert faults()[0].startswith("tiny/scenario.yaml:1:1: lists or mappings within each other without end")


def test_a_link_to_nowhere_is_not_passed_over(folder: Path, faults: Faults) -> None:
    (folder / "parameters.csv").unlink()
    try:
        (folder / "parameters.csv").symlink_to("nowhere")
    except OSError:
        pytest.skip("no links here")
    assert faults()[0].startswith("tiny/parameters.csv: cannot be read")


@pytest.mark.parametrize("file", [YAML, "origins.csv", "lanes.csv"])
def test_an_empty_file(file: str, folder: Path, faults: Faults) -> None:
    (folder / file).write_text("", encoding="utf-8")
    assert faults() == [f"tiny/{file}:1:1: is empty"]


@pytest.mark.parametrize("text", [",,,\n,,,\n", ",", '"",""\n'])
@pytest.mark.parametrize("file", ["origins.csv", "lanes.csv"])
def test_a_table_of_empty_cells(file: str, text: str, folder: Path, faults: Faults) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    assert faults() == [f"tiny/{file}:1:1: holds only empty cells: expected a line of column names"]


@pytest.mark.parametrize("file", [YAML, "origins.csv"])
def test_a_folder_instead_of_a_file(file: str, folder: Path, faults: Faults) -> None:
    (folder / file).unlink()
    (folder / file).mkdir()
    assert faults() == [f"tiny/{file}: is a folder: expected a file"]


def test_missing_and_misnamed_tables(folder: Path, faults: Faults) -> None:
    (folder / "origins.csv").rename(folder / "origin.csv")
    assert faults() == [
        "tiny/origin.csv: unknown table 'origin': did you mean 'origins'?",
        "tiny/origins.csv: missing file",
    ]


def test_tables_may_be_absent_or_stand_in_the_yaml(folder: Path) -> None:
    before = load(folder)
    rows = "places:\n"
    rows += "  - {id: north, name: North, country: XBB, lat: 51, lon: 20, admits: travel|visa, source: survey}\n"
    rows += "  - {id: far, name: Far Away, country: XCC, lat: 40, lon: 40, admits: [visa], source: survey}\n"
    (folder / YAML).write_text((folder / YAML).read_text(encoding="utf-8") + rows, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"83:1: 'places' stand both here and in"):
        load(folder)
    (folder / "places.csv").unlink()
    assert load(folder) == before
    (folder / "parameters.csv").unlink()
    assert load(folder).parameters == loading.defaults()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one-bordr", "one-bordr: neither a folder nor a shipped scenario: did you mean 'one-border'?"),
        ("tiny/places.csv", "tiny/places.csv: not a scenario: expected a folder with scenario.yaml"),
        (
            "flee",
            "flee: a Flee folder: the commands (`egress run` and others) take it, this does not",
        ),
        ("tables", "tables: tables of Flee, but no folder input_csv that holds them, with source_data beside it"),
        ("yml", "yml: found scenario.yml: expected scenario.yaml"),
        ("void", "void: no scenario.yaml in this folder"),
    ],
)
def test_what_is_no_scenario(source: str, expected: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "shipped", lambda: {"one-border": folder})
    (folder.parent / "flee" / "input_csv").mkdir(parents=True)
    for name in ("yml", "void", "tables"):
        (folder.parent / name).mkdir()
    for name in ("locations.csv", "routes.csv"):
        (folder.parent / "tables" / name).touch()
    (folder.parent / "yml" / "scenario.yml").write_text("name: x", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(source)
    assert str(caught.value).replace("\\", "/") == expected


def test_a_single_table(folder: Path) -> None:
    assert load_table(folder / "lanes.csv", Lane)[1].open is False
    assert load_table(folder / "evidence.csv", Evidence)[1].what == "what people said, asked"
    with pytest.raises(ScenarioError, match="no known column name"):
        load_table(folder / "evidence.csv", Lane)


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]) | st.just("\n"), max_size=6).map(str.strip)


@given(st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=4))
def test_cells_are_those_of_the_csv_module(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    found = list(cells(file.getvalue()))
    assert [[cell.text for cell in row] for row in found] == rows
    lines = file.getvalue().split("\n")
    for cell in (cell for row in found for cell in row):
        rest = lines[cell.line - 1][cell.column - 1 :]
        assert rest.removeprefix('"').replace('""', '"').startswith(cell.text.split("\n")[0])
