"""Rows of a design run as members, lot by lot: bounds the memory, tells progress, keeps what the members gave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from egress.assimilate.questions import Question
from egress.assimilate.saltelli import Rows
from egress.ensemble import Progress

Floats = npt.NDArray[np.float64]
LOT = 200  # members run at a time
Run = Callable[[Rows, Progress | None], tuple[Sequence[Question], Floats]]
"""Runs rows [R] as members and tells the share done: returns what is asked, and [R, outputs] in its units."""


@dataclass
class Lots:
    """What saltelli.explore evaluates rows with."""

    run: Run
    progress: Progress | None
    whole: int
    """Rows in all."""
    done: int = 0
    asked: tuple[Question, ...] = ()
    told: list[Floats] = field(default_factory=list)
    """[R, outputs] of each lot in the outputs' units."""

    def __call__(self, rows: Rows) -> Floats:
        """Return [R, outputs] on the scale on which outputs are compared."""
        parts = [slice(first, first + LOT) for first in range(0, len(rows), LOT)]
        return np.concatenate([self._lot(Rows(rows.base[p], rows.swapped[p], rows.points[p])) for p in parts])

    def ensemble(self, samples: int) -> Floats:
        """Return [2N, outputs] of A and B, the first rows that are run, in the outputs' units."""
        return np.concatenate(self.told)[: 2 * samples]

    def _lot(self, rows: Rows) -> Floats:
        start, share, heard = self.done / self.whole, len(rows) / self.whole, self.progress
        told = None if heard is None else lambda part: heard(min(1.0, start + share * part))
        asked, values = self.run(rows, told)
        self.done += len(rows)
        self.asked = tuple(asked)
        self.told.append(values)
        return np.stack([question.scaled(values[:, n]) for n, question in enumerate(asked)], axis=1)
