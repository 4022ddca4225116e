"""The verb forecast."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from egress.cli.options import FOR_FLEE, MOST_SEED, Rules, Settings, Source, read_moment, read_numbers, refuse
from egress.cli.shown import phase, progress_bar, show

if TYPE_CHECKING:
    from rich.progress import Progress


def forecast(
    scenario: Source,
    as_of: Annotated[
        Any, typer.Option(parser=read_moment, metavar="DATE", help="Use only what was known before the start of DATE.")
    ],
    days: Annotated[int, typer.Option(min=1, max=60, metavar="N", help="How many days ahead.")] = 14,
    members: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="How many runs (else 1000, or those of the posterior).")
    ] = None,
    observations: Annotated[Path | None, typer.Option(metavar="FILE", help="Your own counts, CSV or .xlsx.")] = None,
    settings: Settings = None,
    rules: Rules = None,
    posterior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What counts have taught; it learns on from those since.")
    ] = None,
    save_posterior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write what was learnt, for --posterior tomorrow.")
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Use no count of the crisis, and no prior that it shaped.")
    ] = False,
    cold_priors: Annotated[
        bool, typer.Option("--cold-priors", help="Learn from counts, but from no prior that the crisis shaped.")
    ] = False,
    yesterday: Annotated[
        bool, typer.Option(help="Also make the forecast of the day before, to see what changed.")
    ] = True,
    exceed: Annotated[
        Any, typer.Option(parser=read_numbers, metavar="N,...", help="Give the chance that more people enter on a day.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/forecast-SCENARIO-DATE-TIME).")] = None,
    archive: Annotated[Path | None, typer.Option(metavar="DIR", help="Also add the forecast to this archive.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Do not round numbers of people.")] = False,
) -> None:
    """Forecast a scenario, or the camps of a Flee folder, from the counts published before DATE; write a folder."""
    if cold and (observations or posterior or save_posterior):
        raise typer.BadParameter("--cold uses no count: leave out --observations, --posterior and --save-posterior")
    if cold and cold_priors:
        raise typer.BadParameter("--cold-priors goes with counts: leave out --cold, which uses none")
    with progress_bar() as bar:
        from egress.formats.flee.folder import is_flee

        if is_flee(Path(scenario)):
            anew = "is not for Flee folders: each forecast of their camps learns anew from all reports"
            refuse({"--posterior": posterior, "--save-posterior": save_posterior}, anew)
            refuse(
                {"--cold": cold or None, "--cold-priors": cold_priors or None},
                "is not for Flee folders: without counts there is `egress run`",
            )
            none = "is not for Flee folders: their forecasts make none of the day before"
            refuse({"--no-yesterday": None if yesterday else True}, none)
            given: dict[str, Any] = {"days": days, "members": members, "seed": seed, "threads": threads}
            given |= {"settings": settings, "rules": rules, "observations": observations}
            written = {"out": out, "exact": exact, "exceed": exceed or (), "archive": archive}
            _forecast_flee(bar, Path(scenario), as_of, given, written)
            return
        refuse({"--settings": settings, "--rules": rules}, FOR_FLEE)
        with phase(bar, {}, "reading"):
            from egress.report import folder, forecasting

            options = {"days": days, "members": members, "seed": seed, "threads": threads}
            asked = forecasting.asked(scenario, as_of, observations, posterior, cold, cold_priors, yesterday, options)
        place = out or folder.default(asked.label, datetime.now())
        with folder.prepared(place) as part:
            task = bar.task_ids[0]
            made = asked.made(lambda share: bar.update(task, completed=share, description=asked.doing(share)))
            bar.stop()
            show(asked.summary(made, exact, exceed or ()))
            bar.start()
            hub = asked.write(
                part, made, exact, exceed or (), lambda name: bar.update(task, description=f"writing {name}")
            )
    typer.echo(f"Written to {place}", err=True)
    if save_posterior is not None:
        asked.learnt(made).save(save_posterior)
        typer.echo(f"Posterior written to {save_posterior}", err=True)
    if archive is not None:
        typer.echo(f"Archived as {asked.archived(hub, archive)}", err=True)


def _forecast_flee(
    bar: Progress, source: Path, as_of: date | datetime, options: dict[str, Any], written: dict[str, Any]
) -> None:
    """Forecast the camps of a Flee folder: print a summary and write its folder."""
    from egress.report import flee_forecast

    if isinstance(as_of, datetime):
        raise typer.BadParameter("--as-of: Flee folders go by days: expected a day such as 2012-09-01")
    task, given = bar.task_ids[0], {name: value for name, value in options.items() if value is not None}
    place, made, kept = flee_forecast.run_folder(
        source, as_of, options=given, **written,
        progress=lambda share: bar.update(task, completed=share),
        say=lambda name: bar.update(task, description=name),
    )  # fmt: skip
    bar.stop()
    show(flee_forecast.summary(made, written["exceed"]))
    typer.echo(f"Written to {place}", err=True)
    if kept is not None:
        typer.echo(f"Archived as {kept}", err=True)
