"""What `egress explain` prints of a Flee folder: a day and its equations, the settings, defects, events, files."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from egress.engine.flee import capacity, choose, closures, gravity, hosts, movechance, score, spawn, travel
from egress.engine.flee.case import FleeRules
from egress.formats.flee import Instance
from egress.formats.flee.setting_ranges import ENDS
from egress.formats.flee.settings import sections_of
from egress.report.explain import _heading, _table

OWN_SETTINGS = ("hasten", "insert_day0", "empty_camps_on_day0", "sum_from_camps")
DAY: dict[bool, tuple[ModuleType, ...]] = {
    False: (spawn, closures, score, capacity, movechance, choose, travel),
    True: (spawn, closures, gravity, hosts),
}
"""What happens on a day, in this order: by Flee's rules, and by egress's own."""


def explanation(instance: Instance, own: bool) -> RenderableType:
    """Return how a Flee folder is computed, under egress's `own` rules or Flee's, as rich prints it."""
    said = instance.scenario
    return Group(
        Text(f"{said.title or said.name} ({said.name})", style="bold"),
        Text(f"{instance.size}{'; here: egress' if own else ''}.\n"),
        _heading("A day, in this order"),
        *_modules(DAY[own]),
        _heading("Settings"),
        _settings(instance.rules, own),
        _heading("Defects of Flee"),
        Text(_defects(instance.rules, own)),
        _heading("What happens when"),
        _events(instance),
        _heading("Files"),
        *(Text(f"• {row.what}") for row in said.evidence),
    )


def _modules(modules: tuple[ModuleType, ...]) -> Iterator[RenderableType]:
    """Yield what the modules say at the top of their files; `flee.md` is the project's description of Flee."""
    for number, module in enumerate(modules, 1):
        first, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
        yield Text(f"{number}. {first}")
        yield Padding(Text(rest.strip("\n")), (0, 0, 1, 4))


def _settings(rules: FleeRules, own: bool) -> Table:
    """Return the settings in force beside Flee's defaults; under egress's own rules those that it reads."""
    table, defaults = _table("setting", "value", "Flee's default"), sections_of(FleeRules())
    for section, values in sections_of(rules).items():
        here = values if isinstance(values, dict) else {section: values}
        for name, value in here.items():
            if own and name not in OWN_SETTINGS:
                continue
            default = defaults.get(section, {})
            usual = default.get(name) if isinstance(default, dict) else default
            table.add_row(Text(name), Text(_said(value)), Text("the same" if usual == value else _said(usual)))
    return table


def _said(value: object) -> str:
    if isinstance(value, dict) and value.keys() == set(ENDS):
        return f"{value['low']} to {value['high']}, by member"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _defects(rules: FleeRules, own: bool) -> str:
    """Return which defects are mirrored, by their switches."""
    if own:
        return "egress's own rules move nobody along roads: of Flee's defects only those of reading files are mirrored."
    mirrored = [name for name, on in vars(rules.semantics).items() if on]
    if not mirrored:
        return "None is mirrored that a switch can mend. What each was: docs/reference/flee-support.md."
    return f"Mirrored: {', '.join(mirrored)}. What each does: docs/reference/flee-support.md."


def _events(instance: Instance) -> Table:
    """Return conflicts (their number by day of beginning), closures, changes and corrections by day."""
    said, rows = instance.scenario, []
    for day, count in Counter(row.starts for row in said.conflicts).items():
        named = [row.place for row in said.conflicts if row.starts == day]
        rows.append((day, "conflict", f"{', '.join(named[:3])}{f' and {count - 3} more' if count > 3 else ''}"))
    for closure in said.closures:
        ends = f", until {closure.reopens}" if closure.reopens else ""
        chance = f", probability {closure.probability:g}" if closure.probability < 1 else ""
        rows.append((closure.closes, f"closure of {closure.what}", f"{' – '.join(closure.names)}{ends}{chance}"))
    rows += [(row.date, "change", f"{row.place} becomes {row.type}") for row in said.changes]
    rows += [(row.date, "registration corrected", row.camp) for row in said.corrections]
    table = _table("day", "what", "where")
    for at, what, where in sorted(rows):
        never = what.startswith("closure") and at < said.period.start
        table.add_row("never" if never else str(at), Text(what), Text(where))
    return table
