"""A settings file on the way to rules: where its values stand, what was found, which settings have ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from egress.engine.flee.case import SettingRange
from egress.formats.flee.findings import Findings
from egress.scenario.positions import Cell, Loc, Reading


@dataclass
class Reader:
    """A settings file on the way to rules."""

    reading: Reading
    lines: list[str]
    findings: Findings
    mirror: bool
    ranges: dict[str, SettingRange] = field(default_factory=dict)
    """By key: those met so far."""

    def at(self, loc: Loc, key: bool = False) -> Cell:
        """Return where a value (or its key) stands."""
        spot = self.reading.spot(loc, key)
        return Cell("", spot.line, spot.column)

    def quoted(self, loc: Loc) -> bool:
        """Say whether a value stands in quotes."""
        at = self.at(loc)
        return self.lines[at.line - 1][at.column - 1 : at.column] in ("'", '"') if at.line else False

    def fault(self, loc: Loc, message: str, key: bool = False) -> None:
        """Note a fault at a value or key."""
        self.findings.fault(self.reading.file, self.at(loc, key), message)

    def warn(self, loc: Loc, message: str, key: bool = True) -> None:
        """Note a warning at a key or value."""
        self.findings.warn(self.reading.file, self.at(loc, key), message)


def called(raw: Any) -> str:
    """Return what a value is, for messages."""
    match raw:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return str(raw).lower()
    return repr(raw)
