"""What can be measured: a name, what it shows, and the function that prints it (name + builder + sweep)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """One measurement."""

    name: str
    shows: str
    run: Callable[..., None]
    """Called with `quick` (fewer members, for a smoke run), and with `chart` where it draws one."""
    draws: bool = False
    """Whether it takes `chart`, the path of a picture to write, or None."""


REGISTRY: dict[str, Benchmark] = {}


def benchmark(name: str, shows: str, draws: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a benchmark."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        REGISTRY[name] = Benchmark(name, shows, function, draws)
        return function

    return register
