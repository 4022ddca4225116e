"""Plans of members, and rooms to run them in, lent to threads.

Members with the same closures and settings share a plan. A plan is made when it is first wanted and dropped after the
last member that wants it, so that an ensemble in which every member has settings of its own holds only a few at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from egress.engine.flee.loop import ROOM, Room
from egress.engine.flee.plan import Layout


class Plans:
    """Plans by member: members with the same key share one, which `make` lays out for the first of them."""

    def __init__(self, keys: Sequence[bytes], make: Callable[[int], Layout]) -> None:
        self.keys, self.make = keys, make
        self.left = Counter(keys)  # members still to run, by key
        self.layouts: dict[bytes, Layout] = {}
        self.rooms: dict[bytes, list[Room]] = {}  # free ones: tables keep the size that they grew to
        self.busy: list[Room] = []
        self.states = ROOM  # that some member needed: the first runs alone, so that no other has to grow as much
        self.making, self.lock = threading.Lock(), threading.Lock()

    def layout(self, m: int) -> Layout:
        """Return the plan of a member that is still to run. Raises RunError where it cannot be laid out."""
        with self.making:
            if self.keys[m] not in self.layouts:
                self.layouts[self.keys[m]] = self.make(m)
            return self.layouts[self.keys[m]]

    @contextmanager
    def borrow(self, m: int) -> Iterator[Room]:
        """Lend a room with the plan of a member, once per member."""
        key, layout = self.keys[m], self.layout(m)
        with self.lock:
            shelf = self.rooms.setdefault(key, [])
            room = shelf.pop() if shelf else Room(layout.plan, self.states)
            self.busy.append(room)
        yield room
        with self.lock:
            self.busy.remove(room)
            room.today[0] = 0
            self.states = max(self.states, room.states)
            self.left[key] -= 1
            if self.left[key]:
                self.rooms[key].append(room)
            else:
                del self.rooms[key], self.layouts[key]

    def days_done(self) -> int:
        """Return how many days the members under way have behind them, all together."""
        with self.lock:
            return sum(int(room.today[0]) for room in self.busy)
