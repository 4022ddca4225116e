"""simsetting.yml read as rules, and rules written as such (setting_keys.py has its keys).

Flee turns values with `bool()`, `int()` and `float()`, so that the text "False" counts as true and 1.7 becomes 1;
here a value must be of the type that it is meant to be. A number may have a range (setting_ranges.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from egress.engine.flee.case import DISPLACED, ConflictSpawning, FleeRules
from egress.errors import Fault
from egress.formats.flee.findings import Findings
from egress.formats.flee.setting_keys import MODES, SECTIONS, SPAWNING, TOP, V1, Key
from egress.formats.flee.setting_ranges import cut, is_range, middle_of, written
from egress.formats.flee.setting_reader import Reader, called
from egress.scenario.positions import Loc, Reading, read_yaml, shown
from egress.spelling import either, nearest

YES, NO = ("true", "yes", "on"), ("false", "no", "off")  # of YAML 1.1, which Flee reads


def read_settings(path: Path, findings: Findings, rules: str = "flee") -> FleeRules:
    """Return the rules of a simsetting.yml, the defaults of Flee where it has no key."""
    reading = read_yaml(path)
    if [fault.message for fault in reading.faults] == ["is empty"]:
        reading = Reading(shown(path), {})
        findings.warn(shown(path), None, "is empty: every setting has Flee's default")
    findings.faults += reading.faults
    return rules_of(reading, (), path, findings, rules)


def rules_of(reading: Reading, prefix: Loc, path: Path, findings: Findings, rules: str = "flee") -> FleeRules:
    """Return the rules that stand at `prefix` of a YAML file, in the form of simsetting.yml."""
    lines = path.read_text("utf-8-sig").splitlines() if reading.values else []
    reader = Reader(reading, lines, findings, rules == "flee")
    data = reading.data
    for part in prefix:
        data = data.get(part) or {}
    found = dict(_values(reader, prefix, data, {**TOP, **{name: Key("block") for name in SECTIONS}}))
    for name, keys in SECTIONS.items():
        section = data.get(name)
        if isinstance(section, dict):
            found |= dict(_values(reader, (*prefix, name), section, keys))
    return _rules(found, reader, prefix).with_semantics(rules)


def _rules(found: dict[str, Any], reader: Reader, prefix: Loc) -> FleeRules:
    """Return the rules from the values found; what one key does to another happens here."""
    sections = [name for name in SECTIONS if name in found]
    known = {field.name for field in fields(FleeRules)}
    intensity = found.get("default_conflict_intensity", 1.0)
    if reader.mirror and intensity != int(intensity):
        message = f"Flee uses the whole part of {intensity:g}, {int(intensity)}, and so does egress under flee"
        reader.warn((*prefix, "default_conflict_intensity"), message, key=False)
        found["default_conflict_intensity"] = float(int(intensity))
    if found.pop("use_v1_rules", False):
        found |= V1
        for name in V1.keys() & reader.ranges.keys():
            message = f"use_v1_rules sets {name} to {V1[name]:g}: leave the range out"
            reader.fault((*prefix, "move_rules", name), message)
    given = {name: value for name, value in found.items() if name in known and name not in sections}
    rules = FleeRules(**given, ranges=tuple(reader.ranges[name] for name in sorted(reader.ranges)))
    _remarks(rules, reader, prefix)
    return rules


def _remarks(rules: FleeRules, reader: Reader, prefix: Loc) -> None:
    """Warn of values that hardly do what they seem to."""
    levels = next(((r.low, r.high) for r in rules.ranges if r.name == "awareness_level"), (rules.awareness_level,))
    if min(levels) <= 0 <= max(levels):
        reader.warn((*prefix, "move_rules", "awareness_level"), "0: nobody ever moves, in Flee as here", key=False)
    if (
        rules.insert_day0
        and rules.empty_camps_on_day0
        and (*prefix, "spawn_rules", "insert_day0") in reader.reading.keys
    ):
        message = "insert_day0 puts nobody in camps where empty_camps_on_day0 is on"
        reader.warn((*prefix, "spawn_rules", "insert_day0"), message)


def _values(reader: Reader, loc: Loc, data: Mapping[str, Any], keys: Mapping[str, Key]) -> Iterator[tuple[str, Any]]:
    """Yield the fields of FleeRules that a mapping sets."""
    for name, raw in data.items():
        here = (*loc, name)
        if name not in keys:
            _unknown(reader, here, keys)
            continue
        key = keys[name]
        value = _value(reader, here, raw, key, name)
        if value is not None and _acts(reader, here, value, key):
            yield key.field or name, value


def _unknown(reader: Reader, loc: Loc, keys: Mapping[str, Key]) -> None:
    """Note a key that Flee does not know: it would be ignored without a word."""
    name = str(loc[-1])
    message = f"unknown key {name!r}{_elsewhere(name, keys)}"
    if "coupl" in name.lower():
        reader.findings.refuse(reader.reading.file, reader.at(loc, True), name, "coupling")
    elif reader.mirror and "did you mean" not in message:
        reader.warn(loc, f"{message}; Flee ignores it, and so does egress")
    else:
        reader.fault(loc, f"{message}; Flee would ignore it without a word", key=True)


def _elsewhere(name: str, keys: Mapping[str, Key]) -> str:
    """Return a hint: the section that has this key, or the nearest key of this section."""
    for section, others in SECTIONS.items():
        if name in others:
            return f": it belongs under {section!r}, did you mean to put it there?"
    hint = nearest(name, keys)
    return hint if "did you mean" in hint else ""


def _acts(reader: Reader, loc: Loc, value: Any, key: Key) -> bool:
    """Say whether a value sets a rule; note where it is refused or does nothing."""
    name = loc[-1]
    if key.use == "refused" and value not in (False, []):
        reader.findings.refuse(reader.reading.file, reader.at(loc, True), str(name), key.reason)
    elif key.use == "idle" and value != key.default:
        reader.warn(loc, f"{name} has no effect: {key.reason}")
    elif name == "camps_are_sinks" and value and reader.mirror:
        reader.warn(loc, "camps_are_sinks has no effect: Flee looks for the key `camps_are_sicks`; egress does as Flee")
    elif name == "camps_are_sicks" and value and reader.mirror:
        message = "camps_are_sicks: Flee fails where a camp has a deactivation_probability; camps are no sinks here"
        reader.warn(loc, f"{message} (flee-corrected: they are)")
    return key.use == "rule"


# Values


def _value(reader: Reader, loc: Loc, raw: Any, key: Key, name: str) -> Any:
    """Return a value of the type of its key, of a range the middle; None where it has none (noted if a fault)."""
    if is_range(raw, key):
        return middle_of(reader, loc, raw, key, lambda at, end: _number(reader, at, end, key, name))
    match key.kind:
        case "switch":
            return _switch(reader, loc, raw)
        case "whole" | "number":
            return _number(reader, loc, raw, key, name)
        case "numbers":
            return _numbers(reader, loc, raw, key, name)
        case "text":
            return _text(reader, loc, raw)
        case "block":
            return _block(reader, loc, raw, key, name)
    return raw


def _text(reader: Reader, loc: Loc, raw: Any) -> str | None:
    if isinstance(raw, str):
        return raw
    reader.fault(loc, f"expected text, found {called(raw)}")
    return None


def _switch(reader: Reader, loc: Loc, raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str) and not reader.quoted(loc) and raw.lower() in YES + NO:
        return raw.lower() in YES
    hint = ""
    if isinstance(raw, str) and raw.lower() in YES + NO:
        hint = f": Flee takes any text as true; write {raw.lower() in YES} without quotes"
    reader.fault(loc, f"expected true or false, found {called(raw)}{hint}")
    return None


def _number(reader: Reader, loc: Loc, raw: Any, key: Key, name: str) -> float | int | None:
    value = _plain_number(raw)
    if value is None:
        expected = "a whole number" if key.kind == "whole" else "a number"
        reader.fault(loc, f"expected {expected}, found {called(raw)}")
        return None
    if key.kind == "whole" and value != int(value):
        reader.fault(loc, f"expected a whole number, found {raw}: Flee would cut it to {int(value)}")
        return None
    if key.least is not None and value < key.least:
        bound = "more than 0" if 0 < key.least < 1 else f"at least {key.least:g}"
        reader.fault(loc, f"{name} {value:g} is out of bounds: expected {bound}")
        return None
    if key.most is not None and value > key.most:
        reader.fault(loc, f"{name} {value:g} is out of bounds: expected at most {key.most:g}")
        return None
    return int(value) if key.kind == "whole" else float(value)


def _plain_number(raw: Any) -> float | None:
    """Return what `float()` makes of a number or its text; None for anything else, infinite or not a number."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if value - value == 0 else None


def _numbers(reader: Reader, loc: Loc, raw: Any, key: Key, name: str) -> tuple[float, ...] | None:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        reader.fault(loc, f"expected a list of numbers such as [1.0, 0.5], found {called(raw)}")
        return None
    item = replace(key, kind="number")
    values = [_number(reader, (*loc, i), part, item, name) for i, part in enumerate(raw)]
    return None if None in values else tuple(float(value) for value in values if value is not None)


def _block(reader: Reader, loc: Loc, raw: Any, key: Key, name: str) -> Any:
    """Return the value of a mapping; None where it is absent."""
    if raw is None:
        return None
    if key.use == "refused":
        return raw
    if not isinstance(raw, dict):
        reader.fault(loc, f"expected a mapping (`key: value`), found {called(raw)}")
        return None
    return _spawning(reader, loc, raw) if name == "conflict_driven_spawning" else raw


def _spawning(reader: Reader, loc: Loc, raw: Mapping[str, Any]) -> ConflictSpawning | None:
    found = dict(_values(reader, loc, raw, SPAWNING))
    mode = str(found.get("mode", "constant"))
    mode = mode.lower() if mode.lower() == "poisson" else mode
    if mode not in MODES:
        reader.fault((*loc, "spawn_mode"), f"{mode!r} is unknown: expected {either(MODES)}")
        return None
    default = 0.01 if mode == "pop_ratio" else 500.0
    people = float(found.get(DISPLACED, default))
    here = (*loc, DISPLACED)
    if mode != "pop_ratio" and reader.mirror and DISPLACED in reader.ranges:
        people = cut(reader, here)
    elif mode != "pop_ratio" and reader.mirror and people != int(people):
        reader.warn(here, f"Flee uses the whole part of {people:g}, and so does egress under flee", key=False)
        people = float(int(people))
    return ConflictSpawning(mode=mode, displaced_per_conflict_day=people)  # type: ignore[arg-type]


# Back to the form of simsetting.yml


def sections_of(rules: FleeRules) -> dict[str, Any]:
    """Return rules in the form of simsetting.yml, every key with its value, so that nothing depends on defaults."""
    spawn, ranged = rules.conflict_driven_spawning, {one.name: written(one) for one in rules.ranges}
    own: dict[str, Any] = {
        **ranged,
        "conflict_spawn_decay": list(rules.conflict_spawn_decay) or None,
        "conflict_driven_spawning": spawn
        and {"spawn_mode": spawn.mode, DISPLACED: ranged.get(DISPLACED, spawn.displaced_per_conflict_day)},
    }
    found: dict[str, Any] = {"default_conflict_intensity": rules.default_conflict_intensity}
    for section, keys in SECTIONS.items():
        pairs = {
            name: own.get(name, getattr(rules, key.field or name, None))
            for name, key in keys.items()
            if key.use == "rule" and name not in ("use_v1_rules", "camps_are_sicks")
        }
        if pairs:
            found[section] = {name: value for name, value in pairs.items() if value is not None}
    return found


def settings_fault(folder: Path) -> Fault:
    """Return the fault of a folder without settings."""
    names = sorted(path.name for path in folder.glob("*.y*ml"))
    hint = f" (found {either(names)}: pass it with --settings)" if names else " (or pass a file with --settings)"
    return Fault(shown(folder), 0, 0, f"no simsetting.yml in this folder{hint}")
