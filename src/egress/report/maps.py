"""The map: where people of the surge set out, which doors they take, where they arrive.

Outlines are those of data/borders.json. Positions are projected here (Lambert's azimuthal equal-area, centred
on the flows), so that the drawing needs no map service; lengths on it are pixels.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from egress.report.charts import BLUE, INK, ORANGE, Chart
from egress.report.names import outlines
from egress.report.rounding import people
from egress.report.tables import summed
from egress.scenario.schema import Crossing, Origin, Place, Scenario

Stop = Origin | Place | Crossing
Box = tuple[float, float, float, float]
Floats = npt.NDArray[np.float64]
WIDTH, HEIGHT, MARGIN = 900, 520, 60  # px
SMALL = 0.012  # share of the surge below which a place does not stretch the map
LINES, LABELS = 90, 24  # most lines and names drawn
FINE = 0.8  # px: corners of an outline closer than this are left out
GREEN = "#009E73"


@dataclass(frozen=True)
class View:
    """A projection onto the drawing: centre (degrees), scale and shift (px)."""

    lat: float
    lon: float
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def at(self, lat: Any, lon: Any) -> tuple[Floats, Floats]:
        """Return x (rightwards) and y (downwards) in px of positions in degrees (any shape)."""
        north, east = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float) - self.lon)
        centre = np.radians(self.lat)
        cosine = np.sin(centre) * np.sin(north) + np.cos(centre) * np.cos(north) * np.cos(east)
        k = np.sqrt(2 / np.maximum(1 + cosine, 1e-6))
        x = k * np.cos(north) * np.sin(east)
        y = k * (np.cos(centre) * np.sin(north) - np.sin(centre) * np.cos(north) * np.cos(east))
        return self.left + self.scale * x, self.top - self.scale * y

    @classmethod
    def around(cls, lat: Floats, lon: Floats) -> View:
        """Return the view that holds all positions within the margin of the drawing."""
        plain = cls((lat.min() + lat.max()) / 2, (lon.min() + lon.max()) / 2)
        x, y = plain.at(lat, lon)
        wide, high = max(np.ptp(x), 0.02), max(np.ptp(y), 0.02)
        scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        return cls(plain.lat, plain.lon, scale, WIDTH / 2 - scale * middle[0], HEIGHT / 2 - scale * middle[1])


def flow_map(trajectory: xr.Dataset, scenario: Scenario) -> tuple[Chart, dict[str, Any]]:
    """Return the map of the surge (middle of the runs, whole period), and the outlines that it names."""
    points, lines = flows(trajectory, scenario)
    big = points[points["people"] >= SMALL * max(points["people"].sum() / 3, 1.0)]
    big = points if len(big) < 2 else big
    view = View.around(big["lat"].to_numpy(float), big["lon"].to_numpy(float))
    points["x"], points["y"] = view.at(points["lat"], points["lon"])
    layers = [_countries(), *_lines(lines, view), *_points(points), *_names(points)]
    land = {"outlines": _outlines(view, scenario.home)}
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT), land


def flows(trajectory: xr.Dataset, scenario: Scenario) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return points (kind, name, lat, lon, people) and lines (kind, from and to, people) of the surge.

    Lines lead from regions to land doors and airports, and from airports to places abroad.
    """
    values = trajectory["flows"]
    by_door = summed(values, "door").median("member")
    origins = {origin.id: origin for origin in scenario.origins}
    places = {place.id: place for place in scenario.places}
    crossings = {crossing.id: crossing for crossing in scenario.crossings}
    regions, doors = by_door["region"].values.astype(str), by_door["door"].values.astype(str)
    people = by_door.transpose("region", "door").values
    lines: list[tuple[str, Stop, Stop, float]] = [
        ("ground", origins[region], crossings[door], float(people[i, j]))
        for i, region in enumerate(regions)
        for j, door in enumerate(doors)
    ]
    air = np.flatnonzero(trajectory["mode"].values == "air")
    ends = values.isel(crossing=air).sum("region").median("member")
    lines += [
        ("air", crossings[str(door)], places[str(place)], float(number))
        for door, place, number in zip(ends["door"].values, ends["place"].values, ends.values, strict=True)
    ]
    points: list[tuple[str, Stop, float]] = [
        ("origin", origins[name], float(people[i].sum())) for i, name in enumerate(regions)
    ]
    points += [("door", crossings[name], float(people[:, j].sum())) for j, name in enumerate(doors)]
    flown = {id(line[2]): line[2] for line in lines if line[0] == "air"}
    points += [("place", place, sum(line[3] for line in lines if line[2] is place)) for place in flown.values()]
    return (
        pd.DataFrame(
            [(kind, row.name, row.lat, row.lon, number) for kind, row, number in points],
            columns=["kind", "name", "lat", "lon", "people"],
        ),
        pd.DataFrame(
            [(kind, a.lat, a.lon, b.lat, b.lon, number) for kind, a, b, number in lines],
            columns=["kind", "lat", "lon", "lat2", "lon2", "people"],
        ),
    )


def _countries() -> Chart:
    """Return the layer of outlines, home darker."""
    return (
        alt.Chart(alt.NamedData("outlines"))
        .mark_geoshape(stroke="#b8b4a8", strokeWidth=0.6, clip=True, aria=False)
        .encode(fill=alt.condition("datum.home", alt.value("#e3e0d8"), alt.value("#f2f0ea")))
        .project(type="identity", scale=1, translate=[0, 0])
    )


def _outlines(view: View, home: str) -> list[dict[str, Any]]:
    """Return the outlines that touch the drawing, in px; none for made-up countries."""
    return land(view, home) if home in {outline["code"] for outline in outlines()} else []


def land(view: View, home: str) -> list[dict[str, Any]]:
    """Return the outlines that touch the drawing, in px, with `home` marked."""
    return [
        _feature(ring, outline["code"] == home) for outline in outlines() for ring in _rings(outline["rings"], view)
    ]


def _feature(ring: list[list[float]], home: bool) -> dict[str, Any]:
    return {"type": "Feature", "home": home, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _rings(rings: list[list[list[float]]], view: View) -> list[list[list[float]]]:
    found = []
    for ring in rings:
        lon, lat = np.asarray(ring).T
        x, y = view.at(lat, lon)
        if x.max() < 0 or x.min() > WIDTH or y.max() < 0 or y.min() > HEIGHT or _behind(view, lat, lon):
            continue
        corners = _thinned(np.column_stack([x, y]))
        if len(corners) >= 4:
            found.append(np.round(corners, 1).tolist())
    return found


def _behind(view: View, lat: Floats, lon: Floats) -> bool:
    """Return whether a ring comes near the far side of the globe, where the projection tears it apart."""
    north, centre = np.radians(lat), np.radians(view.lat)
    east = np.radians(lon - view.lon)
    cosine = np.sin(centre) * np.sin(north) + np.cos(centre) * np.cos(north) * np.cos(east)
    return bool(cosine.min() < -0.8)


def _thinned(corners: Floats) -> Floats:
    """Return corners without those nearer than FINE to the last one kept; closed again."""
    keep = [0]
    for at in range(1, len(corners) - 1):
        if np.abs(corners[at] - corners[keep[-1]]).max() >= FINE:
            keep.append(at)
    return corners[[*keep, 0]]


def _lines(lines: pd.DataFrame, view: View) -> list[Chart]:
    """Return curves, as wide as the square root of the people on them; the thinnest are left out."""
    lines = lines[lines["people"] > 0].nlargest(LINES, "people", keep="all")
    if lines.empty:
        return []
    top = lines["people"].max()
    rows = []
    for at, line in enumerate(lines.sort_values("people").itertuples(index=False)):
        bend = 0.18 if line.kind == "air" else 0.06
        for step, (x, y) in enumerate(_curve(view, line, bend)):
            rows.append((at, step, x, y, 0.4 + 5.5 * float(line.people / top) ** 0.5, line.kind))
    table = pd.DataFrame(rows, columns=["line", "step", "x", "y", "width", "kind"])
    scale = alt.Scale(domain=["ground", "air"], range=[BLUE, GREEN])
    chart = (
        alt.Chart(table)
        .mark_line(opacity=0.4, clip=True, strokeCap="round", aria=False)
        .encode(
            x=_x(), y=_y(), detail="line:N", order="step:Q",
            strokeWidth=alt.StrokeWidth("width:Q", scale=None),
            color=alt.Color("kind:N", scale=scale, legend=None),
        )
    )  # fmt: skip
    return [chart]


def _curve(view: View, line: Any, bend: float) -> list[tuple[float, float]]:
    """Return corners of a quadratic curve between the ends of a line, px."""
    (x1, x2), (y1, y2) = view.at([line.lat, line.lat2], [line.lon, line.lon2])
    knee = (x1 + x2) / 2 - bend * (y2 - y1), (y1 + y2) / 2 + bend * (x2 - x1)
    steps = np.linspace(0, 1, 13)
    x = (1 - steps) ** 2 * x1 + 2 * steps * (1 - steps) * knee[0] + steps**2 * x2
    y = (1 - steps) ** 2 * y1 + 2 * steps * (1 - steps) * knee[1] + steps**2 * y2
    return list(zip(np.round(x, 1).tolist(), np.round(y, 1).tolist(), strict=True))


def _x() -> alt.X:
    return alt.X("x:Q", scale=alt.Scale(domain=[0, WIDTH], nice=False, zero=False), axis=None)


def _y() -> alt.Y:
    return alt.Y("y:Q", scale=alt.Scale(domain=[HEIGHT, 0], nice=False, zero=False), axis=None)


def _points(points: pd.DataFrame) -> list[Chart]:
    """Return discs, in area by people: hollow where they set out, full at doors and places."""
    table = points[points["people"] > 0].sort_values("people", ascending=False)
    if table.empty:
        return []
    table = table.assign(
        area=area(table["people"], table["people"].max()),
        text=[f"{name}: {people(n)} people" for name, n in zip(table["name"], table["people"], strict=True)],
    )
    look = {"origin": (INK, 0.0), "door": (ORANGE, 0.75), "place": (GREEN, 0.75)}
    return [
        alt.Chart(table[table["kind"] == kind])
        .mark_circle(stroke=colour, strokeWidth=1.2, fill=colour, fillOpacity=full, opacity=1, clip=True)
        .encode(x=_x(), y=_y(), size=alt.Size("area:Q", scale=None), description="text:N")
        for kind, (colour, full) in look.items()
        if (table["kind"] == kind).any()
    ]


def area(people: Any, most: float) -> Any:
    """Return the area of a disc (px²) for a number of people, where `most` are the most of any."""
    return 6 + 520 * people / most


def _names(points: pd.DataFrame) -> list[Chart]:
    """Return names of the largest points, each where it covers no other name."""
    table = points[(points["people"] > 0) & points["x"].between(0, WIDTH) & points["y"].between(0, HEIGHT)]
    table = table.sort_values("people", ascending=False).drop_duplicates("name").head(3 * LABELS)
    boxes: list[Box] = []
    rows: list[tuple[str, float, float, bool]] = []
    for point in table.to_dict("records"):
        placed = _place(point, boxes)
        if placed and len(rows) < LABELS:
            boxes.append(placed)
            rows.append((point["name"], placed[0], (placed[1] + placed[3]) / 2, point["kind"] == "origin"))
    names = pd.DataFrame(rows, columns=["name", "x", "y", "origin"])
    charts = []
    for origin, colour in ((True, "#4b5563"), (False, INK)):
        text = alt.Chart(names[names["origin"] == origin])
        look: dict[str, Any] = {
            "align": "left",
            "baseline": "middle",
            "fontSize": 11,
            "aria": False,
            "dx": 2,
            "fontWeight": "normal" if origin else "bold",
        }
        edges: tuple[dict[str, Any], ...] = (
            {"stroke": "white", "strokeWidth": 3, "opacity": 0.85},
            {"color": colour},
        )
        for extra in edges:
            charts.append(text.mark_text(**look, **extra).encode(x=_x(), y=_y(), text="name:N"))
    return charts


def _place(point: Mapping[Hashable, Any], taken: Sequence[Box]) -> Box | None:
    """Return the box (left, top, right, bottom in px) of a name beside its point, None where all is full."""
    wide, high = 6.4 * len(point["name"]) + 6, 13.0
    for dx, dy in ((8, 0), (-8 - wide, 0), (-wide / 2, -14), (-wide / 2, 14), (6, -12), (6, 12)):
        left, top = point["x"] + dx, point["y"] + dy - high / 2
        box = (left, top, left + wide, top + high)
        inside = left >= 0 and top >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT
        if inside and not any(box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in taken):
            return box
    return None
