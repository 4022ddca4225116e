"""The command line, obeyed within the process of the tests."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from egress.cli import command_line


class Said(NamedTuple):
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


def egress(*arguments: object) -> Said:
    """Obey a command line within this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command_line([str(argument) for argument in arguments])
    return Said(code, out.getvalue(), err.getvalue())
