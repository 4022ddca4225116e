"""The command line: run, forecast, score, archive, calibrate, sensitivity, flee, convert, merge, validate, and more.

Whatever goes wrong is told in plain words on stderr, without a traceback: exit code 2, or 130 after Ctrl-C.
Only typer and rich are imported here, so that `egress --help` answers at once and the first thing that
`egress run` does is to draw its progress bar; each command imports what it needs.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from egress import __version__
from egress.errors import EgressError, FaultyInput, OutputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress

    from egress.flee.split import Split
    from egress.parts import Part
    from egress.scenario.schema import Scenario
    from egress.trajectory import Trajectory

FAULTY, STOPPED = 2, 130  # exit codes
WIDTH = 120  # columns of what goes into a file or another program
ONE = {"policies": "policy"}
STEPS = (1, 2, 3, 4, 6, 8, 12, 24)  # hours
MOST_SEED = 2**63 - 1
FLEE_MEMBERS = 20  # of a Flee folder, unless said
MOMENT = "a day such as 2022-09-26, or a time with offset such as 2022-09-26T09:00+03:00"
PLAIN = str.maketrans({"−": "-", "–": "-", "—": "-", "→": "->", "×": "x", "÷": "/", "•": "*", "…": "...", "≥": ">="})

app = typer.Typer(
    name="egress",
    help="Simulate and forecast sudden mass departures: who arrives where and when, with honest ranges.",
    epilog="Start with: egress run one-border. Then: egress new my-crisis.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
archive = typer.Typer(help="Look after a folder of archived forecasts.", no_args_is_help=True)
app.add_typer(archive, name="archive")
Source = Annotated[str, typer.Argument(help="A scenario folder, or the name of a shipped scenario.")]
Archive = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the archive.")]


# Commands


@app.callback(invoke_without_command=True)
def _egress(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        typer.echo(f"egress {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _moment(text: str) -> date | datetime:
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


def _members(text: str) -> int | range:
    """Read a number of members, or a range of them; anything else is a bad option."""
    from egress.parts import read

    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _step(hours: float | None) -> float | None:
    if hours is not None and hours not in STEPS:
        raise typer.BadParameter(f"{hours:g} h do not divide a day: expected {', '.join(map(str, STEPS))}")
    return hours


def _numbers(text: str) -> list[float]:
    """Read numbers of people between commas; anything else is a bad option."""
    try:
        found = [float(int(part)) for part in text.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise typer.BadParameter(f"{text!r}: expected numbers of people such as 1000,5000")
    return sorted(set(found))


@app.command()
def run(
    scenario: Source,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-TIME).")] = None,
    members: Annotated[
        Any,
        typer.Option(
            parser=_members,
            metavar="N or A:B",
            help="How many runs of chance (else as the scenario says), or which: 0:500 are the first 500.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    as_of: Annotated[
        Any,
        typer.Option(parser=_moment, metavar="DATE", help="Use only what was known before the start of DATE."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Do not round numbers of people.")] = False,
    step: Annotated[
        float | None,
        typer.Option(callback=_step, metavar="H", help="Hours of a step (else as the scenario says)."),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Flee folders: settings (else its simsetting.yml).")
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(metavar="RULES", help="Flee folders: flee, flee-corrected (its defects mended), or egress."),
    ] = None,
    per_member: Annotated[bool, typer.Option("--per-member", help="Flee folders: out.csv of every member.")] = False,
    posterior: Annotated[Path | None, typer.Option(help="What counts have taught (egress calibrate).")] = None,
) -> None:
    """Run a scenario or a Flee folder: print a summary and write a folder with tables and a report."""
    with _bar() as bar:
        from egress.formats.flee.folder import is_flee

        if is_flee(Path(scenario)):
            vain = {"--as-of": as_of, "--step": step, "--exact": exact or None, "--posterior": posterior}
            _refuse(vain, "has no effect on Flee folders")
            _run_flee(bar, Path(scenario), out, settings, rules, members, seed, threads, per_member)
            return
        given = {"--settings": settings, "--rules": rules, "--per-member": per_member or None}
        _refuse(given, "is for Flee folders (input_csv and source_data in them)")
        seconds: dict[str, float] = {}
        with _phase(bar, seconds, "reading"):
            from egress.scenario.load import load

            chosen = _stepped(load(scenario), step)
            moment = _start_of(chosen, as_of)
            learnt = None if posterior is None else _learnt(posterior, chosen, members)
        from egress.report import folder

        place = out or folder.default(chosen.name, datetime.now())
        with folder.prepared(place) as part:
            options = {"members": members, "seed": seed, "as_of": moment, "threads": threads, "learnt": learnt}
            _run_to(part, bar, seconds, scenario, chosen, exact, options)
    typer.echo(f"Written to {place}", err=True)


def _refuse(options: dict[str, Any], why: str) -> None:
    """Raise BadParameter for the first option that is given."""
    for name, value in options.items():
        if value is not None:
            raise typer.BadParameter(f"{name} {why}")


def _run_flee(
    bar: Progress,
    source: Path,
    out: Path | None,
    settings: Path | None,
    rules: str | None,
    members: int | range | None,
    seed: int | None,
    threads: int | None,
    per_member: bool,
) -> None:
    """Run a Flee folder: print a summary and write its folder."""
    from egress.report import flee

    task = bar.task_ids[0]
    place, done = flee.run_folder(
        source, out, settings=settings, rules=rules, members=members or FLEE_MEMBERS, seed=seed, threads=threads,
        per_member=per_member, progress=lambda share: bar.update(task, completed=share),
        say=lambda name: bar.update(task, description=name),
    )  # fmt: skip
    bar.stop()
    _print(flee.summary(done))
    typer.echo(f"Written to {place}", err=True)


@app.command("flee")
def drop_in(
    input_csv: Annotated[Path, typer.Argument(help="Folder with locations.csv, routes.csv, conflicts.csv …")],
    source_data: Annotated[Path, typer.Argument(help="Folder with data_layout.csv and its tables.")],
    days: Annotated[int, typer.Argument(metavar="DAYS", help="Days to run; 0: as sim_period.csv says.")],
    settings: Annotated[Path, typer.Argument(metavar="SETTINGS", help="simsetting.yml")] = Path("simsetting.yml"),
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
) -> None:
    """Do what Flee's run.py does with the same arguments: print its out.csv, of one member."""
    from egress.report.flee import drop_in as table

    typer.echo(table(input_csv, source_data, days, settings, seed), nl=False)


def _run_to(
    part: Path,
    bar: Progress,
    seconds: dict[str, float],
    source: str,
    scenario: Scenario,
    exact: bool,
    options: dict[str, Any],
) -> None:
    """Run, print the summary, and write the files of a run to a folder."""
    task = bar.task_ids[0]

    def progress(share: float) -> None:
        label = "compiling (once)" if share == 0 else f"running {scenario.name}"
        bar.update(task, completed=share, description=label)

    with _phase(bar, seconds, "running"):
        progress(0)
        from egress.ensemble import run as ensemble

        chosen = {name: value for name, value in options.items() if value is not None}
        result = ensemble(scenario, **chosen, progress=progress)
    _write_to(part, bar, seconds, source, scenario, result, exact)


def _write_to(
    part: Path,
    bar: Progress,
    seconds: dict[str, float],
    source: str,
    scenario: Scenario,
    result: Trajectory,
    exact: bool,
) -> None:
    """Print the summary of a run, and write its files to a folder."""
    task = bar.task_ids[0]
    with _phase(bar, seconds, "comparing"):
        from egress.observations import Observations
        from egress.observe import compare
        from egress.report import folder
        from egress.report.facts import Facts
        from egress.report.summary import summary

        counts = Observations.of(source)
        comparison = compare(result, counts)
        found = Facts.of(result.data, scenario)
        text = summary(result.data, scenario, comparison, found, exact=exact)
    bar.stop()
    _print(text)
    bar.start()
    folder.write(
        part, result, scenario, counts.data, comparison, found,
        exact=exact, seconds=seconds, source=source, say=lambda name: bar.update(task, description=f"writing {name}"),
    )  # fmt: skip


@app.command()
def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="DIR...", help="The run folders of all parts, in any order.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-TIME).")] = None,
    members: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many there must be: fewer or more are refused.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="Where the scenario is now (else where the parts had it).")
    ] = None,
) -> None:
    """Put the parts of a run together (run --members A:B): the same files as one run of all members."""
    with _bar() as bar:
        seconds: dict[str, float] = {}
        with _phase(bar, seconds, "reading"):
            from egress.parts import found, joined

            whole = found(parts, members)
        from egress.report import flee

        if flee.is_part(whole[0]):
            _merge_flee(bar, whole, out, scenario)
            return
        with _phase(bar, seconds, "reading"):
            source = scenario or str(whole[0].facts.get("source") or whole[0].attrs["scenario"])
            chosen = _as_run(source, whole[0])
        from egress.report import folder

        place = out or folder.default(chosen.name, datetime.now())
        with folder.prepared(place) as part:
            with _phase(bar, seconds, "merging"):
                result = joined(whole, lambda share: bar.update(bar.task_ids[0], completed=share))
            _write_to(part, bar, seconds, source, chosen, result, bool(whole[0].facts.get("exact")))
    typer.echo(f"Written to {place}: {result.data.sizes['member']} members of {len(whole)} parts", err=True)


def _merge_flee(bar: Progress, parts: list[Part], out: Path | None, source: str | None) -> None:
    """Put the parts of a run of Flee's rules together: print a summary and write its folder."""
    from egress.report import flee

    task = bar.task_ids[0]
    place, done = flee.merge_folder(
        parts, out, source=source, progress=lambda share: bar.update(task, completed=share),
        say=lambda name: bar.update(task, description=name),
    )  # fmt: skip
    bar.stop()
    _print(flee.summary(done))
    typer.echo(f"Written to {place}: {len(done.members)} members of {len(parts)} parts", err=True)


def _as_run(source: str, part: Part) -> Scenario:
    """Return the scenario that a part ran; raise MergeError where it is another by now."""
    from egress.errors import MergeError
    from egress.scenario.load import load, scenario_hash

    loaded = load(source)
    hours = float(part.attrs["step_hours"])
    scenario = loaded if loaded.period.step == hours else _stepped(loaded, hours)
    ran, found = str(part.attrs["scenario_hash"]), scenario_hash(scenario)
    if ran != found:
        raise MergeError(
            f"{part.folder}: ran another scenario than {source} is now ({ran}, not {found}); "
            "name the one that was run with --scenario"
        )
    return scenario


def _learnt(path: Path, scenario: Scenario, members: int | range | None) -> dict[str, Any]:
    """Return what a posterior file teaches the members of a run."""
    from egress.assimilate.posterior import Posterior

    wanted = scenario.members if members is None else members
    return Posterior.open(path).of(scenario, wanted.stop if isinstance(wanted, range) else wanted)


def _stepped(scenario: Scenario, step: float | None) -> Scenario:
    """Return the scenario with another length of the step."""
    if step is None:
        return scenario
    return scenario.model_copy(update={"period": scenario.period.model_copy(update={"step": step})})


def _start_of(scenario: Scenario, as_of: date | datetime | None) -> datetime | None:
    """Return a moment; of a day, its start in the local time of the scenario."""
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    from egress.scenario.time import zone

    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=zone(scenario.period.utc_offset))


@app.command()
def forecast(
    scenario: Source,
    as_of: Annotated[
        Any, typer.Option(parser=_moment, metavar="DATE", help="Use only what was known before the start of DATE.")
    ],
    days: Annotated[int, typer.Option(min=1, max=60, metavar="N", help="How many days ahead.")] = 14,
    members: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="How many runs (else 1000, or those of the posterior).")
    ] = None,
    observations: Annotated[Path | None, typer.Option(metavar="FILE", help="Your own counts, CSV or .xlsx.")] = None,
    posterior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What counts have taught; it learns on from those since.")
    ] = None,
    save_posterior: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write what was learnt, for --posterior tomorrow.")
    ] = None,
    cold: Annotated[
        bool, typer.Option("--cold", help="Use no count of the crisis, and no prior that it shaped.")
    ] = False,
    yesterday: Annotated[
        bool, typer.Option(help="Also make the forecast of the day before, to see what changed.")
    ] = True,
    exceed: Annotated[
        Any, typer.Option(parser=_numbers, metavar="N,...", help="Give the chance that more people enter on a day.")
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
    with _bar() as bar:
        from egress.formats.flee.folder import is_flee

        if is_flee(Path(scenario)):
            vain = {"--observations": observations, "--posterior": posterior, "--cold": cold or None}
            vain |= {"--exceed": exceed, "--archive": archive, "--save-posterior": save_posterior}
            _refuse(vain, "is not for Flee folders")
            options = {"days": days, "members": members, "seed": seed, "threads": threads}
            _forecast_flee(bar, Path(scenario), as_of, out, exact, options)
            return
        with _phase(bar, {}, "reading"):
            from egress.report import folder, forecasting

            options = {"days": days, "members": members, "seed": seed, "threads": threads}
            asked = forecasting.asked(scenario, as_of, observations, posterior, cold, yesterday, options)
        place = out or folder.default(asked.label, datetime.now())
        with folder.prepared(place) as part:
            task = bar.task_ids[0]
            made = asked.made(lambda share: bar.update(task, completed=share, description=asked.doing(share)))
            bar.stop()
            _print(asked.summary(made, exact, exceed or ()))
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
    bar: Progress, source: Path, as_of: date | datetime, out: Path | None, exact: bool, options: dict[str, Any]
) -> None:
    """Forecast the camps of a Flee folder: print a summary and write its folder."""
    from egress.report import flee_forecast

    if isinstance(as_of, datetime):
        raise typer.BadParameter("--as-of: Flee folders go by days: expected a day such as 2012-09-01")
    task, given = bar.task_ids[0], {name: value for name, value in options.items() if value is not None}
    place, made = flee_forecast.run_folder(
        source, as_of, out, exact=exact, options=given,
        progress=lambda share: bar.update(task, completed=share),
        say=lambda name: bar.update(task, description=name),
    )  # fmt: skip
    bar.stop()
    _print(flee_forecast.summary(made))
    typer.echo(f"Written to {place}", err=True)


@app.command()
def score(
    forecast: Annotated[Path | None, typer.Argument(help="The folder of a forecast.")] = None,
    observations: Annotated[Path | None, typer.Argument(help="What was counted since, CSV or .xlsx.")] = None,
    chart: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the charts as one HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print rows as JSON instead of a table.")] = False,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Make and score every forecast of the benchmark of sudden exits.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Benchmark: one seed and few members, under a minute.")
    ] = False,
    members: Annotated[
        int | None, typer.Option(min=2, metavar="N", help="Benchmark: members of a forecast (else 200).")
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, metavar="N", help="Benchmark: how many seeds (else 3).")] = None,
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
    _refuse(given, "goes with --benchmark")
    if forecast is None or observations is None:
        raise typer.BadParameter("expected the folder of a FORECAST and a table of OBSERVATIONS")
    from egress.report import scored

    found = scored.of_forecast(forecast, observations)
    if chart is not None:
        scored.write_charts(found, chart)
    if as_json:
        typer.echo(scored.as_json(found))
    else:
        _print(scored.told(found))


def _benchmark(
    quick: bool, members: int | None, seeds: int | None, as_json: bool, page: Path | None, flee: Path | None
) -> None:
    """Run the benchmark; print its page, or rows as JSON."""
    with _bar() as bar:
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
        told.write(page, text)


def _split(folder: Path | None) -> Split | None:
    """Return what tasks F and F+ find; None where their instances are not here."""
    from egress.flee import instances, split

    if folder is not None and not (folder / instances.ACCURACY).is_file():
        raise typer.BadParameter(f"--flee {folder}: expected the folder of Flee's instances, with {instances.ACCURACY}")
    place = folder or instances.folder()
    return None if place is None else split.run(place)


@archive.command("verify")
def archive_verify(folder: Archive) -> None:
    """Recompute the hash of every file; exit code 1 where one is broken, missing or not listed."""
    from egress import archive

    troubles = archive.verify(folder)
    for trouble in troubles:
        typer.echo(trouble)
    if troubles:
        raise typer.Exit(1)
    typer.echo(f"{folder}: {len(archive.index(folder))} forecasts, all as they were written")


@archive.command("list")
def archive_list(folder: Archive) -> None:
    """List the forecasts of an archive in the order of writing."""
    from egress import archive

    if not folder.is_dir():
        raise OutputError(f"{folder}: there is no such folder")
    for entry in archive.index(folder):
        typer.echo(f"{entry['origin_date']}  {entry['model']}  {entry['rows']} rows  {entry['file']}")


@app.command()
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
        Any, typer.Option(parser=_moment, metavar="DATE", help="Use only what was known before the start of DATE.")
    ] = None,
    step: Annotated[
        float | None, typer.Option(callback=_step, metavar="H", help="Hours of a step (else 12 or the scenario's).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-sensitivity-TIME).")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
) -> None:
    """Ask what would change our mind: how much of the spread of an output each unknown input accounts for."""
    named = {"outputs": _listed(outputs), "apart": _listed(apart), "seed": seed, "as_of": as_of, "step": step}
    with _bar() as bar:
        from egress.report import folder

        place = out or folder.default(f"{Path(scenario).name}-sensitivity", datetime.now())
        with folder.prepared(place) as part:
            from egress.assimilate.sensitivity import sensitivity as explored
            from egress.report.sensitivity import summary, write

            options = {name: value for name, value in named.items() if value is not None}
            options |= {"samples": samples, "kept": kept, "threads": threads}
            found = explored(scenario, **options, progress=lambda share: bar.update(bar.task_ids[0], completed=share))
            bar.stop()
            _print(summary(found))
            write(found, part)
    typer.echo(f"Written to {place}", err=True)


def _listed(names: str | None) -> list[str] | None:
    """Return names apart by commas."""
    return None if names is None else [name.strip() for name in names.split(",") if name.strip()]


@app.command()
def calibrate(
    scenario: Annotated[
        str | None,
        typer.Argument(help="A scenario folder or shipped scenario (with --without: the one to learn from, else all)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write (else SCENARIO.nc or without-CRISIS.yaml).")] = None,
    until: Annotated[
        Any,
        typer.Option(parser=_moment, metavar="DATE", help="Use only counts published before the start of DATE."),
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
    with _bar() as bar:
        with _phase(bar, {}, "reading"):
            from egress.report import calibration

        def progress(share: float) -> None:
            label = "compiling (once)" if share == 0 else f"learning {without or scenario}"
            bar.update(bar.task_ids[0], completed=share, description=label)

        if without is not None:
            text, place = calibration.cold(without, scenario, out, options, progress)
        else:
            text, place = calibration.posterior(str(scenario), observations, out, options, progress)
    _print(text)
    typer.echo(f"Written to {place}", err=True)


@app.command()
def validate(scenario: Source) -> None:
    """Check a scenario: every fault with its file, line and column, or what it holds."""
    from egress.errors import ObservationError, ScenarioError
    from egress.formats.flee.folder import is_flee
    from egress.observations import Observations
    from egress.scenario.load import load

    if is_flee(Path(scenario)):
        _validate_flee(Path(scenario))
        return
    faults = []
    for read in (load, Observations.of):
        try:
            read(scenario)
        except (ScenarioError, ObservationError) as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    typer.echo(f"{load(scenario).name}: valid. {_size(load(scenario))}")


def _validate_flee(folder: Path) -> None:
    """Check a Flee folder or a converted scenario: warnings on stderr, then what it holds."""
    from egress.formats.flee import read_instance
    from egress.formats.flee.read import warn

    instance = read_instance(folder)
    for warning in instance.warnings:
        warn(warning)
    typer.echo(f"{instance.scenario.name}: valid. {instance.size}")


@app.command()
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


@app.command()
def explain(scenario: Source) -> None:
    """Show how a scenario is computed: the step and its equations, parameters, events, evidence."""
    from egress.report.explain import explanation
    from egress.scenario.load import load

    _print(explanation(load(scenario)))


@app.command()
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

    name = Path(os.path.abspath(folder)).name
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", name):
        expected = "lower-case letters, digits and hyphens, such as 'my-crisis'"
        raise OutputError(f"{name!r} cannot name a scenario: expected {expected}")
    if folder.exists():
        raise OutputError(f"{folder}: is there already; choose another name")
    texts = {f.name: f.read_text("utf-8") for f in files("egress").joinpath("starter").iterdir() if f.is_file()}
    folder.mkdir(parents=True)
    for file, text in texts.items():
        (folder / file).write_text(text.replace("name: starter\n", f"name: {name}\n"), "utf-8", newline="\n")
    return sorted(folder / file for file in texts)


@app.command("list")
def list_scenarios() -> None:
    """List the scenarios shipped with egress."""
    from egress.scenario.load import list_names, load

    for scenario in map(load, list_names()):
        typer.echo(f"{scenario.name}: {scenario.title}\n    {_size(scenario)}")


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write instead of printing.")] = None,
) -> None:
    """Print the JSON schema of scenario.yaml, for editors that check and complete."""
    from egress.scenario.published import schema_text

    if out is None:
        typer.echo(schema_text(), nl=False)
        return
    from egress.report.tables import write_text

    write_text(schema_text(), out)
    typer.echo(f"Written to {out}", err=True)


def _size(scenario: Scenario) -> str:
    """Return `24 origins, 6 groups, …; 48 days in steps of 6 h`."""
    from egress.scenario.time import days

    names = ("origins", "groups", "places", "crossings", "lanes", "services", "signals", "policies")
    counted = [(name, len(getattr(scenario, name))) for name in names]
    said = [f"{count} {ONE.get(name, name[:-1]) if count == 1 else name}" for name, count in counted if count]
    said.append(f"{len(scenario.evidence)} sources")
    period = scenario.period
    return f"{', '.join(said)}; {days(period)} days from {period.start} in steps of {period.step:g} h"


# What is shown


@contextmanager
def _bar() -> Iterator[Progress]:
    """Draw a progress bar on stderr at once; it vanishes at the end."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = _console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task("starting", total=1.0)
        bar.refresh()
        yield bar


@contextmanager
def _phase(bar: Progress, seconds: dict[str, float], name: str) -> Iterator[None]:
    """Show what is going on and note how many seconds it took."""
    bar.update(bar.task_ids[0], description=name)
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else WIDTH)


def _print(text: RenderableType) -> None:
    """Print to a terminal as wide as it is; to a file without the blanks that fill lines up."""
    console = _console()
    try:
        if console.is_terminal:
            console.print(text)
            return
        with console.capture() as captured:
            console.print(text)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the reader, such as `head`, has left: rich would end the program
        _mute()


def _mute() -> None:
    """Let what is still to be printed go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Stand in for letters that a terminal cannot show: `→` becomes `->`, others `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end].translate(PLAIN)
    return letters.encode("ascii", "replace").decode("ascii"), error.end


def _speak_plainly() -> None:
    """Let no letter break the output where it is not UTF-8, as on Windows in a pipe."""
    codecs.register_error("egress-plainly", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="egress-plainly")


# Errors


def command_line(arguments: Sequence[str]) -> int:
    """Obey a command line (without the name of the program) and return the exit code.

    >>> command_line(["--version"])
    egress 0.1.0
    0
    """
    command = typer.main.get_command(app)
    usage_error: type[Exception] = typer.BadParameter.__mro__[2]  # of the click that this typer brings
    try:
        code = command.main(list(arguments), prog_name="egress", standalone_mode=False)
        sys.stdout.flush()
        return _stopped() if code == STOPPED else int(code or 0)
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except BrokenPipeError:  # the reader, such as `head`, has left
        _mute()
        return 0
    except (EgressError, OSError, usage_error) as error:
        return _complain(_words(error))
    except MemoryError:
        return _complain("egress: not enough memory; run fewer --members")


def _words(error: Exception) -> str:
    """Return what went wrong: in one line, or a line for each fault of the input."""
    if isinstance(error, FaultyInput):
        return str(error)
    if hasattr(error, "format_message"):
        return f"egress: {error.format_message().removesuffix('.')}. See egress --help.".replace("\n", " ")
    if isinstance(error, OSError) and error.strerror:
        return f"egress: {error.filename or 'output'}: {error.strerror}"
    return f"egress: {error}"


def _complain(message: str) -> int:
    print(message, file=sys.stderr)
    return FAULTY


def _stopped() -> int:
    print("stopped; nothing was written", file=sys.stderr)
    return STOPPED


def main() -> None:
    """Run the command `egress` and leave with its exit code."""
    _speak_plainly()
    code = command_line(sys.argv[1:])
    if code == STOPPED:  # leave at once: a thread that compiles cannot be interrupted
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
