"""The verbs run, flee and merge."""

from __future__ import annotations

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
    read_members,
    read_moment,
    read_step,
    refuse,
    start_of,
    stepped,
)
from egress.cli.shown import phase, progress_bar, show

if TYPE_CHECKING:
    from rich.progress import Progress

    from egress.observations import Observations
    from egress.parts import Part
    from egress.scenario.schema import Scenario
    from egress.trajectory import Trajectory

FLEE_MEMBERS = 20  # of a Flee folder, unless said


def run(
    scenario: Source,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-TIME).")] = None,
    members: Annotated[
        Any,
        typer.Option(
            parser=read_members,
            metavar="N or A:B",
            help="How many runs of chance (else as the scenario says), or which: 0:500 are the first 500.",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, metavar="N", help="Same seed, same result.")] = None,
    as_of: Annotated[
        Any,
        typer.Option(parser=read_moment, metavar="DATE", help="Use only what was known before the start of DATE."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many at once (else one per processor).")
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Do not round numbers of people.")] = False,
    step: Annotated[
        float | None,
        typer.Option(callback=read_step, metavar="H", help="Hours of a step (else as the scenario says)."),
    ] = None,
    settings: Settings = None,
    rules: Rules = None,
    per_member: Annotated[bool, typer.Option("--per-member", help="Flee folders: out.csv of every member.")] = False,
    posterior: Annotated[Path | None, typer.Option(help="What counts have taught (egress calibrate).")] = None,
) -> None:
    """Run a scenario or a Flee folder: print a summary and write a folder with tables and a report."""
    with progress_bar() as bar:
        from egress.formats.flee.folder import is_flee

        if is_flee(Path(scenario)):
            refuse({"--as-of": as_of}, "is not for runs of Flee folders, which are hindsight: `egress forecast` has it")
            refuse({"--step": step}, "has no effect on Flee folders: their step is a day")
            refuse({"--exact": exact or None}, "has no effect on Flee folders: their tables are exact")
            if rules == OWN:
                refuse({"--posterior": posterior}, "has no effect under --rules egress, which reads no such setting")
            _run_flee(bar, Path(scenario), out, settings, rules, members, seed, threads, per_member, posterior)
            return
        given = {"--settings": settings, "--rules": rules, "--per-member": per_member or None}
        refuse(given, FOR_FLEE)
        if posterior is not None:
            refuse(
                {"--step": step}, "does not go with --posterior: what counts taught holds for the scenario's own step"
            )
        seconds: dict[str, float] = {}
        with phase(bar, seconds, "reading"):
            from egress.scenario.load import load

            chosen = stepped(load(scenario), step)
            moment = start_of(chosen, as_of)
            learnt = None if posterior is None else _learnt(posterior, chosen, members)
            counts = _counts(scenario)
        from egress.report import folder

        place = out or folder.default(chosen.name, datetime.now())
        with folder.prepared(place) as part:
            options = {"members": members, "seed": seed, "as_of": moment, "threads": threads, "learnt": learnt}
            _run_to(part, bar, seconds, scenario, chosen, counts, exact, options)
    typer.echo(f"Written to {place}", err=True)


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
    posterior: Path | None,
) -> None:
    """Run a Flee folder: print a summary and write its folder."""
    from egress.report import flee

    task = bar.task_ids[0]
    place, done = flee.run_folder(
        source, out, settings=settings, rules=rules, members=members or FLEE_MEMBERS, seed=seed, threads=threads,
        per_member=per_member, posterior=posterior, progress=lambda share: bar.update(task, completed=share),
        say=lambda name: bar.update(task, description=name),
    )  # fmt: skip
    bar.stop()
    show(flee.summary(done))
    typer.echo(f"Written to {place}", err=True)


def drop_in(
    input_csv: Annotated[Path, typer.Argument(help="Folder with locations.csv, routes.csv, conflicts.csv …")],
    source_data: Annotated[Path, typer.Argument(help="Folder with data_layout.csv and its tables.")],
    days: Annotated[int, typer.Argument(metavar="DAYS", help="Days to run; 0 or less: as sim_period.csv says.")],
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
    counts: Observations,
    exact: bool,
    options: dict[str, Any],
) -> None:
    """Run, print the summary, and write the files of a run to a folder."""
    task = bar.task_ids[0]

    def progress(share: float) -> None:
        label = "compiling (once)" if share == 0 else f"running {scenario.name}"
        bar.update(task, completed=share, description=label)

    with phase(bar, seconds, "running"):
        progress(0)
        from egress.ensemble import run as ensemble

        chosen = {name: value for name, value in options.items() if value is not None}
        result = ensemble(scenario, **chosen, progress=progress)
    _write_to(part, bar, seconds, source, scenario, counts, result, exact)


def _write_to(
    part: Path,
    bar: Progress,
    seconds: dict[str, float],
    source: str,
    scenario: Scenario,
    counts: Observations,
    result: Trajectory,
    exact: bool,
) -> None:
    """Print the summary of a run, and write its files to a folder."""
    task = bar.task_ids[0]
    with phase(bar, seconds, "comparing"):
        from egress.observe import compare
        from egress.report import folder
        from egress.report.facts import Facts
        from egress.report.summary import summary

        comparison = compare(result, counts)
        found = Facts.of(result.data, scenario)
        text = summary(result.data, scenario, comparison, found, exact=exact)
    bar.stop()
    show(text)
    bar.start()
    folder.write(
        part, result, scenario, counts.data, comparison, found,
        exact=exact, seconds=seconds, source=source, say=lambda name: bar.update(task, description=f"writing {name}"),
    )  # fmt: skip


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
    with progress_bar() as bar:
        seconds: dict[str, float] = {}
        with phase(bar, seconds, "reading"):
            from egress.parts import found, joined

            whole = found(parts, members)
        from egress.report import flee

        if flee.is_part(whole[0]):
            _merge_flee(bar, whole, out, scenario)
            return
        with phase(bar, seconds, "reading"):
            source = scenario or str(whole[0].facts.get("source") or whole[0].attrs["scenario"])
            chosen, counts = _as_run(source, whole[0]), _counts(source)
        from egress.report import folder

        place = out or folder.default(chosen.name, datetime.now())
        with folder.prepared(place) as part:
            with phase(bar, seconds, "merging"):
                result = joined(whole, lambda share: bar.update(bar.task_ids[0], completed=share))
            _write_to(part, bar, seconds, source, chosen, counts, result, bool(whole[0].facts.get("exact")))
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
    show(flee.summary(done))
    typer.echo(f"Written to {place}: {len(done.members)} members of {len(parts)} parts", err=True)


def _counts(source: str) -> Observations:
    """Return the counts of a scenario's folder: their faults are told before anything is run."""
    from egress.observations import Observations

    return Observations.of(source)


def _as_run(source: str, part: Part) -> Scenario:
    """Return the scenario that a part ran; raise MergeError where it is another by now."""
    from egress.errors import MergeError
    from egress.scenario.load import load, scenario_hash

    loaded = load(source)
    hours = float(part.attrs["step_hours"])
    scenario = loaded if loaded.period.step == hours else stepped(loaded, hours)
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
