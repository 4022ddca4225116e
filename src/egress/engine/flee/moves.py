"""The people who move today, as a list: on which link, how far, and what they carry with them.

Deciding fills the list, travelling empties it. A row stands for people of one state who take the same link.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.flee.case import Floats, Ints

LINK, METRES, TODAY, ROUTE, KIND, SHUT, AFOOT, PEOPLE = range(8)  # columns


class Moves(NamedTuple):
    """Rows in use: the first `last[0]`; last[1] is 1 where there was no room for one more."""

    rows: Ints  # [N, 8] int64
    recent: Floats  # [N] r
    last: Ints  # [2]


def moves(room: int) -> Moves:
    """Return an empty list with room for so many rows."""
    return Moves(np.zeros((room, 8), np.int64), np.zeros(room), np.zeros(2, np.int64))


@compiled
def move(
    moves: Moves, link: int, metres: int, today: int, route: int, kind: int, shut: int, afoot: int, people: int,
    recent: float,
) -> None:  # fmt: skip
    """Write people down who move along a link."""
    n = moves.last[0]
    if n >= moves.rows.shape[0]:
        moves.last[1] = 1
        return
    row = moves.rows[n]
    row[LINK], row[METRES], row[TODAY], row[ROUTE] = link, metres, today, route
    row[KIND], row[SHUT], row[AFOOT], row[PEOPLE] = kind, shut, afoot, people
    moves.recent[n] = recent
    moves.last[0] = n + 1
