"""The command `egress calibrate` for a Flee folder: what it writes, and what it prints about what reports taught."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from egress.flee.calibrate import Taught, calibrate
from egress.flee.spread import Progress

if TYPE_CHECKING:
    from rich.console import RenderableType


def posterior(
    source: Path, settings: Path | None, out: Path | None, options: dict[str, Any], progress: Progress
) -> tuple[RenderableType, Path]:
    """Learn from the reports of a Flee folder, write the posterior; return what to print and where it is."""
    found = calibrate(source, settings=settings, **options, progress=progress)
    place = out or Path(f"{found.posterior.scenario}.nc")
    found.posterior.save(place)
    return taught(found), place


def taught(found: Taught) -> RenderableType:
    """Return a table of the settings as they were drawn, and as reports have taught them."""
    before, after = (f"{100 * share:.1f} %" for share in found.away)
    head = (
        f"{found.posterior.scenario}: {found.reports} reports of days before {found.posterior.until[:10]}; from the "
        f"middle of the members they lie {before} of all people in camps before, {after} after"
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("setting", "prior 5 / 50 / 95 %", "posterior 5 / 50 / 95 %"):
        table.add_column(column, justify="left" if column == "setting" else "right", no_wrap=True)
    for s, one in enumerate(found.ranges):
        levels = [np.quantile(values[:, s], (0.05, 0.5, 0.95)) for values in (found.before, found.after)]
        table.add_row(one.name, *(" / ".join(f"{value:.3g}" for value in level) for level in levels))
    return Group(Text(head), table)
