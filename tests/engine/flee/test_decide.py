"""Setting out: who goes and on which path, against the multinomial that it must be (flee.md sections 6 and 7)."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.draws import key
from egress.engine.flee.decide import AT_ONCE, Hand, Mood, pick

WORTH = np.array([[1.0, 0.2, 0.2, 0.7, 1.0, 1.0]])  # of the second place: 0.2, 0, 0.5, 0.3, 0
SHARES = np.array([0.2, 0.0, 0.5, 0.3, 0.0])
DRAWS = 4000


def drawn(people: int, chance: float) -> np.ndarray:
    """Return [DRAWS, 6] people by path, and those who stay."""
    none = np.zeros(2, np.int64)
    mood = Mood(np.array([0, 1, 6]), none, none, none, none, np.zeros(2), WORTH)
    stream = np.array([key(1, 2, 3, place, 4) for place in range(2)], np.uint64)
    hand = Hand(stream, none.view(np.uint64), np.zeros(5, np.int64), np.zeros((5, 3), np.int64), np.zeros(AT_ONCE))
    out = np.zeros((DRAWS, 6), np.int64)
    for row in out:
        row[5] = pick(mood, 1, 0, people, chance, hand)
        row[:5] = hand.picks
        hand.picks[:] = 0
    return out


@pytest.mark.parametrize("people", [1, 7, AT_ONCE, AT_ONCE + 1, 5000])
@pytest.mark.parametrize("chance", [0.001, 0.3, 1.0])
def test_counts_are_multinomial(people: int, chance: float) -> None:
    out = drawn(people, chance)
    assert (out.sum(axis=1) == people).all()
    p = np.append(chance * SHARES, 1 - chance)
    assert (out[:, p == 0] == 0).all()
    variance = people * p * (1 - p)
    some = variance > 0
    away = (out.mean(axis=0) - people * p)[some] / np.sqrt(variance[some] / DRAWS)
    assert np.abs(away).max() < 4.5
    often = variance > 0.2  # a variance of few cases says little
    assert np.allclose(out.var(axis=0)[often], variance[often], rtol=0.2)


def test_nobody_goes_without_a_chance() -> None:
    assert (drawn(3, 0.0)[:, 5] == 3).all()
    assert (drawn(AT_ONCE + 1, 0.0)[:, 5] == AT_ONCE + 1).all()
