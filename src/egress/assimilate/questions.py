"""What a sensitivity may be asked of: one number per member, such as all arrivals or the longest queue.

People are compared by their logarithm, so that a factor of two counts alike everywhere, fewer than ten as ten; days
and shares as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from egress.engine.world import World
from egress.errors import EgressError
from egress.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
UNNOTICED = 10.0  # persons; as in report.facts: fewer are not worth a word
COUNTRIES = 3  # the largest are asked for unless the user names places
QUEUE = "queue:"
Unit = Literal["people", "day", "share"]
GENERAL = ("arrivals", "peak", "queue", "stranded")


@dataclass(frozen=True)
class Question:
    """One number of a run: `arrivals`, `peak`, `queue`, `stranded`, `queue:<crossing>`, or the name of a place.

    Flee folders have others (egress.flee.sensitivity).
    """

    name: str
    unit: Unit = "people"
    """`people`, `day` (counted from the start of the period), or `share`."""

    def asked(self, trajectory: Trajectory, hidden: frozenset[str] = frozenset()) -> Floats:
        """Return [member] the number in each member; crossings whose queue means nothing are `hidden`."""
        return np.asarray(_asked(self.name, trajectory, hidden), dtype=float)

    def scaled(self, values: Floats) -> Floats:
        """Return numbers on the scale on which they are compared, any shape."""
        return np.log(np.maximum(values, UNNOTICED)) if self.unit == "people" else values


def _asked(name: str, trajectory: Trajectory, hidden: frozenset[str]) -> npt.NDArray[np.generic]:
    data = trajectory.data
    if name == "arrivals":
        return np.asarray(data["surge"].sum(("day", "crossing"), dtype=np.int64).values)
    if name == "peak":
        gross = data["arrivals"].sel(measure="gross").sum("crossing", dtype=np.int64)
        return np.asarray(gross.transpose("member", "day").values.argmax(axis=1))
    if name == "stranded":
        daily = data["outcomes"].sel(outcome="stranded").sum("region", dtype=np.int64)
        return np.asarray(daily.max("day").values)
    if name == "queue" or name.startswith(QUEUE):
        doors = [name.removeprefix(QUEUE)] if name != "queue" else _doors(trajectory, hidden)
        return np.asarray(np.max([_longest(trajectory, door) for door in doors], axis=0, initial=0))
    chosen = (data.country == name) | (data.place == name) | (data.door == name) | (data.crossing == name)
    return np.asarray(data["surge"].isel(crossing=chosen.values).sum(("day", "crossing"), dtype=np.int64).values)


def _doors(trajectory: Trajectory, hidden: frozenset[str]) -> list[str]:
    return sorted({str(door) for door in trajectory.data["lane_crossing"].values} - hidden)


def _longest(trajectory: Trajectory, door: str) -> npt.NDArray[np.generic]:
    """Return [member] the longest queue at a crossing, persons in all its lanes."""
    lanes = trajectory.data.isel(lane=np.flatnonzero(trajectory.data["lane_crossing"].values == door))
    return np.asarray(lanes["queue"].sum("lane", dtype=np.int64).max("step").values)


def largest(trajectory: Trajectory, count: int = COUNTRIES) -> list[str]:
    """Return the countries in which most people of the surge arrive (mean of the members), the largest first."""
    names = sorted({str(name) for name in trajectory.data["country"].values})
    means = {name: float(Question(name).asked(trajectory).mean()) for name in names}
    return sorted((name for name in names if means[name] > 0), key=lambda name: -means[name])[:count]


def questions(names: Sequence[str], world: World) -> tuple[Question, ...]:
    """Return the questions of these names, each once; raises EgressError for a name that means nothing."""
    places = {part for own in world.entry_names for part in own}
    queues = {lane.crossing for lane in world.scenario.lanes}
    for name in names:
        if name not in places and name not in GENERAL and name.removeprefix(QUEUE) not in queues:
            raise EgressError(
                f"no output {name!r}: expected {', '.join(GENERAL)}, {QUEUE}CROSSING, or a place such as "
                f"{', '.join(sorted({e.country for e in world.ways.entries}))}"
            )
    return tuple(Question(name, "day" if name == "peak" else "people") for name in dict.fromkeys(names))
