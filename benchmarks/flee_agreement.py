"""Does egress have the distribution of Flee's own ensembles? A row per ensemble; see egress.flee.agreement.

Beside the ensembles that are shared, Flee itself is run on conflicts that nobody has looked at, where they are named:
FLEE_CONFLICTS=path of a folder of conflicts with a simsetting.yml beside their folder, such as FabFlee's
config_files/validation (its SWEEP), and FLEE_CHECKOUT and FLEE_PYTHON as for flee-speed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.flee_speed import flee_out, settings_at
from benchmarks.registry import benchmark
from egress.flee import FleeRun, instances, run_case
from egress.flee.agreement import MEMBERS, Agreement, Reference, agreement, references, rows, run_like
from egress.flee.measures import ard
from egress.formats.flee import read

SEEDS = 12  # runs of Flee itself of each conflict
MOST = 2000  # agents of such a run, about: Flee then takes a minute or less
HEAD = (
    "| instance | settings | hasten | R / s | means within 4·SE | … near capacity | sd within 99 % | worst bias "
    "| ARD (sd) | Flee's ARD (sd) | |\n" + "|---" * 11 + "|"
)


@benchmark("flee-agreement", "Flee's own ensembles against ours, at the same hasten")
def flee_agreement(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {instances.NOWHERE}")
    else:
        print(HEAD)
        known = {(r["instance"], r["settings"], r["hasten"]): r for r in rows(folder / "refs" / "accuracy.csv")}
        for file in references(folder)[:1] if quick else references(folder):
            run, ref = run_like(folder, file, 8 if quick else None)
            flee = known.get((ref.instance, ref.settings, str(ref.hasten)), {})
            theirs = f"{float(flee['ard_mean']):.4f} ({float(flee['ard_sd']):.4f})" if flee.get("ard_sd") else ""
            _show(run, ref, agreement(run, ref), theirs)
    conflicts = os.environ.get("FLEE_CONFLICTS")
    if conflicts is None:
        print("\nFlee itself on other conflicts: left out, FLEE_CONFLICTS names no folder of them")
        return
    print(f"\nFlee itself, run by this command on conflicts of {Path(conflicts).name} that are not among the shared\n")
    print(HEAD)
    for conflict in unseen(Path(conflicts), folder):
        _compare(conflict, 2 if quick else SEEDS, 8 if quick else MEMBERS)
        if quick:
            break


def unseen(conflicts: Path, shared: Path | None) -> Iterator[Path]:
    """Yield the folders of conflicts that are not among the shared ones."""
    for place in sorted(conflicts.rglob("input_csv")):
        folder = place.parent
        if (folder / "source_data").is_dir() and (shared is None or not (shared / folder.name).is_dir()):
            yield folder


def _compare(folder: Path, seeds: int, members: int) -> None:
    """Run Flee and egress on a conflict, and print how well they agree."""
    settings = next(p / "simsetting.yml" for p in folder.parents if (p / "simsetting.yml").is_file())
    with tempfile.TemporaryDirectory() as made:
        hasten = _hasten(folder, settings)
        chosen = settings_at(settings.parent, settings.name, hasten, Path(made))
        case, rules = read(folder, chosen, say=lambda _: None)
        run = run_case(case, rules, members=members)
        tables = [text for text in (flee_out(folder, chosen) for _ in range(seeds)) if text is not None]
    if len(tables) < 2:
        print(f"| {folder.name} | {settings.parent.name} | {hasten} | Flee does not run |" + " |" * 7)
        return
    said = np.stack([in_camps(text.splitlines(), run.names) for text in tables])
    ref = Reference(folder.name, settings.parent.name, hasten, len(said), said.mean(axis=0), said.std(axis=0, ddof=1))
    theirs = ard(said, run.data)
    _show(run, ref, agreement(run, ref), f"{theirs.mean():.4f} ({theirs.std(ddof=1):.4f})")


def _hasten(folder: Path, settings: Path) -> int:
    """Return the least of 1, 2, 5, 10 … that leaves MOST agents in camps or fewer."""
    case, _ = read(folder, settings, say=lambda _: None)
    people = case.data.level[case.data.place >= 0].sum(axis=0).max()
    return next(step * 10**k for k in range(9) for step in (1, 2, 5) if people <= MOST * step * 10**k)


def in_camps(lines: Iterable[str], names: tuple[str, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return [D, C] agents in camps of an out.csv of Flee, which prints other lines too."""
    cells = [line.strip().split(",") for line in lines]
    head = next(row for row in cells if row[:2] == ["Day", "Date"])
    days = [row for row in cells if len(row) >= len(head) - 1 and row[0].isdigit()]
    return np.array([[float(row[head.index(f"{name} sim")]) for name in names] for row in days])


def _show(run: FleeRun, ref: Reference, found: Agreement, theirs: str) -> None:
    print(
        f"| {ref.instance} | {ref.settings} | {ref.hasten} | {len(run.members)} / {ref.seeds} | {found.means:.1%} "
        f"| {found.means_apart:.1%} of {found.apart.mean():.0%} | {found.spreads:.1%} | {found.worst_bias:.2%} "
        f"| {found.ard[0]:.4f} ({found.ard[1]:.4f}) | {theirs} "
        f"| {'holds' if found.good else 'DOES NOT HOLD'} |",
        flush=True,
    )
