"""How long a Flee instance takes: per member, in CPU seconds, reading and writing included; beside Flee itself.

Flee is timed in the same command where it is named: FLEE_CHECKOUT=path of a checkout of djgroen/flee (its
runscripts/run.py is used), and FLEE_PYTHON=a Python in which Flee's requirements (or Flee itself) are installed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from benchmarks.registry import benchmark
from egress.flee import FleeRun, instances, run_case
from egress.flee.output import out_csv
from egress.formats.flee import read
from egress.report import charts

HASTEN = (1, 10, 100)
TICK = "datum.value < 1 ? format(datum.value, '~r') : format(datum.value, ',d')"
ANOTHER = "Flee (flee.md, another run)"  # not timed in the same command
COLOURS = (charts.BLUE, charts.ORANGE, "#009E73", "#CC79A7")
PUBLISHED = {("mali2012", 1): 225.7, ("ukraine2022", 1): 60 * 3600.0}  # CPU s of serial Flee (flee.md section 17)


@dataclass(frozen=True)
class Timed:
    """CPU seconds of a member by one program: `egress`, `Flee`, or ANOTHER."""

    program: str
    instance: str
    hasten: int
    agents: int
    seconds: float


def settings_at(folder: Path, name: str, hasten: int, made: Path) -> Path:
    """Return settings of an instance at a hasten."""
    text = (folder / name).read_text("utf-8").replace("hasten: 1", f"hasten: {hasten}")
    path = made / f"{folder.name}-{hasten}.yml"
    path.write_text(text, "utf-8")
    return path


def member(folder: Path, settings: Path, made: Path, number: int) -> FleeRun:
    """Read a folder, run one member, write its out.csv."""
    case, rules = read(folder, settings, say=lambda _: None)
    run = run_case(case, rules, members=[number], threads=1)
    (made / "out.csv").write_text(out_csv(run, 0), "utf-8")
    return run


def cpu(folder: Path, settings: Path, made: Path, repeats: int) -> tuple[float, float, FleeRun]:
    """Return (CPU s of a member with reading and writing, of the member alone, the last run), the least of some."""
    run = member(folder, settings, made, 0)  # compiles
    whole, alone = [], []
    for number in range(repeats):
        started = time.process_time()
        run = member(folder, settings, made, number)
        whole.append(time.process_time() - started)
        started = time.process_time()
        run_case(run.case, run.rules, members=[number], threads=1)
        alone.append(time.process_time() - started)
    return min(whole), min(alone), run


def flee_cpu(folder: Path, settings: Path, days: int = 0) -> float | None:
    """Return the CPU seconds of Flee itself, or None where it is not named or does not run."""
    checkout, python = os.environ.get("FLEE_CHECKOUT"), os.environ.get("FLEE_PYTHON", sys.executable)
    if checkout is None:
        return None
    script = Path(checkout) / "runscripts" / "run.py"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [python, str(script), str(folder / "input_csv"), str(folder / "source_data"), str(days), str(settings)],
            env={**os.environ, "PYTHONPATH": checkout}, cwd=empty, capture_output=True, check=False,
        )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        print(f"Flee did not run: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
        return None
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def few_people(folder: Path, settings: Path, made: Path) -> None:
    """Print the time per agent-step where nearly every state has one person, and counting gains nothing."""
    case, rules = read(folder, settings, say=lambda _: None)
    alone = replace(rules, recent_travel_cells=4096)
    run_case(case, alone, members=1, threads=1)
    started = time.process_time()
    run = run_case(case, alone, members=[1], threads=1)
    taken = time.process_time() - started
    steps = int((run.inside[0].sum(axis=1) + run.moving[0]).sum())
    print(f"\nCells with one person (hasten {rules.hasten}, r in 4096 cells): {taken:.3f} s for {steps:,} agent-steps, "
          f"{steps / taken / 1e6:.1f} million a second. Counting has no advantage there.")  # fmt: skip


def drawn(timed: list[Timed]) -> Any:
    """Return the chart of CPU seconds of a member against agents, both on logarithmic scales."""
    table = pd.DataFrame([vars(row) for row in timed])
    table["what"] = table["program"] + ", " + table["instance"]
    dashes = {"egress": [1, 0], "Flee": [4, 3], ANOTHER: [2, 4]}
    order, legend = list(dict.fromkeys(table["what"])), alt.Legend(labelLimit=400)
    colour = alt.Color("what:N", title=None, scale=alt.Scale(range=COLOURS), sort=order, legend=legend)
    dash = alt.Scale(domain=list(dashes), range=list(dashes.values()))
    log, axis = alt.Scale(type="log"), alt.Axis(values=[10.0**power for power in range(-3, 10)], labelExpr=TICK)
    return (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=45, filled=True))
        .encode(
            x=alt.X("agents:Q", scale=log, axis=axis, title="agents at the end (people ÷ hasten)"),
            y=alt.Y("seconds:Q", scale=log, axis=axis, title="CPU s of a member, reading and writing included"),
            color=colour,
            strokeDash=alt.StrokeDash("program:N", scale=dash, legend=None),
        )
        .properties(width=560, height=340)
    )


@benchmark("flee-speed", "Flee instances: CPU seconds per member against people, and against Flee itself", draws=True)
def flee_speed(quick: bool, chart: Path | None = None) -> None:
    folder = instances.folder()
    if folder is None:
        print(f"left out: {instances.NOWHERE}")
        return
    names = ("mali2012",) if quick else ("mali2012", "ukraine2022")
    print("| instance | settings | hasten | agents | s, all included | s, member alone "
          "| Flee s | ratio |\n" + "|---" * 8 + "|")  # fmt: skip
    timed: list[Timed] = []
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary)
        for name in names:
            for hasten in (100, 10) if quick else (1000, *reversed(HASTEN)):
                source = settings_at(folder / name, "simsetting.yml", hasten, made)
                whole, alone, run = cpu(folder / name, source, made, 1 if quick or hasten * 10 < len(name) else 3)
                agents = int(run.inside[0, -1].sum() + run.moving[0, -1])
                affordable = name == "mali2012" and not (quick and hasten < 100)
                theirs = flee_cpu(folder / name, source) if affordable else None
                known = PUBLISHED.get((name, hasten))
                flee, mark = (theirs, "") if theirs is not None else (known, " (flee.md, another run)")
                told = "" if flee is None else f"{flee:,.1f}{mark}"
                ratio = "" if flee is None else f"{flee / whole:,.0f}"
                print(f"| {name} | validation | {hasten} | {agents:,} | {whole:.3f} | {alone:.3f} | {told} | {ratio} |",
                      flush=True)  # fmt: skip
                timed.append(Timed("egress", name, hasten, agents, whole))
                if flee is not None:
                    timed.append(Timed(ANOTHER if mark else "Flee", name, hasten, agents, flee))
        few_people(folder / "mali2012", settings_at(folder / "mali2012", "simsetting.yml", 100, made), made)
    print("\nSeconds against agents:\n")
    for row in timed:
        if row.program == "egress":
            width = int(np.clip(np.log10(row.seconds * 1000) * 12, 1, 60))
            print(f"{row.instance + ' / ' + str(row.hasten):20} {row.agents:12,} {'#' * width} {row.seconds:.3f} s")
    if chart is not None:
        chart.write_text(charts.picture(drawn(timed)), "utf-8")
        print(f"\nDrawn: {chart}")
