"""Everything that egress raises on purpose.

EgressError
├── ScenarioError      the scenario cannot be used; carries every fault with its place
├── ObservationError   a table of counts cannot be used; carries every fault with its place
├── RunError           a run cannot go on (a ring overflowed, people were lost)
│   └── ConservationError
├── MergeError         run folders are not the parts of one run
└── OutputError        a folder or file cannot be written
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong, and where: file, line and column (from 1; 0 where there is none)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Return `file:line:column: message`, leaving out what is unknown."""
        place = self.file + (f":{self.line}:{self.column}" if self.line else "")
        return f"{place}: {self.message}" if place else self.message


class EgressError(Exception):
    """Base of all errors of egress; its text is fit for a user."""


class FaultyInput(EgressError):  # noqa: N818 - the two kinds below are what users see
    """Input with one or more faults, all reported at once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ScenarioError(FaultyInput):
    """The scenario cannot be used."""


class ObservationError(FaultyInput):
    """A table of counts cannot be used."""


class RunError(EgressError):
    """A run cannot go on."""


class ConservationError(RunError):
    """People appeared or vanished: a defect of egress, never of the input."""


class MergeError(EgressError):
    """Run folders are not the parts of one run, or not all of them."""


class OutputError(EgressError):
    """A folder or file cannot be written."""
