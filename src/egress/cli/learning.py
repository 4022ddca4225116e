"""The verbs sensitivity and calibrate: what would be learnt, and what is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from egress.cli.options import (
    FOR_FLEE,
    MOST_SEED,
    OWN,
    Rules,
    Settings,
    Source,
    read_moment,
    read_step,
    refuse,
    start_of,
)
from egress.cli.shown import phase, progress_bar, show

if TYPE_CHECKING:
    from egress.report.sensitivity import Shown


def sensitivity(
    scenario: Source,
    outputs: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="What for, such as arrivals,queue,stranded,GEO,queue:lars (Flee: ard,camps)."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(metavar="N", help="Base points of the design, a power of two.")] = 32,
    kept: Annotated[int, typer.Option(min=1, metavar="N", help="Inputs measured one by one.")] = 12,
    apart: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Groups of inputs to take number by number, such as groups.")
    ] = None,
    as_of: Annotated[
        Any, typer.Option(parser=read_moment, metavar="DATE", help="Use only what was known before the start of DATE.")
    ] = None,
    step: Annotated[
        float | None, typer.Option(callback=read_step, metavar="H", help="Hours of a step (else 12 or the scenario's).")
    ] = None,
    settings: Settings = None,
    rules: Rules = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-sensitivity-TIME).")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
) -> None:
    """Ask what would change our mind: how much of the spread of an output each unknown input accounts for."""
    common = {"outputs": _listed(outputs), "samples": samples, "kept": kept, "seed": seed, "threads": threads}
    of_scenarios = {"apart": _listed(apart), "as_of": as_of, "step": step}
    of_folders = {"settings": settings, "rules": rules}
    with progress_bar() as bar:
        from egress.formats.flee.folder import is_flee
        from egress.report import folder

        flee = is_flee(Path(scenario))
        common |= _own(flee, of_scenarios, of_folders)
        given = {name: value for name, value in common.items() if value is not None}
        if as_of is not None and not flee:
            from egress.scenario.load import load

            start_of(load(scenario), as_of)
        place = out or folder.default(f"{Path(scenario).name}-sensitivity", datetime.now())
        with folder.prepared(place) as part:
            found = _explored(scenario, flee, given, lambda share: bar.update(bar.task_ids[0], completed=share))
            from egress.report.sensitivity import summary, write

            bar.stop()
            show(summary(found))
            write(found, part)
    typer.echo(f"Written to {place}", err=True)


def _own(flee: bool, of_scenarios: dict[str, Any], of_folders: dict[str, Any]) -> dict[str, Any]:
    """Return the options of one kind of source, Flee folder or scenario; refuse those of the other."""
    own, other = (of_folders, of_scenarios) if flee else (of_scenarios, of_folders)
    refuse({f"--{n.replace('_', '-')}": v for n, v in other.items()}, "is not for Flee folders" if flee else FOR_FLEE)
    if own.get("rules") == OWN:
        raise typer.BadParameter("--rules egress: egress's own rules read no setting that could have a range")
    return own


def _explored(scenario: str, flee: bool, options: dict[str, Any], progress: Callable[[float], None]) -> Shown:
    """Return what the spread of a scenario, or of a Flee folder, comes from."""
    if flee:
        from egress.flee.sensitivity import sensitivity as of_folder
        from egress.report import flee_sensitivity

        return flee_sensitivity.shown(of_folder(scenario, **options, progress=progress))
    from egress.assimilate.sensitivity import sensitivity as of_scenario
    from egress.report import sensitivity_words

    return sensitivity_words.shown(of_scenario(scenario, **options, progress=progress))


def _listed(names: str | None) -> list[str] | None:
    """Return names apart by commas."""
    return None if names is None else [name.strip() for name in names.split(",") if name.strip()]


def calibrate(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A scenario folder or shipped scenario (with --without: the one to learn from, else all)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write (else SCENARIO.nc or without-CRISIS.yaml).")] = None,
    until: Annotated[
        Any,
        typer.Option(parser=read_moment, metavar="DATE", help="Use only counts published before the start of DATE."),
    ] = None,
    observations: Annotated[Path | None, typer.Option(help="CSV table with counts of your own.")] = None,
    settings: Settings = None,
    without: Annotated[
        str | None,
        typer.Option(metavar="CRISIS", help="Write priors for a cold forecast of CRISIS, learnt from the others."),
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="How many members learn (else 1000, with --without 300)."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
) -> None:
    """Learn from counts: write a posterior for run and forecast, or priors without a crisis."""
    given = {"members": members, "seed": seed, "threads": threads, "until": until}
    options = {name: value for name, value in given.items() if value is not None}
    if without is None and scenario is None:
        raise typer.BadParameter("expected a SCENARIO, or --without CRISIS")
    if without is not None and observations is not None:
        raise typer.BadParameter("--observations goes with a SCENARIO, not with --without")
    with progress_bar() as bar:
        with phase(bar, {}, "reading"):
            from egress.formats.flee.folder import is_flee
            from egress.report import calibration, flee_calibration

        def progress(share: float) -> None:
            label = "compiling (once)" if share == 0 else f"learning {without or scenario}"
            bar.update(bar.task_ids[0], completed=share, description=label)

        flee = scenario is not None and is_flee(Path(scenario))
        _check_learning(flee, until, {"--without": without, "--observations": observations}, {"--settings": settings})
        if flee:
            text, place = flee_calibration.posterior(Path(str(scenario)), settings, out, options, progress)
        elif without is not None:
            text, place = calibration.cold(without, scenario, out, options, progress)
        else:
            text, place = calibration.posterior(str(scenario), observations, out, options, progress)
    show(text)
    typer.echo(f"Written to {place}", err=True)


def _check_learning(flee: bool, until: Any, of_scenarios: dict[str, Any], of_folders: dict[str, Any]) -> None:
    """Refuse the options of the other kind of source, and for Flee folders a time of day."""
    if not flee:
        refuse(of_folders, FOR_FLEE)
        return
    refuse(of_scenarios, "is not for Flee folders")
    if isinstance(until, datetime):
        raise typer.BadParameter("--until: Flee folders go by days: expected a day such as 2012-09-01")
