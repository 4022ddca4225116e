"""Flee's own tables: out.csv of a member or of the ensemble's means, and the members' spread (flee.md section 12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from egress.engine.flee.case import Floats, Ints
from egress.flee.measures import ard, rescaled_ard
from egress.flee.run import FleeRun

DIGITS = 4  # of the column "error" (Flee's own)
TOTALS = (
    "Total error",
    "refugees in camps (UNHCR)",
    "total refugees (simulation)",
    "raw UNHCR refugee count",
    "refugees in camps (simulation)",
    "refugee_debt",
)


def header(run: FleeRun) -> str:
    """Return the header of out.csv."""
    columns = [f"{name} {what}" for name in run.names for what in ("sim", "data", "error")]
    return ",".join(["Day", "Date", *columns, *TOTALS])


def rows(run: FleeRun, member: int | None = None) -> Iterator[str]:
    """Yield the rows of out.csv of a member (its place among the members), or of their means."""
    data = run.data
    if member is None:
        sim, total = run.sim.mean(axis=0), _agents(run).mean(axis=0)
    else:
        sim, total = run.sim[member], _agents(run)[member]
    totals = _totals(run, np.ascontiguousarray(sim), data, total.tolist())
    for day, (here, reported, sums) in enumerate(zip(sim.tolist(), data.tolist(), totals, strict=True)):
        date = run.case.start + timedelta(days=day + 1)  # Flee's date is a day ahead (flee.md section 15)
        yield ",".join([str(day), date.isoformat(), *_camps(here, reported), sums])


def _camps(sim: list[float], data: list[int]) -> Iterator[str]:
    for here, reported in zip(sim, data, strict=True):
        error = round(abs(here / reported - 1), DIGITS) if reported > 0 else 0.0
        yield f"{_number(here)},{reported},{error}"


def _totals(run: FleeRun, sim: Floats, data: Ints, total: list[float]) -> Iterator[str]:
    """Yield the last six cells of each day."""
    sums = np.abs(sim - data).sum(axis=1), sim.sum(axis=1), data.sum(axis=1), run.due.raw, run.due.debt
    for wrong, inside, reported, raw, debt, there in zip(*(row.tolist() for row in sums), total, strict=True):
        if raw <= 0:
            yield f"0.0,0,{_number(there)},0,{_number(inside)},0"
        else:
            yield f"{wrong / raw},{reported},{_number(there)},{raw},{_number(inside)},{debt}"


def _number(value: float) -> str:
    """Return a whole number as such, a mean with four digits at most."""
    return str(value) if isinstance(value, int) else f"{round(value, DIGITS):g}" if value < 1e5 else f"{value:.1f}"


def _agents(run: FleeRun) -> Ints:
    """Return [M, D] agents in the system."""
    return np.asarray(int(run.stock.sum()) + np.cumsum(run.spawned - run.gone, axis=1, dtype=np.int64))


def out_csv(run: FleeRun, member: int | None = None) -> str:
    """Return out.csv of a member, or of the ensemble's means."""
    return "\n".join([header(run), *rows(run, member)]) + "\n"


def members_csv(run: FleeRun) -> str:
    """Return mean and standard deviation over members by day and camp (sd empty for one member)."""
    sim = run.sim
    mean = sim.mean(axis=0)
    sd = sim.std(axis=0, ddof=1) if len(sim) > 1 else np.full(mean.shape, np.nan)
    lines = ["day,camp,mean,sd"]
    for day in range(len(mean)):
        for name, centre, spread in zip(run.names, mean[day].tolist(), sd[day].tolist(), strict=True):
            lines.append(f"{day},{name},{_number(centre)},{'' if np.isnan(spread) else f'{spread:.4g}'}")
    return "\n".join(lines) + "\n"


def measures(run: FleeRun) -> dict[str, Any]:
    """Return {ard, ard_rescaled, per_member}: means over members, and each member's two measures."""
    plain, scaled = ard(run.sim, run.data), rescaled_ard(run.sim, run.data)
    each = [
        {"member": int(m), "ard": float(a), "ard_rescaled": float(b)}
        for m, a, b in zip(run.members, plain, scaled, strict=True)
    ]
    return {"ard": float(plain.mean()), "ard_rescaled": float(scaled.mean()), "per_member": each}


def settings_csv(run: FleeRun) -> str:
    """Return the values of the settings that have ranges, a row per member and setting, exact."""
    lines = ["member,setting,value"]
    for number, values in zip(run.members.tolist(), run.settings.tolist(), strict=True):
        for one, value in zip(run.rules.ranges, values, strict=True):
            lines.append(f"{number},{one.name},{int(value) if one.whole else repr(value)}")
    return "\n".join(lines) + "\n"


def write(folder: Path, run: FleeRun, *, per_member: bool = False) -> list[str]:
    """Write flee_out.csv, flee_members.csv and ard.json, and out.csv of each member; return the names written.

    Also flee_settings.csv where settings have ranges.
    """
    texts = {
        "flee_out.csv": out_csv(run),
        "flee_members.csv": members_csv(run),
        "ard.json": json.dumps(measures(run), indent=2) + "\n",
    }
    if run.rules.ranges:
        texts["flee_settings.csv"] = settings_csv(run)
    if per_member:  # FabFlee reads RUNS/<replica>/out.csv
        for m, number in enumerate(run.members):
            texts[f"RUNS/{run.case.name}_{int(number) + 1}/out.csv"] = out_csv(run, m)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    return list(texts)
