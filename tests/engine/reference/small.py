"""Small scenarios, their first state, and the comparison of means that every test of a process uses."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.distribution import Distribution
from egress.engine.members import Members
from egress.engine.processes import news
from egress.engine.state import State, initial
from egress.engine.world import World
from egress.scenario.schema import Parameter, Scenario

SEED = 20300301
SOURCE = {"source": "assumption"}
QUIET = (
    "pull_scatter",
    "intention_noise",
    "pull_noise",
    "service_noise",
    "weight_diaspora",
    "balk_rate",
    "give_up_rate",
)
"""Parameters that are 0 unless a test says otherwise: noise, and people who change their mind in a queue."""


def parameters(given: dict[str, float]) -> tuple[Parameter, ...]:
    """Return all parameters as certain numbers in canonical units: medians of the defaults, or as given."""
    text = files("egress.data").joinpath("parameters.csv").read_text(encoding="utf-8")
    rows = []
    for raw in csv.DictReader(text.splitlines()):
        default = Parameter.model_validate(raw)
        name = default.name
        value = given.get(name, 0.0 if name in QUIET else 1.0 if name == "ordinary_level" else default.value.median)
        fixed = Distribution("fixed", value, value, value, default.dimension)
        rows.append(default.model_copy(update={"value": fixed}))
    assert set(given) <= {row.name for row in rows}, "no such parameter"
    return tuple(rows)


def group(name: str, **changes: Any) -> dict[str, Any]:
    """Return a group of travellers with passports."""
    base = {
        "id": name,
        "name": name,
        "documents": "travel",
        "share": 0.5,
        "willing": 0.1,
        "ready_at_once": 0.3,
    }
    return base | {"preparation": "2 d"} | SOURCE | changes


def origin(name: str, lat: float = 50.0, lon: float = 20.0, **changes: Any) -> dict[str, Any]:
    """Return an origin."""
    return {"id": name, "name": name, "lat": lat, "lon": lon, "population": 100_000} | SOURCE | changes


def place(name: str, country: str = "XBB", **changes: Any) -> dict[str, Any]:
    """Return a place that admits passports and visas."""
    base = {"id": name, "name": name, "country": country, "lat": 51.0, "lon": 20.0, "admits": "travel|visa"}
    return base | SOURCE | changes


def door(name: str, to: str = "north", lat: float = 50.9, lon: float = 20.0, **changes: Any) -> dict[str, Any]:
    """Return a road crossing."""
    base = {
        "id": name,
        "name": name,
        "between": "XAA|XBB",
        "place": to,
        "mode": "road",
        "lat": lat,
        "lon": lon,
    }
    return base | {"entries": "480/d", "exits": "480/d"} | SOURCE | changes


def lane(crossing: str, kind: str = "vehicle", **changes: Any) -> dict[str, Any]:
    """Return a lane that passes 100 persons an hour, hard pressed or not."""
    rate = {"throughput": "2400/d", "relaxed": "2400/d"}
    return {"crossing": crossing, "kind": kind} | rate | SOURCE | changes


def scenario(given: dict[str, float] | None = None, *, step: float = 6.0, days: int = 10, **parts: Any) -> Scenario:
    """Return a scenario of one city, two groups and one bridge, with parts replaced and parameters given."""
    base: dict[str, Any] = {
        "name": "small",
        "title": "small",
        "summary": "small",
        "home": "XAA",
        "period": {
            "start": "2030-03-04",
            "end": f"2030-03-{3 + days:02d}",
            "utc_offset": "+00:00",
            "step": step,
        },
        "groups": (group("called", exposed=True), group("rest")),
        "origins": (origin("city"),),
        "places": (place("north"),),
        "crossings": (door("bridge"),),
        "lanes": (lane("bridge"),),
        "parameters": parameters(given or {}),
    }
    return Scenario.model_validate(base | parts)


@dataclass
class Small:
    """Members of a small scenario, where they are, and what holds in the step to be taken."""

    members: Members
    state: State
    now: news.Now

    def again(self) -> None:
        """Go on to the next step, if there is one: after the last there is no news."""
        self.state.step += 1
        if self.state.step < self.members.world.steps:
            self.now = news.step(self.members, self.state)


def run(said: Scenario, members: int = 1) -> Small:
    """Return a small run before its first step, nobody at home but in `immune`."""
    chosen = Members(World.of(said), SEED, np.arange(members, dtype=np.int64))
    state = initial(chosen)
    return Small(chosen, state, news.step(chosen, state))


def near(sample: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike, *, slack: npt.ArrayLike = 0.0) -> None:
    """Assert that the means over members (first axis) lie within 4 standard errors of `mean`.

    `variance` is that of one member by the reference; `slack` is an error of the reference that is known.
    """
    found = np.asarray(sample, dtype=float)
    error = np.abs(found.mean(axis=0) - mean)
    bound = 4 * np.sqrt(np.asarray(variance) / len(found)) + slack + 1e-9
    assert np.all(error <= bound), f"means {found.mean(axis=0)} expected {mean}: error {error} above {bound}"
