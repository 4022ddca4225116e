"""The verb score, and the benchmark of sudden exits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from egress.cli.options import refuse
from egress.cli.shown import progress_bar, show

if TYPE_CHECKING:
    from egress.flee.split import Split


def score(
    forecast: Annotated[Path | None, typer.Argument(help="The folder of a forecast.")] = None,
    observations: Annotated[
        Path | None, typer.Argument(help="What was counted since: CSV, .xlsx, or a Flee folder.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the charts as one HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows as JSON instead of a table.")] = False,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Make and score every forecast of the benchmark of sudden exits.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Benchmark: one seed and few members, under a minute.")
    ] = False,
    members: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Benchmark: members of a forecast (else 300, of Ukraine 1000)."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, metavar="N", help="Benchmark: how many seeds (else 2).")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Benchmark: also write its page.")] = None,
    flee: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Benchmark: Flee's instances (else data/flee in $EGRESS_SHARED or ../shared)."
        ),
    ] = None,
) -> None:
    """Score a forecast against the counts that came after it, beside five simple rules."""
    if benchmark:
        _benchmark(quick, members, seeds, as_json, page, flee)
        return
    given = {"--quick": quick or None, "--members": members, "--seeds": seeds, "--page": page, "--flee": flee}
    refuse(given, "goes with --benchmark")
    if forecast is None or observations is None:
        raise typer.BadParameter("expected the folder of a FORECAST and a table of OBSERVATIONS")
    from egress.report import scored

    found = scored.of_forecast(forecast, observations)
    if chart is not None:
        scored.write_charts(found, chart)
    if as_json:
        typer.echo(scored.as_json(found))
    else:
        show(scored.told(found))


def _benchmark(
    quick: bool, members: int | None, seeds: int | None, as_json: bool, page: Path | None, flee: Path | None
) -> None:
    """Run the benchmark; print its page, or rows as JSON."""
    with progress_bar() as bar:
        task = bar.task_ids[0]
        from egress.benchmark import page as told
        from egress.benchmark.tasks import run, size
        from egress.flee import split_page

        bar.update(task, description="tasks F and F+")
        split = _split(flee)
        bar.update(task, description="forecasting")
        chosen = size(quick, members, seeds)
        results = run(size=chosen, progress=lambda share: bar.update(task, completed=share))
    text = f"{told.page(results)}\n{split_page.page(split)}"
    if as_json:
        import json

        rows = told.as_json(results) + split_page.rows(split)
        typer.echo(json.dumps(rows, indent=1))
        if split is None:
            typer.echo(split_page.LEFT_OUT, err=True)
    else:
        typer.echo(text)
    if page is not None:
        from egress.replaced import write_file

        write_file(page, text)


def _split(folder: Path | None) -> Split | None:
    """Return what tasks F and F+ find; None where their instances are not here."""
    from egress.flee import instances, split

    if folder is not None and not (folder / instances.ACCURACY).is_file():
        raise typer.BadParameter(f"--flee {folder}: expected the folder of Flee's instances, with {instances.ACCURACY}")
    place = folder or instances.folder()
    return None if place is None else split.run(place)
