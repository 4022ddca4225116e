"""The verbs of an archive of forecasts: verify and list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egress.errors import OutputError

Archive = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the archive.")]


def archive_verify(folder: Archive) -> None:
    """Recompute the hash of every file; exit code 1 where one is broken, missing or not listed."""
    from egress import archive

    troubles = archive.verify(folder)
    for trouble in troubles:
        typer.echo(trouble)
    if troubles:
        raise typer.Exit(1)
    number = len(archive.index(folder))
    if not number:
        raise OutputError(f"{folder}: no forecasts in it: expected a folder written by `egress forecast --archive`")
    typer.echo(f"{folder}: {number} {'forecast' if number == 1 else 'forecasts'}, all as written")


def archive_list(folder: Archive) -> None:
    """List the forecasts of an archive in the order of writing."""
    from egress import archive

    if not folder.is_dir():
        raise OutputError(f"{folder}: there is no such folder")
    for entry in archive.index(folder):
        typer.echo(f"{entry['origin_date']}  {entry['model']}  {entry['rows']} rows  {entry['file']}")
