"""The map of a Flee folder: where people set out, the roads, the camps with what is in them and what was reported."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from egress.engine.flee.case import FleeCase, Floats
from egress.engine.flee.closures import affected
from egress.engine.flee.network import roads
from egress.flee.run import FleeRun
from egress.report import maps
from egress.report.charts import GREY, ORANGE, Chart
from egress.report.names import outlines


def positions(case: FleeCase) -> tuple[Floats, Floats]:
    """Return latitude and longitude [P] in degrees, NaN where there are none.

    Flee's files have latitude first, mostly; the other order is taken where it brings places nearer to the countries
    that they name, or where the first cannot be a latitude.
    """
    first, second = case.places.x, case.places.y
    if not np.isfinite(first).any() or not np.isfinite(second).any():
        return first, second
    swapped = np.nanmax(np.abs(first)) > 90 or _away(case, second, first) < _away(case, first, second)
    return (second, first) if swapped else (first, second)


def _away(case: FleeCase, lat: Floats, lon: Floats) -> float:
    """Return the mean distance in degrees of places from the middle of the country named; 0 where none is known."""
    known = {_plain(outline["name"]): outline["rings"] for outline in outlines() if outline["rings"]}
    found = []
    for i, name in enumerate(case.places.countries):
        if _plain(name) in known:
            ring = np.asarray(max(known[_plain(name)], key=len))
            found.append(np.hypot(*(ring.mean(axis=0) - (lon[i], lat[i]))))
    return float(np.nanmean(found)) if len(found) and not np.isnan(found).all() else 0.0


def _plain(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").lower()


def home_code(case: FleeCase) -> str:
    """Return the alpha-3 code of the country of the first place; empty where it is unknown."""
    name = _plain(case.places.countries[0])
    return next((str(outline["code"]) for outline in outlines() if _plain(outline["name"]) == name), "")


def chart(run: FleeRun) -> tuple[Chart, dict[str, Any]] | None:
    """Return the map (middle of the members) and the outlines that it names; None without two places on it."""
    lat, lon = positions(run.case)
    there = np.isfinite(lat) & np.isfinite(lon)
    if there.sum() < 2:
        return None
    view = maps.View.around(lat[there], lon[there])
    x, y = view.at(lat, lon)
    points = _points(run, x, y)[np.concatenate([there, there[run.camps]])]
    layers = [
        maps._countries(),
        *_roads(run, x, y),
        *_towns(run, x, y),
        *maps._points(points),
        *_reported(run, x, y, float(points["people"].max())),
        *maps._names(points.assign(people=np.maximum(points["people"], 1e-9))),
    ]
    land = {"outlines": maps.land(view, home_code(run.case))}
    return alt.layer(*layers).properties(width=maps.WIDTH, height=maps.HEIGHT), land


def _points(run: FleeRun, x: Floats, y: Floats) -> pd.DataFrame:
    """Return places as origins [P], then camps at the end [C]; people, middle of the members."""
    case, hasten = run.case, run.rules.hasten
    origins = pd.DataFrame(
        {"kind": "origin", "name": case.places.names, "x": x, "y": y,
         "people": hasten * np.median(run.origins, axis=0)}
    )  # fmt: skip
    camps = pd.DataFrame(
        {"kind": "place", "name": run.names, "x": x[run.camps], "y": y[run.camps],
         "people": hasten * np.median(run.sim[:, -1], axis=0)}
    )  # fmt: skip
    return pd.concat([origins, camps], ignore_index=True)


def _roads(run: FleeRun, x: Floats, y: Floats) -> list[Chart]:
    """Return the roads as lines; dashed those that a closure shuts at some time."""
    net = roads(run.case, run.rules)
    shut = np.zeros(len(net.start), dtype=bool)
    for closure in run.case.closures:
        if closure.start >= 0:
            shut |= affected(closure, run.case, net, run.rules)
    table = pd.DataFrame(
        {"x": x[net.start], "y": y[net.start], "x2": x[net.end], "y2": y[net.end], "shut": shut}
    )[net.start < net.end].dropna()  # fmt: skip
    return [
        alt.Chart(table[table["shut"] == dashed])
        .mark_rule(color=GREY, strokeWidth=1.1, opacity=0.75, strokeDash=[4, 3] if dashed else [1, 0], aria=False)
        .encode(x=maps._x(), y=maps._y(), x2="x2:Q", y2="y2:Q")
        for dashed in (False, True)
        if (table["shut"] == dashed).any()
    ]


def _towns(run: FleeRun, x: Floats, y: Floats) -> list[Chart]:
    table = pd.DataFrame({"x": x, "y": y}).dropna()
    return [alt.Chart(table).mark_circle(size=14, color=GREY, opacity=1, aria=False).encode(x=maps._x(), y=maps._y())]


def _reported(run: FleeRun, x: Floats, y: Floats, most: float) -> list[Chart]:
    """Return rings, in area as the discs, for what the data have in camps on the last day."""
    people = run.rules.hasten * run.data[-1].astype(float)
    table = pd.DataFrame({"x": x[run.camps], "y": y[run.camps], "area": maps.area(people, max(most, 1.0))})
    table = table[people > 0].dropna()
    mark = alt.Chart(table).mark_point(
        shape="circle", stroke=ORANGE, strokeWidth=1.8, filled=False, opacity=1, aria=False
    )
    return [mark.encode(x=maps._x(), y=maps._y(), size=alt.Size("area:Q", scale=None))] if len(table) else []
