"""The verbs about scenarios: validate, convert, explain, new, list and schema."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from egress.cli.options import FOR_FLEE, Rules, Settings, Source, refuse
from egress.cli.shown import show
from egress.errors import OutputError

if TYPE_CHECKING:
    from egress.formats.flee import Instance
    from egress.scenario.schema import Scenario

ONE = {"policies": "policy"}


def validate(scenario: Source, settings: Settings = None, rules: Rules = None) -> None:
    """Check a scenario: every fault with its file, line and column, or what it holds."""
    from egress.errors import ObservationError, ScenarioError
    from egress.formats.flee.folder import is_flee
    from egress.observations import Observations
    from egress.scenario.load import load

    if is_flee(Path(scenario)):
        instance = _read_flee(Path(scenario), settings, rules)
        typer.echo(f"{instance.scenario.name}: valid. {instance.size}")
        return
    refuse({"--settings": settings, "--rules": rules}, FOR_FLEE)
    faults = []
    for read in (load, Observations.of):
        try:
            read(scenario)
        except (ScenarioError, ObservationError) as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    typer.echo(f"{load(scenario).name}: valid. {_size(load(scenario))}")


def _read_flee(folder: Path, settings: Path | None, rules: str | None) -> Instance:
    """Return what a Flee folder or a converted scenario says, with its warnings on stderr."""
    from egress.flee.run import OWN
    from egress.formats.flee import read_instance
    from egress.formats.flee.read import warn

    instance = read_instance(folder, settings, rules="flee" if rules == OWN else rules)
    for warning in instance.warnings:
        warn(warning)
    return instance


def convert(
    source: Annotated[Path, typer.Argument(help="A Flee folder: input_csv and source_data in it.")],
    out: Annotated[Path, typer.Argument(help="Folder to make; its name names the scenario.")],
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Settings of Flee (else simsetting.yml in the folder).")
    ] = None,
    rules: Annotated[
        str, typer.Option(metavar="RULES", help="flee: as Flee does; flee-corrected: its defects mended.")
    ] = "flee",
) -> None:
    """Write a Flee folder as an egress scenario, which gives the same results."""
    from egress.formats.flee import convert as written
    from egress.formats.flee.read import warn

    for warning in written(source, out, settings, rules).warnings:
        warn(warning)
    typer.echo(f"Written to {out}. Next:  egress validate {out}  and  egress run {out}", err=True)


def explain(scenario: Source, settings: Settings = None, rules: Rules = None) -> None:
    """Show how a scenario or a Flee folder is computed: the step and its equations, parameters, events, evidence."""
    from egress.formats.flee.folder import is_flee

    if is_flee(Path(scenario)):
        from egress.flee.run import OWN
        from egress.report import flee_explain

        show(flee_explain.explanation(_read_flee(Path(scenario), settings, rules), rules == OWN))
        return
    refuse({"--settings": settings, "--rules": rules}, FOR_FLEE)
    from egress.report.explain import explanation
    from egress.scenario.load import load

    show(explanation(load(scenario)))


def new(
    name: Annotated[Path, typer.Argument(help="Folder to make; its name names the scenario.")],
) -> None:
    """Write a starter scenario: a small made-up crisis with comments, to be changed into yours."""
    for path in _started(name):
        typer.echo(path)
    typer.echo(f"\nNext: change these files, then  egress validate {name}  and  egress run {name}")


def _started(folder: Path) -> list[Path]:
    """Write the starter scenario to a new folder; return its files. Raises OutputError."""
    from importlib.resources import files

    from egress.scenario.load import list_names

    name = Path(os.path.abspath(folder)).name
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", name):
        expected = "lower-case letters, digits and hyphens, such as 'my-crisis'"
        raise OutputError(f"{name!r} cannot name a scenario: expected {expected}")
    if name in list_names():
        raise OutputError(f"{name!r} is the name of a shipped scenario; choose another")
    if folder.exists():
        raise OutputError(f"{folder}: is there already; choose another name")
    texts = {f.name: f.read_text("utf-8") for f in files("egress").joinpath("starter").iterdir() if f.is_file()}
    folder.mkdir(parents=True)
    for file, text in texts.items():
        (folder / file).write_text(text.replace("name: starter\n", f"name: {name}\n"), "utf-8", newline="\n")
    return sorted(folder / file for file in texts)


def list_scenarios() -> None:
    """List the scenarios shipped with egress."""
    from egress.scenario.load import list_names, load

    for scenario in map(load, list_names()):
        typer.echo(f"{scenario.name}: {scenario.title}\n    {_size(scenario)}")


def schema(
    out: Annotated[Path | None, typer.Option(help="File to write instead of printing.")] = None,
) -> None:
    """Print the JSON schema of scenario.yaml, for editors that check and complete."""
    from egress.scenario.published import schema_text

    if out is None:
        typer.echo(schema_text(), nl=False)
        return
    from egress.replaced import write_file

    write_file(out, schema_text())
    typer.echo(f"Written to {out}", err=True)


def _size(scenario: Scenario) -> str:
    """Return `24 origins, 6 groups, …; 48 days in steps of 6 h`."""
    from egress.scenario.time import days

    names = ("origins", "groups", "places", "crossings", "lanes", "services", "signals", "policies")
    counted = [(name, len(getattr(scenario, name))) for name in names]
    said = [f"{count} {ONE.get(name, name[:-1]) if count == 1 else name}" for name, count in counted if count]
    said.append(f"{len(scenario.evidence)} source{'' if len(scenario.evidence) == 1 else 's'}")
    period = scenario.period
    return f"{', '.join(said)}; {days(period)} days from {period.start} in steps of {period.step:g} h"
