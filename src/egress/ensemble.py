"""Many members of one scenario: chunks on threads, reduced to one trajectory.

A member's luck depends on its number and the seed alone, so results are the same for any number of threads,
any chunking and any division of the members: members 0–9 of 200 equal a run of 10.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import egress
from egress.distribution import Distribution
from egress.engine.world import World
from egress.parts import numbers
from egress.scenario.load import load, scenario_hash
from egress.scenario.schema import Scenario
from egress.scenario.time import known
from egress.threads import each
from egress.trajectory import Trajectory, blank

if TYPE_CHECKING:
    from egress.engine.members import Members

CHUNK = 250  # most members that a thread takes through all steps at a time: the share of Python in a step is small then
DEFAULT_SEED = 20220921
OPTIONAL = ("call_up", "voice")  # processes that a scenario may be without
Progress = Callable[[float], None]
Normals = Mapping[str, npt.NDArray[np.float64]]
"""Standard normals [member, …] behind uncertain numbers, by name (engine.members)."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn in a run: the standard normals behind every number, and what the inputs were drawn from."""

    normals: Normals
    uncertain: Mapping[str, Distribution]


def run(
    scenario: Scenario | str | Path,
    *,
    members: int | range | None = None,
    seed: int = DEFAULT_SEED,
    as_of: datetime | None = None,
    threads: int | None = None,
    chunk: int = CHUNK,
    progress: Progress | None = None,
    learnt: Normals | None = None,
) -> Trajectory:
    """Run a scenario (or its name or folder) and return the trajectory of all its members.

    `members` is how many, or the range of their numbers: a part of a run, to be merged (`egress.merge`).
    With `as_of` (with offset) only what was known by then is used. `progress` is called with the share done.
    `learnt` puts what counts have taught (a posterior) in the place of draws; its rows are the members 0, 1, ….
    Raises ScenarioError for a faulty scenario, ValueError for members that are none, not consecutive or not learnt.

    >>> import egress
    >>> run = egress.run("one-border", members=2, seed=1)
    >>> int(run.daily("XBB").sum()) > 0
    True
    >>> second = egress.run("one-border", members=range(1, 2), seed=1)
    >>> bool((second.daily("XBB") == run.daily("XBB").sel(member=[1])).all())
    True
    """
    trajectory, _ = traced(
        scenario,
        members=members,
        seed=seed,
        as_of=as_of,
        threads=threads,
        chunk=chunk,
        progress=progress,
        learnt=learnt,
    )
    return trajectory


def traced(
    scenario: Scenario | str | Path,
    *,
    members: int | range | None = None,
    seed: int = DEFAULT_SEED,
    as_of: datetime | None = None,
    threads: int | None = None,
    chunk: int = CHUNK,
    progress: Progress | None = None,
    learnt: Normals | None = None,
    luck: npt.NDArray[np.int64] | None = None,
) -> tuple[Trajectory, Drawn]:
    """Run as `run` does; return also what was drawn for each member.

    `luck` [member] keys the draws of each member (else its own number does): equal keys, equal luck.
    """
    started = time.perf_counter()
    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    whole = scenario
    if as_of is not None:
        scenario = known(scenario, as_of)
    chosen = numbers(scenario.members if members is None else members)
    world = World.of(scenario, as_of)
    arrays = blank(_sizes(world, len(chosen)))
    threads = threads or os.cpu_count() or 1
    rows = _rows(learnt or {}, chosen)
    keys = np.array(chosen, dtype=np.int64) if luck is None else luck
    seconds, drawn = _run_chunks(world, arrays, keys, seed, threads, chunk, progress, rows)
    seconds["whole run"] = time.perf_counter() - started
    attrs = {
        "scenario": whole.name,
        "scenario_title": whole.title,
        "home": whole.home,
        "without": ", ".join(name for name in OPTIONAL if getattr(whole, name) is None),
        "scenario_hash": scenario_hash(whole),
        "egress_version": egress.__version__,
        "seed": seed,
        "members": len(chosen),
        "part": f"{chosen.start}:{chosen.stop}" if isinstance(members, range) else "",
        "learnt": _fingerprint(learnt or {}),
        "as_of": "" if as_of is None else as_of.isoformat(),
        "step_hours": world.delta,
        "start": world.start.isoformat(),
        "utc_offset": scenario.period.utc_offset,
        "horizon_days": world.booking_days,
        "platform": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "seconds": json.dumps({name: round(value, 3) for name, value in seconds.items()}),
    }
    coords = _coords(world) | {"member": np.array(chosen)}
    return Trajectory.of(arrays, coords, world.per_day, attrs), drawn


def _rows(learnt: Normals, members: range) -> Normals:
    """Return what was learnt of these members; raise ValueError where there are more members than rows."""
    few = min((len(values) for values in learnt.values()), default=members.stop)
    if few < members.stop:
        raise ValueError(f"members {members.start}:{members.stop}: the counts have taught {few} members only")
    return {name: values[members.start : members.stop] for name, values in learnt.items()}


def _fingerprint(learnt: Normals) -> str:
    """Return 12 hexadecimal digits of what was learnt, for parts of runs that differ in it are not of one run."""
    digest = sha256()
    for name in sorted(learnt):
        digest.update(f"{name} {learnt[name].shape} ".encode() + np.ascontiguousarray(learnt[name]).tobytes())
    return digest.hexdigest()[:12] if learnt else ""


def _run_chunks(
    world: World,
    arrays: dict[str, Any],
    keys: npt.NDArray[np.int64],
    seed: int,
    threads: int,
    chunk: int,
    progress: Progress | None,
    learnt: Normals,
) -> tuple[dict[str, float], Drawn]:
    """Take all members through all steps; return seconds of work by process (of all threads), and what was drawn."""
    from egress.engine.loop import advance, begin
    from egress.engine.members import Members

    count = len(keys)
    chunk = even_chunk(count, threads, chunk)
    stop, lock = Event(), Lock()
    seconds: dict[str, float] = {}
    taken: dict[int, Members] = {}
    done = [0]

    def work(first: int) -> None:
        last = min(first + chunk, count)
        if stop.is_set():
            return
        given = {name: values[first:last] for name, values in learnt.items()}
        members = Members(world, seed, keys[first:last], given)
        part = begin(members, {name: values[first:last] for name, values in arrays.items()})
        for _ in range(world.steps):
            if stop.is_set():
                return
            advance(part)
            with lock:
                done[0] += last - first
                if progress is not None:
                    progress(done[0] / (count * world.steps))
        with lock:
            taken[first] = members
            for name, value in part.seconds.items():
                seconds[name] = seconds.get(name, 0.0) + value

    try:
        each(work, range(0, count, chunk), threads)
    except BaseException:
        stop.set()
        raise
    return seconds, _drawn([taken[first] for first in sorted(taken)])


def even_chunk(count: int, threads: int, most: int) -> int:
    """Return how many members a chunk has, at most so many, so that every thread has as much to do.

    >>> even_chunk(300, 2, 250), even_chunk(600, 2, 250), even_chunk(3, 8, 250)
    (150, 150, 1)
    """
    turns = -(-count // (threads * most))
    return max(1, -(-count // (threads * max(turns, 1))))


def _drawn(chunks: list[Members]) -> Drawn:
    """Return what all members drew; what a policy draws only where it happens is drawn for the others too."""
    names = sorted({name for members in chunks for name in members.normals})
    normals = {name: np.concatenate([_normal(members, name) for members in chunks]) for name in names}
    return Drawn(normals, {name: d for members in chunks for name, d in members.uncertain.items()})


def _normal(members: Members, name: str) -> npt.NDArray[np.float64]:
    return members.normals[name] if name in members.normals else members.normal(name)


def _sizes(world: World, members: int) -> dict[str, int]:
    scenario = world.scenario
    return {
        "member": members,
        "day": world.days,
        "step": world.steps,
        "crossing": world.entries,
        "lane": len(scenario.lanes),
        "region": world.origins,
        "outcome": 5,
        "service": world.services,
        "policy": len(world.policies),
        "parameter": len(scenario.parameters),
    }


LOADS = {"units": "persons per vehicle", "long_name": "people in a vehicle, middle of the range"}


def _coords(world: World) -> dict[str, Any]:
    scenario = world.scenario
    start = np.datetime64(world.start.astimezone(UTC).replace(tzinfo=None), "ns")
    first = np.datetime64(scenario.period.start.isoformat(), "ns")
    steps = [np.timedelta64(timedelta(hours=world.delta * n), "ns") for n in range(world.steps)]
    entries = world.ways.entries
    vehicles = [float(lane.persons_per_vehicle.median) for lane in scenario.lanes]
    return {
        "day": first + np.arange(world.days) * np.timedelta64(1, "D").astype("timedelta64[ns]"),
        "step": start + np.array(steps, dtype="timedelta64[ns]"),
        "crossing": [e.label for e in entries],
        "place": ("crossing", [e.place for e in entries]),
        "country": ("crossing", [e.country for e in entries]),
        "door": ("crossing", [e.door for e in entries]),
        "mode": ("crossing", [e.mode for e in entries]),
        "lane": [f"{lane.crossing}/{lane.kind}" for lane in scenario.lanes],
        "lane_crossing": ("lane", [lane.crossing for lane in scenario.lanes]),
        "lane_kind": ("lane", [lane.kind for lane in scenario.lanes]),
        "persons_per_vehicle": ("lane", vehicles, LOADS),
        "region": [o.id for o in scenario.origins],
        "service": [s.id for s in scenario.services],
        "policy": [r.policy.id for r in world.policies],
        "parameter": [p.name for p in scenario.parameters],
    }
