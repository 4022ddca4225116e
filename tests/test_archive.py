"""What was forecast stands as it was forecast."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from egress import archive
from egress.errors import EgressError, OutputError
from egress.formats.hubverse import TASK, to_rows

pytest.importorskip("pyarrow")


def forecast(value: float = 10.0, origin: str = "2022-09-26") -> pd.DataFrame:
    tasks = pd.DataFrame([(origin, "entries", 1, "FIN")], columns=list(TASK))
    return to_rows(np.asarray([[value, value + 1]]), tasks)


def test_a_file_is_named_by_its_content(tmp_path: Path) -> None:
    path = archive.write(tmp_path / "new" / "archive", forecast(), "egress")
    assert path.name == f"2022-09-26-egress-{sha256(path.read_bytes()).hexdigest()}.parquet"
    pd.testing.assert_frame_equal(archive.read(path), forecast(), check_dtype=False)
    assert archive.verify(path.parent) == []


def test_the_same_forecast_again_changes_nothing(tmp_path: Path) -> None:
    path = archive.write(tmp_path, forecast(), "egress")
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()}
    assert archive.write(tmp_path, forecast(), "egress") == path
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.iterdir()} == before


def test_another_forecast_stands_beside_the_first(tmp_path: Path) -> None:
    written = [archive.write(tmp_path, forecast(value), "egress").name for value in (10, 30, 20, 10)]
    assert [entry["file"] for entry in archive.index(tmp_path)] == written[:3]
    assert written[3] == written[0]
    assert {entry["origin_date"] for entry in archive.index(tmp_path)} == {"2022-09-26"}
    assert archive.verify(tmp_path) == []


def test_every_broken_missing_and_extra_file_is_told(tmp_path: Path) -> None:
    paths = [archive.write(tmp_path, forecast(value), "egress") for value in (1, 2, 3, 4)]
    paths[0].write_bytes(paths[0].read_bytes()[:-1] + b"x")
    paths[1].unlink()
    (tmp_path / "notes.txt").write_text("mine")
    entries = archive.index(tmp_path)
    entries[2]["sha256"] = "0" * 64
    (tmp_path / "index.json").write_text(json.dumps({"files": [*entries, entries[3], {"file": "../x", "sha256": ""}]}))
    found = {trouble.file: trouble.what for trouble in archive.verify(tmp_path)}
    expected = dict(zip([path.name for path in paths], ["broken", "missing", "broken", "broken"], strict=True))
    assert found == expected | {"notes.txt": "extra", "../x": "broken"}
    with pytest.raises(OutputError, match="SHA-256"):
        archive.read(paths[0])


def test_a_broken_file_is_not_overwritten(tmp_path: Path) -> None:
    path = archive.write(tmp_path, forecast(), "egress")
    path.write_bytes(b"other")
    with pytest.raises(OutputError, match="left as it is"):
        archive.write(tmp_path, forecast(), "egress")
    assert path.read_bytes() == b"other"


def test_an_unreadable_index_is_told_and_kept(tmp_path: Path) -> None:
    archive.write(tmp_path, forecast(), "egress")
    (tmp_path / "index.json").write_text("{")
    assert [trouble.what for trouble in archive.verify(tmp_path)] == ["unreadable"]
    with pytest.raises(OutputError, match="not an index"):
        archive.write(tmp_path, forecast(2), "egress")
    assert (tmp_path / "index.json").read_text() == "{"


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(lambda value: archive.write(tmp_path, forecast(value), "egress").name, range(16)))
    assert sorted(entry["file"] for entry in archive.index(tmp_path)) == sorted(written)
    assert archive.verify(tmp_path) == []


def test_a_lock_left_behind_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PATIENCE", 0.1)
    (tmp_path / ".lock").touch()
    with pytest.raises(OutputError, match="remove this file"):
        archive.write(tmp_path, forecast(), "egress")


@pytest.mark.parametrize("model", ["", "a/b", "../a", "-a", "a b"])
def test_a_model_name_is_fit_for_a_file(tmp_path: Path, model: str) -> None:
    with pytest.raises(OutputError, match="model name"):
        archive.write(tmp_path, forecast(), model)
    assert not list(tmp_path.iterdir())


def test_one_origin_a_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="one origin_date"):
        archive.write(tmp_path, pd.concat([forecast(), forecast(origin="2022-09-27")]), "egress")
    with pytest.raises(EgressError, match="columns"):
        archive.write(tmp_path, forecast().drop(columns="value"), "egress")


def test_no_archive_there(tmp_path: Path) -> None:
    assert [trouble.what for trouble in archive.verify(tmp_path / "none")] == ["missing"]
    assert archive.verify(tmp_path) == []


def test_without_pyarrow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(OutputError, match=r"pip install pyarrow"):
        archive.write(tmp_path, forecast(), "egress")


def test_hashing_nothing_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive.write(tmp_path, forecast(), "egress")
    path.write_bytes(b"other")
    assert archive.verify(tmp_path)
    monkeypatch.setattr(archive, "_broken", lambda *_: None)
    assert not archive.verify(tmp_path)
