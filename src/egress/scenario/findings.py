"""What the checks of a scenario find: a place in the data and what is wrong there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from egress.scenario.positions import Loc
from egress.spelling import nearest

Finding = tuple[Loc, str]
REFERRED = "expected the rows that other parts of the scenario refer to"
PAGES = ("assumption", "model.md", "behaviour.md")  # sources that no evidence table lists


def known(loc: Loc, what: str, word: str, names: Collection[str]) -> Iterator[Finding]:
    """Yield a finding where a name is not among those known."""
    if word not in names:
        yield loc, f"unknown {what} {word!r}{nearest(word, names)}"


def ids(rows: Iterable[Any]) -> list[str]:
    """Return the ids of the rows of a table."""
    return [row.id for row in rows]
