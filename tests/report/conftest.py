"""A small scenario and a made-up trajectory that follow the contract to the letter."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import xarray as xr

from egress.scenario.schema import Scenario

OUTCOMES = ("called_up", "listed", "hiding", "detained", "stranded")
MEASURES = ("gross", "net", "staying")


def scenario_dict() -> dict[str, Any]:
    """Return a scenario: two land doors, a railway, one airport; 3 regions, 2 services, 3 policies."""
    return {
        "name": "small",
        "title": "A small rush",
        "summary": "Three regions, four ways out, fourteen days.",
        "home": "RUS",
        "period": {"start": "2022-09-20", "end": "2022-10-03", "utc_offset": "+03:00", "step": 6},
        "members": 20,
        "groups": [
            {
                "id": "exposed",
                "name": "men of call-up age",
                "documents": "travel",
                "exposed": True,
                "share": {"range": [0.05, 0.1]},
                "willing": {"range": [0.003, 0.03]},
                "ready_at_once": 0.5,
                "preparation": "2 d",
                "source": "assumption",
            },
        ],
        "signals": [
            {
                "what": "partial mobilisation announced",
                "at": "2022-09-21T09:00+03:00",
                "strength": 1,
                "hold": "3 d",
                "fades": "7 d",
                "evidence": ["decree"],
            }
        ],
        "policies": [
            {
                "id": "exit-ban",
                "what": "exit ban for men of call-up age",
                "history": [
                    {"at": "2022-09-25T20:00+03:00", "status": "hinted", "evidence": ["paper"]},
                    {"at": "2022-09-26T13:00+03:00", "status": "denied", "evidence": ["paper"]},
                ],
                "probability": {"uniform": [0.1, 0.4]},
                "window": ["2022-09-28", "2022-10-03"],
                "outcome": {"happened": False, "evidence": ["paper"]},
                "effects": [{"kind": "refuse_exit", "share": 0.9}],
            },
            {
                "id": "entry-ban",
                "what": "Finland refuses tourists",
                "history": [
                    {"at": "2022-09-23T18:00+03:00", "status": "announced"},
                    {
                        "at": "2022-09-30T00:00+03:00",
                        "status": "in_force",
                        "starts": "2022-09-30T00:00+03:00",
                    },
                ],
                "applies_to": {"crossings": ["FIN"]},
                "effects": [{"kind": "refuse_entry", "exempt": {"uniform": [0.1, 0.65]}}],
            },
            {
                "id": "walkers",
                "what": "people on foot are let through at Verkhny Lars",
                "history": [{"at": "2022-09-27T12:00+03:00", "status": "in_force"}],
                "effects": [{"kind": "open_lane", "lane": "foot"}],
            },
        ],
        "limits": ["Origins of the travellers are not identified by the counts."],
        "origins": [
            {
                "id": "mow",
                "name": "Moscow",
                "lat": 55.75,
                "lon": 37.62,
                "population": 13e6,
                "source": "census",
            },
            {
                "id": "spe",
                "name": "Saint Petersburg",
                "lat": 59.94,
                "lon": 30.31,
                "population": 5.6e6,
                "source": "census",
            },
            {
                "id": "se",
                "name": "North Ossetia",
                "lat": 43.02,
                "lon": 44.68,
                "population_low": 6e5,
                "population_high": 7e5,
                "source": "assumption",
            },
        ],
        "places": [
            {
                "id": "geo",
                "name": "Stepantsminda",
                "country": "GEO",
                "lat": 42.66,
                "lon": 44.64,
                "admits": "travel",
                "source": "rules",
            },
            {
                "id": "fin",
                "name": "Kymenlaakso",
                "country": "FIN",
                "lat": 60.87,
                "lon": 26.7,
                "admits": "visa",
                "source": "rules",
            },
            {
                "id": "ist",
                "name": "Istanbul",
                "country": "TUR",
                "lat": 41.0,
                "lon": 28.98,
                "admits": "travel",
                "source": "rules",
            },
        ],
        "crossings": [
            {
                "id": "lars",
                "name": "Verkhny Lars",
                "between": "RUS|GEO",
                "place": "geo",
                "mode": "road",
                "lat": 42.75,
                "lon": 44.63,
                "entries_low": 2000,
                "entries_high": 4000,
                "source": "o1",
            },
            {
                "id": "vaalimaa",
                "name": "Vaalimaa",
                "between": "RUS|FIN",
                "place": "fin",
                "mode": "road",
                "lat": 60.6,
                "lon": 27.85,
                "entries": 1900,
                "source": "o2",
            },
            {
                "id": "train",
                "name": "Vainikkala",
                "between": "RUS|FIN",
                "place": "fin",
                "mode": "rail",
                "lat": 60.87,
                "lon": 28.3,
                "entries": 400,
                "source": "assumption",
            },
            {
                "id": "svo",
                "name": "Moscow airports",
                "between": "RUS|AIR",
                "mode": "air",
                "lat": 55.97,
                "lon": 37.41,
                "source": "o3",
            },
        ],
        "lanes": [
            {
                "crossing": "lars",
                "kind": "vehicle",
                "throughput_low": 3000,
                "throughput_high": 6000,
                "persons_per_vehicle": 2.6,
                "source": "assumption",
            },
            {"crossing": "lars", "kind": "foot", "throughput": 5000, "open": False, "source": "o1"},
        ],
        "airports": [
            {"id": "mos", "name": "Moscow", "lat": 55.97, "lon": 37.41, "crossing": "svo", "source": "o3"},
            {"id": "ogz", "name": "Vladikavkaz", "lat": 43.2, "lon": 44.6, "source": "o3"},
        ],
        "services": [
            {
                "id": "mos-ist",
                "origin": "mos",
                "destination": "ist",
                "seats": 2700,
                "hours": 4,
                "fare": 22000,
                "load": 0.84,
                "source": "o3",
            },
            {
                "id": "mos-ogz",
                "origin": "mos",
                "destination": "ogz",
                "domestic": True,
                "seats": 600,
                "hours": 2.5,
                "fare_low": 6000,
                "fare_high": 9000,
                "load": 0.8,
                "source": "assumption",
            },
        ],
        "evidence": [
            {
                "id": "decree",
                "what": "Decree 647",
                "publisher": "Kremlin",
                "published": "2022-09-21",
                "url": "https://example.org/647",
            },
            {
                "id": "paper",
                "what": "Report of a closure",
                "publisher": "a paper",
                "url": "javascript:alert(1)",
            },
        ],
        "parameters": [
            {
                "name": "intention_rate",
                "low": 0.03,
                "high": 0.3,
                "unit": "/d",
                "meaning": "hazard of deciding",
                "source": "model.md",
            },
            {
                "name": "retry_rate",
                "low": 0.2,
                "high": 1,
                "unit": "/d",
                "meaning": "looking again",
                "source": "assumption",
            },
        ],
    }


def labels(scenario: Scenario) -> dict[str, list[str]]:
    """Return the coordinate labels that a run of the scenario has."""
    places = {p.id: p for p in scenario.places}
    door_of = {a.id: a.crossing for a in scenario.airports}
    land = [c for c in scenario.crossings if c.mode != "air"]
    air = sorted(
        {(door_of[s.origin], s.destination) for s in scenario.services if not s.domestic and door_of[s.origin]}
    )
    lanes = [f"{lane.crossing}/{lane.kind}" for lane in scenario.lanes]
    lanes += [f"{c.id}/rail" for c in land if c.mode == "rail" and f"{c.id}/rail" not in lanes]
    lanes += [
        f"{c.id}/vehicle" for c in land if c.mode == "road" and not any(name.startswith(f"{c.id}/") for name in lanes)
    ]
    return {
        "crossing": [c.id for c in land] + [f"{a}:{p}" for a, p in air],
        "place": [c.place for c in land] + [p for _, p in air],
        "country": [places[c.place].country for c in land] + [places[p].country for _, p in air],
        "door": [c.id for c in land] + [a for a, _ in air],
        "mode": [c.mode for c in land] + ["air"] * len(air),
        "lane": lanes,
        "region": [o.id for o in scenario.origins],
        "service": [s.id for s in scenario.services],
        "policy": [p.id for p in scenario.policies],
        "parameter": [p.name for p in scenario.parameters],
    }


def synthetic(scenario: Scenario, members: int = 20, seed: int = 1, as_of: str = "") -> xr.Dataset:
    """Return a made-up trajectory with the shape of a rush: a rise, a peak after a week, a decay."""
    rng, names = np.random.default_rng(seed), labels(scenario)
    period = scenario.period
    days = np.arange(np.datetime64(period.start, "D"), np.datetime64(period.end, "D") + np.timedelta64(1, "D"))
    per_day = int(24 / period.step)
    start = days[0].astype("datetime64[ns]") - np.timedelta64(3, "h")
    steps = start + np.arange(len(days) * per_day) * np.timedelta64(int(period.step * 60), "m")
    curve = np.interp(np.arange(len(days)), [0, 1, 6, len(days)], [0, 0.2, 1, 0.1])
    scale = rng.lognormal(0, 0.3, (members, 1, 1))
    weight = np.sort(rng.lognormal(0, 1, len(names["crossing"])))[::-1] * 2000
    surge = rng.poisson(curve[None, :, None] * scale * weight)
    ordinary = rng.poisson(np.broadcast_to(weight * 0.3, surge.shape))
    gross, exits = surge + ordinary, rng.poisson(np.broadcast_to(weight * 0.3, surge.shape))
    staying = (surge * 0.9).astype(int).cumsum(axis=1)
    split = np.full(per_day, 1 / per_day)
    return xr.Dataset(
        {
            "arrivals": (
                ("member", "day", "crossing", "measure"),
                np.stack([gross, gross - exits, staying], axis=-1).astype(np.int32),
            ),
            "surge": (("member", "day", "crossing"), surge.astype(np.int32)),
            "entries": (("member", "step", "crossing"), _steps(gross, split, rng)),
            "exits": (("member", "step", "crossing"), _steps(exits, split, rng)),
            **_lanes(names, members, len(steps), rng),
            "outcomes": (
                ("member", "day", "region", "outcome"),
                rng.poisson(30, (members, len(days), len(names["region"]), 5)).cumsum(1).astype(np.int32),
            ),
            "seats_sold": (
                ("member", "day", "service"),
                rng.poisson(curve[None, :, None] * 400, (members, len(days), len(names["service"]))).astype(np.int32),
            ),
            "fare": (
                ("member", "day", "service"),
                (20000 * (1 + 5 * curve[None, :, None] * scale * np.ones(len(names["service"])))).astype(np.float32),
            ),
            "next_seat": (
                ("member", "day", "service"),
                np.minimum(22, 25 * curve[None, :, None] * scale * np.ones(len(names["service"]))).astype(np.int16),
            ),
            "flows": (
                ("member", "region", "crossing"),
                rng.multinomial(surge.sum(1), np.full(len(names["region"]), 1 / len(names["region"])))
                .transpose(0, 2, 1)
                .astype(np.int32),
            ),
            "policy_start": (("member", "policy"), _policy_start(members, len(names["policy"]), as_of)),
            "protest_detained": (
                ("member", "day", "region"),
                rng.poisson(4, (members, len(days), len(names["region"]))).astype(np.int32),
            ),
            "parameters": (("member", "parameter"), rng.random((members, len(names["parameter"])))),
        },
        coords={
            "member": np.arange(members),
            "day": days.astype("datetime64[ns]"),
            "step": steps,
            "measure": list(MEASURES),
            "outcome": list(OUTCOMES),
            **{key: names[key] for key in ("crossing", "lane", "region", "service", "policy", "parameter")},
            **{key: ("crossing", names[key]) for key in ("place", "country", "door", "mode")},
            "lane_crossing": ("lane", [name.split("/")[0] for name in names["lane"]]),
            "lane_kind": ("lane", [name.split("/")[1] for name in names["lane"]]),
            "persons_per_vehicle": ("lane", np.full(len(names["lane"]), 2.6)),
        },
        attrs={
            "scenario": scenario.name,
            "scenario_title": scenario.title,
            "scenario_hash": "0123abcd",
            "egress_version": "0.1.0",
            "seed": 1,
            "members": members,
            "as_of": as_of,
            "step_hours": period.step,
            "start": period.start.isoformat(),
            "utc_offset": period.utc_offset,
            "horizon_days": 21,
            "platform": "test",
            "seconds": "{}",
        },
    )


def _steps(daily: npt.NDArray[Any], split: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    parts = rng.multinomial(daily, split)
    return parts.transpose(0, 1, 3, 2).reshape(daily.shape[0], -1, daily.shape[2]).astype(np.int32)


def _lanes(names: dict[str, list[str]], members: int, steps: int, rng: np.random.Generator) -> dict[str, Any]:
    count = len(names["lane"])
    curve = np.interp(np.arange(steps), [0, steps * 0.1, steps * 0.45, steps * 0.8], [0, 0, 1, 0])
    peak = np.sort(rng.lognormal(6, 1.3, count))[::-1] * 3
    queue = rng.poisson(curve[None, :, None] * peak * rng.lognormal(0, 0.4, (members, 1, count)))
    wait = (queue / peak * 20).astype(np.float32)
    shut = [name.endswith("/foot") for name in names["lane"]]
    wait[:, : steps // 2, shut] = np.nan
    dims = ("member", "step", "lane")
    few = {
        key: rng.poisson(mean, queue.shape).astype(np.int32)
        for key, mean in (("served", 400), ("refused", 6), ("gave_up", 3))
    }
    return {
        "queue": (dims, queue.astype(np.int32)),
        "wait": (dims, wait),
        **{key: (dims, values) for key, values in few.items()},
    }


def _policy_start(members: int, policies: int, as_of: str) -> npt.NDArray[Any]:
    starts = np.full((members, policies), 240.0)
    starts[:, 0] = np.where((np.arange(members) % 3 == 0) & (as_of != ""), 200.0, np.nan)
    return starts


def observed() -> pd.DataFrame:
    """Return five counts: two days, a week, a queue of cars, arrests that were never published."""
    day = "2022-09-{}T00:00+03:00"
    rows = [
        (
            "geo-day",
            "GEO",
            "",
            "entries",
            day.format(24),
            day.format(25),
            5200,
            "daily",
            "2022-09-25T23:59+00:00",
        ),
        (
            "geo-day",
            "GEO",
            "",
            "entries",
            day.format(25),
            day.format(26),
            6100,
            "daily",
            "2022-09-28T23:59+00:00",
        ),
        (
            "fin-week",
            "FIN",
            "",
            "entries",
            day.format(20),
            day.format(27),
            21000,
            "period_total",
            "2022-09-27T23:59+00:00",
        ),
        (
            "lars-cars",
            "lars",
            "",
            "queue_vehicles",
            "2022-09-25T12:00+03:00",
            "2022-09-25T12:00+03:00",
            2300,
            "snapshot",
            "2022-09-25T23:59+00:00",
        ),
        ("arrests", "mow", "", "detained", day.format(21), day.format(22), 500, "daily", ""),
    ]
    frame = pd.DataFrame(
        rows, columns=["series", "place", "crossing", "what", "start", "end", "value", "kind", "published_at"]
    )
    return frame.assign(low=np.nan, high=np.nan, unit="persons", source="ministry", evidence="paper", note="")


def compared(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the counts with what a model would say beside them."""
    values = observations["value"]
    return observations.assign(
        mean=values,
        p05=values * 0.6,
        p10=values * 0.7,
        p50=values * 0.95,
        p90=values * 1.3,
        p95=values * 1.4,
        inside90=np.arange(len(values)) % 5 != 3,
    )


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Return the small scenario."""
    return Scenario.model_validate(scenario_dict())


@pytest.fixture(scope="session")
def trajectory(scenario: Scenario) -> xr.Dataset:
    """Return its made-up hindsight run."""
    return synthetic(scenario)


@pytest.fixture(scope="session")
def observations() -> pd.DataFrame:
    """Return the five counts."""
    return observed()


@pytest.fixture(scope="session")
def comparison(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the counts with the model beside them."""
    return compared(observations)
