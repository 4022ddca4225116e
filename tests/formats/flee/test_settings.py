from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from egress.engine.flee.case import CORRECTED, ConflictSpawning, FleeRules
from egress.formats.flee.findings import Findings
from egress.formats.flee.setting_keys import SECTIONS, TOP, V1
from egress.formats.flee.settings import read_settings


def rules_of(tmp_path: Path, text: str, rules: str = "flee") -> tuple[FleeRules, Findings]:
    path = tmp_path / "simsetting.yml"
    path.write_text(text, "utf-8")
    findings = Findings()
    return read_settings(path, findings, rules), findings


def said(tmp_path: Path, text: str, rules: str = "flee") -> tuple[list[str], list[str]]:
    """Return the faults and the warnings, without the folder."""
    _, findings = rules_of(tmp_path, text, rules)
    cut = [[str(f).rpartition("simsetting.yml:")[2] for f in found] for found in (findings.faults, findings.warnings)]
    return cut[0], cut[1]


def test_an_empty_file_is_flees_defaults(tmp_path: Path) -> None:
    rules, findings = rules_of(tmp_path, "")
    assert (rules, findings.faults) == (FleeRules(), [])
    assert [warning.message for warning in findings.warnings] == ["is empty: every setting has Flee's default"]
    assert rules_of(tmp_path, "move_rules:\nspawn_rules:\n") == (FleeRules(), Findings())


def test_every_key_sets_its_rule(tmp_path: Path) -> None:
    text = """
spawn_rules: {take_from_population: true, insert_day0: false, conflict_spawn_decay: [1, 0.5],
              conflict_spawn_decay_interval: 10}
move_rules: {max_move_speed: 400, awareness_level: 2, start_on_foot: yes, avoid_short_stints: 1, WomenAvoidHazards: on}
optimisations: {hasten: 50.0}
"""
    rules, findings = rules_of(tmp_path, text)
    assert findings == Findings()
    assert rules == FleeRules(
        take_from_population=True,
        insert_day0=False,
        conflict_spawn_decay=(1.0, 0.5),
        conflict_spawn_decay_interval=10,
        max_move_speed=400.0,
        awareness_level=2,
        start_on_foot=True,
        avoid_short_stints=True,
        women_avoid_hazards=True,
        hasten=50,
    )
    assert isinstance(rules.hasten, int)


def test_every_rule_key_names_a_field_of_the_rules() -> None:
    fields = set(FleeRules.__dataclass_fields__)
    keys = [(name, key) for section in (TOP, *SECTIONS.values()) for name, key in section.items()]
    named = {key.field or name for name, key in keys if key.use == "rule"} - {"use_v1_rules"}
    assert named == fields - {"semantics", "recent_travel_cells", "ranges"}


def test_v1_rules_override_the_file(tmp_path: Path) -> None:
    rules, _ = rules_of(tmp_path, "move_rules: {use_v1_rules: true, max_move_speed: 500, camp_weight: 9}\n")
    assert {name: getattr(rules, name) for name in V1} == V1


def test_corrected_rules_mend_every_defect(tmp_path: Path) -> None:
    rules, _ = rules_of(tmp_path, "", "flee-corrected")
    assert rules == replace(FleeRules(), semantics=CORRECTED)


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("{}", ConflictSpawning("constant", 500.0)),
        ("{displaced_per_conflict_day: 20}", ConflictSpawning("constant", 20.0)),
        ("{spawn_mode: pop_ratio}", ConflictSpawning("pop_ratio", 0.01)),
        ("{spawn_mode: Poisson, displaced_per_conflict_day: 7}", ConflictSpawning("poisson", 7.0)),
    ],
)
def test_conflict_driven_spawning(tmp_path: Path, block: str, expected: ConflictSpawning) -> None:
    rules, findings = rules_of(tmp_path, f"spawn_rules: {{conflict_driven_spawning: {block}}}\n")
    assert rules.conflict_driven_spawning == expected
    assert findings == Findings()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "spawn_rules:\n  insert_day0: 'False'\n",
            "2:16: expected true or false, found 'False': Flee takes any text as true",
        ),
        ("spawn_rules:\n  insert_day0: maybe\n", "2:16: expected true or false, found 'maybe'"),
        ("spawn_rules:\n  insert_day0:\n", "2:3: expected true or false, found nothing"),
        ("optimisations:\n  hasten: 0\n", "2:11: hasten 0 is out of bounds: expected at least 1"),
        ("optimisations:\n  hasten: 2.5\n", "2:11: expected a whole number, found 2.5: Flee would cut it to 2"),
        ("move_rules:\n  max_move_speed: fast\n", "2:19: expected a number, found 'fast'"),
        ("move_rules:\n  max_move_speed: 0\n", "2:19: max_move_speed 0 is out of bounds: expected more than 0"),
        ("move_rules:\n  camp_movechance: 1.5\n", "2:20: camp_movechance 1.5 is out of bounds: expected at most 1"),
        ("move_rules:\n  softning: 10\n", "2:3: unknown key 'softning': did you mean 'softening'?; Flee"),
        ("hasten: 10\n", "1:1: unknown key 'hasten': it belongs under 'optimisations', did you mean"),
        (
            "spawn_rules:\n  conflict_spawn_decay: 0.5\n",
            "2:25: expected a list of numbers such as [1.0, 0.5], found 0.5",
        ),
        ("spawn_rules:\n  conflict_spawn_decay: [1, x]\n", "2:29: expected a number, found 'x'"),
        ("move_rules: [1]\n", "1:13: expected a mapping (`key: value`), found a list"),
        (
            "spawn_rules:\n  conflict_driven_spawning: {spawn_mode: linear}\n",
            "2:42: 'linear' is unknown: expected 'constant', 'pop_ratio' or 'poisson'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = said(tmp_path, text)[0]
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("spawn_rules", "flood_zone_spawning_only", "true"),
        ("spawn_rules", "flood_driven_spawn_mode", "{spawn_mode: constant}"),
        ("spawn_rules", "starvation_driven_spawning", "true"),
        ("spawn_rules", "read_from_agents_csv_file", "true"),
        ("move_rules", "flood_rules", "{max_flood_level: 4}"),
        ("move_rules", "harvest_months", "[4, 5]"),
        ("move_rules", "flee_when_starving", "true"),
        ("move_rules", "avoid_food_deprived_locations", "true"),
        ("move_rules", "MatchCampReligion", "true"),
        ("move_rules", "MatchConflictEthnicity", "true"),
        ("move_rules", "two_system_decision_making", "true"),
        ("move_rules", "use_economic_pull", "true"),
        ("move_rules", "coupling_type", "muscle3"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path: Path, section: str, key: str, value: str) -> None:
    faults, _ = said(tmp_path, f"{section}:\n  {key}: {value}\n")
    assert len(faults) == 1
    assert f"2:3: {key}: not supported (" in faults[0]
    assert faults[0].endswith("), see docs/reference/flee-support.md")


def test_refused_rules_that_are_off_are_fine(tmp_path: Path) -> None:
    text = "move_rules: {harvest_months: [], MatchCampReligion: false, flood_rules: }\n"
    assert said(tmp_path, text) == ([], [])


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("polygons: 3\n", "1:1: unknown key 'polygons'; Flee ignores it, and so does egress"),
        ("move_rules: {max_crossing_speed: 30}\n", "1:14: max_crossing_speed has no effect: no rule of Flee uses it"),
        ("number_of_steps: 100\n", "1:1: number_of_steps has no effect: sim_period.csv sets the length"),
        (
            "default_conflict_intensity: 0.5\n",
            "1:29: Flee uses the whole part of 0.5, 0, and so does egress under flee",
        ),
        ("move_rules: {awareness_level: 0}\n", "1:31: 0: nobody ever moves, in Flee as here"),
    ],
)
def test_what_flee_does_in_silence_is_said(tmp_path: Path, text: str, warning: str) -> None:
    assert said(tmp_path, text) == ([], [warning])


def test_camps_are_sinks_only_in_its_misspelling_and_then_not(tmp_path: Path) -> None:
    faults, warnings = said(tmp_path, "spawn_rules: {camps_are_sinks: true}\n")
    assert not faults
    assert "camps_are_sicks" in warnings[0]
    assert said(tmp_path, "spawn_rules: {camps_are_sinks: true}\n", "flee-corrected") == ([], [])


def test_unknown_keys_are_faults_where_defects_are_mended(tmp_path: Path) -> None:
    assert len(said(tmp_path, "polygons: 3\n", "flee-corrected")[0]) == 1
