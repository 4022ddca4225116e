"""Tables of counts are read whole, or every fault is told with its place."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from egress.errors import EgressError, ObservationError, ScenarioError
from egress.observations import COLUMNS, KINDS, UNITS, Observations, moment, names
from egress.scenario.load import shipped
from egress.spelling import nearest

HEADER = "series,place,what,start,end,value,low,high,kind,published_at,source"
DAY = "entries-b,XBB,entries,2030-03-01T00:00+03:00,2030-03-02T00:00+03:00"
GOOD = f"{DAY},1200,,,daily,2030-03-02T23:59+00:00,office"


def table(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "counts.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(ObservationError) as caught:
        Observations.read(path)
    return [str(fault).removeprefix(str(fault.file)) for fault in caught.value.faults]


def test_a_table_reads_with_all_its_columns(tmp_path: Path) -> None:
    snapshot = "queue,,queue_vehicles,2030-03-01T06:00+03:00,2030-03-01T06:00+03:00,,900,1100,snapshot,,office"
    path = table(tmp_path, f"{GOOD},bridge|rail", f"{snapshot},bridge", header=f"{HEADER},crossing")
    data = Observations.read(path).data
    assert tuple(data.columns) == COLUMNS
    assert data["value"].tolist()[0] == 1200
    assert np.isnan(data["value"][1])
    assert (data["low"][1], data["high"][1]) == (900, 1100)
    assert data["start"].tolist() == ["2030-03-01T00:00+03:00", "2030-03-01T06:00+03:00"]
    assert data["crossing"].tolist() == ["bridge|rail", "bridge"]
    assert data["published_at"].tolist() == ["2030-03-02T23:59+00:00", ""]
    assert data["note"].tolist() == ["", ""]


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    assert Observations.read(table(tmp_path)).data.empty


# what stands in the row, what stands there instead, the fault
BROKEN = {
    "unknown what": (",entries,", ",arrivals,", f":2:15: 'arrivals' is unknown{nearest('arrivals', UNITS)}"),
    "misspelt what": (",entries,", ",entires,", ":2:15: 'entires' is unknown: did you mean 'entries'?"),
    "unknown kind": ("daily", "dayly", ":2:76: 'dayly' is unknown: did you mean 'daily'?"),
    "naive time": (
        "2030-03-01T00:00+03:00",
        "2030-03-01T00:00",
        ":2:23: expected a time with offset such as 2022-09-21T09:00+03:00, found '2030-03-01T00:00'",
    ),
    "only a day": (
        "2030-03-02T00:00+03:00",
        "2030-03-02",
        ":2:46: expected a time with offset such as 2022-09-21T09:00+03:00, found '2030-03-02'",
    ),
    "no day": (
        "2030-03-02T23:59+00:00",
        "2030-02-30",
        ":2:82: expected a time with offset such as 2022-09-21T09:00+03:00, found '2030-02-30'",
    ),
    "no time": (
        "2030-03-02T00:00+03:00",
        "soon",
        ":2:46: expected a time with offset such as 2022-09-21T09:00+03:00, found 'soon'",
    ),
    "end before start": (
        "2030-03-02T00:00+03:00",
        "2030-02-02T00:00+03:00",
        ":2:46: end before start: 2030-02-02T00:00+03:00 is earlier than 2030-03-01T00:00+03:00",
    ),
    "end in another zone before start": (
        "2030-03-02T00:00+03:00",
        "2030-03-01T01:00+05:00",
        ":2:46: end before start: 2030-03-01T01:00+05:00 is earlier than 2030-03-01T00:00+03:00",
    ),
    "empty window": (
        "2030-03-02T00:00+03:00",
        "2030-02-28T21:00+00:00",
        ":2:46: an empty window: expected an end (exclusive) after the start",
    ),
    "snapshot of a window": (
        "entries,2030-03-01T00:00+03:00,2030-03-02T00:00+03:00,1200,,,daily",
        "wait_hours,2030-03-01T00:00+03:00,2030-03-02T00:00+03:00,12,,,snapshot",
        ":2:49: a snapshot is of one moment: expected the same start and end",
    ),
    "entries at a moment": (
        "daily",
        "snapshot",
        ":2:76: entries are counted over a window: expected another kind than 'snapshot'",
    ),
    "a queue over a window": (
        ",entries,",
        ",queue_persons,",
        ":2:82: queue_persons is read off at a moment: expected kind 'snapshot', found 'daily'",
    ),
    "a week as a day": (
        "2030-03-02T00:00+03:00",
        "2030-03-08T00:00+03:00",
        ":2:76: a daily count is of one day: expected 'period_total' (the sum) or 'rate' (a mean per day)",
    ),
    "published before it began": (
        "2030-03-02T23:59+00:00",
        "2030-02-02",
        ":2:82: published before it began: 2030-03-01T00:00+03:00 is later",
    ),
    "published before it ended": (
        "2030-03-02T23:59+00:00",
        "2030-03-01T18:00+03:00",
        ":2:46: counted up to later than it was published: expected an end by 2030-03-01T18:00+03:00",
    ),
    "negative": ("1200", "-1200", ":2:69: -1200 is out of bounds: expected at least 0"),
    "not a number": ("1200", "many", ":2:69: expected a number, found 'many'"),
    "nan": ("1200", "nan", ":2:69: expected a finite number, found 'nan'"),
    "too large": ("1200", "1e999", ":2:69: expected a finite number, found '1e999'"),
    "decimal comma": (
        "1200",
        '"1200,5"',
        ":2:69: expected a number, found '1200,5': write a decimal point, and nothing between thousands",
    ),
    "decimal comma without quotes": (
        "1200",
        "1200,5",
        ":2:107: 12 cells, expected 11: put a cell with commas in quotes",
    ),
    "too few cells": (",office", "", ":2:82: 10 cells, expected 11"),
    "low without high": ("1200,,", "1200,1100,", ":2:74: low and high stand together or not at all"),
    "low above high": ("1200,,", "1200,1300,1100", ":2:74: low 1300 is above high 1100"),
    "value outside": ("1200,,", "1200,100,200", ":2:69: 1200 is not between low 100 and high 200"),
    "nothing said": ("1200", "", ":2:69: expected a value, or low and high, found nothing"),
    "no source": ("office", "", ":2:105: missing 'source'"),
    "nowhere": ("XBB", "", ":2:11: expected a place, a country code or a crossing, found nothing"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_fault_is_told_with_its_place(tmp_path: Path, case: str) -> None:
    before, after, expected = BROKEN[case]
    assert before in GOOD
    assert faults(table(tmp_path, GOOD.replace(before, after, 1))) == [expected]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    rows = [GOOD, GOOD.replace("daily", "dayly"), GOOD.replace("1200", "-5").replace("XBB", "")]
    found = faults(table(tmp_path, *rows))
    assert [fault.split(": ")[0] for fault in found] == [":3:76", ":4:11", ":4:66"]


def test_a_row_told_twice_is_a_fault_even_in_another_zone(tmp_path: Path) -> None:
    same = GOOD.replace("2030-03-01T00:00+03:00", "2030-02-28T21:00+00:00").replace("1200", "1300")
    assert faults(table(tmp_path, GOOD, same)) == [":3:1: duplicate row: it stands already in line 2"]


def test_two_sources_or_a_later_revision_are_no_duplicates(tmp_path: Path) -> None:
    later = GOOD.replace("2030-03-02T23:59", "2030-03-05T23:59")
    path = table(tmp_path, GOOD, GOOD.replace("office", "paper"), later)
    assert len(Observations.read(path).data) == 3


@pytest.mark.parametrize("name", ["series", "place", "what", "start", "end", "value", "kind", "published_at"])
def test_a_missing_column_is_told_once(tmp_path: Path, name: str) -> None:
    at = HEADER.split(",").index(name)
    lines = [line.split(",") for line in (HEADER, GOOD)]
    header, row = (",".join(cells[:at] + cells[at + 1 :]) for cells in lines)
    assert faults(table(tmp_path, row, header=header)) == [f":1:1: missing column {name!r}"]


def test_a_misspelt_column_is_named(tmp_path: Path) -> None:
    found = faults(table(tmp_path, f"{GOOD},x", header=f"{HEADER},notes"))
    assert found == [":1:69: unknown column 'notes': did you mean 'note'?"]


def test_an_unknown_unit_is_a_fault(tmp_path: Path) -> None:
    path = table(tmp_path, f"{GOOD},thousands", header=f"{HEADER},unit")
    assert faults(path) == [":2:112: entries are not counted in 'thousands': expected 'persons' or 'persons/day'"]


def test_a_day_of_publication_ends_in_utc(tmp_path: Path) -> None:
    data = Observations.read(table(tmp_path, GOOD.replace("2030-03-02T23:59+00:00", "2030-03-02"))).data
    assert data["published_at"].tolist() == ["2030-03-02T23:59+00:00"]
    twice = table(tmp_path, GOOD, GOOD.replace("2030-03-02T23:59+00:00", "2030-03-02"))
    assert faults(twice) == [":3:1: duplicate row: it stands already in line 2"]


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize(
    ("written", "value"), [("1200", 1200), ("1200,5", 1200.5), ("1200.5", 1200.5), ("0,125", 0.125)]
)
def test_other_separators_bring_decimal_commas(tmp_path: Path, separator: str, written: str, value: float) -> None:
    rows = [text.replace(",", separator) for text in (HEADER, GOOD)]
    path = table(tmp_path, rows[1].replace("1200", written), header=rows[0])
    assert Observations.read(path).data["value"].tolist() == [value]


@pytest.mark.parametrize("written", ["1.200", "1,200", "12.345,678"])
def test_what_may_be_thousands_is_told(tmp_path: Path, written: str) -> None:
    path = table(tmp_path, GOOD.replace(",", ";").replace("1200", written), header=HEADER.replace(",", ";"))
    message = "may be thousands or a decimal: write it without anything in between"
    assert faults(path) == [f":2:69: {written!r} {message}"]


def test_people_in_thousandths_are_told_between_commas_too(tmp_path: Path) -> None:
    message = "'9.000' may be thousands or a decimal: write it without anything in between"
    assert faults(table(tmp_path, GOOD.replace("1200", "9.000"))) == [f":2:69: {message}"]


def test_faults_after_semicolons_have_their_place(tmp_path: Path) -> None:
    row = GOOD.replace(",", ";").replace("1200", "many").replace("office", '"a; b"')
    assert faults(table(tmp_path, row, header=HEADER.replace(",", ";"))) == [":2:69: expected a number, found 'many'"]


# Several tables


def test_a_row_of_both_tables_stands_once(tmp_path: Path) -> None:
    first = Observations.read(table(tmp_path, GOOD))
    again = GOOD.replace("2030-03-01T00:00+03:00", "2030-02-28T21:00+00:00")  # the same moment
    both = first.joined(Observations.read(table(tmp_path, again, GOOD.replace("office", "paper"))))
    assert both.data["source"].tolist() == ["office", "paper"]
    assert first.joined(Observations.none()) is first
    assert Observations.none().joined(first) is first


def test_tables_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    first = Observations.read(table(tmp_path, GOOD))
    with pytest.raises(EgressError, match="tell it differently"):
        first.joined(Observations.read(table(tmp_path, GOOD.replace("1200", "1300"))))


# Workbooks


def workbook(tmp_path: Path, *rows: list[object]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    path = tmp_path / "counts.xlsx"
    book.save(path)
    return path


def sheet(**changed: object) -> list[list[object]]:
    cells: dict[str, object] = dict(zip(HEADER.split(","), [text or None for text in GOOD.split(",")], strict=True))
    return [HEADER.split(","), list((cells | {"value": 1200} | changed).values())]


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    read = Observations.read(workbook(tmp_path, *sheet())).data
    assert read.equals(Observations.read(table(tmp_path, GOOD)).data)


def test_numbers_and_days_of_a_workbook(tmp_path: Path) -> None:
    rows = sheet(value=None, low=1.234, high=1e6, published_at=date(2030, 3, 2))
    data = Observations.read(workbook(tmp_path, *rows, [None] * 14)).data
    assert data.loc[0, ["low", "high", "published_at"]].tolist() == [1.234, 1e6, "2030-03-02T23:59+00:00"]


def test_faults_of_a_workbook_have_row_and_column(tmp_path: Path) -> None:
    rows = sheet(value="1,200", start=datetime(2030, 3, 1, 6), what="entires")
    said = "expected a time with offset such as 2022-09-21T09:00+03:00, found '2030-03-01T06:00:00'"
    found = faults(workbook(tmp_path, rows[0], [None], rows[1], [*rows[1], "more"]))
    assert found == [
        ":3:3: 'entires' is unknown: did you mean 'entries'?",
        f":3:4: {said}",
        ":3:6: '1,200' may be thousands or a decimal: write it without anything in between",
        ":4:12: 12 cells, expected 11",
    ]


def test_a_workbook_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "counts.xlsx"
    path.write_text("series,place")
    assert faults(path) == [": is no workbook (.xlsx): expected one, or a table saved as CSV"]
    assert faults(tmp_path / "none.xlsx") == [": cannot be read: No such file or directory"]
    assert faults(workbook(tmp_path)) == [":1:1: holds only empty cells: expected a line of column names"]


def test_the_line_that_excel_writes_for_itself_is_no_header(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_text(f"sep=;\n{HEADER}\n{GOOD}\n".replace(",", ";"), encoding="utf-8")
    assert len(Observations.read(path).data) == 1


def test_a_table_without_column_names_has_one_fault(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_text(f"{GOOD}\n{GOOD}\n", encoding="utf-8")
    names = "series, place, what, start, end, value, kind, published_at, source"
    assert faults(path) == [f":1:1: no known column name: expected a first line with {names}"]


def test_other_encodings_are_told(tmp_path: Path) -> None:
    path = table(tmp_path)
    path.write_bytes(f"{HEADER}\n{GOOD}\n".replace("office", "bür").encode("latin-1"))
    message = "not UTF-8 but another encoding: expected a file saved as UTF-8 (in Excel: CSV UTF-8)"
    assert faults(path) == [f":2:106: {message}"]


def test_files_that_are_none(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert faults(empty) == [":1:1: is empty"]
    assert faults(tmp_path) == [": is a folder: expected a file"]
    assert faults(tmp_path / "none.csv") == [": cannot be read: No such file or directory"]


def test_negative_net_is_a_count(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD.replace("entries,", "net,").replace("1200", "-1200"))
    assert Observations.read(path).data["value"].tolist() == [-1200]


# Knowledge time


def test_known_is_what_was_published_before(tmp_path: Path) -> None:
    times = ["2030-03-05T12:00+03:00", "2030-03-05T08:59+00:00", "", "2030-03-05T09:00+00:00"]
    rows = [GOOD.replace("2030-03-02T23:59+00:00", t).replace("office", f"p{n}") for n, t in enumerate(times)]
    observations = Observations.read(table(tmp_path, *rows))
    known = observations.known(datetime(2030, 3, 5, 9, tzinfo=UTC))
    assert known.data["source"].tolist() == ["p1"]
    assert known.data.index.tolist() == [0]
    late = observations.known(datetime(2040, 1, 1, tzinfo=UTC))
    assert late.data["source"].tolist() == ["p0", "p1", "p3"]
    assert len(observations.data) == 4


def test_what_is_known_of_a_count_is_what_was_shown_first(tmp_path: Path) -> None:
    path = table(tmp_path, f"{GOOD},900", f"{GOOD.replace('office', 'paper')},", header=f"{HEADER},first_shown")
    observations = Observations.read(path)
    assert observations.known(datetime(2030, 3, 5, tzinfo=UTC)).data["value"].tolist() == [900, 1200]
    assert observations.data["value"].tolist() == [1200, 1200]
    ranges = [GOOD.replace("1200,,", f"1200,{low},1300") for low in (800, 1100)]
    path = table(
        tmp_path,
        *(f"{row.replace('office', str(n))},900" for n, row in enumerate(ranges)),
        header=f"{HEADER},first_shown",
    )
    known = Observations.read(path).known(datetime(2030, 3, 5, tzinfo=UTC)).data
    assert known["low"].tolist()[0] == 800
    assert np.isnan(known["low"].tolist()[1])  # the range of what it was revised to


def test_known_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="expected a time with offset"):
        Observations.of("russia-2022").known(datetime(2022, 9, 25))


# Scenarios


def test_counts_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("name: mine\n", encoding="utf-8")
    assert Observations.of(tmp_path).data.empty
    table(tmp_path, GOOD).rename(tmp_path / "observations.csv")
    assert len(Observations.of(tmp_path).data) == 1
    assert len(Observations.of(tmp_path / "scenario.yaml").data) == 1


def test_names_that_the_scenario_does_not_have(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(shipped()["one-border"], folder, ignore=shutil.ignore_patterns("__pycache__"))
    head, row = (
        "series,place,crossing,what,start,end,value,kind,published_at,source,evidence",
        "2030-03-01T00:00+03:00,2030-03-02T00:00+03:00,5,daily,2030-03-02,office",
    )
    rows = [head, f"a,XBB,bridge,entries,{row},", f"b,XBX,brigde,entries,{row},papr"]
    (folder / "observations.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(ObservationError) as caught:
        Observations.of(folder)
    assert [fault.line for fault in caught.value.faults] == [3, 3, 3]
    found = [fault.message for fault in caught.value.faults]
    assert found[0] == "unknown place 'XBX': did you mean 'XBB'?"
    assert found[1] == "unknown crossing 'brigde': did you mean 'bridge'?"
    assert found[2].startswith("unknown evidence 'papr'")


def test_no_such_scenario() -> None:
    with pytest.raises(ScenarioError, match="neither a folder nor a shipped scenario"):
        Observations.of("no-such-crisis")


@pytest.mark.parametrize("name", shipped())
def test_shipped_counts_read(name: str) -> None:
    data = Observations.of(name).data
    assert set(data["what"]) <= set(UNITS)
    assert set(data["kind"]) <= set(KINDS)


def test_empty_counts_keep_their_types(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("name: mine\n", encoding="utf-8")
    data = Observations.of(tmp_path).data
    assert tuple(data.columns) == COLUMNS
    assert data["value"].dtype == float


def test_moments_and_names() -> None:
    assert moment("2030-03-01T00:00+03:00") == datetime(2030, 2, 28, 21, tzinfo=UTC)
    assert moment("") is moment(None) is moment(float("nan")) is None
    with pytest.raises(ValueError, match="expected a time with offset"):
        moment("2030-03-01")
    assert names("FIN | EST,LVA|") == ("FIN", "EST", "LVA")
    assert names(float("nan")) == ()


def test_importing_stays_quick() -> None:
    code = "import egress.observations, sys; sys.exit(bool({'pandas', 'openpyxl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
