"""Phase 2, travel: people on links go on, arrive, are turned back, and hop on the same day (flee.md section 8).

    v = the link's speed, or walking speed before the first arrival (start_on_foot) or with walk_probability
    on the link += v;  today += v;  arrived if on the link > length (strictly):  today -= overshoot
    arrived, the link shut: back to its start;  arrived with today < v: they decide again, and hop with the full v
    at night:  r <- (r + today / M) / 2

Corrected (defect 4), a day is a budget: who has used a share s of it covers v·(1 - s) at most, arrives on reaching
the length, and `today` is the share used.
"""

from __future__ import annotations

from typing import NamedTuple

from egress.engine.compiled import inlined, int64
from egress.engine.draws import binomial
from egress.engine.flee.case import Ints
from egress.engine.flee.network import Roads
from egress.engine.flee.table import Fields, Table, add, state_of

DAY = 1_000_000  # parts of a day (86 ms) in which the corrected budget is counted
ON_THE_LINK, TURNED_BACK, THERE, THERE_EARLY = 0, 1, 2, 3
WALKING = 2  # in place of `afoot`: walking today by chance, not because nothing was reached yet


class Pace(NamedTuple):
    """How people travel."""

    fields: Fields
    places: int
    per_day: int  # metres: M; DAY when corrected
    walk: int  # metres per day
    whole_days: bool  # full speed on each hop (defect 4)
    stints: float  # cells of r per unit, 0 without short stints
    cells: int  # of r


@inlined
def cell_of(pace: Pace, recent: float) -> int:
    """Return the cell of the grid in which r lies."""
    return min(int64(recent * pace.stints), pace.cells - 1)  # type: ignore[no-any-return]


@inlined
def at_night(pace: Pace, recent: float, today: int) -> float:
    """Return r with the day taken in (0 without short stints)."""
    return (recent + today / pace.per_day) / 2.0 if pace.stints > 0.0 else 0.0


@inlined
def advance(whole_days: bool, length: int, metres: int, today: int, speed: int, shut: int) -> tuple[int, int, int]:
    """Return (outcome, metres on the link, today) of a leg."""
    if whole_days:
        metres += speed
        today += speed
        if metres <= length:
            return ON_THE_LINK, metres, today
        today -= metres - length
        early = today < speed
    else:
        reach = (speed * (DAY - today)) // DAY
        if metres + reach < length:
            return ON_THE_LINK, metres + reach, DAY
        today += -((metres - length) * DAY // speed)  # rounded up
        early = today < DAY
    if shut == 1:
        return TURNED_BACK, 0, today
    return (THERE_EARLY if early else THERE), 0, today


@inlined
def walkers(roads: Roads, link: int, afoot: int, people: int, stream: Ints) -> int:
    """Return how many of those who enter on a leg are sent at walking speed by chance; stream [L]: links' draws."""
    if roads.walk[link] == 0.0 or afoot != 0:
        return 0
    slow, stream[link] = binomial(people, roads.walk[link], stream[link])
    return slow


@inlined
def go_on(
    pace: Pace, roads: Roads, link: int, metres: int, today: int, route: int, kind: int, shut: int, afoot: int,
    people: int, recent: float, wave: Table, night: Table,
) -> None:  # fmt: skip
    """Take people one leg further along a link: to the `wave` of those who decide again, or to the `night`."""
    speed = roads.speed[link] if afoot == 0 else pace.walk
    outcome, metres, today = advance(pace.whole_days, roads.length[link], metres, today, speed, shut)
    if outcome == THERE_EARLY:
        state = state_of(pace.fields, roads.end[link], today, route, kind, 0, 0, cell_of(pace, recent))
        add(wave, state, people, recent * people)
        return
    recent = at_night(pace, recent, today)
    where = pace.places + link
    if outcome == ON_THE_LINK:
        afoot &= 1
    else:
        where, shut, afoot = (roads.start[link] if outcome == TURNED_BACK else roads.end[link]), 0, 0
    state = state_of(pace.fields, where, metres, route, kind, shut, afoot, cell_of(pace, recent))
    add(night, state, people, recent * people)
