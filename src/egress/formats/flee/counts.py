"""Counts of camps from day to day: lines between reports, sums of files, corrections of registrations.

Under `flee` every oddity of Flee's is kept, to the order of its arithmetic; under `flee-corrected` reports are sorted
by date, and files are added along their lines instead of in steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import numpy as np
import numpy.typing as npt

from egress.engine.flee.case import Floats, Ints
from egress.formats.flee.scenario import FleeCorrection, FleeCount

Problem = tuple[str, int, str]
"""Table, index of its row, and what is wrong with it."""


@dataclass(frozen=True)
class Reports:
    """Reports of one camp in the order of its file: days from the start, and agents as real numbers."""

    days: Floats
    agents: Floats

    def at(self, days: Ints) -> Floats:
        """Return the agents on some days: on the line from the last report to the next, level before and after.

        The next report is the first in the file, but not its first line, that is dated after the day; the one before
        it in the file is taken as the last.

        >>> Reports(np.array([0.0, 10.0]), np.array([5.0, 15.0])).at(np.array([-3, 4, 10, 99]))
        array([ 5.,  9., 15., 15.])
        """
        if len(self.days) == 1:
            return np.full(len(days), self.agents[0])
        later = self.days[None, 1:] > days[:, None]
        following = later.argmax(axis=1) + 1
        before = following - 1
        gap = self.days[following] - self.days[before]
        share = np.divide(days - self.days[before], gap, out=np.zeros(len(days)), where=gap > 0)
        between = self.agents[before] + share * (self.agents[following] - self.agents[before])
        known = np.where(later.any(axis=1), between, self.agents[-1])
        found: Floats = np.where(days <= self.days[0], self.agents[0], known)
        return found

    def sorted(self) -> Reports:
        """Return the reports by date; of several on one day, the last in the file."""
        last = dict(zip(self.days.tolist(), self.agents.tolist(), strict=True))
        days = sorted(last)
        return Reports(np.array(days), np.array([last[day] for day in days]))

    @property
    def ordered(self) -> bool:
        """Say whether each report is dated after the one before it."""
        return bool((np.diff(self.days) > 0).all())


def stepwise_sum(first: Reports, second: Reports) -> Reports | None:
    """Return the sum of two files as Flee makes it; None where Flee would stop.

    A day of the second file takes the first file's next report, a day of the first file the second's last one; what
    the first file has from the last day of the second on, and the second after the last day of the first, is left out.
    """
    own = first.days[first.days < second.days[-1]]
    added = second.days[second.days <= first.days[-1]]
    days = np.union1d(own, added)
    if len(days) == 0 or days[0] < second.days[0]:
        return None
    upcoming = first.agents[np.searchsorted(first.days, days, side="left")]
    latest = second.agents[np.searchsorted(second.days, days, side="right") - 1]
    return Reports(days, upcoming + latest)


def linear_sum(first: Reports, second: Reports) -> Reports:
    """Return the sum of two files along their lines."""
    days = np.union1d(first.days, second.days)
    return Reports(days, first.at(days) + second.at(days))


def correct(reports: Reports, day: int) -> Reports | str:
    """Return reports whose earlier ones are scaled so that the line meets the report of `day`, or why they cannot be.

    >>> correct(Reports(np.array([0.0, 5.0, 9.0]), np.array([10.0, 40.0, 20.0])), 9).agents
    array([ 5., 20., 20.])
    """
    agents = reports.agents.copy()
    found = [index for index in np.flatnonzero(reports.days == day).tolist() if index > 0]
    if not found:
        only = "the first" if day in reports.days else "no"
        return f"{only} report is of this day: expected a day that has one, and another before it"
    for index in found:
        if agents[index - 1] < 1:
            return (
                f"the report before this day is of {agents[index - 1]:g} agents (people / hasten): expected at least 1"
            )
        agents[:index] *= agents[index] / agents[index - 1]
    return Reports(reports.days, agents)


def tables(counts: Iterable[FleeCount], start: date, hasten: int) -> dict[str, list[tuple[int, Reports]]]:
    """Return the reports by camp and file, each with the index of its first row among the counts."""
    found: dict[str, list[tuple[int, Reports]]] = {}
    indexed = enumerate(counts)
    for (camp, _), rows in groupby(indexed, key=lambda pair: (pair[1].camp, pair[1].file)):
        part = list(rows)
        days = np.array([(row.date - start).days for _, row in part], dtype=np.float64)
        agents = np.array([row.people / hasten for _, row in part], dtype=np.float64)
        found.setdefault(camp, []).append((part[0][0], Reports(days, agents)))
    return found


def levels(
    counts: Iterable[FleeCount],
    corrections: Iterable[FleeCorrection],
    start: date,
    days: int,
    hasten: int,
    mirror: bool,
) -> tuple[tuple[str, ...], Floats, list[Problem]]:
    """Return the camps in the order of the counts, their agents by day [R, D] as real numbers, and what is wrong."""
    merged, problems = reported(counts, corrections, start, hasten, mirror)
    every_day = np.arange(days)
    rows = [reports.at(every_day) for reports in merged.values()]
    return tuple(merged), np.array(rows).reshape(len(rows), days), problems


def reported(
    counts: Iterable[FleeCount], corrections: Iterable[FleeCorrection], start: date, hasten: int, mirror: bool
) -> tuple[dict[str, Reports], list[Problem]]:
    """Return the reports of each camp, files added and registrations corrected, and what is wrong."""
    problems: list[Problem] = []
    merged: dict[str, Reports] = {}
    for camp, parts in tables(counts, start, hasten).items():
        reports = _merged(parts, mirror, problems)
        if reports is not None:
            merged[camp] = reports
    _correct_all(merged, corrections, start, hasten, problems)
    return merged, problems


def _merged(parts: list[tuple[int, Reports]], mirror: bool, problems: list[Problem]) -> Reports | None:
    """Return the sum of the files of one camp, or None with a problem."""
    if not mirror:
        total = parts[0][1].sorted()
        for _, part in parts[1:]:
            total = linear_sum(total, part.sorted())
        return total
    summed: Reports | None = parts[0][1]
    for index, part in parts[1:]:
        if summed is None:
            return None
        if not (summed.ordered and part.ordered):
            problems.append(("counts", index, "one of the files that are added is not in the order of dates"))
            return None
        summed = stepwise_sum(summed, part)
        if summed is None:
            message = "begins after the file that it is added to: Flee would stop; expected the same first day"
            problems.append(("counts", index, message))
    return summed


def _correct_all(
    merged: dict[str, Reports],
    corrections: Iterable[FleeCorrection],
    start: date,
    hasten: int,
    problems: list[Problem],
) -> None:
    """Correct the registrations, one after the other; those of days before the start are passed over, as in Flee."""
    for index, correction in enumerate(corrections):
        day = (correction.date - start).days
        if day < 0 or correction.camp not in merged:
            continue
        corrected = correct(merged[correction.camp], day)
        if isinstance(corrected, str):
            hint = " (a smaller hasten would do)" if hasten > 1 and "agents" in corrected else ""
            hint = hint or _nearest(merged[correction.camp], day, start)
            problems.append(("corrections", index, f"{correction.camp!r}, {correction.date}: {corrected}{hint}"))
        else:
            merged[correction.camp] = corrected


def _nearest(reports: Reports, day: int, start: date) -> str:
    """Return a hint: the day of the report nearest to a day that has none."""
    later = reports.days[1:]
    if day in reports.days or not len(later):
        return ""
    return f" (the nearest: {start + timedelta(days=int(later[np.abs(later - day).argmin()]))})"


def truncated(agents: Floats) -> npt.NDArray[np.int64]:
    """Return whole agents, as Flee cuts them."""
    return np.trunc(agents).astype(np.int64)
