"""What a planner asks first, as numbers: peaks, longest queues, tickets, people turned back, forks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from egress.report.names import Names
from egress.report.observed import as_of_moment
from egress.report.rounding import people, span
from egress.report.tables import local_ends, summed, weekly
from egress.scenario.schema import Scenario
from egress.trajectory import OUTCOMES

Array = npt.NDArray[Any]
FAR = 7  # days: tickets count as sold out when the first free seat is further away than this
NOTE = 10  # persons: shorter queues are not worth a word
FEW = 10  # members: fewer on one side of a fork say nothing; assumption


@dataclass(frozen=True)
class Range:
    """Of ten members one lies below `low`, one above `high`; half lie below `middle`."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Array) -> Range:
        """Return the range of values (member,), leaving out NaN; NaN where nothing is known."""
        known = values[~np.isnan(values)] if values.dtype.kind == "f" else values
        if not len(known):
            return cls(np.nan, np.nan, np.nan)
        return cls(*(float(x) for x in np.quantile(known, [0.1, 0.5, 0.9])))

    def people(self, exact: bool = False) -> str:
        """Return `1,200 (800–1,900)`, persons."""
        return span(self.low, self.middle, self.high, exact)


@dataclass(frozen=True)
class Peak:
    """The day with most, and how many: the middle and 8 of 10 members."""

    day: pd.Timestamp
    early: pd.Timestamp
    late: pd.Timestamp
    height: Range

    def days(self) -> str:
        """Return `27 Sep (25–30 Sep)`."""
        if self.early == self.late:
            return day(self.day)
        return f"{day(self.day)} ({between(self.early, self.late)})"


@dataclass(frozen=True)
class Destination:
    """A country or a door: people of the surge over the whole run, those still there, the peak of entries."""

    label: str
    surge: Range
    staying: Range
    peak: Peak


@dataclass(frozen=True)
class Queue:
    """The longest queue of a crossing and the longest wait; persons, vehicles (NaN without), hours."""

    crossing: str
    people: Range
    vehicles: Range
    wait: Range
    at: pd.Timestamp
    turned_back: Range
    gave_up: Range


@dataclass(frozen=True)
class Ticket:
    """Seats of a service: bought in the surge, first and last day without a seat in reach, dearest fare."""

    service: str
    seats: Range
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    fare: Range
    dearer: float


@dataclass(frozen=True)
class Fork:
    """A policy that only some members have: the surge with and without it."""

    policy: str
    share: float
    happens: Range
    not_happens: Range


def day(stamp: pd.Timestamp) -> str:
    """Return `27 Sep`."""
    return f"{stamp.day} {stamp.strftime('%b')}"


def between(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Return `21–27 Sep`, `28 Sep–4 Oct` or, of one day, `27 Sep`."""
    if first == last:
        return day(first)
    return f"{first.day}–{day(last)}" if first.month == last.month else f"{day(first)}–{day(last)}"


def known_until(trajectory: xr.Dataset) -> str:
    """Return `26 Sep 2022, 00:00`, the local time at which a forecast stands; empty in hindsight."""
    as_of = str(trajectory.attrs["as_of"])
    if not as_of:
        return ""
    moment = as_of_moment(as_of, trajectory)
    return f"{day(moment)} {moment:%Y, %H:%M}"


def days_of(trajectory: xr.Dataset) -> pd.DatetimeIndex:
    """Return the local days of a run."""
    return pd.DatetimeIndex(trajectory["day"].values)


def whole_surge(trajectory: xr.Dataset) -> Array:
    """Return all people of the surge who arrived, by member (member,)."""
    return np.asarray(trajectory["surge"].sum(["day", "crossing"], dtype=np.int64).values)


@dataclass(frozen=True)
class Facts:
    """What summary and report both tell: destinations, doors, queues and tickets, the largest first."""

    countries: list[Destination]
    doors: list[Destination]
    queues: list[Queue]
    """Without crossings whose queue means nothing (`unshown`)."""
    tickets: list[Ticket]
    unshown: list[str]
    """Crossings whose queue means nothing, in the scenario's order."""
    weeks: pd.DataFrame
    """Arrivals by week, country and door (`tables.weekly`)."""

    @classmethod
    def of(cls, trajectory: xr.Dataset, scenario: Scenario) -> Facts:
        """Work the facts of a run out, once."""
        ends = destinations(trajectory, "country"), destinations(trajectory, "door")
        unshown = [crossing.id for crossing in scenario.crossings if not crossing.queue_shown]
        queues = [queue for queue in longest_queues(trajectory) if queue.crossing not in unshown]
        return cls(*ends, queues, tickets(trajectory), unshown, weekly(trajectory, ("country", "door")))


def destinations(trajectory: xr.Dataset, by: str = "country") -> list[Destination]:
    """Return every country (or `door`) of arrival, the largest surge first, then the most entries."""
    surge = summed(trajectory["surge"], by)
    arrivals = summed(trajectory["arrivals"], by)
    gross, staying = (arrivals.sel(measure=name).values for name in ("gross", "staying"))
    people, days = surge.values.sum(axis=2), days_of(trajectory)
    found = [
        Destination(
            label=str(label),
            surge=Range.of(people[:, at]),
            staying=Range.of(staying[:, at, -1]),
            peak=peak(gross[:, at], days),
        )
        for at, label in enumerate(surge[by].values)
    ]
    return sorted(found, key=lambda d: (-d.surge.middle, -d.peak.height.middle))


def peak(values: Array, days: pd.DatetimeIndex) -> Peak:
    """Return the peak of daily values (member, day)."""
    top = values.argmax(axis=1)
    if values.any():  # a member in which nobody comes has no peak
        top = top[values.any(axis=1)]
    at = np.quantile(top, [0.1, 0.5, 0.9], method="inverted_cdf").astype(int)
    return Peak(days[at[1]], days[at[0]], days[at[2]], Range.of(values.max(axis=1)))


def longest_queues(trajectory: xr.Dataset) -> list[Queue]:
    """Return every crossing with lanes, the longest queue (persons, middle member) first."""
    lanes = np.asarray(trajectory["lane_crossing"].values, dtype=str)
    ends = pd.DatetimeIndex(local_ends(trajectory) - np.timedelta64(1, "s"))  # midnight ends the day before
    told = trajectory[["queue", "wait", "refused", "gave_up", "lane_kind", "persons_per_vehicle"]]
    found = [_queue(told.isel(lane=np.flatnonzero(lanes == name)), name, ends) for name in np.unique(lanes)]
    return sorted(found, key=lambda q: (-q.people.middle, -q.people.high, q.crossing))


def _queue(lanes: xr.Dataset, crossing: str, ends: pd.DatetimeIndex) -> Queue:
    waiting = lanes["queue"].sum("lane", dtype=np.int64).transpose("member", "step").values
    wait = lanes["wait"].transpose("member", "step", "lane").values
    cars = lanes.isel(lane=np.flatnonzero(lanes["lane_kind"].values == "vehicle"))
    longest = np.where(np.isnan(wait), -1.0, wait).max(axis=(1, 2))
    middle = np.median(waiting, axis=0)
    return Queue(
        crossing=str(crossing),
        people=Range.of(waiting.max(axis=1)),
        vehicles=Range.of(vehicles(cars).max(axis=1)) if cars.sizes["lane"] else Range(*[np.nan] * 3),
        wait=Range.of(np.where(longest < 0, np.nan, longest)),
        at=ends[int((middle if middle.any() else waiting.mean(axis=0)).argmax())],
        turned_back=Range.of(lanes["refused"].sum(["step", "lane"], dtype=np.int64).values),
        gave_up=Range.of(lanes["gave_up"].sum(["step", "lane"], dtype=np.int64).values),
    )


def vehicles(lanes: xr.Dataset) -> Array:
    """Return vehicles waiting in vehicle lanes (member, step)."""
    queue = lanes["queue"].transpose("member", "step", "lane").values
    return np.asarray((queue / lanes["persons_per_vehicle"].values).sum(axis=2))


def tickets(trajectory: xr.Dataset) -> list[Ticket]:
    """Return every service, the most seats bought in the surge first."""
    order = ("service", "member", "day")
    sold, free, fare = (trajectory[n].transpose(*order).values for n in ("seats_sold", "next_seat", "fare"))
    days = days_of(trajectory)
    found = [
        _ticket(str(name), sold[at], free[at], fare[at].astype(float), days)
        for at, name in enumerate(trajectory["service"].values)
    ]
    return sorted(found, key=lambda t: -t.seats.middle)


def _ticket(name: str, sold: Array, free: Array, fare: Array, days: pd.DatetimeIndex) -> Ticket:
    """Return the facts of one service from arrays (member, day)."""
    far = _longest(np.flatnonzero(np.median(free, axis=0) > FAR))
    return Ticket(
        service=name,
        seats=Range.of(sold.sum(axis=1, dtype=np.int64)),
        first=days[far[0]] if len(far) else None,
        last=days[far[-1]] if len(far) else None,
        fare=Range.of(fare.max(axis=1)),
        dearer=float(np.median(fare.max(axis=1) / np.maximum(fare[:, 0], 1.0))),
    )


def _longest(days: Array) -> Array:
    """Return the longest of the runs of days that follow each other, the first of equals."""
    runs = np.split(days, np.flatnonzero(np.diff(days) > 1) + 1)
    return max(runs, key=len)


def outcome_totals(trajectory: xr.Dataset) -> dict[str, tuple[Range, Range]]:
    """Return, for each outcome, how many at the end and at most on one day; persons over all regions."""
    daily = trajectory["outcomes"].sum("region", dtype=np.int64).transpose("outcome", "member", "day")
    present = [name for name in OUTCOMES if name in daily["outcome"].values]
    values = {name: daily.sel(outcome=name).values for name in present}
    return {name: (Range.of(v[:, -1]), Range.of(v.max(axis=1))) for name, v in values.items()}


def over_run(trajectory: xr.Dataset, name: str, without: Sequence[str] = ()) -> Range:
    """Return a flow (`refused`, `gave_up`, `protest_detained`) summed over the whole run, persons.

    Of flows of lanes, those of the crossings `without` are left out.
    """
    if without:
        lanes = np.asarray(trajectory["lane_crossing"].values, dtype=str)
        trajectory = trajectory.isel(lane=np.flatnonzero(~np.isin(lanes, list(without))))
    dims = [dim for dim in trajectory[name].dims if dim != "member"]
    return Range.of(trajectory[name].sum(dims, dtype=np.int64).values)


def forks(trajectory: xr.Dataset) -> list[Fork]:
    """Return the policies that happen in some members and not in others, with the surge in both."""
    surge = whole_surge(trajectory)
    starts = trajectory["policy_start"].transpose("member", "policy").values
    found = []
    for at, policy in enumerate(trajectory["policy"].values):
        happens = ~np.isnan(starts[:, at])
        if FEW <= happens.sum() <= len(happens) - FEW:
            ranges = Range.of(surge[happens]), Range.of(surge[~happens])
            found.append(Fork(str(policy), float(happens.mean()), *ranges))
    return found


def headline(trajectory: xr.Dataset, scenario: Scenario, found: Facts, exact: bool = False) -> list[str]:
    """Return the run in a few sentences, the most important first."""
    names, days = Names.of(scenario), days_of(trajectory)
    gross = trajectory["arrivals"].sel(measure="gross").sum("crossing", dtype=np.int64)
    crest = peak(gross.transpose("member", "day").values, days)
    height = crest.height.people(exact)
    surge = _surge_lines(trajectory, found, names, exact) if whole_surge(trajectory).any() else []
    most = outcome_totals(trajectory)["stranded"][1]
    held = f"Ready to leave with no way open: about {most.people(exact)} people when most."
    return [
        *(surge or [_nobody(trajectory, scenario, most)]),
        *(
            [f"Entries peak around {crest.days()}, at about {height} a day with ordinary travel."]
            if gross.any()
            else []
        ),
        *([held] if most.middle >= NOTE else []),
        *_worst_queue(found.queues, names, exact),
    ]


def _surge_lines(trajectory: xr.Dataset, found: Facts, names: Names, exact: bool) -> list[str]:
    surge = Range.of(whole_surge(trajectory))
    staying = Range.of(
        trajectory["arrivals"].sel(measure="staying").isel(day=-1).sum("crossing", dtype=np.int64).values
    )
    most = listed([f"{names.country(d.label)} ({people(d.surge.middle, exact)})" for d in found.countries[:3]])
    return [
        f"About {surge.people(exact)} people arrive abroad in this surge between {_span_of(trajectory)}, "
        f"beyond ordinary travel; about {staying.people(exact)} of them are still there at the end.",
        f"Most go to {most}.",
    ]


def _span_of(trajectory: xr.Dataset) -> str:
    days = days_of(trajectory)
    return f"{day(days[0])} and {day(days[-1])} {days[-1].year}"


def _nobody(trajectory: xr.Dataset, scenario: Scenario, stranded: Range) -> str:
    """Return the sentence for a run without anybody of the surge."""
    until = known_until(trajectory)
    if not until or stranded.middle >= NOTE:
        return f"Nobody beyond ordinary travel arrives abroad between {_span_of(trajectory)}."
    now = pd.Timestamp(f"{as_of_moment(str(trajectory.attrs['as_of']), trajectory)}{trajectory.attrs['utc_offset']}")
    known = any(signal.at < now for signal in scenario.signals)
    why = "the signals known by then move nobody" if known else f"no signal is known by {until}"
    return f"Nobody beyond ordinary travel is expected between {_span_of(trajectory)}: {why}."


def _worst_queue(lines: list[Queue], names: Names, exact: bool) -> list[str]:
    if not lines or lines[0].people.high < NOTE:
        return ["No queue of note forms at any crossing."]
    worst = lines[0]
    where, waiting = names.door(worst.crossing), worst.people.people(exact)
    if worst.people.middle < NOTE:
        high = people(worst.people.high, exact)
        return [f"In most runs no queue of note forms; in one of ten, {high} people or more wait at {where}."]
    return [
        f"The longest queue stands at {where}: about {waiting} people around {day(worst.at)}, {_waits(worst.wait)}."
    ]


def unshown_line(crossings: list[str], names: Names) -> str:
    """Return the sentence on queues that are left out; empty where none is."""
    where = listed([names.door(crossing) for crossing in crossings])
    return f"Left out, for there the queue of the model means nothing: {where}." if crossings else ""


def _waits(wait: Range) -> str:
    text = wait_range(wait)
    return f"with waits {text}" if text.startswith("under") else f"with waits of up to {text}"


def wait_range(wait: Range) -> str:
    """Return `30 h (20–45 h)`, in days above 72 h."""
    if np.isnan(wait.middle):
        return "unknown"
    if wait.middle < 1 and wait.high < 1:
        return "under 1 h"
    if wait.middle > 72:
        return f"{wait.middle / 24:.1f} days ({wait.low / 24:.1f}–{wait.high / 24:.1f})"
    return f"{wait.middle:.0f} h ({wait.low:.0f}–{wait.high:.0f})"


def listed(parts: list[str]) -> str:
    """Return `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "nowhere"
