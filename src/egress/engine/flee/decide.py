"""Phase 1, setting out: people in places decide whether to go and where to (flee.md sections 6, 7 and 10).

The same is asked of those who arrive early, so this works on the table of those in places at the start of the day,
and on each wave of arrivals. People without a route draw one; who has a route takes its next link. A link that is
shut, or a full camp at the end of the route, keeps them where they are, without a route.
"""

from __future__ import annotations

from typing import NamedTuple

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, multinomial_cdf, uniform
from egress.engine.flee.capacity import FULL
from egress.engine.flee.case import Floats, Ints
from egress.engine.flee.movechance import sent_on
from egress.engine.flee.moves import Moves, move
from egress.engine.flee.network import NO_LINK, Paths, Roads, Routes
from egress.engine.flee.table import Table, add, parts, size, state_of
from egress.engine.flee.travel import Pace, at_night, cell_of


class Web(NamedTuple):
    """The network."""

    roads: Roads
    paths: Paths
    routes: Routes
    lean: Floats  # [N] factor of stay_close_to_home
    exits: Ints  # [P + 1] rows of `exit`
    exit: Ints  # [L] links by place
    open: Ints  # [T, L]


class Mood(NamedTuple):
    """What places are like today."""

    first: Ints  # [P + 1] rows of paths
    open: Ints  # [L]
    turned: Ints  # [L] 1: the link shut today
    town: Ints  # [P]
    shun: Ints  # [P] 1: a camp too full to set out for
    chance: Floats  # [P] movechance
    worth: Floats  # [K, N] cumulative chances of paths


@compiled
def shunned(camp: Ints, full: Floats, out: Ints) -> None:
    """Write which places are camps too full to set out for to `out` [P] (section 10)."""
    for j in range(out.shape[0]):
        out[j] = 1 if camp[j] == 1 and full[j] < FULL else 0


@compiled
def next_link(web: Web, is_open: Ints, place: int, route: int) -> int:
    """Return the first open link to the next place of a route, or NO_LINK."""
    for n in range(web.exits[place], web.exits[place + 1]):
        link = web.exit[n]
        if is_open[link] == 1 and web.roads.end[link] == web.routes.next[route]:
            return link  # type: ignore[no-any-return]
    return NO_LINK


@compiled
def choose(
    web: Web, mood: Mood, where: int, kind: int, afoot: int, metres: int, recent: float, go: int, picks: Ints,
    stream: Ints, moves: Moves,
) -> int:  # fmt: skip
    """Let people of one state without a route draw a path each: on to `moves`; return how many cannot go."""
    begin, end = mood.first[where], mood.first[where + 1]
    if begin == end:
        return go
    if go == 1:  # most cells of those who hop on
        u, stream[where] = uniform(stream[where])
        k = begin
        while u >= mood.worth[kind, k]:
            k += 1
        return _depart(web, mood, k, kind, afoot, metres, recent, 1, moves)
    picked = picks[: end - begin]
    picked[:] = 0
    stream[where] = multinomial_cdf(go, mood.worth[kind, begin:end], picked, stream[where])
    stay = 0
    for k in range(begin, end):
        if picked[k - begin] > 0:
            stay += _depart(web, mood, k, kind, afoot, metres, recent, picked[k - begin], moves)
    return stay


@compiled
def _depart(
    web: Web, mood: Mood, k: int, kind: int, afoot: int, metres: int, recent: float, people: int, moves: Moves
) -> int:
    """Send people down path k; return how many stay: all where it is shut or ends in a full camp."""
    link = web.paths.link[k]
    if link == NO_LINK or mood.shun[web.paths.destination[k]] == 1:
        return people
    move(moves, link, 0, metres, web.paths.rest[k], kind, 0, afoot, people, recent)
    return 0


@compiled
def decide(
    pace: Pace, web: Web, mood: Mood, table: Table, hop: int, picks: Ints, stream: Ints, leaving: Ints,
    moves: Moves, night: Table,
) -> None:  # fmt: skip
    """Let everybody in the table decide: on to `moves`, or to the `night`; `leaving` [P] counts who goes.

    hop 1: the table is a wave of early arrivals, with today's metres; else people on links move on. stream [P] holds
    the states of the places' draws.
    """
    for row in range(size(table)):
        people = table.rows[row, 1]
        if people == 0:
            continue
        where, metres, route, kind, shut, afoot = parts(pace.fields, table.rows[row, 0])
        recent = table.travel[row] / people
        if where >= pace.places:
            link = where - pace.places
            shut = max(shut, mood.turned[link])
            move(moves, link, metres, 0, route, kind, shut, afoot, people, recent)
            continue
        go = people
        if route == 0:
            pushed = hop == 1 and pace.stints > 0.0 and sent_on(mood.town[where], recent, metres / pace.per_day)
            if not pushed:
                go, stream[where] = binomial(people, mood.chance[where], stream[where])
        stay = people - go
        if go > 0 and route != 0:
            link = next_link(web, mood.open, where, route)
            if link == NO_LINK or mood.shun[web.routes.last[route]] == 1:
                stay = people
            else:
                move(moves, link, 0, metres, web.routes.rest[route], kind, 0, afoot, go, recent)
        elif go > 0:
            stay += choose(web, mood, where, kind, afoot, metres, recent, go, picks, stream, moves)
        leaving[where] += people - stay
        if stay > 0:
            recent = at_night(pace, recent, metres)
            cell = cell_of(pace, recent)
            add(night, state_of(pace.fields, where, 0, 0, kind, 0, afoot, cell), stay, recent * stay)
