"""The keys of simsetting.yml: every one that Flee reads, with its type, its bounds, and what becomes of it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from egress.engine.flee.case import LONGEST_ROAD

Kind = Literal["switch", "whole", "number", "numbers", "text", "block", "any"]
Use = Literal["rule", "output", "idle", "refused"]


@dataclass(frozen=True)
class Key:
    """A key of simsetting.yml: its type, its use here, and the bounds of its value."""

    kind: Kind
    use: Use = "rule"
    field: str = ""  # of FleeRules; else the name of the key
    least: float | None = None
    most: float | None = None
    default: Any = None  # where there is no rule that has it
    reason: str = ""  # why it is refused or does nothing


def _chance() -> Key:
    return Key("number", least=0, most=1)


def _positive(kind: Kind = "number") -> Key:
    return Key(kind, least=1 if kind == "whole" else 1e-9)


def _level() -> Key:
    return Key("whole", use="output")


def _refused(kind: Kind, reason: str) -> Key:
    return Key(kind, use="refused", reason=reason)


FLOOD, HUNGER, PEOPLES = "flood rules", "hunger (IPC) rules", "ethnicity and religion rules"
SWITCH, WEIGHT = Key("switch"), Key("number", least=0)
SPEED = Key("number", least=1e-9, most=LONGEST_ROAD)
POWER = Key("number", least=-20, most=20)  # beyond, powers of km and of people have no room in a number
MOST = 1e7  # people a day and place
TOP = {
    "number_of_steps": Key("any", use="idle", default=-1, reason="sim_period.csv sets the length"),
    "conflict_input_file": Key("any", use="idle", default="", reason="input_csv/conflicts.csv is read"),
    "flood_level_input_file": Key("any", use="idle", default="", reason="it needs flood rules"),
    "default_conflict_intensity": Key("number", least=0),
}
SECTIONS: dict[str, dict[str, Key]] = {
    "log_levels": {
        "agent": Key("whole", use="idle", default=0, reason="egress writes no agents.out"),
        "link": Key("whole", use="idle", default=0, reason="egress writes no links.out"),
        **{name: _level() for name in ("camp", "conflict", "init")},
        "idp_totals": Key("whole", use="idle", default=0, reason="egress writes no column `total IDPs`"),
        "granularity": Key("text", use="output"),
    },
    "spawn_rules": {
        "take_from_population": SWITCH,
        "insert_day0": SWITCH,
        "empty_camps_on_day0": SWITCH,
        "conflict_zone_spawning_only": SWITCH,
        "flood_zone_spawning_only": _refused("switch", FLOOD),
        "camps_are_sinks": SWITCH,
        "camps_are_sicks": Key("switch", field="camps_are_sinks"),
        "read_from_agents_csv_file": _refused("switch", "agents read from a file"),
        "sum_from_camps": SWITCH,
        "starvation_driven_spawning": _refused("switch", HUNGER),
        "conflict_spawn_decay": Key("numbers", least=0),
        "conflict_spawn_decay_interval": _positive("whole"),
        "average_social_connectivity": Key("number", use="idle", default=3, reason="no rule of Flee uses it"),
        "conflict_driven_spawning": Key("block"),
        "flood_driven_spawn_mode": _refused("block", FLOOD),
    },
    "move_rules": {
        "max_move_speed": SPEED,
        "max_walk_speed": SPEED,
        "max_crossing_speed": Key("number", use="idle", default=20, reason="no rule of Flee uses it"),
        "foreign_weight": WEIGHT,
        "camp_weight": WEIGHT,
        "conflict_weight": WEIGHT,
        "conflict_movechance": _chance(),
        "camp_movechance": _chance(),
        "idpcamp_movechance": _chance(),
        "default_movechance": _chance(),
        "awareness_level": Key("whole", least=-1),
        "capacity_buffer": WEIGHT,
        "capacity_scaling": WEIGHT,
        "avoid_short_stints": SWITCH,
        "start_on_foot": SWITCH,
        "use_v1_rules": SWITCH,
        "softening": WEIGHT,
        "weight_softening": WEIGHT,
        "weight_power": POWER,
        "distance_power": POWER,
        "stay_close_to_home": SWITCH,
        "home_distance_power": POWER,
        "use_pop_for_loc_weight": SWITCH,
        "pop_power_for_loc_weight": POWER,
        "movechance_pop_base": _positive(),
        "movechance_pop_scale_factor": Key("number"),
        "pruning_threshold": WEIGHT,
        "WomenAvoidHazards": Key("switch", field="women_avoid_hazards"),
        "ChildrenAvoidHazards": Key("switch", field="children_avoid_hazards"),
        "ElderlyAvoidHazards": Key("switch", field="elderly_avoid_hazards"),
        "BoysTakeRisk": Key("switch", field="boys_take_risk"),
        **{f"Match{what}": _refused("switch", PEOPLES) for what in ("CampReligion", "CampEthnicity", "TownEthnicity")},
        "MatchConflictEthnicity": _refused("switch", PEOPLES),
        "avg_religion_fraction": Key("number", use="idle", default=0.25, reason="it needs religion rules"),
        "fixed_routes": SWITCH,
        "two_system_decision_making": _refused("switch", "two-system decisions (never active in Flee)"),
        "use_economic_pull": _refused("switch", "economic pull"),
        "harvest_months": _refused("any", "farming"),
        "flee_when_starving": _refused("switch", HUNGER),
        "avoid_food_deprived_locations": _refused("switch", HUNGER),
        "flood_rules": _refused("block", FLOOD),
    },
    "optimisations": {"hasten": _positive("whole")},
}
SPAWNING = {
    "spawn_mode": Key("text", field="mode"),
    "displaced_per_conflict_day": Key("number", least=0, most=MOST),
}
MODES = ("constant", "pop_ratio", "poisson")
V1 = {
    "max_move_speed": 200.0,
    "start_on_foot": False,
    "avoid_short_stints": False,
    "camp_weight": 2.0,
    "conflict_weight": 0.25,
}
"""What `use_v1_rules` sets, whatever else the file says."""
