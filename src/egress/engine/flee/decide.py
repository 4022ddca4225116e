"""Phase 1, setting out: people in places decide whether to go and where to (flee.md sections 6, 7 and 10).

The same is asked of those who arrive early, so this works on the table of those in places at the start of the day,
and on each wave of arrivals. People without a route draw one; who has a route takes its next link. A link that is
shut, or a full camp at the end of the route, keeps them where they are, without a route. Who goes travels one leg
(travel.py) at once: nothing that others decide by changes with it before the next snapshot.
"""

from __future__ import annotations

from typing import NamedTuple

from egress.engine.compiled import inlined, int64, lean
from egress.engine.draws import binomial, spread, uniform
from egress.engine.flee.capacity import FULL
from egress.engine.flee.case import Floats, Ints
from egress.engine.flee.movechance import sent_on
from egress.engine.flee.network import NO_LINK, Paths, Roads, Routes
from egress.engine.flee.table import Table, add, parts, size, state_of
from egress.engine.flee.travel import WALKING, Pace, at_night, cell_of, go_on, walkers

LINK, ROUTE, PEOPLE = range(3)  # columns of `ways`
AT_ONCE = 64  # up to so many people of a state draw one by one, counted in the processor's vectors (timed)


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


class Hand(NamedTuple):
    """Draws, and scratch for the people of one state."""

    stream: Ints  # [P] states of the places' draws
    roads: Ints  # [L] states of the links' draws
    picks: Ints  # [most paths of a place] zeros: people by path
    ways: Ints  # [most paths of a place, 3] the links that people take, the route after it, and how many
    drawn: Floats  # [AT_ONCE]


@lean
def shunned(camp: Ints, full: Floats, out: Ints) -> None:
    """Write which places are camps too full to set out for to `out` [P] (section 10)."""
    for j in range(out.shape[0]):
        out[j] = 1 if camp[j] == 1 and full[j] < FULL else 0


@inlined
def next_link(web: Web, is_open: Ints, place: int, route: int) -> int:
    """Return the first open link to the next place of a route, or NO_LINK."""
    for n in range(web.exits[place], web.exits[place + 1]):
        link = web.exit[n]
        if is_open[link] == 1 and web.roads.end[link] == web.routes.next[route]:
            return link  # type: ignore[no-any-return]
    return NO_LINK


@inlined
def pick(mood: Mood, where: int, kind: int, people: int, chance: float, hand: Hand) -> int:
    """Draw who sets out, each with a chance, and on which path: counts to `picks`; return how many do not.

    Of few people each has one number u: below the chance it goes, and u / chance, then uniform, says where to.
    """
    begin, end, state = mood.first[where], mood.first[where + 1], hand.stream[where]
    if people > AT_ONCE:
        go, state = binomial(people, chance, state)
        hand.stream[where] = spread(go, mood.worth[kind, begin:end], hand.picks, hand.drawn, state)
        return people - go
    scale = 1.0 / chance
    for i in range(people):
        u, state = uniform(state)
        hand.drawn[i] = u * scale
    hand.stream[where] = state
    before = 0
    for k in range(begin, end):
        below = 0
        for i in range(people):
            below += int64(hand.drawn[i] < mood.worth[kind, k])
        hand.picks[k - begin] = below - before
        before = below
    return people - before


@inlined
def choose(web: Web, mood: Mood, where: int, kind: int, people: int, chance: float, hand: Hand) -> tuple[int, int]:
    """Let people of one state without a route draw a path each; return (how many stay, rows of `ways`).

    All whose path is shut or ends in a full camp stay.
    """
    begin, end = mood.first[where], mood.first[where + 1]
    if begin == end:
        return people, 0
    stay, count = pick(mood, where, kind, people, chance, hand), 0
    for k in range(begin, end):
        picked = hand.picks[k - begin]
        if picked == 0:
            continue
        hand.picks[k - begin] = 0
        link = web.paths.link[k]
        if link == NO_LINK or mood.shun[web.paths.destination[k]] == 1:
            stay += picked
            continue
        way = hand.ways[count]
        way[LINK], way[ROUTE], way[PEOPLE] = link, web.paths.rest[k], picked
        count += 1
    return stay, count


@inlined
def follow(web: Web, mood: Mood, where: int, route: int, people: int, hand: Hand) -> tuple[int, int]:
    """Let people of one state take the next link of their route; return (how many stay, rows of `ways`)."""
    link = next_link(web, mood.open, where, route)
    if link == NO_LINK or mood.shun[web.routes.last[route]] == 1:
        return people, 0
    way = hand.ways[0]
    way[LINK], way[ROUTE], way[PEOPLE] = link, web.routes.rest[route], people
    return 0, 1


@lean
def decide(
    pace: Pace, web: Web, mood: Mood, table: Table, hop: int, hand: Hand, leaving: Ints, wave: Table, night: Table
) -> None:
    """Let everybody in the table decide, and who goes travel a leg: to the `wave` of early arrivals, or the `night`.

    hop 1: the table is such a wave, with today's metres; else people on links go on. `leaving` [P] counts who goes.
    """
    for row in range(size(table)):
        people = table.rows[row, 1]
        if people == 0:
            continue
        where, metres, route, kind, shut, afoot = parts(pace.fields, table.rows[row, 0])
        recent, today = table.travel[row] / people, 0
        if where >= pace.places:
            way, count = hand.ways[0], 1
            way[LINK], way[ROUTE], way[PEOPLE] = where - pace.places, route, people
            shut = max(shut, mood.turned[where - pace.places])
        else:
            today, metres = metres, 0
            if route != 0:
                stay, count = follow(web, mood, where, route, people, hand)
            else:
                pushed = hop == 1 and pace.stints > 0.0 and sent_on(mood.town[where], recent, today / pace.per_day)
                chance = 1.0 if pushed else mood.chance[where]
                stay, count = choose(web, mood, where, kind, people, chance, hand)
            leaving[where] += people - stay
            if stay > 0:
                r = at_night(pace, recent, today)
                add(night, state_of(pace.fields, where, 0, 0, kind, 0, afoot, cell_of(pace, r)), stay, r * stay)
        for n in range(count):
            link, route, going = hand.ways[n, LINK], hand.ways[n, ROUTE], hand.ways[n, PEOPLE]
            slow = walkers(web.roads, link, afoot, going, hand.roads)
            if slow > 0:
                go_on(pace, web.roads, link, metres, today, route, kind, shut, WALKING, slow, recent, wave, night)
            if going > slow:
                go_on(pace, web.roads, link, metres, today, route, kind, shut, afoot, going - slow, recent, wave, night)
