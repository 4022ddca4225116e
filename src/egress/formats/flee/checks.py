"""A scenario under examination: what is known of it, and where faults and warnings are noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from egress.engine.flee.case import FleeRules
from egress.formats.flee.findings import Findings
from egress.formats.flee.scenario import FleeScenario
from egress.scenario.positions import Cell, Loc
from egress.spelling import nearest

Spot = Callable[[Loc], tuple[str, Cell]]
CAMPS = ("camp", "idpcamp")


@dataclass
class Checks:
    """A scenario under examination."""

    scenario: FleeScenario
    rules: FleeRules
    spot: Spot
    findings: Findings
    names: dict[str, int] = field(default_factory=dict)

    @property
    def mirror(self) -> bool:
        """Say whether defects of Flee are mirrored."""
        return self.scenario.rules == "flee"

    def fault(self, loc: Loc, message: str) -> None:
        """Note a fault at a place of the scenario."""
        self.findings.fault(*self.spot(loc), message)

    def warn(self, loc: Loc, message: str) -> None:
        """Note a warning at a place of the scenario."""
        self.findings.warn(*self.spot(loc), message)

    def unknown(self, loc: Loc, name: str, names: Iterable[str], what: str, otherwise: str = "") -> None:
        """Note a name that is not among the known: a warning where Flee goes on, else a fault."""
        message = f"{what} {name!r} is not in locations.csv{nearest(name, names)}"
        if otherwise and self.mirror:
            self.warn(loc, f"{message}; {otherwise}")
        else:
            self.fault(loc, message)


def close(name: str, names: Iterable[str]) -> str:
    """Return a hint at the name that is meant, where one is near."""
    hint = nearest(name, names)
    return hint if "did you mean" in hint else ""
