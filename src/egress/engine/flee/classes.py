"""Classes of people: what the rules in force tell apart, by age and sex (flee.md sections 5 and 14)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from egress.engine.flee.case import Demographic, FleeCase, FleeRules, Floats
from egress.errors import Fault, ScenarioError

CHILD, RISKY, ELDERLY, FEMALE = 1, 2, 4, 8  # bits of Class.traits
ADULT_FROM, RISK_FROM, ELDERLY_FROM = 19, 15, 60  # years of age (flee.md section 5: < 19, > 14, > 59)


@dataclass(frozen=True)
class Class:
    """People whom the rules treat alike."""

    traits: int


def classes(case: FleeCase, rules: FleeRules) -> tuple[tuple[Class, ...], Floats]:
    """Return (the classes, [P, K] shares of those who set out from a place).

    Raises ScenarioError where a rule asks for an attribute that the folder does not give.
    """
    by_sex = rules.women_avoid_hazards or (rules.children_avoid_hazards and rules.boys_take_risk)
    by_age = rules.children_avoid_hazards or rules.elderly_avoid_hazards
    places = len(case.places)
    shares: dict[int, Floats] = {}
    for age, age_share in _values(case, "age", places) if by_age else [("30", np.ones(places))]:
        for sex, sex_share in _values(case, "gender", places) if by_sex else [("", np.ones(places))]:
            traits = _traits(float(age), sex) & _told_apart(rules)
            shares[traits] = shares.get(traits, np.zeros(places)) + age_share * sex_share
    kinds = sorted(shares)
    return tuple(Class(traits) for traits in kinds), np.stack([shares[t] for t in kinds], axis=1)


def _told_apart(rules: FleeRules) -> int:
    mask = CHILD if rules.children_avoid_hazards else 0
    mask |= RISKY if rules.children_avoid_hazards and rules.boys_take_risk else 0
    mask |= ELDERLY if rules.elderly_avoid_hazards else 0
    return mask | (FEMALE if rules.women_avoid_hazards else 0)


def _traits(age: float, sex: str) -> int:
    traits = CHILD if age < ADULT_FROM else 0
    traits |= RISKY if sex == "male" and age >= RISK_FROM else 0
    traits |= ELDERLY if age >= ELDERLY_FROM else 0
    return traits | (FEMALE if sex == "female" else 0)


def _values(case: FleeCase, attribute: str, places: int) -> list[tuple[str, Floats]]:
    """Return the values of an attribute with their shares by place."""
    found: Demographic | None = next((d for d in case.demographics if d.attribute == attribute), None)
    if found is None:
        raise ScenarioError(
            [Fault(f"demographics_{attribute}.csv", 0, 0, f"missing, and a rule of the settings needs {attribute}")]
        )
    shares = found.weights / found.weights.sum(axis=1, keepdims=True)
    return [(value, shares[:, v]) for v, value in enumerate(found.values)]
