"""Small towns, domain assertions and Hypothesis strategies: for our tests and for those of users.

>>> scenario = town(population=100)
>>> chunk = steps_taken(scenario, 4)
>>> assert_conserved(chunk)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from egress.engine import conserve
from egress.engine.loop import Chunk, advance, begin
from egress.engine.members import Members
from egress.engine.state import HOME, State
from egress.engine.world import Ints, World
from egress.ensemble import _sizes as sizes
from egress.errors import ConservationError, Fault, ScenarioError
from egress.scenario import check
from egress.scenario.load import defaults
from egress.scenario.schema import Parameter, Scenario
from egress.trajectory import Trajectory, blank

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Raw = dict[str, Any]
SOURCE = {"source": "assumption"}
KNOWN = ["example"]
ADMITS = {"admits": "travel|visa"}
START = "2030-03-01"
"""First day of every town."""
BEGIN = f"{START}T00:00+00:00"

CALM: dict[str, float] = {
    "intention_noise": 0, "pull_noise": 0, "service_noise": 0, "pull_scatter": 0, "peers": 1,
    "fear_response": 0, "ordinary_level": 1, "air_suppression": 0, "land_suppression": 0, "balk_rate": 0,
    "give_up_rate": 0, "wait_utility": -200, "weight_hours": 0, "weight_wait": 0, "weight_days": 0,
    "weight_fare": 0, "weight_stopped": 0, "early_leaving": 0, "late_leaving": 0, "transit_share": 0,
    "travel_spread": 1, "detour": 1, "road_speed": 50, "rail_speed": 50, "ground_reach": 72,
    "nest_dissimilarity": 0.5,
}  # fmt: skip
"""Numbers that switch off noise, second thoughts and the weights of the choice: arithmetic is left."""
AT_ONCE = {"intention_rate": 1e4, "act_rate": 1e4}
"""Everybody who would leave does so in the first step in which a signal presses."""
KM_PER_DEGREE = np.pi * 6371.0 / 180


def parameters(calm: bool = True, **values: float | str) -> tuple[Parameter, ...]:
    """Return the default parameters with `values` (in the units of the table) in their place.

    `calm` makes all of them certain (medians) and takes those of CALM; else they keep their ranges.
    """
    rows = []
    own = (CALM if calm else {}) | values
    for row in defaults():
        if row.name in own:
            raw = {"name": row.name, "value": own[row.name], "unit": row.unit, **SOURCE}
            rows.append(Parameter.model_validate(raw))
        elif calm:
            kind = type(row.value)
            middle = row.value.median
            rows.append(row.model_copy(update={"value": kind("fixed", middle, middle, middle, row.dimension)}))
        else:
            rows.append(row)
    assert own.keys() <= {row.name for row in rows}, f"no such parameter: {own.keys()}"
    return tuple(rows)


def group(id: str = "exposed", **changes: Any) -> Raw:
    """Return a group: all of the people, all willing, ready at once."""
    return {
        "id": id, "name": id, "documents": "travel", "exposed": id == "exposed", "share": 1, "willing": 1,
        "ready_at_once": 1, "preparation": "1 d", **SOURCE,
    } | changes  # fmt: skip


def origin(id: str = "city", hours: float = 0, population: int = 1000, **changes: Any) -> Raw:
    """Return an origin `hours` of driving (50 km/h) south of the crossings."""
    lat = 50 - hours * 50 / KM_PER_DEGREE
    return {"id": id, "name": id, "lat": lat, "lon": 20, "population": population, **SOURCE} | changes


def crossing(id: str = "bridge", **changes: Any) -> Raw:
    """Return a road crossing without ordinary traffic."""
    return {
        "id": id, "name": id, "between": ["XAA", "XBB"], "place": "neighbour", "mode": "road",
        "lat": 50, "lon": 20, **SOURCE,
    } | changes  # fmt: skip


def lane(crossing: str = "bridge", kind: str = "vehicle", per_day: float = 1200, **changes: Any) -> Raw:
    """Return a lane that serves `per_day` people, pressed or not."""
    rates = {"throughput": per_day, "relaxed": per_day}
    return {"crossing": crossing, "kind": kind, **rates, **SOURCE} | changes


def service(id: str = "flight", seats: int = 100, **changes: Any) -> Raw:
    """Return a flight from the airport `field` to `isle`: two hours, 100 money, nobody else on board."""
    pull = {} if changes.get("load") else {"pull": 1}
    return {
        "id": id, "origin": "field", "destination": "isle", "seats": seats, "hours": "2 h", "fare": 100,
        "load": 0, **pull, **SOURCE,
    } | changes  # fmt: skip


def signal(strength: Any = 1, at: str = BEGIN, hold: str = "90 d", **changes: Any) -> Raw:
    """Return a signal that holds through the whole period."""
    return {
        "what": "danger",
        "at": at,
        "strength": strength,
        "hold": hold,
        "fades": "1 d",
        "evidence": KNOWN,
    } | changes


def policy(*effects: Raw, at: str | None = BEGIN, id: str = "measure", **changes: Any) -> Raw:
    """Return a policy in force from a moment on, or (at=None) whatever `changes` say."""
    said: Raw = {} if at is None else {"history": [{"at": at, "status": "in_force", "evidence": KNOWN}]}
    return {"id": id, "what": id, "effects": list(effects), **said} | changes


def town(
    *,
    days: int = 4,
    step: float = 6,
    population: int = 1000,
    hours: float = 0,
    per_day: float = 1200,
    flights: bool = False,
    calm: bool = True,
    numbers: Mapping[str, float | str] | None = None,
    **parts: Any,
) -> Scenario:
    """Return a scenario of one city and one bridge where nothing is uncertain unless said so.

    `parts` replace whole tables (groups, origins, crossings, lanes, services, signals, policies, …);
    `flights` adds an airport; `numbers` are parameters. Raises ScenarioError for a faulty one.
    """
    air = [crossing("field-gate", between=["XAA", "AIR"], place="", mode="air")]
    last = np.datetime64(START) + np.timedelta64(days - 1, "D")
    raw: Raw = {
        "name": "town", "title": "A town", "summary": "Made up.", "home": "XAA", "members": 2,
        "period": {"start": START, "end": str(last), "utc_offset": "+00:00", "step": step},
        "groups": [group()],
        "origins": [origin(hours=hours, population=population)],
        "places": [
            {"id": "neighbour", "name": "n", "country": "XBB", "lat": 51, "lon": 20, **ADMITS, **SOURCE},
            {"id": "isle", "name": "i", "country": "XCC", "lat": 60, "lon": 0, **ADMITS, **SOURCE},
        ],
        "crossings": [crossing()],
        "lanes": [lane(per_day=per_day)],
        "evidence": [{"id": "example", "what": "made up"}],
    } | parts  # fmt: skip
    if flights:
        raw["crossings"] = [*raw["crossings"], *air]
        raw["airports"] = [{"id": "field", "name": "field", "lat": 50, "lon": 20, "crossing": "field-gate", **SOURCE}]
        raw["services"] = parts.get("services", [service()])
    scenario = Scenario.model_validate(raw).model_copy(update={"parameters": parameters(calm, **(numbers or {}))})
    found = [Fault("", 0, 0, f"{loc}: {message}") for loc, message in check.faults(scenario)]
    if found:
        raise ScenarioError(found)
    return scenario


# Steps by hand


def started(scenario: Scenario, members: int | Sequence[int] = 1, seed: int = 1) -> Chunk:
    """Return a chunk before its first step; `members` how many, or their numbers."""
    world = World.of(scenario)
    numbers = np.arange(members) if isinstance(members, int) else np.asarray(members)
    chosen = Members(world, seed, numbers.astype(np.int64))
    return begin(chosen, blank(sizes(world, len(chosen))))


def steps_taken(scenario: Scenario, steps: int, members: int | Sequence[int] = 1, seed: int = 1) -> Chunk:
    """Return a chunk after its first `steps` steps."""
    chunk = started(scenario, members, seed)
    for _ in range(steps):
        advance(chunk)
    return chunk


def put_on_road(chunk: Chunk, people: int, ahead: int = 0, door: int = 0, origin: int = 0, cls: int = 0) -> None:
    """Take susceptible people of every member and set them on the road, to arrive `ahead` steps from now."""
    state = chunk.state
    assert ahead < state.road.shape[2], "farther ahead than anybody of this scenario drives"
    state.susceptible[:, origin, cls] -= people
    state.road[:, door, (state.step + ahead) % state.road.shape[2], cls] += people
    state.road_from[:, door, cls, origin] += people


class Running(Protocol):
    """Members and their state: a Chunk, or what tests have in its place."""

    members: Members
    state: State


def put_in_seats(
    run: Running, people: int, product: int = 0, day: int = 0, origin: int = 0, cls: int = 0
) -> None:  # fmt: skip
    """Give people of every member who are nowhere else a seat of a product on a day (place in the ring)."""
    world, state = run.members.world, run.state
    state.booked[:, day, product, cls] += people
    state.booked_from[:, ticket(world, product, origin), cls] += people
    state.sold[:, world.product_service[product], day] += people


def ticket(world: World, product: int, origin: int) -> int:
    """Return the ticket for a product bought in an origin; raises StopIteration where there is none."""
    own = range(world.ticket_span[product], world.ticket_span[product + 1])
    return next(n for n in own if world.ticket_origin[n] == origin)


# Assertions


def assert_conserved(run: Chunk | Trajectory) -> None:
    """Raise ConservationError where people appeared or vanished.

    In a chunk every person and every hour of waiting is looked for; in a trajectory, which does not say who
    is at home, the accounts are held against one another.
    """
    if isinstance(run, Trajectory):
        _assert_ledgers(run)
        return
    conserve.assert_conserved(run.state, run.members.world)
    conserve.assert_in_place(run.state, run.members.world)
    conserve.assert_waits(run.state, run.members.world)
    assert_non_negative(run.state)


def assert_non_negative(run: State | Trajectory) -> None:
    """Raise ConservationError where a count of people is negative."""
    named = (
        {name: values for name, values in vars(run).items() if isinstance(values, np.ndarray)}
        if isinstance(run, State)
        else {str(name): run.data[name].values for name in run.data.data_vars}
    )
    for name, values in named.items():
        if values.dtype.kind == "i" and name not in ("arrivals", "next_seat") and (values < 0).any():
            raise ConservationError(f"negative numbers of people in {name}")


def _assert_ledgers(run: Trajectory) -> None:
    """Check the accounts of a trajectory against one another."""
    data = run.data
    got_out = data.flows.sum("region")
    arrived = data.surge.sum("day")
    land = (data["mode"] != "air").values
    checks = {
        "those who entered by land differ from those who got out": (
            (got_out == arrived).values[:, land].all() and (got_out >= arrived).values.all()
        ),
        "more people stay than have arrived": (
            (data.arrivals.sel(measure="staying") <= data.surge.cumsum("day")).values.all()
        ),
        "gross is not the sum of the entries of the day": np.array_equal(
            data.arrivals.sel(measure="gross").sum("day"), data.entries.sum("step")
        ),
        "net is not entries less exits": np.array_equal(
            data.arrivals.sel(measure="net").sum("day"), data.entries.sum("step") - data.exits.sum("step")
        ),
    }
    for wrong, right in checks.items():
        if not right:
            raise ConservationError(wrong)
    assert_non_negative(run)


def people(chunk: Chunk) -> Ints:
    """Return [M, O, C] everybody by origin and class, wherever they are."""
    state, world = chunk.state, chunk.members.world
    seated = np.zeros_like(state.abroad)
    for number, origin in enumerate(world.ticket_origin):
        seated[:, origin] += state.booked_from[:, number]
    return np.asarray(
        sum(getattr(state, name).astype(np.int64) for name in HOME)
        + seated
        + state.road_from.sum(axis=1).swapaxes(1, 2)
        + state.abroad
    )


def got_out(state: State) -> Ints:
    """Return [M, C] people of each class who got out by now, those of whom only the class is known included."""
    return np.asarray(state.abroad.sum(axis=1) + state.crossed.sum(axis=1))


# Strategies


def scenarios(max_days: int = 5) -> SearchStrategy[Scenario]:
    """Return a strategy of small scenarios with everything in them: needs Hypothesis.

    One to three origins, one or two bridges of one or two lanes, perhaps flights, feeders, policies of every
    kind (certain, hinted and over), a call-up and protests; parameters certain or as uncertain as shipped.
    """
    from hypothesis import strategies as st

    @st.composite
    def build(draw: Any) -> Scenario:
        days, flights = draw(st.integers(2, max_days)), draw(st.booleans())
        names = ["city", "town", "farm"][: draw(st.integers(1, 3))]
        doors = ["bridge", "gate"][: draw(st.integers(1, 2))]
        origins = [
            origin(
                name, draw(st.sampled_from([0, 1, 7, 30])), draw(st.sampled_from([0, 1, 60, 5000])),
                call_up_weight=draw(st.sampled_from([0, 1, 3])), protest_weight=draw(st.sampled_from([0, 1])),
            )
            for name in names
        ]  # fmt: skip
        lanes = []
        for door in doors:
            opened = draw(st.sampled_from(["00:00-24:00", "07:00-19:00", "20:00-05:00"]))
            lanes.append(lane(door, per_day=draw(st.sampled_from([1, 97, 2000])), hours=opened))
            if draw(st.booleans()):
                lanes.append(lane(door, "foot", 300, open=draw(st.booleans()), share=0.3))
        parts: Raw = {
            "groups": [
                group(share=0.4, willing=draw(st.sampled_from([0, 0.5, 1])), ready_at_once=0.5),
                group("others", share=0.6, willing=0.2, documents=draw(st.sampled_from(["internal", "travel"]))),
            ],
            "origins": origins,
            "crossings": [crossing(d, entries=draw(st.sampled_from([0, 40])), exits=40) for d in doors],
            "lanes": lanes,
            "signals": [signal(draw(st.sampled_from([0, 1, 5])), hold="1 d")],
            "policies": draw(_policies(days, names, flights)),
        }
        if flights:
            parts["services"] = [service(seats=draw(st.sampled_from([1, 50])), load=draw(st.sampled_from([0, 0.7])))]
        end = np.datetime64(START) + np.timedelta64(draw(st.integers(1, days)), "D")
        if draw(st.booleans()):
            parts["call_up"] = {
                "quota": draw(st.sampled_from([10, 500])), "from": BEGIN, "until": f"{end}T00:00+00:00",
                "half_time": "2 d", "comply": 0.5, "hide": 0.3, "found": 0.1, "evidence": KNOWN,
            }  # fmt: skip
        if draw(st.booleans()):
            parts["voice"] = {
                "calls": [{"at": BEGIN, "turnout": 50_000}], "detained": 0.3, "released": 0.5, "listed": 0.5,
                "scatter": 1, "evidence": KNOWN,
            }  # fmt: skip
        return town(
            days=days, step=draw(st.sampled_from([1, 3, 6, 12, 24])), flights=flights,
            calm=draw(st.booleans()),
            numbers={"intention_rate": draw(st.sampled_from([0.2, 20]))}, **parts,
        )  # fmt: skip

    return build()


def _policies(days: int, origins: list[str], flights: bool) -> SearchStrategy[list[Raw]]:
    """Return a strategy of lists of policies."""
    from hypothesis import strategies as st

    effects: list[Raw] = [
        {"kind": "refuse_exit", "share": 0.5, "listed_share": 1, "summons": 0.5, "perceived": 0.4},
        {"kind": "refuse_entry", "exempt": 0.2, "ordinary_exempt": 0.5},
        {"kind": "close"},
        {"kind": "throughput", "factor": 0.5},
        {"kind": "road_block", "distance": "4 h", "turned_back": 0.7, "local_origins": origins[:1]},
        {"kind": "deter", "perceived": 0.5},
    ]
    if flights:
        effects.append({"kind": "seats", "per_day": 40, "services": ["flight"]})

    @st.composite
    def build(draw: Any) -> list[Raw]:
        out = []
        for number, effect in enumerate(draw(st.lists(st.sampled_from(effects), max_size=3))):
            first = np.datetime64(START) + np.timedelta64(draw(st.integers(0, days - 1)), "D")
            hour = draw(st.sampled_from(["00:00", "09:00"]))
            groups = draw(st.sampled_from(["all", ["exposed"]]))
            if draw(st.booleans()):
                said: Raw = {"at": f"{first}T{hour}+00:00"}
            else:
                last = str(np.datetime64(START) + np.timedelta64(days - 1, "D"))
                status = {"at": BEGIN, "status": "hinted", "evidence": KNOWN}
                said = {
                    "at": None,
                    "history": [status],
                    "probability": 0.5,
                    "feared": 0.5,
                    "window": [str(first), last],
                }
            out.append(policy(effect, id=f"p{number}", applies_to={"groups": groups}, **said))
        return out

    return build()
