"""Egress's own rules for Flee's conflict folders: a gravity law of camps, and people who follow those before them.

Of the people who arrive on day t, a share 1 - η chooses anew and η goes where people already are:

    origin    i with weight intensity_i(t) · population_i^a
    country   c with probability ∝ pull_c · A_ic^τ,   A_ic = Σ_{j in c} km_ij^-β       (nested logit, McFadden 1978)
    camp      j in c with probability ∝ km_ij^-β      (km: shortest open route)
    expected  x(t) = x(t-1) + n(t) · ((1 - η) · share(t) + η · x(t-1) / Σ x(t-1))

n(t) are the arrivals that Flee gets, x(-1) the people in camps before day 0, as in Flee. Nothing here reads a camp's
capacity. Where no camp can be reached, closures are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import key, multinomial, purpose
from egress.engine.flee import spawn
from egress.engine.flee.case import FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.closures import openings
from egress.engine.flee.hosts import Hosts, hosts
from egress.engine.flee.network import METRES, Roads, roads
from egress.engine.flee.status import statuses
from egress.errors import RunError

NEAREST = 1.0  # km: no camp is nearer
REFERENCE = 300.0  # km; a scale that cancels out
CAMP = purpose("gravity camp")
ORIGIN = purpose("gravity origin")


class Law(NamedTuple):
    """The parameters."""

    distance: float  # β, exponent of km
    nest: float  # τ, 0: camps of a country count as one; 1: countries do not matter
    ties: float  # γ, exponent of the share of ties with a host country
    residents: float  # δ, exponent of the residents of a host country
    population: float  # a, exponent of the population of an origin
    following: float  # η, share of those who go where people are


@dataclass(frozen=True)
class Ground:
    """What the law acts on; nothing of it knows the split over camps, but for the stock before day 0."""

    km: Floats  # [T, P, C] shortest open route, infinite where there is none; row 0: nothing is closed
    topology: Ints  # [D] row of km
    intensity: Floats  # [D, P] of conflicts
    population: Floats  # [P]
    member: Floats  # [C, K] 1 where a camp is in a country
    hosts: Hosts
    people: Ints  # [D] who arrive
    stock: Ints  # [C] before day 0
    camps: Ints  # [C] places


def ground(case: FleeCase, rules: FleeRules) -> Ground:
    """Return what the law acts on; link closures and overlapping closures act as they say (flee.md section 15)."""
    if rules.conflict_driven_spawning is not None:
        raise RunError("--rules egress: conflict_driven_spawning is not supported: arrivals come from the counts")
    mended = replace(rules, semantics=replace(rules.semantics, dead_link_closures=False, crossed_reopening=False))
    net, camps = roads(case, mended), statuses(case, mended, case.closures).camps
    opened, _ = openings(case, net, mended, case.closures)
    found, topology = np.unique(opened, axis=0, return_inverse=True)
    everything = np.ones((1, len(net.start)), dtype=bool)
    km = np.array([_shortest(net, row, len(case.places))[:, camps] for row in np.concatenate([everything, found])])
    countries = [case.places.countries[i] for i in camps]
    names = tuple(dict.fromkeys(countries))
    return Ground(
        km=km,
        topology=topology.reshape(-1) + 1,
        intensity=case.conflicts,
        population=case.places.population.astype(np.float64),
        member=np.array([[country == name for name in names] for country in countries], dtype=np.float64),
        hosts=hosts(case.places.countries[0], names, case.start.year),
        people=spawn.due(case, rules).people,
        stock=spawn.stock(case, rules, camps)[camps],
        camps=camps,
    )


def _shortest(net: Roads, is_open: Ints, places: int) -> Floats:
    """Return the km [P, P] of shortest routes (Floyd 1962)."""
    km = np.full((places, places), np.inf)
    np.fill_diagonal(km, 0.0)
    np.minimum.at(km, (net.start[is_open], net.end[is_open]), net.length[is_open] / METRES)
    for via in range(places):
        np.minimum(km, km[:, via, None] + km[None, via, :], out=km)
    return km


def choices(land: Ground, law: Law) -> Floats:
    """Return the probability [T, P, C] that a person from a place chooses a camp; 0 for all where none is reached."""
    km = np.maximum(land.km, NEAREST) / REFERENCE
    near = np.where(np.isfinite(km), km**-law.distance, 0.0)
    access = near @ land.member
    reached = access > 0
    country = land.hosts.pull(law.ties, law.residents) * np.where(reached, access, 1.0) ** law.nest * reached
    weight = near * ((country / np.where(reached, access, 1.0)) @ land.member.T)
    total = weight.sum(axis=-1, keepdims=True)
    return np.asarray(weight / np.where(total > 0, total, 1.0))


def origins(land: Ground, law: Law) -> Floats:
    """Return the weight [D, P] of origins; on days without a conflict, every place with residents."""
    size = np.where(land.population > 0, np.maximum(land.population, 1.0) ** law.population, 0.0)
    active = land.intensity * size
    return np.where(active.sum(axis=1, keepdims=True) > 0, active, size)


def shares(land: Ground, law: Law) -> Floats:
    """Return the share [D, C] of each camp among those who choose anew on a day; each row sums to 1."""
    chosen, weight = choices(land, law), origins(land, law)
    out = np.empty((len(weight), land.km.shape[2]))
    for row in np.unique(land.topology):
        days = land.topology == row
        out[days] = weight[days] @ chosen[row]
    nowhere = out.sum(axis=1) <= 0
    out[nowhere] = weight[nowhere] @ chosen[0]
    total = out.sum(axis=1, keepdims=True)
    return np.where(total > 0, out / np.where(total > 0, total, 1.0), 1.0 / out.shape[1])


def expected(land: Ground, laws: list[Law], stock_known: bool = True) -> Floats:
    """Return the expected people [N, D, C] in camps at the end of each day under each law.

    Without `stock_known` the people before day 0, too, are split by the law.
    """
    share = np.array([shares(land, law) for law in laws])
    following = np.array([[law.following] for law in laws])
    inside = np.repeat(land.stock[None].astype(np.float64), len(laws), axis=0)
    if not stock_known:
        inside = land.stock.sum() * share[:, 0]
    out = np.empty(share.shape)
    total = float(land.stock.sum())
    for day, people in enumerate(land.people.tolist()):
        if people:
            follow = inside / total if total > 0 else share[:, day]
            inside = inside + people * ((1 - following) * share[:, day] + following * follow)
            total += people
        out[:, day] = inside
    return out


@compiled
def arrive(
    seed: int, member: int, people: Ints, share: Floats, weight: Floats, following: float, inside: Ints, begun: Ints
) -> None:
    """Draw a member: people `inside` [D, C] (row 0 holds the stock when called), and `begun` [P] from each place."""
    camps = share.shape[1]
    now, chance = inside[0].copy(), np.empty(camps)
    for day in range(people.shape[0]):
        if people[day] > 0:
            total = now.sum()
            for j in range(camps):
                before = now[j] / total if total > 0 else share[day, j]
                chance[j] = (1.0 - following) * share[day, j] + following * before
            multinomial(people[day], chance, now, key(seed, member, day, 0, CAMP))
            multinomial(people[day], weight[day], begun, key(seed, member, day, 0, ORIGIN))
        inside[day] = now
