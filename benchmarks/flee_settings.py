"""Whether settings learnt from the reports of the first third of an instance do better in the rest of it.

ARD of the days from then on, and the share of the later reports between the 5 % and the 95 % point of the members: with
the validation settings, with settings drawn from ranges around them, and with those that the reports have taught.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.registry import benchmark
from egress.engine.flee.case import FleeRules, Floats, SettingRange
from egress.flee import instances
from egress.flee.calibrate import of_instance
from egress.flee.measures import ard
from egress.flee.run import run_case
from egress.formats.flee import Instance, read_instance
from egress.formats.flee.counts import reported

NAMES = ("mali2012", "tigray2020", "ssudan2013", "nigeria2016", "mali2017_adm1")
RANGES = (
    SettingRange("awareness_level", 1, 3, whole=True),
    SettingRange("camp_movechance", 0.0, 0.01),
    SettingRange("camp_weight", 1.0, 3.0),
    SettingRange("capacity_scaling", 1.0, 1.5),
    SettingRange("conflict_weight", 0.1, 0.5),
    SettingRange("default_movechance", 0.2, 0.8),
    SettingRange("distance_power", 0.5, 1.5),
    SettingRange("max_move_speed", 200.0, 500.0),
    SettingRange("softening", 10.0, 100.0),
)
"""Those of docs/guides/flee.md (source: assumption)."""
MEMBERS, HASTEN = 100, 100


@benchmark("flee-settings", "Flee instances: settings learnt from the first third of the reports, scored on the rest")
def flee_settings(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {instances.NOWHERE}")
        return
    print("| instance | reports learnt from | later reports | ARD, validation settings | drawn | learnt "
          "| in 90 %, validation settings | drawn | learnt |\n" + "|---" * 9 + "|")  # fmt: skip
    for name in NAMES[:1] if quick else NAMES:
        print(row(name, folder, 20 if quick else MEMBERS), flush=True)


def row(name: str, folder: Path, members: int) -> str:
    """Return a line of the table."""
    plain = read_instance(folder / name, folder / "settings" / f"validation_h{HASTEN}.yml")
    ranged = replace(plain, rules=replace(plain.rules, ranges=RANGES))
    day = plain.case.length // 3
    taught = of_instance(ranged, plain.case.start + timedelta(days=day), members=members)
    runs = ((plain.rules, None), (ranged.rules, taught.before), (ranged.rules, taught.after))
    scores = [scored(plain, rules, settings, day, members) for rules, settings in runs]
    errors, shares = (
        " | ".join(cells) for cells in zip(*[(f"{a:.3f}", f"{b:.0%}") for a, b, _ in scores], strict=True)
    )
    return f"| {name} | {taught.reports} | {scores[0][2]} | {errors} | {shares} |"


def scored(
    instance: Instance, rules: FleeRules, settings: Floats | None, day: int, members: int
) -> tuple[float, float, int]:
    """Return the mean ARD of the days from one on, the share of its reports that the members hold, and their number."""
    case, said = instance.case, instance.scenario
    run = run_case(case, rules, members=members, settings=settings)
    reports = reported(said.counts, said.corrections, case.start, rules.hasten, True)[0]
    held: list[bool] = []
    for c, name in enumerate(run.names):
        days, people = reports[name].days, reports[name].agents
        kept = (days >= day) & (days < case.length)
        low, high = np.quantile(run.sim[:, days[kept].astype(int), c], (0.05, 0.95), axis=0)
        held += ((low <= people[kept]) & (people[kept] <= high)).tolist()
    return float(ard(run.sim[:, day:], run.data[day:]).mean()), float(np.mean(held)), len(held)
