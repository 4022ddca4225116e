"""Ranges of settings where a Flee folder names none: what Flee's users vary, and from where to where.

The ends are those of FabFlee's own sensitivity analysis, `vary_parameters_range` in SA/flee_SA_config.yml (commit
9f95e77); its max_crossing_speed, which no rule of Flee uses, is left out. Of awareness_level, which FabFlee has from 0
to 2 (templates/params.json), 0 is left out: at 0 nobody ever moves. They are wide on purpose, and the same for every
folder: whoever knows more should write ranges of their own.
"""

from __future__ import annotations

from egress.engine.flee.case import SettingRange

SOURCE = "FabFlee"
USUAL = (
    SettingRange("awareness_level", 1, 2, whole=True),  # links
    SettingRange("camp_movechance", 0.0, 0.1),  # per day, as the others
    SettingRange("camp_weight", 1.0, 10.0),
    SettingRange("conflict_movechance", 0.1, 1.0),
    SettingRange("conflict_weight", 0.1, 1.0),
    SettingRange("default_movechance", 0.1, 1.0),
    SettingRange("foreign_weight", 1.0, 10.0),
    SettingRange("idpcamp_movechance", 0.1, 1.0),
    SettingRange("max_move_speed", 100.0, 500.0),  # km per day
    SettingRange("max_walk_speed", 10.0, 100.0),  # km per day
)
