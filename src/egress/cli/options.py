"""What options and arguments of several verbs have in common: how they are read, and what is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from egress.scenario.schema import Scenario

STEPS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours
OWN = "egress"
RULES = ("flee", "flee-corrected", OWN)
FOR_FLEE = "is for Flee folders (input_csv and source_data in them)"
NEAR = timedelta(days=90)  # how long before the period the moment of a run may lie
MOST_SEED = 2**63 - 1
MOMENT = "a day such as 2022-09-26, or a time with offset such as 2022-09-26T09:00+03:00"
Settings = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Flee folders: settings (else its simsetting.yml).")
]
Rules = Annotated[
    str | None,
    typer.Option(
        callback=lambda name: read_rules(name),
        metavar="RULES",
        help="Flee folders: flee, flee-corrected (its defects mended), or egress.",
    ),
]
Source = Annotated[str, typer.Argument(help="A scenario folder, or the name of a shipped scenario.")]


def read_moment(text: str) -> date | datetime:
    """Read a day, or a time with offset; anything else is a bad option."""
    try:
        if len(text) == len("2022-09-26"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected {MOMENT}") from None
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no offset: expected {MOMENT}")
    return moment


def read_members(text: str) -> int | range:
    """Read a number of members, or a range of them; anything else is a bad option."""
    from egress.parts import read

    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def read_rules(name: str | None) -> str | None:
    """Return the rules for a Flee folder; others are a bad option."""
    if name not in (None, *RULES):
        raise typer.BadParameter(f"--rules {name}: expected {', '.join(RULES[:-1])} or {RULES[-1]}")
    return name


def read_step(hours: float | None) -> float | None:
    """Return the hours of a step; those that do not divide a day are a bad option."""
    if hours is not None and hours not in STEPS:
        raise typer.BadParameter(f"{hours:g} h do not divide a day: expected {', '.join(map(str, STEPS))}")
    return hours


def read_numbers(text: str) -> list[float]:
    """Read numbers of people between commas; anything else is a bad option."""
    try:
        found = [float(int(part)) for part in text.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise typer.BadParameter(f"{text!r}: expected numbers of people such as 1000,5000")
    return sorted(set(found))


def refuse(options: dict[str, Any], why: str) -> None:
    """Raise BadParameter for the first option that is given."""
    for name, value in options.items():
        if value is not None:
            raise typer.BadParameter(f"{name} {why}")


def stepped(scenario: Scenario, step: float | None) -> Scenario:
    """Return the scenario with another length of the step."""
    if step is None:
        return scenario
    return scenario.model_copy(update={"period": scenario.period.model_copy(update={"step": step})})


def start_of(scenario: Scenario, as_of: date | datetime | None) -> datetime | None:
    """Return a moment; of a day, its start in the local time of the scenario. Others than near it are refused."""
    if as_of is None:
        return None
    from egress.scenario.time import zone

    local = zone(scenario.period.utc_offset)
    moment = as_of if isinstance(as_of, datetime) else datetime(as_of.year, as_of.month, as_of.day, tzinfo=local)
    first, last = scenario.period.start - NEAR, scenario.period.end
    if not first <= moment.astimezone(local).date() <= last:
        hint = "near the period of the run; leave it out for a run in hindsight"
        raise typer.BadParameter(f"--as-of {as_of}: expected a day from {first} to {last}, {hint}")
    return moment
