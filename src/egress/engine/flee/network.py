"""The network: directed links, and the routes that people may choose from each place (flee.md sections 2 and 7).

A *route* is the list of places still to pass. Routes are numbered once, 0 is the empty one; a state of the count
engine carries the number. The choice at a place is among *paths*: the first link, what is left of the route after
it, the destination and (softening + km)^distance_power.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints

METRES = 1000  # per km: lengths and speeds are whole metres, so that the strict inequality on arrival is exact
MAJOR = 4.0  # a major route counts as a quarter of its length (flee.md section 7)
NO_LINK = -1


class Roads(NamedTuple):
    """Directed links in the order in which Flee makes them."""

    start: Ints  # [L] place
    end: Ints  # [L] place
    length: Ints  # [L] metres
    speed: Ints  # [L] metres per day
    walk: Floats  # [L] chance per day of going at walking speed


class Paths(NamedTuple):
    """Choices by topology T and place P: rows first[t, p] to first[t, p + 1] of the other arrays."""

    first: Ints  # [T, P + 1]
    destination: Ints  # [N] place
    origin: Ints  # [N] place
    link: Ints  # [N] first link, or NO_LINK
    rest: Ints  # [N] route left after the first link
    resistance: Floats  # [N] (softening + km)^distance_power
    alike: Ints  # [N] the first path of the place with the same route; another one where roads run side by side


class Routes(NamedTuple):
    """Numbered routes: their next place, their last one, and the route left after the next place."""

    next: Ints
    last: Ints
    rest: Ints


def roads(case: FleeCase, rules: FleeRules) -> Roads:
    """Return both directions of every route; forced_redirection 1 makes the pair twice under Flee (defect 1)."""
    links = case.links
    twice = rules.semantics.doubled_redirection
    rows = [i for i in range(len(links)) for _ in range(2 if twice and links.forced_redirection[i] == 1 else 1)]
    row = np.array(rows, dtype=np.int64)
    speed = np.where(np.isnan(links.max_move_speed), rules.max_move_speed, links.max_move_speed)[row]

    def both(one: Floats, other: Floats) -> Floats:
        return np.stack([one[row], other[row]], axis=1).reshape(-1)

    def metres(km: Floats) -> Ints:
        return np.repeat(np.round(km * METRES).astype(np.int64), 2)

    return Roads(
        both(links.first, links.second).astype(np.int64),
        both(links.second, links.first).astype(np.int64),
        metres(links.distance[row]),
        metres(speed),
        np.repeat(links.walk_probability[row].astype(np.float64), 2),
    )


@dataclass
class Atlas:
    """Collects paths by topology (which links are open, which places are markers) and numbers routes."""

    case: FleeCase
    rules: FleeRules
    roads: Roads
    numbers: dict[tuple[int, ...], int] = field(default_factory=lambda: {(): 0})
    topologies: dict[bytes, int] = field(default_factory=dict)
    rows: list[tuple[int, int, int, int, float]] = field(default_factory=list)
    firsts: list[list[int]] = field(default_factory=list)

    def topology(self, is_open: Ints, marker: Ints) -> int:
        """Return the number of a topology, with its paths listed at the first call."""
        name = is_open.tobytes() + marker.astype(bool).tobytes()
        if name not in self.topologies:
            self.topologies[name] = len(self.topologies)
            self._list_paths(is_open, marker)
        return self.topologies[name]

    def _list_paths(self, is_open: Ints, marker: Ints) -> None:
        places = range(len(self.case.places))
        out: list[list[int]] = [[] for _ in places]
        for link in np.flatnonzero(is_open):
            out[self.roads.start[link]].append(int(link))
        web = _Web(self.roads, out, marker, self.rules)
        found = [web.fixed(p) for p in places] if self.rules.fixed_routes else [web.paths(p) for p in places]
        if self.rules.fixed_routes:
            found = _with_majors(web, self.case.major_routes, found)
        first = []
        for place, paths in enumerate(found):
            first.append(len(self.rows))
            for path in paths:
                self._add(web, place, path)
        self.firsts.append([*first, len(self.rows)])

    def _add(self, web: _Web, place: int, path: Path) -> None:
        link = next((n for n in web.out[place] if self.roads.end[n] == path.nodes[0]), NO_LINK)
        rest = self.number(path.nodes[1:])
        resistance = ((self.rules.softening + path.km) / path.ease) ** self.rules.distance_power
        self.rows.append((path.nodes[-1], place, link, rest, resistance))

    def number(self, route: tuple[int, ...]) -> int:
        """Return the number of a route, numbering all that remain of it on the way."""
        if route not in self.numbers:
            self.number(route[1:])
            self.numbers[route] = len(self.numbers)
        return self.numbers[route]

    def paths(self) -> Paths:
        """Return the paths of all topologies met so far."""
        columns: list[tuple[float, ...]] = list(zip(*self.rows, strict=True)) or [()] * 5
        destination, origin, link, rest = (np.array(c, dtype=np.int64) for c in columns[:4])
        first = np.array(self.firsts, dtype=np.int64)
        return Paths(
            first, destination, origin, link, rest, np.array(columns[4], dtype=np.float64), self._alike(link, rest)
        )

    def _alike(self, link: Ints, rest: Ints) -> Ints:
        """Return [N] the first path of the same place with the same route."""
        alike = np.arange(len(link))
        for one in self.firsts:
            for begin, end in pairwise(one):
                seen: dict[tuple[int, int], int] = {}
                for k in range(begin, end):
                    alike[k] = seen.setdefault((int(link[k]), int(rest[k])), k)
        return alike

    def routes(self) -> Routes:
        """Return the numbered routes."""
        said = list(self.numbers)
        return Routes(
            np.array([r[0] if r else -1 for r in said], dtype=np.int64),
            np.array([r[-1] if r else -1 for r in said], dtype=np.int64),
            np.array([self.numbers[r[1:]] for r in said], dtype=np.int64),
        )


class Path(NamedTuple):
    """A way to a destination: the places to pass (without the origin), its km, and what its length is divided by."""

    nodes: tuple[int, ...]
    km: float
    ease: float = 1.0


class _Web:
    """The open links of one topology."""

    def __init__(self, roads: Roads, out: list[list[int]], marker: Ints, rules: FleeRules) -> None:
        self.roads, self.out, self.marker, self.rules = roads, out, marker, rules

    def paths(self, origin: int) -> list[Path]:
        """Return every simple path of up to awareness_level links; markers do not count and are no destinations."""
        if self.rules.awareness_level == 0:  # stops all movement (flee.md section 7)
            return []
        found: list[Path] = []
        self._extend((origin,), 0, 1, found)
        return found

    def _extend(self, nodes: tuple[int, ...], metres: int, step: int, found: list[Path]) -> None:
        for link in self.out[nodes[-1]]:
            end = int(self.roads.end[link])
            if end in nodes:
                continue
            length, at = metres + int(self.roads.length[link]), step
            if not self.marker[end]:
                found.append(Path((*nodes[1:], end), length / METRES))
            elif not self.rules.fixed_routes:  # fixed routes count markers (flee.md section 7)
                at -= 1
            if self.rules.awareness_level > at:
                self._extend((*nodes, end), length, at + 1, found)

    def fixed(self, origin: int) -> list[Path]:
        """Return the shortest path to each destination, of equals the first."""
        best: dict[int, Path] = {}
        for path in [] if self.marker[origin] else self.paths(origin):
            if path.nodes[-1] not in best or path.km < best[path.nodes[-1]].km:
                best[path.nodes[-1]] = path
        return list(best.values())

    def along(self, origin: int, nodes: tuple[int, ...]) -> Path | None:
        """Return the path along some places, or None where a link is missing."""
        at, metres = origin, 0
        for node in nodes:
            link = next((n for n in self.out[at] if self.roads.end[n] == node), NO_LINK)
            if link == NO_LINK:
                return None
            at, metres = node, metres + int(self.roads.length[link])
        return Path(nodes, metres / METRES, MAJOR)


def _with_majors(web: _Web, majors: tuple[tuple[int, ...], ...], found: list[list[Path]]) -> list[list[Path]]:
    """Return the fixed paths with major routes, both ways, from a place and from the places that it can reach."""
    starts = [row for major in majors for row in (major, major[::-1])]
    out = []
    for place, paths in enumerate(found):
        best = {path.nodes[-1]: path for path in paths}
        reached = {place, *best}
        for before in [(), *(path.nodes for path in paths)]:
            hub = before[-1] if before else place
            for row in starts if not web.marker[place] else []:
                if row[0] == hub and row[-1] not in reached:
                    path = web.along(place, (*before, *row[1:]))
                    if path is not None:
                        _offer(web, best, path, place, found)
        out.append(list(best.values()))
    return out


def _offer(web: _Web, best: dict[int, Path], path: Path, place: int, found: list[list[Path]]) -> None:
    """Take a major route where it beats what is known: under Flee, what its last place but one knows."""
    end, flee = path.nodes[-1], web.rules.semantics.headless_major_routes
    last = path.nodes[-2] if len(path.nodes) > 1 else place
    known = next((p for p in found[last] if p.nodes[-1] == end), None) if flee else best.get(end)
    soft = web.rules.softening
    if known is not None and (soft + path.km) / path.ease >= (soft + known.km) / known.ease:
        return
    nodes = path.nodes[1:] if flee and len(path.nodes) > 1 else path.nodes
    best[end] = path._replace(nodes=nodes)
