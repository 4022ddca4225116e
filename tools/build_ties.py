"""Write data/ties.csv and data/host_populations.csv: people by country of birth and of residence, and residents.

`python tools/build_ties.py STOCK.csv POPULATION.csv`, the two tables of guyabel/stepladderChapter (see data/SOURCE.md):
archive/UN_MigrantStockByOriginAndDestination_2019_clean.csv and archive/desa_pop_totals.csv.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

YEARS = ("2010", "2015", "2019")
LEAST = 1000  # people, in some year: smaller ties are left out
DATA = Path(__file__).parents[1] / "src" / "egress" / "data"


def ties(path: Path) -> list[list[str]]:
    """Return rows of home, host and people by year."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["Year"] in YEARS:
                for home, people in row.items():
                    if home not in ("Year", "Dest") and people not in ("", ".."):
                        count = int(float(people.replace(",", "")))
                        found.setdefault((home, row["Dest"]), {})[row["Year"]] = count
    kept = {pair: years for pair, years in sorted(found.items()) if max(years.values()) >= LEAST}
    return [[*pair, *(str(years.get(year, 0)) for year in YEARS)] for pair, years in kept.items()]


def populations(path: Path) -> list[list[str]]:
    """Return rows of country and residents by year."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return sorted([row[0], *(row[header.index(year)] for year in YEARS)] for row in rows if row[0])


def write(name: str, header: list[str], rows: list[list[str]]) -> None:
    """Write one table."""
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    write("ties.csv", ["home", "host", *YEARS], ties(Path(sys.argv[1])))
    write("host_populations.csv", ["country", *YEARS], populations(Path(sys.argv[2])))
