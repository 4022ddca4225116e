"""Settings that have ranges: each member has its own values, drawn from its number and the seed alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from egress.engine.draws import purpose, uniforms
from egress.engine.flee.case import FleeRules, Floats, Ints, SettingRange

SETTING = purpose("flee setting")


def drawn(ranges: Sequence[SettingRange], seed: int, members: Ints) -> Floats:
    """Return the values [M, S] that members draw; those of one setting do not depend on which others have ranges."""
    if not ranges:
        return none(len(members))
    columns = [one.at(uniforms(seed, members, 0, purpose(one.name), SETTING)) for one in ranges]
    return np.stack(columns, axis=1)


def none(members: int) -> Floats:
    """Return the values [M, 0] of members where no setting has a range."""
    return np.zeros((members, 0))


def told(rules: FleeRules, values: Floats) -> str:
    """Return `awareness_level 2, max_move_speed 317.25` of the values [S] of a member."""
    return ", ".join(f"{one.name} {value:g}" for one, value in zip(rules.ranges, values.tolist(), strict=True))
