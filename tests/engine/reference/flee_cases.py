"""Small Flee cases, written down in a few words."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from egress.engine.flee.case import CampData, Closure, Demographic, FleeCase, Links, LocationChange, Places

NAN = float("nan")


def case(
    places: list[tuple[Any, ...]],
    links: list[tuple[Any, ...]],
    days: int,
    *,
    conflicts: dict[str, Any] | None = None,
    reports: dict[str, Any] | None = None,
    total: Any = 0,
    closures: tuple[Closure, ...] = (),
    changes: tuple[LocationChange, ...] = (),
    demographics: tuple[Demographic, ...] = (),
    majors: tuple[tuple[int, ...], ...] = (),
    **columns: Any,
) -> FleeCase:
    """Return a case of places (name, type, country, population or capacity) and links (one, other, km[, speed, walk]).

    conflicts and reports: {place: values by day, or one value}; other columns of Places by name.
    """
    names = [row[0] for row in places]
    camp = np.array(["camp" in row[1] for row in places])
    size = np.array([row[3] for row in places], dtype=np.int64)
    count = len(places)
    given = {
        "conflict_date": np.zeros(count),
        "conflict_intensity": np.ones(count),
        "capacity_per_day": np.zeros(count),
        "initial_idps": np.zeros(count, np.int64),
        "deactivation_probability": np.zeros(count),
    }
    given |= {name: np.array(values) for name, values in columns.items()}
    kinds = tuple(row[1] for row in places)
    where = Places(
        tuple(names), ("",) * count, tuple(row[2] for row in places), np.arange(count, dtype=float), np.zeros(count),
        kinds, population=np.where(camp, 0, size), capacity=np.where(camp, size, 0), **given,
    )  # fmt: skip
    table = np.zeros((days, count))
    for name, values in (conflicts or {}).items():
        table[:, names.index(name)] = values
    rows = {"total": total, **{name: 0 for name, c in zip(names, camp, strict=True) if c}, **(reports or {})}
    people = np.stack([np.broadcast_to(np.asarray(values, float), days) for values in rows.values()])
    data = CampData(
        tuple(rows), np.array([names.index(n) if n in names else -1 for n in rows]), people, people.astype(np.int64)
    )
    return FleeCase(
        "small", where, net([(names.index(a), names.index(b), *rest) for a, b, *rest in links]), table, data,
        date(2020, 1, 1), days, closures, majors, changes, demographics,
    )  # fmt: skip


def net(rows: list[tuple[Any, ...]]) -> Links:
    """Return links of rows (place, place, km[, speed, walk, forced_redirection])."""
    full = [(*row, *(NAN, 0.0, 0)[len(row) - 3 :]) for row in rows]
    columns = list(zip(*full, strict=True)) or [()] * 6
    whole = [np.array(columns[i], dtype=np.int64) for i in (0, 1, 5)]
    km, speed, walk = (np.array(columns[i], dtype=float) for i in (2, 3, 4))
    return Links(whole[0], whole[1], km, whole[2], speed, walk)


def country(days: int = 25, **changes: Any) -> FleeCase:
    """Return a small country: two zones, two towns, a hub, two camps, of which one is small, and a dead end."""
    places = [
        ("zone", "conflict", "home", 1000),
        ("later", "town", "home", 500),
        ("town", "town", "home", 300),
        ("hub", "forward", "home", 0),
        ("camp", "camp", "away", 5000),
        ("small", "camp", "away", 40),
        ("end", "town", "home", 100),
    ]
    links = [
        ("zone", "town", 120),
        ("zone", "later", 260),
        ("later", "town", 90),
        ("town", "hub", 70),
        ("hub", "camp", 310),
        ("town", "small", 200),
        ("zone", "end", 400),
    ]
    first = (np.arange(days) >= 8) & (np.arange(days) < 17)
    given: dict[str, Any] = {
        "conflicts": {"zone": 1.0, "later": first * 0.5},
        "reports": {"camp": 20 + 8 * np.arange(days), "small": 5 + np.arange(days) // 2},
    }
    given |= changes
    return case(places, given.pop("links", links), days, **given)
