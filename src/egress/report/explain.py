"""What `egress explain` prints: how a scenario is computed, and what each number rests on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import datetime, timezone
from operator import itemgetter

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from egress.report.names import STATUSES
from egress.report.summary import assumptions
from egress.scenario.schema import Parameter, Scenario, Status
from egress.scenario.time import days, steps, zone
from egress.units import parse

Event = tuple[datetime, str, str, str]


def explanation(scenario: Scenario) -> RenderableType:
    """Return the step and its equations, parameters, events by time and evidence, as rich prints them."""
    period = scenario.period
    count = f"{days(period)} days from {period.start}, {steps(period)} steps of {period.step:g} h"
    return Group(
        Text(f"{scenario.title} ({scenario.name})", style="bold"),
        Text(f"{scenario.summary}\n{count}.\n"),
        _heading("A step, in this order"),
        *_processes(),
        _heading("Parameters: drawn once per run of chance"),
        _parameters(scenario),
        _heading("What becomes known when"),
        _events(scenario),
        _heading("Evidence"),
        _evidence(scenario),
        _heading("How far to trust it"),
        Text(assumptions(scenario)),
        *(Text(f"• {limit}") for limit in scenario.limits),
    )


def _heading(text: str) -> RenderableType:
    return Text(f"\n{text}\n", style="bold underline")


def _processes() -> Iterator[RenderableType]:
    """Yield the processes of a step with their equations, which stand at the top of their files."""
    from egress.engine.loop import ORDER

    for number, (name, (_, module)) in enumerate(ORDER.items(), 1):
        first, _, rest = inspect.cleandoc(module.__doc__ or "").partition("\n")
        what = first.partition(": ")[2] or first
        yield Text.assemble(f"{number}. ", (name, "bold"), f": {what}")
        yield Padding(Text(rest.strip("\n")), (0, 0, 1, 4))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _parameters(scenario: Scenario) -> RenderableType:
    table = _table("name", "90 % range", "middle", "unit", "meaning", "source")
    for row in scenario.parameters:
        table.add_row(Text(row.name), *ranged(row), Text(row.unit), Text(row.meaning), Text(row.source))
    return table


def ranged(row: Parameter) -> tuple[str, str]:
    """Return the range and the middle of a parameter in the unit of its row; no range where it is certain."""
    timed = row.dimension in ("rate", "duration", "distance", "speed")
    unit = parse(f"1 {row.unit}".replace(" /", "/"), row.dimension) if timed else 1.0
    low, middle, high = (f"{x / unit:.3g}" for x in (row.value.low, row.value.value, row.value.high))
    return ("" if row.value.certain else f"{low}–{high}"), middle


def _events(scenario: Scenario) -> RenderableType:
    local = zone(scenario.period.utc_offset)
    table = _table("time", "status", "what", "evidence")
    known = [*_signals(scenario), *_policies(scenario)]
    for at, status, what, evidence in sorted(known, key=itemgetter(0)):
        table.add_row(f"{at.astimezone(local):%Y-%m-%d %H:%M}", status, Text(what), Text(evidence))
    return table


def _signals(scenario: Scenario) -> Iterator[Event]:
    for signal in scenario.signals:
        yield signal.at, "signal", signal.what, ", ".join(signal.evidence)


def _policies(scenario: Scenario) -> Iterator[Event]:
    """Yield the history of every policy, and (known in hindsight only) what came of it."""
    for policy in scenario.policies:
        for status in policy.history:
            word = STATUSES.get(status.status, status.status)
            yield (
                status.at,
                word,
                policy.what + _when(status, zone(scenario.period.utc_offset)),
                ", ".join(status.evidence),
            )
        outcome = policy.outcome
        if outcome is not None:
            at = outcome.starts or policy.history[-1].at
            came = "happened (hindsight)" if outcome.happened else "never happened (hindsight)"
            yield at, came, policy.what, ", ".join(outcome.evidence)


def _when(status: Status, local: timezone) -> str:
    """Return from when to when a policy is said to hold, in brackets; empty where neither is said."""
    said = [("from", status.starts), ("until", status.ends)]
    parts = [f"{word} {at.astimezone(local):%Y-%m-%d %H:%M}" for word, at in said if at is not None]
    return f" ({', '.join(parts)})" if parts else ""


def _evidence(scenario: Scenario) -> RenderableType:
    table = _table("id", "what", "publisher", "published", "address")
    for row in scenario.evidence:
        table.add_row(*map(Text, (row.id, row.what, row.publisher, row.published, row.url)))
    return table
