"""Everything about a run that does not depend on the people, laid out by day before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from egress.engine.flee import spawn
from egress.engine.flee.capacity import capacities
from egress.engine.flee.case import LONGEST_ROAD, MOST_PEOPLE, Closure, FleeCase, FleeRules, Floats, Ints
from egress.engine.flee.classes import classes
from egress.engine.flee.closures import openings
from egress.engine.flee.decide import Web
from egress.engine.flee.network import METRES, Atlas, Roads, roads
from egress.engine.flee.score import base, by_class, nearness, numbered
from egress.engine.flee.status import statuses
from egress.engine.flee.table import CLASS_BITS, METRE_BITS, WORD, Fields
from egress.engine.flee.travel import DAY, Pace
from egress.errors import RunError

RECENT = 4.0  # r above this shares a cell: r <= 2 without links of their own speed
NEVER = -1


class Days(NamedTuple):
    """What holds on each day."""

    due: Ints  # [D] agents who set out
    weight: Floats  # [D, P] of origins
    topology: Ints  # [D]
    shut: Ints  # [D] row of `turned`, or NEVER
    turned: Ints  # [., L] links that shut with people on them
    score_row: Ints  # [D] row of `score` and `bare`
    score: Floats  # [., K, P]
    bare: Floats  # [., P]
    camp: Ints  # [D, P]
    town: Ints  # [D, P]
    movechance: Floats  # [D, P] per day
    capacity: Floats  # [D, P] agents


class Start(NamedTuple):
    """Where people begin."""

    stock: Ints  # [P] agents before day 0
    population: Ints  # [P] residents
    shares: Floats  # [P, K] of the classes
    deactivation: Floats  # [P] per day; zeros unless camps are sinks


class Law(NamedTuple):
    """Scalars of the rules."""

    spawn_mode: int
    spawn_rate: float
    take: bool  # take_from_population
    scaling: float  # of capacity
    buffer: float
    softening: float  # of weights
    power: float  # of weights
    threshold: float  # of pruning
    shifts: bool  # pruning shifts routes (defect 13)
    fixed: bool
    move_scale: float
    move_base: float
    pop_power: float  # 0 without use_pop_for_loc_weight
    afoot: int  # 1: start on foot


class Plan(NamedTuple):
    """A run, laid out."""

    days: Days
    start: Start
    law: Law
    web: Web
    pace: Pace


@dataclass(frozen=True)
class Layout:
    """A plan, and what only reports need."""

    plan: Plan
    camps: Ints  # [C] places
    due: spawn.Due


def plan(case: FleeCase, rules: FleeRules, closures: tuple[Closure, ...] | None = None) -> Layout:
    """Lay a run out, with the closures that happen (all without them). Raises RunError where a state has no room."""
    happen = case.closures if closures is None else closures
    status = statuses(case, rules, happen)
    net = roads(case, rules)
    opened, shut = openings(case, net, rules, happen)
    atlas = Atlas(case, rules, net)
    topology = np.array([atlas.topology(o, m) for o, m in zip(opened, status.marker, strict=True)], dtype=np.int64)
    kinds, shares = classes(case, rules)
    bare, row = numbered(base(case, rules, status))
    due = spawn.due(case, rules)
    weights = spawn.weights(rules, status)
    stock = spawn.stock(case, rules, status.camps)
    if spawn.expected(case, rules, due, weights) + stock.sum() > MOST_PEOPLE:
        raise RunError(
            f"more than {MOST_PEOPLE:,} agents would set out in all: take a greater hasten, or check the counts"
        )
    turned = np.zeros((max(len(shut), 1), len(net.start)), dtype=np.int64)
    shut_row = np.full(case.length, NEVER, dtype=np.int64)
    for n, (day, links) in enumerate(shut.items()):
        turned[n], shut_row[day] = links, n
    days = Days(
        due.people,
        weights,
        topology,
        shut_row,
        turned,
        row,
        by_class(bare, kinds, rules),
        bare,
        status.camp,
        status.town,
        status.movechance,
        capacities(case, rules),
    )
    sinks = rules.camps_are_sinks and not rules.semantics.dead_sinks
    start = Start(
        stock,
        case.places.population.astype(np.int64),
        np.ascontiguousarray(shares, dtype=np.float64),
        case.places.deactivation_probability * float(sinks),
    )
    web = _web(case, rules, net, atlas, opened, topology)
    whole = Plan(days, start, _law(rules), web, _pace(case, rules, net, web))
    _check(whole)
    return Layout(whole, status.camps, due)


def _law(rules: FleeRules) -> Law:
    driven = rules.conflict_driven_spawning
    return Law(
        spawn.BY_DATA if driven is None else spawn.MODES[driven.mode],
        0.0 if driven is None else float(driven.displaced_per_conflict_day),
        bool(rules.take_from_population),
        float(rules.capacity_scaling),
        float(rules.capacity_buffer),
        float(rules.weight_softening),
        float(rules.weight_power),
        float(rules.pruning_threshold),
        bool(rules.semantics.pruning_shifts_routes),
        bool(rules.fixed_routes),
        float(rules.movechance_pop_scale_factor),
        float(rules.movechance_pop_base),
        float(rules.pop_power_for_loc_weight) if rules.use_pop_for_loc_weight else 0.0,
        int(rules.start_on_foot),
    )


def _web(case: FleeCase, rules: FleeRules, net: Roads, atlas: Atlas, opened: Ints, topology: Ints) -> Web:
    paths = atlas.paths()
    order = np.argsort(net.start, kind="stable")
    exits = np.searchsorted(net.start[order], np.arange(len(case.places) + 1))
    is_open = np.zeros((len(atlas.topologies), len(net.start)), dtype=np.int64)
    is_open[topology] = opened
    lean = nearness(case, rules)[paths.origin, paths.destination]
    return Web(net, paths, atlas.routes(), lean, exits.astype(np.int64), order.astype(np.int64), is_open)


def _pace(case: FleeCase, rules: FleeRules, net: Roads, web: Web) -> Pace:
    cells = round(rules.recent_travel_cells * RECENT) if rules.avoid_short_stints else 1
    whole = rules.semantics.full_speed_each_hop
    return Pace(
        Fields((cells - 1).bit_length(), max((len(web.routes.next) - 1).bit_length(), 1)),
        len(case.places),
        round(rules.max_move_speed * METRES) if whole else DAY,
        round(rules.max_walk_speed * METRES),
        whole,
        float(rules.recent_travel_cells) if rules.avoid_short_stints else 0.0,
        cells,
    )


def _check(plan: Plan) -> None:
    """Raise RunError where a state does not fit into its word."""
    fields, net = plan.pace.fields, plan.web.roads
    where = (plan.pace.places + len(net.start)).bit_length()
    bits = where + fields.routes + METRE_BITS + CLASS_BITS + 2 + fields.cells
    if bits > WORD:
        raise RunError(f"{len(plan.web.routes.next)} routes at this awareness_level are more than a state can hold")
    longest = max([0, *net.length.tolist(), *net.speed.tolist(), plan.pace.walk])
    if longest > LONGEST_ROAD * METRES:
        raise RunError(f"a link or a speed of {longest // METRES} km: at most {LONGEST_ROAD} km")
    if plan.start.shares.shape[1] > 1 << CLASS_BITS:
        raise RunError(f"{plan.start.shares.shape[1]} classes of people: at most {1 << CLASS_BITS}")
