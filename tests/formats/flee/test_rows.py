from __future__ import annotations

from pathlib import Path

from egress.formats.flee.findings import Findings
from egress.formats.flee.rows import (
    WIDE,
    Line,
    Table,
    day,
    number,
    read_optional,
    read_required,
    read_table,
    texts,
    whole,
)
from egress.scenario.positions import Cell


def table_of(tmp_path: Path, content: str | bytes) -> tuple[Table | None, Findings]:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    findings = Findings()
    return read_table(path, findings), findings


def test_comments_blank_lines_and_rows_are_told_apart(tmp_path: Path) -> None:
    table, findings = table_of(tmp_path, "#name,place\n\n , \na,1\n# a remark\nb,2\n")
    assert table is not None
    assert [[cell.text for cell in row] for row in table.rows] == [["a", "1"], ["b", "2"]]
    assert table.rows[1][1] == Cell("2", 6, 3)
    assert [cell.text for cell in table.header("name") or []] == ["#name", "place"]
    assert not findings.faults


def test_a_wide_table_has_the_cells_of_a_narrow_one(tmp_path: Path) -> None:
    line = ",".join([" 7", "x ", *"a" * WIDE, ""])
    text = f"#{line}\n{line}\n" + "," * 20 + "\n"
    lazy, _ = table_of(tmp_path, text)
    plain, _ = table_of(tmp_path, text + '"a",b\n')
    assert lazy is not None
    assert plain is not None
    assert isinstance(lazy.rows[0], Line)
    for found, expected in ((lazy.rows[0], plain.rows[0]), (lazy.comments[0], plain.comments[0])):
        assert list(found) == list(expected)
        assert (found[-1], found[1:3]) == (expected[-1], expected[1:3])
        assert texts(found) == texts(expected)
    assert len(lazy.rows) == 1
    assert lazy.rows[0][1] == Cell("x", 2, 4)


def test_windows_line_ends_byte_order_marks_and_quotes_are_read(tmp_path: Path) -> None:
    table, _ = table_of(tmp_path, '\ufeff#Name,x\r\n"a, b",1\r\n"c" ,2\r\n')
    assert table is not None
    assert [row[0].text for row in table.rows] == ["a, b", "c"]
    assert table.header("name") is not None


def test_an_open_quote_in_a_comment_does_no_harm(tmp_path: Path) -> None:
    table, findings = table_of(tmp_path, '# 5" of rain\na,1\n')
    assert table is not None
    assert len(table.rows) == 1
    assert not findings.faults


def test_an_open_quote_in_a_row_is_a_fault(tmp_path: Path) -> None:
    table, findings = table_of(tmp_path, 'a,1\nb,"2\n')
    assert table is None
    assert findings.faults[0].line == 2
    assert "does not end" in findings.faults[0].message


def test_an_empty_file_is_a_table_without_rows(tmp_path: Path) -> None:
    table, findings = table_of(tmp_path, "\n")
    assert table is not None
    assert table.rows == []
    assert not findings.faults


def test_other_encodings_and_separators_are_faults(tmp_path: Path) -> None:
    assert "not UTF-8" in table_of(tmp_path, "é,1\n".encode("latin-1"))[1].faults[0].message
    assert "semicolons" in table_of(tmp_path, "a;1\nb;2\n")[1].faults[0].message
    assert "tabs" in table_of(tmp_path, "a\t1\n")[1].faults[0].message


def test_blanks_around_names_are_seen(tmp_path: Path) -> None:
    table, _ = table_of(tmp_path, 'a ,b," c","d"\n')
    assert table is not None
    assert [table.spaced(cell) for cell in table.rows[0]] == [True, False, True, False]


def test_a_missing_file_is_a_fault_only_where_it_must_be_there(tmp_path: Path) -> None:
    findings = Findings()
    assert read_optional(tmp_path / "none.csv", findings) is None
    assert not findings.faults
    assert read_required(tmp_path / "none.csv", findings) is None
    assert findings.faults[0].message == "missing file"


def test_values_are_read_or_refused_with_what_was_expected() -> None:
    findings, table = Findings(), Table("t.csv")
    assert whole(Cell("12", 1, 1), "people", table, findings) == 12
    assert number(Cell("1e3", 1, 1), "a distance", table, findings) == 1000.0
    assert str(day(Cell("2020-02-29", 1, 1), "a day", table, findings)) == "2020-02-29"
    assert not findings.faults
    assert whole(Cell("1.5", 2, 3), "people", table, findings) is None
    assert whole(Cell("-1", 2, 4), "people", table, findings) is None
    assert number(Cell("nan", 2, 5), "a distance", table, findings) is None
    assert day(Cell("29/02/2020", 2, 6), "a day", table, findings) is None
    assert [str(fault) for fault in findings.faults] == [
        "t.csv:2:3: expected people, a whole number, found '1.5'",
        "t.csv:2:4: people -1: expected at least 0",
        "t.csv:2:5: expected a distance, a number, found 'nan'",
        "t.csv:2:6: expected a day, a day such as 2012-02-29, found '29/02/2020'",
    ]
