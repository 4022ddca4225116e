"""The nearest valid name: the end of every message about a name that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

FEW = 12  # names that still fit in a message


def nearest(word: object, names: Iterable[str]) -> str:
    """Return the end of a message: the nearest of the names, or what they are.

    >>> nearest("troughput", ["throughput", "relaxed"])
    ": did you mean 'throughput'?"
    """
    known = sorted(set(names))
    if found := close(word, known):
        return found
    if not known:
        return ": there are none"
    return f": expected {either(known)}" if len(known) <= FEW else f": expected one of {len(known)} names"


def close(word: object, names: Iterable[str]) -> str:
    """Return the end of a message with the nearest of the names, whatever their case; empty where none is near.

    >>> close("xbb", ["XBB", "XCC"]), close("furlong", ["km", "m"])
    (": did you mean 'XBB'?", '')
    """
    known = sorted(set(names))
    lower = {name.lower(): name for name in reversed(known)}
    found = get_close_matches(str(word), known, n=1)
    found = found or [lower[name] for name in get_close_matches(str(word).lower(), lower, n=1)]
    return f": did you mean {found[0]!r}?" if found else ""


def either(names: Iterable[str]) -> str:
    """Return `'a', 'b' or 'c'`."""
    *most, last = [repr(name) for name in names]
    return f"{', '.join(most)} or {last}" if most else last
