"""Every uncertain number of a scenario by name, and scenarios with other numbers in their place.

A number has the name under which the engine draws it, and a kind: the same name with classes in the place of ids, so
that numbers of one crisis can be told apart and compared with those of another:

- `group/threatened-easy/willing`: *threatened* = the reference signal has its full strength for the group, *easy* =
  every place admits its documents; otherwise *other* and *hard*;
- `signal/reference/hold`: *reference* (certain strength 1), *hint* (before it), *later*, *calm* (never above 0);
- `policy/refuse_exit/share`, `policy/feared`, `origin/front/intensity`, `voice/call/turnout`.

>>> from egress.scenario.load import load
>>> [n.kind for n in numbers(load("ukraine-2022")) if n.name == "group/older/willing"]
['group/threatened-easy/willing']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from egress.distribution import Distribution
from egress.scenario.positions import Loc
from egress.scenario.schema import Base, Group, Profile, Scenario, Signal

T = TypeVar("T")
ROWS = {"groups": "group", "origins": "origin", "places": "place", "crossings": "crossing", "services": "service"}


@dataclass(frozen=True)
class Number:
    """An uncertain number (or a weekday profile) of a scenario."""

    name: str
    """As the engine draws it, such as `group/exposed-visa/willing`."""
    kind: str
    """The same with classes in the place of ids, such as `group/threatened-easy/willing`."""
    loc: Loc
    """Where it stands in the scenario."""
    value: Distribution | Profile


def numbers(scenario: Scenario) -> tuple[Number, ...]:
    """Return every number of a scenario that is not certain, and its weekday profiles, in the order of the schema."""
    found = []
    for loc, value in _leaves(scenario, ()):
        if isinstance(value, Profile) or not value.certain:
            name, kind = _named(scenario, loc)
            found.append(Number(name, kind, loc, value))
    return tuple(found)


def replaced(scenario: Scenario, changes: Mapping[Loc, Distribution | Profile]) -> Scenario:
    """Return the scenario with other values at some places."""
    return _rebuilt(scenario, changes, ())


def reference(scenario: Scenario) -> Signal | None:
    """Return the signal whose strength is certain and 1 for somebody: the others are relative to it."""
    return next((s for s in scenario.signals if any(_is_one(d) for d in s.strength.values())), None)


# Walking


def _leaves(node: Any, loc: Loc) -> Iterator[tuple[Loc, Distribution | Profile]]:
    if isinstance(node, Distribution | Profile):
        yield loc, node
        return
    for key, part in _parts(node):
        yield from _leaves(part, (*loc, key))


def _parts(node: Any) -> list[tuple[str | int, Any]]:
    """Return what a model, mapping or tuple holds, with its keys."""
    if isinstance(node, Base):
        return [(name, getattr(node, name)) for name in type(node).model_fields]
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, tuple) else []


def _rebuilt(node: T, changes: Mapping[Loc, Any], loc: Loc) -> T:
    """Return a part of a scenario with the changes that lie in it."""
    if loc in changes:
        found: T = changes[loc]
        return found
    parts = _parts(node)
    new = {key: _rebuilt(part, changes, (*loc, key)) for key, part in parts}
    if all(new[key] is part for key, part in parts):
        return node
    if isinstance(node, Base):
        return node.model_copy(update={str(key): part for key, part in new.items()})
    return type(node)(new if isinstance(node, dict) else new.values())  # type: ignore[call-arg]


# Naming


def _named(scenario: Scenario, loc: Loc) -> tuple[str, str]:
    """Return name and kind of the number at a place."""
    match loc:
        case ("parameters", int(i), _):
            name = f"parameter/{scenario.parameters[i].name}"
            return name, name
        case ("groups", int(i), *rest):
            group = scenario.groups[i]
            return _joined("group", group.id, *rest), _joined("group", _group_class(scenario, group), *rest)
        case ("origins", int(i), field):
            origin = scenario.origins[i]
            return _joined("origin", origin.id, field), _joined("origin", origin.kind, field)
        case ("lanes", int(i), field):
            lane = scenario.lanes[i]
            return (_joined("lane", lane.crossing, lane.kind, field),) * 2
        case ("signals", int(i), *rest):
            return _joined("signal", i, *rest), _joined("signal", _signal_class(scenario, scenario.signals[i]), *rest)
        case ("series", int(i), _):
            return (f"series/{scenario.series[i].what}",) * 2
        case ("policies", int(i), *rest):
            return _policy(scenario, i, rest)
        case ("voice", "calls", number, field):
            return _joined("voice", number, field), _joined("voice", "call", field)
        case ("weekdays", name):
            return (f"weekday/{name}",) * 2
        case (str(table), int(i), field) if table in ROWS:
            return (_joined(ROWS[table], getattr(scenario, table)[i].id, field),) * 2
    return (_joined(*(str(part).replace("_", "-") if part == "call_up" else part for part in loc)),) * 2


def _policy(scenario: Scenario, i: int, rest: list[str | int]) -> tuple[str, str]:
    policy = scenario.policies[i]
    match rest:
        case ["effects", int(number), field]:
            return _joined("policy", policy.id, number, field), _joined("policy", policy.effects[number].kind, field)
    return _joined("policy", policy.id, *rest), _joined("policy", rest[-1])


def _joined(*parts: str | int) -> str:
    return "/".join(map(str, parts))


def _is_one(strength: Distribution) -> bool:
    return strength.certain and strength.value == 1.0


def _group_class(scenario: Scenario, group: Group) -> str:
    signal = reference(scenario)
    keys = (group.id, "exposed" if group.exposed else "others", "all")
    strength = next((signal.strength[k] for k in keys if k in signal.strength), None) if signal else None
    threatened = group.exposed if signal is None else strength is not None and _is_one(strength)
    easy = all(group.documents in place.admits for place in scenario.places)
    return f"{'threatened' if threatened else 'other'}-{'easy' if easy else 'hard'}"


def _signal_class(scenario: Scenario, signal: Signal) -> str:
    first = reference(scenario)
    if signal is first:
        return "reference"
    if all(strength.high <= 0 for strength in signal.strength.values()):
        return "calm"
    return "hint" if first is not None and signal.at < first.at else "later"
