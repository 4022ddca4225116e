"""Tasks F and F+: the split over camps of Flee's conflicts, cold and updated (docs/method/flee-split.md)."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.registry import benchmark
from egress.engine.flee import gravity as law
from egress.engine.flee.gravity import Law
from egress.flee import gravity, instances, run_case, split, split_page
from egress.flee.instances import NOWHERE, SEVEN
from egress.flee.measures import ard
from egress.flee.split import MALI, Lines
from egress.formats.flee import Instance, read

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


@benchmark("flee-split", "tasks F and F+ (`egress score --benchmark` has them too), and five lines that take long")
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
    """Return the ARD of Flee's rules as egress runs them, at the largest hasten listed, with capacities and without.

    `ukraine2022_own` are the settings of ukraine2022, here of every conflict: none was chosen by its own data.
    """
    listed = [row for row in instances.accuracy(folder) if row["settings"] == "validation"]
    found: Lines = {}
    for settings in ("validation", "ukraine2022_own"):
        said = f"Flee's rules as egress runs them, settings {settings}"
        read, unread = found.setdefault(said, {}), found.setdefault(f"... capacities not read, settings {settings}", {})
        for name in SEVEN:
            hasten = max(int(row["hasten"]) for row in listed if row["instance"] == name)
            read[name], unread[name] = _both(folder, name, settings, hasten, members)
    return found


def _both(folder: Path, name: str, settings: str, hasten: int, members: int) -> tuple[float, float]:
    """Return the mean ARD of a conflict with capacities as in the folder, and with none."""
    given = (folder / "settings" / f"{settings}.yml").read_text("utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "simsetting.yml"
        path.write_text(given.replace("hasten: 1\n", f"hasten: {hasten}\n"), "utf-8")
        case, rules = read(folder / name, path, say=lambda _: None)
    open_to_all = replace(case, places=replace(case.places, capacity=np.zeros_like(case.places.capacity)))
    runs = (run_case(one, rules, members=members) for one in (case, open_to_all))
    with_them, without = (float(ard(run.sim, run.data).mean()) for run in runs)
    return with_them, without


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
