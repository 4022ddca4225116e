"""What the camps of a Flee folder had reported: as observations, and as it was known on a day.

A Flee folder does not say when a count was published: each is taken as published at the end of the day that it is of.
Reports came later than that, so that forecasts from them are a little better than they could have been.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from egress.formats.flee.checks import CAMPS
from egress.formats.flee.counts import reported
from egress.formats.flee.scenario import TOTAL, FleeClosure, FleeConflict, FleeCount, FleeScenario
from egress.observations import Observations, frame, to_its_end

WHAT = "staying"


def observations(scenario: FleeScenario) -> Observations:
    """Return a row per camp and day reported: people in the camp, as first reported (registrations not corrected)."""
    return Observations(frame(list(_rows(scenario))))


def _rows(scenario: FleeScenario) -> Iterable[dict[str, Any]]:
    start = scenario.period.start
    sums, _ = reported(scenario.counts, (), start, 1, scenario.rules == "flee")
    camps = {place.name for place in scenario.places if place.type in CAMPS}
    nan = float("nan")
    for camp, reports in sums.items():
        if camp == TOTAL or camp not in camps:
            continue
        ordered = reports.sorted()
        for day, people in zip(ordered.days.tolist(), ordered.agents.tolist(), strict=True):
            moment = to_its_end(str(start + timedelta(days=int(day))))
            yield {
                "series": camp, "place": camp, "crossing": "", "what": WHAT, "start": moment, "end": moment,
                "value": people, "low": nan, "high": nan, "kind": "snapshot", "unit": "persons",
                "published_at": moment, "first_shown": nan, "source": "source_data of the Flee folder",
                "evidence": "", "note": "",
            }  # fmt: skip


def known(scenario: FleeScenario, origin: date, days: int) -> FleeScenario:
    """Return what was known of a scenario at the start of a day, with a period that ends `days` days after it.

    Left out are reports and corrections from the origin on, conflicts, changes and closures that begin later, and the
    end of those that go on. A closure with a probability below 1 is the reader's own and stays.
    """
    period = scenario.period.model_copy(update={"days": (origin - scenario.period.start).days + days})
    return scenario.model_copy(
        update={
            "period": period,
            "counts": tuple(_counts(scenario, origin)),
            "corrections": tuple(row for row in scenario.corrections if row.date < origin),
            "changes": tuple(row for row in scenario.changes if row.date < origin),
            "conflicts": tuple(_going_on(row, origin) for row in scenario.conflicts if row.starts < origin),
            "closures": tuple(
                _open(row, origin) for row in scenario.closures if row.closes < origin or row.probability < 1
            ),
        }
    )


def _counts(scenario: FleeScenario, origin: date) -> Iterable[FleeCount]:
    """Yield the reports of days before the origin; nobody where a camp (or the total) has none."""
    for camp in dict.fromkeys(row.camp for row in scenario.counts):
        rows = [row for row in scenario.counts if row.camp == camp]
        kept = [row for row in rows if row.date < origin]
        yield from kept or [rows[0].model_copy(update={"date": scenario.period.start, "people": 0})]


def _going_on(spell: FleeConflict, origin: date) -> FleeConflict:
    later = spell.ends is not None and spell.ends >= origin
    return spell.model_copy(update={"ends": None}) if later else spell


def _open(closure: FleeClosure, origin: date) -> FleeClosure:
    later = closure.probability >= 1 and closure.reopens is not None and closure.reopens >= origin
    return closure.model_copy(update={"reopens": None}) if later else closure
