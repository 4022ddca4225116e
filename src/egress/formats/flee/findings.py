"""What is found in a Flee folder: faults, which end the reading, and warnings, which do not.

A warning is said where Flee would do something that its user hardly meant, without a word; it says what egress does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from egress.errors import Fault
from egress.scenario.positions import Cell, shown

SUPPORT = "docs/reference/flee-support.md"
ALIKE = 3  # warnings of one kind in one file that are told one by one


@dataclass
class Findings:
    """Faults and warnings gathered while a folder is read; all of them are told at once."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, file: str, at: Cell | None, message: str) -> None:
        """Note what ends the reading, at a cell or (with None) for a whole file."""
        self.faults.append(_found(file, at, message))

    def warn(self, file: str, at: Cell | None, message: str) -> None:
        """Note what Flee would do without a word."""
        self.warnings.append(_found(file, at, message))

    def refuse(self, file: str, at: Cell | None, name: str, part: str = "") -> None:
        """Note a name that asks for a part of Flee that egress does not have."""
        self.fault(file, at, f"{name}: not supported{f' ({part})' if part else ''}, see {SUPPORT}")

    def missing(self, path: Path) -> None:
        """Note a file that must be there and is not."""
        self.faults.append(Fault(shown(path), 0, 0, "missing file"))

    def told(self) -> tuple[Fault, ...]:
        """Return the warnings in the order of files and lines; of many alike, the first few and how many more."""
        kinds: dict[tuple[str, str], list[Fault]] = {}
        for warning in sorted(set(self.warnings)):
            kinds.setdefault((warning.file, _kind(warning.message)), []).append(warning)
        return tuple(sorted(warning for alike in kinds.values() for warning in _few(alike)))


def _kind(message: str) -> str:
    """Return a message without its names and numbers."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|[0-9.]+", "", message)


def _few(alike: list[Fault]) -> Iterator[Fault]:
    yield from alike[:ALIKE]
    if len(alike) > ALIKE:
        file, line, column = alike[ALIKE].file, alike[ALIKE].line, alike[ALIKE].column
        yield Fault(file, line, column, f"{alike[ALIKE].message} {_more(len(alike) - ALIKE - 1)}".rstrip())


def _more(count: int) -> str:
    return f"(and {count} more like this)" if count else ""


def _found(file: str, at: Cell | None, message: str) -> Fault:
    return Fault(file, at.line, at.column, message) if at else Fault(file, 0, 0, message)
