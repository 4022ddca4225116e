"""How strongly host countries pull, from what was known before the crisis: ties with the home country, and residents.

    pull_c = (share of home's people abroad who live in c + FLOOR)^γ · (residents of c, in tens of millions)^δ

Both tables are of the United Nations (data/ties.csv, data/host_populations.csv); the year used is the last one before
the year in which the crisis begins. Of a country that did not exist yet, those of its former state count as well.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from egress.engine.flee.case import Floats

FLOOR = 0.1  # share of ties that every host has beside its own; source: assumption
UNIT = 1e7  # residents; a scale that cancels out
ALIASES = {
    "CAR": "Central African Republic",
    "DRC": "Democratic Republic of the Congo",
    "RC": "Congo",
    "Moldova": "Republic of Moldova",
    "Syria": "Syrian Arab Republic",
    "Tanzania": "United Republic of Tanzania",
    "Russia": "Russian Federation",
    "Iran": "Iran (Islamic Republic of)",
    "Venezuela": "Venezuela (Bolivarian Republic of)",
    "Ivory Coast": "Côte d'Ivoire",
    "Cote d'Ivoire": "Côte d'Ivoire",
    "Czech Republic": "Czechia",
}
"""Names in conflict folders, and those of the United Nations."""
FORMER = {"South Sudan": ("Sudan", 2011)}
"""Countries that were a part of another one until a year."""


@dataclass(frozen=True)
class Hosts:
    """Host countries [K]: their shares of the people of home who lived abroad before the crisis, and residents."""

    names: tuple[str, ...]
    ties: Floats  # sum 1, or all 0 where nothing is known
    residents: Floats  # NaN where unknown
    unknown: tuple[str, ...]  # names that the tables do not have

    def pull(self, gamma: float, delta: float) -> Floats:
        """Return the pull [K] of the hosts; one whose residents are unknown has the mean of the others' logarithms."""
        size = np.log(self.residents / UNIT)
        known = np.isfinite(size)
        size = np.where(known, size, size[known].mean() if known.any() else 0.0)
        return np.asarray((self.ties + FLOOR) ** gamma * np.exp(delta * size))


def hosts(home: str, names: tuple[str, ...], year: int) -> Hosts:
    """Return what was known of host countries before a year."""
    own = _named(home)
    counted = np.array([_ties(own, _named(name), year) for name in names], dtype=np.float64)
    residents = np.array([_table("host_populations.csv", year).get((_named(name),), np.nan) for name in names])
    known = {key[0] for key in _table("host_populations.csv", year)}
    unknown = tuple(name for name in (home, *names) if _named(name) not in known)
    return Hosts(names, counted / max(counted.sum(), 1.0), residents, unknown)


def _ties(home: str, host: str, year: int) -> float:
    table = _table("ties.csv", year)
    former, until = FORMER.get(home, ("", 0))
    besides = table.get((former, host), 0.0) if _edition("ties.csv", year) < until else 0.0
    return table.get((home, host), 0.0) + besides


def _named(name: str) -> str:
    plain = name.replace("_", " ").strip()
    return ALIASES.get(plain, plain)


def _edition(file: str, year: int) -> int:
    """Return the last year of a table before a year (its first one where there is none)."""
    years = [int(name) for name in _rows(file)[0] if name.isdigit()]
    return max([known for known in years if known < year], default=years[0])


@cache
def _table(file: str, year: int) -> dict[tuple[str, ...], float]:
    header, *rows = _rows(file)
    column = header.index(str(_edition(file, year)))
    keys = sum(not name.isdigit() for name in header)
    return {tuple(row[:keys]): float(row[column]) for row in rows}


@cache
def _rows(file: str) -> list[list[str]]:
    with (files("egress") / "data" / file).open(encoding="utf-8") as text:
        return list(csv.reader(text))
