"""How good forecasts of camps from their reports are: origins through an instance, scored against the reports after.

Beside the error of the forecast's median stands that of the last report known: who only repeats it errs by so much.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks.registry import benchmark
from egress.benchmark import saved
from egress.flee import instances
from egress.flee.forecast import forecast
from egress.formats.flee import read_instance
from egress.formats.flee.published import observations

FIRST = 30  # days before the first origin
ORIGINS = {"mali2012": 17, "car2013": 6, "tigray2020": 6}  # at equal distances through the instance
MEMBERS = 100


@benchmark("flee-forecast", "Flee instances: forecasts of camps, scored against the reports of the 14 days after")
def flee_forecast(quick: bool) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {instances.NOWHERE}")
        return
    print("| instance | days ahead | reports | CRPS | error of the median | error of the last report "
          "| in 50 % | in 80 % | in 90 % |\n" + "|---" * 9 + "|")  # fmt: skip
    for name, origins in {"mali2012": 3}.items() if quick else ORIGINS.items():
        scenario = read_instance(folder / name).scenario
        counts, parts = observations(scenario), []
        every = (scenario.period.days - FIRST) // origins
        for number in range(origins):
            day = scenario.period.start + timedelta(days=FIRST + number * every)
            made = forecast(folder / name, day, members=20 if quick else MEMBERS, say=lambda _: None)
            parts.append(saved.of_forecast(made, counts))
        table = pd.concat([part for part in parts if len(part)])
        for horizon, rows in [*table.groupby("horizon", sort=True), ("all", table)]:
            off = float(np.abs(rows["median"] - rows["value"]).mean())
            inside = " | ".join(f"{rows[f'covered{share}'].astype(float).mean():.0%}" for share in (50, 80, 90))
            print(f"| {name} | {horizon} | {len(rows)} | {rows['crps'].mean():,.0f} | {off:,.0f} "
                  f"| {rows['point_persistence'].mean():,.0f} | {inside} |", flush=True)  # fmt: skip
