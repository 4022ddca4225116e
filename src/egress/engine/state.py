"""Where everybody is: the whole state of a chunk of members between two steps.

Fixed size, arrays only, first axis the member; it can be saved, copied, resampled and resumed at any step.
Rings and queues carry classes; where people come from is kept in [place, class, origin] tables, from which
somebody is drawn without replacement when he leaves the place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path

import numpy as np
import numpy.typing as npt

from egress.distribution import Distribution
from egress.engine.members import Members
from egress.engine.world import QUEUE_DAYS, RECENT_DAYS, Ints, World

Int32s = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Float32s = npt.NDArray[np.float32]
TAIL = 3.09  # standard normal quantile at 0.999: longer travel than this is cut (0.1 %)


@dataclass
class State:
    """Counts of persons (int32) and the few reals that the processes carry from step to step."""

    step: int
    """Next step to be taken."""
    members: Ints
    """[M] absolute numbers of the members."""
    population: Int32s
    """N [M, O, G], never changed: what conservation is checked against."""
    immune: Int32s
    """[M, O, C] at home, would not leave."""
    susceptible: Int32s
    prep1: Int32s
    prep2: Int32s
    ready: Int32s
    waiting: Int32s
    """[M, O, C] ready, looked and put it off."""
    cooling: Int32s
    """[M, O, C] turned back, at home for a while."""
    hiding: Int32s
    called_up: Int32s
    detained: Int32s
    acted: Int32s
    """[M, O, C] those who act in this step; empty between steps."""
    leaving: Int32s
    """[M, K, C] those who set out by land in this step; empty between steps."""
    booked: Int32s
    """[M, H, P, C] seats held, by day of departure (ring over the horizon)."""
    booked_from: Int32s
    """[M, N, C] where those with a seat come from: by ticket."""
    sold: Int32s
    """[M, S, H] seats held by the surge in all, by day of departure (ring)."""
    ordinary_held: Floats
    """[M, S, H] seats held by ordinary travellers."""
    ordinary_flown: Floats
    """[M, S] fraction of an ordinary traveller still to be counted as flown."""
    road: Int32s
    """[M, X, R, C] on the way to a land door, by step of arrival (ring)."""
    road_parts: Float32s
    """[M, X, R, parts] how many of them come in each part (an hour) of that step; expected where they are many."""
    road_from: Int32s
    """[M, X, C, O] where those on the way to a door or in its queues come from, and who crossed."""
    crossed: Int32s
    """[M, X, C] through a door since midnight: where they come from is drawn at the end of the day."""
    air: Int32s
    """[M, A − X, R, C] in the air, by step of arrival (ring)."""
    queue: Int32s
    """[M, L, Q, C + 1] waiting, by cohort of arrival; the last class is ordinary traffic."""
    cohort_from: Floats
    """[M, L, Q] hour from which the people of a cohort arrived (to the end of its step)."""
    cohort_to: Floats
    oldest: Ints
    """[M, L] first cohort in use."""
    newest: Ints
    """[M, L] one past the last cohort in use."""
    service: Floats
    """μ [M, L] persons per hour."""
    credit: Floats
    """[M, L] fraction of a person that could still have been served."""
    stopped: Floats
    """s [M, A, C] perceived chance of being stopped."""
    abroad: Int32s
    """[M, O, C] who got out, wherever they are now."""
    transit: Int32s
    """[M, A] arrived, on the way elsewhere."""
    recent: Int32s
    """[M, A, 10] arrived in each of the last ten days (ring)."""
    settled: Int32s
    onward: Int32s
    returned: Int32s
    ordinary_abroad: Floats
    """[M, A] lagged ordinary entries, as a share of those of an ordinary day: they return."""
    listed: Int32s
    """[M, O] listed so far."""
    turned_back: Int32s
    """[M, A] refused exit or entry so far."""
    flows: Int32s
    """[M, O, A] people of the surge who arrived, by origin."""
    queue_integral: Floats
    """[M, L] time integral of people waiting (trapezoid)."""
    wait_sum: Floats
    """[M, L] sum of the waits of all who left the queue."""
    waits: Float32s
    """[M, L, W] hours of wait at the end of each of the last steps (ring), of which people hear late."""

    def copy(self) -> State:
        """Return a deep copy."""
        return self.resampled(np.arange(len(self.members)))

    def resampled(self, chosen: Ints, members: Ints | None = None) -> State:
        """Return the state with member i replaced by member `chosen[i]`, numbered `members` if given."""
        kept = {f.name: np.ascontiguousarray(getattr(self, f.name)[chosen]) for f in fields(self)[1:]}
        if members is not None:
            kept["members"] = np.asarray(members, dtype=np.int64)
        return State(step=self.step, **kept)

    def save(self, path: Path) -> None:
        """Write to one file (no pickle); a temporary name first, then renamed."""
        temporary = path.with_name(path.name + ".part")
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self)}
        with temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        os.replace(temporary, path)

    @classmethod
    def load(cls, path: Path) -> State:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            kept = {f.name: arrays[f.name] for f in fields(cls)[1:]}
            return cls(step=int(arrays["step"]), **kept)


def horizon(members: Members) -> int:
    """Return the number of departure days kept: today and the booking horizon."""
    return members.world.booking_days + 1


def ring_length(longest: float, spread: float, delta: float) -> int:
    """Return how many steps a ring must hold for journeys of up to `longest` hours."""
    steps: int = ceil(longest * spread**TAIL / delta)
    return steps + 2


def steps_heard(world: World) -> int:
    """Return how many past steps people can hear of: enough for any member but the extreme (1 in 10,000)."""
    delay = next(p.value for p in world.scenario.parameters if p.name == "published_delay")
    return ceil(float(delay.quantile(np.array(0.9999))) / world.delta) + 2


def initial(members: Members) -> State:
    """Return the state before the first step: everybody at home, ordinary seats sold, queues empty."""
    w = members.world
    m, o, c, a, x = len(members), w.origins, w.classes, w.entries, w.doors
    lanes, days = len(w.scenario.lanes), horizon(members)
    ground, flight, spread = longest(w)
    road, air = ring_length(ground, spread, w.delta), ring_length(flight, spread, w.delta)
    queue = QUEUE_DAYS * w.per_day + 1

    def people(*shape: int) -> Int32s:
        return np.zeros((m, *shape), dtype=np.int32)

    def reals(*shape: int) -> Floats:
        return np.zeros((m, *shape))

    return State(
        step=0,
        members=members.numbers.copy(),
        population=members.population.astype(np.int32),
        **{name: people(o, c) for name in HOME},
        acted=people(o, c),
        leaving=people(len(w.ways.itineraries), c),
        booked=people(days, w.products, c),
        booked_from=people(len(w.ticket_way), c),
        sold=people(w.services, days),
        ordinary_held=reals(w.services, days),
        ordinary_flown=reals(w.services),
        road=people(x, road, c),
        road_parts=np.zeros((m, x, road, w.parts), dtype=np.float32),
        road_from=people(x, c, o),
        crossed=people(x, c),
        air=people(a - x, air, c),
        queue=people(lanes, queue, c + 1),
        cohort_from=reals(lanes, queue),
        cohort_to=reals(lanes, queue),
        oldest=np.zeros((m, lanes), dtype=np.int64),
        newest=np.zeros((m, lanes), dtype=np.int64),
        service=members.relaxed.copy(),
        credit=reals(lanes),
        stopped=reals(a, c),
        abroad=people(o, c),
        transit=people(a),
        recent=people(a, RECENT_DAYS),
        settled=people(a),
        onward=people(a),
        returned=people(a),
        ordinary_abroad=np.zeros((m, a)),
        listed=people(o),
        turned_back=people(a),
        flows=people(o, a),
        queue_integral=reals(lanes),
        wait_sum=reals(lanes),
        waits=np.zeros((m, lanes, steps_heard(w)), dtype=np.float32),
    )


HOME = (
    "immune", "susceptible", "prep1", "prep2", "ready", "waiting", "cooling", "hiding", "called_up", "detained",
)  # fmt: skip


EXTREME = 0.001  # members beyond this quantile of speed, detour or spread have more of their tail cut


def longest(world: World) -> tuple[float, float, float]:
    """Return the longest hours by road and in the air, and the widest spread, of any member but the extreme.

    They are the same for every member, and with them the length of the rings: on it depends how people are
    drawn, which must not change with the company that a member keeps in its chunk.
    """
    numbers = {p.name: p.value for p in world.scenario.parameters}

    def extreme(value: Distribution, u: float) -> float:
        return float(value.quantile(np.array(u)))

    per_km = extreme(numbers["detour"], 1 - EXTREME) / np.array(
        [extreme(numbers[f"{kind}_speed"], EXTREME) for kind in ("road", "rail")]
    )
    air = [extreme(service.hours, 1 - EXTREME) for service in world.scenario.services]
    road = [way.ground * per_km[int(way.rail)] for way in world.ways.itineraries if way.service is None]
    road += [air[p.service] + p.beyond * per_km[0] for p in world.ways.products if p.domestic]
    flights = [air[p.service] for p in world.ways.products if not p.domestic]
    spread = extreme(numbers["travel_spread"], 1 - EXTREME)
    return float(max([1.0, *road])), float(max([1.0, *flights])), spread
