"""What is found in a Flee folder: faults, which end the reading, and warnings, which do not.

A warning is said where Flee would do something that its user hardly meant, without a word; it says what egress does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from egress.errors import Fault
from egress.scenario.positions import Cell, shown

SUPPORT = "docs/reference/flee-support.md"


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

    def refuse(self, file: str, at: Cell | None, feature: str) -> None:
        """Note a part of Flee that egress does not have."""
        self.fault(file, at, f"{feature}: not supported, see {SUPPORT}")

    def missing(self, path: Path) -> None:
        """Note a file that must be there and is not."""
        self.faults.append(Fault(shown(path), 0, 0, "missing file"))


def _found(file: str, at: Cell | None, message: str) -> Fault:
    return Fault(file, at.line, at.column, message) if at else Fault(file, 0, 0, message)
