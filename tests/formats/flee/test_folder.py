from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from egress.errors import ScenarioError
from egress.formats.flee import FleeFolder, find, is_converted, is_flee, read

Small = Callable[..., Path]


def test_a_flee_folder_is_known_by_its_input_csv(small: Small, tmp_path: Path) -> None:
    folder = small()
    assert is_flee(folder)
    assert is_flee(folder / "input_csv")
    assert not is_flee(tmp_path)
    assert find(folder / "input_csv").settings == find(folder).settings
    assert find(folder).name == "small"


def test_a_scenario_is_flees_where_its_rules_are(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text("name: a\n")
    assert not is_converted(tmp_path)
    file.write_text("name: a\nrules: flee-corrected\n")
    assert is_converted(tmp_path)
    assert is_flee(file)


def test_settings_are_those_given_or_those_of_the_folder(small: Small, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text("optimisations: {hasten: 10}\n")
    assert read(small())[1].hasten == 1
    assert read(small(), other)[1].hasten == 10


def test_missing_settings_are_a_fault_that_names_what_is_there(small: Small) -> None:
    folder = small({"simsetting.yml": None, "simsettings.yml": ""})
    with pytest.raises(ScenarioError, match=r"no simsetting.yml .*found 'simsettings.yml': pass it with --settings"):
        read(folder)
    with pytest.raises(ScenarioError, match=r"none.yml: missing file"):
        read(folder, folder / "none.yml")


def test_a_folder_without_source_data_is_a_fault(small: Small) -> None:
    folder = small()
    shutil.rmtree(folder / "source_data")
    with pytest.raises(ScenarioError, match="missing folder"):
        read(folder)


def test_the_parts_may_stand_apart_as_for_flees_own_script(small: Small, tmp_path: Path) -> None:
    folder = small({"location_changes.csv": "Mopti,camp,1\n"})
    apart = FleeFolder(folder / "input_csv", folder / "source_data", folder / "simsetting.yml", tmp_path)
    assert read(apart)[0].location_changes == ()


def test_unknown_rules_are_a_fault(small: Small) -> None:
    with pytest.raises(ScenarioError, match="expected 'flee' or 'flee-corrected'"):
        read(small(), rules="fle")


def test_warnings_are_said_on_stderr_unless_taken(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    folder = small({"input_csv/closures.csv": None})
    taken: list[object] = []
    read(folder, say=taken.append)
    assert len(taken) == 1
    assert capsys.readouterr() == ("", "")
    read(folder)
    assert "closures.csv: warning: missing file" in capsys.readouterr().err


def test_a_folder_whose_name_is_no_text_is_read(small: Callable[..., Path], tmp_path: Path) -> None:
    strange = tmp_path / os.fsdecode(b"bad\xe9")
    try:
        shutil.copytree(small(), strange)
    except OSError:
        pytest.skip("this file system takes no such name")
    assert read(strange)[0].name == "bad?"
