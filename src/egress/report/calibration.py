"""The command `egress calibrate`: what it writes, and what it prints about what the counts taught."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table

from egress.assimilate import forecasting, priors
from egress.assimilate.smoother import Learnt
from egress.assimilate.tell import learnt_table, warnings
from egress.ensemble import Progress
from egress.observations import Observations
from egress.replaced import write_file
from egress.scenario.priors import Priors, dumped

if TYPE_CHECKING:
    from rich.console import RenderableType

SHOWN = 15  # numbers in the table


def posterior(
    source: str, own: Path | None, out: Path | None, options: dict[str, Any], progress: Progress
) -> tuple[RenderableType, Path]:
    """Calibrate a scenario on its counts and those of a table, write the posterior; return what to print and where."""
    counts = None if own is None else Observations.read(own)
    found, learnt = forecasting.calibrate(source, observations=counts, **options, progress=progress)
    place = out or Path(f"{found.scenario}.nc")
    found.save(place)
    return taught(learnt, found.scenario), place


def cold(
    crisis: str, other: str | None, out: Path | None, options: dict[str, Any], progress: Progress
) -> tuple[RenderableType, Path]:
    """Write priors without a crisis, learnt from another one or all others; return what to print and where."""
    others = None if other is None else (other,)
    found = priors.without(crisis, others=others, **options, progress=progress)
    place = out or Path(f"without-{crisis}.yaml")
    write_file(place, dumped(found))
    return taken_over(found), place


def taught(learnt: Learnt, name: str) -> RenderableType:
    """Return a table of the numbers that were learnt most about (canonical units: person, hour), and warnings."""
    head = f"{name}: {len(learnt.evidence)} counts, misfit {learnt.misfit():.2f} (about 1 is good)"
    table = Table(title=head, title_justify="left", box=None, pad_edge=False)
    for column in ("number (persons, hours)", "prior 5 / 50 / 95 %", "posterior 5 / 50 / 95 %", "informed"):
        table.add_column(column, justify="left" if column.startswith("number") else "right")
    for row in learnt_table(learnt).head(SHOWN).to_dict("records"):
        ranges = [
            " / ".join(f"{row[f'{word}_{level}']:.3g}" for level in ("p05", "p50", "p95"))
            for word in ("prior", "posterior")
        ]
        table.add_row(row["name"], *ranges, f"{row['informed']:.0%}")
    return Group(table, *(f"! {warning}" for warning in warnings(learnt)))


def taken_over(found: Priors) -> RenderableType:
    """Return a table of what priors without a crisis took over from others."""
    rows = [row for row in found.priors if row.source.startswith("calibrated on")]
    kept = sum(row.kept for row in found.priors)
    told = [f"{each.scenario}: {each.counts} counts, misfit {each.misfit:.2f}" for each in found.learnt_from]
    head = f"priors without {found.without}: {len(rows)} calibrated, {len(found.priors) - len(rows) - kept} wide, "
    head += f"{kept} as the scenario says ({'; '.join(told)})"
    table = Table(title=head, title_justify="left", box=None, pad_edge=False)
    for column in ("numbers", "5 %", "50 %", "95 %", "unit", "source"):
        table.add_column(column, justify="left" if column in ("numbers", "unit", "source") else "right")
    for row in rows:
        middle = "" if row.value is None else f"{row.value:g}"
        unit = f"× {row.times}" if row.times else row.unit
        table.add_row(row.pattern, f"{row.low:g}", middle, f"{row.high:g}", unit, row.source)
    return table
