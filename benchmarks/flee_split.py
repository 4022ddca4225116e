"""Tasks F and F+: the split over camps of Flee's conflicts, cold and updated (docs/method/flee-split.md)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.flee_agreement import instances
from benchmarks.registry import benchmark
from egress.engine.flee import gravity as law
from egress.engine.flee.gravity import Law
from egress.flee import gravity, reports
from egress.flee.agreement import rows, run_at
from egress.flee.measures import ard, rescaled_ard
from egress.formats.flee import Instance, read_instance

SEVEN = ("mali2012", "car2013", "tigray2020", "ssudan2013", "nigeria2016", "mali2017_adm1", "ukraine2022")
MALI = ("mali2012", "mali2017_adm1")
SOURCE = "FabFlee 99335a0 (instances), hasten 1; python -m benchmarks flee-split-fit; 2026-11-22"
TABLE = Path(__file__).parents[1] / "src" / "egress" / "priors" / "flee-split.csv"
WIDE = {"distance": (1, 3), "nest": (0, 1), "ties": (0, 1.5), "residents": (0, 0.6), "population": (0, 1),
        "following": (0, 0.9)}  # fmt: skip
SOBOL = 256  # draws where all six parameters are learnt


def conflicts() -> dict[str, Instance] | None:
    folder = instances()
    if folder is None:
        print("left out: no shared/data/flee beside the repository, and no $EGRESS_SHARED")
        return None
    return {name: read_instance(folder / name, folder / "settings" / "validation_h1.yml") for name in SEVEN}


def learn(found: dict[str, Instance], laws: list[Law] | None = None) -> gravity.Learnt:
    return gravity.learn({name: (one.case, one.rules) for name, one in found.items()}, laws)


@benchmark("flee-split-fit", "fits the split over camps on all conflicts, and writes priors/flee-split.csv")
def fit(quick: bool) -> None:
    found = conflicts()
    if found is None:
        return
    table = gravity.text(learn(found), SOURCE)
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


@benchmark("flee-split", "tasks F and F+: the split over camps, cold and updated, beside Flee and the last report")
def flee_split(quick: bool) -> None:
    found = conflicts()
    if found is not None:
        _cold(found, quick)
        _updated(found)


def _cold(found: dict[str, Instance], quick: bool) -> None:
    known = gravity.learnt()
    wide = None if quick else learn(found, _wide())
    lines: dict[str, Callable[[str], float]] = {
        "**egress, the conflict left out**": lambda name: _score(found, name, known, (name,)),
        "... people before day 0 withheld": lambda name: _score(found, name, known, (name,), False),
        "... both conflicts of Mali left out": lambda name: (
            _score(found, name, known, MALI) if name in MALI else np.nan
        ),
        "... best point of the grid instead of the mean": lambda name: float(known.errors[name][_best(known, name)]),
        "... nothing learnt (all points alike)": lambda name: _score(found, name, known, SEVEN),
        "... learnt on all seven (in sample)": lambda name: _score(found, name, known, ()),
        "equal split": lambda name: _simple(found, name, Law(0, 0, 0, 0, 1, 0), nest=1.0),
        "1 / km": lambda name: _simple(found, name, Law(1, 0, 0, 0, 1, 0), nest=1.0),
    }
    if wide is not None:
        lines["... all six parameters learnt"] = lambda name: _score(found, name, wide, (name,))
    print("ARD of all days (rule: Flee's best)\n")
    print("| | " + " | ".join(SEVEN) + " | mean |\n" + "|---" * (len(SEVEN) + 2) + "|")
    flee, engine = _flee(), ({} if quick else _engine())
    _line("Flee, its best known settings (reads capacity)", [flee[name] for name in SEVEN])
    if engine:
        _line("Flee's rules as egress runs them, validation settings", [engine[name] for name in SEVEN])
    for label, value in lines.items():
        _line(label, [value(name) for name in SEVEN])
    scaled = _flee("rescaled")
    _line("Flee, rescaled ARD, best known settings", [scaled[name] for name in SEVEN])
    _line("egress, rescaled ARD, the conflict left out", [_rescaled(found, name, known) for name in SEVEN])
    ours = np.array([lines["**egress, the conflict left out**"](name) for name in SEVEN])
    gain = ours - np.array([flee[name] for name in SEVEN])
    decides = SEVEN[int(np.abs(gain).argmax())]
    others = float(np.delete(gain, np.abs(gain).argmax()).mean())
    draws = np.random.default_rng(1).integers(0, len(gain), size=(10_000, len(gain)))
    low, high = np.quantile(gain[draws].mean(axis=1), [0.05, 0.95])
    print(f"\negress less Flee: {gain.mean():+.4f} (90 % {low:+.3f} to {high:+.3f}, conflicts drawn with replacement); "
          f"lower in {int((gain < 0).sum())} of {len(gain)}; without {decides} {others:+.4f}\n")  # fmt: skip


def _line(label: str, values: list[float]) -> None:
    cells = [f"{value:.3f}" if np.isfinite(value) else "" for value in values]
    mean = f"{np.mean(values):.4f}" if np.isfinite(values).all() else ""
    print(f"| {label} | {' | '.join(cells)} | {mean} |", flush=True)


def _score(
    found: dict[str, Instance], name: str, known: gravity.Learnt, out: tuple[str, ...], stock: bool = True
) -> float:
    land = law.ground(found[name].case, found[name].rules)
    return float(ard(gravity.forecast(land, known, out, stock), gravity.data(found[name].case, land)))


def _rescaled(found: dict[str, Instance], name: str, known: gravity.Learnt) -> float:
    land = law.ground(found[name].case, found[name].rules)
    return float(rescaled_ard(gravity.forecast(land, known, (name,)), gravity.data(found[name].case, land)))


def _simple(found: dict[str, Instance], name: str, rule: Law, nest: float) -> float:
    land = law.ground(found[name].case, found[name].rules)
    return float(ard(law.expected(land, [rule._replace(nest=nest)])[0], gravity.data(found[name].case, land)))


def _best(known: gravity.Learnt, name: str) -> int:
    return int(np.argmin(np.sum([errors for other, errors in known.errors.items() if other != name], axis=0)))


def _wide() -> list[Law]:
    from scipy.stats import qmc

    low, high = np.array(list(WIDE.values()), dtype=np.float64).T
    unit = qmc.Sobol(len(WIDE), scramble=False).random(SOBOL)
    return [Law(*row) for row in (low + (high - low) * unit).tolist()]


def _accuracy() -> list[dict[str, str]]:
    folder = instances()
    assert folder is not None
    return list(rows(folder / "refs" / "accuracy.csv"))


def _flee(measure: str = "ard") -> dict[str, float]:
    """Return the least ARD (or rescaled ARD) of Flee's listed settings, by instance."""
    table = _accuracy()
    return {name: min(float(row[f"{measure}_mean"]) for row in table if row["instance"] == name) for name in SEVEN}


def _engine(members: int = 10) -> dict[str, float]:
    """Return the ARD of Flee's rules as egress runs them, validation settings, at the largest hasten listed."""
    folder = instances()
    assert folder is not None
    out = {}
    for name in SEVEN:
        here = [row for row in _accuracy() if row["instance"] == name and row["settings"] == "validation"]
        run = run_at(folder, name, "validation", max(int(row["hasten"]) for row in here), members)
        out[name] = float(ard(run.sim, run.data).mean())
    return out


def _updated(found: dict[str, Instance]) -> None:
    known = gravity.learnt()
    books = {name: reports.book(one, known, (name,)) for name, one in found.items()}
    horizons = {1: "the next day of reports", reports.LONG: f"the first one {reports.LONG} days on or later"}
    for ahead, label in horizons.items():
        told = {name: reports.pairs(one, ahead) for name, one in books.items()}
        print(f"Task F+: {label}; error as a share of the total (rule: the last report's split)\n")
        print("| conflict | n | last report's split | egress | ratio | 90 % | |\n" + "|---" * 7 + "|")
        each = []
        for name in SEVEN:
            ours, _ = reports.adapted(told, name)
            last = told[name].errors(reports.LAST)
            low, high = reports.interval(ours, last)
            says = "better" if high < 1 else "worse" if low > 1 else "no difference to be seen"
            each.append((last.mean(), ours.mean(), ours.sum() / last.sum()))
            print(f"| {name} | {len(last)} | {last.mean():.4f} | {ours.mean():.4f} | {each[-1][2]:.2f} "
                  f"| {low:.2f}–{high:.2f} | {says} |")  # fmt: skip
        last_mean, our_mean, ratio = np.mean(each, axis=0)
        print(f"| mean | | {last_mean:.4f} | {our_mean:.4f} | {ratio:.2f} | | |\n", flush=True)
