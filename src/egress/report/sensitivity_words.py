"""The inputs and outputs of a scenario's sensitivity in the words of the field, for report.sensitivity."""

from __future__ import annotations

from functools import partial

from egress.assimilate.factors import KINDS, row_of
from egress.assimilate.questions import QUEUE, Question
from egress.assimilate.saltelli import REST
from egress.assimilate.sensitivity import Answer, Sensitivity
from egress.report.explain import ranged
from egress.report.names import Names
from egress.report.sensitivity import Shown, Words
from egress.scenario.schema import Parameter

TITLES = {
    "arrivals": "all arrivals abroad beyond ordinary travel",
    "peak": "the busiest day of entries",
    "queue": "the longest queue at any crossing",
    "stranded": "people ready to leave with no way open, most on one day",
}
UNITS = {"duration": " h", "flow": " an hour", "rate": " an hour", "speed": " km/h", "distance": " km"}


def shown(found: Sensitivity) -> Shown:
    """Return what was found about a scenario, as it is printed and written."""
    about = found.about
    made = (
        f"{about['members']:,} members, {about['samples']} base points, {about['inputs']:,} uncertain numbers, "
        f"steps of {about['step_hours']:g} h"
    )
    return Shown(
        title=found.scenario.title,
        start=found.scenario.period.start,
        answers=found.answers,
        words=partial(described, found),
        asked=partial(title, found),
        known=f"what was known by {about['as_of']}" if about["as_of"] else "hindsight",
        made=made,
        table=found.table(),
        record={"scenario": found.scenario.name, **about},
    )


def described(found: Sensitivity, name: str, answer: Answer) -> Words:
    """Return a factor in the words of the field."""
    numbers = found.numbers(name, answer)
    counted = f"{numbers:,} number{'' if numbers == 1 else 's'}"
    if name == REST:
        return Words("all other inputs together", counted, "")
    if name in KINDS:
        what = KINDS[name].what
        return Words(what, counted if numbers else "", KINDS[name].where, what.partition(":")[0])
    row = row_of(found.scenario, name)
    source = str(getattr(row, "source", "")).replace(";", ", ") or ", ".join(getattr(row, "evidence", ()))
    if isinstance(row, Parameter):
        unit = "" if row.unit in ("1", "share") else f" {row.unit}"
        return Words(f"{row.name}: {row.meaning}" if row.meaning else row.name, f"{ranged(row)[0]}{unit}", source)
    called = getattr(row, "name", "") or getattr(row, "what", "") or name.split("/")[1]
    return Words(f"{called}: {name.rpartition('/')[2].replace('_', ' ')}", _span(found, name), source)


def _span(found: Sensitivity, name: str) -> str:
    """Return the range of an input in canonical units."""
    drawn = found.uncertain.get(name)
    return "" if drawn is None else f"{drawn.low:.3g}–{drawn.high:.3g}{UNITS.get(drawn.dimension, '')}"


def title(found: Sensitivity, question: Question) -> str:
    """Return what was asked, in words."""
    names = Names.of(found.scenario)
    if question.name in TITLES:
        return TITLES[question.name]
    if question.name.startswith(QUEUE):
        return f"the longest queue at {names.door(question.name.removeprefix(QUEUE))}"
    return f"arrivals of the surge: {names.anywhere(question.name)}"
