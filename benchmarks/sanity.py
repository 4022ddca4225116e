"""The shipped ranges against what was counted: hindsight allowed, nothing tuned."""

from __future__ import annotations

import egress
from benchmarks.registry import benchmark
from egress.observations import Observations
from egress.observe import compare
from egress.observe import sanity as table


@benchmark("sanity", "reported windows of russia-2022 and ukraine-2022 inside the 90 % range")
def sanity(quick: bool) -> None:
    members = 10 if quick else 200
    for name in ("russia-2022", "ukraine-2022"):
        run = egress.run(name, members=members)
        rows = compare(run, Observations.of(name))
        if name == "russia-2022":
            print(table(rows).to_string(index=False, float_format="{:.2f}".format))
        print(
            f"\n{name}: {int(rows.inside90.sum())} of {int(rows.inside90.notna().sum())} windows inside the 90 % range"
        )
        by_series = rows.groupby("series").inside90.agg(["sum", "count"])
        for series, row in by_series.iterrows():
            print(f"  {series:45} {int(row['sum']):4} of {int(row['count'])}")
        print()
