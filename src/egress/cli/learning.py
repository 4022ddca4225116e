"""The verbs sensitivity and calibrate: what would be learnt, and what is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from egress.cli.options import MOST_SEED, Source, read_moment, read_step
from egress.cli.shown import phase, progress_bar, show


def sensitivity(
    scenario: Source,
    outputs: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="What for, such as arrivals,peak,queue,stranded,GEO,queue:lars."),
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
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-sensitivity-TIME).")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
) -> None:
    """Ask what would change our mind: how much of the spread of an output each unknown input accounts for."""
    named = {"outputs": _listed(outputs), "apart": _listed(apart), "seed": seed, "as_of": as_of, "step": step}
    with progress_bar() as bar:
        from egress.report import folder

        place = out or folder.default(f"{Path(scenario).name}-sensitivity", datetime.now())
        with folder.prepared(place) as part:
            from egress.assimilate.sensitivity import sensitivity as explored
            from egress.report.sensitivity import summary, write

            options = {name: value for name, value in named.items() if value is not None}
            options |= {"samples": samples, "kept": kept, "threads": threads}
            found = explored(scenario, **options, progress=lambda share: bar.update(bar.task_ids[0], completed=share))
            bar.stop()
            show(summary(found))
            write(found, part)
    typer.echo(f"Written to {place}", err=True)


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
            from egress.report import calibration

        def progress(share: float) -> None:
            label = "compiling (once)" if share == 0 else f"learning {without or scenario}"
            bar.update(bar.task_ids[0], completed=share, description=label)

        if without is not None:
            text, place = calibration.cold(without, scenario, out, options, progress)
        else:
            text, place = calibration.posterior(str(scenario), observations, out, options, progress)
    show(text)
    typer.echo(f"Written to {place}", err=True)
