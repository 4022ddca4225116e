"""The folder of a run: every file of it, or no folder at all.

    trajectory.nc   everything, exact        arrivals.csv  queues.csv  outcomes.csv   tables, rounded
    report.html     figures for a planner    run.json      what was run, on what, in how many seconds

The files are written to a folder of another name, which takes the right name when it is complete.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egress.errors import OutputError
from egress.replaced import write_file

if TYPE_CHECKING:
    import pandas as pd

    from egress.report.facts import Facts
    from egress.scenario.schema import Scenario
    from egress.trajectory import Trajectory

FILES = ("trajectory.nc", "arrivals.csv", "queues.csv", "outcomes.csv", "report.html", "run.json")
ANOTHER = "choose another folder with --out"


def default(name: str, now: datetime) -> Path:
    """Return `runs/<name>-<yyyymmdd-hhmmss>`, numbered from 2 where that name is taken.

    >>> default("one-border", datetime(2030, 3, 1, 9)).as_posix()
    'runs/one-border-20300301-090000'
    """
    first = Path("runs") / f"{name}-{now:%Y%m%d-%H%M%S}"
    chosen, number = first, 1
    while chosen.exists() or any(chosen.parent.glob(f"{chosen.name}.part-*")):
        number += 1
        chosen = first.with_name(f"{first.name}-{number}")
    return chosen


@contextmanager
def prepared(out: Path) -> Iterator[Path]:
    """Yield a folder to write to, which becomes `out` when the block ends well and vanishes when it does not.

    Raises OutputError, before anything is run, where `out` holds something already or cannot be written.
    """
    _refuse(out)
    target = Path(os.path.abspath(out))
    # A folder that is there already may be mounted or somebody's current one: it is filled, not replaced.
    inside = target.is_dir()
    part = target / f".part-{os.getpid()}" if inside else target.with_name(f"{target.name}.part-{os.getpid()}")
    made = _made(part, out)
    try:
        yield part
        _finish(part, target, inside, out)
    except BaseException:
        _remove(part, made)
        raise


def _refuse(out: Path) -> None:
    """Raise OutputError where `out` is not a new or an empty folder."""
    try:
        if out.is_symlink() and not out.exists():
            raise OutputError(f"{out}: a link to nowhere; {ANOTHER}")
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out}: a file, not a folder; {ANOTHER}")
        if out.exists() and any(out.iterdir()):
            raise OutputError(f"{out}: this folder is there already and is not empty; {ANOTHER}")
    except OSError as error:
        raise _unwritable(out, error) from error


def _made(part: Path, out: Path) -> list[Path]:
    """Make a folder and those above it; return those made, the topmost first."""
    missing = [folder for folder in (part, *part.parents) if not folder.exists()][::-1]
    try:
        part.mkdir(parents=True)
    except OSError as error:
        _remove(part, missing)
        raise _unwritable(out, error) from error
    return missing


def _finish(part: Path, target: Path, inside: bool, out: Path) -> None:
    """Give the complete folder its name."""
    moved: list[Path] = []
    try:
        if not inside:
            part.rename(target)
            return
        for path in sorted(part.iterdir()):
            path.rename(target / path.name)
            moved.append(target / path.name)
        part.rmdir()
    except OSError as error:
        for path in moved:
            path.unlink(missing_ok=True)
        raise _unwritable(out, error) from error


def _remove(part: Path, made: list[Path]) -> None:
    """Remove an unfinished folder, and those made above it where nothing else has come into them."""
    shutil.rmtree(part, ignore_errors=True)
    for folder in reversed(made):
        try:
            folder.rmdir()
        except OSError:
            continue


def _unwritable(out: Path, error: OSError) -> OutputError:
    return OutputError(f"{out}: cannot be written: {error.strerror or error}; {ANOTHER}")


def write(
    folder: Path,
    run: Trajectory,
    scenario: Scenario,
    observations: pd.DataFrame,
    comparison: pd.DataFrame,
    found: Facts | None = None,
    *,
    exact: bool,
    seconds: dict[str, float],
    source: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Write every file of a run; people in tables and report are rounded unless `exact`.

    `seconds` (by phase) is completed and goes into run.json, `source` too (what the user called the scenario,
    so that `egress merge` finds it); `say` hears the name of each file before it is written. Raises OutputError.
    """
    from egress.report.pen import pen

    pen()  # starts meanwhile
    from egress.report import page, tables

    data = run.data

    def table(make: Callable[..., pd.DataFrame], path: Path) -> None:
        tables.write_csv(make(data), path, exact=exact)

    def save() -> None:
        started = time.perf_counter()
        run.save(folder / "trajectory.nc")
        seconds["writing trajectory.nc"] = time.perf_counter() - started

    writers: dict[str, Callable[[Path], None]] = {
        "arrivals.csv": lambda path: table(tables.arrivals, path),
        "queues.csv": lambda path: table(tables.queues, path),
        "outcomes.csv": lambda path: table(tables.outcomes, path),
        "report.html": lambda path: page.render(data, scenario, observations, comparison, path, found, exact=exact),
    }
    with tables.meanwhile(save):
        for name, writer in writers.items():
            say(name)
            started = time.perf_counter()
            writer(folder / name)
            seconds[f"writing {name}"] = time.perf_counter() - started
    facts = record(data.attrs, exact, seconds, source)
    write_file(folder / "run.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def record(attrs: dict[str, Any], exact: bool, seconds: dict[str, float], source: str = "") -> dict[str, Any]:
    """Return what run.json says of a run, from the attributes of its trajectory."""
    merged = attrs.get("merged")
    names = ("scenario", "scenario_title", "scenario_hash", "seed", "members", "step_hours", "platform")
    return {
        "egress_version": attrs["egress_version"],
        **{name: plain(attrs[name]) for name in names},
        "source": source,
        "part": attrs.get("part") or None,
        "merged": json.loads(merged) if merged else None,
        "as_of": attrs["as_of"] or None,
        "exact": exact,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": list(FILES),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "seconds_of_processes": json.loads(attrs["seconds"]),
    }


def plain(value: Any) -> Any:
    """Return a number as Python knows it: attributes read from a file are of NumPy."""
    return value.item() if hasattr(value, "item") else value
