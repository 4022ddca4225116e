"""The table of states against a dictionary."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from egress.engine.flee.table import Fields, add, clear, overflown, parts, size, state_of, table

ROOM = 64


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 1000), st.floats(0, 2)), max_size=200))
def test_table_is_a_dictionary(rows: list[tuple[int, int, float]]) -> None:
    full, plain = table(ROOM), {}
    for _ in range(2):  # the second time after clearing
        clear(full)
        plain.clear()
        for n, people, r in rows:
            state = n * 2**40 + 17
            add(full, state, people, r * people)
            before = plain.get(state, (0, 0.0))
            plain[state] = before[0] + people, before[1] + r * people
    used = int(size(full))
    assert not overflown(full)
    assert full.rows[:used, 0].tolist() == list(plain)  # in the order in which they came
    assert full.rows[:used, 1].tolist() == [people for people, _ in plain.values()]
    np.testing.assert_allclose(full.travel[:used], [r for _, r in plain.values()])


def test_no_room_is_noted() -> None:
    full = table(4)
    for n in range(5):
        add(full, n, 1, 0.0)
    assert size(full) == 4
    assert overflown(full)


@given(
    st.integers(0, 500), st.integers(0, 2**24 - 1), st.integers(0, 2**10 - 1), st.integers(0, 15),
    st.integers(0, 1), st.integers(0, 1), st.integers(0, 63),
)  # fmt: skip
def test_parts_of_a_state(where: int, metres: int, route: int, kind: int, shut: int, afoot: int, cell: int) -> None:
    fields = Fields(6, 10)
    state = state_of.py_func(fields, where, metres, route, kind, shut, afoot, cell)
    assert state < 2**62
    assert parts.py_func(fields, state) == (where, metres, route, kind, shut, afoot)
