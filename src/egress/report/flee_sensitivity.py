"""The inputs and outputs of a Flee folder's sensitivity in words, for report.sensitivity."""

from __future__ import annotations

from functools import partial

from egress.assimilate.factors import CHANCE, KINDS
from egress.assimilate.questions import Question
from egress.assimilate.saltelli import REST
from egress.assimilate.sensitivity import Answer
from egress.flee.sensitivity import ALL_CAMPS, ARD, CLOSURES, MOVING, FleeSensitivity
from egress.flee.usual import SOURCE
from egress.report.sensitivity import Shown, Words

TITLES = {
    ARD: "ARD of all days (0 is perfect)",
    ALL_CAMPS: "people in all camps on the last day",
    MOVING: "people on the way on the last day",
}
UNITS = {
    "awareness_level": " links",
    "max_move_speed": " km/d",
    "max_walk_speed": " km/d",
    "softening": " km",
    "conflict_spawn_decay_interval": " d",
    **{f"{kind}_movechance": " /d" for kind in ("camp", "conflict", "default", "idpcamp")},
}


def shown(found: FleeSensitivity) -> Shown:
    """Return what was found about a Flee folder, as it is printed and written."""
    about, case = found.about, found.instance.case
    count = len(found.ranges)
    ranges = "1 setting with a range" if count == 1 else f"{count} settings with {'usual ' * found.usual}ranges"
    return Shown(
        title=case.name,
        start=case.start,
        answers=found.answers,
        words=partial(described, found),
        asked=asked,
        known="hindsight",
        made=f"{about['members']:,} members, {about['samples']} base points, {ranges}",
        table=found.table(),
        record={"scenario": case.name, **about},
    )


def described(found: FleeSensitivity, name: str, answer: Answer) -> Words:
    """Return a factor in the words of the field: of settings their key, their range, and where that comes from."""
    if name == REST:
        return Words("all other inputs together", f"{found.numbers(name, answer)} settings", "")
    if name == CHANCE:
        return Words(KINDS[CHANCE].what, "", KINDS[CHANCE].where)
    if name == CLOSURES:
        return Words("which of the closures that are not certain happen", "", "closures")
    one = next(one for one in found.ranges if one.name == name)
    return Words(name, f"{one.low:g}–{one.high:g}{UNITS.get(name, '')}", SOURCE if found.usual else "settings")


def asked(question: Question) -> str:
    """Return what was asked, in words."""
    return TITLES.get(question.name, f"people in {question.name} on the last day")
