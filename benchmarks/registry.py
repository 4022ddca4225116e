"""What can be measured: a name, what it shows, and the function that prints it (name + builder + sweep)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """One measurement."""

    name: str
    shows: str
    run: Callable[[bool], None]
    """Called with `quick`: fewer members, for a smoke run."""


REGISTRY: dict[str, Benchmark] = {}


def benchmark(name: str, shows: str) -> Callable[[Callable[[bool], None]], Callable[[bool], None]]:
    """Register a function as a benchmark."""

    def register(function: Callable[[bool], None]) -> Callable[[bool], None]:
        REGISTRY[name] = Benchmark(name, shows, function)
        return function

    return register
