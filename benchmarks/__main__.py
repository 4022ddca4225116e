"""`python -m benchmarks [NAME …] [--quick] [--chart FILE.svg or .png]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import (  # noqa: F401 - they register themselves
    ablation,
    flee_agreement,
    flee_forecast,
    flee_settings,
    flee_speed,
    flee_split,
    made_up,
    sanity,
    speed,
    steps,
    ukraine,
)
from benchmarks.registry import REGISTRY


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure egress.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(REGISTRY)}")
    parser.add_argument("--quick", action="store_true", help="few members: does it run at all?")
    parser.add_argument(
        "--chart", type=Path, metavar="FILE", help="also write the picture (SVG or PNG), of those that draw one"
    )
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in REGISTRY]
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}: expected one of {', '.join(REGISTRY)}")
    mute = [name for name in chosen.names if chosen.chart is not None and not REGISTRY[name].draws]
    if mute or (chosen.chart is not None and len(chosen.names) != 1):
        drawing = ", ".join(name for name, entry in REGISTRY.items() if entry.draws)
        parser.error(f"--chart goes with one benchmark that draws: {drawing}")
    if not chosen.names:
        for entry in REGISTRY.values():
            print(f"{entry.name:16} {entry.shows}")
    for name in chosen.names:
        print(f"## {name}: {REGISTRY[name].shows}\n")
        options = {"chart": chosen.chart} if REGISTRY[name].draws else {}
        REGISTRY[name].run(chosen.quick, **options)
        print()


if __name__ == "__main__":
    main()
