"""Build the tables of the scenario ukraine-2022 from ../shared/data/exodus; deterministic, run by hand.

    python tools/build_ukraine_2022.py [--data ../shared/data/exodus]

Writes origins, observations and evidence of `src/egress/scenarios/ukraine-2022`. Written by hand, and only
read here: `scenario.yaml`, places.csv, crossings.csv, lanes.csv and parameters.csv.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "src/egress/scenarios/ukraine-2022"
LAST = "2022-04-10"
Row = dict[str, str]
Cells = dict[str, object]

# id, name, population on 1 January 2022 (State Statistics Service of Ukraine, as recalled; they add up to the
# total recalled, 41,167,335, without Crimea), capital or largest town in reach, class
ORIGINS: list[tuple[str, str, int, float, float, str]] = [
    ("kyiv", "Kyiv", 2_952_301, 50.450, 30.523, "front"),
    ("kyiv-oblast", "Kyiv oblast", 1_795_079, 50.350, 30.500, "front"),
    ("chernihiv", "Chernihiv oblast", 959_315, 51.505, 31.285, "front"),
    ("sumy", "Sumy oblast", 1_035_772, 50.922, 34.803, "front"),
    ("kharkiv", "Kharkiv oblast", 2_598_961, 49.981, 36.253, "front"),
    ("luhansk", "Luhansk oblast", 2_102_921, 48.949, 38.493, "front"),
    ("donetsk", "Donetsk oblast", 4_059_372, 48.740, 37.584, "front"),
    ("zaporizhzhia", "Zaporizhzhia oblast", 1_638_462, 47.822, 35.190, "front"),
    ("kherson", "Kherson oblast", 1_001_598, 46.656, 32.618, "front"),
    ("mykolaiv", "Mykolaiv oblast", 1_091_821, 46.966, 31.997, "front"),
    ("odesa", "Odesa oblast", 2_351_392, 46.478, 30.733, "near"),
    ("zhytomyr", "Zhytomyr oblast", 1_179_032, 50.265, 28.677, "near"),
    ("dnipropetrovsk", "Dnipropetrovsk oblast", 3_096_485, 48.467, 35.040, "near"),
    ("poltava", "Poltava oblast", 1_352_283, 49.589, 34.551, "near"),
    ("cherkasy", "Cherkasy oblast", 1_160_744, 49.444, 32.060, "near"),
    ("kirovohrad", "Kirovohrad oblast", 903_712, 48.508, 32.262, "near"),
    ("vinnytsia", "Vinnytsia oblast", 1_509_515, 49.233, 28.468, "near"),
    ("khmelnytskyi", "Khmelnytskyi oblast", 1_228_829, 49.422, 26.997, "rear"),
    ("rivne", "Rivne oblast", 1_141_784, 50.620, 26.252, "rear"),
    ("volyn", "Volyn oblast", 1_021_356, 50.747, 25.325, "rear"),
    ("lviv", "Lviv oblast", 2_478_133, 49.838, 24.024, "rear"),
    ("ternopil", "Ternopil oblast", 1_021_713, 49.554, 25.595, "rear"),
    ("ivano-frankivsk", "Ivano-Frankivsk oblast", 1_351_822, 48.922, 24.711, "rear"),
    ("chernivtsi", "Chernivtsi oblast", 890_457, 48.292, 25.936, "rear"),
    ("zakarpattia", "Zakarpattia oblast", 1_244_476, 48.621, 22.288, "rear"),
]
INTENSITY = {"front": (0.7, 1.6), "near": (0.35, 1.0), "rear": (0.1, 0.5)}
CLASSES = {
    "front": "fighting on the ground in the first weeks",
    "near": "next to a front region",
    "rear": "neither front nor next to it",
}
SPREAD = 0.03  # populations are estimates: nobody has counted since 2001

COUNTRIES = {
    "poland": ("POL", "+01:00"),
    "slovakia": ("SVK", "+01:00"),
    "hungary": ("HUN", "+01:00"),
    "romania": ("ROU", "+02:00"),
    "moldova": ("MDA", "+02:00"),
    "russia": ("RUS", "+03:00"),
    "belarus": ("BLR", "+03:00"),
}
ALL = "POL|SVK|HUN|ROU|MDA|RUS|BLR"
SOURCES = {"polish_border_guard": "U05"}
NAMED: list[Cells] = [
    {
        "id": "exit-ban-18-60",
        "what": "since 24 February 2022 men aged 18 to 60 may not leave; who crossed illegally or was caught",
        "publisher": "Ukrainian News (BBC)",
        "published": "2023",
        "url": "https://ukranews.com/en/news/967553-almost-20-000-men-flee-ukraine-since-beginning-of-war-not-to-"
        "go-to-afu-bbc",
    },
    {
        "id": "short-checks",
        "what": "guidelines on easier border checks for people from Ukraine, 2022/C 104 I/01; neighbours had "
        "begun before",
        "publisher": "European Commission",
        "published": "2022-03-04",
    },
    {"id": "model.md", "what": "prior ranges of the plan of record of egress", "publisher": "egress"},
    {
        "id": "behaviour.md",
        "what": "review of the literature on sudden departures; nine in ten were women and children",
        "publisher": "egress",
    },
]


def read(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Sequence[Cells]) -> None:
    """Write rows, the columns in the order in which they first appear, line ends as \\n."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def origin(name: str, title: str, people: int, lat: float, lon: float, kind: str) -> Cells:
    """Return one region with its population and the intensity of its class."""
    low, high = INTENSITY[kind]
    return {
        "id": name,
        "name": title,
        "kind": kind,
        "lat": lat,
        "lon": lon,
        "population": people,
        "population_low": round(people * (1 - SPREAD)),
        "population_high": round(people * (1 + SPREAD)),
        "willing": 1,
        "willing_low": 0.6,
        "willing_high": 2,
        "intensity_low": low,
        "intensity_high": high,
        "source": "assumption",
        "basis": "State Statistics Service of Ukraine, 1 January 2022, as recalled; ±3 %; class "
        f"{kind}: {CLASSES[kind]}; position: capital, or the largest town in reach",
    }


def observations(targets: list[Row]) -> list[Cells]:
    """Return the counts whose window lies in the period."""
    return [observation(row) for row in targets if row["end"] <= LAST]


def observation(row: Row) -> Cells:
    """Return one count: the final value, and what was shown first where that was another."""
    country = row["series"].split("_")[0]
    place, offset = (ALL, "+02:00") if country == "ukraine" else COUNTRIES[country]
    seen = row["first_seen_value"]
    return {
        "series": row["series"],
        "place": place,
        "crossing": "",
        "what": "entries",
        "start": f"{row['start']}T00:00{offset}",
        "end": f"{date.fromisoformat(row['end']) + timedelta(days=1)}T00:00{offset}",
        "value": row["value"],
        "low": "",
        "high": "",
        "kind": row["kind"],
        "unit": "persons/day" if row["kind"] == "rate" else "persons",
        "published_at": row["published_at"].replace("Z", "+00:00"),
        "first_shown": seen if seen and seen != row["value"] else "",
        "source": SOURCES.get(row["source_series"], "U01"),
        "evidence": SOURCES.get(row["source_series"], "U01"),
        "note": "final value" if seen and seen != row["value"] else "",
    }


def evidence(sources: list[Row], used: set[str]) -> list[Cells]:
    """Return who said it for every source id used, then the data sets named here."""
    rows: list[Cells] = [
        {
            "id": row["id"],
            "what": row["what"],
            "publisher": row["publisher"],
            "published": row["date"],
            "url": row["url"],
        }
        for row in sources
        if row["id"] in used
    ]
    return [*rows, *NAMED]


def ids_in(text: str) -> set[str]:
    """Return every source id named in a text."""
    return set(re.findall(r"\b(?:[SU]\d{2,3}|D\d{2})\b", text))


def main() -> None:
    """Write every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/exodus")
    data = parser.parse_args().data
    tables = {
        "origins": [origin(*spec) for spec in ORIGINS],
        "observations": observations(read(data / "targets_ukraine2022.csv")),
    }
    for name, rows in tables.items():
        write(TARGET / f"{name}.csv", rows)
    by_hand = ("scenario.yaml", "places.csv", "crossings.csv", "lanes.csv", "parameters.csv")
    paths = [TARGET / name for name in (*by_hand, *(f"{table}.csv" for table in tables))]
    used = set().union(*(ids_in(path.read_text(encoding="utf-8")) for path in paths))
    write(TARGET / "evidence.csv", evidence(read(data / "sources.csv"), used))


if __name__ == "__main__":
    main()
