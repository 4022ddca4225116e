"""What may be unknown in a scenario: its parameters one by one, its other inputs in groups, noise, chance.

Each uncertain number has a name (engine.members); a factor is a set of names. Together the factors hold every name
behind which something varies, so that their indices speak of the whole variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from egress.distribution import Distribution
from egress.engine.world import World
from egress.errors import EgressError
from egress.scenario.schema import Scenario
from egress.scenario.time import ResolvedPolicy

CHANCE = "chance"
HAPPENS = ("happens", "start", "probability", "feared")


@dataclass(frozen=True)
class Kind:
    """A group of inputs: what it holds, in words, and where its numbers stand."""

    what: str
    where: str


KINDS = {
    "groups": Kind("who the people are: share, willingness and preparation of each group", "scenario.yaml"),
    "origins": Kind("the regions: size, willingness, intensity of the call-up", "origins.csv"),
    "signals": Kind("the signals: how strong, how long they hold, how they fade", "scenario.yaml"),
    "events": Kind("which policies come, when, and how much they are feared", "scenario.yaml"),
    "policies": Kind("what the policies do: shares stopped, refused, exempt, aware", "scenario.yaml"),
    "call-up": Kind("the call-up and the protests", "scenario.yaml"),
    "pulls": Kind("how much each way out attracts beyond its usual traffic", "pull_scatter"),
    "doors": Kind("usual traffic at the crossings, and relatives abroad", "crossings.csv, places.csv"),
    "lanes": Kind("how many the lanes of the crossings let through", "lanes.csv"),
    "services": Kind("flights and trains: seats, fares, hours", "services.csv"),
    "noise": Kind("what differs from day to day: intention, pulls, service", "noise parameters"),
    CHANCE: Kind("chance of single people", "drawn"),
    "others": Kind("other inputs", "scenario.yaml"),
}
PREFIXES = {
    "group": "groups",
    "origin": "origins",
    "signal": "signals",
    "series": "signals",
    "call-up": "call-up",
    "voice": "call-up",
    "entry": "pulls",
    "crossing": "doors",
    "place": "doors",
    "lane": "lanes",
    "service": "services",
    "noise": "noise",
}
UNLEARNABLE = ("noise", CHANCE)
"""What nobody can know beforehand."""


@dataclass(frozen=True)
class Factor:
    """A parameter, another single input, or a group of inputs that are unknown together."""

    name: str
    """`parameter/<name>`, the name of another input, or the name of a group."""
    inputs: tuple[str, ...]
    """Names of the numbers behind it; none for chance."""

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return self.name not in KINDS


def factors(names: Iterable[str], apart: Iterable[str] = ()) -> tuple[Factor, ...]:
    """Return the factors that hold all these names, and chance; groups `apart` are taken number by number.

    Raises EgressError for a group that is none.

    >>> [f.name for f in factors(["group/x/willing", "parameter/peers", "group/y/willing"])]
    ['chance', 'groups', 'parameter/peers']
    """
    apart = set(apart)
    if unknown := sorted(apart - set(KINDS) | apart & {CHANCE, "noise"}):
        known = ", ".join(kind for kind in KINDS if kind not in UNLEARNABLE)
        raise EgressError(f"{unknown[0]!r} cannot be taken apart: expected one of {known}")
    held: dict[str, list[str]] = {CHANCE: []}
    for name in sorted(names):
        kind = kind_of(name)
        held.setdefault(name if not kind or kind in apart else kind, []).append(name)
    return tuple(Factor(name, tuple(inputs)) for name, inputs in sorted(held.items()))


def kind_of(name: str) -> str:
    """Return the group of an input; empty for a parameter."""
    first, _, rest = name.partition("/")
    if first == "parameter":
        return ""
    if first == "policy":
        return "events" if rest.rpartition("/")[2] in HAPPENS else "policies"
    return PREFIXES.get(first, "others")


def varying(world: World, names: Iterable[str], uncertain: Mapping[str, Distribution]) -> list[str]:
    """Return those of the names drawn behind which something varies: an input that is certain is none."""
    mute = set(_mute(world))
    return [name for name in names if (name in uncertain or _standing(name)) and name not in mute]


def effect_inputs(world: World) -> Iterator[str]:
    """Yield the uncertain numbers of policies' effects, which are drawn only where a policy happens."""
    for resolved in world.policies:
        for number, effect in enumerate(resolved.policy.effects):
            for field in type(effect).model_fields:
                value = getattr(effect, field)
                if isinstance(value, Distribution) and not value.certain:
                    yield f"policy/{resolved.policy.id}/{number}/{field}"


def _standing(name: str) -> bool:
    """Return whether a name has standard normals without a distribution of its own, or one met rarely."""
    return name.startswith(("noise/", "entry/", "policy/"))


def _mute(world: World) -> Iterator[str]:
    """Yield names that are drawn although nothing hangs on them in this scenario."""
    off = {p.name for p in world.scenario.parameters if p.value.certain and p.value.median == 0}
    yield from (f"noise/{name}" for name in ("intention", "pull", "service") if f"{name}_noise" in off)
    if "pull_scatter" in off:
        yield from (f"entry/{entry.label}/pull" for entry in world.ways.entries)
    for resolved in world.policies:
        yield from _mute_of(resolved)


def _mute_of(resolved: ResolvedPolicy) -> Iterator[str]:
    """Yield what is drawn for a policy although it is certain."""
    name, chance = f"policy/{resolved.policy.id}", resolved.probability
    never = chance.certain and chance.median <= 0
    if never or (chance.certain and chance.median >= 1):
        yield f"{name}/happens"
    if never:
        yield f"{name}/start"
        yield from (f"{name}/{n}/{f}" for n, e in enumerate(resolved.policy.effects) for f in type(e).model_fields)
    if all(weight.certain for _, weight, _ in resolved.feared):
        yield f"{name}/feared"


def row_of(scenario: Scenario, name: str) -> object | None:
    """Return the row, group, signal or policy that holds an input; None where it has none."""
    first, _, rest = name.partition("/")
    for kind, rows, key in (
        ("parameter", scenario.parameters, "name"),
        ("group", scenario.groups, "id"),
        ("origin", scenario.origins, "id"),
        ("place", scenario.places, "id"),
        ("crossing", scenario.crossings, "id"),
        ("service", scenario.services, "id"),
        ("policy", scenario.policies, "id"),
    ):
        if kind == first:
            return next((row for row in rows if f"{rest}/".startswith(f"{getattr(row, key)}/")), None)
    if first == "signal":
        return scenario.signals[int(rest.partition("/")[0])]
    if first == "lane":
        return next((row for row in scenario.lanes if rest.startswith(f"{row.crossing}/{row.kind}/")), None)
    return None
