"""The command line: run, forecast, score, archive, calibrate, sensitivity, flee, convert, merge, validate, and more.

Whatever goes wrong is told in plain words on stderr, without a traceback: exit code 2, or 130 after Ctrl-C.
Only typer and rich are imported here, so that `egress --help` answers at once and the first thing that
`egress run` does is to draw its progress bar; each command imports what it needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from egress import __version__
from egress.cli import archives, forecasts, learning, runs, scenarios, scores
from egress.cli.shown import mute, speak_plainly
from egress.errors import EgressError, FaultyInput

FAULTY, STOPPED = 2, 130  # exit codes

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


app.command()(runs.run)
app.command("flee", context_settings={"ignore_unknown_options": True})(runs.drop_in)  # DAYS may be -1
app.command()(runs.merge)
app.command()(forecasts.forecast)
app.command()(scores.score)
app.command()(learning.sensitivity)
app.command()(learning.calibrate)
app.command()(scenarios.validate)
app.command()(scenarios.convert)
app.command()(scenarios.explain)
app.command()(scenarios.new)
app.command("list")(scenarios.list_scenarios)
app.command()(scenarios.schema)
archive.command("verify")(archives.archive_verify)
archive.command("list")(archives.archive_list)


# Errors

IN_OUR_WORDS = {
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
    "Input should be greater": "expected a number greater",
    "Input should be less": "expected a number less",
}
"""What typer says of numbers, and what we say."""


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
        mute()
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
        said = error.format_message().removesuffix(".").replace("?.", "?")
        for theirs, ours in IN_OUR_WORDS.items():
            said = said.replace(theirs, ours)
        of = getattr(getattr(error, "ctx", None), "command_path", None) or "egress"
        return f"egress: {said}{'' if said.endswith('?') else '.'} See {of} --help.".replace("\n", " ")
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
    speak_plainly()
    code = command_line(sys.argv[1:])
    if code == STOPPED:  # leave at once: a thread that compiles cannot be interrupted
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
