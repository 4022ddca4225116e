"""What must hold of the counts of a Flee folder, and of the corrections of registrations."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from egress.formats.flee.checks import CAMPS, Checks, close
from egress.formats.flee.scenario import TOTAL
from egress.spelling import nearest


def camps_and_counts(checks: Checks) -> None:
    """Say which counts are of no camp, and note camps without counts."""
    rows = checks.scenario.counts
    counted = {row.camp: i for i, row in reversed(list(enumerate(rows)))}
    for name, i in counted.items():
        if name == TOTAL:
            continue
        place = checks.names.get(name)
        what = "no place of locations.csv" if place is None else "no camp"
        if place is None or checks.scenario.places[place].type not in CAMPS:
            hint = nearest(name, [row.name for row in checks.scenario.places if row.type in CAMPS])
            hint = hint if "did you mean" in hint else ""
            adds = "its counts still set how many set out" if checks.rules.sum_from_camps else "its counts are not used"
            checks.warn(("layout", name) if i >= 0 else (), f"{name!r} is {what}{hint}: {adds}, in Flee as here")
    for i, place_row in enumerate(checks.scenario.places):
        if place_row.type in CAMPS and place_row.name not in counted:
            message = f"camp {place_row.name!r} has no row in source_data/data_layout.csv"
            checks.fault(("places", i, "name"), f"{message}{close(place_row.name, counted)}")


def counts_within(checks: Checks) -> None:
    """Note that not one count lies within the period: all camps would seem to be met, or empty."""
    rows, period = checks.scenario.counts, checks.scenario.period
    last = period.start + timedelta(days=period.days)
    if rows and not any(period.start <= row.date <= last for row in rows):
        found = f"{min(row.date for row in rows)} to {max(row.date for row in rows)}"
        message = f"no count lies within {period.start} to {last}, all are of {found}: check StartDate and Length"
        checks.fault(("counts", 0, "date"), message)


def order_of_counts(checks: Checks) -> None:
    """Say which files have reports out of the order of dates, or two of a day."""
    for i, (before, row) in enumerate(pairwise(checks.scenario.counts), start=1):
        if (before.camp, before.file) != (row.camp, row.file) or before.date < row.date:
            continue
        if before.date == row.date:
            does = "Flee takes both, one after the other" if checks.mirror else "the last one is taken"
            message = f"a second count of {row.date}: {does}"
        else:
            does = "Flee goes line by line, and so does egress" if checks.mirror else "counts are sorted by day"
            message = f"{row.date} stands after {before.date}: {does}"
        checks.warn(("counts", i, "date"), message)


def shared_files(checks: Checks) -> None:
    """Warn of a file of counts that several camps name."""
    owner: dict[str, str] = {}
    for i, row in enumerate(checks.scenario.counts):
        if row.file and owner.setdefault(row.file, row.camp) != row.camp:
            message = f"{row.file!r} is the file of {owner[row.file]!r} and of {row.camp!r}: both get all its people"
            checks.warn(("layout", row.camp) if row.camp else ("counts", i, "camp"), message)
            owner[row.file] = row.camp


def corrections(checks: Checks) -> None:
    """Note corrections of what has no counts, and say which come too early, too late or twice."""
    camps = {row.camp for row in checks.scenario.counts}
    period, seen = checks.scenario.period, set[tuple[str, object]]()
    for i, row in enumerate(checks.scenario.corrections):
        if row.camp not in camps:
            message = f"{row.camp!r} has no counts to correct{nearest(row.camp, camps)}"
            checks.fault(("corrections", i, "camp"), message)
        elif row.date < period.start:
            checks.warn(
                ("corrections", i, "date"), f"{row.date} lies before the first day: not applied, in Flee as here"
            )
        if (row.camp, row.date) in seen:
            checks.warn(("corrections", i, "date"), f"a second correction of {row.camp!r} on {row.date}: no effect")
        seen.add((row.camp, row.date))
