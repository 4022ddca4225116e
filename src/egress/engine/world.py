"""Scenario → arrays: what is the same for every member.

Axes are named once here and used everywhere in the engine:
M member, T step, D day, O origin, G group, C class (group × listed), A entry (land doors first, then flights),
X land door, L lane, S service, P product (a service and what follows it), N ticket (a product bought in an origin),
K itinerary, H day of departure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from egress.scenario.network import Network, ground_reach, network
from egress.scenario.schema import Scenario
from egress.scenario.time import ResolvedPolicy, resolve, start, zone

Ints = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
QUEUE_DAYS = 20  # cohorts kept apart in a queue; older ones are merged, nobody is lost
RECENT_DAYS = 10  # model.md step 9: hazards of leaving change after ten days


@dataclass(frozen=True, eq=False)
class World:
    """A scenario turned into index arrays, in hours and persons; nothing in it is drawn."""

    scenario: Scenario
    ways: Network
    policies: tuple[ResolvedPolicy, ...]

    @classmethod
    def of(cls, scenario: Scenario, as_of: datetime | None = None) -> World:
        """Return the world of a scenario; with `as_of`, future outcomes stay unknown."""
        ways = network(scenario, ground_reach(scenario.parameters))
        return cls(scenario, ways, resolve(scenario, as_of is None, as_of))

    # time ---------------------------------------------------------------------------------------------
    @cached_property
    def delta(self) -> float:
        """Hours per step."""
        return float(self.scenario.period.step)

    @cached_property
    def days(self) -> int:
        """Days of the period."""
        return (self.scenario.period.end - self.scenario.period.start).days + 1

    @cached_property
    def per_day(self) -> int:
        """Steps per day."""
        return round(24 / self.delta)

    @cached_property
    def parts(self) -> int:
        """Parts of a step, of an hour or less: what happens within a step is followed by them."""
        return ceil(self.delta)

    @cached_property
    def steps(self) -> int:
        """Steps of the period."""
        return self.days * self.per_day

    @cached_property
    def start(self) -> datetime:
        """Local midnight at which the period starts, with offset."""
        return start(self.scenario.period)

    @cached_property
    def booking_days(self) -> int:
        """How many days ahead seats are looked for."""
        hours = next(p.value.median for p in self.scenario.parameters if p.name == "booking_horizon")
        return int(hours / 24)

    @cached_property
    def knot_shift(self) -> float:
        """Hours from the last 00:00 UTC before the start to the start: knots of the noise lie at 00:00 UTC."""
        first = self.start.astimezone(UTC)
        return first.hour + first.minute / 60

    @cached_property
    def first_knot(self) -> int:
        """Day number of the first knot (proleptic ordinal), so that noise is keyed by date."""
        return self.start.astimezone(UTC).date().toordinal()

    # people -------------------------------------------------------------------------------------------
    @cached_property
    def class_group(self) -> Ints:
        """Group of each class: the groups in order, then the listed twins of the exposed ones."""
        groups = self.scenario.groups
        twins = [g for g, group in enumerate(groups) if group.exposed]
        return np.array([*range(len(groups)), *twins], dtype=np.int64)

    @cached_property
    def listed_twin(self) -> Ints:
        """Class of the same group after listing; itself for listed classes, −1 where listing is impossible."""
        groups = self.scenario.groups
        twin = np.full(len(self.class_group), -1, dtype=np.int64)
        for c in range(len(groups), len(self.class_group)):
            twin[self.class_group[c]] = twin[c] = c
        return twin

    @cached_property
    def class_listed(self) -> Bools:
        """True for listed classes."""
        return np.arange(len(self.class_group)) >= len(self.scenario.groups)

    @cached_property
    def exposed(self) -> Bools:
        """Classes whom the call-up is meant for."""
        return np.array([self.scenario.groups[g].exposed for g in self.class_group])

    @property
    def origins(self) -> int:
        """Number of origins."""
        return len(self.scenario.origins)

    @property
    def groups(self) -> int:
        """Number of groups."""
        return len(self.scenario.groups)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_group)

    # ways ---------------------------------------------------------------------------------------------
    @property
    def entries(self) -> int:
        """Number of series of arrivals."""
        return len(self.ways.entries)

    @property
    def doors(self) -> int:
        """Number of land crossings; they are the first entries."""
        return len(self.ways.land)

    @property
    def services(self) -> int:
        """Number of services with seats."""
        return len(self.scenario.services)

    @property
    def products(self) -> int:
        """Number of products."""
        return len(self.ways.products)

    @cached_property
    def way_origin(self) -> Ints:
        """Origin of each itinerary."""
        return np.array([way.origin for way in self.ways.itineraries], dtype=np.int64)

    @cached_property
    def way_entry(self) -> Ints:
        """Entry of each itinerary."""
        return np.array([way.entry for way in self.ways.itineraries], dtype=np.int64)

    @cached_property
    def way_product(self) -> Ints:
        """Product bought, or −1 by land."""
        return np.array([-1 if w.product is None else w.product for w in self.ways.itineraries], dtype=np.int64)

    @cached_property
    def way_nest(self) -> Ints:
        """Nest of each itinerary; feeders have nests of their own beside those of their doors."""
        names: dict[tuple[str, bool], int] = {}
        out = []
        for way in self.ways.itineraries:
            feeder = way.product is not None
            out.append(names.setdefault((self.ways.entries[way.entry].nest, feeder), len(names)))
        return np.array(out, dtype=np.int64)

    @cached_property
    def way_span(self) -> Ints:
        """Start of each origin's itineraries, and the end of the last (length O + 1)."""
        return np.searchsorted(self.way_origin, np.arange(self.origins + 1)).astype(np.int64)

    @cached_property
    def way_service(self) -> Ints:
        """Service whose seat each itinerary needs, or −1 by land."""
        return np.array([-1 if w.service is None else w.service for w in self.ways.itineraries], dtype=np.int64)

    @cached_property
    def nests(self) -> tuple[Ints, Ints, Ints]:
        """Runs of itineraries of one origin and nest: (span of runs by origin, of which by land, first itineraries)."""
        span, first = [0], []
        for o in range(self.origins):
            for k in range(self.way_span[o], self.way_span[o + 1]):
                if k == self.way_span[o] or self.way_nest[k] != self.way_nest[k - 1]:
                    first.append(k)
            span.append(len(first))
        first.append(len(self.way_nest))
        by_land = [
            sum(bool(self.way_service[k] < 0) for k in first[span[o] : span[o + 1]]) for o in range(self.origins)
        ]
        return tuple(np.array(part, dtype=np.int64) for part in (span, by_land, first))  # type: ignore[return-value]

    @cached_property
    def sold_in(self) -> tuple[Ints, Ints]:
        """Runs of itineraries in which each service is sold: (span by service, runs)."""
        first = self.nests[2]
        runs: list[set[int]] = [set() for _ in range(self.services)]
        for k, s in enumerate(self.way_service):
            if s >= 0:
                runs[s].add(int(np.searchsorted(first, k, side="right")) - 1)
        span = np.cumsum([0, *(len(own) for own in runs)])
        flat = [run for own in runs for run in sorted(own)]
        return span.astype(np.int64), np.array(flat, dtype=np.int64)

    @cached_property
    def admitted(self) -> Bools:
        """[A, G] whether documents open an entry at the start of the period."""
        places = {place.id: place for place in self.scenario.places}
        held = {
            "internal": {"internal"},
            "travel": {"internal", "travel"},
            "visa": {"internal", "travel", "visa"},
        }
        return np.array(
            [
                [bool(held[group.documents] & set(places[e.place].admits)) for group in self.scenario.groups]
                for e in self.ways.entries
            ]
        )

    @cached_property
    def ticket_way(self) -> Ints:
        """Itinerary of each ticket (a product bought in an origin); tickets are in the order of products."""
        order = np.argsort(self.way_product, kind="stable")
        return order[self.way_product[order] >= 0].astype(np.int64)

    @cached_property
    def way_ticket(self) -> Ints:
        """Ticket of each itinerary, or −1 by land."""
        out = np.full(len(self.way_product), -1, dtype=np.int64)
        out[self.ticket_way] = np.arange(len(self.ticket_way))
        return out

    @cached_property
    def ticket_span(self) -> Ints:
        """First ticket of each product, and the end of the last (length P + 1)."""
        return np.searchsorted(self.way_product[self.ticket_way], np.arange(self.products + 1)).astype(np.int64)

    @cached_property
    def ticket_origin(self) -> Ints:
        """Origin of each ticket."""
        return np.asarray(self.way_origin[self.ticket_way])

    @cached_property
    def ticket_product(self) -> Ints:
        """Product of each ticket."""
        return np.asarray(self.way_product[self.ticket_way])

    @cached_property
    def ticket_service(self) -> Ints:
        """Service of each ticket."""
        return np.asarray(self.way_service[self.ticket_way])

    @cached_property
    def product_service(self) -> Ints:
        """Service of each product."""
        return np.array([p.service for p in self.ways.products], dtype=np.int64)

    @cached_property
    def product_entry(self) -> Ints:
        """Entry of each product."""
        return np.array([p.entry for p in self.ways.products], dtype=np.int64)

    @cached_property
    def product_domestic(self) -> Bools:
        """True where a flight leads to a land crossing."""
        return np.array([p.domestic for p in self.ways.products], dtype=bool)

    @cached_property
    def service_entry(self) -> Ints:
        """Entry in which a flight abroad arrives, −1 for feeders."""
        out = np.full(self.services, -1, dtype=np.int64)
        for product in self.ways.products:
            if not product.domestic:
                out[product.service] = product.entry
        return out

    # doors --------------------------------------------------------------------------------------------
    @cached_property
    def lane_door(self) -> Ints:
        """Land door of each lane."""
        number = {door.id: x for x, door in enumerate(self.ways.land)}
        return np.array([number[lane.crossing] for lane in self.scenario.lanes], dtype=np.int64)

    @cached_property
    def lane_at_door(self) -> Floats:
        """[L, X] 1 at the door of each lane."""
        return np.asarray(self.lane_door[:, None] == np.arange(self.doors), dtype=float)

    @cached_property
    def lane_hours(self) -> Floats:
        """[L, 2] opening hours in the door's local time, moved to the hours of the period's local day."""
        out = np.empty((len(self.scenario.lanes), 2))
        for number, lane in enumerate(self.scenario.lanes):
            first, last = (_hour(text) for text in lane.hours.split("-"))
            last += 24.0 * (last < first)  # over midnight
            door = self.ways.land[self.lane_door[number]]
            shift = 0.0 if last - first >= 24 else self.shift(door.utc_offset)
            out[number] = first - shift, last - shift
        return out

    @cached_property
    def lane_kind(self) -> npt.NDArray[np.str_]:
        """Kind of each lane."""
        return np.array([lane.kind for lane in self.scenario.lanes], dtype=str)

    @cached_property
    def lane_opened(self) -> Floats:
        """[L] 1 for lanes open at first, 0 for those that a policy may open."""
        return np.array([lane.open for lane in self.scenario.lanes], dtype=float)

    @cache  # noqa: B019 - a world lives as long as its run
    def open_share(self, hour: float, length: float) -> Floats:
        """[L] share of `length` hours from an hour of the day on that lies within the lanes' opening hours."""
        out = np.ones(len(self.scenario.lanes))
        for number, (first, last) in enumerate(self.lane_hours):
            if last - first < 24:
                shifts = np.array([-24.0, 0.0, 24.0, 48.0])
                inside = np.minimum(last + shifts, hour + length) - np.maximum(first + shifts, hour)
                out[number] = np.clip(inside, 0.0, None).sum() / length
        return out

    @cache  # noqa: B019 - a world lives as long as its run
    def traffic(self, which: str) -> tuple[Floats, Floats]:
        """Return ([X, 7] relative `entries` or `exits` from Monday on, [X] hours that a door's clock is ahead)."""
        names = [getattr(door, f"weekday_{which}") for door in self.ways.land]
        profiles = [self.scenario.weekdays[name].monday_to_sunday if name else (1.0,) * 7 for name in names]
        ahead = np.array([self.shift(door.utc_offset) for door in self.ways.land], dtype=float)
        return np.array(profiles, dtype=float).reshape(-1, 7), ahead

    def shift(self, utc_offset: str) -> float:
        """Return how many hours a clock with this offset is ahead of the period's."""
        if not utc_offset:
            return 0.0
        day = self.scenario.period.start
        own = datetime.combine(day, time(), zone(utc_offset))
        return (self.start - own) / timedelta(hours=1)

    @cached_property
    def entry_names(self) -> list[set[str]]:
        """Names by which a policy may select each entry: crossing, country, place, label."""
        return [{e.label, e.door, e.country, e.place} for e in self.ways.entries]

    @cache  # noqa: B019 - a world lives as long as its run
    def entry_mask(self, names: str | tuple[str, ...]) -> Bools:
        """[A] which entries a policy's selection of crossings means."""
        if names == "all":
            return np.ones(self.entries, dtype=bool)
        return np.array([bool(own & set(names)) for own in self.entry_names])

    @cache  # noqa: B019 - a world lives as long as its run
    def class_mask(self, names: str | tuple[str, ...], listed_only: bool = False) -> Bools:
        """[C] which classes a policy's selection of groups means."""
        if names == "all":
            chosen = np.ones(self.classes, dtype=bool)
        else:
            chosen = np.array(
                [
                    self.scenario.groups[g].id in names
                    or ("exposed" in names and self.scenario.groups[g].exposed)
                    or ("others" in names and not self.scenario.groups[g].exposed)
                    for g in self.class_group
                ]
            )
        return chosen & self.class_listed if listed_only else chosen

    @cache  # noqa: B019 - a world lives as long as its run
    def service_mask(self, names: tuple[str, ...]) -> Bools:
        """[S] which services these are."""
        return np.array([service.id in names for service in self.scenario.services], dtype=bool)

    @cache  # noqa: B019 - a world lives as long as its run
    def origin_mask(self, names: tuple[str, ...]) -> Bools:
        """[O] which origins these are."""
        return np.array([origin.id in names for origin in self.scenario.origins], dtype=bool)


def _hour(text: str) -> float:
    hour, minute = text.split(":")
    return int(hour) + int(minute) / 60
