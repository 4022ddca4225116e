"""How long a Flee instance takes: per member, in CPU seconds, reading and writing included; beside Flee itself.

Flee is timed in the same command where it is named: FLEE_CHECKOUT=path of a checkout of djgroen/flee (its
runscripts/run.py is used), and FLEE_PYTHON=a Python in which Flee's requirements (or Flee itself) are installed.
"""

from __future__ import annotations

import os
import re
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
from egress.engine.flee.loop import Room
from egress.engine.flee.plan import plan
from egress.flee import FleeRun, instances, run_case
from egress.flee.output import out_csv
from egress.flee.run import SEED
from egress.formats.flee import read
from egress.report import charts

HASTEN = (1, 10, 100)
MEMBERS = 100  # of an ensemble
TICK = "datum.value < 1 ? format(datum.value, '~r') : format(datum.value, ',d')"
ANOTHER = "Flee (flee.md, another run)"  # not timed in the same command
MARK = " (flee.md, another run)"
EACH, RESTLESS = "egress, few people in a cell", "Flee, the same"
FINE = 1 << 18  # cells of r per unit: people share one only with the same r, or when they rest
COLOURS = (charts.BLUE, charts.ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#6B7280")
PUBLISHED = {("mali2012", 1): 225.7, ("ukraine2022", 1): 60 * 3600.0}  # CPU s of serial Flee (flee.md section 17)


@dataclass(frozen=True)
class Timed:
    """CPU seconds of a member by one program: `egress`, `Flee`, ANOTHER, or EACH and RESTLESS."""

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


def ensemble(folder: Path, settings: Path, made: Path) -> None:
    """Print the CPU seconds of a member of an ensemble that is read once, each member's out.csv written."""
    started = time.process_time()
    case, rules = read(folder, settings, say=lambda _: None)
    run = run_case(case, rules, members=MEMBERS, threads=1)
    for number in range(MEMBERS):
        (made / "out.csv").write_text(out_csv(run, number), "utf-8")
    each = (time.process_time() - started) / MEMBERS
    print(f"\n{folder.name}, hasten 1, {MEMBERS} members, read once: {each:.3f} s a member, all included")


def flee_out(folder: Path, settings: Path, days: int = 0) -> str | None:
    """Return the out.csv that Flee itself prints, or None where it is not named or does not run."""
    checkout, python = os.environ.get("FLEE_CHECKOUT"), os.environ.get("FLEE_PYTHON", sys.executable)
    if checkout is None:
        return None
    root = Path(checkout).resolve()
    given = [str(path.resolve()) for path in (folder / "input_csv", folder / "source_data")]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(
            [python, str(root / "runscripts" / "run.py"), *given, str(days), str(settings.resolve())],
            env={**os.environ, "PYTHONPATH": str(root)}, cwd=empty, capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        print(f"Flee did not run: {done.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
        return None
    return done.stdout.decode(errors="replace")


def flee_cpu(folder: Path, settings: Path, days: int = 0) -> float | None:
    """Return the CPU seconds of Flee itself, or None where it is not named or does not run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = flee_out(folder, settings, days)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return None if done is None else after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def command_cpu(folder: Path, settings: Path) -> float:
    """Return the CPU seconds of `egress flee`, as a user starts it: Python, imports and loading of kernels included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    given = [str(folder / "input_csv"), str(folder / "source_data"), "0", str(settings)]
    subprocess.run([sys.executable, "-m", "egress", "flee", *given], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def few_a_cell(folder: Path, settings: Path, made: Path) -> tuple[Timed, float, int]:
    """Time a member with r in so many cells that people share one only when they are alike.

    Returns the time with reading and writing, the people per cell on the last evening, and the agent-steps.
    """

    def one(number: int) -> FleeRun:
        case, rules = read(folder, settings, say=lambda _: None)
        run = run_case(case, replace(rules, recent_travel_cells=FINE), members=[number], threads=1)
        (made / "out.csv").write_text(out_csv(run, 0), "utf-8")
        return run

    run = one(0)  # compiles
    started = time.process_time()
    one(1)
    taken = time.process_time() - started
    room = Room(plan(run.case, run.rules).plan)
    room.run(SEED, 0)
    steps = int((run.inside[0].sum(axis=1) + run.moving[0]).sum())
    return Timed(EACH, folder.name, run.rules.hasten, _agents(run), taken), _agents(run) / max(room.cells, 1), steps


def _agents(run: FleeRun) -> int:
    return int(run.inside[0, -1].sum() + run.moving[0, -1])


def full_scale(timed: list[Timed]) -> None:
    """Print egress at full scale beside Flee with people bundled into agents, which is how its users go fast."""
    full = [row for row in timed if row.program == "egress" and row.hasten == 1]
    if not full:
        return
    print("\nFull scale (hasten 1) against Flee at the hasten that its users choose:\n")
    print("| instance | egress, hasten 1, s | Flee's hasten | Flee s | ratio |\n" + "|---" * 5 + "|")
    for own in full:
        for row in (row for row in timed if row.instance == own.instance and row.program in ("Flee", ANOTHER)):
            told = f"{row.seconds:,.1f}{MARK if row.program == ANOTHER else ''} | {row.seconds / own.seconds:,.0f}"
            print(f"| {own.instance} | {own.seconds:.3f} | {row.hasten} | {told} |")


def few_each(folder: Path, hastens: tuple[int, ...], made: Path) -> list[Timed]:
    """Print and return the times where everybody moves every day, with few people in a cell, beside Flee's."""
    print(f"\nCells with few people: everybody moves every day, and r is in {FINE:,} cells. With one person in each, "
          "counting has no advantage: what is left is the difference between compiled code and Python, and the time to "
          "read and write.\n")  # fmt: skip
    print("| instance | hasten | agents | people per cell, last evening | agent-steps | s, all included "
          "| Flee s | of which start and one day | ratio without them |\n" + "|---" * 9 + "|")  # fmt: skip
    found = []
    for hasten in hastens:
        settings = settings_at(folder, "simsetting.yml", hasten, made)
        text = settings.read_text("utf-8")
        settings.write_text(re.sub(r"(camp|default)_movechance: [0-9.]+", r"\1_movechance: 1.0", text), "utf-8")
        one, shared, steps = few_a_cell(folder, settings, made)
        found.append(one)
        flee, start = flee_cpu(folder, settings), flee_cpu(folder, settings, days=1)
        told = " | | "
        if flee is not None and start is not None:
            told = f"{flee:,.1f} | {start:,.1f} | {(flee - start) / one.seconds:,.1f}"
        print(f"| {folder.name} | {hasten} | {one.agents:,} | {shared:.1f} | {steps:,} | {one.seconds:.3f} | {told} |",
              flush=True)  # fmt: skip
        if flee is not None:
            found.append(Timed(RESTLESS, folder.name, hasten, one.agents, flee))
    return found


def drawn(timed: list[Timed]) -> Any:
    """Return the chart of CPU seconds of a member against agents, both on logarithmic scales."""
    table = pd.DataFrame([vars(row) for row in timed])
    table["what"] = table["program"] + ", " + table["instance"]
    dashes = {"egress": [1, 0], "Flee": [4, 3], ANOTHER: [2, 4], EACH: [6, 2], RESTLESS: [1, 2]}
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
    print("A member in a process that runs, reading and writing included; beside it one command, as Flee is.\n")
    print("| instance | settings | hasten | agents | s, all included | s, member alone "
          "| Flee s | ratio | s, one command | its ratio |\n" + "|---" * 10 + "|")  # fmt: skip
    timed: list[Timed] = []
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary)
        for name in names:
            for hasten in (100, 10) if quick else (1000, *reversed(HASTEN)):
                source = settings_at(folder / name, "simsetting.yml", hasten, made)
                whole, alone, run = cpu(folder / name, source, made, 1 if quick else 3)
                agents = _agents(run)
                affordable = name == "mali2012" and not (quick and hasten < 100)
                theirs = flee_cpu(folder / name, source) if affordable else None
                known = PUBLISHED.get((name, hasten))
                flee, mark = (theirs, "") if theirs is not None else (known, MARK)
                told = "" if flee is None else f"{flee:,.1f}{mark}"
                once = command_cpu(folder / name, source)
                ratio, single = ("", "") if flee is None else (f"{flee / whole:,.0f}", f"{flee / once:,.1f}")
                print(f"| {name} | validation | {hasten} | {agents:,} | {whole:.3f} | {alone:.3f} | {told} | {ratio} "
                      f"| {once:.2f} | {single} |", flush=True)  # fmt: skip
                timed.append(Timed("egress", name, hasten, agents, whole))
                if flee is not None:
                    timed.append(Timed(ANOTHER if mark else "Flee", name, hasten, agents, flee))
        full_scale(timed)
        if not quick:
            ensemble(folder / "mali2012", settings_at(folder / "mali2012", "simsetting.yml", 1, made), made)
        timed += few_each(folder / "mali2012", (1000,) if quick else (1000, 100), made)
    print("\nSeconds against agents:\n")
    for row in timed:
        if row.program == "egress":
            width = int(np.clip(np.log10(row.seconds * 1000) * 12, 1, 60))
            print(f"{row.instance + ' / ' + str(row.hasten):20} {row.agents:12,} {'#' * width} {row.seconds:.3f} s")
    if chart is not None:
        charts.save(drawn(timed), chart)
        print(f"\nDrawn: {chart}")
