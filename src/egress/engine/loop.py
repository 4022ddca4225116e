"""The step: its order as data, and a chunk of members taken through all of them.

`ORDER` is what `egress explain` prints. Each process is one file with its equation; here each is only
called with what it reads and writes. State comes in, state goes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.engine import conserve
from egress.engine import state as states
from egress.engine.members import Members
from egress.engine.processes import call_up, choose, cross, intend, news, ordinary, settle, travel, voice
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints

Arrays = dict[str, npt.NDArray[Any]]


@dataclass
class Chunk:
    """Some members of a run on their way: who they are, where everybody is, what has been recorded."""

    members: Members
    state: State
    record: Arrays
    """Variables of a trajectory (trajectory.FIELDS) of these members, filled as the steps are taken."""
    now: Now = field(init=False)
    ordinary: Ints = field(init=False)
    """[M, X] ordinary travellers who come to the land doors in this step."""
    exits: Ints = field(init=False)
    entries: Ints = field(init=False)
    """[M, A] ordinary travellers who enter."""
    arrived: Ints = field(init=False)
    """[M, A] people of the surge who enter."""
    no_way: Bools = field(init=False)
    seconds: dict[str, float] = field(default_factory=dict)


def _news(chunk: Chunk) -> None:
    shape = (len(chunk.members), chunk.members.world.entries)
    chunk.now = news.step(chunk.members, chunk.state)
    chunk.entries = np.zeros(shape, dtype=np.int64)
    chunk.arrived = np.zeros(shape, dtype=np.int64)


def _call_up(chunk: Chunk) -> None:
    call_up.step(chunk.members, chunk.state, chunk.now)


def _intend(chunk: Chunk) -> None:
    intend.step(chunk.members, chunk.state, chunk.now)


@contextmanager
def _recorded(chunk: Chunk, at: int, *names: str) -> Iterator[Arrays]:
    """Yield what is recorded of a day or step, to be changed: [M, …] copies, in one layout for any number of members.

    A kernel is compiled for each layout, and a cut through the records of one member has another than of two.
    """
    rows = {name: chunk.record[name][:, at].copy() for name in names}
    yield rows
    for name, values in rows.items():
        chunk.record[name][:, at] = values


def _voice(chunk: Chunk) -> None:
    with _recorded(chunk, chunk.now.day, "protest_detained") as rows:
        voice.step(chunk.members, chunk.state, chunk.now, rows["protest_detained"])


def _choose(chunk: Chunk) -> None:
    heard = published_wait(chunk.members, chunk.state, chunk.now)
    with _recorded(chunk, chunk.now.day, "seats_sold", "fare", "next_seat") as rows:
        sold, fare, next_seat = rows.values()
        choose.step(chunk.members, chunk.state, chunk.now, heard, sold, fare, next_seat, chunk.no_way)


def _travel(chunk: Chunk) -> None:
    travel.step(chunk.members, chunk.state, chunk.now, chunk.entries)


def _ordinary(chunk: Chunk) -> None:
    chunk.ordinary, chunk.exits = ordinary.step(chunk.members, chunk.state, chunk.now)


def _cross(chunk: Chunk) -> None:
    with _recorded(chunk, chunk.now.step, "queue", "wait", "served", "refused", "gave_up") as lanes:
        cross.step(chunk.members, chunk.state, chunk.now, chunk.ordinary, chunk.arrived, chunk.entries, lanes)


def _settle(chunk: Chunk) -> None:
    settle.step(chunk.members, chunk.state, chunk.now, chunk.arrived, chunk.exits)


ORDER: dict[str, tuple[Callable[[Chunk], None], Any]] = {
    "news": (_news, news),
    "call-up": (_call_up, call_up),
    "intend and prepare": (_intend, intend),
    "voice": (_voice, voice),
    "choose and book": (_choose, choose),
    "travel": (_travel, travel),
    "ordinary traffic": (_ordinary, ordinary),
    "cross": (_cross, cross),
    "settle": (_settle, settle),
}


def begin(members: Members, record: Arrays) -> Chunk:
    """Return a chunk before its first step."""
    chunk = Chunk(members, states.initial(members), record)
    intend.begin(members, chunk.state)
    chunk.no_way = np.zeros(chunk.state.ready.shape, dtype=bool)
    start, end = members.policy_start, members.world.steps * members.world.delta
    record["policy_start"][:] = np.where(start < end, start, np.nan)
    for number, values in enumerate(members.parameters.values()):
        record["parameters"][:, number] = values
    return chunk


def advance(chunk: Chunk) -> None:
    """Take one step, record it, and check that nobody and no waiting time was lost (each class: once a day)."""
    for name, (process, _) in ORDER.items():
        started = time.perf_counter()
        process(chunk)
        chunk.seconds[name] = chunk.seconds.get(name, 0.0) + time.perf_counter() - started
    started = time.perf_counter()
    state = chunk.state
    state.waits[:, :, state.step % state.waits.shape[2]] = chunk.record["wait"][:, state.step]
    state.step += 1
    _write(chunk)
    conserve.assert_conserved(state, chunk.members.world)
    if state.step % chunk.members.world.per_day == 0:
        conserve.assert_in_place(state, chunk.members.world)
    chunk.seconds["record and check"] = chunk.seconds.get("record and check", 0.0) + time.perf_counter() - started


def _write(chunk: Chunk) -> None:
    """Record what the step did; stocks at the end of each day."""
    now, state, record = chunk.now, chunk.state, chunk.record
    record["surge"][:, now.step] = chunk.arrived
    record["ordinary"][:, now.step] = chunk.entries
    record["exits"][:, now.step] = chunk.exits
    if state.step % chunk.members.world.per_day == 0:
        record["staying"][:, now.day] = state.transit + state.settled + state.recent.sum(axis=2)
        stranded = np.where(chunk.no_way, state.ready + state.waiting, 0).sum(axis=2) + _behind(chunk)
        stocks = (
            state.called_up.sum(axis=2),
            state.listed,
            state.hiding.sum(axis=2),
            state.detained.sum(axis=2),
        )
        for number, stock in enumerate((*stocks, stranded)):
            record["outcomes"][:, now.day, :, number] = stock
    if state.step == chunk.members.world.steps:
        record["flows"][:] = state.flows


def _behind(chunk: Chunk) -> Ints:
    """Return [M, O] people on the way to or waiting at a door that is shut at the end of the step."""
    doors = chunk.members.world.doors
    shut = chunk.now.shut[:, :doors]
    return np.asarray((chunk.state.road_from.sum(axis=2) * shut[:, :, None]).sum(axis=1))


def published_wait(members: Members, state: State, now: Now) -> Floats:
    """Return [M, X] the wait at each door as people hear of it: ℓ hours old, mean of its lanes in use."""
    world = members.world
    slots = state.waits.shape[2]
    position = (now.middle - members["published_delay"]) / world.delta - 1.0
    before = np.floor(position).astype(np.int64)
    part = (position - before)[:, None]
    rows = np.arange(len(members))

    def at(steps: Ints) -> Floats:
        kept = np.clip(steps, now.step - slots, now.step - 1)  # the last step taken is the latest news
        heard = state.waits[rows, :, kept % slots]
        return np.asarray(np.where((kept >= 0)[:, None], heard, 0.0), dtype=float)

    lanes = at(before) * (1 - part) + at(before + 1) * part
    known = np.isfinite(lanes)
    share = np.where(known, members.lane("share"), 0.0)
    total = np.where(known, share * lanes, 0.0) @ world.lane_at_door
    return np.asarray(total / np.maximum(share @ world.lane_at_door, 1e-12))
