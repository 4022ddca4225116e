"""The folder of a run of Flee's rules, and the drop-in for Flee's run.py.

flee_out.csv      Flee's own columns, means over members     flee_members.csv   mean and sd by day and camp
ard.json          Flee's measures of error, by member        trajectory.nc      agents by member, day, place
RUNS/*/out.csv    Flee's own table of each member            run.json           what was run
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import egress
from egress.engine.flee.case import SEMANTICS
from egress.errors import OutputError
from egress.flee import output
from egress.flee.measures import persistence
from egress.flee.run import OWN, SEED, FleeRun, Progress, run
from egress.report import folder

NAIVE = (7, 30)  # days: persistence printed beside ARD (flee.md section 16)


def run_folder(
    source: Path,
    out: Path | None = None,
    *,
    settings: Path | None = None,
    rules: str | None = None,
    members: int | Iterable[int] = 1,
    seed: int | None = None,
    threads: int | None = None,
    per_member: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Path, FleeRun]:
    """Run a Flee folder and write the folder of the run; return its path and the run. Raises EgressError."""
    place = out or folder.default(_name(source), datetime.now())
    with folder.prepared(place) as part:
        say("running")
        done = run(
            source,
            settings=settings,
            rules=rules,
            members=members,
            seed=SEED if seed is None else seed,
            threads=threads,
            progress=progress,
        )
        say("writing")
        _write(part, done, per_member)
    return place, done


def _rules(done: FleeRun) -> str:
    """Return the name of the rules that were run (a converted scenario says them itself)."""
    if done.own:
        return OWN
    return next((name for name, switches in SEMANTICS.items() if switches == done.rules.semantics), "own")


def _name(source: Path) -> str:
    resolved = source.resolve()
    return resolved.parent.name if resolved.name in ("input_csv", "scenario.yaml") else resolved.name


def _write(part: Path, done: FleeRun, per_member: bool) -> None:
    files = output.write(part, done, per_member=per_member)
    try:
        data = done.dataset()
        packed = {name: {"zlib": True, "complevel": 1} for name, v in data.data_vars.items() if v.dtype.kind in "iu"}
        data.to_netcdf(part / "trajectory.nc", engine="h5netcdf", encoding=packed)
    except OSError as error:
        raise OutputError(f"cannot write trajectory.nc: {error.strerror or error}") from error
    facts = {
        "egress_version": egress.__version__,
        "scenario": done.case.name,
        "rules": _rules(done),
        "hasten": done.rules.hasten,
        "seed": done.seed,
        "members": len(done.members),
        "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [*files, "trajectory.nc", "run.json"],
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (part / "run.json").write_text(text, "utf-8", newline="\n")


def summary(done: FleeRun) -> str:
    """Return a few lines on a run: measures beside the naive ones, and camps at the end."""
    said, data, sim = output.measures(done), done.data, done.sim
    naive = ", ".join(f"{days} days ago {persistence(data, days):.3f}" for days in NAIVE if days < len(data))
    people = f" agents of {done.rules.hasten} people" if done.rules.hasten > 1 else " people"
    lines = [
        f"{done.case.name}: {len(done.members)} members, {done.case.length} days from {done.case.start}",
        f"ARD {said['ard']:.4f}, rescaled {said['ard_rescaled']:.4f} (as the camps were {naive})",
        f"{'camp':24} {'data':>10} {'mean':>10} {'5 %':>10} {'95 %':>10}  {people.strip()}, last day",
    ]
    for c, name in enumerate(done.names):
        last = sorted(sim[:, -1, c].tolist())
        low, high = last[int(0.05 * (len(last) - 1))], last[round(0.95 * (len(last) - 1))]
        mean = sum(last) / len(last)
        lines.append(f"{name:24} {data[-1, c]:10,} {mean:10,.0f} {low:10,} {high:10,}")
    return "\n".join(lines)


def drop_in(input_csv: Path, source_data: Path, days: int, settings: Path, seed: int | None) -> str:
    """Return what Flee's run.py prints for the same arguments: out.csv of one member (0 days: as the folder says)."""
    from egress.formats.flee import FleeFolder

    place = FleeFolder(input_csv, source_data, settings, Path())
    done = run(place, days=days if days > 0 else None, members=1, seed=SEED if seed is None else seed, threads=1)
    return output.out_csv(done, 0)
