"""The folder of a run of Flee's rules, its parts put together, and the drop-in for Flee's run.py.

flee_out.csv      Flee's own columns, means over members     flee_members.csv   mean and sd by day and camp
ard.json          Flee's measures of error, by member        trajectory.nc      agents by member, day, place
report.html       headline, camps with data, map, limits     run.json           what was run
RUNS/*/out.csv    Flee's own table of each member
flee_settings.csv the settings that have ranges, by member (where there are any)
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import egress
from egress.engine.flee.case import SEMANTICS
from egress.errors import Fault, MergeError, ScenarioError
from egress.flee import gravity, measures, output
from egress.flee.calibrate import Learnt, learnt
from egress.flee.run import OWN, SEED, FleeRun, run_case
from egress.flee.spread import Progress
from egress.formats.flee import FleeFolder, Instance, read, read_instance
from egress.formats.flee.read import warn
from egress.formats.flee.setting_ranges import spot_of
from egress.parts import Part, joined
from egress.report import folder
from egress.trajectory import lasting

if TYPE_CHECKING:
    import xarray as xr

Say = Callable[[str], None]


def run_folder(
    source: Path,
    out: Path | None = None,
    *,
    settings: Path | None = None,
    rules: str | None = None,
    members: int | range = 1,
    seed: int | None = None,
    threads: int | None = None,
    per_member: bool = False,
    posterior: Path | None = None,
    progress: Progress | None = None,
    say: Say = lambda _: None,
) -> tuple[Path, FleeRun]:
    """Run a Flee folder and write the folder of the run; return its path and the run. Raises EgressError."""
    place = out or folder.default(_name(source), datetime.now())
    with folder.prepared(place) as part:
        say("running")
        instance = _read(source, settings, rules)
        given: dict[str, Any] = {"members": members, "seed": SEED if seed is None else seed}
        given |= {"threads": threads, "progress": progress}
        taught = None
        if posterior is not None:
            taught = learnt(posterior, instance, np.array(members if isinstance(members, range) else range(members)))
            given["settings"] = taught.settings
        done = (gravity.run_case if rules == OWN else run_case)(instance.case, instance.rules, **given)
        asked = {"source": str(source), "settings": None if settings is None else str(settings)}
        piece = f"{members.start}:{members.stop}" if isinstance(members, range) else ""
        _write(part, done, _dataset(done, instance, piece, taught), instance, asked, per_member, say)
    return place, done


def merge_folder(
    parts: Sequence[Part],
    out: Path | None = None,
    *,
    source: str | None = None,
    progress: Progress | None = None,
    say: Say = lambda _: None,
) -> tuple[Path, FleeRun]:
    """Put the parts of a run together (those of `egress.parts.found`): the same files as one run of all members.

    The folder that was run is read again, from `source` where it has moved. Raises EgressError.
    """
    facts = parts[0].facts
    asked = {"source": source or facts["source"], "settings": facts["settings"]}
    settings = None if asked["settings"] is None else Path(asked["settings"])
    instance = _read(Path(asked["source"]), settings, facts["rules"] if facts["rules"] != "own" else None)
    ran = str(parts[0].attrs["scenario_hash"])
    if ran != instance.hash:
        raise MergeError(
            f"{parts[0].folder}: ran another folder than {asked['source']} is now ({ran}, not {instance.hash}); "
            "name the one that was run with --scenario"
        )
    place = out or folder.default(str(facts["scenario"]), datetime.now())
    with folder.prepared(place) as part:
        say("merging")
        data = joined(parts, progress).data
        case = replace(instance.case, name=str(facts["scenario"]))
        done = FleeRun.of(data, case, instance.rules)
        if facts["rules"] == OWN:
            done = gravity.as_own(done)
        _write(part, done, data, instance, asked, all(one.facts["per_member"] for one in parts), say)
    return place, done


def is_part(part: Part) -> bool:
    """Say whether the run that a folder is part of had Flee's rules."""
    return "hasten" in part.attrs


def _read(source: Path, settings: Path | None, rules: str | None) -> Instance:
    instance = read_instance(source, settings, rules="flee" if rules == OWN else rules)
    for warning in instance.warnings:
        warn(warning)
    return instance


def _rules(done: FleeRun) -> str:
    """Return the name of the rules that were run (a converted scenario says them itself)."""
    if done.own:
        return OWN
    return next((name for name, switches in SEMANTICS.items() if switches == done.rules.semantics), "own")


def _name(source: Path) -> str:
    resolved = source.resolve()
    return resolved.parent.name if resolved.name in ("input_csv", "scenario.yaml") else resolved.name


def _dataset(done: FleeRun, instance: Instance, piece: str, taught: Learnt | None) -> xr.Dataset:
    """Return the trajectory with what it says of its run, by which `merge` knows what belongs together."""
    about = {
        "egress_version": egress.__version__,
        "scenario": done.case.name,
        "scenario_hash": instance.hash,
        "rules": _rules(done),
        "hasten": done.rules.hasten,
        "members": len(done.members),
        "part": piece,
        "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }
    if taught is not None:
        about |= {"learnt": taught.digest, "learnt_before": taught.until}
    return done.dataset().assign_attrs(about)


def _write(
    part: Path,
    done: FleeRun,
    data: xr.Dataset,
    instance: Instance,
    asked: dict[str, Any],
    per_member: bool,
    say: Say,
) -> None:
    """Write every file of a run."""
    from egress.replaced import write_file
    from egress.report import flee_page

    say("writing tables")
    files = output.write(part, done, per_member=per_member)
    packed = {name: {"zlib": True, "complevel": 1} for name, v in data.data_vars.items() if v.dtype.kind in "iu"}
    # to memory first: HDF5 itself crashes where the disk is full
    write_file(part / "trajectory.nc", lasting(data).to_netcdf(engine="h5netcdf", encoding=packed))
    say("writing report.html")
    flee_page.render(done, instance, data.attrs, part / "report.html")
    names = ("egress_version", "scenario", "scenario_hash", "rules", "hasten", "seed", "members", "platform")
    merged = data.attrs.get("merged")
    facts = {
        **{name: folder.plain(data.attrs[name]) for name in names},
        **asked,
        "per_member": per_member,
        "part": data.attrs["part"] or None,
        "learnt_before": data.attrs.get("learnt_before"),
        "merged": json.loads(merged) if merged else None,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [*files, "trajectory.nc", "report.html", "run.json"],
    }
    write_file(part / "run.json", json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def summary(done: FleeRun) -> str:
    """Return a few lines on a run: measures beside the naive ones, and camps at the end."""
    said, data, sim = output.measures(done), done.data, done.sim
    before = ", ".join(f"{days} days ago {value:.3f}" for days, value in measures.naive(data))
    beside = f" (as the camps were {before})" if before else ""
    members = "member" if len(done.members) == 1 else "members"
    people = f" agents of {done.rules.hasten} people" if done.rules.hasten > 1 else " people"
    lines = [
        f"{done.case.name}: {len(done.members)} {members}, {done.case.length} days from {done.case.start}",
        f"ARD {said['ard']:.4f}, rescaled {said['ard_rescaled']:.4f}{beside}",
        f"{'camp':24} {'data':>10} {'mean':>10} {'5 %':>10} {'95 %':>10}  {people.strip()}, last day",
    ]
    for c, name in enumerate(done.names):
        last = sorted(sim[:, -1, c].tolist())
        low, high = last[int(0.05 * (len(last) - 1))], last[round(0.95 * (len(last) - 1))]
        mean = sum(last) / len(last)
        lines.append(f"{name:24} {data[-1, c]:10,} {mean:10,.0f} {low:10,} {high:10,}")
    for n, closure in enumerate(done.case.closures):
        if closure.probability < 1:
            named = " ".join((closure.kind, *filter(None, closure.names)))
            lines.append(f"{named} happens in {int(done.happen[:, n].sum())} of {len(done.members)} members")
    if done.rules.ranges:
        lines.append(f"settings that differ by member: {', '.join(map(str, done.rules.ranges))}")
    return "\n".join(lines)


def drop_in(input_csv: Path, source_data: Path, days: int, settings: Path, seed: int | None) -> str:
    """Return what Flee's run.py prints for the same arguments: one out.csv (0 days or less: as the folder says)."""
    place = FleeFolder(input_csv, source_data, settings, Path())
    case, rules = read(place, days=days if days > 0 else None)
    if rules.ranges:
        why = "Flee's run.py takes one number, and so does `egress flee`; `egress run` draws from ranges"
        spots = [(one.name, spot_of(settings, one.name)) for one in rules.ranges]
        raise ScenarioError([Fault(s.file, s.line, s.column, f"a range of {name}: {why}") for name, s in spots])
    done = run_case(case, rules, seed=SEED if seed is None else seed, threads=1)
    return output.out_csv(done, 0)
