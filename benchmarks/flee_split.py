"""Tasks F and F+: the split over camps of Flee's conflicts, cold and updated (docs/method/flee-split.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.registry import benchmark
from egress.engine.flee import gravity as law
from egress.engine.flee.gravity import Law
from egress.flee import gravity, instances, split, split_page
from egress.flee.agreement import run_at
from egress.flee.instances import NOWHERE, SEVEN
from egress.flee.measures import ard
from egress.flee.split import MALI, Lines
from egress.formats.flee import Instance

SOURCE = "FabFlee 99335a0 (instances), hasten 1; python -m benchmarks flee-split-fit; 2026-11-22"
TABLE = Path(__file__).parents[1] / "src" / "egress" / "priors" / "flee-split.csv"
WIDE = {"distance": (1, 3), "nest": (0, 1), "ties": (0, 1.5), "residents": (0, 0.6), "population": (0, 1),
        "following": (0, 0.9)}  # fmt: skip
SOBOL = 256  # draws where all six parameters are learnt


def learn(found: dict[str, Instance], laws: list[Law] | None = None) -> gravity.Learnt:
    return gravity.learn({name: (one.case, one.rules) for name, one in found.items()}, laws)


@benchmark("flee-split-fit", "fits the split over camps on all conflicts, and writes priors/flee-split.csv")
def fit(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {NOWHERE}")
        return
    table = gravity.text(learn(instances.read(folder)), SOURCE)
    same = TABLE.is_file() and TABLE.read_text("utf-8") == table
    if not quick:
        TABLE.write_text(table, "utf-8", newline="\n")
    print(f"{TABLE.name}: {'as it was' if same else 'changed'}; the exponents learnt (weighted mean ± sd):\n")
    print("| without | distance | ties |\n|---|---|---|")
    learnt = gravity.parsed(table)
    for out in [(name,) for name in SEVEN] + [MALI, ()]:
        weight, cells = learnt.weights(out), []
        for name in gravity.GRID:
            values = np.array([getattr(one, name) for one in learnt.laws])
            mean = weight @ values
            cells.append(f"{mean:.2f} ± {np.sqrt(weight @ (values - mean) ** 2):.2f}")
        print(f"| {' and '.join(out) or 'none'} | {' | '.join(cells)} |")


@benchmark("flee-split", "tasks F and F+ (`egress score --benchmark` has them too), and two lines that take long")
def flee_split(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {NOWHERE}")
        return
    found = instances.read(folder)
    done = split.of(found, folder)
    lines = done.lines if quick else done.lines | _engine(folder) | _all_six(found)
    print(split_page.page(split.Split(lines, done.cold, done.updated)))


def _engine(folder: Path, members: int = 10) -> Lines:
    """Return the ARD of Flee's rules as egress runs them, validation settings, at the largest hasten listed."""
    listed = [row for row in instances.accuracy(folder) if row["settings"] == "validation"]
    out = {}
    for name in SEVEN:
        hasten = max(int(row["hasten"]) for row in listed if row["instance"] == name)
        run = run_at(folder, name, "validation", hasten, members)
        out[name] = float(ard(run.sim, run.data).mean())
    return {"Flee's rules as egress runs them, validation settings": out}


def _all_six(found: dict[str, Instance]) -> Lines:
    """Return the ARD of the conflict left out where all six parameters are learnt."""
    known, out = learn(found, _wide()), {}
    for name, one in found.items():
        land = law.ground(one.case, one.rules)
        out[name] = float(ard(gravity.forecast(land, known, (name,)), gravity.data(one.case, land)))
    return {"egress, all six parameters learnt, the conflict left out": out}


def _wide() -> list[Law]:
    from scipy.stats import qmc

    low, high = np.array(list(WIDE.values()), dtype=np.float64).T
    unit = qmc.Sobol(len(WIDE), scramble=False).random(SOBOL)
    return [Law(*row) for row in (low + (high - low) * unit).tolist()]
