"""The parameters that a scenario sets itself: known by name, in the unit and on the side of 0 of the default."""

from __future__ import annotations

from collections.abc import Iterator

from egress.scenario.findings import PAGES, REFERRED, Finding, ids, known
from egress.scenario.positions import Loc
from egress.scenario.schema import Parameter, Scenario

DIVISORS = ("detour", "road_speed", "rail_speed", "nest_dissimilarity")  # others may be 0


def parameter_faults(
    scenario: Scenario, defaults: tuple[Parameter, ...], broken: frozenset[Loc] = frozenset()
) -> list[Finding]:
    """Return what is wrong with the parameters that a scenario sets itself."""
    found = list(_parameters(scenario, {row.name: row for row in defaults}))
    return [finding for finding in found if not {finding[0][:1], finding[0][:2]} & broken]


def _parameters(scenario: Scenario, defaults: dict[str, Parameter]) -> Iterator[Finding]:
    seen = set()
    names = [*ids(scenario.evidence), *PAGES]
    for i, row in enumerate(scenario.parameters):
        loc: Loc = ("parameters", i)
        yield from known((*loc, "name"), "parameter", row.name, defaults)
        if row.name in seen:
            yield (*loc, "name"), f"duplicate parameter {row.name!r}: expected it once"
        seen.add(row.name)
        if row.name in defaults and row.dimension != defaults[row.name].dimension:
            usual = defaults[row.name].unit
            yield (*loc, "unit"), f"{row.name!r} in {row.unit!r}: expected {usual!r} or a unit like it"
        if row.name in defaults and row.value.low < 0 <= defaults[row.name].value.low:
            yield (*loc, "value"), f"{row.value.low:g} is out of bounds: expected at least 0"
        elif row.name in DIVISORS and row.value.median <= 0:
            yield (*loc, "value"), f"{row.value.median:g} is out of bounds: expected more than 0"
        for name in row.source.split(";"):
            found = known((*loc, "source"), "source", name.strip(), names)
            yield from found if scenario.evidence else ((("evidence",), REFERRED) for _ in found)
