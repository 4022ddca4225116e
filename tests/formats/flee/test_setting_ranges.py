"""Ranges of settings: read, refused with their place and what to write, written back."""

from __future__ import annotations

from pathlib import Path

import pytest
import shared_flee

from egress.engine.flee.case import ConflictSpawning, FleeRules, SettingRange
from egress.formats.flee import convert, read_instance
from egress.formats.flee.findings import Findings
from egress.formats.flee.settings import read_settings


def read(tmp_path: Path, text: str, rules: str = "flee") -> tuple[FleeRules, list[str], list[str]]:
    """Return the rules, the faults and the warnings, without the folder."""
    path = tmp_path / "simsetting.yml"
    path.write_text(text, "utf-8")
    findings = Findings()
    found = read_settings(path, findings, rules)
    told = [[str(f).rpartition("simsetting.yml:")[2] for f in some] for some in (findings.faults, findings.warnings)]
    return found, told[0], told[1]


def test_ranges_are_kept_and_the_rules_have_their_middles(tmp_path: Path) -> None:
    text = "move_rules:\n  max_move_speed: {low: 200, high: 600}\n  awareness_level:\n    low: 1\n    high: 4\n"
    rules, faults, warnings = read(tmp_path, text)
    assert (faults, warnings) == ([], [])
    assert rules.ranges == (
        SettingRange("awareness_level", 1, 4, whole=True),
        SettingRange("max_move_speed", 200, 600),
    )
    assert (rules.max_move_speed, rules.awareness_level) == (400.0, 2)
    assert isinstance(rules.awareness_level, int)


def test_a_range_with_equal_ends_is_a_number(tmp_path: Path) -> None:
    rules, faults, _ = read(tmp_path, "move_rules: {max_move_speed: {low: 250, high: 250}}\n")
    assert (rules, faults) == (FleeRules(max_move_speed=250.0), [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "optimisations:\n  hasten: {low: 1, high: 9}\n",
            "2:11: hasten cannot have a range: expected one whole number",
        ),
        (
            "log_levels:\n  agent: {low: 0, high: 1}\n",
            "2:10: agent cannot have a range: expected one whole number",
        ),
        (
            "move_rules:\n  start_on_foot: {low: 0, high: 1}\n",
            "2:18: start_on_foot cannot have a range: expected true or false",
        ),
        (
            "log_levels:\n  granularity: {low: 0, high: 1}\n",
            "2:16: granularity cannot have a range: expected text",
        ),
        (
            "spawn_rules:\n  conflict_spawn_decay: {low: 0, high: 1}\n",
            "2:25: conflict_spawn_decay cannot have a range: expected a list of numbers such as [1.0, 0.5]",
        ),
        (
            "move_rules:\n  max_crossing_speed: {low: 5, high: 9}\n",
            "2:23: max_crossing_speed cannot have a range: expected one number",
        ),
        (
            "default_conflict_intensity: {low: 0, high: 1}\n",
            "1:29: default_conflict_intensity cannot have a range: expected one number",
        ),
        (
            "move_rules:\n  camp_weight: {low: 3, high: 2}\n",
            "2:22: low 3 is above high 2: expected the smaller end as low",
        ),
        ("move_rules:\n  camp_weight: {low: few, high: 2}\n", "2:22: expected a number, found 'few'"),
        ("move_rules:\n  camp_weight: {low: , high: 2}\n", "2:17: expected a number, found nothing"),
        (
            "move_rules:\n  camp_weight: {low: 1, hihg: 2}\n",
            "2:25: unknown key 'hihg': a range has low and high, such as {low: 1, high: 2}",
        ),
        (
            "move_rules:\n  camp_weight: {low: 1}\n",
            "2:16: a range without high: expected low and high, such as {low: 1, high: 2}",
        ),
        (
            "move_rules:\n  camp_movechance: {low: 0.5, high: 1.5}\n",
            "2:37: camp_movechance 1.5 is out of bounds: expected at most 1",
        ),
        (
            "move_rules:\n  max_move_speed: {low: 0, high: 9}\n",
            "2:25: max_move_speed 0 is out of bounds: expected more than 0",
        ),
        (
            "move_rules:\n  awareness_level: {low: 1, high: 2.5}\n",
            "2:35: expected a whole number, found 2.5: Flee would cut it to 2",
        ),
        (
            "move_rules:\n  use_v1_rules: true\n  max_move_speed: {low: 1, high: 9}\n",
            "3:19: use_v1_rules sets max_move_speed to 200: leave the range out",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    rules, faults, _ = read(tmp_path, text)
    assert faults == [fault]
    assert "use_v1_rules" in text or rules.ranges == ()


def test_an_awareness_level_that_may_be_0_is_warned_of(tmp_path: Path) -> None:
    text = "move_rules:\n  awareness_level: {low: 0, high: 2}\n"
    assert read(tmp_path, text)[2] == ["2:20: 0: nobody ever moves, in Flee as here"]
    assert read(tmp_path, text.replace("0", "1"))[2] == []


def test_departures_by_conflict_are_whole_where_flee_cuts_them(tmp_path: Path) -> None:
    text = "spawn_rules:\n  conflict_driven_spawning:\n    displaced_per_conflict_day: {low: 10.5, high: 21}\n"
    rules, faults, warnings = read(tmp_path, text)
    assert (faults, warnings) == ([], ["3:33: Flee uses whole numbers of displaced_per_conflict_day: 10 to 21"])
    assert rules.ranges == (SettingRange("displaced_per_conflict_day", 10, 21, whole=True),)
    assert rules.with_values([12.0]).conflict_driven_spawning == ConflictSpawning("constant", 12.0)
    corrected, _, told = read(tmp_path, text, "flee-corrected")
    assert (corrected.ranges, told) == ((SettingRange("displaced_per_conflict_day", 10.5, 21),), [])
    share, _, told = read(tmp_path, text.replace("10.5", "0.1") + "    spawn_mode: pop_ratio\n")
    assert (share.ranges, told) == ((SettingRange("displaced_per_conflict_day", 0.1, 21),), [])


def test_a_converted_scenario_has_the_ranges(tmp_path: Path) -> None:
    settings = "move_rules: {softening: {low: 5, high: 20}, awareness_level: {low: 1, high: 2}}\n"
    settings += "spawn_rules: {conflict_driven_spawning: {displaced_per_conflict_day: {low: 3, high: 9}}}\n"
    folder = shared_flee.write(tmp_path / "small", {**shared_flee.FILES, "simsetting.yml": settings})
    convert(folder, tmp_path / "mine")
    assert "softening: {low: 5.0, high: 20.0}" in (tmp_path / "mine" / "scenario.yaml").read_text("utf-8")
    once, again = read_instance(folder), read_instance(tmp_path / "mine")
    assert len(once.rules.ranges) == 3
    assert again.rules == once.rules


def test_the_hash_knows_the_ranges_and_only_where_there_are_any(tmp_path: Path) -> None:
    folder = shared_flee.write(tmp_path / "small", shared_flee.FILES)
    hashes = [read_instance(folder).hash]
    for high in (30, 31):
        (folder / "simsetting.yml").write_text(f"move_rules: {{softening: {{low: 10, high: {high}}}}}\n", "utf-8")
        hashes.append(read_instance(folder).hash)
    assert hashes[0] == HASH
    assert len(set(hashes)) == 3


HASH = "bcc23615c86f"
"""Of the small folder, as it was before settings could have ranges."""
