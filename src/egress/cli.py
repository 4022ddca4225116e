"""The command line: run, flee, validate, convert, explain, new, list, schema.

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

    from egress.scenario.schema import Scenario

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
Source = Annotated[str, typer.Argument(help="A scenario folder, or the name of a shipped scenario.")]


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


def _step(hours: float | None) -> float | None:
    if hours is not None and hours not in STEPS:
        raise typer.BadParameter(f"{hours:g} h do not divide a day: expected {', '.join(map(str, STEPS))}")
    return hours


@app.command()
def run(
    scenario: Source,
    out: Annotated[Path | None, typer.Option(help="Folder to write (else runs/SCENARIO-TIME).")] = None,
    members: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="How many runs of chance (else as the scenario says)."),
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
        str | None, typer.Option(metavar="RULES", help="Flee folders: flee, or flee-corrected (its defects mended).")
    ] = None,
    per_member: Annotated[bool, typer.Option("--per-member", help="Flee folders: out.csv of every member.")] = False,
) -> None:
    """Run a scenario or a Flee folder: print a summary and write a folder with tables and a report."""
    with _bar() as bar:
        from egress.formats.flee.folder import is_flee

        if is_flee(Path(scenario)):
            _refuse({"--as-of": as_of, "--step": step, "--exact": exact or None}, "has no effect on Flee folders")
            _run_flee(bar, Path(scenario), out, settings, rules, members, seed, threads, per_member)
            return
        given = {"--settings": settings, "--rules": rules, "--per-member": per_member or None}
        _refuse(given, "is for Flee folders (input_csv and source_data in them)")
        seconds: dict[str, float] = {}
        with _phase(bar, seconds, "reading"):
            from egress.scenario.load import load

            chosen = _stepped(load(scenario), step)
            moment = _start_of(chosen, as_of)
        from egress.report import folder

        place = out or folder.default(chosen.name, datetime.now())
        with folder.prepared(place) as part:
            options = {"members": members, "seed": seed, "as_of": moment, "threads": threads}
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
    members: int | None,
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
    with _phase(bar, seconds, "comparing"):
        from egress.observations import Observations
        from egress.observe import compare
        from egress.report import folder
        from egress.report.summary import summary

        counts = Observations.of(source)
        comparison = compare(result, counts)
        text = summary(result.data, scenario, comparison, exact=exact)
    bar.stop()
    _print(text)
    bar.start()
    folder.write(
        part, result, scenario, counts.data, comparison,
        exact=exact, seconds=seconds, say=lambda name: bar.update(task, description=f"writing {name}"),
    )  # fmt: skip


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
