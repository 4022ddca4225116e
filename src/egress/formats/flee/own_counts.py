"""Counts of camps that a user has beside those of a Flee folder: read, checked, and put among the folder's.

A count of one's own says when it was published, so that no forecast from before that knows it. Where the folder has a
report of the same camp and day, one's own stands.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egress.errors import ObservationError
from egress.formats.flee.counts import reported
from egress.formats.flee.published import WHAT
from egress.formats.flee.scenario import TOTAL, FleeCount, FleeScenario
from egress.observations import Observations, moment, names, table
from egress.scenario.positions import Reading
from egress.spelling import nearest

if TYPE_CHECKING:
    import pandas as pd

FILE = "observations"


def read_own(path: str | Path, scenario: FleeScenario) -> Observations:
    """Return a table of counts of camps of this scenario; raise ObservationError with every fault and its place."""
    counts = Observations.read(path)
    reading = table(path)
    camps = tuple(dict.fromkeys(row.camp for row in scenario.counts))
    for number, row in enumerate(counts.data.to_dict("records")):
        for column, message in _faults(row, camps):
            spot = reading.spot((number, column))
            reading.fault(spot.line, spot.column, message)
    _twice(counts, reading)
    if reading.faults:
        raise ObservationError(reading.faults)
    return counts


def _faults(row: dict[Any, Any], camps: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what does not suit a count of a camp, by column."""
    found = []
    if row["what"] != WHAT:
        found.append(("what", f"{row['what']!r}: forecasts of Flee folders learn from people {WHAT!r} in camps only"))
    if names(row["crossing"]):
        found.append(("crossing", "expected nothing: Flee folders have no crossings"))
    where = names(row["place"])
    if len(where) > 1:
        found.append(("place", f"{len(where)} places: expected one camp, as nobody knows how they divide the people"))
    elif where and where[0] not in camps:
        message = f"{where[0]!r} is not in source_data/data_layout.csv{nearest(where[0], camps)}"
        found.append(("place", message))
    if row["value"] != row["value"]:
        found.append(("low", "a span: expected a value, for a forecast goes on from it"))
    return found


def _twice(counts: Observations, reading: Reading) -> None:
    """Note counts of one camp and day that were published at one time, of which none can be taken for the later."""
    seen: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(counts.data.to_dict("records")):
        key = (row["place"], _day(row), moment(row["published_at"]))
        spot = reading.spot((number, "place"))
        if key in seen:
            message = f"a second count of {row['place']!r} on {key[1]}, published when that of line {seen[key]} was"
            reading.fault(spot.line, spot.column, message)
        seen.setdefault(key, spot.line)


def _day(row: dict[Any, Any]) -> date:
    return date.fromisoformat(str(row["end"])[:10])


def _seconds(text: Any) -> float:
    """Return a moment as a number, by which moments with different offsets are in order; -1 where it is not said."""
    found = moment(text)
    return -1.0 if found is None else found.timestamp()


def known_at(counts: Observations, origin: datetime) -> pd.DataFrame:
    """Return the counts of days before a moment that were published by then; of several of a camp and day, the last.

    `value` is what was shown then (`first_shown` where it was revised later).
    """
    data = counts.known(origin).data
    data = data.assign(
        day=[_day(row) for row in data.to_dict("records")],
        told=[_seconds(text) for text in data["published_at"]],
        value=data["first_shown"].fillna(data["value"]),
        series=data["place"],
    )
    data = data[[day < origin.date() for day in data["day"]]].sort_values("told", kind="stable")
    return data.drop_duplicates(["place", "day"], keep="last").sort_values(["place", "day"]).reset_index(drop=True)


def joined(scenario: FleeScenario, own: pd.DataFrame) -> FleeScenario:
    """Return the scenario with the counts of `known_at` among its own; a camp with any has one file of all."""
    found, _ = reported(scenario.counts, (), scenario.period.start, 1, scenario.rules == "flee")
    start, rows = scenario.period.start, []
    for camp in dict.fromkeys(row.camp for row in scenario.counts):
        given = own[own["place"] == camp]
        kept = [row for row in scenario.counts if row.camp == camp]
        if given.empty or camp not in found:  # a sum of files that Flee cannot make is a fault elsewhere
            rows += kept
            continue
        sums = found[camp].sorted()
        people = dict(zip(sums.days.tolist(), sums.agents.tolist(), strict=True))
        people |= {float((day - start).days): value for day, value in zip(given["day"], given["value"], strict=True)}
        about = {"camp": camp, "file": FILE, "source": FILE}
        for offset, count in sorted(people.items()):
            rows.append(FleeCount(**about, date=start + timedelta(days=offset), people=round(count)))
    return scenario.model_copy(update={"counts": tuple(rows)})


def shown(folder: Observations, own: pd.DataFrame) -> Observations:
    """Return the counts of a folder with those of `known_at`, as a table of counts; the total is no place."""
    import pandas as pd

    own = own[own["place"] != TOTAL]
    taken = set(zip(own["place"], own["day"].astype(str), strict=True))
    days = folder.data["end"].str[:10]
    kept = [pair not in taken for pair in zip(folder.data["place"], days, strict=True)]
    both = pd.concat([folder.data[kept], own[list(folder.data.columns)]], ignore_index=True)
    order = both.assign(ends=[_seconds(text) for text in both["end"]]).sort_values(["series", "ends"], kind="stable")
    return Observations(both.loc[order.index].reset_index(drop=True))
