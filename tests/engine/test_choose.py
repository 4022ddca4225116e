"""Choose: the shares of a million choosers against the nested logit written in logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from reference import choose as plain
from reference import small

from egress.engine.processes import book, choose

WEIGHTS = plain.Weights(pull=0.8, hours=0.05, wait=0.03, days=0.2 / 24, fare=0.4, stopped=0.9, nested=0.4, idle=-1.5)
GIVEN = {
    "pull_elasticity": 0.8,
    "weight_hours": 0.05,
    "weight_wait": 0.03,
    "weight_days": 0.2 / 24,
    "weight_fare": 0.4,
    "weight_stopped": 0.9,
    "nest_dissimilarity": 0.4,
    "wait_utility": -1.5,
    "detour": 1.25,
    "road_speed": 60.0,
    "rail_speed": 50.0,
    "ground_fare": 9.0,
    "airport_time": 2.5,
    "booking_horizon": 96.0,
    "fare_curve": 2.0,
}
CITIES = {"a": (50.0, 20.0), "b": (49.5, 22.0)}
DOORS = {"west": (51.5, 19.5, 900.0, "x"), "mid": (51.4, 20.5, 300.0, "x"), "rail": (50.8, 23.5, 600.0, "y")}
MEMBERS, PEOPLE = 500, 1000


def doors() -> tuple[dict[str, Any], ...]:
    kinds = {"rail": {"mode": "rail"}}
    land = [
        small.door(
            name,
            "gate" if name == "mid" else "north",
            lat,
            lon,
            entries=f"{daily}/d",
            nest=nest,
            **kinds.get(name, {}),
        )
        for name, (lat, lon, daily, nest) in DOORS.items()
    ]
    return (*land, small.door("field", "", mode="air", between="XAA|AIR", entries=0, exits=0))


def flight(name: str, to: str, fare: float, **more: Any) -> dict[str, Any]:
    base = {"id": name, "origin": "aaa", "destination": to, "seats": "2000000/d", "hours": 4, "fare": fare}
    return base | {"load": 0.4, "source": "x", "nest": "air"} | more


def begun(members: int = MEMBERS, **parts: Any) -> small.Small:
    base: dict[str, Any] = {
        "groups": (small.group("called", exposed=True), small.group("rest", documents="internal")),
        "origins": tuple(small.origin(name, *at) for name, at in CITIES.items()),
        "places": (
            small.place("north"),
            small.place("gate", admits="internal|travel|visa"),
            small.place("far", "XCC", admits="travel"),
        ),
        "crossings": doors(),
        "lanes": tuple(small.lane(name, "rail" if name == "rail" else "vehicle") for name in DOORS),
        "airports": (
            {"id": "aaa", "name": "a", "lat": 50.3, "lon": 20.0, "crossing": "field", "source": "x"},
            {"id": "bbb", "name": "b", "lat": 51.0, "lon": 21.0, "source": "x"},
        ),
        "services": (flight("fly", "far", 8000.0), flight("feed", "bbb", 3000.0, domestic=True, hours=1)),
        "step": 1.0,
    }
    run = small.run(small.scenario(GIVEN, **(base | parts)), members)
    run.state.ordinary_held[:] = 0
    return run


def ask(run: small.Small, wait: dict[str, float] | None = None, people: int = PEOPLE) -> None:
    """Let `people` of each city and group choose."""
    state, world = run.state, run.members.world
    state.acted[:, :, :2] = people
    shape = (len(run.members), world.services)
    published = np.zeros((len(run.members), world.doors))
    for name, hours in (wait or {}).items():
        published[:, list(DOORS).index(name)] = hours
    no_way = np.zeros(state.ready.shape, dtype=bool)
    choose.step(
        run.members,
        state,
        run.now,
        published,
        np.zeros(shape, dtype=np.int32),
        np.zeros(shape),
        np.zeros(shape, dtype=np.int16),
        no_way,
    )


def ways(city: str, group: int, **changes: dict[str, Any]) -> dict[tuple[str, str], plain.Way]:
    """Every itinerary of a city by (entry, service), as the reference sees it; `changes` by entry."""
    lat, lon = CITIES[city]
    out = {}
    for name, (at, along, daily, nest) in DOORS.items():
        km = plain.distance(lat, lon, at, along) * 1.25
        cost = max(1.0, km * 9 / 1000)
        more = {"admitted": group == 0 or name == "mid"} | changes.get(name, {})
        out[name, ""] = plain.Way(nest, daily, km / (50 if name == "rail" else 60), cost, **more)
        feeder = plain.distance(51.0, 21.0, at, along)
        ground = plain.distance(lat, lon, 50.3, 20.0)
        hours = (ground + feeder) * 1.25 / 60 + 1 + 2.5
        out[name, "feed"] = plain.Way(f"{nest} by feeder", daily, hours, 3.0, **more)
    more = {"admitted": group == 0} | changes.get("fly", {})
    hours = plain.distance(lat, lon, 50.3, 20.0) * 1.25 / 60 + 4 + 2.5
    out["fly", ""] = plain.Way("air", 8e5, hours, **({"fare": 8.0} | more))
    return out


def counted(run: small.Small, city: int, group: int) -> dict[tuple[str, str], npt.NDArray[np.int64]]:
    """People by (entry, service) as the kernel left them, and those waiting."""
    world, out = run.members.world, {}
    for k, way in enumerate(world.ways.itineraries):
        entry = world.ways.entries[way.entry]
        if way.origin == city:
            if way.product is None:
                out[entry.door, ""] = run.state.leaving[:, k, group]
            else:
                label = (entry.door, "feed") if world.product_domestic[way.product] else ("fly", "")
                out[label] = run.state.booked_from[:, world.way_ticket[k], group]
    return out | {("wait", ""): run.state.waiting[:, city, group]}


def compare(run: small.Small, people: int = PEOPLE, **changes: dict[str, Any]) -> None:
    """Hold the shares of all cities and groups against the reference."""
    for city, name in enumerate(CITIES):
        for group in (0, 1):
            offer = ways(name, group, **changes.get(name, changes))
            chance = dict(zip([*offer, ("wait", "")], WEIGHTS.probabilities(list(offer.values())), strict=True))
            found = counted(run, city, group)
            assert set(found) == set(chance)
            for way, takers in found.items():
                p = chance[way]
                # fares rise by a millionth as the first seats sell
                small.near(takers, people * p, people * p * (1 - p), slack=1e-4 * people * p)


def test_undisturbed_shares_and_inadmissible_documents() -> None:
    run = begun()
    ask(run)
    compare(run)
    for city in (0, 1):
        assert counted(run, city, 1)["west", ""].sum() == 0, "an internal passport opens the middle door only"
        assert counted(run, city, 1)["mid", ""].sum() > 0


def test_shares_of_one_and_of_few() -> None:
    for people in (1, 5):
        run = begun(50_000 // people)
        ask(run, people=people)
        compare(run, people)


def test_wait_risk_and_admission_enter_the_utility() -> None:
    run = begun()
    run.state.stopped[:, list(DOORS).index("mid")] = 0.7
    run.now.appeal[:, list(DOORS).index("rail")] = 0.35
    ask(run, {"west": 30.0, "mid": 5.0})
    compare(run, west={"wait": 30.0}, mid={"wait": 5.0, "stopped": 0.7}, rail={"appeal": 0.35})


def test_a_closed_door_is_not_chosen() -> None:
    run = begun()
    run.now.closed[:, 0] = 1.0
    ask(run)
    compare(run, west={"open": False})
    assert counted(run, 0, 0)["west", ""].sum() + counted(run, 0, 0)["west", "feed"].sum() == 0


def test_a_door_whose_lanes_serve_nobody_is_not_chosen() -> None:
    run = begun()
    run.now.lane_day[:, 2] = 0.0
    ask(run)
    compare(run, rail={"open": False})


def test_a_road_block_deters_all_but_local_plates() -> None:
    run = begun()
    run.now.block[:, 0] = 0.6
    run.now.block_local[0, 1] = True
    ask(run)
    compare(run, a={"west": {"turned": 0.6}}, b={})


@pytest.mark.parametrize("step", [1.0, 6.0])
def test_with_no_way_out_everybody_stays(step: float) -> None:
    run = begun(20, step=step)
    run.now.closed[:] = 1.0
    ask(run)
    assert (run.state.waiting[:, :, :2] == PEOPLE).all()
    assert run.state.leaving.sum() + run.state.booked.sum() == 0


def test_those_without_a_way_are_marked_at_the_end_of_a_day() -> None:
    run = begun(2, step=24.0)
    run.now.closed[:, 1] = 1.0  # the middle door, the only one for internal passports
    no_way = np.zeros(run.state.ready.shape, dtype=bool)
    shape = (2, 2)
    choose.step(
        run.members,
        run.state,
        run.now,
        np.zeros((2, 3)),
        np.zeros(shape, dtype=np.int32),
        np.zeros(shape),
        np.zeros(shape, dtype=np.int16),
        no_way,
    )
    assert no_way[:, :, 1].all()
    assert not no_way[:, :, 0].any()


def test_the_share_of_each_itinerary_does_not_depend_on_the_step() -> None:
    run = begun(step=6.0)
    ask(run)
    compare(run)


def test_the_days_to_departure_and_a_higher_fare_put_off() -> None:
    run = begun()
    run.state.ordinary_held[:, 0, :2] = 2_000_000  # all seats of two days; the fare is made by three
    run.now.step = 1  # the ordinary seats of step 0 are not sold again
    ask(run)

    def sold(lead: float) -> float:
        return float(0.4 * np.exp(-((max(lead, 0) / 699.6) ** 0.77)))

    full = (2 + sold(59) - sold(60)) / 3
    usual = sum(sold(h * 24 + 12 - 0.5) for h in range(3)) / 3
    times = 1 + 9 * ((full - usual) / (1 - usual)) ** 2
    price = 8.0 * np.exp(np.round(np.log(times) / book.TICK) * book.TICK)
    compare(run, fly={"days": 48.0, "fare": price, "usual_fare": 8.0})


def test_no_request_is_dropped_however_many_flights_there_are() -> None:
    run = begun(5, services=tuple(flight(f"f{n}", "far", 8000.0) for n in range(90)))
    run.now.closed[:, :3] = 1.0
    run.members["wait_utility"][:] = -60.0
    ask(run)
    assert run.state.booked.sum() == 5 * 2 * PEOPLE, "two cities of travellers, one group with passports"
    assert (run.state.waiting[:, :, 0] == 0).all()


def test_the_pull_of_a_door_is_its_ordinary_entries_or_what_is_given() -> None:
    doors = (
        small.door("usual"),
        small.door("new", entries=0, pull="480/d"),
        small.door("empty", entries=0),
    )
    lanes = tuple(small.lane(name) for name in ("usual", "new", "empty"))
    run = small.run(small.scenario(GIVEN | {"pull_scatter": 0.0}, crossings=doors, lanes=lanes))
    assert run.members.pull[0, :3] == pytest.approx([0.8 * np.log(480), 0.8 * np.log(480), 0.0])
    assert run.members.ordinary_entries[0] * 24 == pytest.approx([480, 0, 0])
