"""A number of the settings written as a range, `{low: 200, high: 600}`: read, and refused where it has no meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from egress.engine.flee.case import SettingRange
from egress.formats.flee.setting_keys import Key
from egress.formats.flee.setting_reader import Reader
from egress.scenario.positions import Loc, Spot, read_yaml

ENDS = ("low", "high")
SECTIONS = ("move_rules", "spawn_rules", "conflict_driven_spawning")
"""Where numbers may have ranges."""
NUMBERS = ("whole", "number")
EXAMPLE = "{low: 1, high: 2}"
PLAIN = {
    "switch": "true or false",
    "whole": "one whole number",
    "number": "one number",
    "numbers": "a list of numbers such as [1.0, 0.5]",
    "text": "text",
    "any": "one value",
}
"""What to write where a range has no meaning, by kind of key."""
End = Callable[[Loc, Any], float | int | None]


def is_range(raw: Any, key: Key) -> bool:
    """Say whether a value is meant as a range: a mapping in the place of a number, or with one of its ends."""
    if not isinstance(raw, dict) or key.kind == "block":
        return False
    return key.kind in NUMBERS or not raw.keys().isdisjoint(ENDS)


def middle_of(reader: Reader, loc: Loc, raw: Mapping[str, Any], key: Key, read_end: End) -> float | int | None:
    """Keep a range and return its middle; None where it is faulty (noted). `read_end` reads an end as plain."""
    name, section = str(loc[-1]), loc[-2] if len(loc) > 1 else ""
    if section not in SECTIONS or key.use != "rule" or key.kind not in NUMBERS:
        reader.fault(loc, f"{name} cannot have a range: expected {PLAIN[key.kind]}")
        return None
    unknown = [end for end in raw if end not in ENDS]
    for end in unknown:
        reader.fault((*loc, end), f"unknown key {end!r}: a range has low and high, such as {EXAMPLE}", key=True)
    missing = [end for end in ENDS if end not in raw]
    if missing and not unknown:
        reader.fault(loc, f"a range without {missing[0]}: expected low and high, such as {EXAMPLE}")
    low, high = (read_end((*loc, end), raw[end]) if end in raw else None for end in ENDS)
    if unknown or low is None or high is None:
        return None
    if low > high:
        reader.fault((*loc, "low"), f"low {low:g} is above high {high:g}: expected the smaller end as low")
        return None
    return _kept(reader, SettingRange(name, float(low), float(high), key.kind == "whole"))


def _kept(reader: Reader, found: SettingRange) -> float | int:
    """Keep a range where its ends differ; return its middle."""
    if found.low < found.high:
        reader.ranges[found.name] = found
    return int(found.middle) if found.whole else found.middle


def cut(reader: Reader, loc: Loc) -> float:
    """Cut a range to whole numbers, as Flee cuts what is drawn from it; return its middle."""
    name = str(loc[-1])
    found = reader.ranges.pop(name)
    whole = replace(found, low=float(int(found.low)), high=float(int(found.high)), whole=True)
    if (whole.low, whole.high) != (found.low, found.high):
        reader.warn(loc, f"Flee uses whole numbers of {name}: {whole.low:g} to {whole.high:g}", key=False)
    return float(_kept(reader, whole))


def spot_of(settings: Path, name: str) -> Spot:
    """Return where the value of a setting that may have a range stands in a settings file."""
    reading = read_yaml(settings)
    return next(reading.spot((part, name)) for part in SECTIONS if (part, name) in reading.values)


def written(found: SettingRange) -> dict[str, float | int]:
    """Return a range in the form of simsetting.yml."""
    return {end: int(value) if found.whole else value for end, value in zip(ENDS, (found.low, found.high), strict=True)}
