"""`python -m benchmarks [NAME …] [--quick]`."""

from __future__ import annotations

import argparse

from benchmarks import (  # noqa: F401 - they register themselves
    ablation,
    flee_agreement,
    flee_speed,
    flee_split,
    sanity,
    speed,
    steps,
)
from benchmarks.registry import REGISTRY


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure egress.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(REGISTRY)}")
    parser.add_argument("--quick", action="store_true", help="few members: does it run at all?")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in REGISTRY]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}: expected one of {', '.join(REGISTRY)}")
    if not chosen.names:
        for entry in REGISTRY.values():
            print(f"{entry.name:12} {entry.shows}")
    for name in chosen.names:
        print(f"## {name}: {REGISTRY[name].shows}\n")
        REGISTRY[name].run(chosen.quick)
        print()


if __name__ == "__main__":
    main()
