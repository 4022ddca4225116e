"""The state of the count engine: how many people are in which state, as a hash table of whole numbers.

A state is one number, made of fields (low bits first): the cell of r (recent travel), on foot until the first
arrival, the link was shut, class, metres (on the link, or covered today), route, place or link. States are kept in
the order in which they came, so that a run has the same bits on every machine. Beside the count stands the sum of r
over the people: a cell's people are treated as having its mean, which makes the grid finer than its cells.

Measured on mali2012 at full scale, 1,000 members against 500 with 512 cells of r per unit: with 8 cells no camp's mean
over the run is off by more than 0.005 % of the total (standard error 0.004 %), and on no day by more than 0.04 %; with
4 cells 0.023 % and 0.06 %.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from egress.engine.compiled import inlined, int64, lean, uint64
from egress.engine.flee.case import Floats, Ints

METRE_BITS = 24  # up to 16,777 km
CLASS_BITS = 4  # up to 16 classes of people
WORD = 62  # bits of a state that may be used
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Fibonacci hashing, Knuth 1973)
_SHIFT = np.uint64(32)


class Table(NamedTuple):
    """Counts by state. The last row of `rows` holds the number of states, and 1 where there was no room for one."""

    rows: Ints  # [S + 1, 3] int64: state, people, slot
    travel: Floats  # [S] sum of r over the people
    slots: Ints  # [2^k] row + 1, or 0


class Fields(NamedTuple):
    """Bits of the fields whose width depends on the case."""

    cells: int  # of r; 0 without short stints
    routes: int


def table(room: int) -> Table:
    """Return an empty table for `room` states (a power of two)."""
    return Table(np.zeros((room + 1, 3), np.int64), np.zeros(room), np.zeros(2 * room, np.int32))


@inlined
def size(table: Table) -> int:
    """Return the number of states."""
    return table.rows[-1, 0]  # type: ignore[no-any-return]


@inlined
def overflown(table: Table) -> bool:
    """Return whether there was no room for a state."""
    return table.rows[-1, 1] != 0  # type: ignore[no-any-return]


@inlined
def add(table: Table, state: int, people: int, travel: float) -> None:
    """Add people with a sum of r to a state; without room, note it in the last row."""
    rows, slots = table.rows, table.slots
    mask = slots.shape[0] - 1
    at = int64((uint64(state) * _MIX) >> _SHIFT) & mask
    row = int64(slots[at]) - 1
    while row >= 0 and rows[row, 0] != state:
        at = (at + 1) & mask
        row = int64(slots[at]) - 1
    if row >= 0:
        rows[row, 1] += people
        table.travel[row] += travel
        return
    last = rows.shape[0] - 1
    row = rows[last, 0]
    if row >= last:
        rows[last, 1] = 1
        return
    slots[at] = row + 1
    rows[row, 0], rows[row, 1], rows[row, 2] = state, people, at
    table.travel[row] = travel
    rows[last, 0] = row + 1


@lean
def clear(table: Table) -> None:
    """Take everybody out."""
    last = table.rows.shape[0] - 1
    for row in range(table.rows[last, 0]):
        table.slots[table.rows[row, 2]] = 0
    table.rows[last, 0] = 0


@inlined
def state_of(fields: Fields, where: int, metres: int, route: int, kind: int, shut: int, afoot: int, cell: int) -> int:
    """Return the number of a state."""
    word = (where << fields.routes) | route
    word = (word << METRE_BITS) | metres
    word = (word << CLASS_BITS) | kind
    word = (word << 2) | (shut << 1) | afoot
    return (word << fields.cells) | cell


@inlined
def parts(fields: Fields, state: int) -> tuple[int, int, int, int, int, int]:
    """Return (where, metres, route, class, shut, afoot) of a state."""
    word = state >> fields.cells
    afoot, shut = word & 1, (word >> 1) & 1
    word >>= 2
    kind = word & ((1 << CLASS_BITS) - 1)
    word >>= CLASS_BITS
    metres = word & ((1 << METRE_BITS) - 1)
    word >>= METRE_BITS
    return word >> fields.routes, metres, word & ((1 << fields.routes) - 1), kind, shut, afoot
